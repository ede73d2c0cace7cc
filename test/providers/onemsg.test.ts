// 1MSG by the suite that every driver passes.
import type { Content } from '../../src/domain/content.ts'
import { describeProvider } from './conformance.ts'
import { severalFiles } from './contents.ts'

const settings = { channelId: 'ABC123456789', token: 'conformance-token', namespace: 'aaaa_bbbb' }

describeProvider({
  name: 'onemsg',
  settings,
  emulator: { onemsg: { channelId: 'ABC123456789', token: 'conformance-token', namespace: 'aaaa_bbbb' } },
  contents: {
    image: [
      { type: 'image', url: 'https://cdn.example.test/a.png', caption: 'Poster' },
      { type: 'image', mediaId: '1234567890123456' },
    ],
    buttons: [
      { type: 'buttons', body: 'Keep your slot?', buttons: [{ title: 'Yes' }, { title: 'No' }] },
      {
        type: 'buttons',
        header: { type: 'document', url: 'https://cdn.example.test/p.pdf', filename: 'p.pdf' },
        body: 'Keep your slot?',
        buttons: [{ id: 'yes', title: 'Yes' }],
      },
    ],
    product: [
      { type: 'product', catalogId: '900', productId: 'sku-9', body: 'Back in stock', footer: 'Example Ltd' },
      {
        type: 'product',
        catalogId: '900',
        sections: [{ title: 'Deals', productIds: ['sku-1', 'sku-2'] }],
        header: 'Catalog',
        body: 'See our deals',
      },
    ],
    template: [
      { type: 'template', template: 'spring_sale', language: 'en', body: ['Ada', '20%'] },
      {
        type: 'template',
        template: 'catalog',
        language: 'en_US',
        body: ['Check out the products in our store'],
        buttons: [{ index: 0, type: 'catalog', value: '001' }],
      },
      {
        type: 'template',
        template: 'invoice',
        language: 'de',
        body: [
          { type: 'currency', code: 'EUR', amount: '19.90', fallback: '19,90 €' },
          { type: 'dateTime', at: '2026-12-01T18:00', fallback: '1. Dezember, 18 Uhr' },
          { type: 'dateTime', at: '2026-12-01T18:00:00+01:00', fallback: '1. Dezember, 18 Uhr' },
        ],
      },
      {
        type: 'template',
        template: 'test_carousel',
        language: 'en_US',
        body: ['b1', 'b2'],
        cards: ['1', '2'].map((value) => ({
          header: { type: 'video', url: `https://cdn.example.test/${value}.mp4` },
          body: ['b3', 'b4'],
          buttons: [{ index: 0, type: 'url', value }],
        })),
      },
    ],
    carousel: [
      {
        type: 'carousel',
        body: 'Pick one',
        cards: ['lamp', 'chair'].map((name) => ({
          header: { type: 'image', url: `https://cdn.example.test/${name}.png` },
          buttons: [{ id: name, title: 'This one' }],
        })),
      },
    ],
  },
  wrongForms: [
    ...severalFiles,
    { type: 'document', url: 'https://cdn.example.test/p.pdf', filename: `${'p'.repeat(240)}.pdf` },
    { type: 'template', template: 'Spring Sale', language: 'en' },
    { type: 'text', text: 'Hello', replyTo: '1f2e3d4c-0000-4000-8000-00000000000a' },
    { type: 'reaction', messageId: '104', emoji: '👍' },
    ...[
      { phones: [{ phone: '+12025550102', type: 'MOBILE' }] },
      { phones: [{ phone: '+12025550102', waId: '+1 202 555' }] },
      { emails: [{ email: 'ada@example.test', type: 'CELL' }] },
      { addresses: [{ countryCode: 'Germany' }] },
    ].map(
      (part): Content => ({
        type: 'contacts',
        contacts: [{ name: { formattedName: 'Ada', firstName: 'Ada' }, ...part }],
      }),
    ),
  ],
  errors: { recipient: 131026, template: 132000, account: '401', unknown: '500' },
  failureCode: '130472',
  whatsappRefusal: (code) => ({ status: 200, body: { sent: false, message: 'no', error: { code } } }),
  markReadSettings: { ...settings, markRead: true },
  template: {
    name: 'order_shipped',
    definition: {
      name: 'order_shipped',
      category: 'UTILITY',
      language: 'en',
      components: [{ type: 'BODY', text: 'Hi {{1}}, it is on its way.', example: { body_text: [['Ada']] } }],
    },
  },
})

// The Meta Cloud API by the suite that every driver passes.
import { describeProvider } from './conformance.ts'
import { severalFiles } from './contents.ts'

const settings = {
  phoneNumberId: '1060000000000001',
  accessToken: 'conformance-token',
  appSecret: 'conformance-app-secret',
  wabaId: '1000000000000001',
}

describeProvider({
  name: 'meta',
  settings,
  emulator: { meta: { accessToken: 'conformance-token' } },
  signingSecret: 'conformance-app-secret',
  contents: {
    template: [
      { type: 'template', template: 'spring_sale', language: 'en', body: ['Ada', '20%'] },
      {
        type: 'template',
        template: 'invoice',
        language: 'de',
        body: {
          total: { type: 'currency', code: 'EUR', amount: 19.9, fallback: '19,90 €' },
          due: { type: 'dateTime', at: '2026-12-01T18:00', fallback: '1. Dezember' },
        },
        buttons: [{ index: 0, type: 'catalog', value: 'sku-1' }],
      },
    ],
  },
  wrongForms: [
    { type: 'document', url: 'https://cdn.example.test/p.pdf', filename: `${'p'.repeat(240)}.pdf` },
    { type: 'template', template: 'Spring Sale', language: 'en' },
    ...severalFiles,
  ],
  errors: { recipient: 131026, template: 132000, account: 190, unknown: 131000 },
  failureCode: '131026',
  markReadSettings: { ...settings, markRead: true },
  template: {
    name: 'summer_sale',
    definition: {
      name: 'summer_sale',
      language: 'en',
      category: 'MARKETING',
      components: [{ type: 'BODY', text: 'Hi {{1}}, it is summer.', example: { body_text: [['Ada']] } }],
    },
  },
})

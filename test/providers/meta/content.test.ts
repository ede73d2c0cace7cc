// The requests that our driver makes, literally as Meta's pages show them.
import { expect, it } from 'vitest'
import { type Content, contentSchema, contentTypes } from '../../../src/domain/content.ts'
import { messageObject } from '../../../src/providers/meta/content.ts'
import { checkContent, getProvider } from '../../../src/providers/registry.ts'
import { connect, outgoing, type ProviderSpec, sendsOf } from '../connected.ts'

const spec: ProviderSpec = {
  name: 'meta',
  settings: { phoneNumberId: '1060000000000001', accessToken: 'content-token', appSecret: 'content-secret' },
  errors: { account: 190 },
  failureCode: '131026',
}
const cdn = 'https://cdn.example.test'

it('sends one POST with the bearer token, and our reference for the callbacks', async () => {
  const { driver, emulator } = await connect(spec)
  await driver.send(outgoing({ to: '+15550100001', reference: 'h7f3a-1-2s' }))
  const [sent] = sendsOf(emulator)
  expect(sent).toMatchObject({ method: 'POST', path: '/meta/v25.0/1060000000000001/messages' })
  expect(sent?.headers).toMatchObject({ 'content-type': 'application/json' })
  expect(sent?.headers.authorization).toMatch(/^Bearer /)
  expect(JSON.parse(sent?.body ?? '')).toEqual({
    messaging_product: 'whatsapp',
    recipient_type: 'individual',
    to: '+15550100001',
    type: 'text',
    text: { body: 'Hello' },
    biz_opaque_callback_data: 'h7f3a-1-2s',
  })
})

it('proves the secret of the app where the app demands it', async () => {
  const { driver, emulator } = await connect(spec, { settings: { ...spec.settings, appSecretProof: true } })
  await driver.send(outgoing())
  // HMAC-SHA256 of the token with the secret.
  expect(sendsOf(emulator)[0]?.path).toMatch(/\/messages\?appsecret_proof=/)
})

const cards = (buttons: (name: string) => unknown[]) =>
  ['lamp', 'chair'].map((name) => ({
    header: { type: 'image', url: `${cdn}/${name}.png` },
    body: `A ${name}`,
    buttons: buttons(name),
  }))
const sentCards = (action: (name: string) => unknown) =>
  ['lamp', 'chair'].map((name, index) => ({
    card_index: index,
    type: 'cta_url',
    header: { type: 'image', image: { link: `${cdn}/${name}.png` } },
    body: { text: `A ${name}` },
    action: action(name),
  }))

const literal: [string, unknown, unknown][] = [
  [
    'a text with a preview, as an answer',
    { type: 'text', text: 'See https://example.test', previewUrl: true, replyTo: 'wamid.HBgTEST' },
    {
      context: { message_id: 'wamid.HBgTEST' },
      type: 'text',
      text: { body: 'See https://example.test', preview_url: true },
    },
  ],
  ['an image', { type: 'image', mediaId: '12' }, { type: 'image', image: { id: '12' } }],
  [
    'a video',
    { type: 'video', url: `${cdn}/a.mp4`, caption: 'Teaser' },
    { type: 'video', video: { link: `${cdn}/a.mp4`, caption: 'Teaser' } },
  ],
  ['an audio', { type: 'audio', url: `${cdn}/a.mp3` }, { type: 'audio', audio: { link: `${cdn}/a.mp3` } }],
  ['a sticker', { type: 'sticker', mediaId: '13' }, { type: 'sticker', sticker: { id: '13' } }],
  [
    'a document',
    { type: 'document', url: `${cdn}/p.pdf`, filename: 'price-list.pdf', caption: 'Prices' },
    { type: 'document', document: { link: `${cdn}/p.pdf`, filename: 'price-list.pdf', caption: 'Prices' } },
  ],
  [
    'a location without a name',
    { type: 'location', latitude: '48.8584', longitude: '2.2945' },
    { type: 'location', location: { latitude: 48.8584, longitude: 2.2945 } },
  ],
  [
    'a contact',
    {
      type: 'contacts',
      contacts: [
        {
          name: { formattedName: 'Ada L.', firstName: 'Ada' },
          phones: [{ phone: '+15550100002', type: 'WORK', waId: '15550100002' }],
          addresses: [{ city: 'Paris', countryCode: 'FR' }],
        },
      ],
    },
    {
      type: 'contacts',
      contacts: [
        {
          name: { formatted_name: 'Ada L.', first_name: 'Ada' },
          phones: [{ phone: '+15550100002', type: 'WORK', wa_id: '15550100002' }],
          addresses: [{ city: 'Paris', country_code: 'FR' }],
        },
      ],
    },
  ],
  [
    'buttons',
    { type: 'buttons', body: 'Keep your slot?', buttons: [{ id: 'yes', title: 'Yes' }] },
    {
      type: 'interactive',
      interactive: {
        type: 'button',
        body: { text: 'Keep your slot?' },
        action: { buttons: [{ type: 'reply', reply: { id: 'yes', title: 'Yes' } }] },
      },
    },
  ],
  [
    'a list',
    { type: 'list', body: 'Choose', button: 'See', sections: [{ rows: [{ id: '1', title: 'Soup' }] }] },
    {
      type: 'interactive',
      interactive: {
        type: 'list',
        body: { text: 'Choose' },
        action: { button: 'See', sections: [{ rows: [{ id: '1', title: 'Soup' }] }] },
      },
    },
  ],
  [
    'a request for a location',
    { type: 'locationRequest', body: 'Where to?' },
    {
      type: 'interactive',
      interactive: { type: 'location_request_message', body: { text: 'Where to?' }, action: { name: 'send_location' } },
    },
  ],
  [
    'a carousel of links',
    {
      type: 'carousel',
      body: 'New',
      cards: cards((name) => [{ title: 'Shop', url: `https://example.test/${name}` }]),
    },
    {
      type: 'interactive',
      interactive: {
        type: 'carousel',
        body: { text: 'New' },
        action: {
          cards: sentCards((name) => ({
            name: 'cta_url',
            parameters: { display_text: 'Shop', url: `https://example.test/${name}` },
          })),
        },
      },
    },
  ],
  [
    'a carousel of replies',
    { type: 'carousel', body: 'New', cards: cards((name) => [{ id: `like:${name}`, title: 'Like' }]) },
    {
      type: 'interactive',
      interactive: {
        type: 'carousel',
        body: { text: 'New' },
        action: {
          cards: sentCards((name) => ({
            buttons: [{ type: 'quick_reply', quick_reply: { id: `like:${name}`, title: 'Like' } }],
          })),
        },
      },
    },
  ],
  [
    'a product without words',
    { type: 'product', catalogId: '9000000001', productId: 'sku-9' },
    {
      type: 'interactive',
      interactive: { type: 'product', action: { catalog_id: '9000000001', product_retailer_id: 'sku-9' } },
    },
  ],
  [
    'a list of products',
    {
      type: 'product',
      catalogId: '9000000001',
      sections: [{ title: 'Lamps', productIds: ['sku-1'] }],
      header: 'New',
      body: 'This week',
    },
    {
      type: 'interactive',
      interactive: {
        type: 'product_list',
        header: { type: 'text', text: 'New' },
        body: { text: 'This week' },
        action: {
          catalog_id: '9000000001',
          sections: [{ title: 'Lamps', product_items: [{ product_retailer_id: 'sku-1' }] }],
        },
      },
    },
  ],
  [
    'a reaction',
    { type: 'reaction', messageId: 'wamid.HBgTEST', emoji: '👍' },
    { type: 'reaction', reaction: { message_id: 'wamid.HBgTEST', emoji: '👍' } },
  ],
  [
    'a template',
    {
      type: 'template',
      template: 'spring_sale',
      language: 'en_US',
      header: { type: 'video', mediaId: '14' },
      body: ['Ada', '20%'],
      buttons: [
        { index: 0, type: 'url', value: 'cmp42' },
        { index: 1, type: 'quickReply', value: 'optout:cmp42' },
        { index: 2, type: 'copyCode', value: 'SPRING20' },
      ],
    },
    {
      type: 'template',
      template: {
        name: 'spring_sale',
        language: { code: 'en_US' },
        components: [
          { type: 'header', parameters: [{ type: 'video', video: { id: '14' } }] },
          {
            type: 'body',
            parameters: [
              { type: 'text', text: 'Ada' },
              { type: 'text', text: '20%' },
            ],
          },
          { type: 'button', sub_type: 'url', index: '0', parameters: [{ type: 'text', text: 'cmp42' }] },
          {
            type: 'button',
            sub_type: 'quick_reply',
            index: '1',
            parameters: [{ type: 'payload', payload: 'optout:cmp42' }],
          },
          {
            type: 'button',
            sub_type: 'copy_code',
            index: '2',
            parameters: [{ type: 'coupon_code', coupon_code: 'SPRING20' }],
          },
        ],
      },
    },
  ],
]

it.each(literal)('writes %s as the page does, and the stand-in takes it', async (_, given, expected) => {
  const content: Content = contentSchema.parse(given)
  expect(messageObject(content)).toEqual(expected)
  const { driver } = await connect(spec)
  expect(await driver.send(outgoing({ content }))).toMatchObject({ kind: 'accepted' })
})

it('has a literal request for every kind that it declares', () => {
  const written = new Set(literal.map(([, given]) => (given as Content).type))
  expect([...written].sort()).toEqual([...contentTypes].sort())
})

it.each<[string, Content, RegExp]>([
  [
    'several images',
    { type: 'image', images: [{ url: `${cdn}/a.png` }, { url: `${cdn}/b.png` }] },
    /Meta Cloud API: a message holds one image/,
  ],
  ['a label of an image', { type: 'image', url: `${cdn}/a.png`, altText: 'Poster' }, /has no altText/],
  ['a picture that WhatsApp does not show', { type: 'image', url: `${cdn}/a.gif` }, /\.gif files are image\/gif/],
  ['a video that WhatsApp does not play', { type: 'video', url: `${cdn}/v.webm` }, /\.webm files are video\/webm/],
  ['a sticker that is no webp', { type: 'sticker', url: `${cdn}/s.png` }, /taken are image\/webp/],
  [
    'such a picture in the header of a template',
    { type: 'template', template: 'hello', language: 'en', header: { type: 'image', url: `${cdn}/a.bmp` } },
    /\.bmp files/,
  ],
  [
    'a text header beside named values',
    {
      type: 'template',
      template: 'hello',
      language: 'en',
      header: { type: 'text', text: 'Ada' },
      body: { day: 'Monday' },
    },
    /numbered values/,
  ],
])('refuses %s before a launch', (_, content, says) => {
  expect(() => checkContent(getProvider('meta'), content)).toThrow(says)
})

it('notes a message that WhatsApp holds back until it knows how people take the template', async () => {
  const templates = [{ name: 'hello', language: 'en', pacing: 'held_for_quality_assessment' as const }]
  const { driver } = await connect({ ...spec, emulator: { meta: { templates } } })
  const content: Content = { type: 'template', template: 'hello', language: 'en' }
  expect(await driver.send(outgoing({ content }))).toMatchObject({ kind: 'accepted', notes: ['held_by_whatsapp'] })
})

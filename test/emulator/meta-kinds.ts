// One good message of each kind, and the pieces to make bad ones from.
import { phone } from './support.ts'

export const link = 'https://cdn.example.test/a.png'
export const body = { text: 'Choose' }
export const reply = (id: string, title: string) => ({ type: 'reply', reply: { id, title } })
export const cards = (action: (index: number) => object) =>
  [0, 1].map((index) => ({
    card_index: index,
    type: 'cta_url',
    header: { type: 'image', image: { link } },
    body: { text: 'A lamp' },
    action: action(index),
  }))
export const template = (...components: object[]) => ({ name: 'spring_sale', language: { code: 'en_US' }, components })
export const bodyComponent = (...values: string[]) => ({
  type: 'body',
  parameters: values.map((text) => ({ type: 'text', text })),
})
const templateCard = (index: number) => ({
  card_index: index,
  components: [
    { type: 'header', parameters: [{ type: 'image', image: { id: '1200000000000010' } }] },
    { type: 'button', sub_type: 'quick_reply', index: '0', parameters: [{ type: 'payload', payload: 'like' }] },
  ],
})

/** One good message of each kind: what it is called, its type, the object of that type. */
export const kinds: [string, string, unknown][] = [
  ['a text', 'text', { body: 'Hello https://example.test', preview_url: true }],
  ['an image by link', 'image', { link, caption: 'Poster' }],
  ['a video by id', 'video', { id: '1200000000000001', caption: 'Teaser' }],
  ['an audio', 'audio', { id: '1200000000000002' }],
  ['a sticker', 'sticker', { id: '1200000000000003' }],
  ['a document', 'document', { link: 'https://cdn.example.test/p.pdf', filename: 'p.pdf', caption: 'Prices' }],
  ['a location', 'location', { latitude: 48.8584, longitude: '2.2945', name: 'Here', address: '1 Example Street' }],
  [
    'contacts',
    'contacts',
    [
      {
        name: { formatted_name: 'Ada L.', first_name: 'Ada' },
        phones: [{ phone: '+12025550102', type: 'WORK', wa_id: '12025550102' }],
        emails: [{ email: 'ada@example.test', type: 'WORK' }],
        org: { company: 'Example', department: 'R&D', title: 'Lead' },
        urls: [{ url: 'https://example.test', type: 'WORK' }],
        addresses: [{ street: '1 Example Street', city: 'Paris', country_code: 'fr' }],
        birthday: '1990-12-10',
      },
    ],
  ],
  ['a reaction', 'reaction', { message_id: 'wamid.HBgTEST', emoji: '👍' }],
  ['a reaction taken back', 'reaction', { message_id: 'wamid.HBgTEST', emoji: '' }],
  [
    'reply buttons',
    'interactive',
    {
      type: 'button',
      header: { type: 'text', text: 'Booking' },
      body,
      footer: { text: 'Example Ltd' },
      action: { buttons: [reply('yes', 'Yes'), reply('no', 'No')] },
    },
  ],
  [
    'a list',
    'interactive',
    {
      type: 'list',
      body,
      action: {
        button: 'See',
        sections: [{ title: 'Warm', rows: [{ id: '1', title: 'Soup', description: 'Basil' }] }],
      },
    },
  ],
  [
    'a link button',
    'interactive',
    {
      type: 'cta_url',
      body,
      action: { name: 'cta_url', parameters: { display_text: 'Open', url: 'https://example.test/p' } },
    },
  ],
  ['a location request', 'interactive', { type: 'location_request_message', body, action: { name: 'send_location' } }],
  ['a product', 'interactive', { type: 'product', body, action: { catalog_id: '9', product_retailer_id: 'sku-9' } }],
  [
    'a product list',
    'interactive',
    {
      type: 'product_list',
      header: { type: 'text', text: 'New' },
      body,
      action: { catalog_id: '9', sections: [{ title: 'All', product_items: [{ product_retailer_id: 'sku-9' }] }] },
    },
  ],
  ['a catalogue', 'interactive', { type: 'catalog_message', body, action: { name: 'catalog_message' } }],
  [
    'a flow',
    'interactive',
    {
      type: 'flow',
      body,
      action: { name: 'flow', parameters: { flow_message_version: '3', flow_id: '7', flow_cta: 'Book' } },
    },
  ],
  [
    'a carousel of links',
    'interactive',
    {
      type: 'carousel',
      body,
      action: {
        cards: cards(() => ({
          name: 'cta_url',
          parameters: { display_text: 'Shop', url: 'https://example.test/lamp' },
        })),
      },
    },
  ],
  [
    'a carousel of quick replies',
    'interactive',
    {
      type: 'carousel',
      body,
      action: {
        cards: cards((index) => ({
          buttons: [{ type: 'quick_reply', quick_reply: { id: `like:${index}`, title: 'Like' } }],
        })),
      },
    },
  ],
  ['a template without values', 'template', { name: 'hello', language: { code: 'en' } }],
  [
    'a template with header, body and buttons',
    'template',
    template(
      { type: 'header', parameters: [{ type: 'image', image: { link } }] },
      bodyComponent('Ada', '20%'),
      { type: 'button', sub_type: 'url', index: '0', parameters: [{ type: 'text', text: 'cmp42' }] },
      { type: 'button', sub_type: 'quick_reply', index: 1, parameters: [{ type: 'payload', payload: 'optout:42' }] },
    ),
  ],
  [
    'a template with named values, an offer and a coupon',
    'template',
    template(
      { type: 'body', parameters: [{ type: 'text', parameter_name: 'first_name', text: 'Ada' }] },
      {
        type: 'limited_time_offer',
        parameters: [{ type: 'limited_time_offer', limited_time_offer: { expiration_time_ms: 1798761600000 } }],
      },
      {
        type: 'button',
        sub_type: 'copy_code',
        index: 0,
        parameters: [{ type: 'coupon_code', coupon_code: 'SPRING20' }],
      },
    ),
  ],
  [
    'a template with money and a date',
    'template',
    template({
      type: 'body',
      parameters: [
        { type: 'currency', currency: { fallback_value: '$10', code: 'USD', amount_1000: 10_000 } },
        { type: 'date_time', date_time: { fallback_value: 'Monday' } },
      ],
    }),
  ],
  [
    'a template with cards',
    'template',
    template(bodyComponent('Ada'), { type: 'carousel', cards: [0, 1].map(templateCard) }),
  ],
]

export const message = (type: string, part: unknown, more: object = {}) => ({
  messaging_product: 'whatsapp',
  recipient_type: 'individual',
  to: phone(1),
  type,
  [type]: part,
  ...more,
})

// Which messages the Meta stand-in takes, and with which of Meta's errors it refuses the others.
import { expect, it } from 'vitest'
import type { MetaOptions } from '../../src/emulator/meta/options.ts'
import { messagesPath, openEmulator, phone, requestsOf, send, textTo } from './support.ts'

const link = 'https://cdn.example.test/a.png'
const body = { text: 'Choose' }
const reply = (id: string, title: string) => ({ type: 'reply', reply: { id, title } })
const cards = (action: (index: number) => object) =>
  [0, 1].map((index) => ({
    card_index: index,
    type: 'cta_url',
    header: { type: 'image', image: { link } },
    body: { text: 'A lamp' },
    action: action(index),
  }))
const template = (...components: object[]) => ({ name: 'spring_sale', language: { code: 'en_US' }, components })
const bodyComponent = (...values: string[]) => ({
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
const kinds: [string, string, unknown][] = [
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

const message = (type: string, part: unknown, more: object = {}) => ({
  messaging_product: 'whatsapp',
  recipient_type: 'individual',
  to: phone(1),
  type,
  [type]: part,
  ...more,
})

it.each(kinds)('takes %s', async (_, type, part) => {
  const emulator = await openEmulator()
  const answer = await send(emulator, message(type, part, { biz_opaque_callback_data: 'h1-0-a' }))
  expect(answer.json).toMatchObject({
    messaging_product: 'whatsapp',
    contacts: [{ input: '+12025550101', wa_id: '12025550101' }],
    messages: [{ id: expect.stringMatching(/^wamid\.HBgL[A-Za-z0-9+/]{40,}=*$/) }],
  })
  expect(answer.status).toBe(200)
  expect(answer.json.messages[0].message_status).toBe(type === 'template' ? 'accepted' : undefined)
  expect(requestsOf(emulator)).toMatchObject([
    { verdict: 'accepted', operation: 'send', to: '+12025550101', reference: 'h1-0-a' },
  ])
})

it.each(kinds)('refuses %s with a key that nobody knows', async (_, type, part) => {
  const emulator = await openEmulator()
  const spoilt = Array.isArray(part) ? [{ ...part[0], colour: 'red' }] : { ...(part as object), colour: 'red' }
  for (const wrong of [message(type, spoilt), message(type, part, { colour: 'red' })]) {
    const answer = await send(emulator, wrong)
    expect(answer.status).toBe(400)
    expect(answer.json.error).toMatchObject({ code: 100, message: expect.stringContaining('Unexpected key "colour"') })
  }
  expect(requestsOf(emulator).map((entry) => entry.verdict)).toEqual(['refused', 'refused'])
})

const long = (length: number) => 'x'.repeat(length)
const list = (rows: object[]) => ({ type: 'list', body, action: { button: 'See', sections: [{ rows }] } })
const rows = (count: number) => Array.from({ length: count }, (_, index) => ({ id: String(index), title: 'Soup' }))

it.each<[string, number, object]>([
  ['no type', 131008, { messaging_product: 'whatsapp', to: phone(1), text: { body: 'Hello' } }],
  ['a type that does not exist', 100, message('poll', { question: 'Which?' })],
  ['no messaging_product', 131008, { to: phone(1), type: 'text', text: { body: 'Hello' } }],
  ['another messaging_product', 100, message('text', { body: 'Hello' }, { messaging_product: 'sms' })],
  ['no recipient', 131008, message('text', { body: 'Hello' }, { to: undefined })],
  ['a recipient that is no phone', 131009, message('text', { body: 'Hello' }, { to: '+1 (202) 555-0101' })],
  ['our own number as recipient', 131021, message('text', { body: 'Hello' }, { to: '+15550100009' })],
  ['no text', 131008, message('text', {})],
  ['a number as text', 100, message('text', { body: 7 })],
  ['a text of 4097 characters', 131009, message('text', { body: long(4097) })],
  ['callback data of 513 characters', 131009, message('text', { body: 'Hi' }, { biz_opaque_callback_data: long(513) })],
  ['an image without id and link', 100, message('image', { caption: 'Poster' })],
  ['an image with id and link', 100, message('image', { id: '1', link })],
  ['an image by ftp', 131009, message('image', { link: 'ftp://cdn.example.test/a.png' })],
  ['an audio with a caption', 100, message('audio', { id: '1', caption: 'Listen' })],
  ['an image with a file name', 100, message('image', { link, filename: 'a.png' })],
  ['a latitude of 91', 131009, message('location', { latitude: 91, longitude: 0 })],
  ['six contacts', 131009, message('contacts', Array(6).fill({ name: { formatted_name: 'Ada' } }))],
  ['a contact without a name', 131008, message('contacts', [{ phones: [] }])],
  [
    'a reaction that quotes',
    100,
    message('reaction', { message_id: 'wamid.x', emoji: '' }, { context: { message_id: 'wamid.x' } }),
  ],
  [
    'four buttons',
    131009,
    message('interactive', {
      type: 'button',
      body,
      action: { buttons: ['1', '2', '3', '4'].map((id) => reply(id, id)) },
    }),
  ],
  [
    'two buttons of one id',
    131009,
    message('interactive', { type: 'button', body, action: { buttons: [reply('1', 'Yes'), reply('1', 'No')] } }),
  ],
  [
    'a button title of 21 characters',
    131009,
    message('interactive', { type: 'button', body, action: { buttons: [reply('1', long(21))] } }),
  ],
  [
    'a body of 1025 characters',
    131009,
    message('interactive', {
      type: 'location_request_message',
      body: { text: long(1025) },
      action: { name: 'send_location' },
    }),
  ],
  ['eleven rows', 131009, message('interactive', list(rows(11)))],
  ['a row without a title', 131008, message('interactive', list([{ id: '1' }]))],
  [
    'a list with an image as header',
    100,
    message('interactive', { ...list(rows(1)), header: { type: 'image', text: 'New' } }),
  ],
  [
    'a carousel of one card',
    131009,
    message('interactive', {
      type: 'carousel',
      body,
      action: {
        cards: cards(() => ({ buttons: [{ type: 'quick_reply', quick_reply: { id: '1', title: 'Like' } }] })).slice(1),
      },
    }),
  ],
  [
    'cards with different buttons',
    131009,
    message('interactive', {
      type: 'carousel',
      body,
      action: {
        cards: cards((index) => ({
          buttons: Array(index + 1).fill({ type: 'quick_reply', quick_reply: { id: '1', title: 'Like' } }),
        })),
      },
    }),
  ],
  [
    'a product list without a header',
    131008,
    message('interactive', {
      type: 'product_list',
      body,
      action: { catalog_id: '9', sections: [{ product_items: [{ product_retailer_id: '1' }] }] },
    }),
  ],
  ['an interactive kind that does not exist', 100, message('interactive', { type: 'quiz', body })],
  ['a template name with capitals', 131009, message('template', { name: 'Hello', language: { code: 'en' } })],
  ['a template without a language', 131008, message('template', { name: 'hello' })],
  ['a template value with a line break', 132018, message('template', template(bodyComponent('a\nb')))],
  ['a template value with five spaces', 132018, message('template', template(bodyComponent('a     b')))],
  ['a template value that is too long', 132005, message('template', template(bodyComponent(long(1025))))],
  [
    'named and positional values together',
    132012,
    message(
      'template',
      template({
        type: 'body',
        parameters: [
          { type: 'text', text: 'a' },
          { type: 'text', parameter_name: 'b', text: 'b' },
        ],
      }),
    ),
  ],
  [
    'two buttons at one place',
    100,
    message(
      'template',
      template(
        ...[0, '0'].map((index) => ({
          type: 'button',
          sub_type: 'url',
          index,
          parameters: [{ type: 'text', text: 'a' }],
        })),
      ),
    ),
  ],
  [
    'a coupon code of 16 characters',
    131009,
    message(
      'template',
      template({
        type: 'button',
        sub_type: 'copy_code',
        index: 0,
        parameters: [{ type: 'coupon_code', coupon_code: long(16) }],
      }),
    ),
  ],
])('refuses %s with code %i', async (_, code, wrong) => {
  const emulator = await openEmulator()
  const answer = await send(emulator, wrong)
  expect(answer.status).toBe(400)
  expect(answer.json.error).toMatchObject({
    code,
    type: 'OAuthException',
    message: expect.stringContaining(`(#${code})`),
    error_data: { messaging_product: 'whatsapp', details: expect.any(String) },
    fbtrace_id: expect.stringMatching(/^A[\w-]{22}$/),
  })
})

it('names the place of a wrong value as Meta does', async () => {
  const emulator = await openEmulator()
  const wrong = { type: 'button', body, action: { buttons: [reply('1', long(21))] } }
  const answer = await send(emulator, message('interactive', wrong))
  expect(answer.json.error.error_data.details).toContain("interactive['action']['buttons'][0]['reply']['title']")
})

it('takes a business-scoped user id instead of a phone', async () => {
  const emulator = await openEmulator()
  const answer = await send(
    emulator,
    message('text', { body: 'Hi' }, { to: undefined, recipient: 'US.13491208655302741918' }),
  )
  expect(answer.json.contacts).toEqual([{ input: 'US.13491208655302741918', user_id: 'US.13491208655302741918' }])
})

it('takes a quoted message', async () => {
  const emulator = await openEmulator()
  const answer = await send(emulator, message('text', { body: 'Hi' }, { context: { message_id: 'wamid.HBgTEST' } }))
  expect(answer.status).toBe(200)
})

it('refuses a body that is no JSON or not said to be JSON', async () => {
  const emulator = await openEmulator()
  const asForm = await send(emulator, textTo(phone(1)), { headers: { 'content-type': 'text/plain' } })
  expect(asForm.json.error.code).toBe(100)
})

it.each<[string, Record<string, string>]>([
  ['no token', { authorization: '' }],
  ['another scheme', { authorization: 'AccessKey good-token' }],
  ['a wrong token', { authorization: 'Bearer bad-token' }],
])('answers 401 with code 190 to %s', async (_, headers) => {
  const emulator = await openEmulator({ meta: { accessToken: 'good-token' } })
  const answer = await send(emulator, textTo(phone(1)), { headers })
  expect(answer.status).toBe(401)
  expect(answer.json.error).toMatchObject({ code: 190, type: 'OAuthException' })
  expect(requestsOf(emulator)[0]?.verdict).toBe('refused')
})

it('says of an unknown number that the object does not exist', async () => {
  const emulator = await openEmulator()
  const answer = await send(emulator, textTo(phone(1)), { path: '/v25.0/1060000000000999/messages' })
  expect(answer.status).toBe(400)
  expect(answer.json.error).toMatchObject({ code: 100, error_subcode: 33 })
})

it('says of an unknown path that its components are unknown', async () => {
  const emulator = await openEmulator()
  const answer = await send(emulator, textTo(phone(1)), { path: messagesPath.replace('v25.0', 'latest') })
  expect(answer.json.error.code).toBe(2500)
})

it('never gives an id twice, not even with constant chance', async () => {
  const emulator = await openEmulator({ random: () => 0.5 })
  const answers = await Promise.all(Array.from({ length: 50 }, () => send(emulator, textTo(phone(1)))))
  expect(new Set(answers.map((answer) => answer.json.messages[0].id)).size).toBe(50)
})

const known: MetaOptions = {
  templates: [
    { name: 'plain', language: 'en' },
    { name: 'two_values', language: 'en', bodyParameters: 2 },
    { name: 'named', language: 'en', bodyParameters: ['first_name'] },
    { name: 'with_image', language: 'en', header: 'IMAGE' },
    { name: 'with_link', language: 'en', buttonParameters: 1 },
    { name: 'paused', language: 'en', status: 'PAUSED' },
    { name: 'disabled', language: 'en', status: 'DISABLED' },
    { name: 'held', language: 'en', pacing: 'held_for_quality_assessment' },
  ],
}
const named = (name: string, ...components: object[]) =>
  message('template', { name, language: { code: 'en' }, components })

it.each<[string, number, number, object]>([
  ['a name that is not known', 404, 132001, named('other')],
  ['another language', 404, 132001, message('template', { name: 'plain', language: { code: 'de' } })],
  ['a value too many', 400, 132000, named('plain', bodyComponent('a'))],
  ['a value too few', 400, 132000, named('two_values', bodyComponent('a'))],
  ['no body at all', 400, 132000, named('two_values')],
  ['values by position where names are expected', 400, 132012, named('named', bodyComponent('a'))],
  ['no image', 400, 132000, named('with_image')],
  [
    'a text as header instead of an image',
    400,
    132012,
    named('with_image', { type: 'header', parameters: [{ type: 'text', text: 'a' }] }),
  ],
  ['no value for the link', 400, 132000, named('with_link')],
  ['a paused template', 400, 132015, named('paused')],
  ['a disabled template', 400, 132016, named('disabled')],
])('knows its templates: answers %s with HTTP %i and code %i', async (_, status, code, wrong) => {
  const emulator = await openEmulator({ meta: known })
  const answer = await send(emulator, wrong)
  expect(answer.status).toBe(status)
  expect(answer.json.error.code).toBe(code)
})

it('takes known templates with the right values, and tells of one that is held', async () => {
  const emulator = await openEmulator({ meta: known })
  const byName = { type: 'body', parameters: [{ type: 'text', parameter_name: 'first_name', text: 'Ada' }] }
  const image = { type: 'header', parameters: [{ type: 'image', image: { link } }] }
  const good = [
    named('plain'),
    named('two_values', bodyComponent('a', 'b')),
    named('named', byName),
    named('with_image', image),
  ]
  for (const one of good) expect((await send(emulator, one)).status).toBe(200)
  const held = await send(emulator, named('held'))
  expect(held.json.messages[0].message_status).toBe('held_for_quality_assessment')
})

it('refuses all but templates to people who have not written for a day, when sessions are asked for', async () => {
  let now = Date.UTC(2026, 0, 5)
  const emulator = await openEmulator({
    now: () => now,
    meta: { needsSession: true },
    webhooks: { url: 'http://127.0.0.1:9', appSecret: 'x', attemptsMax: 1 },
  })
  expect((await send(emulator, textTo(phone(1)))).json.error.code).toBe(131047)
  await emulator.sendInbound({ from: phone(1), text: 'Hi' })
  expect((await send(emulator, textTo(phone(1)))).status).toBe(200)
  expect((await send(emulator, textTo(phone(2)))).json.error.code).toBe(131047)
  now += 24 * 60 * 60 * 1000
  expect((await send(emulator, textTo(phone(1)))).json.error.code).toBe(131047)
  expect((await send(emulator, message('template', { name: 'hello', language: { code: 'en' } }))).status).toBe(200)
})

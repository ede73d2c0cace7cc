// Which messages the Meta stand-in takes, and with which of Meta's errors it refuses the others.
import { expect, it } from 'vitest'
import { body, bodyComponent, cards, kinds, link, message, reply, template } from './meta-kinds.ts'
import { openEmulator, phone, requestsOf, send } from './support.ts'

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

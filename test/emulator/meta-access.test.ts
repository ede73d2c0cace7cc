// What the Meta stand-in asks for besides a good body: token, number, path, known templates, an open session.
import { expect, it } from 'vitest'
import type { MetaOptions } from '../../src/emulator/meta/options.ts'
import { bodyComponent, link, message } from './meta-kinds.ts'
import { messagesPath, openEmulator, phone, requestsOf, send, textTo } from './support.ts'

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

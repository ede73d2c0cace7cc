// What 1MSG answers to a send, and what it means for the message, the sender and the campaign.
import { expect, it } from 'vitest'
import { documentedCodes, providerErrorOf } from '../../../src/providers/onemsg/errors.ts'
import { outgoing } from '../connected.ts'
import { prepare, sendSuccess, token } from './support.ts'

const resultOf = (answer: unknown) => prepare([answer]).driver.send(outgoing())

it('takes nothing for sent but sent: true with an id', async () => {
  expect(await resultOf(sendSuccess)).toEqual({ kind: 'accepted', trackingId: 'wamid.AAA' })
  expect(await resultOf({ sent: true })).toMatchObject({ kind: 'unknown', error: { code: 'http_2xx' } })
  expect(await resultOf({ sent: true, id: '' })).toMatchObject({ kind: 'unknown' })
  expect(await resultOf({ id: 'wamid.AAA' })).toMatchObject({ kind: 'unknown' })
  expect(await resultOf({ sent: false, id: 'wamid.AAA', message: 'no' })).toMatchObject({ kind: 'refused' })
})

it('keeps a queued job in doubt, with its number, whatever `sent` says', async () => {
  for (const sent of [false, true]) {
    const result = await resultOf({ sent, jobId: 4711, message: 'Message is queued' })
    expect(result).toMatchObject({ kind: 'unknown', error: { code: 'queued', text: 'queued as job 4711' } })
  }
})

it.each<[string, object, object]>([
  ['the window is closed, in words', { message: 'Dialog window is closed' }, { kind: 'refused', scope: 'recipient' }],
  ['131047 in the error', { message: 'x', error: { code: 131047 } }, { kind: 'refused', scope: 'recipient' }],
  ['131047 as error_code', { error: { error_code: '131047' } }, { kind: 'refused', error: { code: '131047' } }],
  ['131047 beside it', { code: 131047, message: 'x' }, { kind: 'refused', error: { code: '131047' } }],
  ['131047 within a text', { message: 'Error 131047: re-engagement' }, { error: { code: '131047' } }],
  ['the marketing limit of a person', { error: { code: 131049 } }, { kind: 'cool_off' }],
  ['an experiment', { message: "User's number is part of an experiment" }, { kind: 'refused', scope: 'recipient' }],
  [
    'an opt-out',
    { error: { code: 131050 } },
    { kind: 'refused', suppress: { scope: 'marketing', reason: 'opted_out' } },
  ],
  ['a pair too fast', { error: { code: 131056 } }, { kind: 'throttled', scope: 'pair' }],
  ['the number too fast', { error: { code: 130429 } }, { kind: 'throttled', scope: 'sender' }],
  ['a locked account', { error: { code: 131031 } }, { kind: 'account' }],
  ['an outage of Meta', { error: { code: 131016 } }, { kind: 'unknown' }],
  [
    'a template without namespace',
    { message: 'template is not defined' },
    { kind: 'refused', scope: 'template', error: { code: 'template_not_defined' } },
  ],
  [
    'a template error with words for people',
    { error: { error_user_title: 'Wrong', error_user_msg: 'Values differ', message: 'parameter count mismatch' } },
    {
      kind: 'refused',
      scope: 'template',
      error: { code: '132000', text: 'Wrong: Values differ: parameter count mismatch' },
    },
  ],
  ['an unknown code', { error: { code: 999 } }, { kind: 'refused', scope: 'template', error: { code: '999' } }],
  [
    'unknown words',
    { message: 'No.' },
    { kind: 'refused', scope: 'template', error: { code: 'refused', text: 'No.' } },
  ],
])('reads sent: false on HTTP 200: %s', async (_, body, expected) => {
  expect(await resultOf({ sent: false, ...body })).toMatchObject(expected)
})

it.each<[number, unknown, object]>([
  [400, { error: 'phone is required' }, { kind: 'refused', scope: 'template', error: { code: 'http_400' } }],
  [400, { error: { code: 131026 } }, { kind: 'refused', scope: 'recipient' }],
  [401, { error: 'no' }, { kind: 'account', error: { code: 'http_401' } }],
  [403, 'Subscription is blocked', { kind: 'account', error: { text: 'Subscription is blocked' } }],
  [404, { error: 'Method not found' }, { kind: 'account', error: { code: 'http_404' } }],
  [422, { error: 'nothing' }, { kind: 'refused', scope: 'template' }],
  [429, { error: 'slow' }, { kind: 'throttled', scope: 'sender', retryAfterMs: null }],
  [500, { error: { code: 131047 } }, { kind: 'unknown', error: { code: 'http_500' } }],
  [501, { error: 'Not implemented' }, { kind: 'refused', scope: 'template' }],
  [503, '', { kind: 'unknown' }],
])('reads HTTP %i', async (status, body, expected) => {
  expect(await resultOf({ status, body })).toMatchObject(expected)
})

it('never repeats the token that 1MSG repeats in its errors', async () => {
  const error = `Wrong token "${token}" for channel "ABC123456789". Please provide token as a GET parameter.`
  const { driver } = prepare([{ status: 401, body: { error } }])
  const said = JSON.stringify([
    await driver.send(outgoing()),
    await driver.checkAccount?.(),
    await driver.templates?.list?.(),
  ])
  expect(said).toContain('Wrong token')
  expect(said).not.toContain(token)
})

it('has advice in words for every code', () => {
  for (const code of documentedCodes)
    expect(providerErrorOf({ code, text: '', httpStatus: null }).advice, code).toMatch(/^[A-Z\d].+\.$/)
})

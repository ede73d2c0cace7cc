// The request as it leaves, and what each of Bird's answers becomes.
import { expect, it } from 'vitest'
import { outgoing, type ProviderSpec, sendsOf, connect as toProvider } from '../connected.ts'
import { createMessage } from './create-message.ts'
import { bird, channelPath } from './support.ts'

const connect = (options = {}, spec: ProviderSpec = bird) => toProvider(spec, options)

async function bodyOf(
  change: Parameters<typeof outgoing>[0],
  settings = bird.settings,
): Promise<Record<string, unknown>> {
  const { driver, emulator } = await connect({ settings })
  await driver.send(outgoing(change))
  const body = JSON.parse(sendsOf(emulator)[0]?.body ?? '{}')
  expect(createMessage.safeParse(body).error).toBeUndefined()
  return body
}

it('posts to the channel with the access key', async () => {
  const { driver, emulator } = await connect()
  const result = await driver.send(outgoing())
  expect(result).toEqual({ kind: 'accepted', trackingId: expect.stringMatching(/^[0-9a-f-]{36}$/) })
  const [sent] = sendsOf(emulator)
  expect(sent).toMatchObject({ method: 'POST', path: `/bird${channelPath}/messages` })
  expect(sent?.headers).toMatchObject({ 'content-type': 'application/json' })
})

it('says everything that the campaign says, and nothing else', async () => {
  const expiresAt = Date.now() + 3_600_000
  const body = await bodyOf({ expiresAt, tags: ['spring sale', 'cmp-42'], respectsQuietHours: false })
  const { validity, ...rest } = body
  expect(validity).toBeGreaterThanOrEqual(3_595)
  expect(validity).toBeLessThanOrEqual(3_600)
  expect(rest).toEqual({
    receiver: { contacts: [{ identifierKey: 'phonenumber', identifierValue: '+12025550101' }] },
    body: { type: 'text', text: { text: 'Hello' } },
    reference: 'h7f3a-1-2s',
    tags: ['spring sale', 'cmp-42'],
    capFrequency: true,
    ignoreQuietHours: true,
    meta: { extraInformation: { useCase: 'marketing' } },
  })
})

it('asks for the frequency caps only in marketing that keeps to caps', async () => {
  expect(await bodyOf({ respectsCaps: false })).not.toHaveProperty('capFrequency')
  const utility = await bodyOf({ useCase: 'utility', respectsCaps: true, tags: [] })
  expect(utility).not.toHaveProperty('capFrequency')
  expect(utility).not.toHaveProperty('tags')
  expect(utility).not.toHaveProperty('ignoreQuietHours')
  expect(utility).toMatchObject({ meta: { extraInformation: { useCase: 'utility' } } })
})

it('tracks links as the content says', async () => {
  expect(await bodyOf({ content: { type: 'text', text: 'Hi', trackLinks: true } })).toMatchObject({
    enableLinkTracking: true,
  })
  expect(await bodyOf({})).not.toHaveProperty('enableLinkTracking')
})

it('VA-07 hands over the whole seconds that are left, and never so few that Bird would take its own 36 hours', async () => {
  expect((await bodyOf({ expiresAt: Date.now() + 90_900 })).validity).toBe(90)
  expect((await bodyOf({ expiresAt: Date.now() + 900 })).validity).toBe(1)
})

it('finds people by another identifier when the sender says so', async () => {
  const body = await bodyOf({}, { ...bird.settings, identifierKey: 'whatsappbsuid' })
  expect(body.receiver).toEqual({ contacts: [{ identifierKey: 'whatsappbsuid', identifierValue: '+12025550101' }] })
})

const answer = (status: number, body: unknown) => [
  { phase: 'before' as const, action: { type: 'answer' as const, status, body } },
]

it.each<[string, number, unknown, object]>([
  [
    'a field that does not pass',
    422,
    { code: 'InvalidPayload', message: 'not valid', details: { 'template.locale': ['unknown locale'] } },
    {
      kind: 'refused',
      scope: 'template',
      error: { code: 'InvalidPayload', text: 'not valid; template.locale: unknown locale' },
    },
  ],
  [
    'a recipient that does not pass',
    422,
    { code: 'InvalidPayload', message: 'not valid', details: { 'receiver.contacts.0.identifierValue': ['no phone'] } },
    { kind: 'refused', scope: 'recipient', error: { code: 'InvalidPayload' } },
  ],
  [
    'a request that cannot be read',
    400,
    { code: 'BadRequest', message: 'x' },
    { kind: 'refused', scope: 'template', error: { code: 'BadRequest', text: 'x' } },
  ],
  [
    'conditions that conflict',
    409,
    { code: 'ConflictError', message: 'capped' },
    { kind: 'refused', scope: 'recipient', error: { code: 'ConflictError', text: 'capped', httpStatus: 409 } },
  ],
  [
    'a channel that is not known',
    404,
    { code: 'NotFound', message: 'The requested resource does not exist: channel not found' },
    { kind: 'account', error: { code: 'NotFound', advice: expect.stringContaining('channelId') } },
  ],
  [
    'a template that is not known',
    404,
    { code: 'NotFound', message: 'template version not found for this channel' },
    { kind: 'refused', scope: 'template' },
  ],
  ['a page that is not from Bird', 404, '<html>', { kind: 'account', error: { code: 'http_404' } }],
  ['a wrong key', 401, { code: 'Unauthorized', message: 'no' }, { kind: 'account', error: { code: 'Unauthorized' } }],
  ['a key without the right', 403, {}, { kind: 'account', error: { code: 'http_403' } }],
  [
    'a breakdown',
    500,
    { code: 'InternalError', message: 'oops' },
    { kind: 'unknown', error: { code: 'InternalError' } },
  ],
])('takes %s (HTTP %i) for what it is', async (_, status, body, expected) => {
  const { driver } = await connect({ script: answer(status, body) })
  const result = await driver.send(outgoing())
  expect(result, JSON.stringify(result)).toMatchObject(expected)
})

it.each<[string, object, object]>([
  ['rejected', {}, { kind: 'refused', scope: 'recipient', error: { code: 'rejected' } }],
  [
    'rejected for want of balance',
    { failure: { code: 14001, description: 'no balance', source: { name: 'accounting', code: '7' } } },
    { kind: 'account', error: { code: '14001', text: 'no balance (14001 accounting 7)' } },
  ],
  [
    'refused by WhatsApp',
    { failure: { code: 15001, source: { name: 'whatsapp', code: '131049' } } },
    { kind: 'cool_off', error: { code: '131049' } },
  ],
])('does not take a message for accepted that is %s at once', async (_, failure, expected) => {
  const message = { id: '0b1d2c3e-0000-4000-8000-000000000001', status: 'rejected', ...failure }
  const { driver } = await connect({ script: answer(202, message) })
  expect(await driver.send(outgoing())).toMatchObject(expected)
})

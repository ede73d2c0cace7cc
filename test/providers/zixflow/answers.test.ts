// What Zixflow's answers mean: refusals without codes, and the calls of the newer API about account, templates, reports.
import { expect, it } from 'vitest'
import type { HttpAnswer } from '../../../src/providers/http-result.ts'
import { documentedCodes, resultOfRefusal } from '../../../src/providers/zixflow/errors.ts'
import { connect, lookUpOf, outgoing, type ProviderSpec } from '../connected.ts'

function answerOf(status: number, body: unknown, retryAfter?: string): HttpAnswer {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return { kind: 'answer', status, header: (name) => (name === 'retry-after' ? retryAfter : undefined), text }
}

const answers: [string, HttpAnswer, object][] = [
  [
    'a missing property',
    answerOf(400, { status: false, message: 'Invalid data Provided' }),
    { kind: 'refused', scope: 'template', error: { code: 'invalid_data' } },
  ],
  [
    'a no under HTTP 200',
    answerOf(200, { status: false, message: 'Template not found' }),
    { kind: 'refused', error: { code: 'refused', text: 'Template not found' } },
  ],
  [
    'a wrong key',
    answerOf(401, { status: false, message: 'Unauthorised' }),
    { kind: 'account', error: { code: 'unauthorised' } },
  ],
  ['a wrong key under HTTP 200', answerOf(200, { success: false, message: 'Unauthorized' }), { kind: 'account' }],
  [
    'a throttle',
    answerOf(429, { status: false, message: 'Slow down' }, '3'),
    { kind: 'throttled', retryAfterMs: 3000 },
  ],
  ['a fault', answerOf(500, { success: false, message: 'Internal server error' }), { kind: 'unknown' }],
  ['a conflict without a word', answerOf(409, 'conflict'), { kind: 'unknown' }],
  [
    'a path that is not there',
    answerOf(404, 'Not Found'),
    { kind: 'account', error: { advice: expect.stringContaining('pathPrefix') } },
  ],
  ['a success that says nothing', answerOf(200, { ok: 'maybe' }), { kind: 'unknown' }],
]

it.each(answers)('takes %s for what it is', (_, answer, expected) => {
  const result = resultOfRefusal(answer, 0)
  expect(result).toMatchObject(expected)
  expect(result).toMatchObject({ error: { advice: expect.stringMatching(/\w{4}/), httpStatus: answer.status } })
})

it('knows both texts that are documented', () => {
  expect(documentedCodes).toEqual(['unauthorised', 'invalid_data'])
})

const spec: ProviderSpec = {
  name: 'zixflow',
  settings: { phoneId: '104000000000000', apiKey: 'test-api-key', api: 'ai', workspaceId: 'workspace-1' },
  errors: { account: 'unauthorised' },
  failureCode: '131026',
}

it('takes a success of the older pages, without a name, for accepted', async () => {
  const action = { type: 'answer', status: 200, body: { status: true, message: 'SMS sent' } } as const
  const { driver } = await connect(spec, { script: [{ phase: 'afterAccept', action }] })
  expect(await driver.send(outgoing())).toEqual({ kind: 'accepted', trackingId: null })
})

it('lists all templates page by page, in our words', async () => {
  const names = Array.from({ length: 21 }, (_, index) => `promo_${index}`)
  const components = [{ type: 'BODY', text: 'Hello {{1}}' }]
  const templates = names.map((name) => ({ name, language: 'en', components }))
  const { driver, emulator } = await connect({ ...spec, emulator: { zixflow: { templates } } })
  const answer = await driver.templates?.list?.()
  expect(answer?.ok === true && answer.value.map(({ name }) => name)).toEqual(names)
  expect(answer?.ok === true && answer.value[0]).toMatchObject({
    language: 'en',
    status: 'approved',
    category: 'MARKETING',
    shape: { body: ['1'] },
    text: { body: 'Hello {{1}}', footer: null },
  })
  const base = '/zixflow/api/data/whatsapp/v1/104000000000000/templates'
  expect(emulator.ledger.map((entry) => (entry.kind === 'request' ? entry.path : ''))).toEqual(
    [0, 10, 20].map((offset) => `${base}?limit=10&offset=${offset}`),
  )
})

it('tells of the number, and says when the workspace does not have it', async () => {
  const { driver } = await connect(spec)
  expect(await driver.checkAccount?.()).toEqual({
    ok: true,
    value: [
      { name: 'number', value: '+1 555-010-0009', isProblem: false },
      { name: 'name', value: 'Example Ltd', isProblem: false },
      { name: 'quality', value: 'GREEN', isProblem: false },
      { name: 'dailyLimit', value: '1000', isProblem: false },
    ],
  })
  const other = await connect({ ...spec, emulator: { zixflow: { phoneIds: ['999'] } } })
  expect(await other.driver.checkAccount?.()).toMatchObject({ ok: true, value: [{ isProblem: true }] })
})

it('asks for the report of a message by its request id', async () => {
  const { driver, emulator } = await connect(spec, {
    script: [{ phase: 'afterAccept', action: { type: 'webhooks', statuses: ['sent', 'failed'], errorCode: '131026' } }],
  })
  const result = await driver.send(outgoing())
  await emulator.settled()
  const trackingId = result.kind === 'accepted' ? result.trackingId : null
  expect(await driver.lookUp?.(lookUpOf(trackingId))).toMatchObject({
    found: true,
    trackingId,
    status: 'failed',
    failure: { error: { code: '131026' } },
  })
  expect(await driver.lookUp?.(lookUpOf(null))).toEqual({ found: false, isProof: false })
})

// Every code of Meta's error page, as an answer to a call and as a later failure.
import { expect, it } from 'vitest'
import { providerErrorOf, resultOfError } from '../../../src/providers/meta/errors.ts'
import { parseWebhook } from '../../../src/providers/meta/webhook.ts'
import { whatsappCodes } from '../../../src/providers/whatsapp-codes.ts'
import { connect, outgoing, type ProviderSpec, sendsOf } from '../connected.ts'

const spec: ProviderSpec = {
  name: 'meta',
  settings: { phoneNumberId: '1060000000000001', accessToken: 'error-token', appSecret: 'error-secret' },
  errors: { account: 190 },
  failureCode: '131026',
}

/** What a code of the page means, as `kind` or `kind scope`. */
const classes: Record<string, string[]> = {
  unknown: ['1', '2', '131000', '131016', '133004'],
  'throttled sender': ['4', '80007', '130429', '131057'],
  'throttled pair': ['131056'],
  cool_off: ['131049'],
  account: [
    ...['0', '3', '10', '33', '190', '200', '219', '299', '368', '131005', '131031', '131037', '131042', '131045'],
    ...['131048', '131063', '131064', '133000', '133005', '133006', '133008', '133009', '133010', '133015', '133016'],
  ],
  'refused recipient': [
    ...['130403', '130472', '130497', '131021', '131026', '131030', '131047', '131050', '131062', '132005'],
    '137000',
  ],
  'refused template': [
    ...[
      '100',
      '131008',
      '131009',
      '131051',
      '131052',
      '131053',
      '131055',
      '131061',
      '132000',
      '132001',
      '132007',
      '132008',
      '132012',
      '132015',
    ],
    ...['132016', '132018', '132068', '132069', '134100', '134101', '134102', '135000'],
    ...['2388019', '2388040', '2388047', '2388072', '2388073', '2388293', '2388299'],
  ],
}
const cases = Object.entries(classes).flatMap(([meaning, codes]) => codes.map((code) => [code, meaning] as const))

it.each(cases)('takes code %s for %s, whatever the HTTP status', (code, meaning) => {
  for (const httpStatus of [400, 403, 500, 503]) {
    const result = resultOfError({ code, text: '(#code) title', httpStatus }, null)
    const scope = 'scope' in result ? ` ${result.scope}` : ''
    expect(`${result.kind}${scope}`).toBe(meaning)
    expect(result).toMatchObject({ error: { code, text: '(#code) title', httpStatus } })
    expect(providerErrorOf({ code, text: '', httpStatus }).advice).not.toContain('not documented')
  }
})

it('has a case for every code that the table names', () => {
  const written = new Set(cases.map(([code]) => code))
  expect(Object.keys(whatsappCodes).filter((code) => !written.has(code))).toEqual([])
})

it('takes an unknown object for a wrong number of ours, and any other wrong parameter for the content', async () => {
  const script = (error: object) => [
    { phase: 'before', action: { type: 'answer', status: 400, body: { error } } } as const,
  ]
  const missing = await connect(spec, { script: script({ code: 100, error_subcode: 33, message: 'no such object' }) })
  expect(await missing.driver.send(outgoing())).toMatchObject({ kind: 'account', error: { code: '100' } })
  const wrong = await connect(spec, { script: script({ code: 100, error_subcode: 2494010, message: 'bad value' }) })
  expect(await wrong.driver.send(outgoing())).toMatchObject({ kind: 'refused', scope: 'template' })
})

it('has the number deleted at Meta told as a fault of the account', async () => {
  const connected = await connect(spec, { settings: { ...spec.settings, phoneNumberId: '1060000000000009' } })
  expect(await connected.driver.send(outgoing())).toMatchObject({ kind: 'account', error: { code: '100' } })
})

it('waits a minute for maintenance of the number, or as long as Meta says', () => {
  const maintenance = { code: '131057', text: '', httpStatus: 500 }
  expect(resultOfError(maintenance, null)).toMatchObject({ retryAfterMs: 60_000 })
  expect(resultOfError(maintenance, 90_000)).toMatchObject({ retryAfterMs: 90_000 })
})

it('keeps code, message and details together', async () => {
  const error = { code: 132000, message: '(#132000) count', error_data: { details: 'body: 2 given, 3 expected' } }
  const { driver } = await connect(spec, {
    script: [{ phase: 'before', action: { type: 'answer', status: 400, body: { error } } }],
  })
  expect(await driver.send(outgoing())).toMatchObject({
    error: { code: '132000', text: '(#132000) count: body: 2 given, 3 expected', httpStatus: 400 },
  })
})

it('takes an unknown code for refused by a bad request, else for doubt, and sends it once', async () => {
  for (const [status, kind] of [
    [400, 'refused'],
    [422, 'refused'],
    [500, 'unknown'],
    [503, 'unknown'],
  ] as const) {
    const { driver, emulator } = await connect(spec, {
      script: [
        { phase: 'before', action: { type: 'answer', status, body: { error: { code: 999_999, message: 'new' } } } },
      ],
    })
    expect(await driver.send(outgoing())).toMatchObject({ kind, error: { code: '999999' } })
    expect(sendsOf(emulator)).toHaveLength(1)
  }
})

it('suppresses marketing to a person who stopped it, in an answer and in a callback', () => {
  const suppress = { scope: 'marketing', reason: 'opted_out' }
  expect(resultOfError({ code: '131050', text: '', httpStatus: 400 }, null)).toMatchObject({ suppress })
  expect(failed(131050)).toMatchObject({ status: 'failed', failure: { suppress, error: { code: '131050' } } })
})

it('lets a person rest after too much marketing, in an answer and in a callback', () => {
  expect(resultOfError({ code: '131049', text: '', httpStatus: 400 }, null)).toMatchObject({ kind: 'cool_off' })
  expect(failed(131049)).toMatchObject({ failure: { kind: 'cool_off' } })
  expect(failed(131026)).toMatchObject({ failure: { kind: 'refused', scope: 'recipient' } })
})

it('tells a failure of the account from one of the person in a callback', () => {
  for (const code of [131031, 131042, 190]) expect(failed(code)).toMatchObject({ failure: { kind: 'account' } })
  for (const code of [131026, 132000]) expect(failed(code)).toMatchObject({ failure: { kind: 'refused' } })
})

it('V3: stops the campaign at the first failure that is certain to meet everybody', () => {
  for (const code of [132007, 132015, 132016, 132068, 135000])
    expect(failed(code)).toMatchObject({ failure: { scope: 'template', stopsCampaign: true } })
  for (const code of [131053, 132000, 132012, 131008]) expect(failed(code)).not.toHaveProperty('failure.stopsCampaign')
})

function failed(code: number) {
  const status = { id: 'wamid.A', status: 'failed', timestamp: '1767225601', errors: [{ code, title: 'title' }] }
  const [item] = parseWebhook(
    JSON.stringify({
      object: 'whatsapp_business_account',
      entry: [{ id: '1', changes: [{ field: 'messages', value: { statuses: [status] } }] }],
    }),
  )
  return item
}

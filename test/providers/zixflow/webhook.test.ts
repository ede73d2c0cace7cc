// Zixflow's callbacks in our words: postbacks, reports, and what people write.
import { describe, expect, it } from 'vitest'
import { parseWebhook, verifyWebhook } from '../../../src/providers/zixflow/webhook.ts'
import { readSample } from '../samples.ts'

const trackingId = '5c1e0000-0000-4000-8000-000000000001'
const at = Date.parse('2026-01-28T17:17:59.254Z')
const read = (name: string) => parseWebhook(readSample('zixflow', name))

it.each([
  ['postback-delivered', 'delivered'],
  ['postback-read', 'read'],
  ['postback-clicked', 'read'],
] as const)('reads %s by request id and by our reference', (name, status) => {
  expect(read(name)).toEqual([{ kind: 'status', trackingId, reference: 'h7f3a-1-2s', to: '12025550111', status, at }])
})

it('finds in the remark of a failure what WhatsApp says, and suppresses whoever opted out', () => {
  expect(read('postback-failed')).toMatchObject([
    {
      status: 'failed',
      failure: {
        error: { code: '131050', text: '(#131050) User has stopped receiving marketing messages' },
        suppress: { scope: 'marketing', reason: 'opted_out' },
      },
    },
  ])
})

describe('a report of the older API, whose form no page tells', () => {
  it('is read by its message id, in any case of letters', () => {
    expect(read('report-delivered')).toEqual([
      {
        kind: 'status',
        trackingId: '66aa00000000000000000007',
        reference: null,
        to: '12025550111',
        status: 'delivered',
        at,
      },
    ])
  })

  it('loses no digit of an id that no number of JavaScript can hold', () => {
    const items = parseWebhook('{"message_id": 604100000000000001, "status": "read"}')
    expect(items).toMatchObject([{ trackingId: '604100000000000001' }])
    const quoted = '{"messageId":"a","status":"failed","remark":"\\"message_id\\": 604100000000000001, x"}'
    expect(parseWebhook(quoted)).toMatchObject([
      { failure: { error: { text: '"message_id": 604100000000000001, x' } } },
    ])
  })

  it('is read out of an object of data, and several out of one callback', () => {
    const one = '{"data": {"messageId": "a", "status": "Sent"}}'
    expect(parseWebhook(`[${one}, {"messageId": "b", "status": "failed", "reason": "No WhatsApp"}]`)).toMatchObject([
      { trackingId: 'a', status: 'sent' },
      { trackingId: 'b', status: 'failed', failure: { error: { code: 'failed', text: 'No WhatsApp' } } },
    ])
  })

  it('is ignored with a word that nobody knows, and unreadable without message or status', () => {
    const kinds = ['{"messageId":"a","status":"deferred"}', '{"status":"read"}', '{"messageId":"a"}', '7', 'x']
    expect(kinds.map((body) => parseWebhook(body)[0]?.kind)).toEqual([
      'ignored',
      'unreadable',
      'unreadable',
      'unreadable',
      'unreadable',
    ])
  })
})

it('I4: reads the caption of a file and the emoji of a reaction, and says what they are', () => {
  const said = (message: object) =>
    parseWebhook(JSON.stringify({ ...JSON.parse(readSample('zixflow', 'inbound')), message }))
  expect(said({ type: 'image', image: { caption: 'STOP' } })).toMatchObject([{ text: 'STOP', content: 'image' }])
  expect(said({ type: 'document', document: {} })).toMatchObject([{ text: null, content: 'document' }])
  expect(said({ type: 'reaction', reaction: { emoji: '🛑' } })).toMatchObject([{ text: '🛑', content: 'reaction' }])
})

it('reads what a person writes and taps, and leaves other channels alone', () => {
  expect(read('inbound')).toEqual([
    { kind: 'inbound', phone: '+12025550111', at, text: 'STOP', buttonPayload: null, messageId: 'wamid.AAA' },
  ])
  expect(read('inbound-button')).toMatchObject([{ kind: 'inbound', text: 'Yes', buttonPayload: 'yes' }])
  expect(parseWebhook('{"event":"incoming.rcs.message"}')).toEqual([{ kind: 'ignored', why: 'incoming.rcs.message' }])
})

describe('the header that the account gives its webhook', () => {
  const settings = { webhookSecret: 'test-hook-secret', webhookHeader: 'x-webhook-secret' }
  const verify = (name: string, headers: Record<string, string>, given: Parameters<typeof verifyWebhook>[1]) =>
    verifyWebhook(
      {
        body: Buffer.from(readSample('zixflow', name)),
        header: (header) => headers[header],
        url: 'http://localhost/x',
      },
      given,
    )

  it('is asked of incoming messages once it is set', () => {
    expect(verify('inbound', { 'x-webhook-secret': 'test-hook-secret' }, settings)).toEqual({ isGenuine: true })
    expect(verify('inbound', {}, settings)).toEqual({ isGenuine: false, code: 'webhook.signature_missing' })
    expect(verify('inbound', { 'x-webhook-secret': 'other' }, settings)).toEqual({
      isGenuine: false,
      code: 'webhook.signature_wrong',
    })
  })

  it.each<[string, (body: string) => string]>([
    ['in a list', (body) => `[${body}]`],
    ['behind a report in a list', (body) => `[{"request_id":"a","status":"read"},${body}]`],
    ['with a number that is none', (body) => body.replace(/}\s*$/, ',"message_id":0123456789012345678}')],
    ['with a mark before it', (body) => `\ufeff${body}`],
    ['with its event said twice', (body) => body.replace(/}\s*$/, ',"event":null}')],
    ['cut off', (body) => body.slice(0, -3)],
  ])('F5: cannot be left out by another form of the same: %s', (_, change) => {
    const body = change(readSample('zixflow', 'inbound'))
    const verdict = verifyWebhook(
      { body: Buffer.from(body), header: () => undefined, url: 'http://localhost/x' },
      settings,
    )
    const isApplied = parseWebhook(body).some(({ kind }) => kind === 'inbound')
    if (isApplied) expect(verdict).toEqual({ isGenuine: false, code: 'webhook.signature_missing' })
    expect(verdict.isGenuine).toBe(false)
  })

  it('is not asked of reports, which cannot carry it, nor where none is set', () => {
    expect(verify('postback-read', {}, settings)).toEqual({ isGenuine: true })
    expect(verify('inbound', {}, { ...settings, webhookSecret: undefined })).toEqual({ isGenuine: true })
  })
})

// Routee's callbacks in our words, from the samples of its pages.
import { expect, it } from 'vitest'
import { parseWebhook } from '../../../src/providers/routee/webhook.ts'
import { readSample } from '../samples.ts'

const trackingId = '7c4b1a52-0000-4000-8000-000000000001'
const at = Date.parse('2026-05-01T10:00:03Z')
const read = (name: string) => parseWebhook(readSample('routee', name))

it('reads each status for the message that it is about, with blanks around its values', () => {
  const to = '306900000001'
  const status = (name: string, status: string, more = {}) =>
    expect(read(name), name).toEqual([{ kind: 'status', trackingId, reference: null, status, at, ...more }])
  status('accepted', 'accepted')
  status('delivered', 'delivered', { to })
  status('seen', 'read', { to })
  status('failed', 'failed', {
    to,
    failure: {
      kind: 'unknown',
      error: {
        code: 'whatsapp::external::1009',
        text: 'The recipient has no WhatsApp',
        advice: expect.stringContaining('WhatsApp'),
        httpStatus: null,
      },
    },
  })
})

it.each([
  ['whatsapp::external::131050', { kind: 'refused', suppress: { reason: 'opted_out' }, error: { code: '131050' } }],
  ['whatsapp::external::131049', { kind: 'cool_off', error: { code: '131049' } }],
  ['whatsapp::external::131042', { kind: 'account', error: { code: '131042' } }],
  ['131056', { kind: 'throttled', scope: 'pair', error: { code: '131056' } }],
  ['whatsapp::internal::4', { kind: 'unknown', error: { code: 'whatsapp::internal::4' } }],
])('V4: reads the code of WhatsApp in %s', (code, failure) => {
  const told = { ...JSON.parse(readSample('routee', 'failed')), details: { code, message: 'No' } }
  expect(parseWebhook(JSON.stringify(told))).toMatchObject([{ status: 'failed', failure }])
})

it.each(['channel-failed', 'deleted', 'unknown'])('takes %s for no status of a message of ours', (name) => {
  expect(read(name)).toEqual([{ kind: 'ignored', why: expect.stringContaining('status') }])
})

it('reads what a person writes and taps', () => {
  expect(read('inbound')).toEqual([
    {
      kind: 'inbound',
      phone: '+306900000001',
      at: Date.parse('2026-05-01T10:05:00Z'),
      text: 'STOP',
      buttonPayload: null,
      messageId: '9d1f0000-0000-4000-8000-000000000002',
    },
  ])
  expect(read('postback')).toMatchObject([{ kind: 'inbound', text: 'Thanks', buttonPayload: 'thanks' }])
})

it('I4: reads the caption of a file and the emoji of a reaction, and says what they are', () => {
  const said = (content: object) =>
    parseWebhook(JSON.stringify({ ...JSON.parse(readSample('routee', 'inbound')), content }))
  const media = (type: string) => said({ contentType: 'media', media: { type, caption: 'STOP' } })
  for (const type of ['image', 'video', 'document'])
    expect(media(type)).toMatchObject([{ text: 'STOP', content: type }])
  expect(said({ contentType: 'reaction', reaction: { emoji: '👎' } })).toMatchObject([
    { text: '👎', content: 'reaction' },
  ])
  const reply = { payload: 'dish:1', title: 'Soup' }
  expect(said({ contentType: 'interactive', interactive: { subType: 'listReply', reply } })).toMatchObject([
    { text: 'Soup', buttonPayload: 'dish:1' },
  ])
})

it("takes what is said in a group for nobody's own message", () => {
  const inGroup = JSON.stringify({ ...JSON.parse(readSample('routee', 'inbound')), groupId: 'team@g.example' })
  expect(parseWebhook(inGroup)).toEqual([{ kind: 'ignored', why: 'a message in a group' }])
})

it('reads several events in one callback, and lets one bad event spoil no other', () => {
  const several = `[${readSample('routee', 'delivered')}, 7, {"event": "MessageStatus::seen"}, {"event": "Invented"}]`
  expect(parseWebhook(several).map(({ kind }) => kind)).toEqual(['status', 'unreadable', 'unreadable', 'ignored'])
  expect(parseWebhook('nonsense')).toEqual([{ kind: 'unreadable', why: 'no callback of Routee' }])
})

// How each provider tells one failure in each of its ways: in the answer to a call, in a callback and when it is asked. The
// forms are those of its pages, written out; nothing is taken from the drivers but the codes of their tables.
import { documentedCodes as birdCodes } from '../../src/providers/bird/errors.ts'
import { documentedCodes as oneMsgCodes } from '../../src/providers/onemsg/errors.ts'
import { documentedCodes as routeeCodes } from '../../src/providers/routee/errors.ts'
import { whatsappCodes } from '../../src/providers/whatsapp-codes.ts'
import { documentedCodes as zixflowCodes } from '../../src/providers/zixflow/errors.ts'

export const toldId = '0b1d2c3e-0000-4000-8000-000000000001'
export const toldTo = '12025550101'
const at = '2027-06-01T10:00:00.000Z'

export interface CannedAnswer {
  status: number
  body: unknown
}

export interface Teller {
  title: string
  provider: string
  /** Another account for each number: senders of one account share what is told of it. */
  credentials: (n: number) => Record<string, unknown>
  /** Rows of its error table that are told in every way. */
  codes: readonly string[]
  /** Rows that only an answer can tell, because they are its status. */
  codesOfAnswers?: readonly string[]
  answer: (code: string) => CannedAnswer
  callback: (code: string, id?: string, to?: string) => unknown
  /** The answer to each question about a message that failed so; undefined where nothing can be asked, or no reason is told. */
  lookUp?: (code: string, path: string, id?: string) => CannedAnswer
}

const whatsapp = Object.keys(whatsappCodes)
const uuid = (n: number) => `5d4c3b2a-0000-4000-8000-${String(n).padStart(12, '0')}`

function birdMessage(code: string, id = toldId, to = toldTo) {
  const isOwn = birdCodes.includes(code) || /^1[1-5]\d{3}$/.test(code)
  const isWord = isOwn && !/^\d/.test(code)
  // A family of codes is told by any of its numbers.
  const own = code.length === 2 ? `${code}099` : code
  return {
    id,
    direction: 'outgoing',
    status: isWord ? code : 'delivery_failed',
    lastStatusAt: at,
    receiver: { contacts: [{ identifierKey: 'phonenumber', identifierValue: `+${to}` }] },
    ...(!isWord && {
      failure: isOwn
        ? { code: Number(own), description: 'no' }
        : { code: 15001, description: 'no', source: { name: 'whatsapp', code } },
    }),
  }
}

const answerStatuses = (codes: readonly string[]) => codes.filter((code) => /^(?:http_|refused$|queued$)/.test(code))

export const tellers: readonly Teller[] = [
  {
    title: 'Meta',
    provider: 'meta',
    credentials: (n) => ({ phoneNumberId: `106000000000000${n}`, accessToken: 'test-token', appSecret: 'test-secret' }),
    codes: [...whatsapp, '200', '299'],
    answer: (code) => ({ status: 400, body: { error: { code: Number(code), message: 'no' } } }),
    callback: (code, id = toldId, to = toldTo) => ({
      object: 'whatsapp_business_account',
      entry: [
        {
          changes: [
            {
              field: 'messages',
              value: { statuses: [{ id, status: 'failed', recipient_id: to, errors: [{ code: Number(code) }] }] },
            },
          ],
        },
      ],
    }),
  },
  {
    title: 'Bird',
    provider: 'bird',
    credentials: (n) => ({
      workspaceId: uuid(1),
      channelId: uuid(100 + n),
      accessKey: 'test-key',
      signingKey: 'test-signing-key',
    }),
    codes: [...whatsapp, ...birdCodes],
    answer: (code) => ({ status: 202, body: birdMessage(code) }),
    callback: (code, id, to) => ({ event: 'whatsapp.outbound', payload: birdMessage(code, id, to) }),
    lookUp: (code, _path, id) => ({ status: 200, body: birdMessage(code, id) }),
  },
  {
    title: 'Bird in the words of a refusal',
    provider: 'bird',
    credentials: (n) => ({
      workspaceId: uuid(1),
      channelId: uuid(100 + n),
      accessKey: 'test-key',
      signingKey: 'test-signing-key',
    }),
    codes: [...whatsapp.filter((code) => code.length > 5), '11001', '14001'],
    answer: (code) => ({
      status: 422,
      body:
        code.length === 5
          ? { code: Number(code), message: 'no' }
          : { code: 'InvalidPayload', message: 'not created', details: { body: [`(#${code}) no`] } },
    }),
    callback: (code, id, to) => ({ event: 'whatsapp.outbound', payload: birdMessage(code, id, to) }),
  },
  {
    title: '1MSG',
    provider: 'onemsg',
    credentials: (n) => ({ channelId: `ABC12345678${n}`, token: 'test-token', namespace: 'aaaa_bbbb' }),
    codes: oneMsgCodes.filter((code) => !answerStatuses(oneMsgCodes).includes(code)),
    codesOfAnswers: answerStatuses(oneMsgCodes),
    answer: (code) => ({ status: 200, body: { sent: false, message: 'no', error: { code } } }),
    callback: (code, id = toldId, to = toldTo) => ({
      ack: [{ id, chatId: `${to}@c.us`, status: 'failed', error: { code, message: 'no' } }],
    }),
    lookUp: (code, _path, id = toldId) => ({
      status: 200,
      body: { hooks: [{ id, status: 'failed', timestamp: 1811851200, errors: [{ code, title: 'no' }] }] },
    }),
  },
  {
    title: 'Routee',
    provider: 'routee',
    credentials: (n) => ({ applicationId: `test-app-${n}`, applicationSecret: 'test-secret', from: '302101234567' }),
    codes: [...whatsapp, ...routeeCodes],
    answer: (code) => {
      const isOwn = routeeCodes.includes(code)
      return {
        status: isOwn ? Number(code.slice(0, 3)) : 400,
        body: isOwn
          ? { code, developerMessage: 'no' }
          : { code: '400000000', developerMessage: `whatsapp::external::${code} no` },
      }
    },
    callback: (code, messageId = toldId, from = toldTo) => ({
      event: 'MessageStatus::failed',
      messageId,
      from,
      details: { code: routeeCodes.includes(code) ? code : `whatsapp::external::${code}`, message: 'no' },
    }),
    // Its page shows no reason here; where one is told, it is told as in callbacks.
    lookUp: (code, _path, trackingId = toldId) => ({
      status: 200,
      body: {
        trackingId,
        history: [
          { date: at, status: 'accepted' },
          {
            date: at,
            status: 'failed',
            details: { code: routeeCodes.includes(code) ? code : `whatsapp::external::${code}`, message: 'no' },
          },
        ],
      },
    }),
  },
  {
    title: 'Zixflow',
    provider: 'zixflow',
    credentials: (n) => ({ phoneId: `10400000000000${n}`, apiKey: 'test-key' }),
    codes: [...whatsapp, ...zixflowCodes],
    answer: (code) => ({ status: 400, body: { status: false, message: zixflowWords(code) } }),
    callback: (code, messageId = toldId, to = toldTo) => ({
      messageId,
      to,
      status: 'failed',
      remark: zixflowWords(code),
    }),
  },
  {
    title: 'Zixflow AI',
    provider: 'zixflow',
    credentials: (n) => ({ phoneId: `10400000000000${n}`, apiKey: 'test-key', api: 'ai', workspaceId: 'workspace-1' }),
    codes: [...whatsapp, ...zixflowCodes],
    answer: (code) => ({ status: 400, body: { success: false, message: zixflowWords(code) } }),
    callback: (code, request_id = toldId, recipient = toldTo) => ({
      request_id,
      recipient,
      status: 'failed',
      remark: zixflowWords(code),
    }),
    lookUp: (code, _path, request_id = toldId) => ({
      status: 200,
      body: { success: true, data: { request_id, recipient: toldTo, status: 'failed', remark: zixflowWords(code) } },
    }),
  },
]

function zixflowWords(code: string): string {
  if (code === 'unauthorised') return 'Unauthorised'
  return code === 'invalid_data' ? 'Invalid data Provided' : `(#${code}) no`
}

// What 1MSG's books say of a message, and what they do not prove.
import { expect, it } from 'vitest'
import { now, prepare, token } from './support.ts'

const query = { trackingId: 'wamid.AAA', reference: 'h7f3a-1-2s', to: '+12025550111', startedAt: now }
const lost = { ...query, trackingId: null }
const seconds = (ms: number) => Math.floor(ms / 1000)
const hook = (status: string, afterMs: number, more = {}) => ({
  id: 'wamid.AAA',
  type: 'message',
  status,
  timestamp: String(seconds(now + afterMs)),
  recipient_id: '12025550111',
  ...more,
})

it('asks for the delivery events of an id and takes the furthest', async () => {
  const { driver, asked } = prepare([{ hooks: [hook('read', 3000), hook('sent', 1000), hook('delivered', 2000)] }])
  expect(await driver.lookUp?.(query)).toEqual({
    found: true,
    trackingId: 'wamid.AAA',
    to: '+12025550111',
    status: 'read',
    at: now + 3000,
  })
  expect(asked).toMatchObject([{ method: 'GET', path: `/ABC123456789/hookInfo?messageId=wamid.AAA&token=${token}` }])
})

it('tells why a message failed', async () => {
  const failed = hook('failed', 1000, { errors: [{ code: 131026, title: 'Message undeliverable' }] })
  const { driver } = prepare([{ hooks: [hook('sent', 500), failed] }])
  expect(await driver.lookUp?.(query)).toMatchObject({ status: 'failed', failure: { error: { code: '131026' } } })
})

it.each([[{ hooks: [] }], [{}], [{ hooks: [hook('deleted', 0)] }], [{ status: 500 }], [{ status: 404 }]])(
  'takes no silence for proof: %j',
  async (answer) => {
    expect(await prepare([answer]).driver.lookUp?.(query)).toEqual({ found: false, isProof: false })
  },
)

const listed = (id: string, afterMs: number, more = {}) => ({
  id,
  fromMe: true,
  self: 1,
  chatId: '12025550111@c.us',
  time: seconds(now + afterMs),
  ...more,
})

it('finds a message whose answer was lost in the history, when it is the only one', async () => {
  const { driver, asked } = prepare([
    { messages: [listed('wamid.BBB', 1000), listed('wamid.IN', 2000, { fromMe: false, self: 0 })] },
    { hooks: [hook('delivered', 4000)] },
  ])
  expect(await driver.lookUp?.(lost)).toMatchObject({ found: true, trackingId: 'wamid.BBB', status: 'delivered' })
  expect(new URLSearchParams(asked[0]?.path.split('?')[1])).toEqual(
    new URLSearchParams({
      chatId: '12025550111@c.us',
      min_time: String(seconds(now) - 5),
      max_time: String(seconds(now) + 120),
      token,
    }),
  )
})

it('takes a message in the history without events for accepted', async () => {
  const { driver } = prepare([{ messages: [listed('wamid.BBB', 1000)] }, { hooks: [] }])
  expect(await driver.lookUp?.(lost)).toEqual({
    found: true,
    trackingId: 'wamid.BBB',
    status: 'accepted',
    at: now + 1000,
  })
})

it.each<[string, object]>([
  ['two that may be meant', { messages: [listed('wamid.B', 1000), listed('wamid.C', 2000)] }],
  ['one at another time', { messages: [listed('wamid.B', 600_000)] }],
  ['one that was typed in the app', { messages: [listed('wamid.B', 1000, { self: 0 })] }],
  ['a history that is switched off', { messages: [], notice: 'disabled' }],
])('leaves a lost message in doubt with %s', async (_, answer) => {
  expect(await prepare([answer]).driver.lookUp?.(lost)).toEqual({ found: false, isProof: false })
})

it('asks no history when the sender does not trust it', async () => {
  const { driver, asked } = prepare([{ messages: [listed('wamid.B', 0)] }], { lookUpByHistory: false })
  expect(await driver.lookUp?.(lost)).toEqual({ found: false, isProof: false })
  expect(asked).toEqual([])
})

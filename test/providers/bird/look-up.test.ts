// What Bird knows of a message: by id, by our reference, and when absence proves something.
import { expect, it } from 'vitest'
import { type Connected, connect, lookUpOf, outgoing, recipient } from '../connected.ts'
import { bird, channelPath } from './support.ts'

const HOUR_MS = 3_600_000

async function sendOne(order: object = {}): Promise<Connected & { trackingId: string }> {
  const script = [{ phase: 'afterAccept' as const, action: { type: 'webhooks', ...order } as never }]
  const connected = await connect(bird, { script })
  const result = await connected.driver.send(outgoing())
  await connected.emulator.settled()
  if (result.kind !== 'accepted' || result.trackingId === null) throw new Error('not accepted')
  return { ...connected, trackingId: result.trackingId }
}

it('tells the status of a message by its id', async () => {
  const { driver, trackingId } = await sendOne({ statuses: ['sent', 'delivered'] })
  expect(await driver.lookUp?.(lookUpOf(trackingId))).toMatchObject({ found: true, trackingId, status: 'delivered' })
})

it('finds in the interactions that a message was read', async () => {
  const { driver, trackingId, emulator } = await sendOne({ statuses: ['sent', 'delivered', 'read'] })
  expect(await driver.lookUp?.(lookUpOf(trackingId))).toMatchObject({
    found: true,
    status: 'read',
    at: expect.any(Number),
  })
  expect(emulator.ledger.at(-1)).toMatchObject({ path: `/bird${channelPath}/messages/${trackingId}/interactions` })
})

it('tells why a message failed', async () => {
  const { driver, trackingId } = await sendOne({ statuses: ['failed'], errorCode: '131026' })
  expect(await driver.lookUp?.(lookUpOf(trackingId))).toMatchObject({
    status: 'failed',
    failure: { error: { code: '131026' } },
  })
})

it('finds a message by our reference among those to the person', async () => {
  const { driver, trackingId, emulator } = await sendOne({ statuses: [] })
  await driver.send(outgoing({ reference: 'h7f3a-1-2t' }))
  await driver.send(outgoing({ reference: 'h7f3a-1-2u', to: '+12025550102' }))
  expect(await driver.lookUp?.(lookUpOf(null))).toMatchObject({ found: true, trackingId, status: 'accepted' })
  const last = emulator.ledger.at(-1)
  const query = new URLSearchParams(last?.kind === 'request' ? last.path.split('?')[1] : '')
  expect(Object.fromEntries(query)).toEqual({
    direction: 'outgoing',
    to: recipient,
    startAt: expect.stringMatching(/^\d{4}-.*Z$/),
    limit: '1000',
  })
})

it('takes absence for proof only some time after the call', async () => {
  const { driver } = await connect(bird)
  const query = (startedAt: number) => ({ trackingId: null, reference: 'h7f3a-1-zz', to: recipient, startedAt })
  expect(await driver.lookUp?.(query(Date.now() - 60_000))).toEqual({ found: false, isProof: false })
  expect(await driver.lookUp?.(query(Date.now() - HOUR_MS))).toEqual({ found: false, isProof: true })
})

it('reads every page before absence proves anything', async () => {
  const pages = [
    { results: [{ id: 'a', reference: 'other', status: 'sent' }], nextPageToken: 'p2' },
    { results: [{ id: 'b', reference: 'h7f3a-1-2s', status: 'sent', lastStatusAt: '2026-11-20T10:00:05.000Z' }] },
  ]
  const script = pages.map((body, index) => ({
    match: { operation: 'messages.list', nth: index + 1 },
    phase: 'before' as const,
    action: { type: 'answer' as const, status: 200, body },
  }))
  const { driver, emulator } = await connect(bird, { script })
  expect(await driver.lookUp?.({ ...lookUpOf(null), startedAt: Date.now() - HOUR_MS })).toMatchObject({
    found: true,
    trackingId: 'b',
  })
  expect(emulator.ledger.at(-1)).toMatchObject({ path: expect.stringContaining('pageToken=p2') })
})

it('never takes an id that is not there for proof: Bird had named it', async () => {
  const { driver } = await connect(bird)
  const query = { ...lookUpOf('0b1d2c3e-0000-4000-8000-000000000001'), startedAt: Date.now() - HOUR_MS }
  expect(await driver.lookUp?.(query)).toEqual({ found: false, isProof: false })
})

it('never takes an endless list for proof', async () => {
  const body = { results: [], nextPageToken: 'again' }
  const script = [
    {
      match: { operation: 'messages.list' },
      phase: 'before' as const,
      action: { type: 'answer' as const, status: 200, body },
    },
  ]
  const { driver, emulator } = await connect(bird, { script })
  expect(await driver.lookUp?.({ ...lookUpOf(null), startedAt: Date.now() - HOUR_MS })).toEqual({
    found: false,
    isProof: false,
  })
  expect(emulator.ledger).toHaveLength(10)
})

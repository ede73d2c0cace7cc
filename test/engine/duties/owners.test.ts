// Two nodes on one database share what is to be done: each item is one node's, as long as its lease runs. A node that was
// silent for longer finds it taken over, and what it still writes is refused.
import { describe, expect, it } from 'vitest'
import type { StandingWork } from '../../../src/domain/trouble.ts'
import { finishCancels } from '../../../src/engine/campaigns/cancel.ts'
import { deleteList, finishListRemovals } from '../../../src/engine/contacts/lists.ts'
import { DutyLost, doDuty, doOrder, type HeldDuty } from '../../../src/engine/duties/duty.ts'
import { recoverImports } from '../../../src/engine/import/apply-import.ts'
import { undoImport } from '../../../src/engine/import/undo-import.ts'
import { verify } from '../../../src/engine/report/verify.ts'
import { seekProof } from '../../../src/engine/send/prove.ts'
import type { SenderConnections } from '../../../src/engine/senders/sender-connections.ts'
import { addSender } from '../../../src/engine/senders/senders.ts'
import { setCap } from '../../../src/engine/service/limits.ts'
import { finishRedatings } from '../../../src/engine/service/redating.ts'
import { forgetOld } from '../../../src/engine/service/retention.ts'
import { applyEvents } from '../../../src/engine/track/apply-events.ts'
import { pollStatuses } from '../../../src/engine/track/poll.ts'
import type { LookUpResult } from '../../../src/providers/provider.ts'
import { type DutyKey, findDuty, orderDuty, takeDuty } from '../../../src/store/duties.ts'
import { LEASE_MS } from '../../../src/store/nodes.ts'
import { metaEnvelope, metaStatus, storeCallback } from '../../support/callbacks.ts'
import { claimAll, launchAndPlan, record, storedMessages } from '../../support/claims.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import {
  addMeta,
  addTestCampaign,
  importLines,
  importPeople,
  openTestApp,
  type TestApp,
  templateContent,
} from '../../support/open-test-app.ts'

const MINUTE = 60_000
const bird = {
  workspaceId: '5d4c3b2a-0000-4000-8000-000000000001',
  channelId: '7a6b5c4d-0000-4000-8000-000000000002',
  accessKey: 'owner-key',
  signingKey: 'owner-signing-key',
}

/** Another node on the same database, for which the lease of the first is over. */
async function secondNode({ dir, clock, ctx }: TestApp): Promise<TestApp> {
  await ctx.node.id()
  return openTestApp({ dir, clock: new FakeClock(clock.now() + LEASE_MS + 1_000) })
}

/** The node stands still before its nth transaction from here on, until `meanwhile` has ended. */
function standsStill({ ctx }: TestApp, nth: number, meanwhile: () => Promise<unknown>): void {
  const write = ctx.db.write.bind(ctx.db)
  let left = nth
  ctx.db.write = async (fn) => {
    if (--left === 0) await meanwhile()
    return write(fn)
  }
}

/** The node takes a duty over and is about to begin. */
async function takeOver({ ctx }: TestApp, key: DutyKey<StandingWork>): Promise<void> {
  const to = await ctx.node.id()
  const from = (await ctx.db.read((tx) => findDuty(tx, key)))?.nodeId ?? null
  expect(from).not.toBeNull()
  expect(await ctx.db.write((tx) => takeDuty(tx, key, { from, to }))).toBeDefined()
}

/** The drivers, whose provider answers every question in one way. */
function answering({ app }: TestApp, answer: LookUpResult): SenderConnections {
  const get = async (id: number) => {
    const connected = await app.connections.get(id)
    return { ...connected, driver: { ...connected.driver, lookUp: async () => answer } }
  }
  return { get } as unknown as SenderConnections
}

const found = (trackingId: string, status: 'delivered' | 'failed'): LookUpResult => ({
  found: true,
  trackingId,
  status,
  at: null,
  to: null,
})
const asked = () => ({ reference: String, signal: new AbortController().signal })
const broken = async ({ ctx }: TestApp) => (await verify(ctx)).checks.filter(({ ok }) => !ok).map(({ name }) => name)

/** One message at a provider that can be asked, with what its call came to. */
async function oneMessage(result: 'accepted' | 'unknown'): Promise<TestApp> {
  const test = await openTestApp()
  const limits = { ratePerSecond: 1000, pairIntervalSeconds: 0 }
  await addSender(test.ctx, { name: 'main', provider: 'bird', credentials: bird, ...limits })
  await importPeople(test, 1)
  await addTestCampaign(test, { session: 'assume' })
  await launchAndPlan(test, 'Spring sale')
  const error = { code: 'timeout', text: 'no answer', advice: '', httpStatus: null }
  await record(test, await claimAll(test), () =>
    result === 'accepted' ? { kind: 'accepted', trackingId: 'track-1' } : { kind: 'unknown', error },
  )
  test.clock.advance(20 * MINUTE)
  return test
}

describe('a duty', () => {
  type Act = (duty: HeldDuty) => Promise<{ isDone: boolean; value: string }>
  const standing = ['proof', 'polling', 'templates', 'cancel', 'list_removal', 'retention'] as const
  const ordered = ['erasure', 'redating'] as const
  const works = [
    ...standing.map((work) => ({
      work,
      begin: async () => {},
      goOn: ({ ctx }: TestApp, act: Act) => doDuty(ctx, { work, subjectId: 1 }, act),
    })),
    ...ordered.map((work) => ({
      work,
      begin: async ({ ctx }: TestApp) => {
        const nodeId = await ctx.node.id()
        await ctx.db.write((tx) => orderDuty(tx, { work, subjectId: 1 }, { nodeId, mark: 'begin' }))
      },
      goOn: ({ ctx }: TestApp, act: Act) => doOrder(ctx, { work, subjectId: 1 }, act),
    })),
  ]

  it.each(works)(
    '($work) is one node’s while its lease runs, then the next one’s, and the first can write nothing more',
    async ({ work, begin, goOn }) => {
      const first = await openTestApp()
      await begin(first)
      const mark = (by: string) =>
        first.ctx.db.write((tx) => tx.run(`UPDATE duties SET mark = ?`, [JSON.stringify(by)]))
      const outcome = await goOn(first, async (duty) => {
        const besides = await openTestApp({ dir: first.dir, clock: new FakeClock(first.clock.now() + LEASE_MS - 1) })
        expect(await goOn(besides, async () => ({ isDone: true, value: 'too early' }))).toBeUndefined()
        const second = await secondNode(first)
        expect(await goOn(second, async () => ({ isDone: false, value: 'second' }))).toBe('second')
        await mark('second')
        const late = duty.write((tx) => tx.run(`UPDATE duties SET mark = '"first"'`))
        await expect(late).rejects.toBeInstanceOf(DutyLost)
        await duty.write((tx) => duty.move(tx, 'first'))
        return { isDone: true, value: 'first' }
      })
      expect(outcome).toBeUndefined()
      const rows = await first.ctx.db.read((tx) => tx.all(`SELECT work, node_id AS nodeId, mark FROM duties`))
      expect(rows).toEqual([{ work, nodeId: null, mark: '"second"' }])
    },
  )

  it('that was ordered is not begun again when another node has replaced and carried out the order', async () => {
    const first = await openTestApp()
    const second = await openTestApp({ dir: first.dir, clock: first.clock })
    const setOnce = (test: TestApp, max: number) => setCap(test.ctx, { id: 'daily', max })
    // Its first transaction is the order, its second one takes it.
    await first.ctx.node.id()
    standsStill(first, 2, () => setOnce(second, 3))
    await setOnce(first, 2)
    const left = await first.ctx.db.read((tx) => tx.all(`SELECT work FROM duties`))
    expect(left).toEqual([])
  })

  it('that is ordered anew while it is carried out is begun anew, in the same process too', async () => {
    const test = await openTestApp()
    await test.ctx.node.id()
    // The order, the taking, and the first part of the work.
    standsStill(test, 3, () => setCap(test.ctx, { id: 'daily', max: 3 }))
    await setCap(test.ctx, { id: 'daily', max: 2 })
    const left = () => test.ctx.db.read((tx) => tx.all(`SELECT node_id AS nodeId FROM duties`))
    expect(await left()).toEqual([{ nodeId: null }])
    expect(await finishRedatings(test.ctx)).toBe(true)
    expect(await left()).toEqual([])
  })

  it('leaves to another node a cancel of which only the order was written', async () => {
    const first = await openTestApp()
    await importPeople(first, 30)
    await addMeta(first)
    await addTestCampaign(first, { content: templateContent })
    await launchAndPlan(first, 'Spring sale')
    await first.ctx.db.write((tx) => tx.run(`UPDATE campaigns SET status = 'cancelled' WHERE id = 1`))
    const second = await secondNode(first)
    const statuses = async () => [...new Set((await storedMessages(first)).map(({ status }) => status))]
    standsStill(first, 2, () => takeOver(second, { work: 'cancel', subjectId: 1 }))
    expect(await finishCancels(first.ctx)).toBe(false)
    expect(await statuses()).toEqual(['pending'])
    expect(await finishCancels(second.ctx)).toBe(true)
    expect(await statuses()).toEqual(['cancelled'])
    expect(await broken(first)).toEqual([])
  })

  it('leaves to another node the members of a list that was removed', async () => {
    const first = await openTestApp()
    await importPeople(first, 5)
    const second = await secondNode(first)
    const members = () => first.ctx.db.read((tx) => tx.all(`SELECT * FROM list_members`))
    standsStill(first, 3, () => takeOver(second, { work: 'list_removal', subjectId: 1 }))
    expect(await deleteList(first.ctx, 'people')).toMatchObject({ contacts: 0 })
    expect(await members()).toHaveLength(5)
    expect(await finishListRemovals(second.ctx)).toBe(true)
    expect(await members()).toEqual([])
  })

  it('leaves to another node what is too old to be kept', async () => {
    const first = await openTestApp()
    await addMeta(first)
    await storeCallback(first, metaEnvelope({ statuses: [] }))
    await applyEvents(first.ctx, first.app.connections)
    first.clock.advance(first.ctx.config.retentionDays * 24 * 60 * MINUTE + MINUTE)
    const second = await secondNode(first)
    const kept = () => first.ctx.db.read((tx) => tx.all(`SELECT id FROM webhook_events`))
    // Each kind is taken, done and given back; the first, waiting uploads, writes nothing: the fourth is of the callbacks.
    standsStill(first, 4, () => takeOver(second, { work: 'retention', subjectId: 2 }))
    expect(await forgetOld(first.ctx)).toBe(false)
    expect(await kept()).toHaveLength(1)
    expect(await forgetOld(second.ctx)).toBe(true)
    expect(await kept()).toEqual([])
  })

  it('believes one answer to a question of proof: that of the node that asks by now', async () => {
    const first = await oneMessage('unknown')
    const second = await secondNode(first)
    const prove = (test: TestApp, status: 'delivered' | 'failed') =>
      seekProof(test.ctx, answering(test, found('track-1', status)), asked())
    standsStill(first, 3, () => takeOver(second, { work: 'proof', subjectId: 1 }))
    expect(await prove(first, 'failed')).toBe(0)
    expect(await storedMessages(first)).toMatchObject([{ status: 'unknown' }])
    expect(await prove(second, 'delivered')).toBe(1)
    expect(await storedMessages(first)).toMatchObject([{ status: 'delivered' }])
  })

  it('believes one answer to a question after silence: that of the node that asks by now', async () => {
    const first = await oneMessage('accepted')
    const second = await secondNode(first)
    const polled = (test: TestApp, status: 'delivered' | 'failed') =>
      pollStatuses(test.ctx, answering(test, found('track-1', status)), asked())
    standsStill(first, 3, () => takeOver(second, { work: 'polling', subjectId: 1 }))
    await polled(first, 'failed')
    expect(await storedMessages(first)).toMatchObject([{ status: 'accepted' }])
    // As in the next round of questions: this one was noted before it was asked.
    await second.ctx.db.write((tx) => tx.run(`UPDATE duties SET mark = NULL`))
    await polled(second, 'delivered')
    expect(await storedMessages(first)).toMatchObject([{ status: 'delivered' }])
  })
})

describe('a callback', () => {
  async function oneCallback(): Promise<TestApp> {
    const test = await openTestApp()
    await importPeople(test, 1)
    await addMeta(test)
    await addTestCampaign(test, { content: templateContent })
    await launchAndPlan(test, 'Spring sale')
    await record(test, await claimAll(test))
    const status = { trackingId: 'track-1', status: 'delivered', at: test.clock.now() }
    await storeCallback(test, metaEnvelope({ statuses: [metaStatus(status)] }))
    return test
  }

  const events = ({ ctx }: TestApp) =>
    ctx.db.read((tx) =>
      tx.all(`SELECT node_id AS nodeId, tries, applied_at IS NOT NULL AS isApplied FROM webhook_events`),
    )

  it('is applied by the node that took it, and by another one when its lease is over, not by both', async () => {
    const first = await oneCallback()
    const second = await secondNode(first)
    standsStill(first, 2, async () => expect(await applyEvents(second.ctx, second.app.connections)).toBe(true))
    await applyEvents(first.ctx, first.app.connections)
    expect(await events(first)).toEqual([{ nodeId: null, tries: 1, isApplied: 1 }])
    expect(await storedMessages(first)).toMatchObject([{ status: 'delivered' }])
    expect(await broken(first)).toEqual([])
  })

  it('is left to the next process by one that stops meanwhile', async () => {
    const first = await oneCallback()
    const stop = AbortSignal.abort()
    expect(await applyEvents(first.ctx, first.app.connections, { signal: stop })).toBe(true)
    expect(await events(first)).toMatchObject([{ isApplied: 0 }])
    const second = await secondNode(first)
    await applyEvents(second.ctx, second.app.connections)
    expect(await events(first)).toMatchObject([{ isApplied: 1 }])
    expect(await storedMessages(first)).toMatchObject([{ status: 'delivered' }])
  })

  it('keeps no other node busy while its own node is at it', async () => {
    const first = await oneCallback()
    const besides = await openTestApp({ dir: first.dir, clock: first.clock })
    standsStill(first, 2, async () => expect(await applyEvents(besides.ctx, besides.app.connections)).toBe(null))
    await applyEvents(first.ctx, first.app.connections)
    expect(await events(first)).toEqual([{ nodeId: null, tries: 1, isApplied: 1 }])
  })

  it('is given back by a node that cannot make its sender ready, and applied by one that can', async () => {
    const first = await oneCallback()
    const besides = await openTestApp({ dir: first.dir, clock: first.clock })
    const get = () => Promise.reject(new Error('no secret here'))
    await applyEvents(first.ctx, { get } as unknown as SenderConnections)
    expect(await events(first)).toEqual([{ nodeId: null, tries: 0, isApplied: 0 }])
    await applyEvents(besides.ctx, besides.app.connections)
    expect(await events(first)).toEqual([{ nodeId: null, tries: 1, isApplied: 1 }])
  })
})

describe('an import', () => {
  const lines = Array.from({ length: 30 }, (_, n) => `+4915112${String(300000 + n)}`)
  const status = ({ ctx }: TestApp) => ctx.db.read((tx) => tx.get(`SELECT status, added FROM imports`))

  it('goes on at another node when the one that applies it is silent, and ends there only', async () => {
    const first = await openTestApp()
    const second = await secondNode(first)
    standsStill(first, 3, async () => expect(await recoverImports(second.ctx)).toBe(1))
    await expect(importLines(first, ['phone', ...lines])).rejects.toMatchObject({ code: 'list.busy' })
    expect(await status(first)).toEqual({ status: 'applied', added: 30 })
    expect(await broken(first)).toEqual([])
  })

  it('is taken back at another node when the one that took the order is silent, and ends there only', async () => {
    const first = await openTestApp()
    await importLines(first, ['phone', ...lines])
    const second = await secondNode(first)
    standsStill(first, 2, async () => expect(await recoverImports(second.ctx)).toBe(1))
    await expect(undoImport(first.ctx, 'imp_1')).rejects.toMatchObject({ code: 'list.busy' })
    expect(await status(first)).toMatchObject({ status: 'undone' })
    expect(await first.ctx.db.read((tx) => tx.all(`SELECT * FROM list_members`))).toEqual([])
  })
})

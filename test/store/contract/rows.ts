// Rows that may exist once, moves that are counted, and pages that neither repeat nor forget.
import { describe, expect, it } from 'vitest'
import { listHeldMessages } from '../../../src/store/attempts.ts'
import { insertCampaign } from '../../../src/store/campaigns.ts'
import { listContacts, upsertContact } from '../../../src/store/contacts.ts'
import { CountChanges } from '../../../src/store/counts.ts'
import type { Database } from '../../../src/store/database.ts'
import { ensureList } from '../../../src/store/lists.ts'
import { cancelPending, findMessageState, moveMessage } from '../../../src/store/messages.ts'
import { findNode, renewLease, stopNode } from '../../../src/store/nodes.ts'
import { countOpen, finishRunIfDone, insertRunIfNew } from '../../../src/store/runs.ts'
import { findTracked } from '../../../src/store/tracked-message.ts'
import { insertWebhookEvents, listDueEvents, markEvents } from '../../../src/store/webhook-events.ts'
import { present } from '../../support/present.ts'
import type { OpenStore } from '../contract.ts'
import { acceptedAs, countersOf, newRun, recordAs, START, sendingCampaign, take } from './store-fixture.ts'

const pageSizes = [1, 2, 3, 100]

async function walk<Row>(db: Database, page: (tx: never, after: number) => Promise<Row[]>, idOf: (row: Row) => number) {
  const seen: number[] = []
  for (let after = 0; ; ) {
    const rows = await db.read((tx) => page(tx as never, after))
    if (rows.length === 0) return seen
    seen.push(...rows.map(idOf))
    after = seen.at(-1) ?? after
  }
}

export function describeRows(open: OpenStore): void {
  describe('a row that may exist once', () => {
    it('is the contact of a number, whoever brings it', async () => {
      const db = await open()
      const phone = { key: '491512345678', phone: '+491512345678', country: 'DE' } as never
      const [first, second] = await db.write(async (tx) => [
        await upsertContact(tx, { phone, keyHash: 'hash' }, present(START)),
        await upsertContact(tx, { phone, keyHash: 'hash' }, present(START + 1)),
      ])
      expect(second?.id).toBe(first?.id)
      expect(second?.createdAt).toBe(START)
    })

    it('is the run of an occurrence', async () => {
      const { db, campaignId, revisionId, senderId } = await sendingCampaign(await open())
      const again = await db.write((tx) => insertRunIfNew(tx, newRun(campaignId, revisionId, senderId), START))
      expect(again).toBeUndefined()
    })

    it('is the message of a person in a run', async () => {
      const { db, runId } = await sendingCampaign(await open())
      const twice = db.write((tx) =>
        tx.run(
          `INSERT INTO messages (run_id, contact_id, revision_id, status, scheduled_at, due_at, expires_at, created_at)
           SELECT run_id, contact_id, revision_id, 'pending', 1, 1, 1, 1 FROM messages WHERE run_id = ?`,
          [runId],
        ),
      )
      await expect(twice).rejects.toThrow(/unique/i)
    })

    it('is a campaign, a list and a sender by its name', async () => {
      const fixture = await sendingCampaign(await open())
      const content = { type: 'text', text: 'Hello' } as const
      const definition = {
        name: 'Spring sale',
        useCase: 'marketing',
        sender: 'main',
        audience: { lists: ['people'] as string[] },
        content,
      } as const
      const again = fixture.db.write((tx) =>
        insertCampaign(tx, { definition, senderId: fixture.senderId }, present(START)),
      )
      await expect(again).rejects.toMatchObject({ code: 'campaign.name_taken' })
      const [one, two] = await fixture.db.write(async (tx) => [
        await ensureList(tx, 'people', present(START)),
        await ensureList(tx, 'people', present(START + 1)),
      ])
      expect(two?.id).toBe(one?.id)
    })

    it('is a callback by its body, for each sender', async () => {
      const db = await open()
      const event = { senderId: 1, receivedAt: START, bodySha256: 'abc', body: '{}' }
      const insert = (events: (typeof event)[]) => db.write((tx) => insertWebhookEvents(tx, events))
      expect(await insert([event, event])).toBe(1)
      expect(await insert([event])).toBe(0)
      expect(await insert([{ ...event, senderId: 2 }])).toBe(1)
    })

    it('is an attempt by its tracking id within an account', async () => {
      const fixture = await sendingCampaign(await open(), { people: 1 })
      const { claimed } = await take(fixture)
      await recordAs(fixture, claimed, acceptedAs)
      const [message] = claimed
      const find = (account: string) =>
        fixture.db.read((tx) => findTracked(tx, { account, trackingId: `track-${message?.attemptId}` }))
      expect((await find('sandbox/main'))?.state.id).toBe(message?.messageId)
      expect(await find('sandbox/other')).toBeUndefined()
    })
  })

  describe('a move', () => {
    it('happens only from the status that the caller saw, and is counted only when it happened', async () => {
      const fixture = await sendingCampaign(await open(), { people: 1 })
      const { claimed } = await take(fixture)
      const id = claimed[0]?.messageId ?? 0
      const moved = await fixture.db.write(async (tx) => {
        const state = await findMessageState(tx, id)
        if (state === undefined) throw new Error('no message')
        const counts = new CountChanges()
        const outcome = { status: 'unknown', reason: 'timeout' } as const
        const answers = [await moveMessage(tx, state, outcome, counts), await moveMessage(tx, state, outcome, counts)]
        await counts.write(tx, fixture.nodeId)
        return answers
      })
      expect(moved).toEqual([true, false])
      expect(await countersOf(fixture)).toEqual({ unknown: 1 })
    })

    it('that is not in the table is refused by the database', async () => {
      const { db, runId } = await sendingCampaign(await open(), { people: 1 })
      const illegal = db.write((tx) => tx.run(`UPDATE messages SET status = 'read' WHERE run_id = ?`, [runId]))
      await expect(illegal).rejects.toMatchObject({ code: 'db.illegal_move' })
    })

    it('needs its reason and its holder', async () => {
      const { db, runId } = await sendingCampaign(await open(), { people: 1 })
      const set = (change: string) =>
        db.write((tx) => tx.run(`UPDATE messages SET ${change} WHERE run_id = ?`, [runId]))
      await expect(set(`status = 'skipped'`)).rejects.toThrow(/check/i)
      await expect(set(`status = 'sending'`)).rejects.toThrow(/check/i)
    })

    it('of what a lost node held is found page by page, until it is recorded', async () => {
      const fixture = await sendingCampaign(await open(), { people: 4 })
      const { claimed } = await take(fixture, { room: 3 })
      const held = (after: number) => fixture.db.read((tx) => listHeldMessages(tx, fixture.nodeId, after, 2))
      const first = await held(0)
      const rest = await held(first.at(-1)?.messageId ?? 0)
      expect([...first, ...rest].map(({ attemptId }) => attemptId)).toEqual(claimed.map(({ attemptId }) => attemptId))
      await recordAs(fixture, claimed, acceptedAs)
      expect(await held(0)).toEqual([])
    })

    it('to cancelled takes a slice at a time until nothing waits', async () => {
      const fixture = await sendingCampaign(await open(), { people: 5 })
      const moved: number[] = []
      for (let n = -1; n !== 0; moved.push(n))
        n = await fixture.db.write(async (tx) => {
          const counts = new CountChanges()
          const count = await cancelPending(tx, fixture.campaignId, 2, counts)
          await counts.write(tx, fixture.nodeId)
          return count
        })
      expect(moved).toEqual([2, 2, 1, 0])
      expect(await countersOf(fixture)).toEqual({ cancelled: 5 })
    })

    it('ends a run only when nothing is pending and nothing on the wire', async () => {
      const fixture = await sendingCampaign(await open(), { people: 2 })
      const finish = () => fixture.db.write((tx) => finishRunIfDone(tx, fixture.runId, present(START)))
      const { claimed } = await take(fixture)
      expect(await finish()).toBe(false)
      await recordAs(fixture, claimed, acceptedAs)
      expect(await fixture.db.read((tx) => countOpen(tx, fixture.runId))).toBe(0)
      expect(await finish()).toBe(true)
      expect(await finish()).toBe(false)
    })
  })

  describe('a lease', () => {
    it('is renewed while it lasts and never again after its end', async () => {
      const { db, nodeId } = await sendingCampaign(await open())
      const renew = (at: number) => db.write((tx) => renewLease(tx, nodeId, present(at)))
      expect(await renew(START + 14_999)).toBe(true)
      expect(await renew(START + 29_998)).toBe(true)
      expect(await renew(START + 44_998)).toBe(false)
      expect((await db.read((tx) => findNode(tx, nodeId)))?.heartbeatAt).toBe(START + 29_998)
    })

    it('is over when the node has stopped', async () => {
      const { db, nodeId } = await sendingCampaign(await open())
      await db.write((tx) => stopNode(tx, nodeId, present(START)))
      expect(await db.write((tx) => renewLease(tx, nodeId, present(START + 1)))).toBe(false)
    })
  })

  describe('a page', () => {
    it.each(pageSizes)('of %i walks every contact once', async (limit) => {
      const { db } = await sendingCampaign(await open(), { people: 7 })
      const ids = await walk(
        db,
        (tx, after) => listContacts(tx, { limit, after }),
        (contact) => contact.id,
      )
      expect(ids).toHaveLength(7)
      expect(ids).toEqual([...new Set(ids)].sort((a, b) => a - b))
    })

    it('of callbacks brings what is due, oldest first, until it is marked', async () => {
      const db = await open()
      const event = (n: number) => ({ senderId: 1, receivedAt: START + n, bodySha256: `b${n}`, body: `${n}` })
      await db.write((tx) => insertWebhookEvents(tx, [event(2), event(1), event(90_000)]))
      const due = () =>
        db.read((tx) =>
          listDueEvents(tx, { now: START + 10, limit: 10, bytesMax: 1_000, waitingSenders: [], busyNodes: [] }),
        )
      const found = await due()
      expect(found.map((one) => one.body)).toEqual(['1', '2'])
      await db.write((tx) =>
        markEvents(tx, [{ id: found[0]?.id ?? 0, nextTryAt: null, error: null }], present(START + 10)),
      )
      expect((await due()).map((one) => one.body)).toEqual(['2'])
    })
  })
}

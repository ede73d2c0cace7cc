// The claim: due messages leave `pending` once, in order, within rate, window, caps and daily limit.
import { describe, expect, it } from 'vitest'
import { capRuleSchema } from '../../../src/domain/frequency-cap.ts'
import { moveCampaignIf, pauseCampaign } from '../../../src/store/campaigns.ts'
import { CountChanges } from '../../../src/store/counts.ts'
import { pauseSender, resumeSender } from '../../../src/store/senders.ts'
import { liftSuppression, suppress } from '../../../src/store/suppressions.ts'
import { present } from '../../support/present.ts'
import type { OpenStore } from '../contract.ts'
import {
  acceptedAs,
  anotherCampaign,
  capUsesOf,
  countersOf,
  recordAs,
  START,
  sendingCampaign,
  statusesOf,
  take,
} from './store-fixture.ts'

const dailyCap = capRuleSchema.parse({ id: 'daily', max: 1, window: '24h' })

export function describeClaims(open: OpenStore): void {
  describe('a claim', () => {
    it('takes every message once', async () => {
      const fixture = await sendingCampaign(await open(), { people: 5 })
      const first = await take(fixture)
      const second = await take(fixture)
      expect(first.claimed).toHaveLength(5)
      expect(new Set(first.claimed.map((message) => message.attemptId)).size).toBe(5)
      expect(second.claimed).toHaveLength(0)
      expect(await statusesOf(fixture)).toEqual({ sending: 5 })
    })

    it('gives each message to one of many that ask at once', async () => {
      const fixture = await sendingCampaign(await open(), { people: 60, ratePerSecond: 400 })
      const results = await Promise.all(
        Array.from({ length: 8 }, (_, n) => take(fixture, { at: START + n * 50, room: 7 })),
      )
      const ids = results.flatMap((result) => result.claimed).map((message) => message.messageId)
      expect(new Set(ids).size).toBe(ids.length)
      expect(await statusesOf(fixture)).toEqual({ pending: 60 - ids.length, sending: ids.length })
      expect(ids).toHaveLength(56)
    })

    it('stores an attempt with its start slot before anything is called', async () => {
      const fixture = await sendingCampaign(await open(), { people: 1 })
      const [message] = (await take(fixture)).claimed
      const attempt = await fixture.db.read((tx) =>
        tx.get('SELECT message_id AS messageId, start_at_us AS startAtUs, outcome FROM attempts WHERE id = ?', [
          message?.attemptId ?? 0,
        ]),
      )
      expect(attempt).toEqual({ messageId: message?.messageId, startAtUs: message?.startAtUs, outcome: null })
    })

    it('gives out start slots one interval apart and never before now', async () => {
      const fixture = await sendingCampaign(await open(), { people: 6, ratePerSecond: 100 })
      const { claimed } = await take(fixture)
      const slots = claimed.map((message) => message.startAtUs)
      expect(slots[0]).toBe(START * 1000)
      for (const [index, slot] of slots.slice(1).entries())
        expect(slot - (slots[index] ?? 0)).toBeGreaterThanOrEqual(10_000)
      expect(Math.max(...slots)).toBeLessThanOrEqual((START + 50) * 1000)
    })

    it('takes no more than fits into the window', async () => {
      const fixture = await sendingCampaign(await open(), { people: 5 })
      expect((await take(fixture, { room: 2 })).claimed).toHaveLength(2)
      expect((await take(fixture, { at: START + 10, room: 0 })).gate).toBe('rate_limit')
    })

    it('touches no row while the sender is paused, and goes on when it is resumed', async () => {
      const fixture = await sendingCampaign(await open())
      await fixture.db.write((tx) => pauseSender(tx, fixture.senderId, 'operator', null))
      expect((await take(fixture)).gate).toBe('sender_paused')
      expect(await statusesOf(fixture)).toEqual({ pending: 3 })
      await fixture.db.write((tx) => resumeSender(tx, fixture.senderId))
      expect((await take(fixture)).claimed).toHaveLength(3)
    })

    it('takes nothing of a campaign whose pause is committed', async () => {
      const fixture = await sendingCampaign(await open())
      await fixture.db.write((tx) => pauseCampaign(tx, fixture.campaignId, 'operator', null, present(START)))
      expect((await take(fixture)).claimed).toHaveLength(0)
      await fixture.db.write((tx) => moveCampaignIf(tx, fixture.campaignId, 'paused', 'running', present(START)))
      expect((await take(fixture, { at: START + 1 })).claimed).toHaveLength(3)
    })

    it('skips people whose suppression is committed', async () => {
      const fixture = await sendingCampaign(await open())
      const counts = new CountChanges()
      await fixture.db.write(async (tx) => {
        await tx.run(
          `INSERT INTO suppressions (key, scope, reason, evidence, created_at) VALUES ('12025551001', 'all', 'blocked', 'test', 1)`,
        )
        await counts.write(tx, fixture.nodeId)
      })
      expect((await take(fixture)).claimed).toHaveLength(2)
      expect(await statusesOf(fixture)).toEqual({ sending: 2, skipped: 1 })
      expect(await countersOf(fixture)).toEqual(await statusesOf(fixture))
    })

    it('names a revision whose rules it was not given, and leaves its messages alone', async () => {
      const fixture = await sendingCampaign(await open())
      const result = await take(fixture, { revisionIds: [] })
      expect(result.unknownRevisions).toEqual([fixture.revisionId])
      expect(await statusesOf(fixture)).toEqual({ pending: 3 })
    })

    it('expires what is claimed at the end of its validity', async () => {
      const fixture = await sendingCampaign(await open())
      await take(fixture, { at: START + 36 * 3_600_000 })
      expect(await statusesOf(fixture)).toEqual({ expired: 3 })
      expect(await countersOf(fixture)).toEqual({ expired: 3 })
    })

    it('counts a place in the caps with the claim, so that a second campaign is deferred', async () => {
      const fixture = await sendingCampaign(await open())
      expect((await take(fixture, { capRules: [dailyCap] })).claimed).toHaveLength(3)
      expect(await capUsesOf(fixture)).toBe(3)
      const second = { ...fixture, ...(await anotherCampaign(fixture, 'Second')) }
      const result = await take(second, { at: START + 1_000, capRules: [dailyCap] })
      expect(result).toMatchObject({ claimed: [], deferred: 3 })
      const day = 24 * 3_600_000
      expect((await take(second, { at: START + day - 1, capRules: [dailyCap] })).claimed).toHaveLength(0)
      expect((await take(second, { at: START + day, capRules: [dailyCap] })).claimed).toHaveLength(3)
    })

    it('gives a place in the caps back with the refusal that frees it', async () => {
      const fixture = await sendingCampaign(await open())
      const { claimed } = await take(fixture)
      const error = { code: '131026', text: 'no', advice: '', httpStatus: 400 }
      await recordAs(fixture, claimed, () => ({ kind: 'refused', error, scope: 'recipient' }))
      expect(await capUsesOf(fixture)).toBe(0)
      expect(await statusesOf(fixture)).toEqual({ failed: 3 })
    })

    it('takes no new people beyond the daily limit, and those already counted again', async () => {
      const fixture = await sendingCampaign(await open(), { people: 5, dailyLimit: 2 })
      expect((await take(fixture)).claimed).toHaveLength(2)
      expect((await take(fixture, { at: START + 100 })).gate).toBe('daily_limit')
      const second = { ...fixture, ...(await anotherCampaign(fixture, 'Second')) }
      expect((await take(second, { at: START + 200 })).claimed).toHaveLength(2)
      expect((await take(second, { at: START + 300 })).claimed).toHaveLength(0)
    })
  })

  describe('a suppression', () => {
    const whom = { key: '12025551000', scope: 'marketing', reason: 'opted_out', evidence: 'asked' } as const

    it('stops what waits in its own transaction, once', async () => {
      const fixture = await sendingCampaign(await open())
      const once = () =>
        fixture.db.write(async (tx) => {
          const counts = new CountChanges()
          const outcome = await suppress(tx, whom, present(START), counts)
          await counts.write(tx, fixture.nodeId)
          return outcome
        })
      expect(await once()).toEqual({ isNew: true, stopped: 1 })
      expect(await once()).toEqual({ isNew: false, stopped: 0 })
      expect(await statusesOf(fixture)).toEqual({ pending: 2, skipped: 1 })
      expect(await countersOf(fixture)).toEqual({ pending: 2, skipped: 1 })
    })

    it('holds for a number that is nobody yet, and can be lifted', async () => {
      const { db } = await sendingCampaign(await open())
      const stranger = { ...whom, key: '12025559999' }
      await db.write((tx) => suppress(tx, stranger, present(START), new CountChanges()))
      expect(await db.write((tx) => liftSuppression(tx, stranger.key, 'all'))).toBe(0)
      expect(await db.write((tx) => liftSuppression(tx, stranger.key, 'marketing'))).toBe(1)
    })
  })

  describe('recording', () => {
    it('changes nothing the second time', async () => {
      const fixture = await sendingCampaign(await open())
      const { claimed } = await take(fixture)
      await recordAs(fixture, claimed, acceptedAs)
      const before = await countersOf(fixture)
      await recordAs(fixture, claimed.slice(0, 1), acceptedAs)
      expect(await statusesOf(fixture)).toEqual({ accepted: 3 })
      expect(await countersOf(fixture)).toEqual(before)
      expect(before).toEqual({ accepted: 3 })
    })

    it('leaves out a tracking id that another attempt of the account holds', async () => {
      const fixture = await sendingCampaign(await open(), { people: 2 })
      const { claimed } = await take(fixture)
      await recordAs(fixture, claimed, () => ({ kind: 'accepted', trackingId: 'twice' }))
      const rows = await fixture.db.read((tx) =>
        tx.all<{ trackingId: string | null }>('SELECT tracking_id AS trackingId FROM attempts ORDER BY id'),
      )
      expect(rows.map((row) => row.trackingId)).toEqual(['twice', null])
      expect(await statusesOf(fixture)).toEqual({ accepted: 2 })
    })
  })
}

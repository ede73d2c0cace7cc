// Callbacks → statuses, in any order and any repetition; opt-outs stop what waits in the same transaction.
import { describe, expect, it } from 'vitest'
import { formatReference } from '../../../src/domain/ids.ts'
import { pauseByOperator } from '../../../src/engine/campaigns/lifecycle.ts'
import { exportMessages } from '../../../src/engine/report/export.ts'
import { reportOf } from '../../../src/engine/report/report.ts'
import { verify } from '../../../src/engine/report/verify.ts'
import { whyFor } from '../../../src/engine/report/why.ts'
import { findSetting } from '../../../src/store/settings.ts'
import {
  applyDue,
  applyInbound,
  applyPreference,
  applyStatus,
  metaEnvelope,
  metaStatus,
  storeCallback,
} from '../../support/callbacks.ts'
import { accepted, claimAll, iso, launchAndPlan, providerError, record, storedMessages } from '../../support/claims.ts'
import {
  addMeta,
  addTestCampaign,
  importPeople,
  openTestApp,
  phoneNumber,
  type TestApp,
  templateContent,
} from '../../support/open-test-app.ts'

async function sent(people = 1): Promise<TestApp> {
  const test = await claimed(people)
  await record(test, test.claimed)
  return test
}

async function claimed(people = 1) {
  const test = await openTestApp()
  await importPeople(test, people)
  await addMeta(test)
  await addTestCampaign(test, { content: templateContent })
  await launchAndPlan(test, 'Spring sale')
  return { ...test, claimed: await claimAll(test) }
}

async function eventCount(test: TestApp): Promise<number> {
  const row = await test.ctx.db.read((tx) => tx.get<{ count: number }>('SELECT count(*) AS count FROM webhook_events'))
  return row?.count ?? 0
}

async function referenceOf(test: TestApp, attemptId: number): Promise<string> {
  const installation = await test.ctx.db.read((tx) => findSetting(tx, 'installation'))
  return formatReference(installation ?? '', 1, attemptId)
}

describe('statuses', () => {
  it('ST-01 stays delivered when a late “sent” comes, and keeps both callbacks', async () => {
    const test = await sent()
    await applyStatus(test, { trackingId: 'track-1', status: 'delivered' })
    await applyStatus(test, { trackingId: 'track-1', status: 'sent' })
    expect((await storedMessages(test))[0]?.status).toBe('delivered')
    expect(await eventCount(test)).toBe(2)
  })

  it('ST-02 infers delivery from “read” and marks it', async () => {
    const test = await sent()
    await applyStatus(test, { trackingId: 'track-1', status: 'read' })
    const [message] = await storedMessages(test)
    expect(message).toMatchObject({ status: 'read', notes: 'delivered_inferred' })
    expect(message?.deliveredAt).toBe(message?.readAt)
  })

  it('ST-03 stays failed when a late “sent” comes', async () => {
    const test = await sent()
    await applyStatus(test, { trackingId: 'track-1', status: 'failed', code: 131026 })
    await applyStatus(test, { trackingId: 'track-1', status: 'sent' })
    expect((await storedMessages(test))[0]).toMatchObject({ status: 'failed', reason: '131026' })
  })

  it('exports the code of a failure that was told later as that of the provider', async () => {
    const test = await sent(2)
    await applyStatus(test, { trackingId: 'track-1', status: 'failed', code: 131026 })
    await applyStatus(test, { trackingId: 'track-2', status: 'delivered' })
    const lines = []
    for await (const part of (await exportMessages(test.ctx, 'Spring sale')).lines) lines.push(...part)
    expect(lines.map(([, , status, reason, code]) => [status, reason, code])).toEqual([
      ['failed', '131026', '131026'],
      ['delivered', null, null],
    ])
  })

  it('ST-04 stays delivered when another device reports a failure, with a note', async () => {
    const test = await sent()
    await applyStatus(test, { trackingId: 'track-1', status: 'delivered' })
    await applyStatus(test, { trackingId: 'track-1', status: 'failed', code: 131000 })
    expect((await storedMessages(test))[0]).toMatchObject({ status: 'delivered', notes: 'failed_after_delivered' })
  })

  it('ST-05 matches a callback that overtook our own result by our reference', async () => {
    const test = await claimed()
    const attemptId = test.claimed[0]?.attemptId ?? 0
    await applyStatus(test, {
      trackingId: 'track-1',
      reference: await referenceOf(test, attemptId),
      status: 'delivered',
    })
    expect((await storedMessages(test))[0]?.status).toBe('delivered')
    await record(test, test.claimed)
    expect((await storedMessages(test))[0]).toMatchObject({ status: 'delivered', attempts: 1 })
    expect((await verify(test.ctx)).ok).toBe(true)
  })

  it('ST-05 stays failed when the callback of the failure overtook our own result', async () => {
    const test = await claimed()
    const attemptId = test.claimed[0]?.attemptId ?? 0
    const reference = await referenceOf(test, attemptId)
    await applyStatus(test, { trackingId: 'track-1', reference, status: 'failed', code: 131026 })
    await record(test, test.claimed)
    expect((await storedMessages(test))[0]).toMatchObject({ status: 'failed', reason: '131026', attempts: 1 })
    expect((await verify(test.ctx)).ok).toBe(true)
  })

  it('ST-05 goes on waiting out a cool-off whose callback overtook our own result', async () => {
    const test = await claimed()
    const reference = await referenceOf(test, test.claimed[0]?.attemptId ?? 0)
    await applyStatus(test, { trackingId: 'track-1', reference, status: 'failed', code: 131049 })
    const waiting = { status: 'pending', waitReason: 'cool_off' }
    expect((await storedMessages(test))[0]).toMatchObject(waiting)
    await record(test, test.claimed)
    expect((await storedMessages(test))[0]).toMatchObject({ ...waiting, attempts: 1 })
    expect((await verify(test.ctx)).ok).toBe(true)
  })

  it('ST-05 parks a callback without our reference until the tracking id is known', async () => {
    const test = await claimed()
    await applyStatus(test, { trackingId: 'track-1', status: 'delivered' })
    expect((await storedMessages(test))[0]?.status).toBe('sending')
    await record(test, test.claimed)
    test.clock.advance(2_000)
    await applyDue(test)
    expect((await storedMessages(test))[0]?.status).toBe('delivered')
  })

  it('ST-05 gives up a callback that belongs to nobody after seven days', async () => {
    const test = await sent()
    await applyStatus(test, { trackingId: 'somebody-elses', status: 'delivered' })
    for (let hour = 0; hour < 8 * 24; hour++) {
      test.clock.advance(3_600_000)
      await applyDue(test)
    }
    const row = await test.ctx.db.read((tx) =>
      tx.get<{ next: number | null; error: string }>(
        'SELECT next_try_at AS next, apply_error AS error FROM webhook_events',
      ),
    )
    expect(row).toMatchObject({ next: null, error: '1 updates name no message of ours' })
  })

  it('ST-06 has one effect when the same callback comes three times', async () => {
    const test = await sent()
    const body = metaEnvelope({
      statuses: [metaStatus({ trackingId: 'track-1', status: 'delivered', at: test.clock.now() })],
    })
    for (let i = 0; i < 3; i++) await storeCallback(test, body)
    await applyDue(test)
    expect(await eventCount(test)).toBe(1)
    expect((await reportOf(test.ctx, 'Spring sale')).totals.byStatus).toMatchObject({ delivered: 1, accepted: 0 })
  })

  it('ST-07 stores nothing of a callback with a wrong signature', async () => {
    const test = await sent()
    const { webhookUrl } = await import('../../../src/engine/senders/senders.ts').then(({ showSender }) =>
      showSender(test.ctx, 'main'),
    )
    const token = webhookUrl.split('/').at(-1) ?? ''
    const request = { body: Buffer.from('{}'), header: () => 'sha256=00', url: webhookUrl }
    const door = await test.app.receiver.find('main', token)
    await expect(door?.receive(request)).rejects.toMatchObject({ code: 'webhook.signature_wrong' })
    await expect(door?.receive({ ...request, header: () => undefined })).rejects.toMatchObject({
      code: 'webhook.signature_missing',
    })
    expect(await test.app.receiver.find('main', 'wrong')).toBeUndefined()
    expect(await eventCount(test)).toBe(0)
  })

  it('ST-08 stores and shows code, title and details of a failure', async () => {
    const test = await sent()
    await applyStatus(test, { trackingId: 'track-1', status: 'failed', code: 131026, title: 'Message undeliverable' })
    const report = await reportOf(test.ctx, 'Spring sale')
    expect(report.totals.failedBy).toEqual({ 131026: 1 })
    const why = await whyFor(test.ctx, 'Spring sale', phoneNumber(0))
    expect(why.checks.map((check) => check.detail).join('\n')).toContain('Message undeliverable: details')
  })

  it('ST-09 keeps a message that WhatsApp holds as accepted, with a label, in the books', async () => {
    const test = await claimed()
    await record(test, test.claimed, () => ({ kind: 'accepted', trackingId: 'track-1', notes: ['held_by_whatsapp'] }))
    expect((await storedMessages(test))[0]).toMatchObject({ status: 'accepted', notes: 'held_by_whatsapp' })
    expect((await verify(test.ctx)).ok).toBe(true)
  })

  it('comes to the same end in all 24 orders of sent, delivered, read and failed', async () => {
    const statuses = ['sent', 'delivered', 'read', 'failed'] as const
    const orders = permutations([...statuses])
    const test = await sent(orders.length)
    for (const [index, order] of orders.entries())
      for (const status of order)
        await applyStatus(test, {
          trackingId: `track-${index + 1}`,
          status,
          at: test.clock.now() + statuses.indexOf(status) * 1000,
          code: 131026,
        })
    const ends = (await storedMessages(test)).map(({ status, notes, deliveredAt, readAt }) =>
      [status, notes, iso(deliveredAt), iso(readAt)].join(),
    )
    expect(new Set(ends).size).toBe(1)
    expect(ends[0]).toContain('read,failed_after_delivered')
    expect((await verify(test.ctx)).ok).toBe(true)
  })

  it('applies a batch of a thousand with one bad item: the others count', async () => {
    const test = await sent(3)
    const statuses = Array.from({ length: 1000 }, (_, n) =>
      metaStatus({ trackingId: `track-${(n % 3) + 1}`, status: 'delivered', at: test.clock.now() }),
    )
    await storeCallback(test, metaEnvelope({ statuses: [{ status: 'delivered' }, ...statuses] }))
    await applyDue(test)
    expect((await reportOf(test.ctx, 'Spring sale')).totals.byStatus.delivered).toBe(3)
    const row = await test.ctx.db.read((tx) =>
      tx.get<{ error: string }>('SELECT apply_error AS error FROM webhook_events'),
    )
    expect(row?.error).toContain('without the id')
  })

  it('takes our own time for a timestamp that cannot be true', async () => {
    const test = await sent()
    await applyStatus(test, { trackingId: 'track-1', status: 'delivered', at: Date.parse('9999-01-01T00:00:00Z') })
    expect((await storedMessages(test))[0]?.deliveredAt).toBe(test.clock.now())
  })

  it('takes a status for proof of a message whose answer was lost', async () => {
    const test = await claimed()
    await record(test, test.claimed, () => ({ kind: 'unknown', error: providerError('deadline') }))
    await applyStatus(test, {
      trackingId: 'track-9',
      reference: await referenceOf(test, test.claimed[0]?.attemptId ?? 0),
      status: 'sent',
    })
    expect((await storedMessages(test))[0]).toMatchObject({ status: 'sent', reason: null })
    const { lines } = await exportMessages(test.ctx, 'Spring sale')
    const exported = []
    for await (const slice of lines) exported.push(...slice)
    expect(exported[0]?.[5]).toBe('track-9')
  })

  it('lets a refusal be overruled by later proof, marked as such', async () => {
    const test = await claimed()
    await record(test, test.claimed, () => ({ kind: 'refused', scope: 'recipient', error: providerError('131026') }))
    await applyStatus(test, {
      reference: await referenceOf(test, test.claimed[0]?.attemptId ?? 0),
      status: 'delivered',
    })
    expect((await storedMessages(test))[0]).toMatchObject({ status: 'delivered', notes: 'late_evidence' })
    expect((await verify(test.ctx)).ok).toBe(true)
  })

  it('RT-09 tries a person whom Meta holds back again after a day, when the validity allows', async () => {
    const test = await openTestApp()
    await importPeople(test, 1)
    await addMeta(test)
    await addTestCampaign(test, { content: templateContent })
    await launchAndPlan(test, 'Spring sale')
    await record(test, await claimAll(test), () => accepted(1))
    const [ended] = (await reportOf(test.ctx, 'Spring sale')).runs
    test.clock.advance(60_000)
    await applyStatus(test, { trackingId: 'track-1', status: 'failed', code: 131049 })
    const [again] = (await reportOf(test.ctx, 'Spring sale')).runs
    expect([ended?.status, again?.status]).toEqual(['finished', 'sending'])
    expect(again).toMatchObject({ startedAt: ended?.startedAt, finishedAt: null })
    const [waiting] = await storedMessages(test)
    expect(waiting).toMatchObject({ status: 'pending', waitReason: 'cool_off' })
    expect(iso(waiting?.dueAt)).toBe('2027-06-02T10:01:00.000Z')
    test.clock.set('2027-06-02T10:01:00Z')
    await record(test, await claimAll(test), () => accepted(2))
    // A second day would end after the validity of 36 hours.
    await applyStatus(test, { trackingId: 'track-2', status: 'failed', code: 131049 })
    expect((await storedMessages(test))[0]).toMatchObject({ status: 'failed', reason: '131049' })
    expect((await verify(test.ctx)).ok).toBe(true)
  })
})

describe('opt-outs', () => {
  it('suppresses marketing when somebody writes STOP, and stops what waits in the same transaction', async () => {
    const test = await sent()
    await addTestCampaign(test, { name: 'Second', content: templateContent })
    await launchAndPlan(test, 'Second')
    await pauseByOperator(test.ctx, 'Second')
    await applyInbound(test, phoneNumber(0), 'Stop!')
    expect((await storedMessages(test, 'Second'))[0]).toMatchObject({
      status: 'skipped',
      reason: 'opted_out',
      detail: expect.stringContaining('wrote "Stop!"'),
    })
  })

  it('does not take a sentence that holds the word for an opt-out', async () => {
    const test = await sent()
    await applyInbound(test, phoneNumber(0), 'Please do not stop, I like it')
    const row = await test.ctx.db.read((tx) => tx.get('SELECT 1 FROM suppressions'))
    expect(row).toBeUndefined()
  })

  it('honours the stop of WhatsApp itself, and does not lift it on “resume”', async () => {
    const test = await sent()
    await applyPreference(test, phoneNumber(0), 'stop')
    await applyPreference(test, phoneNumber(0), 'resume')
    const rows = await test.ctx.db.read((tx) =>
      tx.all<{ scope: string; reason: string }>('SELECT scope, reason FROM suppressions'),
    )
    expect(rows).toEqual([{ scope: 'marketing', reason: 'opted_out' }])
  })

  it('sends a session text only to people who wrote within a day, and skips the others', async () => {
    const test = await openTestApp()
    await importPeople(test, 2)
    await addMeta(test)
    await applyInbound(test, phoneNumber(1), 'Hello')
    await addTestCampaign(test)
    await launchAndPlan(test, 'Spring sale')
    expect((await claimAll(test)).map((message) => message.phone)).toEqual([phoneNumber(1)])
    expect((await storedMessages(test))[0]).toMatchObject({ status: 'skipped', reason: 'no_session' })
  })
})

function permutations<T>(items: T[]): T[][] {
  if (items.length <= 1) return [items]
  return items.flatMap((item, index) => permutations(items.toSpliced(index, 1)).map((rest) => [item, ...rest]))
}

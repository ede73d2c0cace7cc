// Pause, resume, cancel, edit, clone: what an operator does to a campaign, and what stays true meanwhile.
import { describe, expect, it } from 'vitest'
import { showCampaign } from '../../../src/engine/campaigns/campaign-view.ts'
import { cloneCampaign, editCampaign } from '../../../src/engine/campaigns/drafts.ts'
import { launchByOperator } from '../../../src/engine/campaigns/launch.ts'
import {
  archiveByOperator,
  cancelByOperator,
  pauseByOperator,
  resumeByOperator,
} from '../../../src/engine/campaigns/lifecycle.ts'
import { readResumeFacts } from '../../../src/engine/campaigns/resume-facts.ts'
import { addSuppression } from '../../../src/engine/contacts/suppressions.ts'
import { planRuns } from '../../../src/engine/plan/planner.ts'
import { tickCampaign } from '../../../src/engine/plan/tick.ts'
import { reportOf } from '../../../src/engine/report/report.ts'
import { verify } from '../../../src/engine/report/verify.ts'
import { recoverLostNodes } from '../../../src/engine/send/recover.ts'
import { pauseSenderByOperator, setSender } from '../../../src/engine/senders/senders.ts'
import {
  accepted,
  claim,
  claimAll,
  launchAndPlan,
  providerError,
  record,
  storedMessages,
  tickAndPlan,
} from '../../support/claims.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import {
  addSandbox,
  addTestCampaign,
  campaignDefinition,
  importLines,
  importPeople,
  openTestApp,
  phoneNumber,
  type TestApp,
} from '../../support/open-test-app.ts'

async function running(people = 4, change: Record<string, unknown> = {}): Promise<TestApp> {
  const test = await openTestApp()
  await importPeople(test, people)
  await addSandbox(test)
  await addTestCampaign(test, change)
  await launchAndPlan(test, 'Spring sale')
  return test
}

const templateError = { kind: 'refused', scope: 'template', error: providerError('132015') } as const

describe('pause and resume', () => {
  it('PR-01 claims nothing after a pause; what is on the wire finishes and is counted', async () => {
    const test = await running()
    const { claimed } = await claim(test, { room: 2 })
    expect(await pauseByOperator(test.ctx, 'Spring sale')).toMatchObject({ status: 'paused', onTheWire: 2 })
    expect((await claim(test)).claimed).toHaveLength(0)
    await record(test, claimed)
    expect((await reportOf(test.ctx, 'Spring sale')).totals.byStatus).toMatchObject({ accepted: 2, pending: 2 })
    expect(await pauseByOperator(test.ctx, 'Spring sale')).toMatchObject({ onTheWire: 0 })
  })

  it('PR-02 goes on with what is left, nobody twice', async () => {
    const test = await running()
    const first = await claim(test, { room: 2 })
    await pauseByOperator(test.ctx, 'Spring sale')
    await record(test, first.claimed)
    await resumeByOperator(test.ctx, 'Spring sale')
    const rest = await claimAll(test)
    const all = [...first.claimed, ...rest].map((message) => message.phone)
    expect(new Set(all).size).toBe(4)
    expect(all).toHaveLength(4)
  })

  it('PR-03 says how many will expire before it resumes', async () => {
    const test = await running()
    await pauseByOperator(test.ctx, 'Spring sale')
    test.clock.advance(37 * 3_600_000)
    expect(await resumeByOperator(test.ctx, 'Spring sale')).toMatchObject({ status: 'running', willExpire: 4 })
    expect(await claimAll(test)).toHaveLength(0)
    expect((await reportOf(test.ctx, 'Spring sale')).totals.byStatus.expired).toBe(4)
  })

  it('PR-04 defers when it is resumed in quiet hours', async () => {
    const test = await running(2, { limits: { frequencyCap: 'ignore' } })
    await pauseByOperator(test.ctx, 'Spring sale')
    test.clock.set('2027-06-02T02:00:00Z')
    await resumeByOperator(test.ctx, 'Spring sale')
    expect(await claimAll(test)).toHaveLength(0)
    expect((await storedMessages(test)).every((message) => message.waitReason === 'quiet_hours')).toBe(true)
  })

  it('PR-05 sends a backlog at the configured rate after a long pause', async () => {
    const test = await running(30)
    await setSender(test.ctx, 'main', { ratePerSecond: 10 })
    await claim(test)
    await pauseByOperator(test.ctx, 'Spring sale')
    test.clock.advance(3_600_000)
    await resumeByOperator(test.ctx, 'Spring sale')
    const starts = (await claimAll(test)).map((message) => message.startAtUs)
    for (let i = 1; i < starts.length; i++)
      expect((starts[i] ?? 0) - (starts[i - 1] ?? 0)).toBeGreaterThanOrEqual(100_000)
  })

  it('PR-06 skips an occurrence that comes while paused and does not catch it up', async () => {
    const test = await openTestApp({ clock: new FakeClock('2027-06-01T08:00:00Z') })
    await importPeople(test, 1)
    await addSandbox(test)
    await addTestCampaign(test, { schedule: { cron: '0 9 * * *', timeZone: 'UTC' } })
    await launchByOperator(test.ctx, 'Spring sale')
    await pauseByOperator(test.ctx, 'Spring sale')
    test.clock.set('2027-06-01T09:00:00Z')
    await tickAndPlan(test, 'Spring sale')
    await resumeByOperator(test.ctx, 'Spring sale')
    await tickAndPlan(test, 'Spring sale')
    const { runs } = await reportOf(test.ctx, 'Spring sale')
    expect(runs.map((run) => [run.status, run.reason])).toEqual([['skipped', 'paused']])
  })

  it('PR-08 stops planning at the end of a chunk and goes on there', async () => {
    const test = await openTestApp()
    await importLines(test, ['phone', ...Array.from({ length: 3000 }, (_, n) => `+4915112${String(300000 + n)}`)])
    await addSandbox(test)
    await addTestCampaign(test, { content: { type: 'text', text: 'Hi' } })
    await launchByOperator(test.ctx, 'Spring sale')
    await tickCampaign(test.ctx, 1)
    let pausing: Promise<unknown> | undefined
    await planRuns(test.ctx, { onProgress: () => (pausing ??= pauseByOperator(test.ctx, 'Spring sale')) })
    await pausing
    const half = (await storedMessages(test)).length
    expect(half).toBeLessThan(3000)
    await planRuns(test.ctx)
    expect(await storedMessages(test)).toHaveLength(half)
    await resumeByOperator(test.ctx, 'Spring sale')
    await planRuns(test.ctx)
    expect(await storedMessages(test)).toHaveLength(3000)
    expect((await verify(test.ctx)).ok).toBe(true)
  })

  it('PR-12 keeps running what was running and paused what was paused over a restart', async () => {
    const test = await running(3)
    await addTestCampaign(test, { name: 'Paused one' })
    await launchAndPlan(test, 'Paused one')
    await pauseByOperator(test.ctx, 'Paused one')
    const again = await openTestApp({ dir: test.dir, clock: test.clock })
    expect(await claimAll(again)).toHaveLength(3)
    expect((await showCampaign(again.ctx, 'Paused one')).status).toBe('paused')
  })

  it('PR-13 makes unknown what a dead process had on the wire, and resends none of it', async () => {
    const test = await running(3)
    const { claimed } = await claim(test, { nodeId: 999 })
    expect(claimed).toHaveLength(3)
    await test.ctx.db.write(async (tx) => {
      await tx.run(
        `INSERT INTO nodes (id, host, pid, app_version, started_at, heartbeat_at, lease_until) VALUES (999, 'gone', 1, '0', 0, 0, ?)`,
        [test.clock.now() + 15_000],
      )
    })
    await recoverLostNodes(test.ctx)
    // The lease is not over and the lock tells nothing: the node may be alive.
    expect((await storedMessages(test)).every((message) => message.status === 'sending')).toBe(true)
    test.clock.advance(46_000)
    await recoverLostNodes(test.ctx)
    expect((await storedMessages(test)).map((message) => [message.status, message.reason])).toEqual(
      Array(3).fill(['unknown', 'node_lost']),
    )
    expect(await claimAll(test)).toHaveLength(0)
    expect((await verify(test.ctx)).ok).toBe(true)
  })

  it('PR-14 has one effect when two people resume', async () => {
    const test = await running()
    await pauseByOperator(test.ctx, 'Spring sale')
    const both = await Promise.all([
      resumeByOperator(test.ctx, 'Spring sale'),
      resumeByOperator(test.ctx, 'Spring sale'),
    ])
    expect(both.map((view) => view.status)).toEqual(['running', 'running'])
    expect(await claimAll(test)).toHaveLength(4)
  })

  it('PR-15 follows a changed rate with the next claim, without a pause', async () => {
    const test = await running(40)
    await setSender(test.ctx, 'main', { ratePerSecond: 20 })
    expect((await claim(test)).claimed).toHaveLength(1)
    await setSender(test.ctx, 'main', { ratePerSecond: 200 })
    test.clock.advance(60)
    const next = await claim(test)
    expect(next.ratePerSecond).toBe(200)
    expect(next.claimed.length).toBeGreaterThan(5)
  })

  it('PR-16 keeps only the messages of a paused sender back', async () => {
    const test = await running(2)
    await addSandbox(test, { name: 'other' })
    await addTestCampaign(test, { name: 'Other', sender: 'other' })
    await launchAndPlan(test, 'Other')
    await pauseSenderByOperator(test.ctx, 'main')
    expect(await claimAll(test)).toHaveLength(0)
    expect(await claimAll(test, { sender: 'other' })).toHaveLength(2)
  })

  it('PR-18 skips a person who opts out while the campaign is paused at once', async () => {
    const test = await running(2)
    await pauseByOperator(test.ctx, 'Spring sale')
    await addSuppression(test.ctx, phoneNumber(0), { scope: 'marketing', reason: 'opted_out' })
    expect((await storedMessages(test))[0]).toMatchObject({ status: 'skipped', reason: 'opted_out' })
  })
})

describe('the breaker', () => {
  it('PR-11 SR-54 pauses with the reason and an example, and resumes only when acknowledged, counting anew', async () => {
    const test = await running(20)
    await record(test, (await claim(test, { room: 5 })).claimed, () => templateError)
    const paused = await showCampaign(test.ctx, 'Spring sale')
    expect(paused).toMatchObject({ status: 'paused', pauseReason: 'template_errors', pauseDetail: { code: '132015' } })
    await expect(resumeByOperator(test.ctx, 'Spring sale')).rejects.toMatchObject({
      code: 'campaign.needs_acknowledgement',
    })
    await resumeByOperator(test.ctx, 'Spring sale', { isAcknowledged: true })
    test.clock.advance(100)
    await record(test, (await claim(test, { room: 4 })).claimed, () => templateError)
    expect((await showCampaign(test.ctx, 'Spring sale')).status).toBe('running')
  })

  it('RT-10 SR-54 does not retry errors of the template and pauses after five of them, the rest untouched', async () => {
    const test = await running(30)
    const calls = await claim(test, { room: 8 })
    await record(test, calls.claimed, () => templateError)
    expect((await claim(test)).claimed).toHaveLength(0)
    const { totals } = await reportOf(test.ctx, 'Spring sale')
    expect(totals).toMatchObject({ byStatus: { failed: 8, pending: 22 }, failedBy: { 132015: 8 } })
  })

  it('does not pause for errors of single people, however many', async () => {
    const test = await running(30)
    await record(test, await claimAll(test), () => ({
      kind: 'refused',
      scope: 'recipient',
      error: providerError('131026'),
    }))
    expect((await showCampaign(test.ctx, 'Spring sale')).status).toBe('finished')
  })

  it('I3: counts five among the last twenty answers, in whatever order they come', async () => {
    const test = await running(30)
    const statusAfterRound = async () => {
      // One error and four acceptances in each round: the fifth error is the 21st answer.
      await record(test, (await claim(test, { room: 5 })).claimed, (message) =>
        message.attemptId % 5 === 1 ? templateError : accepted(message.attemptId),
      )
      test.clock.advance(100)
      return (await showCampaign(test.ctx, 'Spring sale')).status
    }
    for (let round = 0; round < 5; round++) expect(await statusAfterRound()).toBe('running')
    const claimed = (await claim(test, { room: 1 })).claimed
    await record(test, claimed, () => templateError)
    expect((await showCampaign(test.ctx, 'Spring sale')).status).toBe('paused')
  })

  it('V3: pauses at the first error that is certain to meet everybody', async () => {
    const test = await running(5)
    const [first] = (await claim(test, { room: 1 })).claimed
    await record(test, first === undefined ? [] : [first], () => ({ ...templateError, stopsCampaign: true }))
    expect(await showCampaign(test.ctx, 'Spring sale')).toMatchObject({
      status: 'paused',
      pauseReason: 'template_errors',
    })
  })
})

describe('cancel, edit, clone', () => {
  it('PR-07 cancels what waits, lets calls finish, cannot be resumed, and offers a clone to the remaining', async () => {
    const test = await running(5)
    const { claimed } = await claim(test, { room: 2 })
    expect(await cancelByOperator(test.ctx, 'Spring sale')).toMatchObject({
      status: 'cancelled',
      cancelled: 3,
      onTheWire: 2,
    })
    await record(test, claimed)
    const { totals, runs } = await reportOf(test.ctx, 'Spring sale')
    expect(totals.byStatus).toMatchObject({ accepted: 2, cancelled: 3 })
    expect(runs[0]?.status).toBe('cancelled')
    await expect(resumeByOperator(test.ctx, 'Spring sale')).rejects.toMatchObject({ code: 'campaign.cancelled' })
    await cloneCampaign(test.ctx, 'Spring sale', { name: 'The rest', isRemaining: true })
    await launchAndPlan(test, 'The rest')
    const rest = (await storedMessages(test, 'The rest')).map((message) => message.phone)
    const done = new Set(claimed.map((message) => message.phone))
    expect(rest).toHaveLength(3)
    expect(rest.some((phone) => done.has(phone))).toBe(false)
  })

  it('announces no run of a campaign that was cancelled', async () => {
    const test = await running(2)
    await pauseByOperator(test.ctx, 'Spring sale')
    const daily = { schedule: { cron: '0 9 * * *', timeZone: 'UTC' } }
    expect((await editCampaign(test.ctx, 'Spring sale', campaignDefinition(daily))).nextRunAt).not.toBeNull()
    expect((await cancelByOperator(test.ctx, 'Spring sale')).nextRunAt).toBeNull()
  })

  it('PR-09 saves a new revision while paused; what is planned keeps the old one', async () => {
    const test = await running(2)
    await pauseByOperator(test.ctx, 'Spring sale')
    const edited = await editCampaign(
      test.ctx,
      'Spring sale',
      campaignDefinition({ content: { type: 'text', text: 'New text' } }),
    )
    expect(edited.revision).toBe(2)
    expect(edited.warnings).toEqual([
      '2 messages are already planned and keep their old text and time; the edit holds for what is planned from now on',
    ])
    expect(await readResumeFacts(test.ctx, 'Spring sale')).toMatchObject({ plannedBefore: 2 })
    await resumeByOperator(test.ctx, 'Spring sale')
    const claimed = await claimAll(test)
    expect(new Set(claimed.map((message) => message.revisionId))).toEqual(new Set([1]))
    expect((await reportOf(test.ctx, 'Spring sale')).runs[0]?.revision).toBe(1)
  })

  it('PR-10 edits what is running: what is planned goes on as it is, and only for those who may send', async () => {
    const test = await running(2)
    const text = campaignDefinition({ content: { type: 'text', text: 'New text' } })
    await expect(editCampaign(test.ctx, 'Spring sale', text, { maySend: false })).rejects.toMatchObject({
      code: 'campaign.running',
    })
    expect(await editCampaign(test.ctx, 'Spring sale', text)).toMatchObject({
      status: 'running',
      revision: 2,
      planned: 2,
      warnings: [
        '2 messages are already planned and keep their old text and time; the edit holds for what is planned from now on',
      ],
    })
    expect(new Set((await claimAll(test)).map((message) => message.revisionId))).toEqual(new Set([1]))
  })

  it('PR-17 archives only what has ended', async () => {
    const test = await running()
    await expect(archiveByOperator(test.ctx, 'Spring sale')).rejects.toMatchObject({ code: 'campaign.running' })
    await cancelByOperator(test.ctx, 'Spring sale')
    expect((await archiveByOperator(test.ctx, 'Spring sale')).status).toBe('archived')
  })

  it('does nothing when launch, pause or cancel is repeated', async () => {
    const test = await running()
    expect((await launchByOperator(test.ctx, 'Spring sale')).status).toBe('running')
    await pauseByOperator(test.ctx, 'Spring sale')
    expect((await pauseByOperator(test.ctx, 'Spring sale')).status).toBe('paused')
    await cancelByOperator(test.ctx, 'Spring sale')
    expect(await cancelByOperator(test.ctx, 'Spring sale')).toMatchObject({ status: 'cancelled', cancelled: 0 })
  })

  it('refuses to launch a campaign that is over', async () => {
    const test = await running(1)
    await record(test, await claimAll(test))
    await expect(launchByOperator(test.ctx, 'Spring sale')).rejects.toMatchObject({ code: 'campaign.finished' })
  })
})

describe('before a launch', () => {
  it('IM-23 names the people without a value, and lets the campaign fail, skip or fall back', async () => {
    const test = await openTestApp()
    await importLines(test, ['phone,voucher', '+12025550100,A', '+12025550101,', '+12025550102,C'])
    await addSandbox(test)
    const content = { type: 'text', text: 'Your voucher: {{ voucher }}' }
    await addTestCampaign(test, { name: 'fail', content })
    await expect(launchByOperator(test.ctx, 'fail')).rejects.toMatchObject({
      code: 'campaign.missing_variables',
      details: { count: 1, people: [{ phone: '+12025550101', fields: ['voucher'] }] },
    })
    for (const [policy, statuses] of [
      ['skip', ['pending', 'skipped', 'pending']],
      ['fallback', ['pending', 'pending', 'pending']],
    ] as const) {
      await addTestCampaign(test, { name: policy, content, missingVariable: policy })
      await launchAndPlan(test, policy)
      expect((await storedMessages(test, policy)).map((message) => message.status)).toEqual(statuses)
    }
    expect((await storedMessages(test, 'skip'))[1]?.reason).toBe('missing_variable')
  })

  it('refuses a field that no contact has, with the nearest one', async () => {
    const test = await openTestApp()
    await importLines(test, ['phone,first_name', '+12025550100,Ada'])
    await addSandbox(test)
    await expect(
      addTestCampaign(test, { content: { type: 'text', text: 'Hi {{ frist_name }}' } }),
    ).rejects.toMatchObject({
      code: 'template.unknown_field',
      hint: 'Did you mean "first_name"?',
    })
  })

  it('refuses a campaign for nobody when it is launched', async () => {
    const test = await openTestApp()
    await importPeople(test, 1)
    await addSandbox(test)
    await addTestCampaign(test, { audience: { lists: ['people'], filter: { field: 'first_name', is: 'nobody' } } })
    await expect(launchByOperator(test.ctx, 'Spring sale')).rejects.toMatchObject({ code: 'campaign.audience_empty' })
  })

  it('refuses a text that is too long for somebody, with the longest one', async () => {
    const test = await openTestApp()
    await importLines(test, ['phone,story', `+12025550100,${'x'.repeat(5000)}`, '+12025550101,short'])
    await addSandbox(test)
    await addTestCampaign(test, { content: { type: 'text', text: '{{ story }}' } })
    await expect(launchByOperator(test.ctx, 'Spring sale')).rejects.toMatchObject({
      code: 'message.too_long',
      details: { count: 1, longest: 5000 },
    })
  })
})

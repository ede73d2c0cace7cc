// Messages that nobody knows about: listed, and settled by an operator, by the campaign's delivery policy, never blindly.
import { describe, expect, it } from 'vitest'
import { cancelByOperator } from '../../src/engine/campaigns/lifecycle.ts'
import { reportOf } from '../../src/engine/report/report.ts'
import { resolveUnknown, showUnknown } from '../../src/engine/report/unknown.ts'
import { verify } from '../../src/engine/report/verify.ts'
import { seekProof } from '../../src/engine/send/prove.ts'
import { claim, claimAll, launchAndPlan, providerError, record, storedMessages } from '../support/claims.ts'
import {
  addMeta,
  addTestCampaign,
  importPeople,
  openTestApp,
  type TestApp,
  templateContent,
} from '../support/open-test-app.ts'

const HOUR_MS = 3_600_000

/** One accepted message and two of which nothing is known. */
async function inDoubt(campaign: Record<string, unknown> = {}): Promise<TestApp> {
  const test = await openTestApp()
  await importPeople(test, 3)
  await addMeta(test)
  await addTestCampaign(test, { content: templateContent, ...campaign })
  await launchAndPlan(test, 'Spring sale')
  await record(test, await claimAll(test), ({ messageId }) =>
    messageId === 1
      ? { kind: 'accepted', trackingId: 'track-1' }
      : { kind: 'unknown', error: providerError('timeout') },
  )
  return test
}

async function expectBooks(test: TestApp, byStatus: Record<string, number>): Promise<void> {
  const { totals } = await reportOf(test.ctx, 'Spring sale')
  expect(totals.byStatus).toMatchObject(byStatus)
  expect((await verify(test.ctx)).checks.filter((check) => !check.ok)).toEqual([])
}

const { signal } = new AbortController()
const look = (test: TestApp) => seekProof(test.ctx, test.app.connections, { reference: () => 'reference', signal })

describe('a message in doubt', () => {
  it('does not hold its run, and is listed with its reason', async () => {
    const test = await inDoubt()
    const { runs } = await reportOf(test.ctx, 'Spring sale')
    expect(runs[0]).toMatchObject({ status: 'finished', byStatus: { accepted: 1, unknown: 2 } })
    const listed = await showUnknown(test.ctx, 'Spring sale', { limit: 10 })
    expect(listed).toMatchObject([
      { id: 'msg_2', campaign: 'Spring sale', reason: 'timeout' },
      { id: 'msg_3', reason: 'timeout' },
    ])
  })

  it('is what an operator knows it to be, once', async () => {
    const test = await inDoubt()
    await resolveUnknown(test.ctx, 'msg_2', 'accepted')
    await resolveUnknown(test.ctx, 'msg_3', 'failed')
    await expectBooks(test, { accepted: 2, failed: 1, unknown: 0 })
    await expect(resolveUnknown(test.ctx, 'msg_2', 'failed')).rejects.toMatchObject({ code: 'message.not_unknown' })
    await expect(resolveUnknown(test.ctx, 'msg_99', 'failed')).rejects.toMatchObject({ code: 'message.not_found' })
  })

  it('is sent again when an operator says so, and its run goes on until then', async () => {
    const test = await inDoubt()
    await resolveUnknown(test.ctx, 'msg_2', 'resend')
    const { campaign, runs } = await reportOf(test.ctx, 'Spring sale')
    expect([campaign.status, runs[0]?.status]).toEqual(['running', 'sending'])
    test.clock.advance(1_000)
    const { claimed } = await claim(test)
    expect(claimed.map((message) => message.messageId)).toEqual([2])
    await record(test, claimed)
    await expectBooks(test, { accepted: 2, unknown: 1 })
    expect((await reportOf(test.ctx, 'Spring sale')).campaign.status).toBe('finished')
  })

  it('of a cancelled campaign is not sent again', async () => {
    const test = await openTestApp()
    await importPeople(test, 2)
    await addMeta(test)
    await addTestCampaign(test, { content: templateContent })
    await launchAndPlan(test, 'Spring sale')
    const { claimed } = await claim(test, { room: 1 })
    await cancelByOperator(test.ctx, 'Spring sale')
    await record(test, claimed, () => ({ kind: 'unknown', error: providerError('timeout') }))
    await expect(resolveUnknown(test.ctx, 'msg_1', 'resend')).rejects.toMatchObject({ code: 'campaign.cancelled' })
    await expectBooks(test, { cancelled: 1, unknown: 1 })
  })

  it('PR-07 comes back to a cancelled campaign as cancelled when it was not accepted', async () => {
    const test = await openTestApp()
    await importPeople(test, 2)
    await addMeta(test)
    await addTestCampaign(test, { content: templateContent })
    await launchAndPlan(test, 'Spring sale')
    const { claimed } = await claim(test, { room: 1 })
    await cancelByOperator(test.ctx, 'Spring sale')
    await record(test, claimed, () => ({ kind: 'temporary', retryAfterMs: null, error: providerError('try_later') }))
    await expectBooks(test, { cancelled: 2, pending: 0 })
  })

  it('RT-13 stays so under at most once, however long nobody says anything', async () => {
    const test = await inDoubt()
    for (let n = 0; n < 40; n++) {
      test.clock.advance(2 * HOUR_MS)
      expect(await look(test)).toBe(0)
    }
    expect((await storedMessages(test)).filter(({ status }) => status === 'unknown')).toHaveLength(2)
  })

  it('is sent again under at least once, after the time in which its request could still arrive', async () => {
    const test = await inDoubt({ delivery: 'atLeastOnce' })
    test.clock.advance(5 * 60_000)
    expect(await look(test)).toBe(0)
    test.clock.advance(60_000)
    expect(await look(test)).toBe(2)
    await record(test, await claimAll(test))
    await expectBooks(test, { accepted: 3, unknown: 0 })
  })

  it('is not sent again after its validity, whatever the policy', async () => {
    const test = await inDoubt({
      delivery: 'atLeastOnce',
      limits: { validity: '10m', quietHours: 'ignore', frequencyCap: 'ignore' },
    })
    test.clock.advance(15 * 60_000)
    expect(await look(test)).toBe(0)
    await expectBooks(test, { accepted: 1, unknown: 2 })
  })
})

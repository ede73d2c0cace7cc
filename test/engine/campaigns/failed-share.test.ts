// A campaign that pauses when too many of its last results are failures: across processes, answers and callbacks.
import { describe, expect, it } from 'vitest'
import { showCampaign } from '../../../src/engine/campaigns/campaign-view.ts'
import { editCampaign } from '../../../src/engine/campaigns/drafts.ts'
import { resumeByOperator } from '../../../src/engine/campaigns/lifecycle.ts'
import { readResumeFacts } from '../../../src/engine/campaigns/resume-facts.ts'
import { reportOf } from '../../../src/engine/report/report.ts'
import { whyFor } from '../../../src/engine/report/why.ts'
import { diagnose } from '../../../src/engine/service/doctor.ts'
import type { ClaimedMessage } from '../../../src/store/claim.ts'
import { applyStatus } from '../../support/callbacks.ts'
import { accepted, claim, claimAll, launchAndPlan, providerError, record } from '../../support/claims.ts'
import {
  addMeta,
  addTestCampaign,
  campaignDefinition,
  importPeople,
  openTestApp,
  phoneNumber,
  type TestApp,
  templateContent,
} from '../../support/open-test-app.ts'

const limits = { quietHours: 'ignore', frequencyCap: 'ignore', pauseWhenFailed: '25%' }
const refused = { kind: 'refused', scope: 'recipient', error: providerError('131026') } as const

async function running(people: number, change: Record<string, unknown> = {}): Promise<TestApp> {
  const test = await openTestApp()
  await importPeople(test, people)
  await addMeta(test)
  await addTestCampaign(test, { content: templateContent, limits, ...change })
  await launchAndPlan(test, 'Spring sale')
  return test
}

/** So many results, of which every n-th is a failure. */
async function results(test: TestApp, count: number, failsEvery: number): Promise<void> {
  const claimed: ClaimedMessage[] = []
  while (claimed.length < count) {
    claimed.push(...(await claim(test, { room: count - claimed.length })).claimed)
    test.clock.advance(60)
  }
  await record(test, claimed, (message) => {
    const n = claimed.indexOf(message) + 1
    return n % failsEvery === 0 ? refused : accepted(message.attemptId)
  })
}

const status = async (test: TestApp) => (await showCampaign(test.ctx, 'Spring sale')).status

describe('pauseWhenFailed', () => {
  it('pauses at the share, from the hundredth result on, and says how many failed and for what', async () => {
    const test = await running(120)
    await results(test, 96, 3)
    expect(await status(test)).toBe('running')
    await results(test, 4, 2)
    const paused = await showCampaign(test.ctx, 'Spring sale')
    expect(paused).toMatchObject({
      status: 'paused',
      pauseReason: 'failed_share',
      pauseDetail: { results: 100, failed: 34, share: 0.34, shareMax: 0.25, codes: [{ code: '131026', count: 34 }] },
    })
    expect(await claimAll(test)).toHaveLength(0)
  })

  it('lets a campaign go on whose failures stay below the share, and one that asks for nothing', async () => {
    const below = await running(120)
    await results(below, 120, 5)
    expect(await status(below)).toBe('finished')
    const off = await running(120, { limits: { quietHours: 'ignore', frequencyCap: 'ignore' } })
    await results(off, 110, 1)
    expect(await status(off)).toBe('running')
  })

  it('counts failures that are told after the acceptance', async () => {
    const test = await running(120)
    await results(test, 110, 1_000)
    const failed = Array.from({ length: 28 }, (_, n) => ({
      trackingId: `track-${n + 1}`,
      status: 'failed',
      code: 131026,
    }))
    await applyStatus(test, ...failed.slice(0, 27))
    expect(await status(test)).toBe('running')
    await applyStatus(test, ...failed.slice(0, 27))
    expect(await status(test)).toBe('running')
    await applyStatus(test, ...failed.slice(27))
    expect(await showCampaign(test.ctx, 'Spring sale')).toMatchObject({
      pauseReason: 'failed_share',
      pauseDetail: { results: 110, failed: 28 },
    })
  })

  it('adds up what two processes record', async () => {
    const test = await running(120)
    const other = await openTestApp({ dir: test.dir, clock: test.clock })
    await results(test, 50, 2)
    await results(other, 49, 2)
    expect(await status(test)).toBe('running')
    await results(other, 1, 1)
    expect(await status(test)).toBe('paused')
    expect(await claimAll(test)).toHaveLength(0)
  })

  it('goes on when the reason was read, counts anew, and not what was sent before', async () => {
    const test = await running(260)
    await results(test, 100, 2)
    expect(await readResumeFacts(test.ctx, 'Spring sale')).toMatchObject({ needsAcknowledgement: true })
    await expect(resumeByOperator(test.ctx, 'Spring sale')).rejects.toMatchObject({
      code: 'campaign.needs_acknowledgement',
      hint: expect.stringContaining('--acknowledge'),
    })
    await resumeByOperator(test.ctx, 'Spring sale', { isAcknowledged: true })
    const late = Array.from({ length: 25 }, (_, n) => ({
      trackingId: `track-${2 * n + 1}`,
      status: 'failed',
      code: 131026,
    }))
    await applyStatus(test, ...late)
    await results(test, 120, 6)
    expect(await status(test)).toBe('running')
    await results(test, 30, 1)
    expect(await status(test)).toBe('paused')
  })

  it('takes the share of the newest revision', async () => {
    const test = await running(260)
    await results(test, 100, 2)
    const change = { content: templateContent, limits: { ...limits, pauseWhenFailed: '60%' } }
    await editCampaign(test.ctx, 'Spring sale', campaignDefinition(change))
    await resumeByOperator(test.ctx, 'Spring sale', { isAcknowledged: true })
    await results(test, 120, 2)
    expect(await status(test)).toBe('running')
  })

  it('is told by why, report and doctor, with the numbers', async () => {
    const test = await running(120)
    await results(test, 100, 2)
    const said =
      '50 of the last 100 results failed, which is 50%; it pauses at 25%. Most frequent in this run: 131026 (50)'
    const { checks } = await whyFor(test.ctx, 'Spring sale', phoneNumber(110))
    expect(checks.find(({ check }) => check === 'campaign')?.detail).toBe(`paused (failed_share: ${said})`)
    expect((await reportOf(test.ctx, 'Spring sale')).campaign).toMatchObject({
      pauseReason: 'failed_share',
      pauseDetail: { failed: 50 },
    })
    const { findings } = await diagnose(test.ctx)
    expect(findings.find(({ check }) => check === 'campaign cmp_1')).toMatchObject({
      ok: false,
      detail: expect.stringContaining(said),
    })
  })

  it('leaves test messages out', async () => {
    const test = await running(120)
    await test.ctx.db.write((tx) => tx.run(`UPDATE runs SET kind = 'test'`))
    await results(test, 110, 1)
    expect(await status(test)).toBe('running')
  })
})

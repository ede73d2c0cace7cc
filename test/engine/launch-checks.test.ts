// What a review finds out while a page looks on: how far it is, what it found, and when it looks again.
import { expect, it } from 'vitest'
import { editCampaign } from '../../src/engine/campaigns.ts'
import { type LaunchCheck, LaunchChecks } from '../../src/engine/launch-checks.ts'
import {
  addSandbox,
  addTestCampaign,
  campaignDefinition,
  importLines,
  importPeople,
  openTestApp,
} from '../support/open-test-app.ts'

const PEOPLE = 2_500

async function setup(people = PEOPLE) {
  const test = await openTestApp()
  await addSandbox(test)
  await importPeople(test, people)
  await addTestCampaign(test)
  return test
}

/** How far a check was at every turn, until it is over. */
async function sharesOf(check: LaunchCheck): Promise<number[]> {
  const shares: number[] = []
  while (check.state === 'running') {
    if (shares.at(-1) !== check.share) shares.push(check.share)
    await new Promise((resolve) => setImmediate(resolve))
  }
  return shares
}

it('tells how far it is with many people, through everything that it does', async () => {
  const { ctx } = await setup()
  const checks = new LaunchChecks(ctx, 0)
  const check = await checks.look('Spring sale')
  expect(check).toMatchObject({ state: 'running', people: PEOPLE, share: 0, found: null, endedAt: null })
  const shares = await sharesOf(check)
  expect(shares).toEqual([...shares].sort((a, b) => a - b))
  for (const third of [0, 1, 2]) expect(shares.some((share) => share > third / 3 && share < (third + 1) / 3)).toBe(true)
  expect(check).toMatchObject({ state: 'done', share: 1, error: null, endedAt: ctx.clock.now() })
  expect(check.found).toMatchObject({ review: { people: PEOPLE, refusals: [] }, forecast: { audience: PEOPLE } })
})

it('has few people checked before it answers, and anew each time', async () => {
  const { ctx } = await setup(3)
  const checks = new LaunchChecks(ctx)
  const first = await checks.look('Spring sale')
  expect(first).toMatchObject({ state: 'done', people: 3 })
  expect(await checks.look('Spring sale')).not.toBe(first)
})

it('is one for all who ask, until somebody wants another, the campaign is edited or it is old', async () => {
  const { ctx, clock } = await setup()
  const checks = new LaunchChecks(ctx, 0)
  const first = await checks.look('cmp_1')
  expect(await checks.look('Spring sale', { isAnew: true })).toBe(first)
  await sharesOf(first)
  expect(await checks.look('cmp_1')).toBe(first)
  const second = await checks.look('cmp_1', { isAnew: true })
  expect(second).toMatchObject({ state: 'running' })
  await sharesOf(second)
  await editCampaign(ctx, 'cmp_1', campaignDefinition({ priority: 7 }))
  const third = await checks.look('cmp_1')
  expect(third).not.toBe(second)
  await sharesOf(third)
  clock.advance(60_001)
  const fourth = await checks.look('cmp_1')
  expect(fourth).not.toBe(third)
  await sharesOf(fourth)
})

it('leaves what refuses the launch to the review, once and with the number of people', async () => {
  const test = await setup(3)
  await importLines(test, ['phone,first_name', '+12025550198,', '+12025550199,'])
  await editCampaign(
    test.ctx,
    'cmp_1',
    campaignDefinition({ content: { type: 'text', text: 'Hello {{ first_name }}' } }),
  )
  const { found } = await new LaunchChecks(test.ctx).look('cmp_1')
  expect(found?.review.refusals).toMatchObject([
    { code: 'campaign.missing_variables', detail: '2 of 5 people have no value for first_name', count: 2 },
  ])
  expect(found?.forecast).toMatchObject({ skippedBy: { missing_variable: 2 }, warnings: [] })
})

it('is given up when the service stops, and tells why it came to nothing', async () => {
  const { ctx } = await setup()
  const checks = new LaunchChecks(ctx, 0)
  const check = await checks.look('cmp_1')
  await checks.close()
  expect(check).toMatchObject({ state: 'failed', found: null, error: { code: 'interrupted' } })
})

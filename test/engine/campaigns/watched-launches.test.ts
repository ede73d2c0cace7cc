// What a review finds out while a page looks on, and the launch behind it: how far it is, and what came of it.
import { expect, it } from 'vitest'
import { showCampaign } from '../../../src/engine/campaigns/campaign-view.ts'
import { editCampaign } from '../../../src/engine/campaigns/drafts.ts'
import { type Watched, WatchedLaunches } from '../../../src/engine/campaigns/watched-launches.ts'
import {
  addSandbox,
  addTestCampaign,
  campaignDefinition,
  importLines,
  importPeople,
  openTestApp,
} from '../../support/open-test-app.ts'

const PEOPLE = 2_500

async function setup(people = PEOPLE) {
  const test = await openTestApp()
  await addSandbox(test)
  await importPeople(test, people)
  await addTestCampaign(test)
  return test
}

/** How far a work was at every turn, until it is over. */
async function sharesOf(work: Watched<unknown>): Promise<number[]> {
  const shares: number[] = []
  while (work.state === 'running') {
    if (shares.at(-1) !== work.share) shares.push(work.share)
    await new Promise((resolve) => setImmediate(resolve))
  }
  return shares
}

it('tells how far it is with many people, through everything that it does', async () => {
  const { ctx } = await setup()
  const launches = new WatchedLaunches(ctx, 0)
  const check = await launches.check('Spring sale')
  expect(check).toMatchObject({ state: 'running', people: PEOPLE, share: 0, result: null, endedAt: null })
  const shares = await sharesOf(check)
  expect(shares).toEqual([...shares].sort((a, b) => a - b))
  for (const half of [0, 1]) expect(shares.some((share) => share > half / 2 && share < (half + 1) / 2)).toBe(true)
  expect(check).toMatchObject({ state: 'done', share: 1, error: null, endedAt: ctx.clock.now() })
  expect(check.result).toMatchObject({ people: PEOPLE, refusals: [], forecast: { audience: PEOPLE } })
})

it('has few people checked before it answers, and anew each time', async () => {
  const { ctx } = await setup(3)
  const launches = new WatchedLaunches(ctx)
  const first = await launches.check('Spring sale')
  expect(first).toMatchObject({ state: 'done', people: 3 })
  expect(await launches.check('Spring sale')).not.toBe(first)
})

it('is one for all who ask, until somebody wants another, the campaign is edited or it is old', async () => {
  const { ctx, clock } = await setup()
  const launches = new WatchedLaunches(ctx, 0)
  const first = await launches.check('cmp_1')
  expect(await launches.check('Spring sale', { isAnew: true })).toBe(first)
  await sharesOf(first)
  expect(await launches.check('cmp_1')).toBe(first)
  const second = await launches.check('cmp_1', { isAnew: true })
  expect(second).toMatchObject({ state: 'running' })
  await sharesOf(second)
  await editCampaign(ctx, 'cmp_1', campaignDefinition({ priority: 7 }))
  const third = await launches.check('cmp_1')
  expect(third).not.toBe(second)
  await sharesOf(third)
  clock.advance(60_001)
  const fourth = await launches.check('cmp_1')
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
  const { result } = await new WatchedLaunches(test.ctx).check('cmp_1')
  expect(result?.refusals).toMatchObject([
    { code: 'campaign.missing_variables', detail: '2 of 5 people have no value for first_name', count: 2 },
  ])
  expect(result?.forecast).toMatchObject({ skippedBy: { missing_variable: 2 }, warnings: [] })
})

it('is given up when the service stops, and tells why it came to nothing', async () => {
  const { ctx } = await setup()
  const launches = new WatchedLaunches(ctx, 0)
  const check = await launches.check('cmp_1')
  await launches.close()
  expect(check).toMatchObject({ state: 'failed', result: null, error: { code: 'interrupted' } })
})

it('launches to many people while somebody looks on, once for all who press', async () => {
  const { ctx } = await setup()
  const launches = new WatchedLaunches(ctx, 0)
  const launch = await launches.launch('Spring sale', { confirmedCount: PEOPLE })
  expect(launch).toMatchObject({ state: 'running', people: PEOPLE, share: 0, result: null })
  expect(await launches.launch('cmp_1', { confirmedCount: PEOPLE })).toBe(launch)
  expect(await launches.launchOf('cmp_1')).toBe(launch)
  const shares = await sharesOf(launch)
  expect(shares).toEqual([...shares].sort((a, b) => a - b))
  expect(shares.some((share) => share > 0 && share < 1)).toBe(true)
  expect(launch).toMatchObject({ state: 'done', result: { id: 'cmp_1', status: 'scheduled' }, error: null })
})

it('refuses a number that was mistyped at once, and tells later what else refused the launch', async () => {
  const { ctx } = await setup()
  const launches = new WatchedLaunches(ctx, 0)
  await sharesOf(await launches.check('cmp_1'))
  await expect(launches.launch('cmp_1', { confirmedCount: 7 })).rejects.toMatchObject({
    code: 'campaign.audience_changed',
  })
  await editCampaign(ctx, 'cmp_1', campaignDefinition({ schedule: { at: '2020-01-01T09:00', timeZone: 'UTC' } }))
  const launch = await launches.launch('cmp_1', { confirmedCount: PEOPLE })
  await sharesOf(launch)
  expect(launch).toMatchObject({ state: 'failed', result: null, error: { code: 'schedule.in_the_past' } })
  expect(await showCampaign(ctx, 'cmp_1')).toMatchObject({ status: 'draft' })
})

it('launches nothing when the service stops before everybody was checked', async () => {
  const { ctx } = await setup()
  const launches = new WatchedLaunches(ctx, 0)
  const launch = await launches.launch('cmp_1', { confirmedCount: PEOPLE })
  await launches.close()
  expect(launch).toMatchObject({ state: 'failed', error: { code: 'interrupted' } })
  expect(await showCampaign(ctx, 'cmp_1')).toMatchObject({ status: 'draft' })
})

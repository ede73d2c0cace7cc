// Campaigns that go to each person once: what counts is that the message was handed over.
import { expect, it } from 'vitest'
import { setCap } from '../../../src/engine/service/limits.ts'
import { applyStatus } from '../../support/callbacks.ts'
import { claimAll, launchAndPlan, providerError, record, storedMessages, tickAndPlan } from '../../support/claims.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import {
  addMeta,
  addTestCampaign,
  importPeople,
  openTestApp,
  type TestApp,
  templateContent,
} from '../../support/open-test-app.ts'

const refused = { kind: 'refused', scope: 'recipient', error: providerError('131026') } as const
const unknown = { kind: 'unknown', error: providerError('deadline') } as const

async function failLater(test: TestApp): Promise<void> {
  const claimed = await claimAll(test)
  await record(test, claimed)
  await applyStatus(test, { trackingId: `track-${claimed[0]?.attemptId}`, status: 'failed', code: 131026 })
}

async function otherCampaignFirst(test: TestApp): Promise<void> {
  await addTestCampaign(test, { name: 'Other', priority: 100, content: templateContent })
  await launchAndPlan(test, 'Other')
  await record(test, await claimAll(test))
}

const days: [string, 'again' | 'not again', (test: TestApp) => Promise<unknown>][] = [
  ['was accepted', 'not again', async (test) => record(test, await claimAll(test))],
  ['is unknown', 'not again', async (test) => record(test, await claimAll(test), () => unknown)],
  ['was accepted and failed later', 'not again', failLater],
  ['is still waiting', 'not again', async () => {}],
  ['was refused by the provider', 'again', async (test) => record(test, await claimAll(test), () => refused)],
  ['was skipped by a cap', 'again', otherCampaignFirst],
  [
    'expired',
    'again',
    async (test) => {
      test.clock.set('2027-06-02T08:00:00Z')
      await claimAll(test)
    },
  ],
]

it.each(days)('RC-22 S19: a person whose message %s gets it %s at the next occurrence', async (_, when, firstDay) => {
  const test = await openTestApp({ clock: new FakeClock('2027-06-01T08:00:00Z') })
  await importPeople(test, 1)
  await addMeta(test)
  await setCap(test.ctx, { id: 'daily', window: '12h', onCap: 'skip' })
  await addTestCampaign(test, {
    oncePerContact: true,
    content: templateContent,
    schedule: { cron: '0 9 * * *', timeZone: 'UTC', overlap: 'allow' },
    limits: { validity: when === 'again' ? '1h' : '36h', quietHours: 'ignore' },
  })
  await launchAndPlan(test, 'Spring sale')
  test.clock.set('2027-06-01T09:00:00Z')
  await tickAndPlan(test, 'Spring sale')
  await firstDay(test)
  test.clock.set('2027-06-02T09:00:00Z')
  await tickAndPlan(test, 'Spring sale')
  expect(await storedMessages(test, 'Spring sale')).toHaveLength(when === 'again' ? 2 : 1)
})

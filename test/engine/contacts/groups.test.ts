// Groups from the file to the claim: imported on request, sent to by senders that say so, kept from all others.
import { expect, it } from 'vitest'
import { launchByOperator } from '../../../src/engine/campaigns/launch.ts'
import { showContact } from '../../../src/engine/contacts/contacts.ts'
import { eraseContactByOperator } from '../../../src/engine/contacts/erasure.ts'
import { addSuppression } from '../../../src/engine/contacts/suppressions.ts'
import { forecastFor } from '../../../src/engine/report/forecast.ts'
import { reportOf } from '../../../src/engine/report/report.ts'
import { whyFor } from '../../../src/engine/report/why.ts'
import { addSender } from '../../../src/engine/senders/senders.ts'
import { claimAll, launchAndPlan } from '../../support/claims.ts'
import {
  addMeta,
  addSandbox,
  addTestCampaign,
  importLines,
  openTestApp,
  type TestApp,
  templateContent,
} from '../../support/open-test-app.ts'

const team = '120363019502650977@g.us'

async function importGroups(test: TestApp, ...ids: string[]) {
  return importLines(test, ['phone,first_name', ...ids.map((id) => `${id},Team`)], { isGroups: true, isForced: true })
}

it('imports ids of groups on request, once each and without a time zone', async () => {
  const test = await openTestApp()
  const result = await importGroups(test, team, `group:${team}`, 'club-7', '+12025550101', '12025550102')
  expect(result).toMatchObject({ rows: 5, added: 2, duplicates: 1, rejected: 2 })
  expect(await showContact(test.ctx, `group:${team}`)).toMatchObject({ phone: team, zone: null, lists: ['people'] })
})

it('takes no group for a phone, and no id for a group, unless it is told so', async () => {
  const test = await openTestApp()
  await expect(importLines(test, ['phone', team])).rejects.toMatchObject({ code: 'csv.too_many_rejects' })
})

it('sends to groups and people from a sender with groups, to the id as it stands', async () => {
  const test = await openTestApp()
  await addSandbox(test, { groups: true })
  await importGroups(test, team)
  await importLines(test, ['phone', '+12025550101'])
  await addTestCampaign(test, {})
  await launchAndPlan(test, 'Spring sale')
  expect((await claimAll(test)).map(({ phone }) => phone).sort()).toEqual(['+12025550101', team])
})

it('keeps groups from every other sender, says so before the launch, and why to each', async () => {
  const test = await openTestApp()
  await addSandbox(test)
  await importGroups(test, team, 'club-7')
  await importLines(test, ['phone', '+12025550101'])
  await addTestCampaign(test, {})
  expect(await forecastFor(test.ctx, 'Spring sale')).toMatchObject({
    byOutcome: { sent: 1, skipped: 2 },
    skippedBy: { invalid_number: 2 },
  })
  const { warnings } = await launchByOperator(test.ctx, 'Spring sale')
  expect(warnings).toContainEqual(expect.stringMatching(/^2 groups are left out.*"main".*120363019502650977@g\.us/))
  await launchAndPlan(test, 'Spring sale')
  expect((await claimAll(test)).map(({ phone }) => phone)).toEqual(['+12025550101'])
  expect((await reportOf(test.ctx, 'Spring sale')).totals.skippedBy).toEqual({ invalid_number: 2 })
  const why = await whyFor(test.ctx, 'Spring sale', `group:${team}`)
  expect(JSON.stringify(why)).toContain('groups: true')
})

it('refuses groups of a provider that has none', async () => {
  const test = await openTestApp()
  await expect(addMeta(test, { groups: true })).rejects.toMatchObject({
    code: 'sender.invalid',
    message: expect.stringContaining('has no groups'),
  })
  const credentials = { applicationId: 'app', applicationSecret: 'secret-of-app', from: '302101234567' }
  expect(await addSender(test.ctx, { name: 'routee', provider: 'routee', credentials, groups: true })).toMatchObject({
    groups: true,
  })
})

it('suppresses and caps a group as it does a person', async () => {
  const test = await openTestApp()
  await addSandbox(test, { groups: true })
  await importGroups(test, team, 'club-7')
  await addSuppression(test.ctx, 'group:club-7')
  const limits = { quietHours: 'ignore' }
  await addTestCampaign(test, { limits })
  await launchAndPlan(test, 'Spring sale')
  expect((await claimAll(test)).map(({ phone }) => phone)).toEqual([team])
  await addTestCampaign(test, { name: 'Second', limits })
  await launchAndPlan(test, 'Second')
  expect(await claimAll(test)).toEqual([])
  expect((await reportOf(test.ctx, 'Second')).totals).toMatchObject({
    skippedBy: { blocked: 1 },
    byStatus: { pending: 1, skipped: 1 },
  })
})

it('erases a group without touching what other people wrote', async () => {
  const test = await openTestApp()
  await addSandbox(test, { groups: true })
  await importGroups(test, 'club-7')
  const { id } = await showContact(test.ctx, 'group:club-7')
  const sender = await test.app.connections.getByName('main')
  const stored = test.app.receiver.store(sender.sender.id, '{"text":"7 of us"}')
  await test.app.receiver.close()
  await stored
  expect(await eraseContactByOperator(test.ctx, 'group:club-7')).toMatchObject({ id, callbacks: 0 })
})

it('sends a template of a real provider to no group without the word of the sender', async () => {
  const test = await openTestApp()
  await addMeta(test)
  await importGroups(test, team)
  await addTestCampaign(test, { content: templateContent })
  await launchAndPlan(test, 'Spring sale')
  expect(await claimAll(test)).toEqual([])
})

// A test message that cannot leave in time: whoever sends it is told at once what it waits for, at every face.
import { expect, it } from 'vitest'
import { pauseSenderByOperator, setSender } from '../../../src/engine/senders/senders.ts'
import { sendTestByService } from '../../../src/engine/service/foreground.ts'
import { serveApi } from '../../support/api-client.ts'
import { claimAll, launchAndPlan, record } from '../../support/claims.ts'
import { cliFolder, herald, writeIn } from '../../support/cli.ts'
import {
  addMeta,
  addTestCampaign,
  campaignDefinition,
  importPeople,
  openTestApp,
  templateContent,
} from '../../support/open-test-app.ts'
import { visit } from '../../support/visitor.ts'

/** The one person of a day was written to. */
async function usedUp<T extends Awaited<ReturnType<typeof openTestApp>>>(test: T): Promise<T> {
  await addMeta(test)
  await importPeople(test, 1)
  await addTestCampaign(test, { content: templateContent })
  await launchAndPlan(test, 'Spring sale')
  await record(test, await claimAll(test))
  await setSender(test.ctx, 'main', { dailyLimit: 1 })
  return test
}

it('F11: names the daily limit and its end at once, and is not waited for', async () => {
  const test = await usedUp(await openTestApp())
  const began = test.clock.now()
  const result = await sendTestByService(test.ctx, 'Spring sale', '+12025550199')
  expect(result).toMatchObject({ status: 'pending', waitingFor: { reason: 'daily_limit' } })
  expect(Date.parse(result.waitingFor?.until ?? '')).toBeGreaterThan(began + 20_000)
  expect(test.clock.now() - began).toBeLessThan(1_000)
})

it('F11: names a paused sender, which a person has to resume', async () => {
  const test = await openTestApp()
  await addMeta(test)
  await importPeople(test, 1)
  await addTestCampaign(test, { content: templateContent })
  await pauseSenderByOperator(test.ctx, 'main')
  const result = await sendTestByService(test.ctx, 'Spring sale', '+12025550199')
  expect(result).toMatchObject({ status: 'pending', waitingFor: { reason: 'sender_paused', until: null } })
})

it('F11: is told alike by API and page', async () => {
  const client = await serveApi()
  await importPeople(client, 1)
  await addTestCampaign(client, { sender: 'sandbox', content: templateContent })
  await pauseSenderByOperator(client.ctx, 'sandbox')
  const { body } = await client.api('/campaigns/cmp_1/test', { method: 'POST', body: { to: '+12025550198' } })
  expect(body).toMatchObject({ status: 'pending', waitingFor: { reason: 'sender_paused', until: null } })
  const visitor = await visit(client)
  const sent = await visitor.post('/campaigns/cmp_1/test', { to: '+12025550197' })
  expect(sent.status).toBe(303)
  const note = decodeURIComponent(decodeURIComponent(sent.headers.getSetCookie().join()))
  expect(note).toContain('not sent yet')
  expect(note).toContain('because the sender is paused')
})

it('F11: is told by the command line, which does not stay', async () => {
  const folder = cliFolder()
  await herald(folder, 'senders', 'add', writeIn(folder, 'sender.yaml', 'name: main\nprovider: sandbox\n'))
  await herald(folder, 'import', writeIn(folder, 'people.csv', 'phone,name\n+12025550101,Ann\n'), '--list', 'people')
  await herald(
    folder,
    'campaigns',
    'add',
    writeIn(folder, 'c.json', JSON.stringify(campaignDefinition({ content: { type: 'text', text: 'Hello' } }))),
  )
  await herald(folder, 'senders', 'pause', 'main')
  const { stdout } = await herald(folder, 'campaigns', 'test', 'Spring sale', '--to', '+12025550196')
  expect(stdout).toMatch(/pending\nwaiting for sender_paused: 1; they wait because the sender is paused/)
})

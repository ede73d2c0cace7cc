// Rows are locked in one order, and a transaction that leaves it fails in every test (test/support/lock-order.ts).
import { describe, expect, it } from 'vitest'
import { lockCampaign } from '../../src/store/campaigns.ts'
import { lockContact } from '../../src/store/contacts.ts'
import { lockImport } from '../../src/store/imports.ts'
import { lockRuns } from '../../src/store/runs.ts'
import { lockSender, lockSenders } from '../../src/store/senders.ts'
import { launchAndPlan } from '../support/claims.ts'
import { addSandbox, addTestCampaign, importPeople, openTestApp } from '../support/open-test-app.ts'

async function atWork() {
  const test = await openTestApp()
  await importPeople(test, 2)
  await addSandbox(test)
  await addTestCampaign(test)
  await launchAndPlan(test, 'Spring sale')
  return test.ctx.db
}

describe('a transaction', () => {
  it('locks sender, import, contact, campaign and run, one after the other, and again what it has', async () => {
    const db = await atWork()
    const locked = await db.write(async (tx) => {
      const { name } = await lockSender(tx, 'main')
      await lockImport(tx, 1)
      await lockContact(tx, 1)
      await lockContact(tx, 2)
      const campaign = await lockCampaign(tx, 'Spring sale')
      const [run] = await lockRuns(tx, [1])
      await lockSenders(tx, [1])
      return [name, campaign.id, run?.campaignId]
    })
    expect(locked).toEqual(['main', 1, 1])
  })

  it('fails when it locks a sender after a campaign, or people not by rising ids', async () => {
    const db = await atWork()
    const senderLast = db.write(async (tx) => {
      await lockCampaign(tx, 'Spring sale')
      await lockSender(tx, 'main')
    })
    await expect(senderLast).rejects.toThrow('sender 1 is locked after campaign 1')
    const falling = db.write(async (tx) => {
      await lockContact(tx, 2)
      await lockContact(tx, 1)
    })
    await expect(falling).rejects.toThrow('contact 1 is locked after contact 2')
  })
})

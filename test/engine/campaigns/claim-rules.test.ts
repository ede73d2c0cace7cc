// The rules that a sender at work keeps in memory are those of the installation's limits as they are.
import { expect, it } from 'vitest'
import { setCap } from '../../../src/engine/service/limits.ts'
import { addSandbox, addTestCampaign, importPeople, openTestApp } from '../../support/open-test-app.ts'
import { ruleBook } from '../../support/rules.ts'

it('H18: a sender at work has a changed cap in its rules from the next claim on', async () => {
  const test = await openTestApp()
  await importPeople(test, 1)
  await addSandbox(test)
  await addTestCampaign(test, { useCase: 'marketing', limits: {} })
  const book = await ruleBook(test, [1])
  const maxOf = () => book.inForce.byRevision.get(1)?.capRules.find(({ id }) => id === 'daily')?.max
  for (const max of [2, 5, 1]) {
    await setCap(test.ctx, { id: 'daily', max })
    await test.ctx.db.read((tx) => book.refresh(tx, []))
    expect(maxOf()).toBe(max)
  }
})

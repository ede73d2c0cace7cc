// The rules of a sender's campaigns, as the sender's loop would know them.
import { RuleBook } from '../../src/engine/campaigns/claim-rules.ts'
import { getProvider } from '../../src/providers/registry.ts'
import { getSender } from '../../src/store/senders.ts'
import type { TestApp } from './open-test-app.ts'

export async function ruleBook(test: TestApp, revisionIds: number[], senderName = 'main'): Promise<RuleBook> {
  const sender = await test.ctx.db.read((tx) => getSender(tx, senderName))
  const book = new RuleBook(sender, getProvider(sender.provider).capabilities, test.ctx.config.timeZone)
  await test.ctx.db.read((tx) => book.refresh(tx, revisionIds))
  return book
}

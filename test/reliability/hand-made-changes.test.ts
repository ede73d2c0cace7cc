// `verify` after somebody changed a row by hand: each kind of change is found, and named.
import SqliteConnection from 'better-sqlite3'
import { describe, expect, it, onTestFinished } from 'vitest'
import { addSuppression } from '../../src/engine/contacts/suppressions.ts'
import { verify } from '../../src/engine/report/verify.ts'
import { applyStatus } from '../support/callbacks.ts'
import { claim, claimAll, launchAndPlan, providerError, record } from '../support/claims.ts'
import {
  addMeta,
  addTestCampaign,
  importPeople,
  openTestApp,
  phoneNumber,
  type TestApp,
  templateContent,
} from '../support/open-test-app.ts'

/**
 * Messages of every kind: 1 delivered, 2 accepted, 3 failed, 4 unknown, 5 skipped, 6 on the wire, 7 and 8 pending.
 */
async function everyKind(): Promise<TestApp> {
  const test = await openTestApp()
  await importPeople(test, 8)
  await addMeta(test, { ratePerSecond: 10 })
  await addTestCampaign(test, { content: templateContent })
  await launchAndPlan(test, 'Spring sale')
  await addSuppression(test.ctx, phoneNumber(4))
  for (let n = 0; n < 4; n++) {
    const { claimed } = await claim(test, { room: 1 })
    await record(test, claimed, ({ messageId }) => {
      if (messageId === 3) return { kind: 'refused', scope: 'recipient', error: providerError('131026') }
      if (messageId === 4) return { kind: 'unknown', error: providerError('timeout') }
      return { kind: 'accepted', trackingId: `track-${messageId}` }
    })
    test.clock.advance(200)
  }
  await applyStatus(test, { trackingId: 'track-1', status: 'delivered' })
  await claim(test, { room: 1 })
  return test
}

/** As an administrator would, with the guards taken away. */
function byHand({ dbPath }: TestApp, ...statements: string[]): void {
  const connection = new SqliteConnection(dbPath)
  connection.pragma('foreign_keys = OFF')
  connection.pragma('ignore_check_constraints = ON')
  for (const { name } of connection.prepare(`SELECT name FROM sqlite_schema WHERE type = 'trigger'`).all() as {
    name: string
  }[])
    connection.exec(`DROP TRIGGER ${name}`)
  for (const statement of statements) expect(connection.prepare(statement).run().changes).toBeGreaterThan(0)
  connection.close()
}

async function brokenChecks(test: TestApp): Promise<string[]> {
  const { ok, checks } = await verify(test.ctx)
  const broken = checks.filter((check) => !check.ok)
  expect(ok).toBe(broken.length === 0)
  for (const check of broken) expect(check.broken.length).toBeGreaterThan(0)
  return broken.map((check) => check.name)
}

const changes: [string, string, string[]][] = [
  [
    'a message that was failed is called accepted',
    `UPDATE messages SET status = 'accepted', reason = NULL WHERE id = 3`,
    ['counts'],
  ],
  [
    'a pending message is called accepted',
    `UPDATE messages SET status = 'accepted', accepted_at = 1 WHERE id = 7`,
    ['counts', 'evidence'],
  ],
  [
    'a pending message is called delivered',
    `UPDATE messages SET status = 'delivered' WHERE id = 7`,
    ['counts', 'evidence'],
  ],
  [
    'a delivered message is called failed',
    `UPDATE messages SET status = 'failed', reason = 'x', failed_at = 1 WHERE id = 1`,
    ['counts', 'instants_fit'],
  ],
  [
    'a delivered message is called accepted',
    `UPDATE messages SET status = 'accepted' WHERE id = 1`,
    ['counts', 'instants_fit'],
  ],
  ['a delivered message is called pending', `UPDATE messages SET status = 'pending' WHERE id = 1`, ['counts']],
  [
    'a pending message is called sending',
    `UPDATE messages SET status = 'sending', node_id = 1, attempt_id = 1 WHERE id = 7`,
    ['counts', 'attempts'],
  ],
  [
    'a message on the wire belongs to a process that never was',
    `UPDATE messages SET node_id = 999 WHERE id = 6`,
    ['owners'],
  ],
  ['a skipped message has no reason', `UPDATE messages SET reason = NULL WHERE id = 5`, ['counts', 'reasons']],
  ['a skipped message has another reason', `UPDATE messages SET reason = 'blocked_by_hand' WHERE id = 5`, ['counts']],
  ['a message is deleted', 'DELETE FROM messages WHERE id = 8', ['books_balance', 'counts']],
  [
    'a message is added',
    `INSERT INTO messages (run_id, contact_id, revision_id, status, scheduled_at, due_at, expires_at, created_at)
     VALUES (1, 999, 1, 'pending', 1, 1, 1, 1)`,
    ['books_balance', 'counts', 'foreign_messages'],
  ],
  ['the audience is said to be larger', 'UPDATE runs SET audience_count = audience_count + 1', ['books_balance']],
  [
    'a counter is raised',
    `UPDATE run_counts SET count = count + 1 WHERE status = 'accepted'`,
    ['campaign_counts', 'counts'],
  ],
  ['a counter is lost', `DELETE FROM run_counts WHERE status = 'failed'`, ['campaign_counts', 'counts']],
  [
    'a counter of a campaign is raised',
    `UPDATE campaign_counts SET count = count + 1 WHERE status = 'accepted'`,
    ['campaign_counts'],
  ],
  ['a counter of a campaign is lost', `DELETE FROM campaign_counts WHERE status = 'failed'`, ['campaign_counts']],
  ['a run is called finished while messages wait', `UPDATE runs SET status = 'finished'`, ['run_is_over']],
  ['a run is called cancelled while messages wait', `UPDATE runs SET status = 'cancelled'`, ['run_is_over']],
  ['an attempt is deleted', 'DELETE FROM attempts WHERE message_id = 2', ['attempts', 'evidence']],
  ['a message counts more attempts than were made', 'UPDATE messages SET attempts = 9 WHERE id = 2', ['attempts']],
  [
    'the open attempt of a message on the wire is closed',
    `UPDATE attempts SET ended_at = 1, outcome = 'unknown' WHERE message_id = 6`,
    ['attempts'],
  ],
  [
    'an attempt is dated after the end of the validity',
    'UPDATE attempts SET start_at_us = 9000000000000000 WHERE message_id = 2',
    ['validity'],
  ],
  ['the instant of acceptance is lost', 'UPDATE messages SET accepted_at = NULL WHERE id = 2', ['evidence']],
  [
    'a suppression is dated before the message',
    `INSERT INTO suppressions (key, scope, reason, evidence, created_at)
     SELECT key, 'all', 'blocked', 'by hand', 1 FROM contacts WHERE id = 2`,
    ['suppressions'],
  ],
  ['a place in the caps is lost', 'DELETE FROM cap_uses WHERE message_id = 2', ['caps_counted']],
  [
    'a place in the caps is invented',
    'INSERT INTO cap_uses (message_id, contact_id, campaign_id, at) VALUES (999, 2, 1, 1)',
    ['cap_places'],
  ],
  [
    'a place in the caps is held by somebody who was skipped',
    'INSERT INTO cap_uses (message_id, contact_id, campaign_id, at) VALUES (5, 5, 1, 1)',
    ['cap_places'],
  ],
  [
    'a place in the caps is another person’s',
    'UPDATE cap_uses SET contact_id = 7 WHERE message_id = 2',
    ['cap_places'],
  ],
  ['a person is taken out of a list', 'DELETE FROM list_members WHERE contact_id = 7', ['members']],
  ['a contact is deleted', 'DELETE FROM contacts WHERE id = 7', ['foreign_messages']],
  [
    'a message belongs to no run',
    'UPDATE messages SET run_id = 999 WHERE id = 7',
    ['books_balance', 'counts', 'foreign_messages'],
  ],
  ['a message moves to another person', 'UPDATE messages SET contact_id = 999 WHERE id = 7', ['foreign_messages']],
]

describe('verify', () => {
  it('finds nothing where nobody changed anything', async () => {
    const test = await everyKind()
    expect(await brokenChecks(test)).toEqual([])
    test.clock.advance(60_000)
    await record(test, await claimAll(test))
    expect(await brokenChecks(test)).toEqual([])
  })

  it.each(changes)('finds that %s', async (_what, statement, names) => {
    const test = await everyKind()
    byHand(test, statement)
    expect(await brokenChecks(test)).toEqual(expect.arrayContaining(names))
  })

  it('finds a change that every guard allows: an accepted message called delivered without its counter', async () => {
    const test = await everyKind()
    const connection = new SqliteConnection(test.dbPath)
    onTestFinished(() => void connection.close())
    connection.exec(`UPDATE messages SET status = 'delivered', delivered_at = 1 WHERE id = 2`)
    expect(await brokenChecks(test)).toEqual(['counts'])
  })

  it('finds a callback that nobody applied for five minutes', async () => {
    const test = await everyKind()
    const received = test.clock.now()
    byHand(
      test,
      `INSERT INTO webhook_events (sender_id, received_at, body_sha256, body, next_try_at) VALUES (1, ${received}, 'x', '{}', ${received})`,
    )
    test.clock.advance(299_999)
    expect(await brokenChecks(test)).toEqual([])
    test.clock.advance(2)
    expect(await brokenChecks(test)).toEqual(['callbacks'])
  })

  it('names the rows that are wrong, of one campaign when it is asked for', async () => {
    const test = await everyKind()
    byHand(test, 'DELETE FROM messages WHERE id = 8')
    const { checks } = await verify(test.ctx, { campaign: 'Spring sale' })
    expect(checks.find((check) => check.name === 'books_balance')?.broken).toEqual(['run_1: audience 8, messages 7'])
    await expect(verify(test.ctx, { campaign: 'nobody' })).rejects.toMatchObject({ code: 'campaign.not_found' })
  })
})

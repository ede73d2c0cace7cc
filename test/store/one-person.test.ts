// What is asked about one person reads the messages of that person, however many others there are: in every statement the runs
// lead, and each has one look-up in its index.
import { expect, it } from 'vitest'
import { eraseContact, findContact } from '../../src/store/contacts.ts'
import { CountChanges } from '../../src/store/counts.ts'
import type { WriteTx } from '../../src/store/database.ts'
import { findMessageOf, listMessagesOf, listOpenRunsOf } from '../../src/store/people.ts'
import { redateOf } from '../../src/store/redating.ts'
import { suppress } from '../../src/store/suppressions.ts'
import { importPeople, openTestApp } from '../support/open-test-app.ts'
import { present } from '../support/present.ts'

const asked: [string, (tx: WriteTx) => Promise<unknown>][] = [
  ['the newest message of a campaign', (tx) => findMessageOf(tx, 1, 1)],
  ['everything sent to a person', (tx) => listMessagesOf(tx, 1, { before: 5000, limit: 20 })],
  ['runs at work that have a message for a person', (tx) => listOpenRunsOf(tx, 1)],
  [
    'what waits and is looked at again',
    (tx) => redateOf(tx, { contactId: 1, reasons: ['frequency_cap'] }, new CountChanges()),
  ],
  [
    'what a suppression ends',
    (tx) =>
      suppress(
        tx,
        { contactId: 1, scope: 'all', reason: 'blocked', evidence: 'test' },
        present(Date.now()),
        new CountChanges(),
      ),
  ],
  [
    'what an erasure empties',
    async (tx) => {
      const contact = await findContact(tx, 'con_1')
      if (contact !== undefined) await eraseContact(tx, contact, 'hash', Date.now())
    },
  ],
]

it.each(asked)('reads no messages of others for %s', async (_, ask) => {
  const test = await openTestApp()
  await importPeople(test, 1)
  const plans = await test.ctx.db.write(async (tx) => {
    const statements: [string, readonly (string | number | null)[]][] = []
    await ask(recorded(tx, statements))
    const found: string[] = []
    for (const [sql, params] of statements)
      for (const { detail } of await tx.all<{ detail: string }>(`EXPLAIN QUERY PLAN ${sql}`, params)) found.push(detail)
    return found
  })
  expect(plans.length).toBeGreaterThan(0)
  expect(plans.filter((detail) => /^SCAN m\b/.test(detail))).toEqual([])
})

/** The transaction, which notes what is asked of it. */
function recorded(tx: WriteTx, statements: [string, readonly (string | number | null)[]][]): WriteTx {
  return new Proxy(tx, {
    get: (target, name) => {
      const value = Reflect.get(target, name)
      if (typeof value !== 'function' || !['all', 'get', 'run'].includes(String(name))) return value
      return (sql: string, params: readonly (string | number | null)[] = []) => {
        statements.push([sql, params])
        return value.call(target, sql, params)
      }
    },
  })
}

// One person with hundreds of messages, and thousands of suppressions: pages with a mark, by indexes that answer the question.
import SqliteConnection from 'better-sqlite3'
import { expect, it } from 'vitest'
import { fillCrowd } from '../../../bench/crowd.ts'
import { showContact } from '../../../src/engine/contacts/contacts.ts'
import { exportContacts } from '../../../src/engine/contacts/export-contacts.ts'
import { showListContacts } from '../../../src/engine/contacts/list-contacts.ts'
import { exportSuppressions, removeSuppression, showSuppressions } from '../../../src/engine/contacts/suppressions.ts'
import { countStatements } from '../../support/counted-statements.ts'
import { addSandbox, openTestApp, type TestApp } from '../../support/open-test-app.ts'

/** Every run has a message for nearly everybody. */
async function crowded({ campaigns = 40, people = 20 } = {}): Promise<TestApp> {
  const test = await openTestApp()
  await addSandbox(test, { name: 'Sender 00001' })
  const connection = new SqliteConnection(test.dbPath)
  const size = { campaigns, lists: 5, senders: 1, people, messages: campaigns * 300, replies: 30 }
  fillCrowd(connection, { ...size, at: test.clock.now() })
  connection.close()
  return test
}

it('F12: a person is shown with the newest hundred messages, and page by page with all', async () => {
  const test = await crowded()
  const counted = countStatements()
  const first = await showContact(test.ctx, 'con_5')
  // With the beginning and the end of each transaction.
  expect(counted.texts().length).toBeLessThan(40)
  expect(first).toMatchObject({ hasOlderMessages: true, messages: { length: 100 } })
  const seen: string[] = []
  for (let before: string | undefined; ; before = seen.at(-1)) {
    const { messages, hasOlderMessages } = await showContact(test.ctx, 'con_5', { before })
    seen.push(...messages.map(({ id }) => id))
    if (!hasOlderMessages) break
  }
  const copy = await showContact(test.ctx, 'con_5', { isCopy: true })
  expect(seen).toEqual(copy.messages.map(({ id }) => id))
  expect(new Set(seen).size).toBe(seen.length)
})

it('F12: an export asks the lists of each person of an index, and not of every membership', async () => {
  const test = await crowded({ campaigns: 8, people: 300 })
  const counted = countStatements()
  const { header, lines } = await exportContacts(test.ctx, {}, false)
  const rows = []
  for await (const slice of lines) rows.push(...slice)
  expect(rows).toHaveLength(300)
  expect(rows[0]?.[header.indexOf('herald_lists')]).toContain('List 00001')
  const explain = new SqliteConnection(test.dbPath, { readonly: true })
  const details = counted
    .texts()
    .filter((sql) => sql.includes('json_group_array'))
    .flatMap((sql) => {
      const params = [...sql.matchAll(/\?/g)].map(() => 1)
      return explain.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...params) as { detail: string }[]
    })
    .map(({ detail }) => detail)
  explain.close()
  expect(details).toContain('SEARCH lm USING INDEX list_members_contact (contact_id=?)')
  expect(details.filter((detail) => /^SCAN (?:lm|l|s|c)\b/.test(detail))).toEqual([])
})

it('F12: a number is searched in a short list among its members, and paged by number', async () => {
  const test = await crowded({ campaigns: 8, people: 400 })
  const counted = countStatements()
  const first = await showListContacts(test.ctx, 'List 00002', { limit: 30, search: '+44 740' })
  expect(first).toMatchObject({ items: { length: 30 }, isCut: false, next: expect.any(String) })
  expect(counted.texts().length).toBeLessThan(25)
  const seen = first.items.map(({ phone }) => phone)
  for (let after = first.next; after !== null; ) {
    const page = await showListContacts(test.ctx, 'List 00002', { limit: 30, search: '+44740', after })
    seen.push(...page.items.map(({ phone }) => phone))
    after = page.next
  }
  expect(seen).toHaveLength(100)
  expect(seen).toEqual([...new Set(seen)].sort())
  const one = await showListContacts(test.ctx, 'List 00002', { limit: 30, search: seen[7] ?? '' })
  expect(one.items.map(({ phone }) => phone)).toEqual([seen[7]])
})

/** Suppressions of numbers that follow each other, every tenth of everything. */
async function suppressed(count: number): Promise<TestApp> {
  const test = await openTestApp()
  const connection = new SqliteConnection(test.dbPath)
  connection.exec(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${count})
    INSERT INTO suppressions (key, scope, reason, evidence, created_at)
    SELECT printf('1202555%04d', i), iif(i % 10 = 0, 'all', 'marketing'), iif(i = 3, 'blocked', 'opted_out'), '=STOP', 1000 * i FROM n`)
  connection.close()
  return test
}

it('F12: suppressions of a rare kind are read by their index, newest first', async () => {
  const test = await suppressed(3000)
  const counted = countStatements()
  expect(await showSuppressions(test.ctx, { limit: 5, reason: 'blocked' })).toMatchObject([{ phone: '+12025550003' }])
  const rare = await showSuppressions(test.ctx, { limit: 3, scope: 'all' })
  expect(rare.map(({ phone }) => phone)).toEqual(['+12025553000', '+12025552990', '+12025552980'])
  const explain = new SqliteConnection(test.dbPath, { readonly: true })
  for (const sql of counted.texts().filter((text) => text.includes('suppressions_kind'))) {
    const plan = explain.prepare(`EXPLAIN QUERY PLAN ${sql}`).all([...sql.matchAll(/\?/g)].map(() => 1)) as {
      detail: string
    }[]
    const scans = plan.map(({ detail }) => detail).filter((detail) => /^SCAN (?:s|suppressions)\b/.test(detail))
    expect(scans).toEqual([])
  }
  explain.close()
})

it('F12: suppressions are searched by how the number begins, in the order of numbers, and paged behind the last one seen', async () => {
  const { ctx } = await suppressed(3000)
  const first = await showSuppressions(ctx, { limit: 3, phone: '+1 202 555-1' })
  expect(first.map(({ phone }) => phone)).toEqual(['+12025551000', '+12025551001', '+12025551002'])
  const next = await showSuppressions(ctx, { limit: 2, phone: '+1 202 555-1', before: first.at(-1)?.id })
  expect(next.map(({ phone }) => phone)).toEqual(['+12025551003', '+12025551004'])
  expect(await showSuppressions(ctx, { limit: 9, phone: '1202555', reason: 'blocked' })).toHaveLength(1)
  await removeSuppression(ctx, '+12025551002', undefined)
  await expect(
    showSuppressions(ctx, { limit: 2, phone: '+1 202 555-1', before: first.at(-1)?.id }),
  ).rejects.toMatchObject({ code: 'cursor.invalid' })
})

it('I15: all suppressions are exported, or those of a kind', async () => {
  const { ctx } = await suppressed(2500)
  const read = async (filter: Parameters<typeof exportSuppressions>[1]) => {
    const rows = []
    for await (const slice of exportSuppressions(ctx, filter).lines) rows.push(...slice)
    return rows
  }
  expect(await read({})).toHaveLength(2500)
  expect(await read({ scope: 'all' })).toHaveLength(250)
  expect(await read({ reason: 'blocked', isRaw: true })).toEqual([
    ['+12025550003', 'marketing', 'blocked', '1970-01-01T00:00:03Z', '=STOP'],
  ])
})

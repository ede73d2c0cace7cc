// What is read on behalf of people: by a connection that cannot write, with their texts as texts, and never so long that
// others wait.
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it, vi } from 'vitest'
import { countAudience } from '../../src/engine/campaigns/audience-count.ts'
import { showListContacts } from '../../src/engine/contacts/list-contacts.ts'
import { documentOf, type Schema } from '../support/all-routes.ts'
import { type ApiClient, serveApi } from '../support/api-client.ts'
import { turn } from '../support/fake-clock.ts'
import { isOnPostgres } from '../support/on-postgres.ts'
import { addTestCampaign, importLines, importPeople, openTestApp } from '../support/open-test-app.ts'

it('SR-33 happens on a connection that can only read', async () => {
  const { ctx } = await openTestApp()
  for (const sql of [
    `INSERT INTO settings (key, value) VALUES ('x', '1')`,
    'CREATE TABLE x (a)',
    'DELETE FROM settings',
    `UPDATE settings SET value = '1'`,
    'DROP TABLE settings',
    `PRAGMA user_version = 7`,
  ])
    await expect(
      ctx.db.read((tx) => tx.get(sql)),
      sql,
    ).rejects.toThrow()
  expect(await ctx.db.read((tx) => tx.get(`SELECT count(*) AS n FROM settings WHERE key = 'x'`))).toEqual({ n: 0 })
  // Not even what it could do to its own schema, or with code from a file.
  if (isOnPostgres) {
    const widened = ctx.db.read(async (tx) => {
      await tx.get('SELECT 1')
      await tx.get('SET TRANSACTION READ WRITE')
    })
    await expect(widened).rejects.toThrow()
    return
  }
  await ctx.db.read((tx) => tx.all('PRAGMA writable_schema = ON')).catch(() => {})
  await expect(ctx.db.read((tx) => tx.get(`UPDATE sqlite_schema SET sql = ''`))).rejects.toThrow()
  await expect(ctx.db.read((tx) => tx.get(`SELECT load_extension('/tmp/x.so')`))).rejects.toThrow(
    /no such function|not authorized/,
  )
  await expect(ctx.db.read((tx) => tx.get(`SELECT readfile('/etc/passwd')`))).rejects.toThrow(/no such function/)
})

/** A value with every field of a schema, and a text in every place that takes one. */
function filled(schema: Schema, schemas: Record<string, Schema>, text: string, depth = 0): unknown {
  const inner = (part: Schema) => filled(part, schemas, text, depth + 1)
  if (depth > 8) return text
  if (schema.$ref !== undefined) return inner(schemas[schema.$ref.split('/').at(-1) ?? ''] ?? {})
  const choice = (schema.anyOf ?? schema.oneOf)?.[0]
  if (choice !== undefined) return inner(choice)
  if (schema.const !== undefined) return schema.const
  const type = Array.isArray(schema.type) ? schema.type[0] : schema.type
  if (type === 'object')
    return Object.fromEntries(Object.entries(schema.properties ?? {}).map(([name, part]) => [name, inner(part)]))
  if (type === 'array') return [inner(schema.items ?? {})]
  if (type === 'integer' || type === 'number') return 1
  if (type === 'boolean') return true
  return text
}

async function state({ ctx, dir }: ApiClient) {
  const look = (sql: string) => ctx.db.read((tx) => tx.all(sql))
  if (isOnPostgres)
    return {
      databases: await look('SELECT nspname::text FROM pg_namespace ORDER BY 1'),
      schema: await look('SELECT relname::text, relkind::text FROM pg_class ORDER BY oid'),
      files: readdirSync(dir),
      pragmas: await look('SELECT (SELECT count(*) FROM contacts) AS contacts, (SELECT count(*) FROM users) AS users'),
    }
  return {
    databases: ((await look('PRAGMA database_list')) as { name: string }[]).map(({ name }) => name),
    schema: await look('SELECT type, name, sql FROM sqlite_schema ORDER BY name'),
    files: readdirSync(dir).filter((name) => !/^herald\.db|\.csv$/.test(name)),
    pragmas: await look('SELECT (SELECT count(*) FROM contacts) AS contacts, (SELECT count(*) FROM users) AS users'),
  }
}

it('SR-33 takes ATTACH, PRAGMA and their like for texts, in every text of every operation', async () => {
  const client = await serveApi({ env: { HERALD_REQUESTS_PER_SECOND: '100000' } })
  await importPeople(client, 3)
  await addTestCampaign(client, { sender: 'sandbox' })
  const attacks = [
    `x'; ATTACH '${join(client.dir, 'owned.db')}' AS owned; --`,
    `") UNION SELECT password_hash FROM users; PRAGMA writable_schema = ON; --`,
    `x'); COPY users TO '${join(client.dir, 'copy.csv')}'; CREATE TABLE owned AS SELECT * FROM users; --`,
    `%' ESCAPE '!' OR 1=1); VACUUM INTO '${join(client.dir, 'copy.db')}' --`,
  ]
  const before = await state(client)
  const { paths, components } = documentOf(client)
  let asked = 0
  for (const [path, item] of Object.entries<
    Record<
      string,
      { parameters?: { name: string; in: string }[]; requestBody?: { content: Record<string, { schema?: Schema }> } }
    >
  >(paths))
    for (const [method, operation] of Object.entries(item))
      for (const attack of attacks) {
        const inQuery = (operation.parameters ?? []).filter((one) => one.in === 'query')
        const query = new URLSearchParams(inQuery.map(({ name }): [string, string] => [name, attack]))
        const schema = operation.requestBody?.content['application/json']?.schema
        const stop = new AbortController()
        const response = await fetch(
          `${client.base}/api/v1${path.replace(/\{[^}]+\}/g, encodeURIComponent(attack))}?${query}`,
          {
            method: method.toUpperCase(),
            headers: { authorization: `Bearer ${client.keys.admin}`, 'content-type': 'application/json' },
            ...(schema && { body: JSON.stringify(filled(schema, components.schemas, attack)) }),
            signal: stop.signal,
          },
        )
        expect(response.status, `${method} ${path}`).toBeLessThan(500)
        stop.abort()
        asked++
      }
  expect(asked).toBeGreaterThan(200)
  // One parameter at a time where all at once are refused: what is searched for is a text.
  for (const attack of attacks)
    for (const address of [
      '/campaigns?q=',
      '/lists/people/contacts?search=',
      '/suppressions?phone=',
      '/templates?sender=',
    ]) {
      const { status, text } = await client.api(`${address}${encodeURIComponent(attack)}`)
      expect(status, address).toBeLessThan(500)
      expect(text).not.toMatch(/scrypt\$/)
    }
  const filter = (value: object) =>
    client.api('/previews/audience', { method: 'POST', body: { audience: { lists: ['people'], filter: value } } })
  for (const attack of attacks)
    for (const operator of ['is', 'contains', 'startsWith', 'endsWith'])
      expect((await filter({ field: 'first_name', [operator]: attack })).body.people).toBe(0)
  for (const attack of attacks) {
    expect((await filter({ field: attack.slice(0, 60), is: 'x' })).body.people ?? 0).toBe(0)
    expect((await filter({ not: { field: 'first_name', is: attack } })).body.people).toBe(3)
  }
  expect(await state(client)).toEqual(before)
})

it('SR-33 looks for a text in slices, lets others in between them, and stops after its time', async () => {
  const test = await openTestApp()
  await importLines(test, [
    'phone,note',
    ...Array.from(
      { length: 5_000 },
      (_, n) => `+1${201 + (n % 50)}555${String(100 + Math.floor(n / 50)).padStart(4, '0')},note ${n}`,
    ),
  ])
  const slices: number[] = []
  let others = 0
  const { read } = test.ctx.db
  vi.spyOn(test.ctx.db, 'read').mockImplementation(async (fn) => {
    slices.push(others)
    // Each slice takes 900 ms on this day.
    test.clock.advance(900)
    return read.call(test.ctx.db, fn) as never
  })
  let isOver = false
  const turning = (async () => {
    while (!isOver) {
      await turn()
      others++
    }
  })()
  const first = await showListContacts(test.ctx, 'people', { limit: 50, search: 'is nowhere' })
  isOver = true
  await turning
  expect(first).toMatchObject({ items: [], isCut: true, next: expect.stringMatching(/^con_\d+$/) })
  expect(slices.length).toBeLessThanOrEqual(4)
  // Somebody else had a turn between each two of them.
  for (const [n, before] of slices.entries()) if (n > 1) expect(before).toBeGreaterThan(slices[n - 1] ?? 0)
  const rest = await showListContacts(test.ctx, 'people', { limit: 50, search: 'is nowhere', after: first.next ?? '' })
  expect(rest.next === null || rest.isCut).toBe(true)
})

it('SR-33 counts fewer people at once when a filter makes each of them dear, and more when it does not', async () => {
  const test = await openTestApp()
  await importPeople(test, 90)
  await test.ctx.db.write((tx) =>
    tx.run(
      `WITH RECURSIVE n(i) AS (SELECT 1000 UNION ALL SELECT i + 1 FROM n WHERE i < 8999)
       INSERT INTO contacts (key, phone, attributes, created_at, updated_at) SELECT 'x' || i, '+1' || i, '{}', 0, 0 FROM n`,
    ),
  )
  await test.ctx.db.write((tx) =>
    tx.run(
      `INSERT INTO list_members (list_id, contact_id, added_at) SELECT 1, id, 0 FROM contacts WHERE key LIKE 'x%'`,
    ),
  )
  const slicesWhenOneTakes = async (ms: number) => {
    let at = 0
    const looks = vi.spyOn(test.clock, 'monotonic').mockImplementation(() => {
      at += ms
      return at
    })
    const spy = vi.spyOn(test.ctx.db, 'read')
    expect((await countAudience(test.ctx, { lists: ['people'] })).people).toBe(8_090)
    const slices = spy.mock.calls.length
    spy.mockRestore()
    looks.mockRestore()
    return slices
  }
  expect(await slicesWhenOneTakes(1)).toBeLessThan(10)
  expect(await slicesWhenOneTakes(100)).toBeGreaterThan(100)
})

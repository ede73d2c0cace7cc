// What is saved of a damaged database, row by row, compared with what its pages held before: every row of a page that is whole.
import { closeSync, copyFileSync, existsSync, openSync, rmSync, statSync, truncateSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import SqliteConnection from 'better-sqlite3'
import { describe, expect, it } from 'vitest'
import { prepareSqlite } from '../../src/store/migrate.ts'
import { type SalvagedTable, salvage, salvagedTables } from '../../src/store/restore/salvage.ts'
import { tempDir } from '../support/open-test-app.ts'

const PATIENCE = { timeout: 120_000 }
const PAGE_BYTES = 4096
const PEOPLE = 3_000

/** A database whose tables have many pages each, mixed with each other; everything is in the file itself. */
async function filled(): Promise<string> {
  const path = join(tempDir(), 'old.db')
  await prepareSqlite(path, { appVersion: '0', mayCreate: true })
  const db = new SqliteConnection(path)
  db.pragma('secure_delete = ON')
  db.exec(`INSERT INTO senders (name, provider, account, status, credentials, webhook_token, rate_per_second, pair_interval_ms, created_at)
    VALUES ('s', 'sandbox', 'a', 'active', '{}', 'token', 20, 0, 5);
    INSERT INTO campaigns (name, status, sender_id, priority, created_at, updated_at) VALUES ('c', 'running', 1, 0, 5, 5);
    INSERT INTO campaign_revisions (campaign_id, number, definition, use_case, tags, created_at) VALUES (1, 1, '{"text":"${'x'.repeat(9000)}"}', 'marketing', '[]', 5);
    INSERT INTO runs (campaign_id, revision_id, sender_id, kind, occurrence_key, occurrence_at, occurrence_local, status, warnings, created_at)
    VALUES (1, 1, 1, 'scheduled', 'now', 5, 5, 'sending', '[]', 5)`)
  for (let from = 1; from < PEOPLE; from += 500) db.transaction(() => addPeople(db, from, from + 500))()
  db.pragma('wal_checkpoint(TRUNCATE)')
  db.close()
  return path
}

function addPeople(db: SqliteConnection.Database, from: number, until: number): void {
  const numbers = `WITH RECURSIVE n (i) AS (SELECT ${from} UNION ALL SELECT i + 1 FROM n WHERE i < ${until - 1})`
  db.exec(`INSERT INTO contacts (id, key, phone, attributes, zone, created_at, updated_at, erased_at)
      ${numbers} SELECT i, CASE WHEN i % 50 = 0 THEN 'erased:h' || i ELSE '1202555' || i END, CASE WHEN i % 50 = 0 THEN '' ELSE '+1202555' || i END,
        CASE WHEN i % 97 = 1 THEN '{"note":"' || hex(zeroblob(3000)) || '"}' ELSE '{}' END, 'Europe/Berlin', 1764000000000 + i, 1764000000000, CASE WHEN i % 50 = 0 THEN 9 END FROM n;
    INSERT INTO suppressions (key, scope, reason, evidence, created_at) ${numbers} SELECT '1202555' || i, 'marketing', 'opted_out', 'STOP', i FROM n WHERE i % 3 = 1;
    INSERT INTO messages (id, run_id, contact_id, revision_id, status, scheduled_at, due_at, expires_at, created_at, attempts, accepted_at)
      ${numbers} SELECT i, 1, i, 1, CASE WHEN i % 2 THEN 'accepted' ELSE 'pending' END, 1764000000000, 1764000000000 + i, 1765000000000, 1764000000000, i % 2, CASE WHEN i % 2 THEN 1764000000000 END FROM n;
    INSERT INTO attempts (message_id, node_id, sender_id, account, start_at_us, outcome, tracking_id)
      ${numbers} SELECT i, 1, 1, 'a', 1764000000000000 + i, 'accepted', 'track-' || i FROM n WHERE i % 2;
    INSERT INTO cap_uses (message_id, contact_id, campaign_id, at) ${numbers} SELECT i, i, 1, 1764000000000 FROM n WHERE i % 2`)
}

interface Place {
  page: number
  /** Further pages that its longest rows go on in. */
  more: number[]
  rows: Record<string, unknown>[]
}

/** Which rows of a table are on which page, by SQLite itself. */
function placesOf(db: SqliteConnection.Database, table: string): Place[] {
  const pages = db
    .prepare('SELECT path, pageno, pagetype, ncell FROM dbstat WHERE name = ? ORDER BY path')
    .all(table) as { path: string; pageno: number; pagetype: string; ncell: number }[]
  const rows = db.prepare(`SELECT rowid AS "~", * FROM "${table}" ORDER BY rowid`).all() as Record<string, unknown>[]
  let from = 0
  return pages
    .filter(({ pagetype }) => pagetype === 'leaf')
    .map(({ path, pageno, ncell }) => {
      from += ncell
      const more = pages.filter((other) => other.pagetype === 'overflow' && other.path.startsWith(path))
      return { page: pageno, more: more.map((other) => other.pageno), rows: rows.slice(from - ncell, from) }
    })
}

interface Before {
  tables: Map<string, Place[]>
  pageCount: number
}

function lookAt(path: string): Before {
  const db = new SqliteConnection(path, { readonly: true })
  try {
    const tables = new Map(salvagedTables.map((table) => [table as string, placesOf(db, table)]))
    return { tables, pageCount: statSync(path).size / PAGE_BYTES }
  } finally {
    db.close()
  }
}

interface After {
  tables: SalvagedTable[]
  rowsOf: (table: string) => Record<string, unknown>[]
}

async function salvaged(path: string): Promise<After> {
  const into = join(tempDir(), 'saved.db')
  const { tables } = await salvage(path, into, { appVersion: '0', now: 7 })
  const db = new SqliteConnection(into, { readonly: true })
  const rows = new Map(
    salvagedTables.map((table) => [table as string, db.prepare(`SELECT rowid AS "~", * FROM "${table}"`).all()]),
  )
  db.close()
  return { tables, rowsOf: (table) => (rows.get(table) ?? []) as Record<string, unknown>[] }
}

const notNumbered = ['settings', 'contact_senders', 'idempotency_keys']
const byText = (rows: Record<string, unknown>[], table: string) =>
  rows.map((row) => JSON.stringify(notNumbered.includes(table) ? { ...row, '~': 0 } : row)).sort()

/** Every row of every whole page is there as it was, nothing else is, and a table that lacks pages says so. */
function expectSaved(before: Before, after: After, isLost: (page: number) => boolean): void {
  for (const [table, places] of before.tables) {
    const lost = places.filter(({ page, more }) => isLost(page) || more.some(isLost))
    const whole = places.filter((place) => !lost.includes(place)).flatMap(({ rows }) => rows)
    // Of a page whose long rows are lost the others are still there.
    const all = new Set(
      byText(
        places.flatMap(({ rows }) => rows),
        table,
      ),
    )
    const found = new Set(
      byText(
        after.rowsOf(table).filter((row) => !isOfIndex(row)),
        table,
      ),
    )
    const missing = byText(whole, table).filter((text) => !found.has(text))
    const invented = [...found].filter((text) => !all.has(text))
    expect({ table, missing, invented }).toEqual({ table, missing: [], invented: [] })
    if (lost.length > 0) expect(after.tables).toContainEqual(expect.objectContaining({ table, hasGaps: true }))
  }
}

/** Known by an index only. */
function isOfIndex(row: Record<string, unknown>): boolean {
  return row.evidence === 'from the index of the damaged database' || row.created_at === 0
}

function erase(path: string, isLost: (page: number) => boolean): void {
  const file = openSync(path, 'r+')
  const pages = statSync(path).size / PAGE_BYTES
  for (let page = 1; page <= pages; page++)
    if (isLost(page)) writeSync(file, Buffer.alloc(PAGE_BYTES, 0), 0, PAGE_BYTES, (page - 1) * PAGE_BYTES)
  closeSync(file)
}

describe('P2: what is saved of a damaged database', PATIENCE, () => {
  it('is everything when nothing is damaged', async () => {
    const path = await filled()
    const before = lookAt(path)
    const after = await salvaged(path)
    expectSaved(before, after, () => false)
    expect(after.tables.filter(({ hasGaps }) => hasGaps)).toEqual([])
  })

  it.each([90, 70, 50, 30])('is every row that is left when the file is cut off at %i percent', async (percent) => {
    const path = await filled()
    const before = lookAt(path)
    const left = Math.floor((before.pageCount * percent) / 100)
    truncateSync(path, left * PAGE_BYTES + 100)
    expectSaved(before, await salvaged(path), (page) => page > left)
  })

  it.each([
    ['a hole in the middle', (page: number, count: number) => page > count * 0.4 && page < count * 0.6],
    ['its first page zeroed', (page: number) => page === 1],
    ['its first twenty pages zeroed', (page: number) => page <= 20],
    ['every seventh page zeroed', (page: number) => page % 7 === 0],
    ['only every seventh page left', (page: number) => page % 7 !== 0],
  ])('is every row on a whole page with %s', async (_what, isErased) => {
    const path = await filled()
    const before = lookAt(path)
    const isLost = (page: number) => isErased(page, before.pageCount)
    erase(path, isLost)
    expectSaved(before, await salvaged(path), isLost)
  })

  it('includes who opted out and who was erased when only an index tells', async () => {
    const path = await filled()
    const before = lookAt(path)
    const lost = new Set(
      ['suppressions', 'contacts'].flatMap((table) => before.tables.get(table)?.map(({ page }) => page) ?? []),
    )
    erase(path, (page) => lost.has(page))
    const after = await salvaged(path)
    const rows = (table: string) => (before.tables.get(table) ?? []).flatMap((place) => place.rows)
    expect(
      after
        .rowsOf('suppressions')
        .map(({ key }) => key)
        .sort(),
    ).toEqual(
      rows('suppressions')
        .map(({ key }) => key)
        .sort(),
    )
    const erased = rows('contacts').filter(({ erased_at }) => erased_at !== null)
    expect(after.rowsOf('contacts').map(({ id, key, erased_at }) => [id, key, erased_at])).toEqual(
      erased.map(({ id, key }) => [id, key, 7]),
    )
  })
})

/** A database whose last rows are in its log only, with the log. */
async function withLog(): Promise<{ path: string; log: string }> {
  const path = await filled()
  const db = new SqliteConnection(path)
  db.pragma('journal_mode = WAL')
  db.pragma('wal_autocheckpoint = 0')
  for (let i = 1; i <= 30; i++)
    db.prepare(
      `INSERT INTO suppressions (key, scope, reason, evidence, created_at) VALUES (?, 'all', 'opted_out', 'late', 1)`,
    ).run(`late-${i}`)
  const copy = join(tempDir(), 'copy.db')
  copyFileSync(path, copy)
  copyFileSync(`${path}-wal`, `${copy}-wal`)
  db.close()
  return { path: copy, log: `${copy}-wal` }
}

const lateOnes = (after: After) => after.rowsOf('suppressions').filter(({ evidence }) => evidence === 'late').length
const FRAME_BYTES = PAGE_BYTES + 24

describe('P2: the log of a damaged database', PATIENCE, () => {
  it('is read with it', async () => {
    const { path } = await withLog()
    const { tables } = await salvage(path, join(tempDir(), 'saved.db'), { appVersion: '0', now: 7 })
    expect(tables.some(({ hasGaps }) => hasGaps)).toBe(false)
    expect(lateOnes(await salvaged(path))).toBe(30)
  })

  it('is read as far as it goes when it is cut off', async () => {
    const { path, log } = await withLog()
    const frames = (statSync(log).size - 32) / FRAME_BYTES
    truncateSync(log, 32 + Math.floor(frames / 2) * FRAME_BYTES + 1000)
    const saved = lateOnes(await salvaged(path))
    expect(saved).toBeGreaterThan(5)
    expect(saved).toBeLessThan(25)
  })

  it('is read behind a damaged part too, where SQLite stops', async () => {
    const { path, log } = await withLog()
    const file = openSync(log, 'r+')
    writeSync(file, Buffer.alloc(2 * FRAME_BYTES, 7), 0, 2 * FRAME_BYTES, 32 + 4 * FRAME_BYTES)
    closeSync(file)
    const into = join(tempDir(), 'saved.db')
    const { isLogTorn } = await salvage(path, into, { appVersion: '0', now: 7 })
    expect(isLogTorn).toBe(true)
    expect(lateOnes(await salvaged(path))).toBe(30)
    expect(existsSync(log)).toBe(true)
  })

  it('that is missing leaves what the file has', async () => {
    const { path, log } = await withLog()
    rmSync(log)
    const after = await salvaged(path)
    expect(lateOnes(after)).toBe(0)
    expect(after.rowsOf('contacts').length).toBe(PEOPLE)
  })
})

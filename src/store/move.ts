// Moves an installation into another database, of either kind: every table in pages of its key, then both are compared by counts and
// hashes. Until that is done the new one says so, and nobody works on it; from then on the old one is a copy.
// Safe to kill: run again, tables that are whole stay, and the one that was under way is copied anew.
import { createHash } from 'node:crypto'
import { getTableConfig, type SQLiteTable } from 'drizzle-orm/sqlite-core'
import { AppError } from '../domain/errors.ts'
import { formatInstant } from '../domain/instant.ts'
import type { Database, ReadTx } from './database.ts'
import { besideOf, readOrigin } from './incarnation.ts'
import { listRunningNodes } from './nodes.ts'
import { storable } from './postgres-text.ts'
import * as model from './schema.ts'
import { findSetting, setSetting } from './settings.ts'
import { LIMIT, type Param } from './sql-dialect.ts'
import { hasUnfinishedImports } from './unfinished-imports.ts'

/** Rows of a page: a write of them keeps others waiting for a moment only. */
const ROWS = 1_000

export interface MoveOptions {
  now: number
  onStep: (table: string, rows: number) => void
}

export interface MovedTable {
  table: string
  rows: number
  sha256: string
}

export interface Moved {
  from: string
  to: string
  tables: MovedTable[]
}

type Row = Record<string, Param>

interface Table {
  name: string
  columns: string[]
  key: string[]
  /** Tables that its rows refer to. */
  before: string[]
}

/** What a row refers to comes before it. The settings come last, and end the move. */
const tables = inOrder(Object.values(model as unknown as Record<string, SQLiteTable>).map(readTable))

function readTable(table: SQLiteTable): Table {
  const { name, columns, primaryKeys, foreignKeys } = getTableConfig(table)
  const [composite] = primaryKeys
  const key = composite?.columns ?? columns.filter(({ primary }) => primary)
  return {
    name,
    columns: columns.map((column) => column.name),
    key: key.map((column) => column.name),
    before: foreignKeys.map((one) => getTableConfig(one.reference().foreignTable).name).filter((one) => one !== name),
  }
}

function inOrder(left: readonly Table[], placed: readonly Table[] = []): readonly Table[] {
  if (left.length === 0) return placed
  const names = new Set(placed.map(({ name }) => name))
  const next = left.filter(({ before }) => before.every((name) => names.has(name)))
  if (next.length === 0) throw new AppError('fault', `tables refer to each other: ${left.map(({ name }) => name)}`)
  return inOrder(
    left.filter((table) => !next.includes(table)),
    [...placed, ...next],
  )
}

const SETTINGS = 'settings'
/** Which moves are legal is written by the migrations. */
const OWN = ['status_moves']

/** Throws AppError db.in_use while either is at work, db.not_ours when the new one has something else in it, check.failed. */
export async function moveDatabase(from: Database, to: Database, options: MoveOptions): Promise<Moved> {
  await refuseAtWork(from, options.now)
  const installation = (await from.read(readOrigin)).installation
  const done = await beginMove(to, installation)
  const moved = tables.filter(({ name }) => name !== SETTINGS && !OWN.includes(name))
  for (const table of moved) {
    if (done.includes(table.name)) continue
    await copyTable(from, to, table, options)
    done.push(table.name)
    await to.write((tx) => setSetting(tx, 'moving', { installation, done }))
  }
  const compared: MovedTable[] = []
  for (const table of moved) compared.push(await compare(from, to, table))
  await endMove(from, to, options.now)
  return { from: from.shownName, to: to.shownName, tables: compared }
}

/** What a process holds that was killed is settled by its journal, which is beside the old database. */
async function refuseAtWork(db: Database, now: number): Promise<void> {
  const { running, sending, isImporting, moving } = await db.read(async (tx) => ({
    running: await listRunningNodes(tx),
    sending: await tx.get(`SELECT 1 FROM messages WHERE status = 'sending' LIMIT 1`),
    isImporting: await hasUnfinishedImports(tx),
    moving: await findSetting(tx, 'moving'),
  }))
  const { shownName } = db
  if (moving !== undefined)
    throw new AppError('db.in_use', `${shownName} is itself being moved`, { hint: 'Finish that move first.' })
  if (running.some(({ id, leaseUntil }) => db.isNodeAlive(id) || (leaseUntil > now && !db.isNodeGone(id))))
    throw new AppError('db.in_use', `another process is at work on ${shownName}`, {
      hint: 'Stop every herald process on it, then try again.',
    })
  if (sending !== undefined || isImporting)
    throw new AppError('db.in_use', `a process that worked on ${shownName} died and left something half done`, {
      hint: 'Start the service on it and stop it again, then move it.',
    })
}

/** Returns which tables are whole already. */
async function beginMove(to: Database, installation: string): Promise<string[]> {
  return to.write(async (tx) => {
    const moving = await findSetting(tx, 'moving')
    if (moving?.installation === installation) return moving.done
    const isUsed = (await tx.get('SELECT 1 FROM nodes LIMIT 1')) ?? (await tx.get('SELECT 1 FROM senders LIMIT 1'))
    if (moving !== undefined || isUsed !== undefined)
      throw new AppError('db.not_ours', `${to.shownName} is in use already`, { hint: 'Move into a new database.' })
    await setSetting(tx, 'moving', { installation, done: [] })
    return []
  })
}

async function copyTable(from: Database, to: Database, table: Table, { onStep }: MoveOptions): Promise<void> {
  await to.write((tx) => tx.run(`DELETE FROM ${table.name}`))
  const insert = `INSERT INTO ${table.name} (${table.columns.map((name) => `"${name}"`).join(', ')}) VALUES (${marks(table.columns)})`
  let rows = 0
  for await (const page of pagesOf(from, table)) {
    await to.write((tx) =>
      tx.runEach(
        insert,
        page.map((row) => valuesOf(table, row)),
      ),
    )
    rows += page.length
    onStep(table.name, rows)
  }
  await to.write(async (tx) => {
    const sql = tx.sql.nextIdBehind(table.name)
    if (sql !== undefined && table.columns.includes('id')) await tx.get(sql)
  })
}

async function* pagesOf(db: Database, { name, columns, key }: Table): AsyncGenerator<Row[]> {
  const order = key.map((column) => `"${column}"`).join(', ')
  const all = columns.map((column) => `"${column}"`).join(', ')
  for (let last: Row | undefined; ; ) {
    const after = last === undefined ? '' : `WHERE (${order}) > (${marks(key)})`
    const params = last === undefined ? [] : key.map((column) => last?.[column] ?? null)
    const page = await db.read((tx: ReadTx) =>
      tx.all<Row>(`SELECT ${all} FROM ${name} ${after} ORDER BY ${order} ${LIMIT}`, [...params, ROWS]),
    )
    if (page.length > 0) yield page
    if (page.length < ROWS) return
    last = page.at(-1)
  }
}

async function compare(from: Database, to: Database, table: Table): Promise<MovedTable> {
  const [before, after] = [await hashOf(from, table), await hashOf(to, table)]
  if (before.rows === after.rows && before.sha256 === after.sha256) return { table: table.name, ...after }
  throw new AppError(
    'check.failed',
    `${table.name} has ${before.rows} rows in ${from.shownName} and ${after.rows} in ${to.shownName}, or they differ`,
    { hint: 'Something wrote to one of them meanwhile. Move into a new database.' },
  )
}

async function hashOf(db: Database, table: Table): Promise<Omit<MovedTable, 'table'>> {
  const hash = createHash('sha256')
  let rows = 0
  for await (const page of pagesOf(db, table)) {
    rows += page.length
    for (const row of page) hash.update(`${JSON.stringify(valuesOf(table, row).map(storable))}\n`)
  }
  return { rows, sha256: hash.digest('hex') }
}

/** The settings, and with them the identity, take the place of those that the new one was made with: it goes on from here. */
async function endMove(from: Database, to: Database, now: number): Promise<void> {
  const rows = await from.read((tx) => tx.all<{ key: string; value: string }>('SELECT key, value FROM settings'))
  const note = await to.write(async (tx) => {
    await tx.run('DELETE FROM settings')
    await tx.runEach(
      'INSERT INTO settings (key, value) VALUES (?, ?)',
      rows.map(({ key, value }) => [key, value]),
    )
    const incarnation = await findSetting(tx, 'incarnation')
    return incarnation && besideOf(await readOrigin(tx), incarnation, to.notes.place)
  })
  if (note !== undefined) to.notes.writeNow(note)
  // A program that goes on with the old one by mistake sends nothing.
  await from.write(async (tx) => {
    await setSetting(tx, 'copied_at', formatInstant(now))
    await setSetting(tx, 'copy_of', (await readOrigin(tx)).installation)
  })
}

function valuesOf({ columns }: Table, row: Row): Param[] {
  return columns.map((column) => row[column] ?? null)
}

function marks(columns: readonly unknown[]): string {
  return columns.map(() => '?').join(', ')
}

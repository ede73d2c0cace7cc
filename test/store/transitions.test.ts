// Every pair of statuses tried as an UPDATE: the database allows it exactly when the rule's table does, and the
// drawings in docs/state-machines.md show the same moves.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type SqliteConnection from 'better-sqlite3'
import { describe, expect, it } from 'vitest'
import { campaignMoves } from '../../src/domain/campaign-status.ts'
import { messageMoves } from '../../src/domain/message-status.ts'
import { runMoves } from '../../src/domain/run-status.ts'
import { prepareSqlite } from '../../src/store/migrate.ts'
import { openConnection } from '../../src/store/sqlite-connection.ts'
import { tempDir } from '../support/open-test-app.ts'

interface Machine {
  name: 'message' | 'run' | 'campaign'
  table: string
  moves: Record<string, readonly string[]>
  insert: string
}

const machines: Machine[] = [
  {
    name: 'message',
    table: 'messages',
    moves: messageMoves,
    // Reason and holder are given, so that only the move itself can be refused.
    insert: `INSERT INTO messages (id, run_id, contact_id, revision_id, status, reason, node_id, attempt_id, scheduled_at, due_at, expires_at, created_at)
             VALUES (1, 1, 1, 1, ?, 'because', 1, 1, 1, 1, 1, 1)`,
  },
  {
    name: 'run',
    table: 'runs',
    moves: runMoves,
    insert: `INSERT INTO runs (id, campaign_id, revision_id, sender_id, kind, occurrence_key, occurrence_at, occurrence_local, status, warnings, created_at)
             VALUES (1, 1, 1, 1, 'scheduled', 'k', 1, 1, ?, '[]', 1)`,
  },
  {
    name: 'campaign',
    table: 'campaigns',
    moves: campaignMoves,
    insert: `INSERT INTO campaigns (id, name, status, sender_id, priority, created_at, updated_at) VALUES (1, 'c', ?, 1, 50, 1, 1)`,
  },
]

async function open(): Promise<SqliteConnection.Database> {
  const path = join(tempDir(), 'herald.db')
  await prepareSqlite(path, { appVersion: '0.0.0-test', mayCreate: true })
  const connection = openConnection(path, 'write')
  connection.pragma('foreign_keys = OFF')
  return connection
}

/** What the database does with one row at `from`. */
function isAllowed(db: SqliteConnection.Database, { table, insert }: Machine, from: string, to: string): boolean {
  db.exec('BEGIN')
  try {
    db.prepare(insert).run(from)
    return db.prepare(`UPDATE ${table} SET status = ? WHERE id = 1`).run(to).changes === 1
  } catch (error) {
    expect((error as Error).message).toMatch(/^illegal move of a /)
    return false
  } finally {
    db.exec('ROLLBACK')
  }
}

/** Moves of one drawing, `from → to`. */
function drawnMoves(name: string): string[] {
  const text = readFileSync(new URL('../../docs/state-machines.md', import.meta.url), 'utf8')
  const section = text.split(/^## /m).find((part) => part.toLowerCase().startsWith(`${name}\n`)) ?? ''
  const diagram = /```mermaid\n([\s\S]*?)```/.exec(section)?.[1] ?? ''
  return [...diagram.matchAll(/^\s*(\w+) --> (\w+)/gm)].map(([, from, to]) => `${from} → ${to}`)
}

describe.each(machines)('the moves of a $name', (machine) => {
  const statuses = Object.keys(machine.moves)
  const pairs = statuses.flatMap((from) => statuses.filter((to) => to !== from).map((to) => [from, to] as const))
  const legal = pairs.filter(([from, to]) => machine.moves[from]?.includes(to))

  it('are allowed by the database exactly when the rules allow them', async () => {
    const db = await open()
    const allowed = pairs.filter(([from, to]) => isAllowed(db, machine, from, to))
    expect(allowed.map((pair) => pair.join(' → '))).toEqual(legal.map((pair) => pair.join(' → ')))
    expect(pairs.length).toBe(statuses.length * (statuses.length - 1))
  })

  it('leave a status that stays as it is alone', async () => {
    const db = await open()
    for (const status of statuses) expect(isAllowed(db, machine, status, status)).toBe(true)
  })

  it('are drawn as they are', () => {
    const drawn = drawnMoves(machine.name)
    expect([...drawn].sort()).toEqual(legal.map((pair) => pair.join(' → ')).sort())
    expect(new Set(drawn).size).toBe(drawn.length)
  })

  it('can only be looked up under names that exist', async () => {
    const db = await open()
    const named = db
      .prepare(
        'SELECT DISTINCT from_status FROM status_moves WHERE machine = ? UNION SELECT to_status FROM status_moves WHERE machine = ?',
      )
      .pluck()
      .all(machine.name, machine.name)
    expect(named.filter((status) => !statuses.includes(String(status)))).toEqual([])
  })
})

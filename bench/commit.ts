// Durable commits a second with several writers at once, and how long the event loop waits for the disk meanwhile:
// the program's way beside synchronous=FULL with a commit for each transaction, in turns on the same file system.
// `npm run bench:commit -- --seconds 2 --rounds 3`
import { dirname, join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import SqliteConnection from 'better-sqlite3'
import { startThread } from '../dist/runtime/thread.js'
import { openDatabase } from '../dist/store/open-database.js'
import { bench, median, numberFlag } from './measure.ts'

const seconds = numberFlag('seconds', 2)
const rounds = numberFlag('rounds', 3)
const WRITERS = [1, 2, 8, 16]
const MESSAGES = 100_000
/** Ten messages a transaction: each moves, and an attempt is written for it. */
const BATCH = 10
const SYNCED_ALONE = 'FULL, one by one'
const SHARED = 'shared, synced beside'

type Run = (sql: string, params: (string | number)[]) => Promise<unknown>
type Write = (work: (run: Run) => Promise<void>) => Promise<unknown>
interface Way extends AsyncDisposable {
  write: Write
}
interface Found {
  perSecond: number
  delayP99Ms: number
}

/** A database of ours with two more tables, of the shape of messages and attempts. */
async function prepare(path: string): Promise<void> {
  await (await openDatabase(path, { appVersion: 'bench', filesFolder: dirname(path), mayCreate: true }))[
    Symbol.asyncDispose
  ]()
  const connection = new SqliteConnection(path)
  connection.pragma('synchronous = OFF')
  connection.exec(`
    CREATE TABLE bench_gates (id INTEGER PRIMARY KEY, last INTEGER);
    CREATE TABLE bench_messages (id INTEGER PRIMARY KEY, run INTEGER, status TEXT, due_at INTEGER, body TEXT);
    CREATE INDEX bench_due ON bench_messages (run, status, due_at);
    CREATE TABLE bench_attempts (id INTEGER PRIMARY KEY, message INTEGER, at INTEGER, reference TEXT UNIQUE);
    CREATE INDEX bench_message ON bench_attempts (message);
    INSERT INTO bench_gates VALUES (1, 0)`)
  connection.exec(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${MESSAGES})
    INSERT INTO bench_messages SELECT i, i % 7, 'pending', i, hex(zeroblob(60)) FROM n`)
  connection.close()
}

/** What a claim with its record writes. */
async function claimAndRecord(run: Run, n: number): Promise<void> {
  await run('UPDATE bench_gates SET last = ? WHERE id = 1', [n])
  for (let i = n; i < n + BATCH; i++) {
    const status = i % 2 === 0 ? 'sending' : 'accepted'
    await run('UPDATE bench_messages SET status = ?, due_at = ? WHERE id = ?', [status, i, (i * 7919) % MESSAGES])
    await run('INSERT INTO bench_attempts (message, at, reference) VALUES (?, ?, ?)', [i, i, `h1.abcdefgh.${i}`])
  }
}

async function ours(path: string): Promise<Way> {
  const db = await openDatabase(path, { appVersion: 'bench', filesFolder: dirname(path), startThread })
  return {
    write: (work) => db.write((tx) => work((sql, params) => tx.run(sql, params))),
    [Symbol.asyncDispose]: () => db[Symbol.asyncDispose](),
  }
}

/** A transaction is over when COMMIT is, and COMMIT waits for the disk. */
async function syncedAlone(path: string): Promise<Way> {
  const connection = new SqliteConnection(path)
  for (const pragma of ['synchronous = FULL', 'secure_delete = ON', 'cache_size = -65536']) connection.pragma(pragma)
  const statements = new Map<string, SqliteConnection.Statement>()
  const run: Run = async (sql, params) => {
    const statement = statements.get(sql) ?? connection.prepare(sql)
    statements.set(sql, statement)
    return statement.run(params)
  }
  let before: Promise<unknown> = Promise.resolve()
  const alone: Write = async (work) => {
    connection.exec('BEGIN IMMEDIATE')
    await work(run)
    connection.exec('COMMIT')
  }
  return {
    write: (work) => {
      before = before.then(() => alone(work))
      return before
    },
    [Symbol.asyncDispose]: async () => void connection.close(),
  }
}

async function measure(open: (path: string) => Promise<Way>, writers: number): Promise<Found> {
  await using place = bench()
  const path = join(place.dir, 'bench.db')
  await prepare(path)
  await using way = await open(path)
  const delay = monitorEventLoopDelay({ resolution: 1 })
  let written = 0
  const until = performance.now() + seconds * 1000
  delay.enable()
  const writer = async () => {
    while (performance.now() < until) {
      written += BATCH
      const from = written
      await way.write((run) => claimAndRecord(run, from))
      // Whoever asks again does so from another turn: a call that has ended, a request.
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
  await Promise.all(Array.from({ length: writers }, writer))
  delay.disable()
  return { perSecond: written / BATCH / seconds, delayP99Ms: delay.percentile(99) / 1e6 }
}

for (const writers of WRITERS) {
  const found: Record<string, Found[]> = { [SYNCED_ALONE]: [], [SHARED]: [] }
  for (let round = 0; round < rounds; round++) {
    found[SYNCED_ALONE]?.push(await measure(syncedAlone, writers))
    found[SHARED]?.push(await measure(ours, writers))
  }
  for (const [way, results] of Object.entries(found)) {
    const perSecond = median(results.map((result) => result.perSecond))
    const delayP99Ms = median(results.map((result) => result.delayP99Ms))
    console.log(
      `${String(writers).padStart(2)} writers, ${way.padEnd(22)} ${Math.round(perSecond)} commits/s, event loop p99 ${delayP99Ms.toFixed(1)} ms`,
    )
  }
}

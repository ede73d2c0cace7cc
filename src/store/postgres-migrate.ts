// Brings a PostgreSQL database to this program's schema. One node at a time, by a lock of the server; and only when no other
// node is at work on the schema as it was.
import { randomBytes } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { readMigrationFiles } from 'drizzle-orm/migrator'
import { drizzle } from 'drizzle-orm/node-postgres'
import { migrate } from 'drizzle-orm/node-postgres/migrator'
import { Client } from 'pg'
import { AppError } from '../domain/errors.ts'
import type { PrepareOptions } from './migrate.ts'
import { addressOf } from './postgres-address.ts'
import { postgresError } from './postgres-errors.ts'

const migrationsFolder = fileURLToPath(new URL('../../migrations/postgres', import.meta.url))
const migrations = { migrationsFolder, migrationsSchema: 'public', migrationsTable: '__drizzle_migrations' }
/** "migrate" in base 36, as the lock of transactions is "herald". */
const MIGRATION_LOCK = Number.parseInt('migrate', 36)
const CONNECT_TIMEOUT_MS = 10_000

interface State {
  /** When each migration was made that the database has; empty for a database without tables of ours. */
  applied: number[]
  isForeign: boolean
}

/** Makes the tables when they are missing and may be made, and applies what is pending. Throws AppError db.*. */
export async function preparePostgres(url: string, shownName: string, options: PrepareOptions): Promise<void> {
  const client = new Client({
    connectionString: addressOf(url),
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    application_name: 'herald migration',
  })
  try {
    await client.connect()
    refuseOldServer(await versionOf(client))
    const known = readMigrationFiles(migrations).map(({ folderMillis }) => folderMillis)
    if (isWhole(await readState(client), known)) return
    await client.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK])
    await complete(client, known, shownName, options)
  } catch (error) {
    throw postgresError(error)
  } finally {
    await client.end().catch(() => {})
  }
}

/** The first version that tells the number of a transaction in 64 bits. */
const VERSION_MIN = 13

async function versionOf(client: Client): Promise<number> {
  const { rows } = await client.query('SHOW server_version_num')
  return Number((rows[0] as { server_version_num: string }).server_version_num)
}

/** `version` as the server says it: 150004 for 15.4. Throws AppError db.unsupported. */
export function refuseOldServer(version: number): void {
  const major = Math.floor(version / 10_000)
  if (major >= VERSION_MIN) return
  throw new AppError('db.unsupported', `the server is PostgreSQL ${major}; Herald needs ${VERSION_MIN} or newer`, {
    hint: 'Upgrade the server, or use another one.',
  })
}

function isWhole({ applied }: State, known: readonly number[]): boolean {
  return applied.length === known.length && applied.every((time) => known.includes(time))
}

async function complete(
  client: Client,
  known: readonly number[],
  shownName: string,
  { appVersion, mayCreate = false, onPrepared, now = Date.now }: PrepareOptions,
): Promise<void> {
  const state = await readState(client)
  // Another node may have done it while this one waited.
  if (isWhole(state, known)) return
  if (state.isForeign)
    throw new AppError('db.not_ours', `${shownName} has tables of another program`, {
      hint: 'Name a database that is empty: createdb herald.',
    })
  if (state.applied.some((time) => !known.includes(time)))
    throw new AppError('db.newer_schema', `${shownName} was made by a newer Herald, this is ${appVersion}`, {
      hint: 'Start the newer program.',
    })
  if (state.applied.length === 0 && !mayCreate)
    throw new AppError('db.missing', `there are no tables of Herald in ${shownName}`, {
      hint: 'Name the database with --db or HERALD_DATABASE_URL; `herald start` makes the tables.',
    })
  if (state.applied.length > 0) await refuseBesideOthers(client, shownName, now())
  await migrate(drizzle(client), migrations)
  await writeIdentity(client, appVersion)
  onPrepared?.(
    state.applied.length === 0
      ? { kind: 'created', path: shownName }
      : {
          kind: 'migrated',
          path: shownName,
          from: state.applied.length,
          to: known.length,
          copy: null,
          removed: [],
        },
  )
}

async function readState(client: Client): Promise<State> {
  const { rows } = await client.query(
    `SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public'`,
  )
  const tables = (rows as { name: string }[]).map(({ name }) => name)
  if (!tables.includes(migrations.migrationsTable)) return { applied: [], isForeign: tables.length > 0 }
  const applied = await client.query(`SELECT created_at AS at FROM ${migrations.migrationsTable}`)
  return { applied: (applied.rows as { at: string }[]).map(({ at }) => Number(at)), isForeign: false }
}

async function refuseBesideOthers(client: Client, shownName: string, now: number): Promise<void> {
  const { rows } = await client.query('SELECT 1 FROM nodes WHERE stopped_at IS NULL AND lease_until > $1 LIMIT 1', [
    now,
  ])
  if (rows.length === 0) return
  throw new AppError('db.in_use', `${shownName} needs a migration, but another node is at work on it`, {
    hint: 'Stop every other herald process on this database, then try again.',
  })
}

/** The identity of a database: written once, when it is made. */
async function writeIdentity(client: Client, appVersion: string): Promise<void> {
  const installation = randomBytes(5).readUIntBE(0, 5).toString(36).padStart(8, '0')
  const rows = [
    ['installation', installation],
    ['epoch', 1],
  ]
  for (const [key, value] of rows)
    await client.query('INSERT INTO settings (key, value) VALUES ($1, $2) ON CONFLICT (key) DO NOTHING', [
      key,
      JSON.stringify(value),
    ])
  await client.query(
    'INSERT INTO settings (key, value) VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET value = excluded.value',
    ['appVersion', JSON.stringify(appVersion)],
  )
}

// Databases of tests on a PostgreSQL server: the one that HERALD_TEST_POSTGRES_URL names, else one that this process starts
// from the installed programs when it is first needed. Each database is a copy of one that was migrated once.
import { randomBytes } from 'node:crypto'
import { Client } from 'pg'
import { onTestFinished } from 'vitest'
import { preparePostgres } from '../../src/store/postgres-migrate.ts'
import { given, startServer } from './postgres-programs.ts'

let server: Promise<URL> | undefined
let template: Promise<string> | undefined

async function urlOf(database: string): Promise<string> {
  server ??= given === undefined ? startServer().then(({ url }) => url) : Promise.resolve(new URL(given))
  const url = new URL(await server)
  url.pathname = `/${database}`
  return url.href
}

async function asked(sql: string): Promise<void> {
  await askedOf(await urlOf('postgres'), (client) => client.query(sql))
}

async function askedOf<T>(url: string, ask: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    return await ask(client)
  } finally {
    await client.end()
  }
}

async function makeTemplate(): Promise<string> {
  const name = newName()
  await asked(`CREATE DATABASE ${name}`)
  const url = await urlOf(name)
  await preparePostgres(url, name, { appVersion: '0.0.0-test', mayCreate: true })
  const { rows } = await askedOf(url, (client) => client.query(WHAT_IS_THERE))
  shape = (rows[0] as { shape: string }).shape
  return name
}

function newName(): string {
  return `herald_${randomBytes(6).toString('hex')}`
}

/** Databases with their tables and no rows, that tests before had. */
const emptied: string[] = []

/** A database with its tables, of an identity of its own and without a row; nobody else has it before the test is over. */
export async function freshServerDatabase(installation = randomBytes(4).toString('hex')): Promise<string> {
  template ??= makeTemplate()
  const name = emptied.pop() ?? (await makeDatabase(`TEMPLATE ${await template}`))
  const url = await urlOf(name)
  await askedOf(url, (client) => client.query(identity, [JSON.stringify(installation)]))
  onTestFinished(() => giveBack(name))
  return url
}

const identity = `INSERT INTO settings (key, value) VALUES ('installation', $1), ('epoch', '1'), ('appVersion', '"0.0.0-test"')
  ON CONFLICT (key) DO UPDATE SET value = excluded.value`

/** To empty a database takes a tenth of what it takes to make one. */
async function giveBack(name: string): Promise<void> {
  const isEmptied = await askedOf(await urlOf(name), emptyDatabase)
  if (isEmptied) emptied.push(name)
  else await dropDatabase(name)
}

/** Without waiting for whom a test left behind. False when tables are not what they were. */
async function emptyDatabase(client: Client): Promise<boolean> {
  await client.query(OTHERS_OUT)
  const { rows } = await client.query(WHAT_IS_THERE)
  const [there] = rows as { shape: string; schemas: string[]; tables: string[]; sequences: string[] }[]
  if (there === undefined || there.shape !== shape || there.schemas.length > 0) return false
  const holding = await client.query(
    there.tables.map((table) => `SELECT '${table}' AS name WHERE EXISTS (SELECT 1 FROM ${table})`).join(' UNION ALL '),
  )
  const deletes = (holding.rows as { name: string }[]).map(({ name }) => `DELETE FROM ${name}`)
  const restarts = there.sequences.map((sequence) => `ALTER SEQUENCE ${sequence} RESTART`)
  // Without triggers, which refuse illegal moves and follow references.
  await client.query(['SET session_replication_role = replica', ...deletes, ...restarts].join('; '))
  return true
}

const OTHERS_OUT = `SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
  WHERE datname = current_database() AND pid <> pg_backend_pid()`

/** What a database must have to be used again. */
let shape: string | undefined

/** Which moves are legal is written by the migration. */
const WHAT_IS_THERE = `SELECT
  (SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace) || ' ' ||
    (SELECT count(*) FROM pg_trigger WHERE tgenabled = 'O') || ' ' ||
    (SELECT count(*) FROM pg_constraint WHERE connamespace = 'public'::regnamespace) || ' ' ||
    (SELECT count(*) FROM pg_proc WHERE pronamespace = 'public'::regnamespace) AS shape,
  ARRAY(SELECT nspname::text FROM pg_namespace WHERE nspname LIKE 'herald%') AS schemas,
  ARRAY(SELECT relname::text FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname NOT IN ('__drizzle_migrations', 'status_moves')) AS tables,
  ARRAY(SELECT sequencename::text FROM pg_sequences
    WHERE schemaname = 'public' AND last_value IS NOT NULL AND sequencename NOT LIKE '%drizzle%') AS sequences`

/** A database without a table; gone when the test is over. */
export async function emptyServerDatabase(): Promise<string> {
  const name = await makeDatabase('')
  onTestFinished(() => dropDatabase(name))
  return urlOf(name)
}

async function makeDatabase(from: string): Promise<string> {
  const name = newName()
  await asked(`CREATE DATABASE ${name} ${from}`)
  return name
}

async function dropDatabase(name: string): Promise<void> {
  await asked(`DROP DATABASE ${name} WITH (FORCE)`)
}

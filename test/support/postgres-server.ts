// Databases of tests on a PostgreSQL server: the one that HERALD_TEST_POSTGRES_URL names, else one that this process starts
// from the installed programs when it is first needed. Each database is made from one that was migrated once.
import { execFileSync, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chownSync, existsSync, mkdtempSync, readdirSync } from 'node:fs'
import type { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import { onTestFinished } from 'vitest'
import { preparePostgres } from '../../src/store/postgres-migrate.ts'

const given = process.env.HERALD_TEST_POSTGRES_URL
const programs = given === undefined ? findPrograms() : undefined
/** The server refuses to run as root; packages make this user for it. */
const user = process.getuid?.() === 0 ? findUser('postgres') : undefined
const mayStart = programs !== undefined && (process.getuid?.() !== 0 || user !== undefined)

/** Whether there is a server to test on; tests that need one are skipped without. */
export const hasServer = given !== undefined || mayStart

function findPrograms(): string | undefined {
  const packaged = '/usr/lib/postgresql'
  const versions = existsSync(packaged) ? readdirSync(packaged).sort((a, b) => Number(b) - Number(a)) : []
  const folders = [...versions.map((version) => join(packaged, version, 'bin')), ...(process.env.PATH ?? '').split(':')]
  return folders.find((folder) => existsSync(join(folder, 'initdb')))
}

function findUser(name: string): { uid: number; gid: number } | undefined {
  try {
    const [uid, gid] = ['-u', '-g'].map((what) => Number(execFileSync('id', [what, name], { stdio: 'pipe' })))
    return uid === undefined || gid === undefined ? undefined : { uid, gid }
  } catch {
    return undefined
  }
}

/** It ends when its input does: with this process, however that ends. Nothing of it has to survive, so nothing is synced. */
const LIFE = `set -e
"$2/initdb" -D "$1/data" -A trust -U herald --locale=C -E UTF8 --no-sync >/dev/null
"$2/pg_ctl" -D "$1/data" -w -l "$1/log" -o "-k $1 -c listen_addresses='' -c fsync=off -c full_page_writes=off -c max_connections=200" start >/dev/null
echo ready
cat >/dev/null
"$2/pg_ctl" -D "$1/data" -m immediate stop >/dev/null
rm -rf "$1"`

async function startServer(): Promise<URL> {
  const folder = mkdtempSync(join(tmpdir(), 'herald-pg-'))
  if (user !== undefined) chownSync(folder, user.uid, user.gid)
  const child = spawn('sh', ['-c', LIFE, 'sh', folder, programs ?? ''], {
    stdio: ['pipe', 'pipe', 'inherit'],
    detached: true,
    cwd: folder,
    ...user,
  })
  await new Promise<void>((resolve, reject) => {
    child.stdout.once('data', () => resolve())
    child.once('exit', (code) => reject(new Error(`the PostgreSQL server did not start: exit ${code}`)))
  })
  child.unref()
  for (const pipe of [child.stdin, child.stdout]) (pipe as unknown as Socket).unref()
  const url = new URL('postgres://herald@localhost/postgres')
  url.searchParams.set('host', folder)
  return url
}

let server: Promise<URL> | undefined
let template: Promise<string> | undefined

async function urlOf(database: string): Promise<string> {
  server ??= given === undefined ? startServer() : Promise.resolve(new URL(given))
  const url = new URL(await server)
  url.pathname = `/${database}`
  return url.href
}

async function asked(sql: string): Promise<void> {
  const client = new Client({ connectionString: await urlOf('postgres') })
  await client.connect()
  try {
    await client.query(sql)
  } finally {
    await client.end()
  }
}

async function makeTemplate(): Promise<string> {
  const name = newName()
  await asked(`CREATE DATABASE ${name}`)
  await preparePostgres(await urlOf(name), name, { appVersion: '0.0.0-test', mayCreate: true })
  return name
}

function newName(): string {
  return `herald_${randomBytes(6).toString('hex')}`
}

/** A fresh database with its tables; gone when the test is over. */
export async function freshServerDatabase(): Promise<string> {
  template ??= makeTemplate()
  return makeDatabase(`TEMPLATE ${await template}`)
}

/** A database without a table; gone when the test is over. */
export function emptyServerDatabase(): Promise<string> {
  return makeDatabase('')
}

async function makeDatabase(from: string): Promise<string> {
  const name = newName()
  await asked(`CREATE DATABASE ${name} ${from}`)
  onTestFinished(() => asked(`DROP DATABASE ${name} WITH (FORCE)`))
  return urlOf(name)
}

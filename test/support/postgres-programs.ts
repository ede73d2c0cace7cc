// Where a PostgreSQL server for tests comes from: HERALD_TEST_POSTGRES_URL names one, else the installed programs start one.
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, existsSync, mkdtempSync, readdirSync } from 'node:fs'
import type { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export const given = process.env.HERALD_TEST_POSTGRES_URL
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

export interface OwnServer {
  url: URL
  /** All its processes die in the middle of what they do, and it comes up again. */
  crash(): void
  /** Ends it before this process ends. */
  stop(): Promise<void>
}

/** It ends when its input does: with this process, however that ends. Nothing has to survive the machine, so nothing is synced; what was committed survives a crash of the server. */
const LIFE = `set -e
"$2/initdb" -D "$1/data" -A trust -U herald --locale=C -E UTF8 --no-sync >/dev/null
"$2/pg_ctl" -D "$1/data" -w -l "$1/log" -o "-k $1 -c listen_addresses='' -c fsync=off -c full_page_writes=off -c autovacuum=off -c jit=off -c max_connections=200 $3" start >/dev/null
echo ready
cat >/dev/null
"$2/pg_ctl" -D "$1/data" -m immediate stop >/dev/null
rm -rf "$1"`

/** The server reads a private key only of its own user. */
export function ownByServer(path: string): void {
  if (user !== undefined) chownSync(path, user.uid, user.gid)
}

/** One that goes with this process; with settings of postgresql.conf beyond those of all tests. */
export async function startServer(settings: Record<string, string | number> = {}): Promise<OwnServer> {
  const folder = mkdtempSync(join(tmpdir(), 'herald-pg-'))
  ownByServer(folder)
  const more = Object.entries(settings).map(([name, value]) => `-c ${name}='${value}'`)
  const child = spawn('sh', ['-c', LIFE, 'sh', folder, programs ?? '', more.join(' ')], {
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
  if (settings.port !== undefined) url.port = String(settings.port)
  const data = join(folder, 'data')
  return {
    url,
    stop: async () => {
      const ended = once(child, 'exit')
      child.ref()
      child.stdin.end()
      await ended
    },
    crash: () => {
      execFileSync(join(programs ?? '', 'pg_ctl'), ['-D', data, '-w', '-m', 'immediate', 'restart'], {
        cwd: folder,
        stdio: 'ignore',
        ...user,
      })
    },
  }
}

// The command line as scripts see it: exit code, standard output, standard error, and the document of --json.
// `herald` runs in this process, which is quick; `heraldProcess` starts a real one, for what only a process has.
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import Database from 'better-sqlite3'
import { onTestFinished, vi } from 'vitest'
import { runCommand } from '../../src/cli/program.ts'
import { tempDir } from './open-test-app.ts'

const mainFile = resolve('dist/main.js')
/** A process that takes longer has hung. */
const PATIENCE_MS = 20_000

export interface CliResult {
  exitCode: number | null
  stdout: string
  stderr: string
  /** The one document on standard output; throws when there is another number of them. */
  readonly json: Json
}
// biome-ignore lint/suspicious/noExplicitAny: answers of commands have many shapes, and each test looks at its own
export type Json = any

export interface CliFolder {
  dir: string
  dbPath: string
}

/** A folder with a database that the first command makes. */
export function cliFolder(): CliFolder {
  const dir = tempDir()
  return { dir, dbPath: join(dir, 'herald.db') }
}

/** Runs a command line in this process, on the folder's database and with the folder as working directory. */
export async function herald({ dir, dbPath }: CliFolder, ...argv: string[]): Promise<CliResult> {
  const said = { stdout: '', stderr: '' }
  const restore = [keep('stdout', said), keep('stderr', said), enter(dir)]
  const exitCodeBefore = process.exitCode
  process.exitCode = undefined
  try {
    const exitCode = await runCommand(['--db', dbPath, ...argv])
    return resultOf(exitCode, said.stdout, said.stderr)
  } finally {
    process.exitCode = exitCodeBefore
    for (const undo of restore) undo()
  }
}

function keep(name: 'stdout' | 'stderr', said: Record<'stdout' | 'stderr', string>): () => void {
  const spy = vi.spyOn(process[name], 'write').mockImplementation((piece) => {
    said[name] += typeof piece === 'string' ? piece : Buffer.from(piece).toString()
    return true
  })
  return () => spy.mockRestore()
}

function enter(dir: string): () => void {
  const before = process.cwd()
  const level = process.env.HERALD_LOG_LEVEL
  process.chdir(dir)
  // The log goes around process.stderr, straight to its descriptor.
  process.env.HERALD_LOG_LEVEL = 'silent'
  return () => {
    process.chdir(before)
    if (level === undefined) delete process.env.HERALD_LOG_LEVEL
    else process.env.HERALD_LOG_LEVEL = level
  }
}

export interface ProcessOptions {
  env?: Record<string, string>
  input?: string | Uint8Array
}

/** Starts the built program; the answer comes when it has ended. */
export async function heraldProcess(folder: CliFolder, argv: string[], options: ProcessOptions = {}) {
  const child = startHerald(folder, argv, options)
  const ended = new Promise<number | null>((done) => child.once('close', done))
  const [stdout, stderr, exitCode] = await Promise.all([text(child.stdout), text(child.stderr), ended])
  return resultOf(exitCode, stdout, stderr)
}

/** A process to talk to: its streams and its signals. It is gone with the test. */
export function startHerald({ dir, dbPath }: CliFolder, argv: string[], { env = {}, input }: ProcessOptions = {}) {
  const child = spawn(process.execPath, [mainFile, '--db', dbPath, ...argv], {
    cwd: dir,
    env: { PATH: process.env.PATH, HERALD_LOG_LEVEL: 'silent', ...env },
    timeout: PATIENCE_MS,
    killSignal: 'SIGKILL',
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  // A process that has ended takes no more input, and need not.
  child.stdin.on('error', () => {})
  child.stdin.end(input ?? '')
  return child
}

function resultOf(exitCode: number | null, stdout: string, stderr: string): CliResult {
  return {
    exitCode,
    stdout,
    stderr,
    get json() {
      return JSON.parse(stdout)
    },
  }
}

/** Rows of every table but the processes' own: what a refused command must leave as it was. */
export function rowCounts({ dir, dbPath }: CliFolder): Record<string, number> {
  if (!existsSync(dbPath)) return {}
  const db = new Database(dbPath, { readonly: true })
  const tables = db.prepare(`SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'nodes'`).pluck().all()
  const counts = Object.fromEntries(
    tables.map((table) => [table, db.prepare(`SELECT count(*) FROM "${table}"`).pluck().get()]),
  )
  db.close()
  const staging = join(dir, 'staging')
  mkdirSync(staging, { recursive: true })
  return { ...counts, 'staging files': readdirSync(staging).length } as Record<string, number>
}

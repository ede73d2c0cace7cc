// The command line as scripts see it: exit code, standard output, standard error, and the document of --json.
// `herald` runs in this process, which is quick; `heraldProcess` starts a real one, for what only a process has.
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import Database from 'better-sqlite3'
import { afterAll, beforeAll, expect, onTestFinished, vi } from 'vitest'
import { runCommand } from '../../src/cli/program.ts'
import { appVersion } from '../../src/runtime/app-version.ts'
import { prepareSqlite } from '../../src/store/migrate.ts'
import { isOnPostgres } from './on-postgres.ts'
import { tempDir } from './open-test-app.ts'

const mainFile = resolve('dist/main.js')
/** A process that takes longer has hung. */
const PATIENCE_MS = 90_000

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

/** A folder without a database: `start`, `import`, `senders add` and `users add` make one. */
export function cliFolder(): CliFolder {
  const dir = tempDir()
  return { dir, dbPath: join(dir, 'herald.db') }
}

/** A folder with a new database. */
export async function folderWithDatabase(): Promise<CliFolder> {
  const folder = cliFolder()
  await prepareSqlite(folder.dbPath, { appVersion, mayCreate: true })
  return folder
}

/** One folder for all tests of a file, prepared once: refused commands leave it as it is. */
export function sharedCliFolder(prepare: (folder: CliFolder) => Promise<void>): CliFolder {
  const dir = mkdtempSync(join(tmpdir(), 'herald-test-'))
  const folder = { dir, dbPath: join(dir, 'herald.db') }
  beforeAll(() => prepare(folder))
  afterAll(() => rmSync(dir, { recursive: true, force: true }))
  return folder
}

/** Writes a file into the folder; returns its path. */
export function writeIn({ dir }: CliFolder, name: string, content: string | Uint8Array): string {
  const path = join(dir, name)
  writeFileSync(path, content)
  return path
}

export interface Refusal {
  exitCode: number
  code: string
  /** Words of the message, the hint or the details. */
  says?: string | RegExp
}

/** Runs a command that must be refused: one line on stderr, one object on stdout, and nothing stored. */
export async function expectRefusal(folder: CliFolder, argv: string[], refusal: Refusal): Promise<Json> {
  const before = rowCounts(folder)
  const result = await herald(folder, '--json', ...argv)
  const { error, ...others } = result.json
  expect({ exitCode: result.exitCode, code: error.code, stderr: result.stderr }).toEqual({
    exitCode: refusal.exitCode,
    code: refusal.code,
    stderr: expect.stringMatching(/^error: /),
  })
  expect(others).toEqual({})
  expect(Object.keys(error)).toEqual(['code', 'message', 'hint', 'details'])
  const [line = '', ...more] = result.stderr.trimEnd().split('\n')
  expect(line).toContain(`(${refusal.code})`)
  // Only a pattern is shown again, with a mark below the place.
  expect(more).toHaveLength(error.details?.caret === undefined ? 0 : 2)
  if (refusal.says !== undefined) expect(`${line} ${JSON.stringify(error.details)}`).toMatch(refusal.says)
  expect(rowCounts(folder)).toEqual(before)
  return error
}

/** Runs a command line in this process, on the folder's database. */
export async function herald({ dir, dbPath }: CliFolder, ...argv: string[]): Promise<CliResult> {
  const said = { stdout: '', stderr: '' }
  const restore = [keep('stdout', said), keep('stderr', said), silenceLog(), withoutOwnSetting(), filesIn(dir)]
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

/** The log goes around process.stderr, straight to its descriptor. */
function silenceLog(): () => void {
  return setEnv('HERALD_LOG_LEVEL', 'silent')
}

/** The program takes no setting that it does not know. */
function withoutOwnSetting(): () => void {
  return setEnv('HERALD_TEST_STORE', undefined)
}

/** Returns what puts it back. */
function setEnv(name: string, value: string | undefined): () => void {
  const before = process.env[name]
  if (value === undefined) delete process.env[name]
  else process.env[name] = value
  return () => {
    if (before === undefined) delete process.env[name]
    else process.env[name] = before
  }
}

/** Where a database on a server has no folder of its own. */
function filesIn(dir: string): () => void {
  return isOnPostgres ? setEnv('HERALD_FILES_FOLDER', dir) : () => {}
}

export interface ProcessOptions {
  env?: Record<string, string>
  /** What comes on standard input; null leaves it open for the test to write on. */
  input?: string | Uint8Array | null
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
  if (input !== null) child.stdin.end(input ?? '')
  return child
}

export type Child = ReturnType<typeof startHerald>

/** Waits until a process has said something. */
export async function saidBy(child: Child, pattern: RegExp): Promise<void> {
  let said = ''
  for await (const piece of child.stdout) {
    said += String(piece)
    if (pattern.test(said)) return
  }
  throw new Error(`the process ended and said only ${said}`)
}

/** Ctrl-C; the exit code. */
export function stopped(child: Child): Promise<number | null> {
  const ended = new Promise<number | null>((done) => child.once('close', done))
  child.kill('SIGINT')
  return ended
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

/** Rows of every table but those in which processes note what they do: what a refused command must leave as it was. */
export function rowCounts({ dir, dbPath }: CliFolder): Record<string, number> {
  if (!existsSync(dbPath)) return {}
  const db = new Database(dbPath, { readonly: true })
  const named = `SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT IN ('nodes', 'duties')`
  const tables = db.prepare(named).pluck().all()
  const counts = Object.fromEntries(
    tables.map((table) => [table, db.prepare(`SELECT count(*) FROM "${table}"`).pluck().get()]),
  )
  db.close()
  const staging = join(dir, 'staging')
  mkdirSync(staging, { recursive: true })
  return { ...counts, 'staging files': readdirSync(staging).length } as Record<string, number>
}

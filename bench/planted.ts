// Plants one bug after the other in a copy of the source and runs the level that must catch it: a bench that finds nothing
// proves something only if it would have found these.
//
//   npm run bench:planted -- [--only M-01,H3]
//
// The levels are first run on the copy as it is: a test that fails there catches nothing. Ends with 1 when a bug is not caught.
import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import ts from 'typescript'
import { type Level, type PlantedBug, plantedBugs, withBug } from './faults/planted-bugs.ts'

const root = new URL('..', import.meta.url).pathname
const COPIED = [
  'src',
  'dist',
  'test',
  'migrations',
  'samples',
  'docs',
  'package.json',
  'tsconfig.json',
  'vitest.config.ts',
]
/** A level that has not ended by then was brought to a standstill by the bug: that shows, too. */
const PATIENCE_MS = 300_000
/** All levels together, without a bug. */
const ALL_PATIENCE_MS = 1_800_000

const { values } = parseArgs({ options: { only: { type: 'string' } } })
const chosen = Object.entries(plantedBugs).filter(([id]) => values.only?.split(',').includes(id) ?? true)

/** The copy has the program under test as source and as built program: levels use either. */
function copyTree(): string {
  const copy = mkdtempSync(join(tmpdir(), 'herald-planted-'))
  for (const name of COPIED) cpSync(join(root, name), join(copy, name), { recursive: true })
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'))
  return copy
}

/** Plants a bug; what is returned takes it out again. */
function plant(copy: string, bug: PlantedBug): Disposable {
  const { file } = bug
  const before = readFileSync(join(copy, file), 'utf8')
  put(copy, file, withBug(before, bug))
  return { [Symbol.dispose]: () => put(copy, file, before) }
}

function put(copy: string, file: string, text: string): void {
  writeFileSync(join(copy, file), text)
  if (!file.startsWith('src/')) return
  const compilerOptions: ts.CompilerOptions = {
    target: ts.ScriptTarget.ES2023,
    module: ts.ModuleKind.ESNext,
    rewriteRelativeImportExtensions: true,
    verbatimModuleSyntax: true,
  }
  const built = ts.transpileModule(text, { compilerOptions, fileName: file }).outputText
  writeFileSync(join(copy, file.replace(/^src/, 'dist').replace(/\.ts$/, '.js')), built)
}

interface Run {
  seconds: number
  /** Tests that failed, by their names; one that has no name when the level came to no end. */
  failed: string[]
  passed: number
}

const NO_END = 'it came to no end'
/** What `timeout` answers then. */
const TIMED_OUT = 124

function run(copy: string, { files, named, env = {} }: Level, timeout = PATIENCE_MS): Run {
  const beganAt = performance.now()
  // With all that the tests have started: workers that a bug keeps busy would go on.
  const argv = [
    '--kill-after=5',
    String(timeout / 1000),
    process.execPath,
    join(root, 'node_modules/vitest/vitest.mjs'),
    'run',
    ...files,
    ...(named === undefined ? [] : ['-t', named]),
    '--reporter=json',
  ]
  const { status, stdout } = spawnSync('timeout', argv, {
    cwd: copy,
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
    env: { ...process.env, ...env },
  })
  const seconds = Math.round((performance.now() - beganAt) / 1000)
  const failed = [...stdout.matchAll(/"fullName":"((?:[^"\\]|\\.)*)","status":"failed"/g)].map(([, name = '']) => name)
  if (status === TIMED_OUT || status === null) failed.push(NO_END)
  return { seconds, failed, passed: [...stdout.matchAll(/"status":"passed"/g)].length }
}

/** Levels that are run in the same way, as one: starting the tests takes longer than most of them. */
function together(levels: readonly Level[]): Level[] {
  const found: { files: string[]; names: string[]; env: Level['env'] }[] = []
  for (const { files, named, env } of levels) {
    const same = found.find((one) => isSame(one.env, env)) ?? { files: [], names: [], env }
    if (!found.includes(same)) found.push(same)
    same.files = [...new Set([...same.files, ...files])]
    same.names = [...new Set([...same.names, named ?? '.'])]
  }
  return found.map(({ files, names, env }) => ({ files, named: names.join('|'), ...(env && { env }) }))
}

function isSame(one: Level['env'], other: Level['env']): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}

const copy = copyTree()
let missed = 0
try {
  const all = together(chosen.map(([, { level }]) => level))
  const before = all.map((levels) => run(copy, levels, ALL_PATIENCE_MS))
  const failsAnyway = before.flatMap(({ failed }) => failed)
  for (const name of failsAnyway) console.log(`fails without any bug: ${name}`)
  for (const [id, bug] of chosen) {
    using _planted = plant(copy, bug)
    const { seconds, failed, passed } = run(copy, bug.level)
    const caughtBy = failed.filter((name) => !failsAnyway.includes(name))
    // A level that runs no test, or none that passes on sound source, says nothing.
    const isSilent = failed.length === 0 ? passed === 0 : caughtBy.length === 0
    const verdict = caughtBy.length > 0 ? 'caught' : isSilent ? 'LEVEL CANNOT TELL' : 'NOT CAUGHT'
    if (verdict !== 'caught') missed++
    console.log(`| ${id} | ${bug.what} | ${verdict} | ${(caughtBy[0] ?? '').slice(0, 110)} | ${seconds} s |`)
  }
} finally {
  rmSync(copy, { recursive: true, force: true })
}
process.exitCode = missed === 0 ? 0 : 1

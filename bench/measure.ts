// What the benches share: a folder that goes away, people who do not exist, and figures side by side.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type App, openApp } from '../dist/app.js'
import { createLog } from '../dist/runtime/log.js'

export interface Bench extends AsyncDisposable {
  dir: string
  open(settings?: Record<string, unknown>): Promise<App>
}

/** A folder for one bench; apps opened in it share one database. `kept` is a folder that stays. */
export function bench(kept?: string): Bench {
  const dir = kept ?? mkdtempSync(join(tmpdir(), 'herald-bench-'))
  mkdirSync(dir, { recursive: true, mode: 0o700 })
  const apps: App[] = []
  return {
    dir,
    open: async (settings = {}) => {
      const app = await openApp({
        env: {},
        flags: { databaseUrl: join(dir, 'herald.db'), ...settings },
        mayCreate: true,
        log: createLog({ level: 'warn' }),
      })
      apps.push(app)
      return app
    },
    [Symbol.asyncDispose]: async () => {
      for (const app of apps.splice(0)) await app[Symbol.asyncDispose]()
      if (kept === undefined) rmSync(dir, { recursive: true, force: true })
    },
  }
}

/**
 * A CSV of seven columns, about 80 bytes a line; with faults where they are asked for. Numbers are from +44 7700 900000 on: the first thousand are kept for
 * fiction, larger benches run past them, and nothing here leaves the machine.
 */
export async function writePeople(path: string, count: number, { hasFaults = false } = {}): Promise<void> {
  const file = createWriteStream(path)
  file.write('phone,first_name,last_name,city,voucher,time_zone,tags\n')
  for (let n = 0; n < count; n++) {
    const phone = hasFaults ? phoneWithFaults(n) : `+${phoneAt(n)}`
    const line = `${phone},First${n % 977},Last${n % 9973},City${n % 211},V-${n.toString(36)},Europe/London,spring;vip\n`
    if (!file.write(line)) await once(file, 'drain')
  }
  file.end()
  await once(file, 'finish')
}

/** A stride that is prime to the range: phones come in no order, as in real files. */
function phoneAt(n: number): number {
  return 447_400_000_000 + ((n * 7_368_787) % 99_999_989)
}

/** Two of a hundred are no numbers, and one is that of a line before. */
function phoneWithFaults(n: number): string {
  if (n % 100 === 17 || n % 100 === 71) return `+44${n % 1000}`
  return `+${phoneAt(n % 100 === 50 ? n - 7 : n)}`
}

/** How many people a file with faults comes to. */
export function peopleWithFaults(lines: number): number {
  const of = (rest: number) => Math.max(0, Math.ceil((lines - rest) / 100))
  return lines - of(17) - of(71) - of(50)
}

export async function seconds(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now()
  await work()
  return (performance.now() - startedAt) / 1000
}

/** Starts a script that prints one line and ends with its standard input. */
export async function startScript(script: string, args: string[]): Promise<{ line: string; child: ChildProcess }> {
  const path = new URL(script, import.meta.url).pathname
  const child = spawn(process.execPath, ['--import', 'tsx', path, ...args], { stdio: ['pipe', 'pipe', 'inherit'] })
  const [chunk] = (await once(child.stdout, 'data')) as [Buffer]
  return { line: chunk.toString().trim(), child }
}

export function median(values: number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}

/** `--rows 1000` on the command line. */
export function numberFlag(name: string, fallback: number): number {
  return Number(textFlag(name) ?? fallback)
}

/** `--dir folder` on the command line. */
export function textFlag(name: string): string | undefined {
  const at = process.argv.indexOf(`--${name}`)
  return at === -1 ? undefined : process.argv[at + 1]
}

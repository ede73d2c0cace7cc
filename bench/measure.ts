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
 * A CSV of seven columns, about 80 bytes a line. Numbers are from +44 7700 900000 on: the first thousand are kept for
 * fiction, larger benches run past them, and nothing here leaves the machine.
 */
export async function writePeople(path: string, count: number): Promise<void> {
  const file = createWriteStream(path)
  file.write('phone,first_name,last_name,city,voucher,time_zone,tags\n')
  for (let n = 0; n < count; n++) {
    // A stride that is prime to the range: phones come in no order, as in real files.
    const phone = 447_400_000_000 + ((n * 7_368_787) % 99_999_989)
    const line = `+${phone},First${n % 977},Last${n % 9973},City${n % 211},V-${n.toString(36)},Europe/London,spring;vip\n`
    if (!file.write(line)) await once(file, 'drain')
  }
  file.end()
  await once(file, 'finish')
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

/** Median and best of rounds of [ours, limit] as ratios: others may load the machine, so single times say little. */
export function ratio(rounds: readonly [number, number][]): string {
  const ratios = rounds.map(([ours, limit]) => ours / limit)
  return `${median(ratios).toFixed(2)} × (best of ${rounds.length}: ${Math.min(...ratios).toFixed(2)} ×)`
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

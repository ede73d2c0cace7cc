// The calls at which a program can be killed, and the killing: by strace, before the call does anything. Between two calls
// nothing outside of the process changes, except SQLite's index of its log, which kills at random times cover.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Program } from './program.ts'

/** Calls by which a process changes files, locks and sockets. */
const CALLS = [
  ...['pwrite64', 'fsync', 'fdatasync', 'ftruncate', 'fallocate', 'fcntl', 'chmod'],
  ...['rename', 'link', 'unlink', 'rmdir', 'mkdir'],
  ...['connect', 'write', 'writev', 'sendmsg', 'shutdown'],
]

/** The `nth` call of its name in whichever thread makes so many first, counted from one. */
export interface KillPoint {
  name: string
  nth: number
}

/** Runs a command to its end, which `bringToEnd` may bring about, and lists the points at which it can be killed. */
export async function listKillPoints(
  command: string[],
  dir: string,
  bringToEnd: (program: Program) => Promise<void>,
): Promise<KillPoint[]> {
  const log = join(dir, 'calls')
  await using traced = new Program([...strace(CALLS.join(','), ['--seccomp-bpf', '-o', log]), ...command], { cwd: dir })
  await bringToEnd(traced)
  const { code } = await traced.ended()
  if (code !== 0) throw new Error(`${command.slice(4).join(' ')} ended with ${code}: ${traced.stderr}`)
  return pointsIn(readFileSync(log, 'utf8'))
}

/** strace counts the calls of each thread by itself. */
export function pointsIn(log: string): KillPoint[] {
  const byThread = new Map<string, number>()
  const most = new Map<string, number>()
  for (const [, thread, name = ''] of log.matchAll(/^(\d+) +([a-z0-9]+)\(/gm)) {
    const count = (byThread.get(`${thread} ${name}`) ?? 0) + 1
    byThread.set(`${thread} ${name}`, count)
    most.set(name, Math.max(most.get(name) ?? 0, count))
  }
  return [...most].flatMap(([name, count]) => Array.from({ length: count }, (_, n) => ({ name, nth: n + 1 })))
}

/** As many of them, spread over all kinds of calls and over the whole run. */
export function spreadPoints(points: readonly KillPoint[], count: number): KillPoint[] {
  if (points.length <= count) return [...points]
  const names = [...new Set(points.map(({ name }) => name))]
  const share = Math.max(1, Math.floor(count / names.length))
  const firsts = names.flatMap((name) =>
    evenly(
      points.filter((point) => point.name === name),
      share,
    ),
  )
  const others = points.filter((point) => !firsts.includes(point))
  return [...firsts, ...evenly(others, Math.max(0, count - firsts.length))].slice(0, count)
}

function evenly<T>(items: readonly T[], count: number): T[] {
  const step = Math.max(1, items.length / Math.max(1, count))
  return Array.from({ length: Math.min(count, items.length) }, (_, n) => items[Math.floor(n * step)]).filter(
    (item) => item !== undefined,
  )
}

/** What runs a command so that it dies at a point. */
export function killingAt({ name, nth }: KillPoint): string[] {
  return strace(name, ['-o', '/dev/null', '-e', `inject=${name}:signal=SIGKILL:when=${nth}`])
}

/** What runs a command so that a call fails: the `nth` of each thread, or with `+` that one and all after it. */
export function failingAt(name: string, error: string, when: string): string[] {
  return strace(name, ['-o', '/dev/null', '-e', `inject=${name}:error=${error}:when=${when}`])
}

/** What runs a command so that each of such calls takes so much longer. */
export function delayed(names: readonly string[], seconds: number): string[] {
  const calls = names.join(',')
  return strace(calls, ['-o', '/dev/null', '-e', `inject=${calls}:delay_enter=${Math.round(seconds * 1e6)}`])
}

/** Calls that a filter of the kernel lets pass (--seccomp-bpf) can be listed faster, but nothing can be injected into them. */
function strace(calls: string, options: string[]): string[] {
  return ['strace', '-f', '-qq', '-e', `trace=${calls}`, '-e', 'signal=none', ...options]
}

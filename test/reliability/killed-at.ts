// Kills a program with -9 at one of its system calls that write, before the call does anything: by strace, where it is.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { tempDir } from '../support/open-test-app.ts'

/** Calls that change what a folder or a file holds. */
const CALLS = 'pwrite64,fsync,fdatasync,ftruncate,rename,renameat,renameat2,link,linkat,unlink,unlinkat,mkdir,chmod'
/** Writes of pages are many and alike: so many of them are tried. */
const PAGES_TRIED = 4

/** Why nothing can be killed at its calls on this machine; undefined when it can. */
export const noStrace = ((): string | undefined => {
  const { status, error } = spawnSync('strace', ['-qq', '-e', 'trace=none', 'true'])
  if (error !== undefined) return 'strace is not installed'
  return status === 0 ? undefined : 'strace may not trace here'
})()

/** The `nth` call of its name, counted from one. */
export interface CallPoint {
  name: string
  nth: number
}

/** Runs a script of Node, which is given the built program's folder, and lists its calls to be killed at. */
export async function pointsOf(script: string): Promise<CallPoint[]> {
  const log = join(tempDir(), 'calls')
  await traced(['-o', log], script)
  const names = readFileSync(log, 'utf8')
    .split('\n')
    .map((line) => /^\d+ +([a-z0-9]+)\(/.exec(line)?.[1])
    .filter((name) => name !== undefined)
  const seen = new Map<string, number>()
  const points = names.map((name) => {
    const nth = (seen.get(name) ?? 0) + 1
    seen.set(name, nth)
    return { name, nth }
  })
  const pages = points.filter(({ name }) => name === 'pwrite64')
  const step = Math.max(1, Math.floor(pages.length / PAGES_TRIED))
  return points.filter(({ name, nth }) => name !== 'pwrite64' || nth % step === 0)
}

/** Returns the signal that ended it. */
export async function killAt({ name, nth }: CallPoint, script: string): Promise<NodeJS.Signals | null> {
  return traced(['-o', '/dev/null', '-e', `inject=${name}:signal=KILL:when=${nth}`], script)
}

async function traced(options: string[], script: string): Promise<NodeJS.Signals | null> {
  const argv = ['-f', '-qq', '-e', `trace=${CALLS}`, ...options, process.execPath, '--input-type=module', '-e', script]
  const child = spawn('strace', argv, { stdio: ['ignore', 'ignore', 'inherit'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  const [, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null]
  return signal
}

/** Two at a time: each waits for the disk more than it works. */
export async function twoAtATime<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const waiting = [...items]
  const hand = async () => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await work(item)
  }
  await Promise.all([hand(), hand()])
}

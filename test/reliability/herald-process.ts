// Herald as a process of its own, as people run it: started, listened to, killed without a word.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, watch } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import SqliteConnection from 'better-sqlite3'
import { onTestFinished } from 'vitest'

const main = fileURLToPath(new URL('../../dist/main.js', import.meta.url))

export interface HeraldProcess {
  readonly child: ChildProcess
  stdout(): string
  stderr(): string
  /** Resolves when it has printed a whole JSON document. */
  answered(): Promise<Record<string, never>>
  /** Its exit code; null when a signal ended it. */
  ended(): Promise<number | null>
  /** kill -9, and waits until the kernel has taken it away. */
  kill9(): Promise<void>
  /** An orderly end. */
  stop(): Promise<number | null>
}

/** Starts a command on the database of a folder. Whatever is still running goes away with the test. */
export function herald(dir: string, ...argv: string[]): HeraldProcess {
  if (!existsSync(main)) throw new Error('dist/main.js is missing: run npm run build first')
  const child = spawn(process.execPath, [main, '--db', join(dir, 'herald.db'), '--json', ...argv], {
    cwd: dir,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH, HERALD_LOG_LEVEL: 'warn' },
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  const said = { out: '', err: '' }
  child.stdout.on('data', (piece) => {
    said.out += piece
  })
  child.stderr.on('data', (piece) => {
    said.err += piece
  })
  const over = once(child, 'close').then(([code]) => code as number | null)
  return {
    child,
    stdout: () => said.out,
    stderr: () => said.err,
    answered: async () => {
      for (;;) {
        const answer = parsed(said.out)
        if (answer !== undefined) return answer
        const isOver = await Promise.race([over.then(() => true), once(child.stdout, 'data').then(() => false)])
        if (isOver && parsed(said.out) === undefined) throw new Error(`no answer: ${said.err}`)
      }
    },
    ended: () => over,
    kill9: async () => {
      child.kill('SIGKILL')
      await over
    },
    stop: async () => {
      child.kill('SIGTERM')
      return over
    },
  }
}

function parsed(text: string): Record<string, never> | undefined {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Looks into the database as a stranger would: nothing of the product is asked. */
export function lookInto(dir: string): SqliteConnection.Database {
  const db = new SqliteConnection(join(dir, 'herald.db'), { readonly: true, timeout: 5_000 })
  onTestFinished(() => void db.close())
  return db
}

/** Resolves when something has become true in a folder: asked again after every change of a file in it. */
export function becameTrue(dir: string, isTrue: () => boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    const watcher = watch(dir, { recursive: true })
    const look = () => {
      try {
        if (!isTrue()) return
      } catch (error) {
        reject(error)
      }
      watcher.close()
      resolve()
    }
    onTestFinished(() => watcher.close())
    watcher.on('change', look)
    look()
  })
}

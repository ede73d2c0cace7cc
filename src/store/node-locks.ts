// What processes on one machine know of each other beside the database: a lock for each node, which the kernel frees at
// its death, and a note where the disk has failed one, because then the database itself can tell nobody.
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { AppError } from '../domain/errors.ts'
import { nodesFolder, tryLock } from './sqlite-connection.ts'

const NOTE = '.failed'

export class NodeLocks {
  readonly #folder: string
  readonly #held = new Set<number>()

  constructor(databasePath: string) {
    this.#folder = nodesFolder(databasePath)
  }

  hold(nodeId: number): Disposable {
    const lock = tryLock(this.#pathOf(nodeId))
    if (lock === undefined) throw new AppError('fault', `the lock of node ${nodeId} is held by another process`)
    this.#held.add(nodeId)
    return {
      [Symbol.dispose]: () => {
        this.#held.delete(nodeId)
        lock.close()
      },
    }
  }

  lockOf(nodeId: number): 'held' | 'free' | 'missing' {
    const path = this.#pathOf(nodeId)
    // A node on another machine has no lock file here, and a database that was moved left it behind: only the lease can tell.
    if (!existsSync(path)) return 'missing'
    try {
      const lock = tryLock(path)
      lock?.close()
      return lock === undefined ? 'held' : 'free'
    } catch (error) {
      // SQLite writes to an empty file behind its lock: only who has that learns that the disk is full.
      if (error instanceof AppError && error.code === 'db.full') return 'free'
      throw error
    }
  }

  noteFailure({ message }: AppError): void {
    try {
      for (const nodeId of this.#held) writeFileSync(this.#noteOf(nodeId), message, { mode: 0o600 })
    } catch {
      // The disk has failed: callers of this process learn it all the same.
    }
  }

  /** Of the nodes that still run; the notes of those that do not are taken away. */
  listFailures(): string[] {
    if (!existsSync(this.#folder)) return []
    const noted = readdirSync(this.#folder).filter((name) => name.endsWith(NOTE))
    return noted.map(Number.parseFloat).flatMap((nodeId) => {
      if (this.lockOf(nodeId) !== 'free') return [readFileSync(this.#noteOf(nodeId), 'utf8')]
      rmSync(this.#noteOf(nodeId), { force: true })
      return []
    })
  }

  #pathOf(nodeId: number): string {
    return join(this.#folder, String(nodeId))
  }

  #noteOf(nodeId: number): string {
    return `${this.#pathOf(nodeId)}${NOTE}`
  }
}

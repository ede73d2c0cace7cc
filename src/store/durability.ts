// When what was committed is on the disk: an fdatasync of the write-ahead log beside the event loop, one at a time. It
// proves every commit that preceded its start, of other processes too, because they append to the same file.
// A sync that failed is never repeated: the kernel has forgotten by then which pages it did not write.
import { closeSync, fdatasync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import { AppError } from '../domain/errors.ts'
import { syncFolder } from './part-file.ts'

/** Writes what the kernel holds of an open file to the disk (on macOS with F_FULLFSYNC, which libuv asks for). */
export type SyncFile = (file: number, done: (error: Error | null) => void) => void

export interface DurabilityOptions {
  /** Called when a sync begins; what it returns, when it has succeeded: what was committed in between is not proven. */
  watch: () => () => void
  /** Called once, when nothing that is committed from now on could be proven. */
  onFailure: (failure: AppError) => void
  sync?: SyncFile | undefined
}

interface Waiter {
  resolve(): void
  reject(error: unknown): void
}

export class Durability {
  readonly #path: string
  readonly #file: number
  readonly #options: DurabilityOptions
  readonly #sync: SyncFile
  #waiting: Waiter[] = []
  #isSyncing = false
  #isClosed = false
  #ended: Promise<void> = Promise.resolve()
  #failure: AppError | undefined

  /** The log exists as long as a connection to its database does. */
  constructor(databasePath: string, options: DurabilityOptions) {
    this.#path = databasePath
    this.#options = options
    this.#sync = options.sync ?? fdatasync
    // Never the database itself: closing any descriptor of it would drop SQLite's locks on it. The log has none.
    this.#file = openLog(`${databasePath}-wal`)
    syncNames(dirname(databasePath))
  }

  get failure(): AppError | undefined {
    return this.#failure
  }

  /** Resolves when all that is committed is on the disk. Throws AppError db.sync_failed when that cannot be known. */
  async reached(): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject })
      if (!this.#isSyncing) this.#begin()
    })
  }

  /** What is on its way to the disk may arrive; nothing that is committed from here on is proven. */
  fail(cause: unknown): AppError {
    if (this.#failure !== undefined) return this.#failure
    const failure = syncFailed(this.#path, cause)
    this.#failure = failure
    for (const { reject } of this.#waiting.splice(0)) reject(failure)
    this.#options.onFailure(failure)
    return failure
  }

  /** Waits for the sync on its way. */
  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    while (this.#isSyncing) await this.#ended
    closeSync(this.#file)
  }

  #begin(): void {
    const covered = this.#waiting.splice(0)
    const prove = this.#options.watch()
    this.#isSyncing = true
    this.#ended = new Promise((ended) => {
      this.#sync(this.#file, (error) => {
        this.#isSyncing = false
        if (error === null) this.#prove(covered, prove)
        else for (const { reject } of covered) reject(this.fail(error))
        ended()
      })
    })
  }

  #prove(covered: Waiter[], prove: () => void): void {
    prove()
    for (const { resolve } of covered) resolve()
    if (this.#waiting.length > 0) this.#begin()
  }
}

function openLog(path: string): number {
  try {
    return openSync(path, 'r+')
  } catch (error) {
    throw new AppError('db.io', `cannot open ${path}`, {
      hint: 'Check the path, its permissions and the disk.',
      cause: error,
    })
  }
}

/** The log was just created: its name is content of its folder. */
function syncNames(path: string): void {
  try {
    syncFolder(path)
  } catch (error) {
    throw syncFailed(path, error)
  }
}

function syncFailed(path: string, cause: unknown): AppError {
  return new AppError(
    'db.sync_failed',
    `process ${process.pid} could not write ${path} to the disk (${(cause as Error).message}); it sends and stores nothing until it is restarted`,
    { hint: 'Check the disk, then restart Herald.', cause },
  )
}

// Imports that run in the service while a page or a program looks at them. The work itself is as safe as any import;
// only the view of its progress is lost with the process.
import { randomBytes } from 'node:crypto'
import { AppError } from '../domain/errors.ts'
import type { Context, Progress } from './context.ts'
import { type ImportOptions, importCsv } from './import/import-csv.ts'
import type { ImportResult } from './import/import-result.ts'

/** Ended ones are shown so long. */
const SHOWN_MS = 24 * 3_600_000
/** Imports at once; the next one waits for its turn at the database anyway. */
const IMPORTS_AT_ONCE = 3

export interface WatchedImport {
  id: string
  userId: number
  fileName: string
  list: string
  isDryRun: boolean
  state: 'running' | 'done' | 'failed'
  progress: Progress
  result: ImportResult | null
  error: AppError | null
  endedAt: number | null
}

export class WatchedImports {
  readonly #ctx: Context
  readonly #imports = new Map<string, WatchedImport>()
  readonly #stop = new AbortController()
  readonly #running = new Set<Promise<void>>()

  constructor(ctx: Context) {
    this.#ctx = ctx
  }

  /** Throws AppError list.busy when too many run. */
  start(userId: number, options: ImportOptions & { fileName: string }): WatchedImport {
    this.#forgetOld()
    if (this.#running.size >= IMPORTS_AT_ONCE)
      throw new AppError('list.busy', `${IMPORTS_AT_ONCE} imports are running`, {
        hint: 'Wait until one of them is done.',
      })
    const watched: WatchedImport = {
      id: randomBytes(12).toString('base64url'),
      userId,
      fileName: options.fileName,
      list: options.list,
      isDryRun: options.isDryRun ?? false,
      state: 'running',
      progress: { done: 0, what: 'bytes read' },
      result: null,
      error: null,
      endedAt: null,
    }
    this.#imports.set(watched.id, watched)
    const work = this.#run(watched, options).finally(() => this.#running.delete(work))
    this.#running.add(work)
    return watched
  }

  async #run(watched: WatchedImport, options: ImportOptions): Promise<void> {
    try {
      watched.result = await importCsv(this.#ctx, {
        ...options,
        signal: this.#stop.signal,
        onProgress: (progress) => {
          watched.progress = progress
        },
      })
      watched.state = 'done'
    } catch (error) {
      watched.error = error instanceof AppError ? error : new AppError('fault', 'the import failed', { cause: error })
      watched.state = 'failed'
      if (!(error instanceof AppError)) this.#ctx.log.error({ err: error }, 'an import failed')
    }
    watched.endedAt = this.#ctx.clock.now()
  }

  /** Of this user; another one's is not there. */
  get(id: string, userId: number): WatchedImport {
    const watched = this.#imports.get(id)
    if (watched !== undefined && watched.userId === userId) return watched
    throw new AppError('import.not_found', 'there is no such import under way', {
      hint: 'See the imports that were made.',
    })
  }

  #forgetOld(): void {
    const before = this.#ctx.clock.now() - SHOWN_MS
    for (const watched of this.#imports.values())
      if (watched.endedAt !== null && watched.endedAt < before) this.#imports.delete(watched.id)
  }

  /** Stops what runs: an import that was being applied is continued by the next process. */
  async close(): Promise<void> {
    this.#stop.abort()
    await Promise.allSettled(this.#running)
  }
}

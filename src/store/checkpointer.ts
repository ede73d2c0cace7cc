// Folds the write-ahead log into the file in a thread of its own, so that the log stays small and nobody waits for it.
// Commits without a pause would keep the log from ever being whole in the file: above four times its size the
// writers are held for the little that is left, and the log begins anew.
import { once } from 'node:events'
import type { Worker } from 'node:worker_threads'
import type { CheckpointAnswer } from './checkpoint-worker.ts'
import { CHECKPOINT_PAGES } from './sqlite-connection.ts'

/** From so many pages on (16 MiB) the rest is done while nobody writes. */
const HELD_PAGES = 4 * CHECKPOINT_PAGES

/** Starts a module beside the one that asks as a thread. */
export type StartThread = (askingUrl: string, module: string, workerData: unknown) => Worker

export interface CheckpointerOptions {
  path: string
  startThread: StartThread
  /** Runs work while nobody of this process writes. */
  held: (work: () => Promise<void>) => Promise<void>
  /** An I/O error: what it left half written nobody knows. */
  onFailure: (error: Error) => void
  /** The thread is of no use: SQLite may do it on the connection that writes. */
  onGone: () => void
}

export class Checkpointer {
  readonly #options: CheckpointerOptions
  #thread: Worker | undefined
  #isOver = false
  #round: Promise<void> | undefined
  /** In the log when it was looked at last. */
  #pages = 0
  /** Takes the answer to the round that was asked for last; undefined when the thread is gone. */
  #settle: (answer: CheckpointAnswer | undefined) => void = () => {}

  constructor(options: CheckpointerOptions) {
    this.#options = options
  }

  /** Looks whether the log has become long; to be called after commits. */
  look(log: { pages: number; folded: number }): void {
    if (this.#round !== undefined || this.#isOver || log.pages - log.folded < CHECKPOINT_PAGES) return
    // A reader of an old state keeps what came after it from being folded: asking at every commit would not help.
    if (log.pages >= this.#pages && log.pages - this.#pages < CHECKPOINT_PAGES) return
    this.#round = this.#fold().finally(() => {
      this.#round = undefined
    })
  }

  async end(): Promise<void> {
    this.#isOver = true
    await this.#round
    const thread = this.#thread
    if (thread === undefined) return
    thread.ref()
    thread.postMessage('end')
    await once(thread, 'exit')
  }

  async #fold(): Promise<void> {
    const pages = await this.#ask()
    if (pages !== undefined && pages >= HELD_PAGES && !this.#isOver)
      // Nobody can be held where nobody can write any more.
      await this.#options.held(async () => void (await this.#ask())).catch(() => {})
  }

  /** One round; returns the pages in the log. */
  async #ask(): Promise<number | undefined> {
    if (this.#isOver) return undefined
    const thread = this.#startedThread()
    // A caller that waits for a held write must not see the process end.
    thread.ref()
    thread.postMessage('checkpoint')
    const answer = await new Promise<CheckpointAnswer | undefined>((resolve) => {
      this.#settle = resolve
    })
    thread.unref()
    return this.#understand(answer)
  }

  #understand(answer: CheckpointAnswer | undefined): number | undefined {
    if (answer === undefined) return undefined
    if ('pages' in answer) {
      this.#pages = answer.pages
      return answer.pages
    }
    // A full disk or a busy file passes by.
    if (answer.error.code.startsWith('SQLITE_IOERR')) this.#options.onFailure(new Error(answer.error.message))
    return undefined
  }

  /** The thread has ended, of itself or because it was told to. */
  #leave(): void {
    this.#thread = undefined
    this.#settle(undefined)
    if (this.#isOver) return
    this.#isOver = true
    this.#options.onGone()
  }

  #startedThread(): Worker {
    if (this.#thread !== undefined) return this.#thread
    const thread = this.#options.startThread(import.meta.url, './checkpoint-worker', this.#options.path)
    thread.on('message', (answer: CheckpointAnswer) => this.#settle(answer))
    thread.on('exit', () => this.#leave())
    thread.on('error', () => {})
    this.#thread = thread
    return thread
  }
}

// Recounting away from the event loop: one thread at a time, for all that ask.
import { errorOfThread, startThread } from '../../runtime/thread.ts'
import type { Context, OnProgress } from '../context.ts'
import type { Check, Recount } from './recount.ts'
import type { RecountMessage, RecountWork } from './recount-worker.ts'

/** Recounts of one database: a question that waits for its turn already gets the same answer. */
class Queue {
  readonly #waiting = new Map<number | undefined, Promise<Check[]>>()
  #last: Promise<unknown> = Promise.resolve()

  ask(work: RecountWork, onProgress: OnProgress | undefined): Promise<Check[]> {
    const { campaignId } = work
    const waiting = this.#waiting.get(campaignId)
    if (waiting !== undefined) return waiting
    const answer = this.#last.then(() => {
      this.#waiting.delete(campaignId)
      return inThread(work, onProgress)
    })
    this.#waiting.set(campaignId, answer)
    this.#last = answer.catch(() => {})
    return answer
  }
}

const queues = new WeakMap<Context, Queue>()

/** An answer is never older than its question. Who joins one that waits for its turn hears nothing of its progress. */
export function recountInThread(ctx: Context, asked: Recount, onProgress?: OnProgress): Promise<Check[]> {
  const queue = queues.get(ctx) ?? new Queue()
  queues.set(ctx, queue)
  return queue.ask({ ...asked, database: ctx.db.threadAddress }, onProgress)
}

function inThread(work: RecountWork, onProgress: OnProgress | undefined): Promise<Check[]> {
  const worker = startThread(import.meta.url, './recount-worker', work)
  return new Promise<Check[]>((resolve, reject) => {
    worker.on('message', (message: RecountMessage) => {
      if ('progress' in message) onProgress?.(message.progress)
      else if ('checks' in message) resolve(message.checks)
      else reject(errorOfThread(message.error))
    })
    worker.on('error', reject)
    worker.on('exit', () => reject(new Error('the recount broke off')))
  })
}

// Staging away from the event loop: a large file is read in a worker thread, which an abort ends with its file.
import { Worker } from 'node:worker_threads'
import { AppError, type ErrorCode } from '../../domain/errors.ts'
import { interrupted } from './import-result.ts'
import type { Staged, StageOptions } from './stage-csv.ts'
import type { StageMessage } from './stage-worker.ts'

/** Staging in another thread; an abort ends the thread and its file. */
export function stageInThread(
  options: StageOptions,
  onBytes: (bytes: number) => void,
  signal: AbortSignal | undefined,
): Promise<Staged> {
  const worker = startThread(options)
  const stop = () => void worker.terminate()
  signal?.addEventListener('abort', stop, { once: true })
  return new Promise<Staged>((resolve, reject) => {
    worker.on('message', (message: StageMessage) => {
      if ('bytes' in message) onBytes(message.bytes)
      else if ('staged' in message) resolve(message.staged)
      else reject(errorOfThread(message.error))
    })
    worker.on('error', reject)
    worker.on('exit', () => {
      reject(interrupted())
    })
  }).finally(() => signal?.removeEventListener('abort', stop))
}

/** Node 20 starts threads from JavaScript only: where sources run, the thread loads its own through tsx. */
function startThread(options: StageOptions): Worker {
  if (import.meta.url.endsWith('.js'))
    return new Worker(new URL('./stage-worker.js', import.meta.url), { workerData: options })
  const source = JSON.stringify(new URL('./stage-worker.ts', import.meta.url).href)
  const load = `import('tsx/esm/api').then(({ register }) => (register(), import(${source})))`
  return new Worker(load, { eval: true, workerData: options })
}

function errorOfThread(error: { code?: string; message: string; hint?: string }): Error {
  if (error.code === undefined) return new Error(error.message)
  return new AppError(error.code as ErrorCode, error.message, error.hint === undefined ? {} : { hint: error.hint })
}

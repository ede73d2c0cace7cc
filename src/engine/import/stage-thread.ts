// Staging away from the event loop: a large file is read in a worker thread, which an abort ends with its file.
import { errorOfThread, startThread } from '../../runtime/thread.ts'
import { interrupted } from './import-result.ts'
import type { Staged, StageOptions, StagePoint } from './stage-csv.ts'
import type { StageMessage } from './stage-worker.ts'

/** Staging in another thread; an abort ends the thread and its file. */
export function stageInThread(
  options: StageOptions,
  tell: (point: StagePoint) => void,
  signal: AbortSignal | undefined,
): Promise<Staged> {
  const worker = startThread(import.meta.url, './stage-worker', options)
  const stop = () => void worker.terminate()
  signal?.addEventListener('abort', stop, { once: true })
  return new Promise<Staged>((resolve, reject) => {
    worker.on('message', (message: StageMessage) => {
      if ('staged' in message) resolve(message.staged)
      else if ('error' in message) reject(errorOfThread(message.error))
      else tell(message)
    })
    worker.on('error', reject)
    worker.on('exit', () => {
      reject(interrupted())
    })
  }).finally(() => signal?.removeEventListener('abort', stop))
}

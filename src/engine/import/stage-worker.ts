// The thread in which large files are staged, so that parsing takes no time from sending and pages.
import { parentPort, workerData } from 'node:worker_threads'
import { type ToldError, toldError } from '../../runtime/thread.ts'
import { type Staged, type StageOptions, type StagePoint, stageCsv } from './stage-csv.ts'

/** What the thread tells the one that started it. */
export type StageMessage = StagePoint | { staged: Staged } | { error: ToldError }

/** Progress is worth telling a few times a second. */
const TELL_EVERY_BYTES = 2 * 1024 * 1024

async function main(): Promise<void> {
  const port = parentPort
  if (port === null) throw new Error('this file runs as a worker thread')
  const tell = (message: StageMessage) => port.postMessage(message)
  let told = 0
  try {
    const staged = await stageCsv(workerData as StageOptions, (point) => {
      if ('bytes' in point) {
        if (point.bytes - told < TELL_EVERY_BYTES) return
        told = point.bytes
      }
      tell(point)
    })
    tell({ staged })
  } catch (error) {
    tell({ error: toldError(error) })
  }
}

await main()

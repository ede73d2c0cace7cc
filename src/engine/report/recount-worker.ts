// Recounts many messages in a thread with its own connection, so that sending and receiving go on meanwhile. Each question is a
// short read: a long one would keep the log of the database from being folded into it.
import { parentPort, workerData } from 'node:worker_threads'
import { type ToldError, toldError } from '../../runtime/thread.ts'
import type { ThreadAddress } from '../../store/database.ts'
import { openDatabaseToRead } from '../../store/open-database.ts'
import type { Progress } from '../context.ts'
import { type Check, type Recount, recount } from './recount.ts'

/** What the thread is asked. */
export type RecountWork = Recount & { database: ThreadAddress }

/** What the thread tells the one that started it. */
export type RecountMessage = { progress: Progress } | { checks: Check[] } | { error: ToldError }

async function main(): Promise<void> {
  const port = parentPort
  if (port === null) throw new Error('this file runs as a worker thread')
  const tell = (message: RecountMessage) => port.postMessage(message)
  const { database, ...asked } = workerData as RecountWork
  try {
    await using db = await openDatabaseToRead(database)
    tell({
      checks: await recount(
        (fn) => db.read(fn),
        asked,
        (progress) => tell({ progress }),
      ),
    })
  } catch (error) {
    tell({ error: toldError(error) })
  }
}

await main()

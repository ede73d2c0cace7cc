// The thread in which many messages are recounted, on a connection of its own and in one snapshot: what is sent and
// received meanwhile neither waits for it nor shows in it.
import { parentPort, workerData } from 'node:worker_threads'
import { type ToldError, toldError } from '../../runtime/thread.ts'
import type { ThreadAddress } from '../../store/database.ts'
import { openDatabaseToRead } from '../../store/open-database.ts'
import { type Check, type Recount, recount } from './recount.ts'

/** What the thread is asked. */
export type RecountWork = Recount & { database: ThreadAddress }

/** What the thread tells the one that started it. */
export type RecountMessage = { checks: Check[] } | { error: ToldError }

async function main(): Promise<void> {
  const port = parentPort
  if (port === null) throw new Error('this file runs as a worker thread')
  const tell = (message: RecountMessage) => port.postMessage(message)
  const { database, ...asked } = workerData as RecountWork
  try {
    await using db = openDatabaseToRead(database)
    tell({ checks: await db.read((tx) => recount((fn) => fn(tx), asked)) })
  } catch (error) {
    tell({ error: toldError(error) })
  }
}

await main()

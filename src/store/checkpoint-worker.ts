// The thread that folds the log into the file, on a connection of its own: its two syncs and its copying hold up nobody.
import { parentPort, workerData } from 'node:worker_threads'
import SqliteConnection from 'better-sqlite3'
import { openConnection } from './sqlite-connection.ts'

/** What the thread tells after each round: how full the log is, or what went wrong. */
export type CheckpointAnswer = { pages: number } | { error: { code: string; message: string } }

function main(): void {
  const port = parentPort
  if (port === null) throw new Error('this file runs as a worker thread')
  const connection = openConnection(workerData as string, 'checkpoint')
  const round = connection.prepare<[], { log: number }>('PRAGMA main.wal_checkpoint(PASSIVE)')
  port.on('message', (order: 'checkpoint' | 'end') => {
    if (order === 'checkpoint') return port.postMessage(checkpoint(() => round.get()?.log ?? 0))
    connection.close()
    port.close()
  })
}

function checkpoint(round: () => number): CheckpointAnswer {
  try {
    return { pages: round() }
  } catch (error) {
    const code = error instanceof SqliteConnection.SqliteError ? error.code : ''
    return { error: { code, message: (error as Error).message } }
  }
}

main()

// The thread in which a workbook is read, so that no workbook takes time or memory from sending and pages.
import { parentPort, workerData } from 'node:worker_threads'
import { type ToldError, toldError } from '../../runtime/thread.ts'
import { convertWorkbook, type WorkbookFacts, type WorkbookOptions } from './workbook.ts'

/** What the thread tells the one that started it. */
export type WorkbookMessage = { facts: WorkbookFacts } | { error: ToldError }

async function main(): Promise<void> {
  const port = parentPort
  if (port === null) throw new Error('this file runs as a worker thread')
  try {
    port.postMessage({ facts: await convertWorkbook(workerData as WorkbookOptions) } satisfies WorkbookMessage)
  } catch (error) {
    port.postMessage({ error: toldError(error) } satisfies WorkbookMessage)
  }
}

await main()

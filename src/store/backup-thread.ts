// The thread that copies a database, and the disk meanwhile: what is copied goes to it bit by bit, so that no sync of
// those who send waits for the whole of it.
import { once } from 'node:events'
import { type FileHandle, open } from 'node:fs/promises'
import { AppError } from '../domain/errors.ts'
import type { CopyAnswer, CopyWork } from './backup-worker.ts'
import type { StartThread } from './checkpointer.ts'

const SYNC_EVERY_MS = 50

/** Throws what copyDatabase throws. */
export async function copyInThread(startThread: StartThread, work: CopyWork): Promise<void> {
  const thread = startThread(import.meta.url, './backup-worker', work)
  const syncing = new AbortController()
  const synced = syncBitByBit(work.place.part, syncing.signal)
  try {
    const [answer] = (await once(thread, 'message')) as [CopyAnswer]
    if (answer === undefined) return
    const { code, message, hint } = answer
    throw new AppError(code, message, hint === undefined ? {} : { hint })
  } finally {
    syncing.abort()
    await synced
  }
}

async function syncBitByBit(part: string, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await new Promise((resolve) => setTimeout(resolve, SYNC_EVERY_MS))
    let file: FileHandle | undefined
    try {
      file = await open(part, 'r+')
      await file.datasync()
    } catch {
      // It is not there yet or has its name already; the copy itself meets what is wrong with the disk.
    } finally {
      await file?.close()
    }
  }
}

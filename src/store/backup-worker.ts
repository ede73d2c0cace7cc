// Copies a database in a thread of its own: the process stays able to listen meanwhile.
import { parentPort, workerData } from 'node:worker_threads'
import { AppError, type ErrorCode } from '../domain/errors.ts'
import { type CopyPlace, copyDatabase } from './backup.ts'

export interface CopyWork {
  source: string
  place: CopyPlace
  copiedAt: number
}

/** What kept it from being copied; undefined when it is. */
export type CopyAnswer = { code: ErrorCode; message: string; hint: string | undefined } | undefined

parentPort?.postMessage(copy(workerData as CopyWork))

function copy({ source, place, copiedAt }: CopyWork): CopyAnswer {
  try {
    copyDatabase(source, place, copiedAt)
    return undefined
  } catch (error) {
    const { message } = error as Error
    if (error instanceof AppError) return { code: error.code, message, hint: error.hint }
    return { code: 'fault', message, hint: undefined }
  }
}

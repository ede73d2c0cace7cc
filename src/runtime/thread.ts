// A worker thread of our own, started from sources and from dist alike, and an error's way out of it.
import { type ResourceLimits, Worker } from 'node:worker_threads'
import { AppError, type ErrorCode } from '../domain/errors.ts'

/** What is left of an error on its way between threads. */
export interface ToldError {
  code?: ErrorCode
  message: string
  hint?: string
}

/**
 * Starts a module beside the one that asks, by its name without an ending. Node 20 starts threads from JavaScript only:
 * where sources run, the thread loads its own through tsx.
 */
export function startThread(
  askingUrl: string,
  module: string,
  workerData: unknown,
  resourceLimits: ResourceLimits = {},
): Worker {
  const options = { workerData, resourceLimits }
  if (askingUrl.endsWith('.js')) return new Worker(new URL(`${module}.js`, askingUrl), options)
  const source = JSON.stringify(new URL(`${module}.ts`, askingUrl).href)
  const load = `import('tsx/esm/api').then(({ register }) => (register(), import(${source})))`
  return new Worker(load, { eval: true, ...options })
}

export function toldError(error: unknown): ToldError {
  const { message } = error as Error
  if (!(error instanceof AppError)) return { message }
  return { code: error.code, message, ...(error.hint !== undefined && { hint: error.hint }) }
}

export function errorOfThread({ code, message, hint }: ToldError): Error {
  return code === undefined ? new Error(message) : new AppError(code, message, hint === undefined ? {} : { hint })
}

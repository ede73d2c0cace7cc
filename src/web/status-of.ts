// The status of a page that says why something was refused.
import { AppError, type ErrorKind, kindOf } from '../domain/errors.ts'

const statuses = {
  input: 422,
  usage: 422,
  configuration: 503,
  conflict: 409,
  notFound: 404,
  notGenuine: 401,
  forbidden: 403,
  tooMany: 429,
  changed: 412,
  busy: 503,
  gone: 410,
  notConfigured: 503,
  wrongMethod: 405,
  uriTooLong: 414,
  tooSlow: 408,
  tooLarge: 413,
  unsupportedMedia: 415,
  provider: 502,
  notOffered: 422,
  storage: 503,
  checkFailed: 422,
  interrupted: 503,
  fault: 500,
} as const satisfies Record<ErrorKind, number>

export function statusOf(error: unknown): number {
  return error instanceof AppError ? statuses[kindOf(error.code)] : 500
}

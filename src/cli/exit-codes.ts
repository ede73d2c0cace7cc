// The one switch from kinds of errors to exit codes of the process.
import { type AppError, type ErrorKind, kindOf } from '../domain/errors.ts'

const exitCodes = {
  input: 3,
  usage: 2,
  configuration: 4,
  changed: 5,
  conflict: 5,
  notFound: 5,
  notGenuine: 5,
  forbidden: 5,
  tooMany: 5,
  busy: 5,
  gone: 5,
  notConfigured: 4,
  wrongMethod: 2,
  uriTooLong: 2,
  tooSlow: 3,
  tooLarge: 3,
  unsupportedMedia: 3,
  provider: 6,
  notOffered: 6,
  storage: 7,
  checkFailed: 8,
  interrupted: 130,
  fault: 1,
} as const satisfies Record<ErrorKind, number>

export function exitCodeOf(error: AppError): number {
  return exitCodes[kindOf(error.code)]
}

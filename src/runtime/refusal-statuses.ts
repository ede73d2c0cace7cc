// The HTTP status of each kind of refusal, for the API and for the pages.
import type { ErrorKind } from '../domain/errors.ts'

export const refusalStatuses = {
  input: 422,
  usage: 400,
  configuration: 503,
  changed: 412,
  conflict: 409,
  notFound: 404,
  notGenuine: 401,
  forbidden: 403,
  tooMany: 429,
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

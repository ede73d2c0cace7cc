// Bird's error bodies. It documents the HTTP statuses and the shape, not the codes: these are the stand-in's own, but for
// InvalidPayload.
import { type Answer, jsonAnswer } from '../dialect.ts'

const known: Record<string, readonly [httpStatus: number, message: string]> = {
  BadRequest: [400, 'The request cannot be read'],
  Unauthorized: [401, 'The access key is not valid'],
  Forbidden: [403, 'The access key has no permission for this'],
  NotFound: [404, 'The requested resource does not exist: channel not found'],
  Conflict: [409, 'Creating the message was not possible because of conflicting conditions'],
  InvalidPayload: [422, 'The request did not pass validation'],
  TooManyRequests: [429, 'Too many requests: the request was not processed'],
  InternalError: [500, 'Something went wrong'],
  Unavailable: [503, 'The service is not available'],
}

export type Problems = Record<string, string[]>

export function errorAnswer(code: string, message?: string, details?: Problems): Answer {
  const [status, usual] = known[code] ?? [422, 'The request did not pass validation']
  return jsonAnswer(
    status,
    { code, message: message ?? usual, ...(details !== undefined && { details }) },
    { 'messagebird-request-id': 'req-emulator' },
  )
}

export function notFound(what: string): Answer {
  return errorAnswer('NotFound', `The requested resource does not exist: ${what} not found`)
}

export function invalid(details: Problems): Answer {
  return errorAnswer('InvalidPayload', undefined, details)
}

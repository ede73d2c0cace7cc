// What a refused request is answered with: its status and a body of RFC 9457.
import { HTTPException } from 'hono/http-exception'
import { AppError, type ErrorCode, type ErrorKind, kindOf, wordsOutside } from '../domain/errors.ts'
import { type Log, logFault } from '../runtime/log.ts'
import { refusalStatuses } from '../runtime/refusal-statuses.ts'
import { hintOf } from './api-words.ts'

type Status = (typeof refusalStatuses)[ErrorKind]

export interface ProblemBody {
  type: string
  title: string
  status: Status
  code: ErrorCode
  detail: string
  hint?: string
  errors?: unknown
  readings?: unknown
}

export function statusOf(thrown: unknown): Status {
  const error = knownOf(thrown)
  return error instanceof AppError ? refusalStatuses[kindOf(error.code)] : 500
}

/** What a failed request is answered with; a fault tells nothing of itself but the id under which it was logged. */
export function problemOf(thrown: unknown, fault?: string): { status: Status; body: ProblemBody } {
  const error = knownOf(thrown)
  const status = statusOf(error)
  const words = wordsOutside(error)
  if (!(error instanceof AppError) || words === undefined)
    return {
      status,
      body: bodyOf('fault', status, `the request could not be served; the log knows why${inLog(fault)}`),
    }
  const hint = hintOf(words)
  return {
    status,
    body: {
      ...bodyOf(error.code, status, words.message),
      ...(hint !== undefined && { hint }),
      ...(error.details?.errors !== undefined && { errors: error.details.errors }),
      ...(error.details?.readings !== undefined && { readings: error.details.readings }),
    },
  }
}

/** The answer to a failed request, from the status to the last byte; what is wrong with us is logged. */
export function refusalOf(
  thrown: unknown,
  log: Pick<Log, 'error'>,
): { status: Status; headers: Record<string, string>; body: string } {
  const isOurs = statusOf(thrown) >= 500 && !isExpected(thrown)
  const fault = isOurs ? logFault(log, thrown, 'a request failed') : undefined
  const { status, body } = problemOf(thrown, fault)
  const { retryAfterSeconds, allowed } = thrown instanceof AppError ? (thrown.details ?? {}) : {}
  const headers = {
    'content-type': 'application/problem+json',
    ...(retryAfterSeconds !== undefined && { 'retry-after': String(retryAfterSeconds) }),
    ...(Array.isArray(allowed) && { allow: allowed.join(', ') }),
  }
  return { status, headers, body: JSON.stringify(body) }
}

/** A bound that was reached or a stop says nothing new to the log. */
function isExpected(thrown: unknown): boolean {
  return thrown instanceof AppError && ['busy', 'interrupted'].includes(kindOf(thrown.code))
}

function inLog(fault: string | undefined): string {
  return fault === undefined ? '' : `, under ${fault}`
}

function knownOf(thrown: unknown): unknown {
  return thrown instanceof HTTPException ? ownErrorOf(thrown) : thrown
}

/** What the framework refuses before a route sees it: a body that is no JSON, or says that it is something else. */
function ownErrorOf({ status, message }: HTTPException): AppError {
  if (status === 415) return new AppError('request.not_json', 'bodies are application/json in UTF-8')
  if (/^Malformed JSON/.test(message))
    return new AppError('request.invalid', 'the body is empty or no JSON', {
      hint: 'Send a JSON object: {} is the shortest.',
    })
  return new AppError('request.invalid', `the request cannot be read: ${message}`)
}

function bodyOf(code: ErrorCode, status: Status, detail: string): ProblemBody {
  return { type: `about:blank#${code}`, title: code, status, code, detail }
}

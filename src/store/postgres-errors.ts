// PostgreSQL's errors in our words, and which of them another try of the same transaction ends.
import { DrizzleQueryError } from 'drizzle-orm'
import { DatabaseError } from 'pg'
import { AppError } from '../domain/errors.ts'

const SERIALIZATION_FAILURE = '40001'
const DEADLOCK = '40P01'
const LOCK_NOT_AVAILABLE = '55P03'
const DISK_FULL = '53100'
const READ_ONLY = '25006'
const RAISED = 'P0001'
/** Classes of errors, https://www.postgresql.org/docs/current/errcodes-appendix.html */
const CONNECTION_EXCEPTION = '08'
const TOO_MANY_CONNECTIONS = '53300'
const INVALID_AUTHORIZATION = '28'
const NO_DATABASE = '3D000'
const NO_PRIVILEGE = '42501'
const OPERATOR_INTERVENTION = '57'
/** The statement timeout, or pg_cancel_backend: of the statement alone, the connection stays. */
const QUERY_CANCELED = '57014'
const IDLE_IN_TRANSACTION = '25P03'

/** The server undid the transaction because of another one. */
export function shouldRunAgain(error: unknown): boolean {
  return codeOf(error) === SERIALIZATION_FAILURE || codeOf(error) === DEADLOCK
}

/** The connection is gone, or none is to be had. */
export function isLost(thrown: unknown): boolean {
  const error = serverError(thrown)
  const code = codeOf(error)
  if (code === undefined) return isNetworkError(error)
  return code !== QUERY_CANCELED && (code === IDLE_IN_TRANSACTION || isOfConnection(code))
}

function isOfConnection(code: string): boolean {
  return [CONNECTION_EXCEPTION, TOO_MANY_CONNECTIONS, OPERATOR_INTERVENTION].some((kind) => code.startsWith(kind))
}

/** Nobody is told that it is stored, and nothing is done that it allows. */
export function inDoubt(lost: unknown): AppError {
  return new AppError('db.sync_failed', 'the connection to the PostgreSQL server was lost during a commit', {
    hint: 'Start Herald again once the server is reachable: it finds out what was stored.',
    cause: serverError(lost),
  })
}

function codeOf(error: unknown): string | undefined {
  const said = serverError(error)
  return said instanceof DatabaseError ? said.code : undefined
}

/** Drizzle wraps what the server said, and so do our own words for it. */
function serverError(error: unknown): unknown {
  const isWrapped = error instanceof DrizzleQueryError || (error instanceof AppError && error.cause !== undefined)
  return isWrapped ? serverError(error.cause) : error
}

/** Everything else as it is. */
export function postgresError(thrown: unknown): unknown {
  if (thrown instanceof AppError) return thrown
  const error = serverError(thrown)
  if (error instanceof AppError) return error
  if (shouldRunAgain(error))
    return new AppError(
      'db.busy',
      `the PostgreSQL server undid a transaction again and again: ${(error as Error).message}`,
      {
        hint: 'Try again.',
        cause: error,
      },
    )
  const code = codeOf(error)
  if (code === undefined) return isNetworkError(error) ? unreachable(error) : beforeLogin(error)
  const { message } = error as DatabaseError
  if (code === RAISED && message.startsWith('illegal move'))
    return new AppError('db.illegal_move', message, { cause: error })
  if (code === LOCK_NOT_AVAILABLE)
    return new AppError('db.busy', 'the database is locked by another process for more than 10 s', {
      hint: 'Look for a long transaction in pg_stat_activity.',
      cause: error,
    })
  if (code === DISK_FULL)
    return new AppError('db.full', 'the disk of the PostgreSQL server is full; sending has stopped', {
      hint: 'Free some space on the server; nothing was lost.',
      cause: error,
    })
  if (code === READ_ONLY)
    return new AppError('db.io', `the PostgreSQL server takes no writes: ${message}`, {
      hint: 'Connect to the primary, not to a standby.',
      cause: error,
    })
  if (code.startsWith(INVALID_AUTHORIZATION)) return loginRefused(error)
  if (code === NO_DATABASE)
    return new AppError('db.missing', `the PostgreSQL server has no such database: ${message}`, {
      hint: 'Create it (createdb herald), or correct its name in HERALD_DATABASE_URL.',
      cause: error,
    })
  if (code === NO_PRIVILEGE)
    return new AppError('db.io', `the user of HERALD_DATABASE_URL may not do this: ${message}`, {
      hint: 'Let the user own the database: ALTER DATABASE herald OWNER TO herald.',
      cause: error,
    })
  if (code === TOO_MANY_CONNECTIONS)
    return new AppError('db.io', `the PostgreSQL server takes no more connections: ${message}`, {
      hint: 'Each process of Herald holds up to 12: raise max_connections, or put PgBouncer in front (docs/scale.md).',
      cause: error,
    })
  if (code === QUERY_CANCELED)
    return new AppError('db.busy', 'the PostgreSQL server gave up a statement that took too long', {
      hint: 'Look for what slows the server down in pg_stat_activity.',
      cause: error,
    })
  return isLost(error) ? unreachable(error) : error
}

function loginRefused(error: unknown): AppError {
  const { message } = error as Error
  const hint = /no encryption/.test(message)
    ? 'The server wants TLS: add sslmode=verify-full and sslrootcert=FILE to HERALD_DATABASE_URL.'
    : 'Check user and password in HERALD_DATABASE_URL, and pg_hba.conf on the server.'
  return new AppError('db.io', `the PostgreSQL server refuses the login: ${message}`, { hint, cause: error })
}

/** What the driver and TLS find before the server has said anything. Everything else as it is. */
function beforeLogin(error: unknown): unknown {
  if (!(error instanceof Error)) return error
  if (/^The server does not support SSL/.test(error.message))
    return new AppError('db.io', 'the PostgreSQL server has no TLS', {
      hint: 'Switch it on there (ssl = on), or set sslmode=disable where nobody can listen.',
      cause: error,
    })
  if (/password must be a (?:non-empty )?string/.test(error.message)) return loginRefused(error)
  const code = 'code' in error ? String(error.code) : ''
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return new AppError('db.io', `the certificate of the PostgreSQL server is for another host: ${error.message}`, {
      hint: 'Connect by the name in the certificate, or use sslmode=verify-ca.',
      cause: error,
    })
  if (!CERTIFICATE.test(code)) return error
  return new AppError('db.io', `the certificate of the PostgreSQL server cannot be trusted: ${error.message}`, {
    hint: 'Name the certificate of its authority: sslrootcert=FILE in HERALD_DATABASE_URL.',
    cause: error,
  })
}

const CERTIFICATE = /CERT|UNABLE_TO_VERIFY|UNABLE_TO_GET_ISSUER/

const NETWORK_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOTFOUND',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'EPIPE',
  'ENOENT',
])

function isNetworkError(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  if ('code' in error && typeof error.code === 'string' && NETWORK_CODES.has(error.code)) return true
  return /^(?:Connection terminated|timeout exceeded when trying to connect|timeout expired|Query read timeout|Client has encountered a connection error|Client was closed)/.test(
    error.message,
  )
}

function unreachable(error: unknown): AppError {
  return new AppError('db.io', `cannot use the PostgreSQL server: ${(error as Error).message}`, {
    hint: 'Check that it runs, and the host, port and database in HERALD_DATABASE_URL.',
    cause: error,
  })
}

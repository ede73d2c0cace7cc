// Structured logs without people in them: phones are masked where they are logged, secrets never logged.
import { randomBytes } from 'node:crypto'
import { type Logger, pino } from 'pino'
import { escapeInJson, plainLine } from './terminal-text.ts'

export type Log = Pick<Logger, 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'child'>

export const logLevels = ['silent', 'fatal', 'error', 'warn', 'info', 'debug', 'trace'] as const
export type LogLevel = (typeof logLevels)[number]

/** Keys that hold secrets or people wherever they stand; a second line behind not logging them. */
const censored = [
  'credentials',
  'accessToken',
  'appSecret',
  'authorization',
  'phone',
  'body',
  'attributes',
  'variables',
]

export interface LogOptions {
  level: LogLevel
  /** Readable lines for a terminal instead of JSON. */
  isPretty?: boolean
}

/** Logs to stderr: stdout belongs to what a command answers. */
export function createLog({ level, isPretty = false }: LogOptions): Log {
  const options = {
    level,
    base: { app: 'herald' },
    redact: { paths: censored.flatMap((key) => [key, `*.${key}`]), censor: '[hidden]' },
    serializers: { err: serializeError },
  }
  const stderr = pino.destination({ fd: 2, sync: true })
  if (!isPretty) return pino(options, { write: (line: string) => stderr.write(escapeInJson(line)) })
  return pino(options, { write: (line: string) => void process.stderr.write(readable(line)) })
}

function readable(line: string): string {
  const { level, time, msg, err } = JSON.parse(line) as {
    level: number
    time: number
    msg: string
    err?: { message: string }
  }
  const name = level >= 50 ? 'error' : level >= 40 ? 'warn' : 'info'
  const said = plainLine(`${msg}${err === undefined ? '' : `: ${err.message}`}`)
  return `${new Date(time).toISOString().slice(11, 19)} ${name} ${said}\n`
}

/** Logs a fault under an id, which is all that is told of it outside. */
export function logFault(log: Pick<Log, 'error'>, error: unknown, what: string): string {
  const fault = randomBytes(4).toString('hex')
  log.error({ err: error, fault }, what)
  return fault
}

/** A provider's text may repeat a number: its end is enough to recognise it. */
function maskNumbers(text: string): string {
  return text.replace(/\+?\d{5,12}(\d{3})(?!\d)/g, '•••$1')
}

/** Errors with a code come from outside (a network, a disk, a refusal of ours); Node's own ERR_… are faults of the program. */
function isFault(code: unknown): boolean {
  return typeof code !== 'string' || code.startsWith('ERR_')
}

/**
 * Only what is known to hold no secrets: errors of HTTP clients carry whole requests. A stack is there for faults of the
 * program, never for what is expected to happen.
 */
function serializeError(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { message: maskNumbers(String(error)) }
  const { name, message, stack } = error
  const code = (error as { code?: unknown }).code
  return {
    name,
    message: maskNumbers(message),
    ...(stack !== undefined && isFault(code) && { stack: maskNumbers(stack) }),
    ...(typeof code === 'string' && { code }),
    ...(error.cause !== undefined && { cause: serializeError(error.cause) }),
  }
}

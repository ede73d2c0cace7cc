// Bodies that are read whole before anything looks into them: never longer than allowed, whatever their length was said
// to be, never waited for without end, and bounded for each caller and over all until the request is answered.
import type { Context as HonoContext, MiddlewareHandler } from 'hono'
import { AppError } from '../domain/errors.ts'
import type { Context } from '../engine/context.ts'
import { readFieldsBeforeFile } from '../engine/import/received-form.ts'
import { withPatience } from '../engine/import/uploads.ts'
import { tooMany } from '../runtime/allowance.ts'
import { Places } from '../runtime/places.ts'
import type { AuthEnv } from './auth.ts'
import { callerOf } from './callers.ts'

/** Whether the request brings a body. */
export function hasBody(c: HonoContext): boolean {
  return Number(c.req.header('content-length') ?? 0) > 0 || c.req.header('transfer-encoding') !== undefined
}

const MIB = 1024 * 1024
/** Bytes of bodies in memory. Strangers take nothing from who is known, and nothing long from a name with its password. */
const HELD_BYTES = { max: 64 * MIB, maxOfOne: 16 * MIB }
const STRANGERS_BYTES = { max: 16 * MIB, maxOfOne: 16 * MIB }
/** A form that says it is no longer than this is a login; all connections of strangers together have room for theirs. */
const LOGIN_BYTES_MAX = 16 * 1024
/** Longest form that is no file. */
const FORM_BYTES_MAX = MIB
/** A body counts as so much at least: many small ones are bounded too. */
const COUNTED_BYTES_MIN = 4 * 1024

interface Held {
  known: Places
  logins: Places
  strangers: Places
}

const heldByContext = new WeakMap<Context, Held>()

function heldOf(ctx: Context): Held {
  const held = heldByContext.get(ctx) ?? {
    known: new Places(HELD_BYTES),
    logins: new Places(STRANGERS_BYTES),
    strangers: new Places(STRANGERS_BYTES),
  }
  heldByContext.set(ctx, held)
  return held
}

/**
 * Reads the body, puts it in the place of the stream and holds it while `use` works. Throws AppError request.too_large,
 * request.too_slow, request.too_many.
 */
export async function withBody(
  ctx: Context,
  { c, bytesMax }: { c: HonoContext; bytesMax: number },
  use: (body: Buffer) => Promise<void>,
): Promise<void> {
  const tooLarge = () => new AppError('request.too_large', `the body may have ${bytesMax} bytes`)
  const declared = Number(c.req.header('content-length') ?? Number.NaN)
  if (declared > bytesMax) throw tooLarge()
  const { known, logins, strangers } = heldOf(ctx)
  const places = c.get('principal') !== undefined ? known : declared <= LOGIN_BYTES_MAX ? logins : strangers
  const caller = callerOf(c)
  let held = 0
  const hold = (size: number) => {
    const more = Math.max(COUNTED_BYTES_MIN, size) - held
    if (!places.take(caller, more)) throw tooMany('as much as can be held is on its way', 1)
    held += more
  }
  try {
    hold(0)
    const chunks: Uint8Array[] = []
    let size = 0
    for await (const chunk of withPatience(ctx, (c.req.raw.body ?? []) as AsyncIterable<Uint8Array>)) {
      size += chunk.length
      if (size > bytesMax) throw tooLarge()
      hold(size)
      chunks.push(chunk)
    }
    const body = Buffer.concat(chunks)
    c.req.raw = new Request(c.req.raw, { body: new Uint8Array(body) })
    await use(body)
  } finally {
    places.give(caller, held)
  }
}

/** Forms of pages are read within their limit; files (multipart) are left to the pages that take them. */
export function formFrame(ctx: Context): MiddlewareHandler<AuthEnv> {
  return async (c, next) => {
    if (!hasBody(c)) return next()
    const type = c.req.header('content-type') ?? ''
    const isKnown = c.get('principal') !== undefined
    const hasFile = /^multipart\/form-data/i.test(type)
    if (isKnown && hasFile) return next()
    // Only forms of ours have this in their address.
    if (hasFile && c.req.query('once') !== undefined) return withoutFile(ctx, c, next)
    if (!/^application\/x-www-form-urlencoded(?:;|$)/i.test(type))
      throw new AppError('request.not_a_form', `pages take forms, not "${type.slice(0, 60)}"`)
    return withBody(ctx, { c, bytesMax: FORM_BYTES_MAX }, next)
  }
}

/** The form of an upload whose login is over: what was typed beside the file goes on like any other form. */
async function withoutFile(ctx: Context, c: HonoContext<AuthEnv>, next: () => Promise<void>): Promise<void> {
  const { strangers } = heldOf(ctx)
  const caller = callerOf(c)
  if (!strangers.take(caller, FORM_BYTES_MAX)) throw tooMany('as much as can be held is on its way', 1)
  try {
    const body = withPatience(ctx, (c.req.raw.body ?? []) as AsyncIterable<Uint8Array>)
    const typed = await readFieldsBeforeFile({ body, contentType: c.req.header('content-type') ?? '' })
    const { method } = c.req
    const headers = new Headers(c.req.raw.headers)
    for (const name of ['content-type', 'content-length', 'transfer-encoding']) headers.delete(name)
    c.req.raw = new Request(c.req.url, { method, headers, body: new URLSearchParams(typed) })
    await next()
  } finally {
    strangers.give(caller, FORM_BYTES_MAX)
  }
}

/** Nothing that only reads brings a body: it would be waited for after the answer. */
export function refuseBodyOfReading(): MiddlewareHandler {
  return async (c, next) => {
    const isReading = ['GET', 'HEAD', 'OPTIONS', 'TRACE'].includes(c.req.method)
    if (isReading && hasBody(c)) {
      c.header('connection', 'close')
      throw new AppError('request.invalid', `${c.req.method} has no body`)
    }
    await next()
  }
}

/** The answer to HEAD has no body that anybody reads: what streams one must end, or it would wait for its reader for ever. */
export function endsBodyOfHead(): MiddlewareHandler {
  return async (c, next) => {
    await next()
    if (c.req.method === 'HEAD') await c.res.body?.cancel()
  }
}

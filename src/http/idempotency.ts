// Idempotency-Key: the same request sent again (a lost answer, a double click) gets the first answer and changes
// nothing. Source: the IETF draft on the Idempotency-Key header field.
import { createHash } from 'node:crypto'
import type { MiddlewareHandler } from 'hono'
import { AppError } from '../domain/errors.ts'
import { DAY_MS } from '../domain/time-zone.ts'
import type { Context } from '../engine/context.ts'
import { beginRequest, deleteOldRequests, endRequest, findRequest, forgetRequest } from '../store/idempotency.ts'
import type { ApiEnv } from './api.ts'

/** Answers are remembered so long. */
const REMEMBERED_MS = DAY_MS

/** For every operation that changes something. */
export function idempotent(ctx: Context): MiddlewareHandler<ApiEnv> {
  return async (c, next) => {
    const given = c.req.header('idempotency-key')
    const principal = c.get('principal')
    if (given === undefined || principal === undefined || c.req.method === 'GET' || c.req.method === 'HEAD')
      return next()
    if (!/^[\x21-\x7e]{1,255}$/.test(given))
      throw new AppError('request.invalid', 'an Idempotency-Key has 1 to 255 visible ASCII characters')
    const key = `${principal.userId}:${given}`
    const requestSha256 = await hashOf(c.req)
    const known = await begin(ctx, key, requestSha256)
    if (known !== undefined) {
      c.set('isGranted', true)
      return c.body(known.body, known.status as 200, {
        'content-type': known.status < 400 ? 'application/json' : 'application/problem+json',
        'idempotency-replayed': 'true',
      })
    }
    await next()
    await remember(ctx, key, c.res)
  }
}

async function hashOf(request: {
  method: string
  path: string
  url: string
  text(): Promise<string>
  header(name: string): string | undefined
}) {
  const isJson = /^application\/json/i.test(request.header('content-type') ?? '')
  const body = isJson ? await request.text() : ''
  const { search } = new URL(request.url)
  return createHash('sha256').update(`${request.method} ${request.path}${search}\n`).update(body).digest('hex')
}

/** Undefined when the request is new; the first answer when it is not. */
async function begin(ctx: Context, key: string, requestSha256: string) {
  const nodeId = await ctx.node.id()
  return ctx.db.write(async (tx) => {
    const now = ctx.clock.now()
    await deleteOldRequests(tx, now - REMEMBERED_MS)
    if (await beginRequest(tx, { key, requestSha256, nodeId, createdAt: now })) return undefined
    const known = await findRequest(tx, key)
    if (known !== undefined && known.requestSha256 !== requestSha256)
      throw new AppError('idempotency.mismatch', 'this Idempotency-Key was used for another request', {
        hint: 'Use a new key for every request.',
      })
    if (known?.status == null || known.body === null)
      throw new AppError(
        'idempotency.in_progress',
        'the first request with this Idempotency-Key is still being served',
        {
          hint: 'Ask again in a moment.',
        },
      )
    return { status: known.status, body: known.body }
  })
}

/** Faults are not remembered: the request may be sent again. */
async function remember(ctx: Context, key: string, response: Response): Promise<void> {
  const body = response.status < 500 ? await response.clone().text() : ''
  await ctx.db.write(async (tx) => {
    if (response.status < 500) await endRequest(tx, key, { status: response.status, body })
    else await forgetRequest(tx, key)
  })
}

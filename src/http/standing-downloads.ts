// A download goes on only while its reader may have it: a list of people takes minutes to send, and a login or a key ends at
// once. It is broken off, so that no half file looks whole.
import type { HttpBindings } from '@hono/node-server'
import type { Context as HonoContext, MiddlewareHandler } from 'hono'
import type { Principal, Right } from '../domain/access.ts'
import { authRequired } from '../engine/accounts/guard.ts'
import { watchStanding } from '../engine/accounts/standing.ts'
import type { Context } from '../engine/context.ts'
import type { AuthEnv } from './auth.ts'

/** A reader who may no longer have it gets no piece after so long. */
const STANDING_MS = 1_000

export function endsWithStanding(ctx: Context): MiddlewareHandler<AuthEnv> {
  return async (c, next) => {
    await next()
    const [principal, right, { body }] = [c.get('principal'), c.get('right'), c.res]
    const isDownload = c.res.headers.get('content-disposition')?.startsWith('attachment') === true
    if (principal === undefined || right === undefined || body === null || !isDownload) return
    const pieces = whileStanding(ctx, { principal, right, body, breakOff: () => breakOff(c) })
    c.res = new Response(ReadableStream.from(pieces), c.res)
  }
}

interface Watched {
  principal: Principal
  right: Right
  body: ReadableStream<Uint8Array>
  /** Returns whether there was a connection to end. */
  breakOff(): boolean
}

async function* whileStanding(ctx: Context, { principal, right, body, breakOff }: Watched): AsyncGenerator<Uint8Array> {
  const mayStay = watchStanding(ctx, principal, right)
  let lookedAt = ctx.clock.monotonic()
  for await (const piece of body) {
    if (ctx.clock.monotonic() - lookedAt >= STANDING_MS) {
      if (!(await mayStay())) {
        // Without its connection the answer needs no end; an error would be told as a fault.
        if (breakOff()) return
        throw authRequired()
      }
      lookedAt = ctx.clock.monotonic()
    }
    yield piece
  }
}

function breakOff(c: HonoContext): boolean {
  const { outgoing } = (c.env ?? {}) as Partial<HttpBindings>
  outgoing?.destroy()
  return outgoing !== undefined
}

// Bodies that are read whole before anything looks into them: never longer than allowed, whatever their length was said
// to be, never waited for without end.
import type { Context as HonoContext, MiddlewareHandler } from 'hono'
import { AppError } from '../domain/errors.ts'
import type { Context } from '../engine/context.ts'
import { withPatience } from '../engine/import/uploads.ts'
import type { AuthEnv } from './auth.ts'

/** Whether the request brings a body. */
export function hasBody(c: HonoContext): boolean {
  return Number(c.req.header('content-length') ?? 0) > 0 || c.req.header('transfer-encoding') !== undefined
}

/** Reads the body and puts it in the place of the stream. Throws AppError request.too_large, request.too_slow. */
export async function takeBody(ctx: Context, c: HonoContext, bytesMax: number): Promise<Buffer> {
  const tooLarge = () => new AppError('request.too_large', `the body may have ${bytesMax} bytes`)
  if (Number(c.req.header('content-length') ?? 0) > bytesMax) throw tooLarge()
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of withPatience(ctx, (c.req.raw.body ?? []) as AsyncIterable<Uint8Array>)) {
    size += chunk.length
    if (size > bytesMax) throw tooLarge()
    chunks.push(chunk)
  }
  const body = Buffer.concat(chunks)
  c.req.raw = new Request(c.req.raw, { body: new Uint8Array(body) })
  return body
}

/** Longest form that is no file. */
const FORM_BYTES_MAX = 1024 * 1024

/** Forms of pages are read within their limit; files (multipart) are left to the pages that take them. */
export function formFrame(ctx: Context): MiddlewareHandler<AuthEnv> {
  return async (c, next) => {
    const type = c.req.header('content-type') ?? ''
    const isFile = /^multipart\/form-data/i.test(type) && c.get('principal') !== undefined
    if (hasBody(c) && !isFile) {
      if (!/^application\/x-www-form-urlencoded(?:;|$)/i.test(type))
        throw new AppError('request.not_a_form', `pages take forms, not "${type.slice(0, 60)}"`)
      await takeBody(ctx, c, FORM_BYTES_MAX)
    }
    return next()
  }
}

// Callbacks of providers: raw bytes in, 200 after the commit. No session, no cookie, no power beyond its sender.
import type { HttpBindings } from '@hono/node-server'
import { Hono, type Context as HonoContext } from 'hono'
import { AppError } from '../../domain/errors.ts'

/** Meta sends up to 3 MiB. */
const BODY_BYTES_MAX = 3 * 1024 * 1024

/** What the routes need of the engine. */
export interface WebhookPort {
  receive(
    sender: string,
    token: string,
    request: { body: Uint8Array; header(name: string): string | undefined; url: string },
  ): Promise<void>
  handshake(sender: string, token: string, query: URLSearchParams): Promise<{ status: number; body: string }>
}

type Env = { Bindings: HttpBindings }

export function webhookRoutes(port: WebhookPort, publicUrl: string): Hono<Env> {
  const routes = new Hono<Env>()
  routes.get('/:sender/:token', async (c) => {
    const { status, body } = await port.handshake(
      c.req.param('sender'),
      c.req.param('token'),
      new URL(c.req.url).searchParams,
    )
    return c.body(body, status as 200, { 'content-type': 'text/plain' })
  })
  routes.post('/:sender/:token', async (c) => {
    const encoding = c.req.header('content-encoding')
    if (encoding !== undefined && encoding !== 'identity')
      throw new AppError('webhook.encoded', `callbacks encoded as ${encoding.slice(0, 20)} are not taken`)
    const body = await readBody(c)
    const { pathname, search } = new URL(c.req.url)
    await port.receive(c.req.param('sender'), c.req.param('token'), {
      body,
      header: (name) => c.req.header(name),
      url: `${publicUrl}${pathname}${search}`,
    })
    return c.body(null, 200)
  })
  // Nothing below this path is a page's or the API's business.
  routes.all('/:sender/:token', (c) => {
    throw new AppError('route.wrong_method', `${c.req.method} is not offered here`, {
      details: { allowed: ['GET', 'POST'] },
    })
  })
  routes.all('*', () => {
    throw new AppError('route.not_found', 'there is nothing here')
  })
  return routes
}

/** The whole body, refused as soon as it is too long, whatever its length was said to be. */
async function readBody(c: HonoContext<Env>): Promise<Uint8Array> {
  const tooLarge = () => new AppError('webhook.too_large', `a callback may have ${BODY_BYTES_MAX} bytes`)
  if (Number(c.req.header('content-length') ?? 0) > BODY_BYTES_MAX) throw tooLarge()
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of (c.req.raw.body ?? []) as AsyncIterable<Uint8Array>) {
    size += chunk.length
    if (size > BODY_BYTES_MAX) throw tooLarge()
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

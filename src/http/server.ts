// The HTTP side of a running service: callbacks of providers, the API, the pages, and the question whether we live.
import { type ServerType, serve } from '@hono/node-server'
import { Hono } from 'hono'
import { AppError } from '../domain/errors.ts'
import { type Log, logFault } from '../runtime/log.ts'
import type { ApiFacts } from './api.ts'
import { API_PATH, apiV1 } from './api-v1.ts'
import { type AuthEnv, identify } from './auth.ts'
import { formFrame } from './body.ts'
import { answerClientErrors, HEADER_BYTES_MAX } from './client-errors.ts'
import { checkAddress, checkHost, securityHeaders } from './guard.ts'
import { problemOf, statusOf } from './problem.ts'
import { rateBrake } from './rate-brake.ts'
import { type WebhookPort, webhookRoutes } from './routes/webhooks.ts'

export interface ServerOptions extends ApiFacts {
  host: string
  port: number
  log: Log
  /** The pages; absent in a service that only the API and callbacks use. */
  pages?: Hono<AuthEnv>
  webhooks: WebhookPort
  /** Base of the addresses that providers know. */
  publicUrl: string
}

export interface RunningServer extends AsyncDisposable {
  url: string
  port: number
}

/** Starts to listen. Throws AppError config.port_in_use, config.port_not_allowed. */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const app = new Hono()
  app.use('*', securityHeaders({ isTls: options.publicUrl.startsWith('https:') }), checkHost(options), checkAddress())
  app.get('/healthz', (c) => {
    const { failure } = options.ctx.db
    return failure === undefined ? c.text('ok') : c.text(failure.code, 503)
  })
  app.route('/webhooks', webhookRoutes(options.webhooks, options.publicUrl))
  app.route(API_PATH, apiV1(options))
  if (options.pages !== undefined) {
    app.use('*', identify(options.ctx), rateBrake(options.ctx), formFrame(options.ctx))
    app.route('/', options.pages)
  }
  app.onError((error, c) => {
    const fault = statusOf(error) >= 500 ? logFault(options.log, error, 'a request failed') : undefined
    const { status, body } = problemOf(error, fault)
    const headers = new Headers(c.res.headers)
    headers.set('content-type', 'application/problem+json')
    const { retryAfterSeconds, allowed } = error instanceof AppError ? (error.details ?? {}) : {}
    if (retryAfterSeconds !== undefined) headers.set('retry-after', String(retryAfterSeconds))
    if (Array.isArray(allowed)) headers.set('allow', allowed.join(', '))
    return new Response(JSON.stringify(body), { status, headers })
  })
  app.notFound(() => {
    throw new AppError('route.not_found', 'there is nothing here')
  })
  const server = await listen(app, options)
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : options.port
  return {
    url: `http://${options.host.includes(':') ? `[${options.host}]` : options.host}:${port}`,
    port,
    [Symbol.asyncDispose]: () => close(server),
  }
}

function listen(app: Hono, { host, port }: ServerOptions): Promise<ServerType> {
  return new Promise((resolve, reject) => {
    const server = serve({
      fetch: app.fetch,
      hostname: host,
      port,
      serverOptions: {
        maxHeaderSize: HEADER_BYTES_MAX,
        headersTimeout: 10_000,
        // Node looks for slow senders of headers every 30 s unless it is told otherwise.
        connectionsCheckingInterval: 2_000,
        // Bodies have patience of their own (body.ts, uploads): a large file takes as long as its line is slow.
        requestTimeout: 0,
        keepAliveTimeout: 5_000,
      },
    })
    answerClientErrors(server)
    server.once('listening', () => resolve(server))
    server.once('error', (error: NodeJS.ErrnoException) => reject(listenError(error, host, port)))
  })
}

function listenError(error: NodeJS.ErrnoException, host: string, port: number): unknown {
  if (error.code === 'EADDRINUSE')
    return new AppError('config.port_in_use', `${host}:${port} is in use by another program`, {
      hint: 'Choose another port with --port.',
      cause: error,
    })
  if (error.code === 'EACCES' || error.code === 'EADDRNOTAVAIL')
    return new AppError('config.port_not_allowed', `this program may not listen on ${host}:${port}`, {
      hint: 'Choose a port above 1023 with --port.',
      cause: error,
    })
  return error
}

function close(server: ServerType): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    if ('closeIdleConnections' in server) server.closeIdleConnections()
  })
}

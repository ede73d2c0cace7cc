// The HTTP side of a running service: callbacks of providers, the API, the pages, and the question whether we live.
import { createServer, type Server } from 'node:http'
import { getRequestListener } from '@hono/node-server'
import { Hono } from 'hono'
import { AppError } from '../domain/errors.ts'
import { healthOf } from '../engine/service/health.ts'
import type { Log } from '../runtime/log.ts'
import type { ApiFacts } from './api.ts'
import { API_PATH, apiV1 } from './api-v1.ts'
import { type AuthEnv, identify } from './auth.ts'
import { endsBodyOfHead, formFrame, refuseBodyOfReading } from './body.ts'
import { clientOf, knowClient } from './client-address.ts'
import { answerClientErrors, HEADER_BYTES_MAX } from './client-errors.ts'
import { checkAddress, checkHost, headersOfEveryAnswer, securityHeaders } from './guard.ts'
import { refusalOf } from './problem.ts'
import { addressBrake, rateBrake } from './rate-brake.ts'
import { endsWithStanding } from './standing-downloads.ts'
import { boundStrangers } from './stranger-connections.ts'
import { isWebhookPath, WebhookListener, type WebhookPort } from './webhook-listener.ts'

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
  const headers = headersOfEveryAnswer({ isTls: options.publicUrl.startsWith('https:') })
  const webhooks = new WebhookListener({ ...options, headers, clock: options.ctx.clock, trust: options.ctx.config })
  const server = await listen(appOf(options, headers), webhooks, options)
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : options.port
  return {
    url: `http://${options.host.includes(':') ? `[${options.host}]` : options.host}:${port}`,
    port,
    [Symbol.asyncDispose]: () => {
      webhooks.close()
      return close(server)
    },
  }
}

/** Everything but callbacks. */
function appOf(options: ServerOptions, everyAnswer: Record<string, string>): Hono<AuthEnv> {
  const app = new Hono<AuthEnv>()
  app.use('*', endsBodyOfHead(), securityHeaders(everyAnswer), checkAddress(), refuseBodyOfReading())
  app.use('*', knowClient(options.ctx.config), addressBrake(options.ctx))
  // Probes ask by the address of the container; the answer says nothing of what is kept here.
  const health = healthOf(options.ctx)
  app.get('/healthz', async (c) => {
    const problem = await health()
    return problem === undefined ? c.text('ok') : c.text(problem, 503)
  })
  app.use('*', checkHost(options))
  app.use('*', endsWithStanding(options.ctx))
  app.route(API_PATH, apiV1(options))
  if (options.pages !== undefined) {
    app.use('*', identify(options.ctx), rateBrake(options.ctx), formFrame(options.ctx))
    app.route('/', options.pages)
  }
  app.onError((error, c) => {
    const { status, headers, body } = refusalOf(error, options.log)
    const all = new Headers(c.res.headers)
    for (const [name, value] of Object.entries(headers)) all.set(name, value)
    return new Response(body, { status, headers: all })
  })
  app.notFound(() => {
    throw new AppError('route.not_found', 'there is nothing here')
  })
  return app
}

function listen(app: Hono<AuthEnv>, webhooks: WebhookListener, { host, port, ctx }: ServerOptions): Promise<Server> {
  const trust = ctx.config
  const answerOthers = getRequestListener(app.fetch, { hostname: host })
  const server = createServer({
    maxHeaderSize: HEADER_BYTES_MAX,
    headersTimeout: 10_000,
    // Node looks for slow senders of headers every 30 s unless it is told otherwise.
    connectionsCheckingInterval: 2_000,
    // Bodies have patience of their own (body.ts, webhook-bodies.ts, uploads): a large file takes as long as its line is slow.
    requestTimeout: 0,
    keepAliveTimeout: 5_000,
  })
  server.on('request', (request, response) => {
    if (isWebhookPath(request.url ?? '')) void webhooks.answer(request, response)
    else void answerOthers(request, response)
  })
  // A provider that asks before it sends a body is invited only once its token is known to be right.
  server.on('checkContinue', (request, response) => {
    if (!isWebhookPath(request.url ?? '')) response.writeContinue()
    server.emit('request', request, response)
  })
  answerClientErrors(server)
  boundStrangers(server, { isShared: (socket) => clientOf({ headers: {}, socket }, trust).isShared })
  return new Promise((resolve, reject) => {
    server.once('listening', () => resolve(server))
    server.once('error', (error: NodeJS.ErrnoException) => reject(listenError(error, host, port)))
    server.listen(port, host)
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

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeIdleConnections()
  })
}

// /api/v1: every resource, and the document that describes them.
import type { OpenAPIHono } from '@hono/zod-openapi'
import { AppError } from '../domain/errors.ts'
import { fitsPathForm } from '../runtime/path-form.ts'
import { type ApiEnv, type ApiFacts, apiFrame, apiRouter, noticesHold } from './api.ts'
import { identify } from './auth.ts'
import { documentOf, documentRoutes } from './document.ts'
import { idempotent } from './idempotency.ts'
import { rateBrake } from './rate-brake.ts'
import { campaignReportRoutes } from './routes/campaign-reports.ts'
import { campaignRoutes } from './routes/campaigns.ts'
import { contactRoutes } from './routes/contacts.ts'
import { draftRoutes } from './routes/drafts.ts'
import { importRoutes } from './routes/imports.ts'
import { installationRoutes } from './routes/installation.ts'
import { keyRoutes } from './routes/keys.ts'
import { limitRoutes } from './routes/limits.ts'
import { listRoutes } from './routes/lists.ts'
import { liveRoutes } from './routes/live.ts'
import { replyRoutes } from './routes/replies.ts'
import { senderRoutes } from './routes/senders.ts'
import { suppressionRoutes } from './routes/suppressions.ts'
import { templateRoutes } from './routes/templates.ts'
import { unknownRoutes } from './routes/unknown.ts'
import { uploadRoutes } from './routes/uploads.ts'
import { userRoutes } from './routes/users.ts'

export const API_PATH = '/api/v1'

export function apiV1(facts: ApiFacts): OpenAPIHono<ApiEnv> {
  const api = apiRouter()
  const { ctx } = facts
  api.use('*', identify(ctx), noticesHold(ctx), rateBrake(ctx), apiFrame(ctx), idempotent(ctx))
  for (const routes of [
    uploadRoutes(facts),
    importRoutes(facts),
    listRoutes(facts),
    contactRoutes(facts),
    suppressionRoutes(facts),
    replyRoutes(facts),
    campaignRoutes(facts),
    draftRoutes(facts),
    campaignReportRoutes(facts),
    liveRoutes(facts),
    unknownRoutes(facts),
    senderRoutes(facts),
    templateRoutes(facts),
    limitRoutes(facts),
    userRoutes(facts),
    keyRoutes(facts),
    installationRoutes(facts),
  ])
    api.route('/', routes)
  api.route(
    '/',
    documentRoutes(() => documentOf(api, ctx.appVersion)),
  )
  api.all('*', (c) => {
    const allowed = methodsOf(api, c.req.path)
    if (allowed.length === 0) throw new AppError('route.not_found', `there is nothing at ${c.req.path.slice(0, 200)}`)
    throw new AppError('route.wrong_method', `${c.req.method} is not offered here`, {
      hint: `Use ${allowed.join(' or ')}.`,
      details: { allowed },
    })
  })
  return api
}

const described = new WeakMap<ApiFacts, unknown>()

/** What the pages show of the API; made when it is first looked at. */
export function apiDocument(facts: ApiFacts): unknown {
  const known = described.get(facts) ?? documentOf(apiV1(facts), facts.ctx.appVersion)
  described.set(facts, known)
  return known
}

/** Methods that some operation offers for a path. */
function methodsOf(api: OpenAPIHono<ApiEnv>, path: string): string[] {
  const found = new Set<string>()
  for (const definition of api.openAPIRegistry.definitions) {
    if (definition.type !== 'route') continue
    if (fitsPathForm(`${API_PATH}${definition.route.path}`, path)) found.add(definition.route.method.toUpperCase())
  }
  if (found.has('GET')) found.add('HEAD')
  return [...found]
}

// /api/v1: every resource, and the document that describes them.
import type { OpenAPIHono } from '@hono/zod-openapi'
import { AppError } from '../domain/errors.ts'
import { type ApiEnv, type ApiFacts, apiFrame, apiRouter } from './api.ts'
import { identify } from './auth.ts'
import { idempotent } from './idempotency.ts'
import { campaignReportRoutes } from './routes/campaign-reports.ts'
import { campaignRoutes } from './routes/campaigns.ts'
import { draftRoutes } from './routes/drafts.ts'
import { listRoutes } from './routes/lists.ts'
import { liveRoutes } from './routes/live.ts'

export const API_PATH = '/api/v1'

export function apiV1(facts: ApiFacts): OpenAPIHono<ApiEnv> {
  const api = apiRouter()
  api.use('*', identify(facts.ctx), apiFrame(), idempotent(facts.ctx))
  for (const routes of [
    listRoutes(facts),
    campaignRoutes(facts),
    draftRoutes(facts),
    campaignReportRoutes(facts),
    liveRoutes(facts),
  ])
    api.route('/', routes)
  api.openAPIRegistry.registerComponent('securitySchemes', 'key', { type: 'http', scheme: 'bearer' })
  api.openAPIRegistry.registerComponent('securitySchemes', 'session', {
    type: 'apiKey',
    in: 'cookie',
    name: '__Host-herald-session',
  })
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

/** Methods that some operation offers for a path. */
function methodsOf(api: OpenAPIHono<ApiEnv>, path: string): string[] {
  const found = new Set<string>()
  for (const definition of api.openAPIRegistry.definitions) {
    if (definition.type !== 'route') continue
    const pattern = new RegExp(`${definition.route.path.replace(/\{[^}]+\}/g, '[^/]+')}$`)
    if (pattern.test(path)) found.add(definition.route.method.toUpperCase())
  }
  return [...found]
}

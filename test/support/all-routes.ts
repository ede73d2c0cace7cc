// Every operation of the API and every page, as the program itself lists them: what is added is tested with the rest.
import type { Right } from '../../src/domain/access.ts'
import { WatchedLaunches } from '../../src/engine/campaigns/watched-launches.ts'
import { WatchedImports } from '../../src/engine/import/watched-imports.ts'
import { ProviderAccess } from '../../src/engine/senders/provider-access.ts'
import { LiveReports } from '../../src/engine/service/live.ts'
import { apiDocument } from '../../src/http/api-v1.ts'
import { webPages } from '../../src/web/pages.tsx'
import type { TestApp } from './open-test-app.ts'

export interface Route {
  method: string
  /** With `{name}` in the places of parameters. */
  path: string
  /** Null for a page that is for anybody; undefined when nothing is declared. */
  right: Right | null | undefined
  /** Of a form: what it does. */
  act?: string | undefined
}

/** What the tests read in a schema of the document. */
export interface Schema {
  $ref?: string
  type?: string | string[]
  enum?: unknown[]
  const?: unknown
  properties?: Record<string, Schema>
  items?: Schema
  anyOf?: Schema[]
  oneOf?: Schema[]
}

// biome-ignore lint/suspicious/noExplicitAny: a document of any shape is what the tests look at
export function documentOf({ app }: TestApp): any {
  return apiDocument(facesOf(app))
}

/** What API and pages work with. */
export function facesOf(app: TestApp['app']) {
  const { ctx, connections } = app
  return {
    ctx,
    providers: new ProviderAccess(connections, ctx.clock),
    live: new LiveReports(ctx),
    launches: new WatchedLaunches(ctx),
    imports: new WatchedImports(ctx, () => false),
  }
}

export function apiRoutes(test: TestApp): Route[] {
  const { paths } = documentOf(test) as { paths: Record<string, Record<string, { 'x-right'?: Right }>> }
  return Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({
      method: method.toUpperCase(),
      path: `/api/v1${path}`,
      right: operation['x-right'],
    })),
  )
}

export function pageRoutes({ app }: TestApp): Route[] {
  const found = new Map<string, Route>()
  for (const { method, path, handler } of webPages({ ...facesOf(app), describeApi: () => ({}) }).routes) {
    if (method === 'ALL') continue
    const key = `${method} ${path}`
    const known = found.get(key) ?? { method, path: path.replace(/:(\w+)(\{[^}]*\})?/g, '{$1}'), right: undefined }
    const { right, act } = handler as { right?: Right | null; act?: string }
    found.set(key, { ...known, ...(right !== undefined && { right }), ...(act !== undefined && { act }) })
  }
  return [...found.values()]
}

/** The path with a value in the place of each parameter. */
export function fill(path: string, value = 'nobody'): string {
  return path.replace(/\{[^}]+\}/g, value)
}

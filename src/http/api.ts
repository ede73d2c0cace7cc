// The API's own frame: every operation declares its right, its input and its answers once; the same schemas validate
// and make the OpenAPI document. An operation that declares no right answers nobody.
import { createRoute, OpenAPIHono, type RouteConfig, z } from '@hono/zod-openapi'
import type { Context as HonoContext, MiddlewareHandler } from 'hono'
import type { Right } from '../domain/access.ts'
import { problemsIn } from '../domain/definition.ts'
import { AppError } from '../domain/errors.ts'
import { checkFormToken, requireRight } from '../engine/accounts/guard.ts'
import type { Context } from '../engine/context.ts'
import { isTableFile } from '../engine/import/file-types.ts'
import type { WatchedImports } from '../engine/import/watched-imports.ts'
import type { ProviderAccess } from '../engine/senders/provider-access.ts'
import { findHold } from '../engine/service/held.ts'
import type { LiveReports } from '../engine/service/live.ts'
import type { AuthEnv } from './auth.ts'
import { hasBody, withBody } from './body.ts'
import { conditional } from './condition.ts'
import type { FileHash } from './file-hash.ts'
import { checkJson, JSON_BYTES_MAX } from './json-text.ts'

export interface ApiEnv {
  Variables: AuthEnv['Variables'] & {
    /** Set by the declared right of an operation. */
    isGranted: boolean
    /** What the operation takes. */
    inputs: Inputs
    /** Hashes the file of a request on its way to where it is stored. */
    fileHash: FileHash | undefined
  }
}

/** What the operations work with. */
export interface ApiFacts {
  ctx: Context
  providers: ProviderAccess
  live: LiveReports
  imports: WatchedImports
}

/** The schemas of an operation, by where a request says it. */
type Inputs = Partial<Record<'json' | 'query' | 'param' | 'header', z.ZodType>>

const SAFE_METHODS = ['get', 'head', 'options']

/**
 * One operation: `right` is what the caller needs; `operationId` is its name in clients made from the document.
 * `x-conditional`: its answer carries an ETag, and If-Match (of a change) or If-None-Match (of a reading) holds.
 */
export function operation<R extends RouteConfig & { operationId: string; 'x-conditional'?: true }>(
  right: Right,
  config: R,
) {
  const query = config.request?.query ?? z.object({})
  // What an operation does not know it refuses, also where it takes no parameter: a caller relies on what was asked.
  const request = { ...config.request, query: query instanceof z.ZodObject ? query.strict() : query }
  return createRoute({
    ...config,
    request: request as NonNullable<R['request']>,
    'x-right': right,
    security: [{ key: [] }, { session: [] }],
    middleware: [allow(right, inputsOf(request)), conditional(config['x-conditional'] ?? false)] as const,
    responses: {
      ...config.responses,
      '4XX': { description: 'what is wrong, where, and what to do', content: problemContent },
      '5XX': { description: 'what cannot be done at the moment', content: problemContent },
    },
  })
}

function inputsOf(request: RouteConfig['request']): Inputs {
  const schemas = {
    json: (request?.body?.content['application/json'] as { schema?: unknown } | undefined)?.schema,
    query: request?.query,
    param: request?.params,
    header: request?.headers,
  }
  return Object.fromEntries(Object.entries(schemas).filter(([, schema]) => schema instanceof z.ZodType))
}

function allow(right: Right, inputs: Inputs): MiddlewareHandler<ApiEnv> {
  return async (c, next) => {
    c.set('inputs', inputs)
    const principal = requireRight(c.get('principal'), right)
    if (!SAFE_METHODS.includes(c.req.method.toLowerCase())) checkFormToken(principal, c.req.header('x-csrf-token'))
    c.set('isGranted', true)
    c.set('right', right)
    await next()
  }
}

export const problemSchema = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    code: z.string(),
    detail: z.string(),
    hint: z.string().optional(),
    errors: z.array(z.object({ pointer: z.string(), code: z.string(), detail: z.string() })).optional(),
    readings: z
      .array(z.object({ encoding: z.string(), samples: z.array(z.string()) }))
      .optional()
      .openapi({
        description: 'of `csv.encoding_doubt`: the same names of the file in each encoding that it may have',
      }),
  })
  .openapi('Problem')
/**
 * What has a name in the document, or null. Of `nullable()` the document says something else: that whatever has the
 * name may be null, or that it is an object and null at once.
 */
export function orNull<S extends z.ZodType>(schema: S) {
  return z.union([schema, z.null()])
}
const problemContent = { 'application/problem+json': { schema: problemSchema } }

/** An answer of JSON. */
export function answers<S extends z.ZodType>(schema: S, description: string) {
  return { description, content: { 'application/json': { schema } } }
}

/** A required body of JSON. */
export function jsonBody<S extends z.ZodType>(schema: S) {
  return { required: true, content: { 'application/json': { schema } } }
}

/** Where a request said what does not fit. */
const places: Record<string, string> = { json: 'body', param: 'address', header: 'headers' }

/**
 * A router whose refusals name every problem of a request. `explain` is given a body that does not fit and may throw
 * what it knows better: the codes of a definition.
 */
export function apiRouter(explain?: (body: unknown) => unknown): OpenAPIHono<ApiEnv> {
  return new OpenAPIHono<ApiEnv>({
    defaultHook: (result, c) => {
      if (result.success) return
      const { data } = result as { data?: unknown }
      if (result.target === 'json') explain?.(data)
      if (result.target === 'query') refuseSort(result.error.issues)
      const schema = c.get('inputs')[result.target as keyof Inputs] ?? z.unknown()
      const errors = problemsIn(result.error.issues as z.core.$ZodIssue[], {
        schema,
        root: data,
        codes: { '': 'request.invalid', unknown: 'request.invalid' },
      })
      const where = `the ${places[result.target] ?? result.target} of the request`
      const [first] = errors
      const said =
        first === undefined ? 'is not valid' : first.pointer === '' ? first.detail : `${first.pointer} ${first.detail}`
      throw new AppError('request.invalid', `${where}: ${said}`, { details: { errors } })
    },
  })
}

/** Parameters with which other APIs sort: named here, because a caller who asks for an order relies on it. */
function refuseSort(issues: readonly { code?: string; keys?: unknown }[]): void {
  const asked = issues.flatMap(({ keys }) => (Array.isArray(keys) ? keys : []))
  if (!asked.some((key) => ['sort', 'order', 'orderBy', 'direction'].includes(String(key)))) return
  throw new AppError('sort.unknown', 'there is nothing to sort by: each list has the one order that its summary names')
}

/** Bodies are JSON, read within their limits; what no operation granted is not answered. */
export function apiFrame(ctx: Context): MiddlewareHandler<ApiEnv> {
  return async (c, next) => {
    if (isJsonToRead(c))
      await withBody(ctx, { c, bytesMax: JSON_BYTES_MAX }, async (body) => {
        checkJson(body)
        await next()
      })
    else await next()
    if (c.res.status < 400 && c.get('isGranted') !== true)
      throw new AppError('auth.forbidden', 'this operation declares no right')
  }
}

/** While sending is held, every answer to a known caller says so, and why. */
export function noticesHold(ctx: Context): MiddlewareHandler<ApiEnv> {
  return async (c, next) => {
    const hold = c.get('principal') === undefined ? undefined : await ctx.db.read(findHold)
    if (hold !== undefined) c.header('Herald-Held', hold.reason)
    await next()
  }
}

/** Nothing is read from a stranger: the operation refuses them. Throws AppError request.not_json. */
function isJsonToRead(c: HonoContext<ApiEnv>): boolean {
  const type = c.req.header('content-type') ?? ''
  if (!hasBody(c) || SAFE_METHODS.includes(c.req.method.toLowerCase())) return false
  const coding = c.req.header('content-encoding')?.trim() ?? ''
  if (c.get('principal') !== undefined && !/^(?:identity)?$/i.test(coding))
    throw new AppError('request.not_json', `bodies are not compressed, and this one is "${coding.slice(0, 60)}"`)
  if (isFileType(type) || c.get('principal') === undefined) return false
  if (/^application\/json(?:;\s*charset="?utf-8"?)?$/i.test(type.trim())) return true
  throw new AppError('request.not_json', `bodies are application/json in UTF-8, not "${type.slice(0, 60)}"`)
}

/** Files are streamed by their own routes, which look at the type themselves. */
export function isFileType(type: string): boolean {
  return isTableFile(type) || /^multipart\/form-data\b/i.test(type.trim())
}

// The description of the API, made from the schemas that validate its requests. For those who may ask it anything.
import type { OpenAPIHono } from '@hono/zod-openapi'
import { z } from '@hono/zod-openapi'
import { filterSchema } from '../domain/audience.ts'
import { sessionCookie } from '../engine/accounts/sessions.ts'
import { type ApiEnv, answers, apiRouter, operation } from './api.ts'

const documents = new WeakMap<object, unknown>()

/** OpenAPI 3.1; made once. */
export function documentOf(api: OpenAPIHono<ApiEnv>, version: string): unknown {
  const known = documents.get(api)
  if (known !== undefined) return known
  const { openAPIRegistry: registry } = api
  registry.registerComponent('securitySchemes', 'key', {
    type: 'http',
    scheme: 'bearer',
    description: 'A key of `herald keys add` or the page Keys.',
  })
  registry.registerComponent('securitySchemes', 'session', {
    type: 'apiKey',
    in: 'cookie',
    name: sessionCookie,
    description: 'The login of a browser. Changes need the header X-CSRF-Token with the token of the page as well.',
  })
  registry.registerComponent('parameters', 'IdempotencyKey', {
    name: 'Idempotency-Key',
    in: 'header',
    description: 'The same request sent again under the same key gets the first answer and changes nothing.',
    schema: { type: 'string', minLength: 1, maxLength: 255, pattern: '^[!-~]+$' },
  })
  registry.registerComponent('parameters', 'IfMatch', {
    name: 'If-Match',
    in: 'header',
    description:
      'The ETag that you read: 412 `version.changed`, and nothing is changed, when it is another one by now.',
    schema: { type: 'string', minLength: 1, maxLength: 4096 },
  })
  registry.registerComponent('parameters', 'IfNoneMatch', {
    name: 'If-None-Match',
    in: 'header',
    description: 'The ETag that you have: 304 without a body when it is still the same.',
    schema: { type: 'string', minLength: 1, maxLength: 4096 },
  })
  const document = api.getOpenAPI31Document({
    openapi: '3.1.0',
    info: {
      title: 'Herald',
      version,
      description: DESCRIPTION,
      license: { name: 'MIT', url: 'https://opensource.org/license/mit' },
    },
    servers: [{ url: '/api/v1', description: 'this installation' }],
    tags: tagsOf(api),
  })
  for (const item of Object.values(document.paths ?? {}))
    for (const method of METHODS) {
      const described = item[method] as DescribedOperation | undefined
      if (described !== undefined) addHeaders(described, method)
    }
  dropForeignPatterns(document)
  describeFilters(document.components?.schemas ?? {})
  documents.set(api, document)
  return document
}

/**
 * Patterns with flags stand in the document with their flags, where no reader expects them; and letters of every
 * language (`\p{L}`) are known to few dialects. Those fields are described in words.
 */
function dropForeignPatterns(part: unknown): void {
  if (typeof part !== 'object' || part === null) return
  if ('pattern' in part && /\/[a-z]$/.test(String(part.pattern))) delete part.pattern
  for (const inner of Object.values(part)) dropForeignPatterns(inner)
}

interface DescribedSchema {
  properties?: Record<string, DescribedSchema | object>
}

/**
 * A filter holds filters, which is more than the maker of the document follows from a check behind another check; zod's
 * own description does. It takes the place of what an audience says of its filter.
 */
function describeFilters(schemas: Record<string, DescribedSchema | object>): void {
  const described = z.toJSONSchema(z.object({ filter: filterSchema }), { io: 'input', unrepresentable: 'any' })
  const [[own, filter] = []] = Object.entries(described.$defs ?? {})
  schemas.Filter = JSON.parse(JSON.stringify(filter).replaceAll(`#/$defs/${own}`, '#/components/schemas/Filter'))
  const fill = (part: unknown): void => {
    if (typeof part !== 'object' || part === null) return
    const { properties } = part as DescribedSchema
    if (properties?.filter !== undefined && 'lists' in properties)
      properties.filter = { $ref: '#/components/schemas/Filter' }
    for (const inner of Object.values(part)) fill(inner)
  }
  fill(schemas)
}

const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const

interface DescribedOperation {
  'x-right'?: string
  'x-conditional'?: true
  parameters?: unknown[]
  responses?: Record<string, unknown>
}

/** Headers that the middleware reads before an operation does. */
function addHeaders(described: DescribedOperation, method: (typeof METHODS)[number]): void {
  const isConditional = described['x-conditional'] === true
  const isReading = method === 'get'
  const names = [
    ...(!isReading && described['x-right'] !== 'read' ? ['IdempotencyKey'] : []),
    ...(isConditional ? [isReading ? 'IfNoneMatch' : 'IfMatch'] : []),
  ]
  if (names.length > 0)
    described.parameters = [
      ...(described.parameters ?? []),
      ...names.map((name) => ({ $ref: `#/components/parameters/${name}` })),
    ]
  if (isConditional && isReading)
    described.responses = { ...described.responses, 304: { description: 'it is as the caller has it' } }
}

const DESCRIPTION = `Every operation names the right that it needs in \`x-right\`. Errors are problems of RFC 9457 with a
stable \`code\`, and all that is wrong with a request in \`errors\`. Long lists come in pages: pass \`nextCursor\` as
\`cursor\`. Operations that change something take an \`Idempotency-Key\`: the same request sent again gets the first
answer (\`Idempotency-Replayed: true\`), another one under the same key is refused with 422, and 409 says that the first
is still being served. What can be edited carries an \`ETag\`: sent
back as \`If-Match\`, a change is refused with 412 when someone else was first; an operation that cannot look at a
condition refuses it. While sending is held, because the database is not the one used last, every answer carries
\`Herald-Held\` with the reason, and what would send is refused with 409 \`db.held\`.`

/** What the groups of operations are about. */
const tagDescriptions: Record<string, string> = {
  Lists: 'Named sets of contacts.',
  Imports: 'Files turned into contacts: every line ends in one bucket.',
  Contacts: 'People: what is known of one phone, and what was sent to it.',
  Replies: 'What people wrote and tapped, and what is made of it.',
  Suppressions: 'Phones that must not be written to.',
  Campaigns: 'What is sent, to whom, from where and when.',
  Previews: 'Questions about a campaign that is being written.',
  Reports: 'What became of every message.',
  Senders: 'Numbers to send from, with their limits and health.',
  Templates: 'Texts that the provider approved.',
  Limits: 'Quiet hours and frequency caps for all marketing.',
  Users: 'Who may log in, and what they may do.',
  Keys: 'What programs call this API with.',
  Installation: 'Whether all is in order, and this description.',
}

/** Tags of all operations, in the order in which they come. */
function tagsOf(api: OpenAPIHono<ApiEnv>): { name: string; description: string }[] {
  const names = api.openAPIRegistry.definitions.flatMap((definition) =>
    definition.type === 'route' ? (definition.route.tags ?? []) : [],
  )
  return [...new Set(names)].map((name) => ({ name, description: tagDescriptions[name] ?? name }))
}

export function documentRoutes(document: () => unknown) {
  return apiRouter().openapi(
    operation('read', {
      operationId: 'getDescription',
      method: 'get',
      path: '/openapi.json',
      tags: ['Installation'],
      summary: 'This description as OpenAPI 3.1',
      responses: { 200: answers(z.record(z.string(), z.unknown()), 'the document') },
    }),
    (c) => c.json(document() as Record<string, unknown>, 200),
  )
}

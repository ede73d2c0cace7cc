// The description of the API: every operation is in it with all that a reader and a generator need, nothing points
// nowhere, and nothing in it takes fields that nobody named.
import { expect, it } from 'vitest'
import { documentOf } from '../support/all-routes.ts'
import { serveApi } from '../support/api-client.ts'
import { openTestApp } from '../support/open-test-app.ts'
import { visit } from '../support/visitor.ts'

// biome-ignore lint/suspicious/noExplicitAny: a document
type Json = any

function operationsOf(document: Json): { name: string; operation: Json }[] {
  return Object.entries<Json>(document.paths).flatMap(([path, item]) =>
    Object.entries<Json>(item).map(([method, operation]) => ({ name: `${method} ${path}`, operation })),
  )
}

/** Every object within a document, with the way to it. */
function* objectsIn(value: Json, way = '#'): Generator<{ way: string; object: Json }> {
  if (typeof value !== 'object' || value === null) return
  yield { way, object: value }
  for (const [key, inner] of Object.entries(value)) yield* objectsIn(inner, `${way}/${key}`)
}

it('is told to people and programs that are known, and to nobody else', async () => {
  const client = await serveApi()
  const { status, body } = await client.api('/openapi.json', { as: 'viewer' })
  expect([status, body.openapi, body.info.title]).toEqual([200, '3.1.0', 'Herald'])
  expect((await fetch(`${client.base}/api/v1/openapi.json`)).status).toBe(401)
})

it('is shown with a call to the address that people use, so that no key goes out in clear', async () => {
  const client = await serveApi({ env: { HERALD_PUBLIC_URL: 'https://herald.example' } })
  const { text } = await (await visit(client)).get('/api')
  expect(text).toContain('https://herald.example/api/v1/me')
  expect(text).not.toContain('http://127.0.0.1')
})

it('names each operation, its group, its right, its callers and its answers', async () => {
  const operations = operationsOf(documentOf(await openTestApp()))
  expect(operations.length).toBeGreaterThan(70)
  const ids = operations.map(({ operation }) => operation.operationId)
  expect(new Set(ids).size).toBe(operations.length)
  for (const { name, operation } of operations) {
    expect(operation.operationId, name).toMatch(/^[a-z][A-Za-z0-9]+$/)
    expect(operation.summary, name).toMatch(/^\S.{3,}/)
    expect(operation.tags, name).toHaveLength(1)
    expect(['read', 'edit', 'send', 'export', 'administer'], name).toContain(operation['x-right'])
    expect(operation.security, name).toEqual([{ key: [] }, { session: [] }])
    const answers = Object.keys(operation.responses)
    expect(
      answers.filter((status) => status.startsWith('2')),
      name,
    ).toHaveLength(1)
    for (const kind of ['4XX', '5XX'])
      expect(operation.responses[kind].content['application/problem+json'].schema.$ref, name).toBe(
        '#/components/schemas/Problem',
      )
  }
})

it('takes an Idempotency-Key wherever something changes', async () => {
  for (const { name, operation } of operationsOf(documentOf(await openTestApp()))) {
    const takesKey = JSON.stringify(operation.parameters ?? []).includes('#/components/parameters/IdempotencyKey')
    expect(takesKey, name).toBe(!name.startsWith('get ') && operation['x-right'] !== 'read')
  }
})

it('points nowhere that is not in it, and describes every tag', async () => {
  const document = documentOf(await openTestApp())
  const missing: string[] = []
  for (const { way, object } of objectsIn(document)) {
    if (typeof object.$ref !== 'string') continue
    const found = object.$ref
      .slice(2)
      .split('/')
      .reduce((part: Json, key: string) => part?.[key], document)
    if (found === undefined) missing.push(`${way} → ${object.$ref}`)
  }
  expect(missing).toEqual([])
  for (const { name, description } of document.tags) expect(description, name).not.toBe(name)
})

it('lets nothing that has a name be null, and keeps to patterns that every dialect reads', async () => {
  const document = documentOf(await openTestApp())
  const nullable = Object.entries<Json>(document.components.schemas).filter(([, { type }]) => Array.isArray(type))
  expect(nullable.map(([name]) => name)).toEqual([])
  for (const { way, object } of objectsIn(document))
    if (typeof object.pattern === 'string') expect(object.pattern, way).not.toMatch(/\\p|\/[a-z]$/)
  expect(document.components.schemas.NewUser.properties.name.description).toMatch(/letters, digits/)
})

it('names every parameter of an address, and says what a body holds', async () => {
  for (const { name, operation } of operationsOf(documentOf(await openTestApp()))) {
    const places = [...name.matchAll(/\{(\w+)\}/g)].map(([, place]) => place)
    const named = (operation.parameters ?? []).filter((one: Json) => one.in === 'path').map((one: Json) => one.name)
    expect(named.sort(), name).toEqual(places.sort())
    for (const { schema } of Object.values<Json>(operation.requestBody?.content ?? {}))
      expect(schema, name).toBeDefined()
  }
})

it('SR-17 A-04 refuses fields that no schema names, in every body', async () => {
  const client = await serveApi()
  const document = documentOf(client)
  const taken: string[] = []
  for (const { name, operation } of operationsOf(document)) {
    const body = operation.requestBody?.content?.['application/json']?.schema
    if (body === undefined || body.$ref === '#/components/schemas/ProviderTemplateDefinition') continue
    const [method = '', path = ''] = name.split(' ')
    const odd = { file: { path: '/etc/passwd' }, passwordHash: 'x' }
    const answer = await client.api(path.replace(/\{\w+\}/g, 'daily'), { method: method.toUpperCase(), body: odd })
    if (![400, 403, 422].includes(answer.status)) taken.push(`${name} ${answer.status}`)
  }
  expect(taken).toEqual([])
})

it('describes filters with groups in groups, where an audience takes one', async () => {
  const { components } = documentOf(await openTestApp())
  const filter = { $ref: '#/components/schemas/Filter' }
  expect(components.schemas.Audience.properties.filter).toEqual(filter)
  expect(components.schemas.CampaignDefinition.properties.audience.properties.filter).toEqual(filter)
  expect(components.schemas.Filter.anyOf).toContainEqual(
    expect.objectContaining({ properties: { all: expect.objectContaining({ items: filter }) } }),
  )
  expect(JSON.stringify(components.schemas.Filter)).not.toContain('$defs')
})

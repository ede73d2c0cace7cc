// Every operation of the document with values that nobody meant: whatever comes, the answer is one that the document
// knows, and never a fault. The document says what is asked; the values are odd on purpose.
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { documentOf, fill, pageRoutes, type Schema } from '../support/all-routes.ts'
import { serveApi } from '../support/api-client.ts'
import { addTestCampaign, importPeople } from '../support/open-test-app.ts'
import { visit } from '../support/visitor.ts'

interface Operation {
  parameters?: { name: string; in: string; schema?: Schema }[]
  requestBody?: { content: Record<string, { schema?: Schema }> }
  responses: Record<string, unknown>
}

const oddTexts = [
  '',
  ' ',
  '0',
  '-1',
  '1e3',
  '9'.repeat(40),
  'null',
  '\u0000',
  '\u202e\ud83d\ude00',
  '\ud800',
  "' OR 1=1 --",
  '{{7*7}}',
  '<b>',
  '../..',
  '%00',
  '__proto__',
  '\r\nX: 1',
  'cmp_1',
  'main',
  'people',
  '+12025550100',
  '2027-06-01T10:00:00Z',
  '{',
  'a'.repeat(2_000),
]
const oddValues = [null, true, 0, -1, 1e308, 1.5, [], {}, [[]], { __proto__: null }, ...oddTexts]
const oddText = fc.oneof(fc.constantFrom(...oddTexts), fc.string({ maxLength: 30, unit: 'binary' }))
const oddValue = fc.oneof(fc.constantFrom(...oddValues), fc.jsonValue({ maxDepth: 3 }))

/** Values that a schema asks for, most of the time. */
function arbitraryOf(schema: Schema, schemas: Record<string, Schema>, depth = 0): fc.Arbitrary<unknown> {
  if (depth > 6) return fc.constant(null)
  const inner = (part: Schema) => arbitraryOf(part, schemas, depth + 1)
  if (schema.$ref !== undefined) return inner(schemas[schema.$ref.split('/').at(-1) ?? ''] ?? {})
  const choices = schema.anyOf ?? schema.oneOf
  if (choices !== undefined) return fc.oneof(...choices.map(inner))
  return fc.oneof({ weight: 6, arbitrary: meant(schema, inner) }, { weight: 1, arbitrary: oddValue })
}

function meant(schema: Schema, inner: (part: Schema) => fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum)
  if (schema.const !== undefined) return fc.constant(schema.const)
  const type = Array.isArray(schema.type) ? schema.type[0] : schema.type
  if (type === 'object')
    return fc.record(
      Object.fromEntries(Object.entries(schema.properties ?? {}).map(([name, part]) => [name, inner(part)])),
      { requiredKeys: [] },
    )
  if (type === 'array') return fc.array(inner(schema.items ?? {}), { maxLength: 3 })
  if (type === 'integer' || type === 'number') return fc.constantFrom(0, 1, 5, 24, 1000)
  if (type === 'boolean') return fc.boolean()
  return oddText
}

const RUNS = 8

/** An address cannot hold half a character. */
function wellFormed(text: string): string {
  return Buffer.from(text).toString('utf8')
}

async function setup() {
  const test = await serveApi({ env: { HERALD_REQUESTS_PER_SECOND: '100000' } })
  await importPeople(test, 3)
  await addTestCampaign(test, { sender: 'sandbox' })
  return test
}

it('SR-17 SR-32 SR-52 A-04 A-07 A-08 A-16 answers odd values of every operation without a fault', async () => {
  const test = await setup()
  const document = documentOf(test)
  const faults: string[] = []
  let answered = 0
  for (const [path, item] of Object.entries<Record<string, Operation>>(document.paths))
    for (const [method, operation] of Object.entries(item)) {
      const parameters = (operation.parameters ?? []).filter(({ name }) => name !== undefined)
      const body: Schema | undefined = operation.requestBody?.content?.['application/json']?.schema
      const requests = fc.record({
        places: fc.array(oddText, { minLength: 3, maxLength: 3 }),
        query: fc.record(
          Object.fromEntries(
            parameters
              .filter((one) => one.in === 'query')
              .map(({ name, schema }) => [name, arbitraryOf(schema ?? {}, document.components.schemas)]),
          ),
          { requiredKeys: [] },
        ),
        body: body === undefined ? fc.constant(undefined) : arbitraryOf(body, document.components.schemas),
      })
      for (const request of fc.sample(requests, { numRuns: RUNS, seed: 20270601 })) {
        let place = 0
        const address = path.replace(
          /\{[^}]+\}/g,
          () => encodeURIComponent(wellFormed(request.places[place++] ?? '')) || 'x',
        )
        const query = new URLSearchParams(
          Object.entries(request.query).map(
            ([name, value]) =>
              [name, typeof value === 'string' ? value : String(JSON.stringify(value))] as [string, string],
          ),
        )
        const stop = new AbortController()
        const response = await fetch(`${test.base}/api/v1${address}?${query}`, {
          method: method.toUpperCase(),
          headers: {
            authorization: `Bearer ${test.keys.admin}`,
            ...(request.body !== undefined && { 'content-type': 'application/json' }),
          },
          ...(request.body !== undefined && { body: JSON.stringify(request.body) }),
          signal: stop.signal,
        })
        const known = Object.keys(operation.responses)
        const { status } = response
        if (status < 300) answered++
        const isKnown =
          known.includes(String(status)) || (status >= 400 && known.includes(`${Math.floor(status / 100)}XX`))
        if (status >= 500 || !isKnown)
          faults.push(
            `${method} ${address}?${query} ${JSON.stringify(request.body)} → ${status} ${await response.text()}`,
          )
        stop.abort()
      }
    }
  expect(faults).toEqual([])
  // Some of it was meant well enough to be done.
  expect(answered).toBeGreaterThan(50)
  expect(Object.getOwnPropertyNames(Object.prototype)).not.toContain('role')
})

it('SR-52 answers odd forms and addresses of every page without a fault', async () => {
  const test = await setup()
  const faults: string[] = []
  for (const { method, path } of pageRoutes(test)) {
    const fields = fc.dictionary(
      fc.constantFrom(
        'name',
        'user',
        'sender',
        'definition',
        'rights',
        'days',
        'max',
        'window',
        'id',
        'scope',
        'from',
        'to',
        'role',
        'password',
        'provider',
        'ratePerSecond',
        'q',
        'after',
        'before',
        'content',
        'cron',
        'list',
        'phone',
        'status',
        'page',
      ),
      oddText,
      { maxKeys: 8 },
    )
    for (const form of fc.sample(fields, { numRuns: 6, seed: 20270601 })) {
      const visitor = await freshVisitor(test)
      const place = encodeURIComponent(wellFormed(Object.values(form)[0] ?? 'x')) || 'x'
      const address = fill(path, place)
      const answer =
        method === 'GET'
          ? await visitor.get(`${address}?${new URLSearchParams(form)}`)
          : await visitor.post(address, form)
      if (answer.status >= 500) faults.push(`${method} ${address} ${JSON.stringify(form)} → ${answer.status}`)
    }
  }
  expect(faults).toEqual([])
})

let visitor: Awaited<ReturnType<typeof visit>> | undefined

/** A form may end the session of whoever sends it. */
async function freshVisitor(test: Awaited<ReturnType<typeof setup>>) {
  if (visitor === undefined || (await visitor.get('/account')).status !== 200) visitor = await visit(test)
  return visitor
}

// What the API says of itself is held against what it does: each answer of JSON, and each body that was taken, must be
// what the document describes for the operation.
import { Ajv2020 } from 'ajv/dist/2020.js'

// biome-ignore lint/suspicious/noExplicitAny: a document
type Json = any

export interface Exchange {
  method: string
  /** Below /api/v1, with its query. */
  path: string
  /** Of the request, when it is JSON. */
  sent: unknown
  status: number
  contentType: string
  body: unknown
}

/** Instants are in UTC. What is hidden or is bytes has no form of its own. */
const formats = { 'date-time': /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{3})?Z$/, password: true, binary: true } as const

/** Throws what an exchange does that the document does not describe. */
export function describedBy(document: Json): (exchange: Exchange) => void {
  const ajv = new Ajv2020({ strict: false, allErrors: true, formats })
  ajv.addSchema(closed(document, document.components.schemas), 'document')
  const operations = Object.keys(document.paths).map((path) => ({
    path,
    parts: path.split('/'),
    // Of two that fit, the one with fewer parameters is meant: /imports/jobs and /imports/{import}.
    parameters: path.split('{').length,
  }))
  operations.sort((one, other) => one.parameters - other.parameters)
  const check = (value: unknown, way: string[], what: string) => {
    const place = way.map((part) => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'))).join('/')
    const validate = ajv.getSchema(`document#/${place}`)
    if (validate === undefined) throw new Error(`${what}: the document has nothing at ${place}`)
    if (!validate(value)) throw new Error(`${what}: ${ajv.errorsText(validate.errors)}\n${JSON.stringify(value)}`)
  }
  return ({ method, path, sent, status, contentType, body }) => {
    const asked = (path.split('?')[0] ?? '').split('/')
    const found = operations.find(
      ({ parts }) =>
        parts.length === asked.length && parts.every((part, n) => part.startsWith('{') || part === asked[n]),
    )
    const way = ['paths', found?.path ?? '', method.toLowerCase()]
    const operation = found && document.paths[found.path][method.toLowerCase()]
    if (operation === undefined) return
    const what = `${method} ${found?.path} ${status}`
    const kind = status < 400 ? String(status) : `${Math.floor(status / 100)}XX`
    if (operation.responses[kind] === undefined) throw new Error(`${what} is not described`)
    const [type = ''] = contentType.split(';')
    const types = Object.keys(operation.responses[kind].content ?? {})
    // Neither an answer of HEAD nor 304 has a body.
    if (types.length > 0 ? !types.includes(type) : type !== '') throw new Error(`${what} is ${type}, not ${types}`)
    if (/json/.test(type)) check(body, [...way, 'responses', kind, 'content', type, 'schema'], `the answer of ${what}`)
    if (status < 400 && sent !== undefined && operation.requestBody?.content['application/json'] !== undefined)
      check(sent, [...way, 'requestBody', 'content', 'application/json', 'schema'], `what ${what} took`)
  }
}

/** The same, with objects that have what is described of them and nothing else. */
function closed(part: Json, named: Record<string, Json>): Json {
  if (Array.isArray(part)) return part.map((inner) => closed(inner, named))
  if (typeof part !== 'object' || part === null) return part
  const inner = partsClosed(part, named)
  if (part.allOf !== undefined) {
    const parts = part.allOf.map((one: Json) => partsClosed(named[one.$ref?.split('/').at(-1)] ?? one, named))
    return { ...inner, allOf: parts, unevaluatedProperties: false }
  }
  const isOpen = part.type === 'object' && part.properties !== undefined && part.additionalProperties === undefined
  return isOpen ? { ...inner, additionalProperties: false } : inner
}

function partsClosed(part: Json, named: Record<string, Json>): Json {
  return Object.fromEntries(Object.entries(part).map(([key, value]) => [key, closed(value, named)]))
}

// Files and request bodies → checked values, with every problem named by its place and a code.
import { type ZodType, z } from 'zod'
import { type ErrorCode, isErrorCode, nearestWord, type Problem } from './errors.ts'

export type Reading<T> = { value: T } | { problems: Problem[] }

/** Which code a problem at a place has when its rule names none: the longest matching beginning wins. */
export type CodeTable = Record<string, ErrorCode>

/** Each problem takes time to describe, and one request can have any number of them. */
const PROBLEMS_MAX = 100
/** Keys in a message; one that is unknown may be as long as the request. */
export const KEY_SHOWN_MAX = 64
const KEYS_SHOWN_MAX = 10
/** Longer lists of allowed words are cut: nobody reads them. */
const VALUES_SHOWN_MAX = 40

export function readDefinition<T>(schema: ZodType<T>, value: unknown, codes: CodeTable): Reading<T> {
  const result = schema.safeParse(value)
  return result.success
    ? { value: result.data }
    : { problems: problemsIn(result.error.issues, { schema, root: value, codes }) }
}

interface Refused {
  schema: ZodType
  /** What the schema did not take. */
  root: unknown
  codes: CodeTable
}

/** What a schema found wrong, at most PROBLEMS_MAX problems. */
export function problemsIn(issues: readonly z.core.$ZodIssue[], { schema, root, codes }: Refused): Problem[] {
  const problems: Problem[] = []
  for (const issue of issues) {
    problems.push(...problemsOf(issue, schema, root, codes))
    if (problems.length >= PROBLEMS_MAX) break
  }
  return problems.slice(0, PROBLEMS_MAX)
}

function problemsOf(issue: z.core.$ZodIssue, schema: ZodType, root: unknown, codes: CodeTable): Problem[] {
  const pointer = pointerTo(issue.path)
  if (issue.code === 'unrecognized_keys') {
    const known = knownKeys(schemaOf(schema), issue.path, root)
    return issue.keys.slice(0, PROBLEMS_MAX).map((key) => unknownKey(key, issue.path, known, codes))
  }
  const params = issue.code === 'custom' ? (issue.params as { code?: string } | undefined) : undefined
  const named = params?.code !== undefined && isErrorCode(params.code) ? params.code : undefined
  return [
    {
      pointer,
      code: named ?? codeAt(pointer, codes),
      detail: issueWords(issue, root),
    },
  ]
}

function codeAt(pointer: string, codes: CodeTable): ErrorCode {
  const fitting = Object.keys(codes).filter(
    (start) => pointer === start || pointer.startsWith(`${start}/`) || start === '',
  )
  const best = fitting.sort((a, b) => b.length - a.length)[0]
  return codes[best ?? ''] ?? 'campaign.invalid'
}

/** A JSON pointer; keys of a caller that are long are cut. */
function pointerTo(path: readonly PropertyKey[]): string {
  return path.map((part) => `/${pointerPart(String(part).slice(0, KEY_SHOWN_MAX))}`).join('')
}

/** A key as a JSON pointer has it. */
export function pointerPart(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1')
}

function unknownKey(key: string, path: PropertyKey[], known: string[], codes: CodeTable): Problem {
  const nearest = nearestWord(key, known)
  const place = pointerTo(path).slice(1)
  const advice = nearest === undefined ? `known are ${known.slice(0, 20).join(', ')}` : `did you mean "${nearest}"?`
  return {
    pointer: pointerTo([...path, key]),
    code: codes.unknown ?? 'campaign.unknown_field',
    detail: `"${key.slice(0, KEY_SHOWN_MAX)}" is no key${place === '' ? '' : ` of ${place}`}; ${advice}`,
  }
}

const jsonSchemas = new WeakMap<ZodType, JsonSchema>()

/** Made once for each schema: it takes longer than to read a definition. */
function schemaOf(schema: ZodType): JsonSchema {
  const made = jsonSchemas.get(schema)
  if (made !== undefined) return made
  const json = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonSchema
  jsonSchemas.set(schema, json)
  return json
}

interface JsonSchema {
  properties?: Record<string, JsonSchema>
  items?: JsonSchema
  anyOf?: JsonSchema[]
  oneOf?: JsonSchema[]
  allOf?: JsonSchema[]
  const?: unknown
  $ref?: string
  $defs?: Record<string, JsonSchema>
}

/** The keys that an object at a path may have; of several shapes the one that the value's `type` names. */
function knownKeys(schema: JsonSchema, path: PropertyKey[], root: unknown): string[] {
  let nodes = [schema]
  let value = root
  for (const part of path) {
    nodes = nodes
      .flatMap((node) => shapesOf(node, schema, value))
      .flatMap((node) => {
        const next = typeof part === 'number' ? node.items : node.properties?.[String(part)]
        return next === undefined ? [] : [next]
      })
    value = typeof value === 'object' && value !== null ? (value as Record<PropertyKey, unknown>)[part] : undefined
  }
  return [
    ...new Set(
      nodes.flatMap((node) => shapesOf(node, schema, value)).flatMap((node) => Object.keys(node.properties ?? {})),
    ),
  ]
}

function shapesOf(node: JsonSchema, root: JsonSchema, value: unknown): JsonSchema[] {
  const target = node.$ref === undefined ? node : (root.$defs?.[node.$ref.replace('#/$defs/', '')] ?? node)
  const options = target.anyOf ?? target.oneOf ?? target.allOf
  if (options === undefined) return [target]
  const shapes = options.flatMap((option) => shapesOf(option, root, value))
  const type = typeof value === 'object' && value !== null ? (value as { type?: unknown }).type : undefined
  const fitting = shapes.filter((shape) => shape.properties?.type?.const === type)
  return type !== undefined && fitting.length > 0 ? fitting : shapes
}

/** What a schema found wrong in `root`, as the second half of a sentence that begins with its place. */
export function issueWords(issue: z.core.$ZodIssue, root: unknown): string {
  const found = valueAt(root, issue.path)
  switch (issue.code) {
    case 'invalid_type':
      return found === undefined
        ? 'is missing'
        : `is ${describe(found)}, expected ${kinds[issue.expected] ?? issue.expected}`
    case 'invalid_value':
      return unknownValue(found, issue.values.map(String))
    case 'too_big':
      return `is too large or too long, at most ${issue.maximum}`
    case 'too_small':
      return isEmpty(found) ? 'is empty' : `is too small or too short, at least ${issue.minimum}`
    case 'unrecognized_keys':
      return `has ${shownKeys(issue.keys)}, which is not known there`
    case 'invalid_union': {
      // The types do not know what the issue names besides.
      if (issue.discriminator !== undefined)
        return unknownValue(found, (issue as { options?: unknown[] }).options?.map(String) ?? [])
      const inner = issue.errors.flat()[0]
      return inner === undefined ? issue.message : issueWords(inner, found)
    }
    default:
      return issue.message
  }
}

/** Of a value where only some words are allowed: which one is near, and which there are. */
export function unknownValue(found: unknown, allowed: readonly string[]): string {
  const list = allowed.slice(0, VALUES_SHOWN_MAX).join(', ')
  if (found === undefined) return `is missing, allowed are ${list}`
  const isWord = typeof found === 'string' && found.length <= KEY_SHOWN_MAX
  const nearest = isWord ? nearestWord(found, allowed) : undefined
  return nearest === undefined
    ? `is ${describe(found)}, allowed are ${list}`
    : `is ${describe(found)}, did you mean "${nearest}"? Allowed are ${list}`
}

function shownKeys(keys: readonly string[]): string {
  const shown = keys.slice(0, KEYS_SHOWN_MAX).map((key) => `"${key.slice(0, KEY_SHOWN_MAX)}"`)
  return keys.length > shown.length ? `${shown.join(', ')} and ${keys.length - shown.length} more` : shown.join(', ')
}

function valueAt(root: unknown, path: PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, part) =>
      typeof value === 'object' && value !== null ? (value as Record<PropertyKey, unknown>)[part] : undefined,
    root,
  )
}

const kinds: Record<string, string> = {
  number: 'a number',
  int: 'a whole number',
  string: 'a text',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
}

function isEmpty(value: unknown): boolean {
  return value === '' || (Array.isArray(value) && value.length === 0)
}

function describe(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object') return 'an object'
  const text = JSON.stringify(value) ?? String(value)
  return text.length > 60 ? `${text.slice(0, 60)}…` : text
}

// The rule that selects contacts: lists + filter − exclusions, as data. store/audience.ts turns it into SQL with
// bound values; no text of a user ever becomes SQL.
import { z } from 'zod'
import { boundOf, type ComparedKind, comparisonSigns } from './comparison.ts'
import { issueWords, KEY_SHOWN_MAX } from './definition.ts'
import { nearestWord } from './errors.ts'
import { messageStatuses } from './message-status.ts'
import { fieldName, plainName } from './name.ts'

/** Conditions of one filter (each group counts as one, and each comparison of a condition), how deep groups may stand in groups, values of one list, characters of a value. */
export const filterLimits = { conditions: 100, depth: 8, values: 1000, valueLength: 1024 } as const

const scalar = z
  .union([
    z.string().max(filterLimits.valueLength, `is longer than ${filterLimits.valueLength} characters`),
    z.number(),
    z.boolean(),
  ])
  .transform(String)
const values = z
  .array(scalar)
  .min(1, 'needs at least one value')
  .max(filterLimits.values, `has more than ${filterLimits.values} values`)
/** A number, or a date with or without a time. */
const ordered = z.union([
  z.number(),
  z
    .string()
    .max(filterLimits.valueLength)
    .refine(
      (text) => boundOf(text) !== undefined,
      'is neither a number nor a date such as 2026-12-01 or 2026-12-01T09:00',
    ),
])

export const fieldOperators = [
  'is',
  'isNot',
  'in',
  'notIn',
  'contains',
  'startsWith',
  'endsWith',
  'above',
  'atLeast',
  'below',
  'atMost',
  'isEmpty',
] as const

const fieldCondition = z
  .strictObject({
    field: z.string().overwrite(fieldName).min(1, 'names no field').max(64, 'is longer than any name of a field'),
    is: scalar.optional(),
    isNot: scalar.optional(),
    in: values.optional(),
    notIn: values.optional(),
    contains: scalar.optional(),
    startsWith: scalar.optional(),
    endsWith: scalar.optional(),
    above: ordered.optional(),
    atLeast: ordered.optional(),
    below: ordered.optional(),
    atMost: ordered.optional(),
    isEmpty: z.boolean().optional(),
  })
  .refine((condition) => Object.keys(condition).length > 1, {
    error: `needs an operator: ${fieldOperators.join(', ')}`,
  })

/** People by what became of them in another campaign. */
const outcomeCondition = z.strictObject({
  campaign: z
    .string()
    .overwrite(plainName)
    .min(1, 'names no campaign')
    .max(200, 'is longer than any name of a campaign'),
  status: z.array(z.enum(messageStatuses)).min(1, 'needs at least one status'),
})

export type FieldCondition = z.infer<typeof fieldCondition>
export type OutcomeCondition = z.infer<typeof outcomeCondition>
export type Filter = { all: Filter[] } | { any: Filter[] } | { not: Filter } | FieldCondition | OutcomeCondition

/** The shape of a filter; its size is checked before. */
export const filterSchema: z.ZodType<Filter> = z.lazy(() =>
  z.union([
    z.strictObject({ all: z.array(filterSchema).min(1) }),
    z.strictObject({ any: z.array(filterSchema).min(1) }),
    z.strictObject({ not: filterSchema }),
    outcomeCondition,
    fieldCondition,
  ]),
)

/** A filter is walked by code that knows its limits before zod follows it down. */
const boundedFilter = z
  .unknown()
  .superRefine((value, ctx) => {
    const problem = filterProblem(value)
    if (problem !== undefined) ctx.addIssue({ code: 'custom', ...problem })
  })
  .pipe(filterSchema)

const listName = z.string().overwrite(plainName).min(1).max(100)

export const audienceSchema = z.strictObject({
  lists: z.array(listName).min(1).max(100),
  exclude: z.array(listName).max(100).optional(),
  filter: boundedFilter.optional(),
})
export type Audience = z.infer<typeof audienceSchema>

/** Like an audience; without a list it is everybody. */
export const selectionSchema = audienceSchema.partial({ lists: true })
export type Selection = z.infer<typeof selectionSchema>

interface FilterProblem {
  message: string
  path: (string | number)[]
  params: { code: 'filter.invalid' | 'filter.too_large' }
}

type Path = (string | number)[]

/** The first thing wrong with a filter, with its place: a union of shapes would only say that none of them fits. */
function filterProblem(root: unknown): FilterProblem | undefined {
  let conditions = 0
  const walk = (value: unknown, path: Path, depth: number): FilterProblem | undefined => {
    if (depth > filterLimits.depth || ++conditions > filterLimits.conditions) return tooLarge(path)
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return invalid('is not a condition', path)
    const node = value as Record<string, unknown>
    const group = 'all' in node ? 'all' : 'any' in node ? 'any' : undefined
    if (group !== undefined) return walkGroup(node, group, path, depth)
    if (!('not' in node)) {
      conditions += Math.max(0, fieldOperators.filter((operator) => operator in node).length - 1)
      return conditions > filterLimits.conditions ? tooLarge(path) : conditionProblem(node, path)
    }
    if (Object.keys(node).length > 1) return invalid('has other keys beside "not"', path)
    return walk(node.not, [...path, 'not'], depth + 1)
  }
  const walkGroup = (node: Record<string, unknown>, group: 'all' | 'any', path: Path, depth: number) => {
    const parts = node[group]
    if (Object.keys(node).length > 1) return invalid(`has other keys beside "${group}"`, path)
    if (!Array.isArray(parts) || parts.length === 0) return invalid('is not a list of conditions', [...path, group])
    for (const [index, part] of parts.entries()) {
      const problem = walk(part, [...path, group, index], depth + 1)
      if (problem !== undefined) return problem
    }
    return undefined
  }
  return walk(root, [], 1)
}

function conditionProblem(node: Record<string, unknown>, path: Path): FilterProblem | undefined {
  const schema = 'campaign' in node ? outcomeCondition : fieldCondition
  const issues = schema.safeParse(node).error?.issues ?? []
  // A key that was misspelt is the reason why another one is missing.
  const issue = issues.find(({ code }) => code === 'unrecognized_keys') ?? issues[0]
  if (issue === undefined) return undefined
  const message =
    issue.code === 'unrecognized_keys'
      ? unknownKey(issue.keys[0] ?? '', Object.keys(schema.shape))
      : issue.code === 'invalid_value'
        ? issueWords(issue, node)
        : issue.message
  return invalid(message, [...path, ...(issue.path as Path)])
}

function unknownKey(given: string, known: readonly string[]): string {
  const key = given.slice(0, KEY_SHOWN_MAX)
  const nearest = nearestWord(key, [...known, 'all', 'any', 'not'])
  return nearest === undefined
    ? `has "${key}"; known are ${known.join(', ')}`
    : `has "${key}", did you mean "${nearest}"?`
}

function tooLarge(path: Path): FilterProblem {
  const { conditions, depth } = filterLimits
  return {
    message: `has more than ${conditions} conditions, groups and comparisons, or more than ${depth} levels`,
    path,
    params: { code: 'filter.too_large' },
  }
}

function invalid(message: string, path: Path): FilterProblem {
  return { message, path, params: { code: 'filter.invalid' } }
}

/** A condition of a filter with its place in it, as a JSON pointer. */
interface PlacedCondition {
  condition: FieldCondition | OutcomeCondition
  pointer: string
}

/** Every condition of a filter, in its order. */
export function conditionsIn(filter: Filter, pointer = ''): PlacedCondition[] {
  if ('all' in filter) return filter.all.flatMap((part, index) => conditionsIn(part, `${pointer}/all/${index}`))
  if ('any' in filter) return filter.any.flatMap((part, index) => conditionsIn(part, `${pointer}/any/${index}`))
  if ('not' in filter) return conditionsIn(filter.not, `${pointer}/not`)
  return [{ condition: filter, pointer }]
}

/** What a filter compares: a field as dates or as numbers. */
export interface Comparison {
  field: string
  kind: ComparedKind
}

/** Every comparison of a filter, each once. People whose text is no such thing match none of them, nor their opposite. */
export function comparisonsIn(filter: Filter | undefined): Comparison[] {
  const found = new Map<string, Comparison>()
  for (const { condition } of filter === undefined ? [] : conditionsIn(filter)) {
    if (!('field' in condition)) continue
    for (const operator of Object.keys(comparisonSigns) as (keyof typeof comparisonSigns)[]) {
      const bound = condition[operator] === undefined ? undefined : boundOf(condition[operator])
      if (bound === undefined) continue
      const kind = bound.kind === 'number' ? 'number' : 'date'
      found.set(`${kind} ${condition.field}`, { field: condition.field, kind })
    }
  }
  return [...found.values()]
}

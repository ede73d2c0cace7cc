// Liquid with everything but `{{ field | filter }}` removed. What a field holds is data: it is never rendered
// again, and nothing but own fields of the contact can be reached.
import { Liquid, type Template, type Token, TokenKind } from 'liquidjs'
import { isBlankText } from './blank-text.ts'
import { AppError, nearestHint } from './errors.ts'
import { fieldName } from './name.ts'
import { inSentences } from './sentence.ts'

/** Filters that change one text or number into another; none reads the clock, files or other fields. */
export const filterNames = [
  'append',
  'capitalize',
  'ceil',
  'default',
  'divided_by',
  'downcase',
  'escape',
  'floor',
  'lstrip',
  'minus',
  'plus',
  'prepend',
  'remove',
  'replace',
  'replace_first',
  'round',
  'rstrip',
  'slice',
  'strip',
  'times',
  'truncate',
  'truncatewords',
  'upcase',
  'url_encode',
] as const

const SOURCE_LENGTH_MAX = 70_000
/** Most characters that one rendered text may have (security rule SR-34). */
const OUTPUT_LENGTH_MAX = 10_000

export type Variables = Readonly<Record<string, string>>

/** A field that a text names. `isRequired` when the text has no `default` for it. */
export interface FieldUse {
  field: string
  isRequired: boolean
}

/** A text that was parsed once and renders for many people. */
export interface CompiledText {
  source: string
  fields: FieldUse[]
  /** Throws AppError message.too_long when the result passes OUTPUT_LENGTH_MAX characters. */
  render(variables: Variables): string
}

const engine = makeEngine()

function makeEngine(): Liquid {
  const liquid = new Liquid({
    ownPropertyOnly: true,
    strictFilters: true,
    strictVariables: false,
    cache: false,
    relativeReference: false,
    parseLimit: SOURCE_LENGTH_MAX,
    // Wall time: a process that stood still for a moment must not cost a person the message.
    renderLimit: 2_000,
    memoryLimit: 1_000_000,
    fs: {
      readFileSync: refuseFiles,
      readFile: refuseFiles,
      existsSync: () => false,
      exists: async () => false,
      contains: async () => false,
      containsSync: () => false,
      resolve: refuseFiles,
    },
  })
  for (const name of Object.keys(liquid.tags)) delete liquid.tags[name]
  const allowed = new Set<string>(filterNames)
  for (const name of Object.keys(liquid.filters)) if (!allowed.has(name)) delete liquid.filters[name]
  return liquid
}

function refuseFiles(): never {
  throw new Error('a text cannot read files')
}

/** Whether a text differs from person to person. */
export function isPlaceholderText(text: string): boolean {
  return text.includes('{{')
}

/** Placeholders in all texts of one content: a carousel of ten cards has some thirty. */
const PLACEHOLDERS_MAX = 500

/**
 * The texts of one content together: each takes time to parse, and a carousel has dozens. Throws AppError message.too_long.
 */
export function checkTexts(texts: readonly string[]): void {
  const personal = texts.filter((text) => text.includes('{{') || text.includes('{%'))
  const length = personal.reduce((sum, text) => sum + text.length, 0)
  if (length > SOURCE_LENGTH_MAX)
    throw new AppError('message.too_long', `the texts have ${length} characters together, at most ${SOURCE_LENGTH_MAX}`)
  const placeholders = personal.reduce((sum, text) => sum + text.split('{{').length - 1, 0)
  if (placeholders > PLACEHOLDERS_MAX)
    throw new AppError('message.too_long', `the texts have ${placeholders} placeholders, at most ${PLACEHOLDERS_MAX}`)
}

/** Parses a text. Throws AppError template.syntax with line and column. */
export function compileText(source: string): CompiledText {
  if (!source.includes('{{') && !source.includes('{%')) return { source, fields: [], render: () => source }
  if (source.length > SOURCE_LENGTH_MAX)
    throw new AppError('message.too_long', `a text of ${source.length} characters, at most ${SOURCE_LENGTH_MAX}`)
  const templates = parse(source)
  const uses = templates.flatMap((template) => usesOf(template, source))
  const written = [...new Set(uses.map(({ field }) => field))]
  const fields = mergeUses(uses.map((use) => ({ ...use, field: fieldName(use.field) })))
  return { source, fields, render: (variables) => render(templates, asWritten(written, variables)) }
}

/** The fields under the names that the text has for them; one in which there is nothing to see gets its fallback. */
function asWritten(written: readonly string[], variables: Variables): Variables {
  const known = written.filter((name) => Object.hasOwn(variables, fieldName(name)))
  return Object.fromEntries(known.map((name) => [name, visibleText(variables[fieldName(name)] ?? '')]))
}

function visibleText(value: string): string {
  return isBlankText(value) ? '' : value
}

function parse(source: string): Template[] {
  try {
    return engine.parse(source)
  } catch (error) {
    throw new AppError('template.syntax', `"${shorten(source)}": ${reasonOf(error)}`, {
      hint: 'Write {{ field }} or {{ field | default: "text" }}; tags such as {% if %} are not available.',
      cause: error,
    })
  }
}

function render(templates: Template[], variables: Variables): string {
  const text = renderOrRefuse(templates, variables)
  if (text.length > OUTPUT_LENGTH_MAX)
    throw new AppError(
      'message.too_long',
      `the rendered text has ${text.length} characters, at most ${OUTPUT_LENGTH_MAX}`,
    )
  return text
}

/** A filter can fail on one person's data: too much memory, a number that is none, half a character. */
function renderOrRefuse(templates: Template[], variables: Variables): string {
  try {
    return engine.renderSync(templates, variables) as string
  } catch (error) {
    throw new AppError('template.value_not_allowed', `the text cannot be rendered: ${reasonOf(error)}`, {
      hint: 'Check the filters of the text and the values that they are given.',
      cause: error,
    })
  }
}

function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  return message.split(/\n|, file:/, 1)[0] ?? ''
}

/** The shape of an output node that liquidjs builds for `{{ … }}`. */
interface OutputNode {
  token: { kind: TokenKind; begin: number }
  value?: { initial: { postfix: Token[] }; filters: { name: string; args: unknown[] }[] }
}

function usesOf(template: Template, source: string): FieldUse[] {
  const node = template as unknown as OutputNode
  if (node.value === undefined) return []
  const hasDefault = node.value.filters.some((filter) => filter.name === 'default')
  const inValue = node.value.initial.postfix.flatMap((token) => fieldsIn(token, source))
  const inArguments = node.value.filters.flatMap((filter) => filter.args.flatMap((arg) => fieldsIn(arg, source)))
  return [
    ...inValue.map((field) => ({ field, isRequired: !hasDefault })),
    ...inArguments.map((field) => ({ field, isRequired: false })),
  ]
}

interface PropertyToken {
  kind: TokenKind
  begin: number
  variable?: { content?: string; getText?(): string } | undefined
  props: { content?: unknown; getText?(): string }[]
}

interface RangeToken {
  lhs: unknown
  rhs: unknown
}

function fieldsIn(value: unknown, source: string): string[] {
  // A named argument is [name, token].
  if (Array.isArray(value)) return value.flatMap((part) => fieldsIn(part, source))
  if (typeof value !== 'object' || value === null || !('kind' in value)) return []
  const token = value as PropertyToken
  if (token.kind === TokenKind.Range) {
    const { lhs, rhs } = value as unknown as RangeToken
    return [...fieldsIn(lhs, source), ...fieldsIn(rhs, source)]
  }
  if (token.kind !== TokenKind.PropertyAccess) return []
  const names = token.variable === undefined ? token.props : [token.variable, ...token.props]
  const path = names.map((name) => String((name as { content?: unknown }).content ?? '?'))
  if (path.length !== 1) throw unknownField(path.join('.'), [])
  return path
}

function mergeUses(uses: FieldUse[]): FieldUse[] {
  const merged = new Map<string, boolean>()
  for (const use of uses) merged.set(use.field, (merged.get(use.field) ?? false) || use.isRequired)
  return [...merged].map(([field, isRequired]) => ({ field, isRequired }))
}

/** The refusal of a field that the audience does not have, with the nearest one it has. */
export function unknownField(field: string, known: Iterable<string>, pointer?: string): AppError {
  const code = 'template.unknown_field'
  const message = `the text names the field "${shorten(field)}", which no contact of the audience has`
  const hint = nearestHint(field, known, 'Use the name of an imported column.')
  const errors = pointer === undefined ? [] : [{ pointer, code, detail: inSentences(message, hint) }]
  return new AppError(code, message, { hint, ...(errors.length > 0 && { details: { errors } }) })
}

/** Fields of `uses` that are required and empty for one person. */
export function missingFields(uses: FieldUse[], variables: Variables): string[] {
  // A field may be called like something that every object inherits.
  const isEmpty = (field: string) => !Object.hasOwn(variables, field) || isBlankText(variables[field] ?? '')
  return uses.filter((use) => use.isRequired && isEmpty(use.field)).map((use) => use.field)
}

function shorten(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}…` : text
}

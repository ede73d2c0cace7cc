// What a message says: every kind of WhatsApp content as data, as a campaign writes it and as one person gets it.
import { type ContentShape, contentShape, type Stage } from './content-shape.ts'
import { optOutPayloads, wholeProblems } from './content-whole.ts'
import { pointerPart } from './definition.ts'
import { AppError, detailOf, type Problem } from './errors.ts'
import {
  type CompiledText,
  checkTexts,
  compileText,
  type FieldUse,
  missingFields,
  type Variables,
} from './personalisation.ts'

export const contentTypes = [
  'text',
  'image',
  'video',
  'audio',
  'document',
  'sticker',
  'location',
  'contacts',
  'buttons',
  'list',
  'locationRequest',
  'carousel',
  'product',
  'reaction',
  'template',
] as const
export type ContentType = (typeof contentTypes)[number]

function makeSchema(stage: Stage) {
  return contentShape(stage).superRefine((value, ctx) => {
    for (const problem of wholeProblems(value)) ctx.addIssue({ code: 'custom', ...problem })
  })
}

/** Content as a campaign file writes it: texts may hold placeholders. */
export const contentSchema = makeSchema('written')
const renderedSchema = makeSchema('rendered')
export type Content = ContentShape
export type TemplateContent = Extract<Content, { type: 'template' }>
export type Header = NonNullable<TemplateContent['header']>

/** What providers are told: what a tap means is between the campaign and us. */
function withoutOptOuts(content: ContentShape): Content {
  return JSON.parse(JSON.stringify(content, (key, value) => (key === 'optOut' ? undefined : value))) as Content
}

/** Content that was parsed once and renders for many people. */
export interface CompiledContent {
  content: Content
  fields: FieldUse[]
  /** What a person would get; throws AppError when the result breaks a limit. */
  render(variables: Variables): Content
  /** Required fields that are empty for a person. */
  missing(variables: Variables): string[]
}

type Render = (variables: Variables) => unknown

/** Throws AppError template.syntax, template.unknown_field, message.too_long. */
export function compileContent(content: Content): CompiledContent {
  checkTexts(textsOf(content))
  const told = optOutPayloads(content).length === 0 ? content : withoutOptOuts(content)
  const fields = new Map<string, boolean>()
  const render = compileValue(told, (text) => {
    for (const use of text.fields) fields.set(use.field, (fields.get(use.field) ?? false) || use.isRequired)
  })
  const uses = [...fields].map(([field, isRequired]) => ({ field, isRequired }))
  return {
    content,
    fields: uses,
    render: (variables) => (uses.length === 0 ? told : checkRendered(render(variables))),
    missing: (variables) => missingFields(uses, variables),
  }
}

/** Texts whose placeholders cannot be read, each with its place. */
export function textProblems(content: unknown): Problem[] {
  const problems: Problem[] = []
  const collect = (pointer: string, read: () => unknown) => {
    try {
      read()
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      problems.push({ pointer, code: error.code, detail: detailOf(error) })
    }
  }
  collect('/content', () => checkTexts(textsOf(content)))
  if (problems.length === 0) eachText(content, '/content', (text, pointer) => collect(pointer, () => compileText(text)))
  return problems
}

/** The first text that names a field. */
export function placeOfField(content: Content, field: string): string {
  let place: string | undefined
  eachText(content, '/content', (text, pointer) => {
    if (place === undefined && compileText(text).fields.some((use) => use.field === field)) place = pointer
  })
  return place ?? '/content'
}

function eachText(value: unknown, pointer: string, visit: (text: string, pointer: string) => void): void {
  if (typeof value === 'string') return visit(value, pointer)
  if (typeof value !== 'object' || value === null) return
  for (const [key, part] of Object.entries(value)) eachText(part, `${pointer}/${pointerPart(key)}`, visit)
}

function textsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsOf) : []
}

function compileValue(value: unknown, visit: (text: CompiledText) => void): Render {
  if (typeof value === 'string') {
    const text = compileText(value)
    visit(text)
    return text.render
  }
  if (Array.isArray(value)) {
    const items = value.map((item) => compileValue(item, visit))
    return (variables) => items.map((item) => item(variables))
  }
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).map(([key, item]) => [key, compileValue(item, visit)] as const)
    // A text that renders to nothing is left out: an optional caption disappears, a required text is missed.
    return (variables) =>
      Object.fromEntries(entries.map(([key, item]) => [key, item(variables)]).filter(([, item]) => item !== ''))
  }
  return () => value
}

function checkRendered(value: unknown): Content {
  const result = renderedSchema.safeParse(value)
  if (result.success) return result.data
  const [issue] = result.error.issues
  const code = issue?.code === 'custom' ? (issue.params?.code as AppError['code'] | undefined) : undefined
  throw new AppError(
    code ?? 'content.invalid',
    `content/${issue?.path.join('/') ?? ''} ${issue?.message ?? 'is not valid'}`,
  )
}

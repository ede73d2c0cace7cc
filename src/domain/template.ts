// Templates as a provider tells of them, whether a campaign's content fits one, and what people then read.
import type { Header, TemplateContent } from './content.ts'
import { AppError, nearestWord } from './errors.ts'
import { plainAddressEnd } from './media-url.ts'
import { textOfValue } from './template-value.ts'

export const templateStatuses = ['approved', 'pending', 'rejected', 'paused', 'disabled', 'unknown'] as const
export type TemplateStatus = (typeof templateStatuses)[number]

export type TemplateButtonType = 'url' | 'quickReply' | 'copyCode' | 'catalog' | 'other'

/** The places of a template that take values. */
export interface TemplateShape {
  /** Names of the values in a text header (`1`, `2` … where they have none); media headers take their file. */
  header: { type: Header['type']; values: readonly string[] } | null
  body: readonly string[]
  /** Whether the values have names rather than places. */
  isNamed: boolean
  buttons: readonly { index: number; type: TemplateButtonType; takesValue: boolean }[]
  /** The provider tells only of buttons that take a value: an index is the place among those. */
  countsValueButtons?: boolean
  cards: readonly TemplateShape[]
}

/** What people read of a template, with its places in double braces. */
export interface TemplateText {
  /** A text, or the address of the file that the template brings along; null where the campaign gives the file. */
  header: { type: Header['type']; text: string | null } | null
  /** Null where WhatsApp has a text of its own, as for one-time codes. */
  body: string | null
  footer: string | null
  buttons: readonly TemplateButtonText[]
  cards: readonly TemplateText[]
}

export interface TemplateButtonText {
  index: number
  title: string
  /** Where it leads; null for everything but a link. */
  url: string | null
}

export interface ProviderTemplate {
  /** What `template` of a content says: a name, at Bird a project id. */
  name: string
  /** As people know it; the same as the name at most providers. */
  title: string
  language: string
  status: TemplateStatus
  /** The provider's word and its reason for a rejection. */
  statusDetail: string
  category: string | null
  namespace: string | null
  /** The provider's word for how people take it; left out where it tells none. */
  quality?: string | null
  /** Null where the provider does not tell. */
  shape: TemplateShape | null
  /** Left out where the provider does not tell. */
  text?: TemplateText | null
}

/** What is known of the templates of one sender. */
export interface KnownTemplates {
  templates: readonly Pick<ProviderTemplate, 'name' | 'language' | 'status' | 'statusDetail' | 'namespace' | 'shape'>[]
  /** Whether these are all that the account has: what is not among them does not exist. */
  isComplete: boolean
  /** How the operator brings them up to date. */
  syncCommand: string
}

/**
 * Throws AppError template.not_usable or template.parameter_count for a template that the provider would refuse;
 * returns a warning where nothing is known of it.
 */
export function checkTemplate(content: TemplateContent, known: KnownTemplates): string | undefined {
  const { template: name, language } = content
  const found = findTemplate(known.templates, content)
  if (found === undefined) {
    if (known.isComplete) throw unknownTemplate(content, known)
    return `nothing is known of the template "${name}" (${language}); ask the provider for it (\`${known.syncCommand}\`)`
  }
  if (found.status !== 'approved' && found.status !== 'unknown')
    throw new AppError(
      'template.not_usable',
      `the template "${name}" (${language}) is ${found.status}: ${found.statusDetail}`,
      { hint: `Choose another one. If that has changed, ask the provider for it (\`${known.syncCommand}\`).` },
    )
  if (isOther(content.namespace, found.namespace))
    return `what is known of the template "${name}" (${language}) is about ${found.namespace}, not ${content.namespace}`
  const problems = found.shape === null ? [] : templateProblems(content, found.shape)
  if (problems.length > 0)
    throw new AppError('template.parameter_count', `content/${problems[0]}`, {
      hint: `Give the values that "${name}" takes. If it was changed, ask the provider for it (\`${known.syncCommand}\`).`,
      details: { template: name, language, problems },
    })
  return undefined
}

/** The template that a content names, among those that are known. */
export function findTemplate<T extends Pick<ProviderTemplate, 'name' | 'language'>>(
  templates: readonly T[],
  { template, language }: Pick<TemplateContent, 'template' | 'language'>,
): T | undefined {
  return templates.find((known) => known.name === template && isSameLanguage(known.language, language))
}

/** WhatsApp writes pt_BR, others pt-BR. */
function isSameLanguage(a: string, b: string): boolean {
  return a.replaceAll('-', '_') === b.replaceAll('-', '_')
}

/** Whether a content asks for another namespace, or another version, than the one that is known. */
function isOther(asked: string | undefined, known: string | null): boolean {
  return asked !== undefined && asked !== 'latest' && known !== null && asked !== known
}

function unknownTemplate({ template: name, language }: TemplateContent, known: KnownTemplates): AppError {
  const languages = known.templates.filter((template) => template.name === name).map((template) => template.language)
  const nearest = nearestWord(name, new Set(known.templates.map((template) => template.name)))
  const hint =
    languages.length > 0
      ? `It exists in ${languages.join(', ')}.`
      : nearest === undefined
        ? `If it is new, ask the provider for it (\`${known.syncCommand}\`).`
        : `Did you mean "${nearest}"? If it is new, ask the provider for it (\`${known.syncCommand}\`).`
  return new AppError('template.not_usable', `the account has no template "${name}" in the language ${language}`, {
    hint,
  })
}

type TemplatePart = Pick<TemplateContent, 'header' | 'body' | 'buttons'>

/** Why the provider would refuse this content with this template, in words; empty when it fits. */
export function templateProblems(content: TemplateContent, shape: TemplateShape): string[] {
  const cards = content.cards ?? []
  const problems = partProblems(content, shape, '')
  if (cards.length !== shape.cards.length)
    problems.push(`cards: the template has ${shape.cards.length}, the campaign gives ${cards.length}`)
  for (const [index, card] of cards.entries()) {
    const cardShape = shape.cards[index]
    if (cardShape !== undefined) problems.push(...partProblems(card, cardShape, `cards/${index}/`))
  }
  return problems
}

function partProblems(part: TemplatePart, shape: TemplateShape, at: string): string[] {
  return [...headerProblems(part, shape, at), ...bodyProblems(part, shape, at), ...buttonProblems(part, shape, at)]
}

function headerProblems({ header }: TemplatePart, shape: TemplateShape, at: string): string[] {
  const takesValue = shape.header !== null && (shape.header.type !== 'text' || shape.header.values.length > 0)
  if (header === undefined) return takesValue ? [`${at}header: the template needs one (${shape.header?.type})`] : []
  if (!takesValue) return [`${at}header: the template takes no value there`]
  return header.type === shape.header?.type
    ? []
    : [`${at}header: the template takes ${shape.header?.type}, the campaign gives ${header.type}`]
}

function bodyProblems({ body }: TemplatePart, shape: TemplateShape, at: string): string[] {
  if (body !== undefined && !Array.isArray(body)) return namedProblems(Object.keys(body), shape, at)
  const given = body?.length ?? 0
  if (shape.isNamed && given > 0) return [`${at}body: the template takes values by name: ${shape.body.join(', ')}`]
  return given === shape.body.length
    ? []
    : [`${at}body: the template takes ${shape.body.length} values, the campaign gives ${given}`]
}

function namedProblems(names: string[], shape: TemplateShape, at: string): string[] {
  if (!shape.isNamed) return [`${at}body: the template takes its ${shape.body.length} values in order, without names`]
  const missing = shape.body.filter((name) => !names.includes(name))
  const extra = names.filter((name) => !shape.body.includes(name))
  return [
    ...missing.map((name) => `${at}body: the template takes ${name}, the campaign does not give it`),
    ...extra.map((name) => `${at}body: the template has no ${name}`),
  ]
}

/** A button that takes a value and may go without one. */
const optionalButtons: readonly TemplateButtonType[] = ['quickReply', 'catalog']

function buttonProblems({ buttons: given = [] }: TemplatePart, shape: TemplateShape, at: string): string[] {
  const ordered = [...given].sort((a, b) => a.index - b.index)
  const buttons = shape.countsValueButtons ? ordered.map((button, index) => ({ ...button, index })) : given
  const problems: string[] = []
  for (const button of buttons) {
    const found = shape.buttons.find(({ index }) => index === button.index)
    if (found === undefined) problems.push(`${at}buttons: the template has no button ${button.index}`)
    else if (found.type !== button.type)
      problems.push(`${at}buttons: button ${button.index} of the template is ${found.type}, not ${button.type}`)
    else if (!found.takesValue) problems.push(`${at}buttons: button ${button.index} of the template takes no value`)
  }
  // A link with a placeholder may not go without its end.
  for (const { index, type, takesValue } of shape.buttons)
    if (takesValue && !optionalButtons.includes(type) && !buttons.some((button) => button.index === index))
      problems.push(`${at}buttons: button ${index} of the template (${type}) needs a value`)
  return problems
}

/** What stands in double braces, each once, in order: numbers by size, names by first use. */
export function placeholdersIn(text: string): string[] {
  const names = [...text.matchAll(placeholder)].map(([, name = '']) => name.trim()).filter((name) => name !== '')
  const unique = [...new Set(names)]
  return unique.every((name) => /^\d+$/.test(name)) ? unique.sort((a, b) => Number(a) - Number(b)) : unique
}

/** Blanks are taken off afterwards: beside the name they would be read again and again. */
const placeholder = /\{\{([^{}]+)\}\}/g

/** A template with a person's values in its places, as that person reads it. */
export interface FilledTemplate extends TemplateText {
  /** The code to copy of each button that has one. */
  buttons: readonly (TemplateButtonText & { code: string | null })[]
  cards: readonly FilledTemplate[]
}

/** What a person reads of the template that a content names; null where its text is not known. */
export function readTemplate(
  content: TemplateContent,
  templates: readonly Pick<ProviderTemplate, 'name' | 'language' | 'namespace' | 'text'>[],
): FilledTemplate | null {
  const found = findTemplate(templates, content)
  if (found?.text == null || isOther(content.namespace, found.namespace)) return null
  return fillTemplate(found.text, content)
}

/** Places without a value keep their braces, so that it can be seen what is missing. */
function fillTemplate(
  text: TemplateText,
  content: Omit<TemplatePart, 'body'> & Pick<TemplateContent, 'body' | 'cards'>,
): FilledTemplate {
  const values = valuesOf(text.body ?? '', content.body)
  return {
    header: filledHeader(text.header, content.header, values),
    body: text.body === null ? null : fill(text.body, values),
    footer: text.footer === null ? null : fill(text.footer, values),
    buttons: text.buttons.map((button) => filledButton(button, content.buttons ?? [], values)),
    cards: text.cards.map((card, index) => fillTemplate(card, content.cards?.[index] ?? {})),
  }
}

type Values = Readonly<Record<string, string>>

/** Values by the names of their places; the first place of all has the first value of a list. */
function valuesOf(text: string, given: TemplateContent['body']): Values {
  if (given === undefined) return {}
  if (!Array.isArray(given))
    return Object.fromEntries(Object.entries(given).map(([name, value]) => [name, textOfValue(value)]))
  const names = placeholdersIn(text)
  return Object.fromEntries(given.map((value, index) => [names[index] ?? String(index + 1), textOfValue(value)]))
}

function fill(text: string, values: Values): string {
  return text.replace(placeholder, (place, written: string) => {
    const name = written.trim()
    return Object.hasOwn(values, name) ? (values[name] ?? '') : place
  })
}

function filledHeader(
  header: TemplateText['header'],
  given: Header | undefined,
  values: Values,
): TemplateText['header'] {
  if (header === null) return null
  if (header.type === 'text') {
    const text = header.text ?? ''
    const own = given?.type === 'text' ? valuesOf(text, [given.text]) : values
    return { type: 'text', text: fill(text, own) }
  }
  const place =
    given === undefined || given.type === 'text'
      ? null
      : given.type === 'location'
        ? `${given.latitude}, ${given.longitude}`
        : (given.url ?? given.mediaId ?? null)
  return { type: header.type, text: place ?? (header.text === null ? null : fill(header.text, values)) }
}

function filledButton(
  button: TemplateButtonText,
  given: NonNullable<TemplateContent['buttons']>,
  values: Values,
): FilledTemplate['buttons'][number] {
  const own = given.find(({ index }) => index === button.index)
  const url =
    button.url === null
      ? null
      : fill(button.url, own === undefined ? values : valuesOf(button.url, [plainAddressEnd(textOfValue(own.value))]))
  return { ...button, title: fill(button.title, values), url, code: own?.type === 'copyCode' ? own.value : null }
}

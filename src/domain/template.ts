// Templates as a provider tells of them, and whether a campaign's content fits one.
import type { Header, TemplateContent } from './content.ts'
import { AppError, nearestWord } from './errors.ts'

export const templateStatuses = ['approved', 'pending', 'rejected', 'paused', 'disabled', 'unknown'] as const
export type TemplateStatus = (typeof templateStatuses)[number]

export type TemplateButtonType = 'url' | 'quickReply' | 'copyCode' | 'other'

/** The places of a template that take values. */
export interface TemplateShape {
  /** Names of the values in a text header (`1`, `2` … where they have none); media headers take their file. */
  header: { type: Header['type']; values: readonly string[] } | null
  body: readonly string[]
  /** Whether the values have names rather than places. */
  isNamed: boolean
  buttons: readonly { index: number; type: TemplateButtonType; takesValue: boolean }[]
  cards: readonly TemplateShape[]
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
  const found = known.templates.find(
    (template) => template.name === name && isSameLanguage(template.language, language),
  )
  if (found === undefined) {
    if (known.isComplete) throw unknownTemplate(content, known)
    return `nothing is known of the template "${name}" (${language}); ask the provider for it: ${known.syncCommand}`
  }
  if (found.status !== 'approved' && found.status !== 'unknown')
    throw new AppError(
      'template.not_usable',
      `the template "${name}" (${language}) is ${found.status}: ${found.statusDetail}`,
      { hint: `Choose another one, or if that has changed: ${known.syncCommand}` },
    )
  if (isOther(content.namespace, found.namespace))
    return `what is known of the template "${name}" (${language}) is about ${found.namespace}, not ${content.namespace}`
  const problems = found.shape === null ? [] : templateProblems(content, found.shape)
  if (problems.length > 0)
    throw new AppError('template.parameter_count', `content/${problems[0]}`, {
      hint: `Give the values that "${name}" takes, or if it was changed: ${known.syncCommand}`,
      details: { template: name, language, problems },
    })
  return undefined
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
        ? `If it is new: ${known.syncCommand}`
        : `Did you mean "${nearest}"? If it is new: ${known.syncCommand}`
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

function buttonProblems({ buttons = [] }: TemplatePart, shape: TemplateShape, at: string): string[] {
  const problems: string[] = []
  for (const button of buttons) {
    const found = shape.buttons.find(({ index }) => index === button.index)
    if (found === undefined) problems.push(`${at}buttons: the template has no button ${button.index}`)
    else if (found.type !== button.type)
      problems.push(`${at}buttons: button ${button.index} of the template is ${found.type}, not ${button.type}`)
    else if (!found.takesValue) problems.push(`${at}buttons: button ${button.index} of the template takes no value`)
  }
  // A quick reply may go without a payload; a link with a placeholder may not.
  for (const { index, type, takesValue } of shape.buttons)
    if (takesValue && type !== 'quickReply' && !buttons.some((button) => button.index === index))
      problems.push(`${at}buttons: button ${index} of the template (${type}) needs a value`)
  return problems
}

// The values of a template as Zixflow wants them: one flat object instead of WhatsApp's components. Known keys: image,
// video, document, body_1 …, button_1 …, otp; values that the campaign names keep their names, so that every key of the
// template's own list can be given.
import type { TemplateContent } from '../../domain/content.ts'
import { plainAddress, plainAddressEnd } from '../../domain/media-url.ts'
import type { UseCase } from '../../domain/suppression.ts'
import { type TemplateValue, textOfValue } from '../../domain/template-value.ts'

export interface VariableRules {
  useCase: UseCase
  headerVariable: string
}

export function variablesOf(content: TemplateContent, rules: VariableRules): Record<string, string> {
  return Object.fromEntries(Object.entries(givenValues(content, rules)).map(([key, value]) => [key, plain(key, value)]))
}

function givenValues(content: TemplateContent, rules: VariableRules): Record<string, string> {
  const { body = [] } = content
  if (rules.useCase === 'authentication' && Array.isArray(body)) return codeOf(content, body.map(textOfValue), rules)
  const values = Array.isArray(body) ? numbered('body', body.map(textOfValue)) : namedTexts(body)
  return { ...headerOf(content, rules), ...values, ...buttonsOf(content) }
}

function namedTexts(body: Readonly<Record<string, TemplateValue>>): Record<string, string> {
  return Object.fromEntries(Object.entries(body).map(([key, value]) => [key, textOfValue(value)]))
}

/** The address of a file and the end of a button's address, in whatever way the campaign gives it. */
function plain(key: string, value: string): string {
  if (/^button_\d+$/.test(key)) return plainAddressEnd(value)
  return key === 'image' || key === 'video' || key === 'document' ? plainAddress(value) : value
}

/** The one-time password stands in the text and in the button, and is given once. */
function codeOf(content: TemplateContent, [code, ...more]: string[], rules: VariableRules): Record<string, string> {
  const others = (content.buttons ?? []).filter(({ value }) => value !== code)
  return {
    ...headerOf(content, rules),
    ...(code !== undefined && { otp: code }),
    ...numbered('body', more),
    ...buttonsOf({ buttons: others }),
  }
}

function headerOf({ header }: TemplateContent, { headerVariable }: VariableRules): Record<string, string> {
  if (header === undefined || header.type === 'location') return {}
  if (header.type === 'text') return { [headerVariable]: header.text }
  return header.url === undefined ? {} : { [header.type]: header.url }
}

/** Numbered by their order: the template itself says which of its buttons take a value. */
function buttonsOf({ buttons = [] }: Pick<TemplateContent, 'buttons'>): Record<string, string> {
  const ordered = [...buttons].sort((a, b) => a.index - b.index)
  return numbered(
    'button',
    ordered.map(({ value }) => value),
  )
}

function numbered(name: string, values: readonly string[]): Record<string, string> {
  return Object.fromEntries(values.map((value, index) => [`${name}_${index + 1}`, value]))
}

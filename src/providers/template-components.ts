// Template definitions in the form that Meta gave them (HEADER, BODY, BUTTONS, CAROUSEL) → the places that take values,
// and what people read. Providers that pass Meta's definitions on share this. What cannot be read takes no value: the provider has the last word.
import type { Header } from '../domain/content.ts'
import {
  placeholdersIn,
  type TemplateButtonType,
  type TemplateShape,
  type TemplateStatus,
  type TemplateText,
} from '../domain/template.ts'
import { arrayOf, objectOf, textOf } from './webhook-parts.ts'

type Json = Record<string, unknown>

/** The shape of a definition; null when the provider gave none. */
export function templateShapeOf(components: unknown): TemplateShape | null {
  const parts = arrayOf(components).map(objectOf)
  return parts.length === 0 ? null : shapeOf(parts)
}

function shapeOf(parts: Json[]): TemplateShape {
  const find = (type: string) => parts.find((part) => wordOf(part.type) === type)
  const header = headerOf(find('HEADER'))
  const body = bodyOf(find('BODY'))
  const cards = arrayOf(find('CAROUSEL')?.cards).map((card) =>
    shapeOf(arrayOf(objectOf(card).components).map(objectOf)),
  )
  return {
    header,
    body,
    isNamed: [...body, ...(header?.values ?? [])].some((name) => !/^\d+$/.test(name)),
    buttons: arrayOf(find('BUTTONS')?.buttons).map((button, index) => ({ index, ...buttonOf(objectOf(button)) })),
    cards,
  }
}

const headerTypes: Record<string, Header['type']> = {
  TEXT: 'text',
  IMAGE: 'image',
  VIDEO: 'video',
  GIF: 'video',
  DOCUMENT: 'document',
  LOCATION: 'location',
}

function headerOf(part: Json | undefined): TemplateShape['header'] {
  const type = headerTypes[wordOf(part?.format ?? (part?.text === undefined ? undefined : 'TEXT'))]
  if (part === undefined || type === undefined) return null
  return { type, values: type === 'text' ? placeholdersIn(textOf(part.text) ?? '') : [] }
}

function bodyOf(part: Json | undefined): readonly string[] {
  if (part === undefined) return []
  // Authentication templates have a text of WhatsApp's own, with the code as its one value.
  if (part.text === undefined && part.add_security_recommendation !== undefined) return ['1']
  return placeholdersIn(textOf(part.text) ?? '')
}

function buttonOf(button: Json): { type: TemplateButtonType; takesValue: boolean } {
  switch (wordOf(button.type)) {
    case 'URL':
      return { type: 'url', takesValue: placeholdersIn(textOf(button.url) ?? '').length > 0 }
    case 'QUICK_REPLY':
      return { type: 'quickReply', takesValue: true }
    case 'COPY_CODE':
      return { type: 'copyCode', takesValue: true }
    case 'CATALOG':
      return { type: 'catalog', takesValue: true }
    // The code of an authentication template is sent as the end of a link.
    case 'OTP':
      return { type: 'url', takesValue: true }
    // A list of products must be given with each message.
    case 'MPM':
      return { type: 'other', takesValue: true }
    default:
      return { type: 'other', takesValue: false }
  }
}

/** What people read of a definition; null when the provider gave none. */
export function templateTextOf(components: unknown): TemplateText | null {
  const parts = arrayOf(components).map(objectOf)
  return parts.length === 0 ? null : textsOf(parts)
}

function textsOf(parts: Json[]): TemplateText {
  const find = (type: string) => parts.find((part) => wordOf(part.type) === type)
  const header = find('HEADER')
  const type = headerOf(header)?.type
  return {
    header: type === undefined ? null : { type, text: type === 'text' ? (textOf(header?.text) ?? '') : null },
    body: textOf(find('BODY')?.text),
    footer: textOf(find('FOOTER')?.text),
    buttons: arrayOf(find('BUTTONS')?.buttons)
      .map(objectOf)
      .map((button, index) => ({ index, title: titleOf(button), url: textOf(button.url) })),
    cards: arrayOf(find('CAROUSEL')?.cards).map((card) => textsOf(arrayOf(objectOf(card).components).map(objectOf))),
  }
}

/** Buttons that copy a code have a title of WhatsApp's own. */
function titleOf(button: Json): string {
  return textOf(button.text) ?? (['COPY_CODE', 'OTP'].includes(wordOf(button.type)) ? 'Copy code' : '')
}

const statusWords: Record<string, TemplateStatus> = {
  APPROVED: 'approved',
  // Still sent, with a warning about its quality.
  FLAGGED: 'approved',
  REINSTATED: 'approved',
  UNARCHIVED: 'approved',
  PENDING: 'pending',
  SUBMITTED: 'pending',
  IN_APPEAL: 'pending',
  REJECTED: 'rejected',
  PAUSED: 'paused',
  DISABLED: 'disabled',
  LOCKED: 'disabled',
  LIMIT_EXCEEDED: 'disabled',
  PENDING_DELETION: 'disabled',
  DELETED: 'disabled',
  ARCHIVED: 'disabled',
}

/** Meta's word for the state of a template, in ours. */
export function templateStatusOf(word: unknown): TemplateStatus {
  return statusWords[wordOf(word)] ?? 'unknown'
}

function wordOf(value: unknown): string {
  return (textOf(value) ?? '').toUpperCase()
}

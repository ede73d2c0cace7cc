// What 1MSG refuses although WhatsApp allows it, in words for people who write campaigns.
import type { Content, Header, TemplateContent } from '../../domain/content.ts'
import {
  fileNameProblems,
  isOpen,
  lengthProblem,
  severalFilesProblems,
  templateNameProblems,
} from '../content-limits.ts'
import { fileTypeProblem, whatsappFileTypes } from '../media-types.ts'
import { endingOf, lastSegment } from './file-name.ts'

/** Characters of the id of a reply button. */
const BUTTON_ID_MAX = 200

export function contentProblems(content: Content): string[] {
  return [
    ...replyProblems(content),
    ...severalFilesProblems(content),
    ...fileNameProblems(content),
    ...kindProblems(content),
  ]
}

function isMessageId(text: string): boolean {
  return isOpen(text) || /^wamid\..+$/.test(text)
}

function replyProblems(content: Content): string[] {
  const id = content.type === 'reaction' ? content.messageId : content.replyTo
  return id === undefined || isMessageId(id) ? [] : ['a message is named by its WhatsApp id (wamid.…)']
}

function kindProblems(content: Content): string[] {
  switch (content.type) {
    case 'text':
      return content.previewUrl === undefined ? [] : ['link previews cannot be chosen: leave previewUrl out']
    case 'image':
    case 'video':
    case 'audio':
    case 'sticker':
      return typeProblems(content)
    case 'document':
      return documentProblems(content)
    case 'contacts':
      return content.contacts.flatMap(cardProblems)
    case 'buttons':
      return buttonIdProblems(content.buttons)
    case 'product':
      return content.productId !== undefined && content.header !== undefined
        ? ['a single product has no header; lists of products have one']
        : []
    case 'template':
      return templateProblems(content)
    default:
      return []
  }
}

function typeProblems({ type, url }: { type: keyof typeof whatsappFileTypes; url?: string | undefined }): string[] {
  const problem = url === undefined ? undefined : fileTypeProblem(url, whatsappFileTypes[type])
  return problem === undefined ? [] : [problem]
}

function documentProblems({ url, filename }: Extract<Content, { type: 'document' }>): string[] {
  if (filename !== undefined)
    return isOpen(filename) || endingOf(filename) !== undefined
      ? []
      : ['the filename of a document needs its ending (prices.pdf)']
  if (url === undefined || isOpen(url) || endingOf(lastSegment(url)) !== undefined) return []
  return ['a document needs a filename with its ending (prices.pdf), because its address shows none']
}

type Card = Extract<Content, { type: 'contacts' }>['contacts'][number]

/** The words that the page lists; they are sent in capitals, however they are written here. */
const places = ['HOME', 'WORK']
const phoneKinds = ['CELL', 'MAIN', 'IPHONE', 'HOME', 'WORK']

function cardProblems(card: Card): string[] {
  const { phones = [], emails = [], addresses = [], urls = [] } = card
  return [
    ...nameProblems(card.name),
    ...phones.flatMap(({ type }) => wordProblems('a phone', type, phoneKinds)),
    ...[...emails, ...addresses, ...urls].flatMap(({ type }) => wordProblems('an email, address or url', type, places)),
    ...phones.flatMap(({ waId }) => formProblems('waId', waId, /^\d+$/, 'digits')),
    ...addresses.flatMap(({ countryCode }) => formProblems('countryCode', countryCode, /^[a-z]{2}$/i, 'two letters')),
  ]
}

function wordProblems(of: string, word: string | undefined, known: readonly string[]): string[] {
  if (word === undefined || isOpen(word) || known.includes(word.toUpperCase())) return []
  return [`the type of ${of} on a contact is ${known.join(', ')}, not "${word}"`]
}

function formProblems(field: string, text: string | undefined, form: RegExp, words: string): string[] {
  return text === undefined || isOpen(text) || form.test(text)
    ? []
    : [`${field} of a contact is ${words}, not "${text}"`]
}

function nameProblems({ formattedName, ...parts }: Card['name']): string[] {
  return Object.values(parts).some((part) => part !== undefined)
    ? []
    : [`the contact ${formattedName} needs firstName, lastName, middleName, prefix or suffix beside formattedName`]
}

function buttonIdProblems(buttons: readonly { id?: string | undefined }[]): string[] {
  return buttons.flatMap(({ id }) => lengthProblem('the id of a button', id, BUTTON_ID_MAX) ?? [])
}

type TemplatePart = Pick<TemplateContent, 'header' | 'body'>

function templateProblems(content: TemplateContent): string[] {
  const parts: TemplatePart[] = [content, ...(content.cards ?? [])]
  return [
    ...templateNameProblems(content),
    ...parts.flatMap((part) => [...headerProblems(part.header), ...valueProblems(part.body)]),
  ]
}

function headerProblems(header: Header | undefined): string[] {
  return header?.type === 'location' ? ['the header of a template is a text, an image, a video or a document'] : []
}

function valueProblems(body: TemplatePart['body']): string[] {
  return body === undefined || Array.isArray(body)
    ? []
    : ['a template takes its values in order: write body as a list, for a template with {{1}}, {{2}} …']
}

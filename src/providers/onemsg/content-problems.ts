// What 1MSG refuses although WhatsApp allows it, in words for people who write campaigns.
import type { Content, Header, TemplateContent } from '../../domain/content.ts'
import { fileTypeProblem, whatsappFileTypes } from '../media-types.ts'
import { endingOf, lastSegment } from './file-name.ts'

/** Characters of the id of a reply button. */
const BUTTON_ID_MAX = 200

export function contentProblems(content: Content): string[] {
  return [...replyProblems(content), ...kindProblems(content)]
}

/** Filled in per person, so that nothing can be said of it before. */
function isOpen(text: string): boolean {
  return text.includes('{{')
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
      return imageProblems(content)
    case 'video':
    case 'audio':
    case 'sticker':
      return typeProblems(content)
    case 'document':
      return documentProblems(content)
    case 'contacts':
      return content.contacts.flatMap(({ name }) => nameProblems(name))
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

function imageProblems(content: Extract<Content, { type: 'image' }>): string[] {
  if (content.images !== undefined) return ['a message holds one image']
  return content.altText === undefined ? typeProblems(content) : ['an image has no altText']
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

type ContactName = Extract<Content, { type: 'contacts' }>['contacts'][number]['name']

function nameProblems({ formattedName, ...parts }: ContactName): string[] {
  return Object.values(parts).some((part) => part !== undefined)
    ? []
    : [`the contact ${formattedName} needs firstName, lastName, middleName, prefix or suffix beside formattedName`]
}

function buttonIdProblems(buttons: readonly { id: string }[]): string[] {
  const long = buttons.find(({ id }) => !isOpen(id) && id.length > BUTTON_ID_MAX)
  return long === undefined ? [] : [`the id of a button has ${long.id.length} characters, at most ${BUTTON_ID_MAX}`]
}

type TemplatePart = Pick<TemplateContent, 'header' | 'body'>

function templateProblems(content: TemplateContent): string[] {
  const parts: TemplatePart[] = [content, ...(content.cards ?? [])]
  return parts.flatMap((part) => [...headerProblems(part.header), ...valueProblems(part.body)])
}

function headerProblems(header: Header | undefined): string[] {
  return header?.type === 'location' ? ['the header of a template is a text, an image, a video or a document'] : []
}

function valueProblems(body: TemplatePart['body']): string[] {
  return body === undefined || Array.isArray(body)
    ? []
    : ['a template takes its values in order: write body as a list, for a template with {{1}}, {{2}} …']
}

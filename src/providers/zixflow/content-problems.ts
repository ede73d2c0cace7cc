// What WhatsApp allows and Zixflow's APIs have no field for, in words.
import type { Content, Header, TemplateContent } from '../../domain/content.ts'
import { fileNameProblems, severalFilesProblems, templateNameProblems, typedValueProblems } from '../content-limits.ts'
import { fileTypeProblem, whatsappFileTypes } from '../media-types.ts'

type Problems = (string | undefined)[]

/** `hasFileNames`: whether the header of buttons can name its document. */
export function contentProblems(content: Content, hasFileNames: boolean): string[] {
  return [...severalFilesProblems(content), ...fileNameProblems(content), ...problemsOf(content, hasFileNames)].filter(
    (problem) => problem !== undefined,
  )
}

function problemsOf(content: Content, hasFileNames: boolean): Problems {
  switch (content.type) {
    case 'image':
      return [...fileProblems(content, whatsappFileTypes.image)]
    case 'video':
    case 'audio':
    case 'sticker':
      return fileProblems(content, whatsappFileTypes[content.type])
    case 'document':
      return fileProblems(content)
    case 'location':
      return [
        content.address !== undefined && content.name === undefined
          ? 'the address of a place needs a name beside it (`name`)'
          : undefined,
      ]
    case 'buttons':
      return content.header === undefined ? [] : headerProblems(content.header, hasFileNames)
    case 'carousel':
      return content.cards.flatMap(({ header }) => (header === undefined ? [] : headerProblems(header, true)))
    case 'template':
      return templateProblems(content)
    default:
      return []
  }
}

interface FileFields {
  url?: string | undefined
  mediaId?: string | undefined
}

function fileProblems({ url, mediaId }: FileFields, taken?: readonly string[]): Problems {
  return [
    mediaId === undefined ? undefined : 'files are given by url, not by mediaId',
    taken === undefined || url === undefined ? undefined : fileTypeProblem(url, taken),
  ]
}

function headerProblems(header: Header, hasFileNames: boolean): Problems {
  if (header.type === 'text' || header.type === 'location') return []
  const hasName = header.type === 'document' && header.filename !== undefined
  return [
    hasName && !hasFileNames ? 'a document in a header has no filename' : undefined,
    ...fileProblems(header, header.type === 'document' ? undefined : whatsappFileTypes[header.type]),
  ]
}

function templateProblems(content: TemplateContent): Problems {
  const { header, buttons = [], cards } = content
  return [
    ...templateNameProblems(content),
    ...typedValueProblems(content),
    buttons.some(({ type }) => type === 'catalog') ? 'a template has no button of type catalog' : undefined,
    cards === undefined ? undefined : 'a template has no cards',
    header?.type === 'location' ? 'the header of a template is no location' : undefined,
    buttons.some(({ type }) => type === 'quickReply') ? 'a quick reply of a template carries no value' : undefined,
    buttons.some(({ type }) => type === 'copyCode')
      ? 'a code is no value of a button: give it as the first value of the body, with useCase authentication'
      : undefined,
    ...(header === undefined ? [] : headerProblems(header, false)),
  ]
}

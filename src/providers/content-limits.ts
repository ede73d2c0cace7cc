// Limits and forms that several providers share, in sentences for people who write campaigns. What still holds a placeholder
// is filled in per person, so nothing can be said of it before.
import { charactersIn } from '../domain/characters.ts'
import type { Content, TemplateContent } from '../domain/content.ts'
import { filesOf } from './media-types.ts'

/** Characters of a document's name that WhatsApp shows. */
const FILE_NAME_MAX = 240

export function isOpen(text: string): boolean {
  return text.includes('{{')
}

/** Undefined when the text fits, or is not there. */
export function lengthProblem(what: string, text: string | undefined, max: number): string | undefined {
  if (text === undefined || isOpen(text)) return undefined
  const length = charactersIn(text)
  return length > max ? `${what} has ${length} characters, at most ${max}` : undefined
}

/** Names of documents, wherever a content has one. */
export function fileNameProblems(content: Content, max = FILE_NAME_MAX): string[] {
  return filesOf(content).flatMap(({ filename }) => lengthProblem('the filename of a document', filename, max) ?? [])
}

/** Only Bird has several pictures or files in a message, and texts for those who do not see them. */
export function severalFilesProblems(content: Content): string[] {
  const header = content.type === 'buttons' ? content.header : undefined
  return [content, header].flatMap((part) => {
    if (part === undefined) return []
    const of = part === header ? 'a header' : 'a message'
    return [
      ...('images' in part && part.images !== undefined ? [`${of} holds one image`] : []),
      ...('files' in part && part.files !== undefined ? [`${of} holds one document`] : []),
      ...('altText' in part && part.altText !== undefined ? ['a picture or file has no altText'] : []),
    ]
  })
}

/** Of providers that take texts alone: amounts and times are written by the author of the campaign. */
export function typedValueProblems({ body = [], cards = [] }: TemplateContent): string[] {
  const values = [body, ...cards.map((card) => card.body ?? [])].flatMap((given) => Object.values(given))
  return values.some((value) => typeof value !== 'string')
    ? ['the values of a template are texts here: write the amount or time into the text']
    : []
}

/** WhatsApp's own form: no template can have another name. */
export function templateNameProblems({ template }: TemplateContent): string[] {
  return /^[a-z0-9_]{1,512}$/.test(template)
    ? []
    : [`"${template}" cannot be the name of a template: it has lower-case letters, digits and _ only`]
}

/** As WhatsApp writes languages: pt_BR, not pt-BR. */
export function whatsappLanguage(language: string): string {
  return language.replaceAll('-', '_')
}

/** Undefined for an id in the form of a UUID, and for one that is filled in per person. */
export function uuidProblem(what: string, id: string): string | undefined {
  const isUuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(id)
  return isUuid || isOpen(id) ? undefined : `${what} is an id such as 7a6b5c4d-0000-4000-8000-000000000002, not "${id}"`
}

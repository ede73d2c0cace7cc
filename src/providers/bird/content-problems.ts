// What WhatsApp has and Bird's Channels API cannot say, and ids that cannot be Bird's, in sentences for people who write
// campaigns.
import type { Content, Header, TemplateContent } from '../../domain/content.ts'
import { fileNameProblems, isOpen, typedValueProblems, uuidProblem } from '../content-limits.ts'
import { fileTypeProblems } from '../media-types.ts'
import { addressOf, type MediaFields } from './content.ts'
import { mediaTypeProblem } from './media-type.ts'

export function contentProblems(content: Content): string[] {
  const replyTo = 'replyTo' in content ? content.replyTo : undefined
  return [
    ...(replyTo === undefined ? [] : [uuidProblem('replyTo', replyTo)]),
    ...fileNameProblems(content),
    ...kindProblems(content),
  ].filter((problem) => problem !== undefined)
}

function kindProblems(content: Content): string[] {
  switch (content.type) {
    case 'template':
      return templateProblems(content)
    case 'buttons':
      return [
        ...(content.header?.type === 'text' ? ['buttons have no text header; put it into the body'] : []),
        ...(content.footer === undefined ? [] : ['buttons have no footer; put it into the body']),
        ...(content.header === undefined ? [] : mediaProblems(content.header)),
        ...titleProblems(content.buttons),
        ...fileTypeProblems(content),
      ]
    case 'list':
      return content.footer === undefined ? [] : ['a list has no footer; put it into the body']
    case 'carousel':
      return [...content.cards.flatMap(cardProblems), ...fileTypeProblems(content)]
    case 'image':
    case 'sticker':
    case 'document':
      return [...mediaProblems(content), ...fileTypeProblems(content)]
    case 'audio':
    case 'video':
      return [...mediaProblems(content), ...fileProblems(content.type, addressOf(content))]
    default:
      return []
  }
}

function titleProblems(buttons: Extract<Content, { type: 'buttons' }>['buttons']): string[] {
  const titles = buttons.map(({ title }) => title).filter((title) => !isOpen(title))
  return new Set(titles).size === titles.length ? [] : ['buttons need different titles']
}

function templateProblems(content: TemplateContent): string[] {
  const { template, namespace = 'latest', language } = content
  const ids = [
    uuidProblem('template (of a project in Studio)', template),
    namespace === 'latest' ? undefined : uuidProblem('namespace (of a version)', namespace),
  ]
  const problems = [...ids.filter((problem) => problem !== undefined), ...typedValueProblems(content)]
  if (!/^[a-z]{2,3}(?:[-_][A-Za-z0-9]{2,8})*$/.test(language))
    problems.push(`"${language}" is not a language such as en or pt-BR`)
  if (Array.isArray(content.body) && content.body.length > 0)
    problems.push('the values of a template have names here: write body as {name: value}, with the names set in Studio')
  const others = (['header', 'buttons', 'cards'] as const).filter((part) => content[part] !== undefined)
  if (others.length > 0)
    problems.push(
      `the values of ${others.join(' and ')} of a template belong into body, under the names set in Studio (such as imageURL or url)`,
    )
  return problems
}

function mediaProblems(media: Header | MediaFields): string[] {
  const mediaId = 'mediaId' in media ? media.mediaId : undefined
  const isFine = mediaId === undefined || isOpen(mediaId) || /^https?:\/\//.test(mediaId)
  return isFine ? [] : ['mediaId is the address that the upload returned (https://…)']
}

function fileProblems(kind: 'audio' | 'video', url: string): string[] {
  const problem = isOpen(url) ? undefined : mediaTypeProblem(kind, url)
  return problem === undefined ? [] : [problem]
}

function cardProblems(
  { header, body, buttons }: Extract<Content, { type: 'carousel' }>['cards'][number],
  index: number,
): string[] {
  const problems = header === undefined ? [] : mediaProblems(header)
  if (body === undefined) problems.push('needs a body: it is the title of the card')
  if (buttons.length !== 1 || buttons.some((button) => 'id' in button))
    problems.push('takes exactly one link as button')
  return problems.map((problem) => `card ${index + 1} of the carousel ${problem}`)
}

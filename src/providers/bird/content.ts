// Our content → the body or template of Bird's CreateMessage. Source: Bird's Channels API v1, page "Sending WhatsApp
// messages". Unknown keys are refused by Bird, so only what has a value is written.

import type { Content, Header, TemplateContent } from '../../domain/content.ts'
import { plainAddress } from '../../domain/media-url.ts'
import { fileNameProblems, uuidProblem } from '../content-limits.ts'
import { fileTypeProblems } from '../media-types.ts'
import { drop, type Json } from '../message-parts.ts'
import { withPlainAddresses } from '../plain-addresses.ts'
import { type FileKind, mediaTypeOf, mediaTypeProblem } from './media-type.ts'

type BirdContent = Exclude<Content, { type: 'contacts' | 'product' | 'reaction' }>
type Kind<T extends BirdContent['type']> = Extract<BirdContent, { type: T }>

export const birdContentTypes = [
  'text',
  'image',
  'video',
  'audio',
  'document',
  'sticker',
  'location',
  'buttons',
  'list',
  'locationRequest',
  'carousel',
  'template',
] as const satisfies readonly BirdContent['type'][]

/** The part of a request that says what is sent: `body` or `template`, and what is quoted. */
export function messageParts(given: Content): Json {
  const content = withPlainAddresses(given)
  const replyTo = 'replyTo' in content ? content.replyTo : undefined
  const quote = replyTo === undefined ? {} : { replyTo: { id: replyTo, type: 'message' } }
  if (content.type === 'template') return { template: templateObject(content), ...quote }
  const make = bodies[content.type as keyof typeof bodies] as ((content: Content) => Json) | undefined
  if (make === undefined) throw new Error(`Bird has no content of type ${content.type}`)
  return { body: make(content), ...quote }
}

const bodies: { [T in Exclude<BirdContent['type'], 'template'>]: (content: Kind<T>) => Json } = {
  text: ({ text, previewUrl }) => ({
    type: 'text',
    text: drop({ text, metadata: previewUrl === undefined ? undefined : { whatsapp: { previewUrl } } }),
  }),
  image: ({ caption, images, altText, ...source }) =>
    imageBody(
      (images ?? [{ url: addressOf(source), altText }]).map((image) =>
        drop({ mediaUrl: image.url, altText: image.altText }),
      ),
      { text: caption },
    ),
  // Bird maps stickers to its images.
  sticker: (content) => imageBody([{ mediaUrl: addressOf(content) }]),
  video: (content) => fileBody('video', content, { text: content.caption }),
  audio: (content) => fileBody('audio', content),
  document: (content) => fileBody('document', content, { text: content.caption }),
  location: ({ latitude, longitude, name, address }) => ({
    type: 'location',
    location: drop({
      coordinates: { latitude: Number(latitude), longitude: Number(longitude) },
      location: name === undefined && address === undefined ? undefined : drop({ label: name, address }),
    }),
  }),
  buttons: buttonsBody,
  list: listBody,
  locationRequest: ({ body }) => ({ type: 'text', text: { text: body, actions: [{ type: 'locationRequest' }] } }),
  carousel: ({ body, cards }) => ({ type: 'carousel', carousel: { text: body, items: cards.map(carouselItem) } }),
}

interface MediaFields {
  url?: string | undefined
  mediaId?: string | undefined
  filename?: string | undefined
}

/** What Bird's upload returns as the name of a file is its address. */
function addressOf({ url, mediaId }: MediaFields): string {
  return url ?? plainAddress(mediaId ?? '')
}

interface TextAndActions {
  text?: string | undefined
  actions?: Json[]
}

function imageBody(images: Json[], { text, actions }: TextAndActions = {}): Json {
  return { type: 'image', image: drop({ text, images, actions }) }
}

function fileBody(kind: FileKind, media: MediaFields, { text, actions }: TextAndActions = {}): Json {
  const mediaUrl = addressOf(media)
  const { filename } = media
  const file = drop({ mediaUrl, contentType: mediaTypeOf(kind, mediaUrl, filename), filename })
  return { type: 'file', file: drop({ text, files: [file], actions }) }
}

/** Buttons hang on a text, on an image or on a file. */
function buttonsBody({ header, body, buttons }: Kind<'buttons'>): Json {
  const actions = buttons.map(({ id, title }) => postback(title, id))
  if (header?.type === 'image') return imageBody([{ mediaUrl: addressOf(header) }], { text: body, actions })
  if (header?.type === 'video' || header?.type === 'document')
    return fileBody(header.type, header, { text: body, actions })
  return { type: 'text', text: { text: body, actions } }
}

/** Our id is the payload: it comes back when the button is pressed. */
function postback(text: string, payload: string, description?: string): Json {
  const metadata = description === undefined ? undefined : { description: { label: description } }
  return { type: 'postback', postback: drop({ text, payload, metadata }) }
}

/** One item for each section; a section without a title is an item without one. */
function listBody({ header, body, button, sections }: Kind<'list'>): Json {
  const items = sections.map(({ title, rows }) =>
    drop({ title, actions: rows.map((row) => postback(row.title, row.id, row.description)) }),
  )
  return { type: 'list', list: drop({ title: header, text: body, items, metadata: { button: { label: button } } }) }
}

function carouselItem({ header, body, buttons }: Kind<'carousel'>['cards'][number]): Json {
  const actions = buttons.flatMap((button) =>
    'url' in button ? [{ type: 'link', link: { text: button.title, url: button.url } }] : [],
  )
  return drop({ title: body, mediaUrl: mediaOf(header), actions })
}

function mediaOf(header: Header | undefined): string | undefined {
  return header?.type === 'image' || header?.type === 'video' ? addressOf(header) : undefined
}

function templateObject({ template, namespace, language, body }: TemplateContent): Json {
  const parameters =
    body === undefined || Array.isArray(body)
      ? []
      : Object.entries(body).map(([key, value]) => ({ type: 'string', key, value: writtenValue(key, value) }))
  return drop({
    projectId: template,
    version: namespace ?? 'latest',
    // Bird writes languages as pt-BR, WhatsApp as pt_BR.
    locale: language.replaceAll('_', '-'),
    parameters: parameters.length === 0 ? undefined : parameters,
  })
}

/** The file of a header is a text like the others; only its name in Studio tells. */
function writtenValue(key: string, value: string): string {
  return /url$/i.test(key) && /^https?:\/\//i.test(value) ? plainAddress(value) : value
}

/** What WhatsApp has and the Channels API cannot say, and ids that cannot be Bird's, in sentences. */
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

function templateProblems(content: TemplateContent): string[] {
  const { template, namespace = 'latest', language } = content
  const ids = [
    uuidProblem('template (of a project in Studio)', template),
    namespace === 'latest' ? undefined : uuidProblem('namespace (of a version)', namespace),
  ]
  const problems = ids.filter((problem) => problem !== undefined)
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
  const isFine = mediaId === undefined || mediaId.includes('{{') || /^https?:\/\//.test(mediaId)
  return isFine ? [] : ['mediaId is the address that the upload returned (https://…)']
}

function fileProblems(kind: 'audio' | 'video', url: string): string[] {
  const problem = url.includes('{{') ? undefined : mediaTypeProblem(kind, url)
  return problem === undefined ? [] : [problem]
}

function cardProblems({ header, body, buttons }: Kind<'carousel'>['cards'][number], index: number): string[] {
  const problems = header === undefined ? [] : mediaProblems(header)
  if (body === undefined) problems.push('needs a body: it is the title of the card')
  if (buttons.length !== 1 || buttons.some((button) => 'id' in button))
    problems.push('takes exactly one link as button')
  return problems.map((problem) => `card ${index + 1} of the carousel ${problem}`)
}

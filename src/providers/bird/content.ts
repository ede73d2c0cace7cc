// Our content → the body or template of Bird's CreateMessage. Source: Bird's Channels API v1, page "Sending WhatsApp
// messages". Unknown keys are refused by Bird, so only what has a value is written.

import type { Content, Header, TemplateContent } from '../../domain/content.ts'
import { plainAddress, plainAddressEnd } from '../../domain/media-url.ts'
import { textOfValue } from '../../domain/template-value.ts'
import { drop, type Json } from '../message-parts.ts'
import { withPlainAddresses } from '../plain-addresses.ts'
import { type FileKind, mediaTypeOf } from './media-type.ts'

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
    imageBody((images ?? [{ ...source, altText }]).map(imageObject), { text: caption }),
  // Bird maps stickers to its images.
  sticker: (content) => imageBody([{ mediaUrl: addressOf(content) }]),
  video: (content) => fileBody('video', content, { text: content.caption }),
  audio: (content) => fileBody('audio', content),
  document: (content) =>
    content.files === undefined
      ? fileBody('document', content, { text: content.caption })
      : filesBody(content.files.map(fileObject), { text: content.caption }),
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

export interface MediaFields {
  url?: string | undefined
  mediaId?: string | undefined
  filename?: string | undefined
  altText?: string | undefined
}

/** What Bird's upload returns as the name of a file is its address. */
export function addressOf({ url, mediaId }: MediaFields): string {
  return url ?? plainAddress(mediaId ?? '')
}

interface TextAndActions {
  text?: string | undefined
  actions?: Json[]
}

function imageBody(images: Json[], { text, actions }: TextAndActions = {}): Json {
  return { type: 'image', image: drop({ text, images, actions }) }
}

function fileBody(kind: FileKind, media: MediaFields, parts: TextAndActions = {}): Json {
  return filesBody([fileOf(kind, media)], parts)
}

function filesBody(files: Json[], { text, actions }: TextAndActions): Json {
  return { type: 'file', file: drop({ text, files, actions }) }
}

/** One of several: any kind of file, by its ending. */
function fileObject(media: MediaFields): Json {
  return fileOf('document', media)
}

function fileOf(kind: FileKind, media: MediaFields): Json {
  const mediaUrl = addressOf(media)
  const { filename, altText } = media
  return drop({ mediaUrl, contentType: mediaTypeOf(kind, mediaUrl, filename), filename, altText })
}

/** Buttons hang on a text, on pictures or on files. */
function buttonsBody({ header, body, buttons }: Kind<'buttons'>): Json {
  const parts = {
    text: body,
    actions: buttons.map(({ id, title }) => (id === undefined ? reply(title) : postback(title, id))),
  }
  if (header?.type === 'image') return imageBody((header.images ?? [header]).map(imageObject), parts)
  if (header?.type === 'document' && header.files !== undefined) return filesBody(header.files.map(fileObject), parts)
  if (header?.type === 'video' || header?.type === 'document') return fileBody(header.type, header, parts)
  return { type: 'text', text: parts }
}

function imageObject(image: MediaFields): Json {
  return drop({ mediaUrl: addressOf(image), altText: image.altText })
}

/** The person answers with its text. */
function reply(text: string): Json {
  return { type: 'reply', reply: { text } }
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
      : Object.entries(body).map(([key, value]) => ({
          type: 'string',
          key,
          value: writtenValue(key, textOfValue(value)),
        }))
  return drop({
    projectId: template,
    version: namespace ?? 'latest',
    // Bird writes languages as pt-BR, WhatsApp as pt_BR.
    locale: language.replaceAll('_', '-'),
    parameters: parameters.length === 0 ? undefined : parameters,
  })
}

/** The file of a header and the end of a button's address are texts like the others; only the name in Studio tells. */
function writtenValue(key: string, value: string): string {
  if (!/url$/i.test(key)) return value
  return /^https?:\/\//i.test(value) ? plainAddress(value) : plainAddressEnd(value)
}

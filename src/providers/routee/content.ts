// Our content → the flat body of Routee's campaign call. There is no field for the kind: Routee takes it from the media
// field that is present, so exactly one is. Source: "Send a WhatsApp campaign" in Routee's reference.

import type { Content, Header, TemplateContent } from '../../domain/content.ts'
import { textOfValue } from '../../domain/template-value.ts'
import {
  fileNameProblems,
  lengthProblem,
  severalFilesProblems,
  typedValueProblems,
  whatsappLanguage,
} from '../content-limits.ts'
import { fileTypeProblem } from '../media-types.ts'
import { drop, type Json } from '../message-parts.ts'
import { withPlainAddresses } from '../plain-addresses.ts'
import type { RouteeSettings } from './config.ts'

/** Characters. Routee's page says 4069, not WhatsApp's 4096. */
const TEXT_MAX = 4069
const CAPTION_MAX = 512
const FILE_NAME_MAX = 512
const PLACE_MAX = 256
const PAYLOAD_MAX = 128
const QUICK_REPLIES_MAX = 3

export const routeeContent = [
  'text',
  'image',
  'video',
  'audio',
  'document',
  'sticker',
  'location',
  'template',
] as const satisfies Content['type'][]
type RouteeContent = Extract<Content, { type: (typeof routeeContent)[number] }>

/** What of a request says what is sent. The registry lets no other kind come here. */
export function bodyOf(content: Content, settings: Pick<RouteeSettings, 'fillText' | 'templateKeys'>): Json {
  const known = withPlainAddresses(content) as RouteeContent
  if (known.type === 'text') return { text: known.text }
  const fields = known.type === 'template' ? { template: templateObject(known, settings.templateKeys) } : media(known)
  return settings.fillText ? { text: textBeside(known), ...fields } : fields
}

function media(content: Exclude<RouteeContent, { type: 'text' | 'template' }>): Json {
  switch (content.type) {
    case 'image':
      return drop({ imageURL: content.url, caption: content.caption })
    case 'video':
      return drop({ videoURL: content.url, caption: content.caption })
    case 'document':
      return drop({ documentURL: content.url, filename: content.filename, caption: content.caption })
    case 'audio':
      return drop({ audioURL: content.url })
    case 'sticker':
      return drop({ stickerURL: content.url })
    case 'location':
      return drop({
        latitude: Number(content.latitude),
        longitude: Number(content.longitude),
        locationName: content.name,
        locationAddress: content.address,
      })
  }
}

/** Routee wants a text with everything: what a person would read who cannot see the rest. */
function textBeside(content: Exclude<RouteeContent, { type: 'text' }>): string {
  switch (content.type) {
    case 'image':
    case 'video':
      return content.caption ?? content.url ?? ''
    case 'document':
      return content.caption ?? content.filename ?? content.url ?? ''
    case 'audio':
    case 'sticker':
      return content.url ?? ''
    case 'location':
      return content.name ?? content.address ?? `${content.latitude}, ${content.longitude}`
    case 'template':
      return Array.isArray(content.body) && content.body.length > 0
        ? clipped(content.body.map(textOfValue).join(', '))
        : content.template
  }
}

function clipped(text: string): string {
  return [...text].slice(0, TEXT_MAX).join('')
}

/** Nothing is published about this object; its shape is that of the API which Routee's follows everywhere else. */
function templateObject(content: TemplateContent, keys: RouteeSettings['templateKeys']): Json {
  const typeKey = keys === 'templateId' ? 'type' : 'componentType'
  const components = componentsOf(content).map(({ type, ...rest }) => ({ [typeKey]: type, ...rest }))
  return {
    [keys]: content.template,
    language: { policy: 'deterministic', code: whatsappLanguage(content.language) },
    ...(components.length > 0 && { components }),
  }
}

interface Component {
  type: 'header' | 'body' | 'button'
  subType?: 'quick_reply' | 'url'
  index?: number
  parameters: Json[]
}

function componentsOf({ header, body, buttons = [] }: TemplateContent): Component[] {
  const components: Component[] = []
  if (header !== undefined) components.push({ type: 'header', parameters: [headerParameter(header)] })
  if (Array.isArray(body) && body.length > 0)
    components.push({ type: 'body', parameters: body.map((value) => textParameter(textOfValue(value))) })
  for (const { index, type, value } of buttons)
    components.push(
      type === 'url'
        ? { type: 'button', subType: 'url', index, parameters: [textParameter(value)] }
        : { type: 'button', subType: 'quick_reply', index, parameters: [{ type: 'payload', payload: value }] },
    )
  return components
}

function textParameter(text: string): Json {
  return { type: 'text', text }
}

function headerParameter(header: Header): Json {
  if (header.type === 'text') return textParameter(header.text)
  if (header.type === 'location') {
    const { longitude, latitude } = header
    return { type: 'location', location: { longitude: Number(longitude), latitude: Number(latitude) } }
  }
  const filename = header.type === 'document' ? header.filename : undefined
  return { type: 'media', media: drop({ type: header.type, url: header.url, filename }) }
}

/** Kinds of files; documents may be of any. */
const fileTypes = {
  image: ['image/png', 'image/jpeg'],
  video: ['video/mp4', 'video/3gpp'],
  audio: ['audio/aac', 'audio/mp4', 'audio/amr', 'audio/mpeg', 'audio/ogg'],
  sticker: ['image/webp'],
} as const

/** What WhatsApp allows and Routee has no field for, or a lower limit. */
export function contentProblems(content: Content): string[] {
  const problems = [
    ...severalFilesProblems(content),
    ...fileNameProblems(content, FILE_NAME_MAX),
    ...(content.type === 'template' ? templateProblems(content) : plainProblems(content)),
  ]
  return problems.filter((problem) => problem !== undefined)
}

type Problems = (string | undefined)[]

function plainProblems(content: Content): Problems {
  switch (content.type) {
    case 'text':
      return [
        lengthProblem('the text', content.text, TEXT_MAX),
        content.previewUrl === true ? 'link previews cannot be asked for (previewUrl)' : undefined,
      ]
    case 'image':
      return [...mediaProblems(content, fileTypes.image), lengthProblem('the caption', content.caption, CAPTION_MAX)]
    case 'video':
      return [...mediaProblems(content, fileTypes.video), lengthProblem('the caption', content.caption, CAPTION_MAX)]
    case 'document':
      return [...mediaProblems(content), lengthProblem('the caption', content.caption, CAPTION_MAX)]
    case 'audio':
      return mediaProblems(content, fileTypes.audio)
    case 'sticker':
      return mediaProblems(content, fileTypes.sticker)
    case 'location':
      return [
        lengthProblem('the name', content.name, PLACE_MAX),
        lengthProblem('the address', content.address, PLACE_MAX),
      ]
    default:
      return []
  }
}

interface MediaFields {
  url?: string | undefined
  mediaId?: string | undefined
}

function mediaProblems({ url, mediaId }: MediaFields, taken?: readonly string[]): Problems {
  return [
    mediaId === undefined ? undefined : 'files are given by url, not by mediaId',
    taken === undefined || url === undefined ? undefined : fileTypeProblem(url, taken),
  ]
}

function templateProblems(content: TemplateContent): Problems {
  const { template, header, body, buttons = [], cards } = content
  const quickReplies = buttons.filter((button) => button.type === 'quickReply')
  return [
    /^[a-z][a-z0-9_]{0,511}$/.test(template)
      ? undefined
      : `"${template}" cannot be the name of a template: it begins with a lower-case letter and has letters, digits and _`,
    ...typedValueProblems(content),
    cards === undefined ? undefined : 'a template has no cards',
    body !== undefined && !Array.isArray(body) ? 'template values stand in their order, without names' : undefined,
    ...buttons.flatMap(({ type }) =>
      type === 'copyCode' || type === 'catalog' ? [`a template has no button of type ${type}`] : [],
    ),
    quickReplies.length > QUICK_REPLIES_MAX ? `a template has at most ${QUICK_REPLIES_MAX} quick replies` : undefined,
    buttons.filter((button) => button.type === 'url').length > 1 ? 'a template has at most one url button' : undefined,
    ...quickReplies.map(({ value }) => lengthProblem('the value of a quick reply', value, PAYLOAD_MAX)),
    ...headerProblems(header),
  ]
}

function headerProblems(header: Header | undefined): Problems {
  if (header === undefined || header.type === 'text') return []
  if (header.type === 'location')
    return [
      header.name === undefined && header.address === undefined
        ? undefined
        : 'a location in the header has neither name nor address',
    ]
  return mediaProblems(header, header.type === 'document' ? undefined : fileTypes[header.type])
}

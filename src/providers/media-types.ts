// What a media address tells about the file before it is fetched: its extension. A provider that takes few kinds of files
// refuses the others before a launch; an address without an extension is believed.
import type { Content } from '../domain/content.ts'

/** What WhatsApp itself takes; documents may be of any kind. */
export const whatsappFileTypes = {
  image: ['image/jpeg', 'image/png'],
  video: ['video/mp4', 'video/3gpp'],
  audio: ['audio/aac', 'audio/amr', 'audio/mpeg', 'audio/mp4', 'audio/ogg'],
  sticker: ['image/webp'],
} as const

/** Kinds of files by their usual extensions. */
const extensions: Record<string, string> = {
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  png: 'image/png',
  gif: 'image/gif',
  webp: 'image/webp',
  bmp: 'image/bmp',
  svg: 'image/svg+xml',
  tif: 'image/tiff',
  tiff: 'image/tiff',
  heic: 'image/heic',
  avif: 'image/avif',
  mp4: 'video/mp4',
  '3gp': 'video/3gpp',
  '3gpp': 'video/3gpp',
  mov: 'video/quicktime',
  avi: 'video/x-msvideo',
  mkv: 'video/x-matroska',
  webm: 'video/webm',
  aac: 'audio/aac',
  m4a: 'audio/mp4',
  amr: 'audio/amr',
  mp3: 'audio/mpeg',
  ogg: 'audio/ogg',
  opus: 'audio/ogg',
  wav: 'audio/wav',
  flac: 'audio/flac',
}

/** Why the file behind an address cannot be of a kind that is taken; undefined when it can. */
export function fileTypeProblem(url: string, taken: readonly string[]): string | undefined {
  if (url.includes('{{') || !URL.canParse(url)) return undefined
  const extension = /\.([a-z0-9]{2,4})$/i.exec(new URL(url).pathname)?.[1]?.toLowerCase() ?? ''
  const type = extensions[extension]
  if (type === undefined || taken.includes(type) || isSameContainer(type, taken)) return undefined
  return `.${extension} files are ${type}; taken are ${taken.join(', ')}`
}

/** An .mp4 may hold sound alone. */
function isSameContainer(type: string, taken: readonly string[]): boolean {
  return type === 'video/mp4' && taken.includes('audio/mp4')
}

/** Why WhatsApp takes a file of a content as no image, video, audio or sticker; also in headers and on cards. */
export function fileTypeProblems(content: Content): string[] {
  return filesOf(content).flatMap(({ type, url }) => {
    const problem = url === undefined || !isTyped(type) ? undefined : fileTypeProblem(url, whatsappFileTypes[type])
    return problem === undefined ? [] : [problem]
  })
}

function isTyped(type: string): type is keyof typeof whatsappFileTypes {
  return type in whatsappFileTypes
}

interface FileOfContent {
  type: string
  url?: string | undefined
  filename?: string | undefined
}

type HeaderOfButtons = Extract<Content, { type: 'buttons' }>['header']

function filesOfHeader(header: HeaderOfButtons): FileOfContent[] {
  if (header === undefined) return []
  const several = header.type === 'image' ? header.images : header.type === 'document' ? header.files : undefined
  return several === undefined ? [header] : several.map((file) => ({ type: header.type, ...file }))
}

/** Whatever in a content may be a file, with what it is shown as. */
export function filesOf(content: Content): FileOfContent[] {
  const { type } = content
  if (type === 'image' && content.images !== undefined) return content.images.map(({ url }) => ({ type, url }))
  if (type === 'document' && content.files !== undefined) return content.files.map((file) => ({ type, ...file }))
  if (type === 'carousel' || type === 'template') {
    const header = type === 'template' ? content.header : undefined
    return [header, ...(content.cards ?? []).map((card) => card.header)].filter((file) => file !== undefined)
  }
  if (type === 'buttons') return filesOfHeader(content.header)
  return [content]
}

// The MIME type of a file by its name, because Bird wants one for every audio, video and document. What WhatsApp takes:
// docs/providers/bird.md.

const byExtension: Record<string, string> = {
  mp4: 'video/mp4',
  '3gp': 'video/3gpp',
  '3gpp': 'video/3gpp',
  aac: 'audio/aac',
  amr: 'audio/amr',
  mp3: 'audio/mpeg',
  m4a: 'audio/mp4',
  ogg: 'audio/ogg',
  opus: 'audio/ogg',
  pdf: 'application/pdf',
  txt: 'text/plain',
  csv: 'text/csv',
  doc: 'application/msword',
  docx: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
  xls: 'application/vnd.ms-excel',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  ppt: 'application/vnd.ms-powerpoint',
  pptx: 'application/vnd.openxmlformats-officedocument.presentationml.presentation',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  png: 'image/png',
  webp: 'image/webp',
}

/** For an address that ends in no known extension. */
const usual = { video: 'video/mp4', audio: 'audio/mpeg', document: 'application/octet-stream' } as const
export type FileKind = keyof typeof usual

/** By the file name, else by the address, else what is usual for the kind. */
export function mediaTypeOf(kind: FileKind, url: string, filename?: string): string {
  return knownType(filename) ?? knownType(pathOf(url)) ?? usual[kind]
}

function knownType(name: string | undefined): string | undefined {
  const extension = extensionOf(name)
  return extension === undefined ? undefined : byExtension[extension]
}

/** Why WhatsApp does not take a file of this name as audio or video; undefined when it does or nothing is known. */
export function mediaTypeProblem(kind: 'audio' | 'video', url: string): string | undefined {
  const extension = extensionOf(pathOf(url))
  if (extension === undefined || byExtension[extension]?.startsWith(`${kind}/`)) return undefined
  const known = Object.keys(byExtension).filter((name) => byExtension[name]?.startsWith(`${kind}/`))
  return `the address ends in .${extension}, which is no ${kind} for WhatsApp (${known.join(', ')})`
}

function extensionOf(name: string | undefined): string | undefined {
  return /\.([a-z0-9]{1,5})$/i.exec(name ?? '')?.[1]?.toLowerCase()
}

function pathOf(url: string): string {
  return URL.canParse(url) ? new URL(url).pathname : url
}

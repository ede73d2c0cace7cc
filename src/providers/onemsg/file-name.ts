// The name of a file that is sent by its address. 1MSG requires one with an ending, and tells the kind of media by it.

type MediaType = 'image' | 'video' | 'audio' | 'document'

/** Endings that WhatsApp shows as this kind; the first names a file whose address has none. */
const endings: Record<Exclude<MediaType, 'document'>, readonly string[]> = {
  image: ['jpg', 'jpeg', 'png'],
  video: ['mp4', '3gp', '3gpp'],
  audio: ['mp3', 'aac', 'amr', 'm4a', 'ogg', 'opus'],
}

/** The name given, else the one in the address where its ending fits, else a plain one. */
export function fileName(type: MediaType, url: string, given: string | undefined): string {
  if (given !== undefined) return given
  const last = lastSegment(url)
  const ending = endingOf(last)
  if (type === 'document') return ending === undefined ? 'document.pdf' : last
  const known = endings[type]
  return ending !== undefined && known.includes(ending) ? last : `${type}.${known[0]}`
}

/** Letters after the last dot, in lower case. */
export function endingOf(name: string): string | undefined {
  return /[^.]\.([A-Za-z0-9]{1,8})$/.exec(name)?.[1]?.toLowerCase()
}

export function lastSegment(url: string): string {
  const path = URL.canParse(url) ? new URL(url).pathname : ''
  const segment = path.slice(path.lastIndexOf('/') + 1)
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}

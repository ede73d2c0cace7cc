// The header of buttons, cards and templates: a text, or a file by its address or id. Contents with a place as header are
// refused before (content-problems.ts).
import type { Header } from '../../domain/content.ts'
import { drop, type Json } from '../message-parts.ts'

export function headerObject(header: Header): Json {
  if (header.type === 'text' || header.type === 'location') return drop(header)
  const filename = header.type === 'document' ? header.filename : undefined
  return { type: header.type, [header.type]: drop({ id: header.mediaId, link: header.url, filename }) }
}

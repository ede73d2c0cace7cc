// Addresses as every provider can read them. A driver gives each content through here before it writes a request, so that no
// field of an address can be forgotten.
import type { Content } from '../domain/content.ts'
import { plainAddress, plainAddressEnd } from '../domain/media-url.ts'

/** The same content with every address in ASCII, percent-encoded: files, links of cards and of contacts, ends of the links of a template. */
export function withPlainAddresses(content: Content): Content {
  return plain(content) as Content
}

function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value !== 'object' || value === null) return value
  const isLinkButton = 'type' in value && value.type === 'url'
  return Object.fromEntries(
    Object.entries(value).map(([key, part]) => {
      if (typeof part !== 'string') return [key, plain(part)]
      if (key === 'url') return [key, plainAddress(part)]
      return [key, isLinkButton && key === 'value' ? plainAddressEnd(part) : part]
    }),
  )
}

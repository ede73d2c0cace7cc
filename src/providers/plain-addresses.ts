// Addresses as every provider can read them. A driver gives each content through here before it writes a request, so that no
// field of an address can be forgotten.
import type { Content } from '../domain/content.ts'
import { plainAddress } from '../domain/media-url.ts'

/**
 * The same content with every address in ASCII, percent-encoded: files, links of cards and of contacts. The value of a
 * template's link is the end of an address and goes as it is: what is in it has been encoded for its place already.
 */
export function withPlainAddresses(content: Content): Content {
  return plain(content) as Content
}

function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, part]) => [
      key,
      key === 'url' && typeof part === 'string' ? plainAddress(part) : plain(part),
    ]),
  )
}

// The address of a file that a provider will fetch, and the end of the address of a button: what it may be, and how it is
// written for programs that take ASCII alone. Herald itself never fetches it.

/** Characters of the address as it goes to the provider. */
const LENGTH_MAX = 2000

/** Scheme, host and the rest as every reader of addresses divides them: no backslash, no blank before the path. */
const plainUrl = /^https?:\/\/[^\s\\/?#]+(?:[/?#][^\\\p{Cc}]*)?$/iu
const innerName = /\.(?:localhost|localdomain|local|internal|lan|home|home\.arpa|corp|intranet|private)$/

/** Why a provider must not be given this media URL; undefined when it may. The server itself never fetches it. */
export function mediaUrlProblem(text: string): string | undefined {
  const { length } = plainAddress(text)
  if (length > LENGTH_MAX) return `has ${length} characters, at most ${LENGTH_MAX}`
  let url: URL
  try {
    url = new URL(text)
  } catch {
    return 'is not a URL (https://…)'
  }
  if (url.protocol !== 'https:' && url.protocol !== 'http:')
    return `begins with ${url.protocol}, allowed are https: and http:`
  if (url.username !== '' || url.password !== '') return 'holds a user name or password'
  if (!plainUrl.test(text) || text.trim() !== text)
    return 'is not written as https://host/path, or holds a blank or backslash out of place'
  const host = url.hostname.replace(/\.$/, '')
  if (host.startsWith('[') || /^\d+\.\d+\.\d+\.\d+$/.test(host)) return 'names a network address; name a public host'
  const isPrivate = !host.includes('.') || host.split('.').includes('') || innerName.test(host)
  return isPrivate ? `names "${host}", which is no public host` : undefined
}

/** Everything that RFC 3986 lets stand in an address behind its host, but brackets. */
const legal = /^(?:[A-Za-z0-9\-._~:/?#@!$&'()*+,;=]|%[0-9A-Fa-f]{2})*$/
const illegal = /[^A-Za-z0-9\-._~:/?#@!$&'()*+,;=%]/gu
const loosePercent = /%(?![0-9A-Fa-f]{2})/g

/** The same address in the characters that every program takes: letters of a host in Punycode, all others percent-encoded. */
export function plainAddress(text: string): string {
  if (legal.test(text) || !URL.canParse(text)) return text
  return new URL(text).href.replace(loosePercent, '%25').replace(illegal, encodeURIComponent)
}

/**
 * The end of an address, as a template's button puts it behind its beginning: blanks around it left out, everything that no
 * address has percent-encoded. What is encoded already stays as it is.
 */
export function plainAddressEnd(text: string): string {
  // Half a character has no code of its own.
  const whole = text.replace(/\p{Cs}/gu, '\ufffd')
  return whole.trim().replace(loosePercent, '%25').replace(illegal, encodeURIComponent)
}

// Takes secrets out of what a provider said, before anybody stores, shows or logs it: some repeat the request in their
// errors. Every answer and callback passes here.

const HIDDEN = '[hidden]'
/** Anything shorter would also be found where it is no secret. */
const LENGTH_MIN = 8

export type Hide = (text: string) => string

/** Hides texts as they are, in JSON, in an address and in base64, also as a part of something longer. */
export function hiderOf(secrets: readonly string[]): Hide {
  const forms = [...new Set(secrets.filter((secret) => secret.length >= LENGTH_MIN).flatMap(formsOf))]
  // The longest first: one may be a part of another.
  forms.sort((a, b) => b.length - a.length)
  return (text) => forms.reduce((left, form) => (left.includes(form) ? left.replaceAll(form, HIDDEN) : left), text)
}

function formsOf(secret: string): string[] {
  const inJson = JSON.stringify(secret).slice(1, -1)
  const inAddress = encodeURIComponent(secret)
  return [
    secret,
    inJson,
    inJson.replaceAll('/', '\\/'),
    inAddress,
    inAddress.replace(/%[\dA-F]{2}/g, (sign) => sign.toLowerCase()),
    ...base64FormsOf(Buffer.from(secret)),
  ]
}

/** Base64 depends on how many bytes stand before: what is the same whatever surrounds it. */
function base64FormsOf(secret: Buffer): string[] {
  return [0, 1, 2].flatMap((before) => {
    const text = Buffer.concat([Buffer.alloc(before), secret]).toString('base64url')
    const isWhole = (before + secret.length) % 3 === 0
    const own = text.slice([0, 2, 3][before], isWhole ? undefined : -1)
    return [own, own.replaceAll('-', '+').replaceAll('_', '/')]
  })
}

/** What a request proves itself with, whichever header a provider wants it in: `Bearer x` → `x`. */
export function secretsOfHeaders(headers: Readonly<Record<string, string>>): string[] {
  return Object.entries(headers)
    .filter(([name]) => /authorization|token|key|secret/i.test(name))
    .map(([, value]) => value.slice(value.lastIndexOf(' ') + 1))
}

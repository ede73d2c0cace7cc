// Pieces that several requests of the Cloud API share: texts with limits, media by id or link, places. Every object is
// closed, because Meta refuses keys that it does not know.
import { z } from 'zod'
import { text, webAddress } from '../strict-fields.ts'

/** A rule that no type can say, with the error code that Meta answers. */
export function broken(code: string, message: string) {
  return { message, params: { code } }
}

const mediaId = z.string().regex(/^\d{1,30}$/)

interface MediaSource {
  id?: string | undefined
  link?: string | undefined
}

function isFromOnePlace({ id, link }: MediaSource): boolean {
  return (id === undefined) !== (link === undefined)
}

const source = { id: mediaId.optional(), link: webAddress.optional() }
const eitherOr = broken('100', 'needs exactly one of id and link')

/** Audio and stickers. */
export const bareMedia = z.strictObject(source).refine(isFromOnePlace, eitherOr)
export const captionedMedia = z
  .strictObject({ ...source, caption: text(1024).optional() })
  .refine(isFromOnePlace, eitherOr)
export const documentMedia = z
  .strictObject({ ...source, caption: text(1024).optional(), filename: text(240).optional() })
  .refine(isFromOnePlace, eitherOr)
/** Where only a document has a name and nothing has a caption: headers. */
export const headerDocument = z
  .strictObject({ ...source, filename: text(240).optional() })
  .refine(isFromOnePlace, eitherOr)

/** Meta's own samples write them as numbers and as texts. */
function degrees(max: number) {
  return z
    .union([z.number(), z.string().regex(/^-?\d{1,3}(?:\.\d+)?$/)])
    .refine((value) => Math.abs(Number(value)) <= max, broken('131009', `must be from -${max} to ${max}`))
}

export const place = z.strictObject({
  latitude: degrees(90),
  longitude: degrees(180),
  name: text(1000).optional(),
  address: text(1000).optional(),
})

/** Whether no value appears twice. */
export function areDistinct(values: readonly unknown[]): boolean {
  return new Set(values).size === values.length
}

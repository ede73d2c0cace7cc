// Pieces that several requests of 1MSG share. Every object is closed: a field that the pages do not name is refused.
import { z } from 'zod'
import { text, webAddress } from '../strict-fields.ts'

const mediaId = z.string().regex(/^[A-Za-z0-9-]{1,64}$/)

interface MediaSource {
  id?: string | undefined
  link?: string | undefined
}

export function isFromOnePlace({ id, link }: MediaSource): boolean {
  return (id === undefined) !== (link === undefined)
}

const source = { id: mediaId.optional(), link: webAddress.optional() }
export const mediaIdField = mediaId
export const media = z.strictObject(source).refine(isFromOnePlace, 'needs exactly one of id and link')
export const documentMedia = z
  .strictObject({ ...source, filename: text(240).optional() })
  .refine(isFromOnePlace, 'needs exactly one of id and link')

export const imageHeader = z.strictObject({ type: z.literal('image'), image: media })
export const videoHeader = z.strictObject({ type: z.literal('video'), video: media })
export const documentHeader = z.strictObject({ type: z.literal('document'), document: documentMedia })

/** Exactly one of phone and chatId; the phone as digits or as a number. */
export const destination = {
  phone: z.union([z.string().regex(/^[1-9]\d{9,14}$/), z.int().min(1e9).max(999_999_999_999_999)]).optional(),
  chatId: z
    .string()
    .regex(/^\d+@[cg]\.us$|^[A-Za-z0-9.]+@lid$/)
    .optional(),
}
export const quotedMsgId = z.string().regex(/^wamid\..+$/)

export function areDistinct(values: readonly unknown[]): boolean {
  return new Set(values).size === values.length
}

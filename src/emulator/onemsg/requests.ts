// The bodies of the send methods: one closed schema each, and the place of the first mistake in words.
import { z } from 'zod'
import { emojiOrNothing, text, webAddress } from '../strict-fields.ts'
import {
  areDistinct,
  destination,
  documentHeader,
  imageHeader,
  mediaIdField,
  quotedMsgId,
  videoHeader,
} from './parts.ts'
import { sendTemplate } from './template-request.ts'

const common = { ...destination, quotedMsgId: quotedMsgId.optional() }
const body = text(1024)
const footer = text(60).optional()

const sendFile = z
  .strictObject({
    ...common,
    body: z.union([webAddress, z.string().regex(/^data:[\w.+-]+\/[\w.+-]+;base64,/)]).optional(),
    filename: z
      .string()
      .regex(/^.{1,232}\.[A-Za-z0-9]{1,8}$/u)
      .optional(),
    mediaId: mediaIdField.optional(),
    mediaType: z.enum(['image', 'video', 'audio', 'document']).optional(),
    voice: z.boolean().optional(),
    caption: text(1024).optional(),
  })
  .refine((file) => (file.body === undefined) !== (file.mediaId === undefined), 'needs exactly one of body and mediaId')
  .refine((file) => file.body === undefined || file.filename !== undefined, 'filename is required with body')
  .refine((file) => (file.mediaId === undefined) === (file.mediaType === undefined), 'mediaType belongs to mediaId')

const sendSticker = z
  .strictObject({ ...common, link: webAddress.optional(), mediaId: mediaIdField.optional() })
  .refine(({ link, mediaId }) => (link === undefined) !== (mediaId === undefined), 'needs one of link and mediaId')

const degrees = z.string().regex(/^-?\d{1,3}(?:\.\d+)?$/)

const nameParts = ['first_name', 'last_name', 'middle_name', 'suffix', 'prefix'] as const
const line = text(256).optional()
const place = z.enum(['HOME', 'WORK']).optional()
const phoneKind = z.enum(['CELL', 'MAIN', 'IPHONE', 'HOME', 'WORK']).optional()
const contact = z.strictObject({
  name: z
    .strictObject({
      formatted_name: text(256),
      first_name: line,
      last_name: line,
      middle_name: line,
      suffix: line,
      prefix: line,
    })
    .refine((name) => nameParts.some((part) => name[part] !== undefined), 'needs one part beside formatted_name'),
  birthday: z.iso.date().optional(),
  addresses: z
    .array(
      z.strictObject({
        street: line,
        city: line,
        state: line,
        zip: line,
        country: line,
        country_code: z
          .string()
          .regex(/^[A-Za-z]{2}$/)
          .optional(),
        type: place,
      }),
    )
    .optional(),
  emails: z.array(z.strictObject({ email: text(320), type: place })).optional(),
  org: z.strictObject({ company: line, department: line, title: line }).optional(),
  phones: z
    .array(z.strictObject({ phone: text(40), type: phoneKind, wa_id: z.string().regex(/^\d+$/).optional() }))
    .optional(),
  urls: z.array(z.strictObject({ url: webAddress, type: place })).optional(),
})

const row = z.strictObject({ id: text(200), title: text(24), description: text(72).optional() })
const section = z.strictObject({ title: text(24).optional(), rows: z.array(row).min(1).max(10) })

const button = z.strictObject({
  type: z.literal('reply'),
  reply: z.strictObject({ id: text(200), title: text(20) }),
})
const buttonHeader = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('text'), text: text(60) }),
  imageHeader,
  videoHeader,
  documentHeader,
])

const item = z.strictObject({ product_retailer_id: text(100) })
const single = z.strictObject({ catalog_id: text(64), product_retailer_id: text(100) })
const several = z.strictObject({
  catalog_id: text(64),
  sections: z
    .array(z.strictObject({ title: text(24).optional(), product_items: z.array(item).min(1).max(30) }))
    .min(1)
    .max(10),
})

const card = z.strictObject({
  header: z.discriminatedUnion('type', [imageHeader, videoHeader]),
  body: z.strictObject({ text: text(160) }).optional(),
  type: z.enum(['cta_url', 'quick_reply']),
  action: z.union([
    z.strictObject({
      name: z.literal('cta_url'),
      parameters: z.strictObject({ display_text: text(20), url: webAddress }),
    }),
    z.strictObject({
      buttons: z
        .array(
          z.strictObject({
            type: z.literal('quick_reply'),
            quick_reply: z.strictObject({ id: text(256), title: text(20) }),
          }),
        )
        .min(1)
        .max(3),
    }),
  ]),
})

export const sendSchemas = {
  sendMessage: z.strictObject({ ...common, body: text(4096) }),
  sendFile,
  sendSticker,
  sendLocation: z.strictObject({
    ...common,
    lat: degrees,
    lng: degrees,
    name: text(1000).optional(),
    address: text(1000).optional(),
  }),
  sendContact: z.strictObject({ ...common, contacts: z.array(contact).min(1) }),
  sendList: z.strictObject({
    ...common,
    body,
    header: text(60).optional(),
    footer,
    action: text(20),
    sections: z
      .array(section)
      .min(1)
      .max(10)
      .refine((all) => all.length === 1 || all.every(({ title }) => title !== undefined), 'needs titles')
      .refine((all) => areDistinct(all.flatMap(({ rows }) => rows.map(({ id }) => id))), 'has a row id twice'),
  }),
  sendButton: z.strictObject({
    ...common,
    body,
    header: buttonHeader.optional(),
    footer,
    sections: z
      .array(button)
      .min(1)
      .max(3)
      .refine((all) => areDistinct(all.map(({ reply }) => reply.id)), 'has an id twice'),
  }),
  sendLocationRequest: z.strictObject({ ...common, body }),
  // An empty text takes the reaction back.
  sendReaction: z.strictObject({ ...destination, body: emojiOrNothing, quotedMsgId }),
  sendProduct: z
    .strictObject({ ...common, action: z.union([single, several]), body: body.optional(), footer, header: line })
    .refine(({ action, header }) => 'sections' in action === (header !== undefined), 'header belongs to lists'),
  sendCarousel: z.strictObject({ ...common, body: body.optional(), cards: z.array(card).min(2).max(10) }),
  sendTemplate,
} as const
export type SendMethod = keyof typeof sendSchemas

export function isSendMethod(method: string): method is SendMethod {
  return Object.hasOwn(sendSchemas, method)
}

export type Reading = { isValid: true; value: Record<string, unknown> } | { isValid: false; problem: string }

export function readSend(method: SendMethod, body: unknown): Reading {
  const result = sendSchemas[method].safeParse(body)
  if (!result.success) return { isValid: false, problem: z.prettifyError(result.error).split('\n')[0] ?? '' }
  const { phone, chatId } = result.data
  return (phone === undefined) === (chatId === undefined)
    ? { isValid: false, problem: 'exactly one of phone and chatId is required' }
    : { isValid: true, value: result.data }
}

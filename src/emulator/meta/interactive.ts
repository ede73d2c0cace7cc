// The `interactive` object of a message: one closed schema for each kind. Limits: Cloud API message pages; carousel: page
// of May 2026, whose cards are of type cta_url also when they carry quick replies.
import { z } from 'zod'
import { text, webAddress } from '../strict-fields.ts'
import { areDistinct, bareMedia, broken, headerDocument } from './parts.ts'

const body = z.strictObject({ text: text(1024) })
const footer = z.strictObject({ text: text(60) })
const textHeader = z.strictObject({ type: z.literal('text'), text: text(60) })
const imageHeader = z.strictObject({ type: z.literal('image'), image: bareMedia })
const videoHeader = z.strictObject({ type: z.literal('video'), video: bareMedia })
const header = z.discriminatedUnion('type', [
  textHeader,
  imageHeader,
  videoHeader,
  z.strictObject({ type: z.literal('document'), document: headerDocument }),
])

const replyButton = z.strictObject({
  type: z.literal('reply'),
  reply: z.strictObject({ id: text(256), title: text(20) }),
})

const button = z.strictObject({
  type: z.literal('button'),
  header: header.optional(),
  body,
  footer: footer.optional(),
  action: z.strictObject({
    buttons: z
      .array(replyButton)
      .min(1)
      .max(3)
      .refine((all) => areDistinct(all.map(({ reply }) => reply.id)), broken('131009', 'button ids must differ')),
  }),
})

const row = z.strictObject({ id: text(200), title: text(24), description: text(72).optional() })
const rowSection = z.strictObject({ title: text(24).optional(), rows: z.array(row).min(1).max(10) })
const titledWhenSeveral = broken('131009', 'every section needs a title when there are several')

const list = z.strictObject({
  type: z.literal('list'),
  header: textHeader.optional(),
  body,
  footer: footer.optional(),
  action: z.strictObject({
    button: text(20),
    sections: z
      .array(rowSection)
      .min(1)
      .max(10)
      .refine((all) => all.flatMap(({ rows }) => rows).length <= 10, broken('131009', 'at most 10 rows in all'))
      .refine(
        (all) => areDistinct(all.flatMap(({ rows }) => rows).map(({ id }) => id)),
        broken('131009', 'row ids must differ'),
      )
      .refine((all) => all.length === 1 || all.every(({ title }) => title !== undefined), titledWhenSeveral),
  }),
})

const linkAction = z.strictObject({
  name: z.literal('cta_url'),
  parameters: z.strictObject({ display_text: text(20), url: webAddress }),
})

const ctaUrl = z.strictObject({
  type: z.literal('cta_url'),
  header: header.optional(),
  body,
  footer: footer.optional(),
  action: linkAction,
})

const locationRequest = z.strictObject({
  type: z.literal('location_request_message'),
  body,
  action: z.strictObject({ name: z.literal('send_location') }),
})

const product = z.strictObject({
  type: z.literal('product'),
  body: body.optional(),
  footer: footer.optional(),
  action: z.strictObject({ catalog_id: text(64), product_retailer_id: text(100) }),
})

const productSection = z.strictObject({
  title: text(24).optional(),
  product_items: z
    .array(z.strictObject({ product_retailer_id: text(100) }))
    .min(1)
    .max(30),
})

const productList = z.strictObject({
  type: z.literal('product_list'),
  header: textHeader,
  body,
  footer: footer.optional(),
  action: z.strictObject({
    catalog_id: text(64),
    sections: z
      .array(productSection)
      .min(1)
      .max(10)
      .refine((all) => all.flatMap((part) => part.product_items).length <= 30, broken('131009', 'at most 30 products'))
      .refine((all) => all.length === 1 || all.every(({ title }) => title !== undefined), titledWhenSeveral),
  }),
})

const catalog = z.strictObject({
  type: z.literal('catalog_message'),
  body,
  footer: footer.optional(),
  action: z.strictObject({
    name: z.literal('catalog_message'),
    parameters: z.strictObject({ thumbnail_product_retailer_id: text(100) }).optional(),
  }),
})

const flow = z.strictObject({
  type: z.literal('flow'),
  header: header.optional(),
  body,
  footer: footer.optional(),
  action: z.strictObject({
    name: z.literal('flow'),
    parameters: z
      .strictObject({
        flow_message_version: z.literal('3'),
        flow_id: text(64).optional(),
        flow_name: text(200).optional(),
        flow_cta: text(30),
        flow_token: text(2000).optional(),
        mode: z.enum(['draft', 'published']).optional(),
        flow_action: z.enum(['navigate', 'data_exchange']).optional(),
        flow_action_payload: z.record(z.string(), z.unknown()).optional(),
      })
      .refine((flow) => (flow.flow_id === undefined) !== (flow.flow_name === undefined), {
        ...broken('100', 'needs exactly one of flow_id and flow_name'),
      }),
  }),
})

const quickReplies = z.strictObject({
  buttons: z
    .array(
      z.strictObject({
        type: z.literal('quick_reply'),
        quick_reply: z.strictObject({ id: text(256), title: text(20) }),
      }),
    )
    .min(1)
    .max(3),
})

const card = z.strictObject({
  card_index: z.int().min(0).max(9),
  type: z.literal('cta_url'),
  header: z.discriminatedUnion('type', [imageHeader, videoHeader]),
  body: z
    .strictObject({ text: text(160) })
    .refine((part) => part.text.split('\n').length <= 3, broken('131009', 'at most two line breaks'))
    .optional(),
  action: z.union([linkAction, quickReplies]),
})

const carousel = z.strictObject({
  type: z.literal('carousel'),
  body,
  action: z.strictObject({
    cards: z
      .array(card)
      .min(2)
      .max(10)
      .refine((cards) => areDistinct(cards.map((one) => one.card_index)), broken('131009', 'card_index must differ'))
      .refine(
        (cards) =>
          new Set(cards.map(({ action }) => ('buttons' in action ? action.buttons.length : 'link'))).size === 1,
        broken('131009', 'buttons must be of one type and number on all cards'),
      ),
  }),
})

export const interactive = z.discriminatedUnion('type', [
  button,
  list,
  ctaUrl,
  locationRequest,
  product,
  productList,
  catalog,
  flow,
  carousel,
])

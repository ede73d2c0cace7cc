// The kinds of `body` that a WhatsApp channel of Bird takes, each a closed schema, with the limits that WhatsApp sets.
import { z } from 'zod'
import { text, webAddress } from '../strict-fields.ts'

const rowMetadata = z.strictObject({ description: z.strictObject({ label: text(72) }) }).optional()

const replyAction = z.strictObject({
  type: z.literal('reply'),
  reply: z.strictObject({ text: z.string().min(1), imageUrl: webAddress.optional(), metadata: rowMetadata }),
})
const postbackAction = z.strictObject({
  type: z.literal('postback'),
  postback: z.strictObject({
    text: z.string().min(1),
    payload: text(256).optional(),
    imageUrl: webAddress.optional(),
    metadata: rowMetadata,
  }),
})
const locationRequestAction = z.strictObject({
  type: z.literal('locationRequest'),
  locationRequest: z.strictObject({ text: z.string().optional() }).optional(),
})
const linkAction = z.strictObject({
  type: z.literal('link'),
  link: z.strictObject({ text: text(20), url: z.union([webAddress, z.string().regex(/^\{\{[^{}]+\}\}$/)]) }),
})

const pressable = z.discriminatedUnion('type', [replyAction, postbackAction])

function labelOf(action: z.output<typeof pressable>): string {
  return action.type === 'reply' ? action.reply.text : action.postback.text
}

const buttons = z
  .array(pressable)
  .min(1)
  .max(3)
  .refine(
    (actions) => actions.every((action) => [...labelOf(action)].length <= 20),
    'a button has at most 20 characters',
  )
  .refine((actions) => new Set(actions.map(labelOf)).size === actions.length, 'buttons must differ')

const textBody = z.strictObject({
  type: z.literal('text'),
  text: z.strictObject({
    text: text(4096),
    actions: z.union([buttons, z.tuple([locationRequestAction])]).optional(),
    metadata: z
      .strictObject({ whatsapp: z.strictObject({ previewUrl: z.boolean().optional() }).optional() })
      .optional(),
  }),
})

const imageBody = z.strictObject({
  type: z.literal('image'),
  image: z.strictObject({
    text: text(1024).optional(),
    images: z.array(z.strictObject({ mediaUrl: webAddress, altText: z.string().optional() })).min(1),
    actions: buttons.optional(),
  }),
})

const fileBody = z.strictObject({
  type: z.literal('file'),
  file: z.strictObject({
    text: text(1024).optional(),
    files: z
      .array(
        z.strictObject({
          mediaUrl: webAddress,
          contentType: z.string().regex(/^(?:audio|video|application|text|image)\/[\w.+-]+$/),
          filename: text(240).optional(),
          altText: z.string().optional(),
        }),
      )
      .min(1),
    actions: buttons.optional(),
  }),
})

const locationBody = z.strictObject({
  type: z.literal('location'),
  location: z.strictObject({
    coordinates: z.strictObject({ latitude: z.number().min(-90).max(90), longitude: z.number().min(-180).max(180) }),
    location: z.strictObject({ label: z.string().optional(), address: z.string().optional() }).optional(),
  }),
})

const row = pressable.refine((action) => [...labelOf(action)].length <= 24, 'a row has at most 24 characters')

const listBody = z.strictObject({
  type: z.literal('list'),
  list: z.strictObject({
    title: text(60).optional(),
    text: text(1024),
    altText: z.string().optional(),
    items: z
      .array(z.strictObject({ title: text(24).optional(), actions: z.array(row).min(1).max(10) }))
      .min(1)
      .max(10)
      .refine((items) => items.reduce((sum, { actions }) => sum + actions.length, 0) <= 10, 'at most ten rows in all')
      .refine((items) => items.length === 1 || items.every(({ title }) => title !== undefined), 'sections need titles'),
    metadata: z.strictObject({ button: z.strictObject({ label: text(20) }) }).optional(),
  }),
})

const carouselBody = z.strictObject({
  type: z.literal('carousel'),
  carousel: z.strictObject({
    text: text(1024),
    items: z
      .array(
        z.strictObject({
          title: text(160),
          mediaUrl: webAddress,
          description: z.string().optional(),
          altText: z.string().optional(),
          actions: z.tuple([linkAction]),
        }),
      )
      .min(2)
      .max(10),
  }),
})

export const body = z.discriminatedUnion('type', [textBody, imageBody, fileBody, locationBody, listBody, carouselBody])

// What Bird's Channels API v1 publishes as the body of a message (CreateMessage, OpenAPI 3.0.3), restated: objects that it
// closes are closed here, so that a wrong name or place of a field is found. It knows neither the driver nor the emulator.
import { z } from 'zod'

const uri = z.url()
const description = z.object({ description: z.strictObject({ label: z.string().max(72).optional() }).optional() })

const actions = z.array(
  z.discriminatedUnion('type', [
    z.strictObject({ type: z.literal('link'), link: z.strictObject({ text: z.string(), url: uri }) }),
    z.strictObject({
      type: z.literal('reply'),
      reply: z.strictObject({ text: z.string(), imageUrl: z.string().optional(), metadata: description.optional() }),
    }),
    z.strictObject({
      type: z.literal('locationRequest'),
      locationRequest: z.strictObject({ text: z.string().optional() }).optional(),
    }),
    z.strictObject({
      type: z.literal('buy'),
      buy: z.strictObject({ text: z.string(), amountCents: z.int(), currency: z.string().length(3) }),
    }),
    z.strictObject({
      type: z.literal('postback'),
      postback: z.strictObject({
        text: z.string(),
        payload: z.string().optional(),
        imageUrl: z.string().optional(),
        metadata: description.optional(),
      }),
    }),
  ]),
)

const items = z.array(
  z.strictObject({
    title: z.string().optional(),
    mediaUrl: uri.nullish(),
    description: z.string().optional(),
    altText: z.string().optional(),
    actions: actions.optional(),
  }),
)

const whatsapp = z.strictObject({ previewUrl: z.boolean().optional() })

export const messageBody = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('text'),
    text: z.strictObject({
      text: z.string().min(1),
      actions: actions.optional(),
      metadata: z.strictObject({ subject: z.string().optional(), whatsapp: whatsapp.optional() }).optional(),
    }),
  }),
  z.strictObject({
    type: z.literal('image'),
    image: z.strictObject({
      text: z.string().optional(),
      images: z.array(z.strictObject({ mediaUrl: uri, altText: z.string().optional() })).min(1),
      metadata: z.object({}).optional(),
      actions: actions.optional(),
    }),
  }),
  z.strictObject({
    type: z.literal('file'),
    file: z.strictObject({
      text: z.string().optional(),
      files: z
        .array(
          z.strictObject({
            mediaUrl: uri,
            contentType: z.string().min(1),
            filename: z.string().optional(),
            altText: z.string().optional(),
            metadata: z.object({ isAnimated: z.boolean().optional() }).optional(),
          }),
        )
        .min(1),
      metadata: z.object({}).optional(),
      actions: actions.optional(),
    }),
  }),
  z.strictObject({
    type: z.literal('location'),
    location: z.strictObject({
      coordinates: z.strictObject({
        latitude: z.number().min(-90).max(90),
        longitude: z.number().min(-180).max(180),
      }),
      location: z.strictObject({ address: z.string().optional(), label: z.string().optional() }).optional(),
    }),
  }),
  z.strictObject({
    type: z.literal('carousel'),
    carousel: z.strictObject({ text: z.string().max(1024).optional(), items }),
  }),
  z.strictObject({
    type: z.literal('list'),
    list: z.strictObject({
      title: z.string().optional(),
      text: z.string(),
      altText: z.string().optional(),
      items: items.optional(),
      actions: actions.optional(),
      metadata: z.strictObject({ button: z.strictObject({ label: z.string().max(20).optional() }) }).optional(),
    }),
  }),
])

const parameter = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('string'), key: z.string().min(1), value: z.string().optional() }),
  z.strictObject({ type: z.literal('number'), key: z.string().min(1), value: z.number().optional() }),
  z.strictObject({ type: z.literal('boolean'), key: z.string().min(1), value: z.boolean().optional() }),
])

const template = z.strictObject({
  name: z.string().optional(),
  projectId: z.string().optional(),
  version: z.string().optional(),
  locale: z
    .string()
    .regex(/^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$/)
    .optional(),
  attachments: z
    .array(z.strictObject({ mediaUrl: uri, filename: z.string(), inline: z.boolean().optional() }))
    .nullish(),
  shortLinks: z.object({ enabled: z.boolean().optional(), domain: z.string().optional() }).nullish(),
  variables: z.record(z.string(), z.string()).nullish(),
  utmParameters: z
    .array(
      z.union([
        z.strictObject({ key: z.string().min(1).max(20), value: z.string().min(1).max(100) }),
        z.strictObject({ key: z.string().min(1).max(20), reference: z.enum(['platform_name', 'channel_name']) }),
      ]),
    )
    .min(1)
    .max(8)
    .nullish(),
  parameters: z.array(parameter).min(1).nullish(),
  settings: z.object({ disallowMmLite: z.boolean().nullish() }).nullish(),
})

const receiver = z.strictObject({
  contacts: z
    .array(
      z.strictObject({
        id: z.string().optional(),
        identifierKey: z.string().optional(),
        identifierValue: z.string().optional(),
        type: z.enum(['cc', 'bcc', 'to']).optional(),
        identifiers: z.array(z.strictObject({ identifierKey: z.string(), identifierValue: z.string() })).optional(),
        platformAddress: z.string().optional(),
        platformAddressSelector: z.string().nullish(),
      }),
    )
    .min(1),
})

const named = z.strictObject({ id: z.guid().nullish(), name: z.string().nullish() })

export const createMessage = z
  .strictObject({
    receiver,
    reference: z.string().optional(),
    template: template.optional(),
    meta: z
      .strictObject({ extraInformation: z.record(z.string(), z.unknown()).optional(), campaign: named.optional() })
      .optional(),
    replyTo: z
      .strictObject({ id: z.string(), order: z.int().optional(), type: z.enum(['message', 'click', 'referrals']) })
      .optional(),
    body: messageBody.optional(),
    notification: z.object({ url: z.string().optional() }).optional(),
    capFrequency: z.boolean().optional(),
    enableLinkTracking: z.boolean().optional(),
    ignoreQuietHours: z.boolean().optional(),
    ignoreGlobalHoldout: z.boolean().optional(),
    tags: z
      .array(
        z
          .string()
          .min(1)
          .max(50)
          .regex(/^[a-zA-Z0-9-_ ]+$/),
      )
      .max(10)
      .optional(),
    shortLinks: z.strictObject({ domain: z.string().max(128) }).nullish(),
    scheduledFor: z.iso.datetime({ offset: true }).optional(),
    validity: z.int().min(0).optional(),
  })
  // The page in words: body in all cases except for a template, then only the template.
  .refine(({ body, template }) => (body === undefined) !== (template === undefined), 'needs either body or template')

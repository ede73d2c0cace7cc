// What Routee takes: closed objects with the limits of its page, exactly one kind of message in each.
import { z } from 'zod'
import { text, webAddress } from '../strict-fields.ts'

const phone = /^(?:\+|00)?[1-9]\d{6,14}$/
const group = /^(?=.*[^\d])[A-Za-z0-9][\w.:@-]{3,127}$/

const parameter = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('text'), text: text(2000).regex(/^[^\n\t]*$/) }),
  z.strictObject({ type: z.literal('payload'), payload: text(128) }),
  z.strictObject({
    type: z.literal('media'),
    media: z.strictObject({
      type: z.enum(['image', 'video', 'document']),
      url: webAddress,
      filename: text(512).optional(),
    }),
  }),
  z.strictObject({
    type: z.literal('location'),
    location: z.strictObject({ longitude: z.number().min(-180).max(180), latitude: z.number().min(-180).max(180) }),
  }),
])

const component = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('header'), parameters: z.array(parameter).length(1) }),
  z.strictObject({ type: z.literal('body'), parameters: z.array(parameter).min(1) }),
  z.strictObject({
    type: z.literal('button'),
    subType: z.enum(['quick_reply', 'url']),
    index: z.int().min(0).max(9),
    parameters: z.array(parameter).length(1),
  }),
])
type Component = z.output<typeof component>

const template = z
  .strictObject({
    templateId: z.string().regex(/^[a-z][a-z_0-9]{0,511}$/),
    language: z.strictObject({ policy: z.enum(['deterministic', 'fallback']), code: text(20) }),
    components: z.array(component).min(1).optional(),
  })
  .refine(({ components = [] }) => hasFewEnough(components), 'has too many components of one type')

function hasFewEnough(components: Component[]): boolean {
  const count = (isOne: (one: Component) => boolean) => components.filter(isOne).length
  return (
    count(({ type }) => type === 'header') <= 1 &&
    count(({ type }) => type === 'body') <= 1 &&
    count((one) => one.type === 'button' && one.subType === 'quick_reply') <= 3 &&
    count((one) => one.type === 'button' && one.subType === 'url') <= 1
  )
}

const campaign = z
  .strictObject({
    from: z.string().regex(/^\+?\d{5,20}$/),
    to: z.string().refine((to) => phone.test(to) || group.test(to), 'is neither a number nor a group id'),
    text: text(4069).optional(),
    imageURL: webAddress.optional(),
    videoURL: webAddress.optional(),
    documentURL: webAddress.optional(),
    filename: text(512).optional(),
    caption: text(512).optional(),
    audioURL: webAddress.optional(),
    stickerURL: webAddress.optional(),
    longitude: z.number().min(-180).max(180).optional(),
    latitude: z.number().min(-180).max(180).optional(),
    locationName: text(256).optional(),
    locationAddress: text(256).optional(),
    template: template.optional(),
  })
  .superRefine((message, ctx) => {
    for (const problem of wholeProblems(message)) ctx.addIssue({ code: 'custom', message: problem })
  })
export type CampaignRequest = z.output<typeof campaign>

const kinds = ['imageURL', 'videoURL', 'documentURL', 'audioURL', 'stickerURL', 'latitude', 'template'] as const

function wholeProblems(message: Partial<Record<keyof CampaignRequest, unknown>>): string[] {
  const given = kinds.filter((kind) => message[kind] !== undefined)
  const problems: string[] = []
  if (given.length > 1) problems.push(`${given.join(' and ')} cannot stand together`)
  if ((message.latitude === undefined) !== (message.longitude === undefined))
    problems.push('latitude and longitude belong together')
  const takesCaption = given.some((kind) => kind === 'imageURL' || kind === 'videoURL' || kind === 'documentURL')
  if (message.caption !== undefined && !takesCaption) problems.push('caption belongs to an image, video or document')
  if (message.filename !== undefined && message.documentURL === undefined)
    problems.push('filename belongs to a document')
  const isPlace = message.latitude !== undefined
  if (!isPlace && (message.locationName !== undefined || message.locationAddress !== undefined))
    problems.push('locationName and locationAddress belong to a location')
  return problems
}

const button = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('QUICK_REPLY'), text: text(20) }),
  z.strictObject({ type: z.literal('PHONE_NUMBER'), text: text(20), phoneNumber: text(20) }),
  z.strictObject({
    type: z.literal('URL'),
    text: text(20),
    url: text(2000),
    example: z.strictObject({ url: text(2000) }).optional(),
  }),
])

const definition = z.strictObject({
  templateName: z
    .string()
    .regex(/^[a-z][a-z_0-9]+$/)
    .max(512),
  templateCategory: text(64),
  localizations: z
    .array(
      z.strictObject({
        language: text(20),
        components: z
          .array(
            z.strictObject({
              componentType: z.enum(['HEADER', 'BODY', 'FOOTER', 'BUTTONS']),
              text: text(1024).optional(),
              format: z.enum(['TEXT', 'IMAGE', 'DOCUMENT', 'VIDEO']).optional(),
              buttons: z.array(button).min(1).max(3).optional(),
            }),
          )
          .min(1),
      }),
    )
    .min(1),
})
export type TemplateDefinition = z.output<typeof definition>

const webhooks = z.strictObject({
  webhooks: z.array(z.strictObject({ events: z.array(text(64)), callbackUrl: z.url({ protocol: /^https?$/ }) })).min(1),
})

export type Reading<T> = { isValid: true; value: T } | { isValid: false; problem: string }

function read<T>(schema: z.ZodType<T>, body: unknown): Reading<T> {
  const result = schema.safeParse(body)
  if (result.success) return { isValid: true, value: result.data }
  const [issue] = result.error.issues
  return { isValid: false, problem: `${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`.trim() }
}

export const readCampaign = (body: unknown) => read(campaign, body)
export const readDefinition = (body: unknown) => read(definition, body)
export const readWebhooks = (body: unknown) => read(webhooks, body)

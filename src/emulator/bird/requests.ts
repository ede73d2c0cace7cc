// What the calls take: closed schemas, because Bird refuses keys that it does not know, and the rules that its pages say
// in words.
import { z } from 'zod'
import { uuid } from '../strict-fields.ts'
import { body } from './bodies.ts'
import type { Problems } from './errors.ts'

const DAY_MS = 86_400_000
const HORIZON_DAYS = 35

const identifier = z.strictObject({ identifierKey: z.string().min(1), identifierValue: z.string().min(1) })

const contact = z
  .strictObject({
    id: z.string().optional(),
    identifierKey: z.string().min(1).optional(),
    identifierValue: z
      .string()
      .regex(/^\+[1-9]\d{6,14}$/, 'is no phone number in E.164 with +')
      .optional(),
    type: z.enum(['to', 'cc', 'bcc']).optional(),
    identifiers: z.array(identifier).optional(),
    platformAddress: z.string().optional(),
    platformAddressSelector: z.string().optional(),
  })
  .refine((one) => one.id !== undefined || one.identifierValue !== undefined, 'names nobody')

const parameter = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('string'), key: z.string().min(1), value: z.string().optional() }),
  z.strictObject({ type: z.literal('number'), key: z.string().min(1), value: z.number().optional() }),
  z.strictObject({ type: z.literal('boolean'), key: z.string().min(1), value: z.boolean().optional() }),
])

const template = z.strictObject({
  projectId: uuid,
  version: z.union([z.literal('latest'), uuid]),
  locale: z.string().regex(/^[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*$/, 'is no language in BCP 47'),
  parameters: z.array(parameter).min(1).optional(),
  settings: z.strictObject({ disallowMmLite: z.boolean().optional() }).optional(),
})

const reference = z.strictObject({ id: z.string().optional(), name: z.string().optional() })

const createMessage = z
  .strictObject({
    receiver: z.strictObject({ contacts: z.array(contact).length(1, 'WhatsApp takes one receiver for each message') }),
    body: body.optional(),
    template: template.optional(),
    replyTo: z
      .strictObject({
        id: uuid,
        type: z.enum(['message', 'click', 'referrals']),
        order: z.int().optional(),
      })
      .optional(),
    reference: z.string().min(1).optional(),
    tags: z
      .array(z.string().regex(/^[a-zA-Z0-9-_ ]{1,50}$/))
      .min(1)
      .max(10)
      .refine((tags) => new Set(tags.map((tag) => tag.toLowerCase())).size === tags.length, 'has a tag twice')
      .optional(),
    scheduledFor: z.iso.datetime({ offset: true }).optional(),
    validity: z.int().min(0).optional(),
    capFrequency: z.boolean().optional(),
    ignoreQuietHours: z.boolean().optional(),
    ignoreGlobalHoldout: z.boolean().optional(),
    enableLinkTracking: z.boolean().optional(),
    meta: z
      .strictObject({
        extraInformation: z.record(z.string(), z.unknown()).optional(),
        campaign: reference.optional(),
      })
      .optional(),
    notification: z.strictObject({ url: z.url() }).optional(),
  })
  .superRefine((message, ctx) => {
    const issue = (path: string, text: string) => ctx.addIssue({ code: 'custom', path: [path], message: text })
    if ((message.body === undefined) === (message.template === undefined)) issue('body', 'set either body or template')
    if (message.capFrequency === true && message.meta?.extraInformation?.useCase !== 'marketing')
      issue('capFrequency', 'can only be set where meta.extraInformation.useCase is marketing')
  })
export type CreateMessage = z.output<typeof createMessage>

export const search = z.strictObject({
  identifier: z.strictObject({ key: z.string().min(1), value: z.string().min(1) }),
})
export const presign = z.strictObject({ contentType: z.string().regex(/^[\w.+-]+\/[\w.+-]+$/) })
export const subscription = z.strictObject({
  service: z.literal('channels'),
  event: z.enum(['whatsapp.outbound', 'whatsapp.inbound', 'whatsapp.interaction', 'channel.created']),
  url: z.url({ protocol: /^https?$/ }),
  signingKey: z.string().min(1).optional(),
  eventFilters: z.array(z.strictObject({ key: z.string().min(1), value: z.string().min(1) })),
})
export const project = z.strictObject({
  name: z.string().min(1).optional(),
  description: z.string().optional(),
  type: z.literal('channelTemplate'),
})

export type Reading<T> = { isValid: true; value: T } | { isValid: false; problems: Problems }

export function readMessage(value: unknown, now: number): Reading<CreateMessage> {
  const reading = readWith(createMessage, value)
  if (!reading.isValid) return reading
  const { scheduledFor } = reading.value
  const isTooFar = scheduledFor !== undefined && Date.parse(scheduledFor) > now + HORIZON_DAYS * DAY_MS
  return isTooFar ? { isValid: false, problems: { scheduledFor: [`is more than ${HORIZON_DAYS} days away`] } } : reading
}

/** Throws nothing: problems by the path of the field. */
export function readWith<Schema extends z.ZodType>(schema: Schema, value: unknown): Reading<z.output<Schema>> {
  const result = schema.safeParse(value)
  if (result.success) return { isValid: true, value: result.data }
  const problems: Problems = {}
  for (const issue of result.error.issues.flatMap(nearest)) {
    const field = issue.path.join('.') || 'body'
    problems[field] = [...(problems[field] ?? []), issue.message]
  }
  return { isValid: false, problems }
}

/** Of a union without discriminator, the alternative that comes nearest. */
function nearest(issue: z.core.$ZodIssue): z.core.$ZodIssue[] {
  if (issue.code !== 'invalid_union' || issue.errors.length === 0) return [issue]
  const [closest = []] = [...issue.errors].sort((a, b) => a.length - b.length)
  return closest.map((inner) => ({ ...inner, path: [...issue.path, ...inner.path] })).flatMap(nearest)
}

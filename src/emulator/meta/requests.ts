// The body of POST /{phone_number_id}/messages: one closed schema for each kind of message, and what Meta answers when a
// body does not fit.
import { z } from 'zod'
import { emojiOrNothing, text, webAddress } from '../strict-fields.ts'
import type { MetaError } from './errors.ts'
import { interactive } from './interactive.ts'
import { bareMedia, broken, captionedMedia, documentMedia, place } from './parts.ts'
import { template } from './template-request.ts'

const common = {
  messaging_product: z.literal('whatsapp'),
  recipient_type: z.enum(['individual', 'group']).default('individual'),
  to: z.string().min(1).optional(),
  /** Business-scoped user id instead of a phone. */
  recipient: z
    .string()
    .regex(/^[A-Z]{2}\.(?:ENT\.)?[A-Za-z0-9]{1,128}$/)
    .optional(),
  context: z.strictObject({ message_id: text(512) }).optional(),
  biz_opaque_callback_data: z.string().max(512).optional(),
  recipient_identity_key_hash: text(256).optional(),
}

const kindOfPlace = text(40).optional()
const line = text(256).optional()

const contactCard = z.strictObject({
  name: z.strictObject({
    formatted_name: text(256),
    first_name: line,
    last_name: line,
    middle_name: line,
    prefix: line,
    suffix: line,
  }),
  phones: z
    .array(z.strictObject({ phone: text(40), type: kindOfPlace, wa_id: z.string().regex(/^\d+$/).optional() }))
    .optional(),
  emails: z.array(z.strictObject({ email: text(320), type: kindOfPlace })).optional(),
  org: z.strictObject({ company: line, department: line, title: line }).optional(),
  urls: z.array(z.strictObject({ url: webAddress, type: kindOfPlace })).optional(),
  addresses: z
    .array(
      z.strictObject({
        street: line,
        city: line,
        state: line,
        zip: line,
        country: line,
        country_code: line,
        type: kindOfPlace,
      }),
    )
    .optional(),
  birthday: z.iso.date().optional(),
})

function kind<Name extends string, Part extends z.ZodType>(name: Name, part: Part) {
  return z.strictObject({ ...common, type: z.literal(name), ...({ [name]: part } as Record<Name, Part>) })
}

const message = z.discriminatedUnion('type', [
  kind('text', z.strictObject({ body: text(4096), preview_url: z.boolean().optional() })),
  kind('image', captionedMedia),
  kind('video', captionedMedia),
  kind('audio', bareMedia),
  kind('sticker', bareMedia),
  kind('document', documentMedia),
  kind('location', place),
  kind('contacts', z.array(contactCard).min(1).max(5)),
  // An empty emoji takes the reaction back.
  kind('reaction', z.strictObject({ message_id: text(512), emoji: emojiOrNothing })),
  kind('interactive', interactive),
  kind('template', template),
])

const addressed = message.superRefine(({ recipient_type, to, recipient, context, type }, ctx) => {
  const issue = (path: string, { message: text, params }: ReturnType<typeof broken>) =>
    ctx.addIssue({ code: 'custom', path: [path], message: text, params })
  if (to === undefined && recipient === undefined) issue('to', broken('131008', 'one of to and recipient is required'))
  const isPhone = to !== undefined && /^\+?[1-9]\d{6,14}$/.test(to)
  if (to !== undefined && recipient_type === 'individual' && !isPhone)
    issue('to', broken('131009', 'is no phone number with country code'))
  if (context !== undefined && type === 'reaction') issue('context', broken('100', 'a reaction quotes nothing'))
})

/** The Marketing Messages API takes the same body for templates, with two keys more. */
const marketingKeys = z.object({
  type: z.literal('template'),
  product_policy: z.enum(['CLOUD_API_FALLBACK', 'STRICT']).optional(),
  message_activity_sharing: z.boolean().optional(),
})

export type MessageRequest = z.output<typeof message>

const markRead = z.strictObject({
  messaging_product: z.literal('whatsapp'),
  status: z.literal('read'),
  message_id: text(512),
  typing_indicator: z.strictObject({ type: z.literal('text') }).optional(),
})

export type Reading<T> = { isValid: true; value: T } | { isValid: false; error: MetaError }

export function readMessage(body: unknown): Reading<MessageRequest> {
  return readWith(addressed, body)
}

export function readMarketingMessage(body: unknown): Reading<MessageRequest> {
  const keys = readWith(marketingKeys, body)
  if (!keys.isValid) return keys
  const { product_policy: _, message_activity_sharing: __, ...rest } = body as Record<string, unknown>
  return readMessage(rest)
}

export function readMarkRead(body: unknown): Reading<z.output<typeof markRead>> {
  return readWith(markRead, body)
}

/** Throws nothing: what does not fit becomes the error that Meta answers. */
export function readWith<Schema extends z.ZodType>(schema: Schema, body: unknown): Reading<z.output<Schema>> {
  const result = schema.safeParse(body)
  if (result.success) return { isValid: true, value: result.data }
  return { isValid: false, error: errorOf(result.error.issues, body) }
}

/** Missing keys are told before unknown ones, and both before wrong values. */
function errorOf(issues: readonly z.core.$ZodIssue[], body: unknown): MetaError {
  const errors = issues.flatMap(flattened).map((issue) => readIssue(issue, body))
  const [first] = [...errors].sort((a, b) => urgency(a.code) - urgency(b.code))
  return first ?? { code: '100', details: 'Invalid parameter' }
}

function urgency(code: string): number {
  return code === '131008' ? 0 : code === '100' ? 1 : 2
}

/** Of a union without discriminator, the alternative that comes nearest. */
function flattened(issue: z.core.$ZodIssue): z.core.$ZodIssue[] {
  if (issue.code !== 'invalid_union' || issue.errors.length === 0) return [issue]
  const [nearest] = [...issue.errors].sort((a, b) => a.length - b.length)
  return (nearest ?? []).map((inner) => ({ ...inner, path: [...issue.path, ...inner.path] })).flatMap(flattened)
}

function readIssue(issue: z.core.$ZodIssue, body: unknown): MetaError {
  const name = parameterName(issue.path)
  switch (issue.code) {
    case 'unrecognized_keys':
      return unexpectedKey(String(issue.keys[0]), name)
    case 'invalid_type':
      if (valueAt(body, issue.path) === undefined) return { code: '131008', details: `Parameter ${name} is required` }
      return { code: '100', details: `Param ${name} must be a ${issue.expected}` }
    case 'invalid_value':
    case 'invalid_union':
      if (valueAt(body, issue.path) === undefined) return { code: '131008', details: `Parameter ${name} is required` }
      return { code: '100', details: `Param ${name} has a value that is not allowed` }
    case 'custom': {
      const { code = '131009' } = (issue.params ?? {}) as { code?: string }
      return { code, details: `Param ${name}: ${issue.message}` }
    }
    default:
      return { code: '131009', details: `Param ${name}: ${issue.message}` }
  }
}

function unexpectedKey(key: string, name: string): MetaError {
  const where = name === '' ? '' : ` on param "${name}"`
  const details = `Unexpected key "${key}"${where}.`
  return { code: '100', details, message: `(#100) ${details}` }
}

/** As Meta writes it: interactive['action']['buttons'][0]. */
function parameterName([first, ...rest]: PropertyKey[]): string {
  if (first === undefined) return ''
  return String(first) + rest.map((key) => (typeof key === 'number' ? `[${key}]` : `['${String(key)}']`)).join('')
}

function valueAt(body: unknown, path: PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) =>
      typeof value === 'object' && value !== null ? (value as Record<PropertyKey, unknown>)[key] : undefined,
    body,
  )
}

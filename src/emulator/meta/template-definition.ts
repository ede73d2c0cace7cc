// The body of POST /{waba_id}/message_templates, and what a definition says about the values that a message must bring.
import { z } from 'zod'
import { text } from '../strict-fields.ts'
import { type KnownTemplate, templateCategories } from './options.ts'
import { broken } from './parts.ts'

const headerExample = z.strictObject({
  header_text: z.array(text(60)).length(1).optional(),
  header_text_named_params: z.array(z.strictObject({ param_name: text(64), example: text(60) })).optional(),
  header_handle: z.array(text(2000)).length(1).optional(),
})

const header = z
  .strictObject({
    type: z.literal('HEADER'),
    format: z.enum(['TEXT', 'IMAGE', 'VIDEO', 'DOCUMENT', 'LOCATION']),
    text: text(60).optional(),
    example: headerExample.optional(),
  })
  .refine(({ format, text: given }) => (format === 'TEXT') === (given !== undefined), {
    ...broken('100', 'text belongs to the format TEXT'),
  })
  .refine(
    ({ format, example }) => !['IMAGE', 'VIDEO', 'DOCUMENT'].includes(format) || example?.header_handle !== undefined,
    broken('100', 'a media header needs example.header_handle'),
  )

const bodyPart = z.strictObject({
  type: z.literal('BODY'),
  text: text(1024).optional(),
  add_security_recommendation: z.boolean().optional(),
  example: z
    .strictObject({
      body_text: z
        .array(z.array(text(1024)))
        .length(1)
        .optional(),
      body_text_named_params: z.array(z.strictObject({ param_name: text(64), example: text(1024) })).optional(),
    })
    .optional(),
})

const footer = z.strictObject({
  type: z.literal('FOOTER'),
  text: text(60).optional(),
  code_expiration_minutes: z.int().min(1).max(90).optional(),
})

const button = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('QUICK_REPLY'), text: text(25) }),
  z.strictObject({
    type: z.literal('URL'),
    text: text(25),
    url: z.url({ protocol: /^https?$/ }),
    example: z.array(text(2000)).length(1).optional(),
  }),
  z.strictObject({ type: z.literal('PHONE_NUMBER'), text: text(25), phone_number: z.string().regex(/^\+?\d{7,20}$/) }),
  z.strictObject({ type: z.literal('COPY_CODE'), example: z.union([text(15), z.array(text(15)).length(1)]) }),
  z.strictObject({
    type: z.literal('OTP'),
    otp_type: z.enum(['COPY_CODE', 'ONE_TAP', 'ZERO_TAP']),
    text: text(25).optional(),
  }),
])
const buttons = z.strictObject({ type: z.literal('BUTTONS'), buttons: z.array(button).min(1).max(10) })

const cardComponent = z.discriminatedUnion('type', [header, bodyPart, buttons])
const carousel = z.strictObject({
  type: z.literal('CAROUSEL'),
  cards: z
    .array(z.strictObject({ components: z.array(cardComponent).min(1) }))
    .min(2)
    .max(10),
})
const limitedTimeOffer = z.strictObject({
  type: z.literal('LIMITED_TIME_OFFER'),
  limited_time_offer: z.strictObject({ text: text(16), has_expiration: z.boolean().optional() }),
})

export const templateDefinition = z
  .strictObject({
    name: z.string().regex(/^[a-z0-9_]{1,512}$/),
    language: text(20),
    category: z.enum(templateCategories),
    parameter_format: z.enum(['POSITIONAL', 'NAMED']).default('POSITIONAL'),
    message_send_ttl_seconds: z.int().optional(),
    allow_category_change: z.boolean().optional(),
    components: z
      .array(z.discriminatedUnion('type', [header, bodyPart, footer, buttons, carousel, limitedTimeOffer]))
      .min(1),
  })
  .superRefine((definition, ctx) => {
    const problem = exampleProblem(definition) ?? validityProblem(definition)
    if (problem !== undefined) ctx.addIssue({ code: 'custom', path: ['components'], ...broken('100', problem) })
  })
export type TemplateDefinition = z.output<typeof templateDefinition>

/** Meta reviews a template by its examples: as many as there are placeholders. */
function exampleProblem({ components, parameter_format }: TemplateDefinition): string | undefined {
  const body = components.find((part) => part.type === 'BODY')
  if (body === undefined) return 'a BODY component is required'
  const names = placeholdersOf(body.text ?? '')
  const isPositional = names.every((name, index) => name === String(index + 1))
  if (parameter_format === 'POSITIONAL' && !isPositional) return 'placeholders must be {{1}}, {{2}} … in order'
  if (parameter_format === 'NAMED' && !names.every((name) => /^[a-z][a-z0-9_]*$/.test(name)))
    return 'placeholders must be names of lower case letters'
  const examples = parameter_format === 'NAMED' ? body.example?.body_text_named_params : body.example?.body_text?.[0]
  return (examples?.length ?? 0) === names.length ? undefined : 'the body needs an example for each placeholder'
}

const ttlSeconds = { AUTHENTICATION: [30, 900], UTILITY: [30, 43_200], MARKETING: [43_200, 2_592_000] } as const

function validityProblem({ category, message_send_ttl_seconds: ttl }: TemplateDefinition): string | undefined {
  const [min, max] = ttlSeconds[category]
  if (ttl === undefined || (ttl === -1 && category !== 'MARKETING') || (ttl >= min && ttl <= max)) return undefined
  return `message_send_ttl_seconds must be from ${min} to ${max} for ${category}`
}

/** Each name once, in the order of the text. */
function placeholdersOf(textWithPlaceholders: string): string[] {
  return [...new Set([...textWithPlaceholders.matchAll(/\{\{\s*([^{}\s]+)\s*\}\}/g)].map(([, name = '']) => name))]
}

/** What a message must bring for a template that was created by a call. */
export function knownTemplateOf(definition: TemplateDefinition): KnownTemplate {
  const { name, language, category, components, parameter_format } = definition
  const headerPart = components.find((part) => part.type === 'HEADER')
  const names = placeholdersOf(components.find((part) => part.type === 'BODY')?.text ?? '')
  const buttonPart = components.find((part) => part.type === 'BUTTONS')
  return {
    name,
    language,
    category,
    bodyParameters: parameter_format === 'NAMED' ? names : names.length,
    header: headerPart?.format ?? 'NONE',
    headerParameters: placeholdersOf(headerPart?.text ?? '').length === 0 ? 0 : 1,
    buttonParameters: (buttonPart?.buttons ?? []).filter(needsValue).length,
  }
}

function needsValue(one: z.output<typeof button>): boolean {
  return one.type === 'COPY_CODE' || one.type === 'OTP' || (one.type === 'URL' && one.url.includes('{{'))
}

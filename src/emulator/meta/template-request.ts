// The `template` object of a message: closed schemas for every component. Whether the template exists and how many
// values it takes is asked of templates.ts.
import { z } from 'zod'
import { text } from '../strict-fields.ts'
import { areDistinct, bareMedia, broken, headerDocument, place } from './parts.ts'

/** Meta refuses these in a value with a code of its own. */
const value = z
  .string()
  .min(1)
  .refine((given) => [...given].length <= 1024, broken('132005', 'the text is too long for the template'))
  .refine(
    (given) => !/[\n\r\t]| {5,}/.test(given),
    broken('132018', 'Param text cannot have new-line/tab characters or more than 4 consecutive spaces'),
  )

const parameter_name = z
  .string()
  .regex(/^[a-z0-9_]{1,64}$/)
  .optional()

const textParameter = z.strictObject({ type: z.literal('text'), parameter_name, text: value })
const imageParameter = z.strictObject({ type: z.literal('image'), image: bareMedia })
const videoParameter = z.strictObject({ type: z.literal('video'), video: bareMedia })

const headerParameter = z.discriminatedUnion('type', [
  textParameter,
  imageParameter,
  videoParameter,
  z.strictObject({ type: z.literal('document'), document: headerDocument }),
  z.strictObject({ type: z.literal('location'), location: place }),
])

const bodyParameter = z.discriminatedUnion('type', [
  textParameter,
  z.strictObject({
    type: z.literal('currency'),
    parameter_name,
    currency: z.strictObject({ fallback_value: value, code: z.string().regex(/^[A-Z]{3}$/), amount_1000: z.int() }),
  }),
  z.strictObject({
    type: z.literal('date_time'),
    parameter_name,
    date_time: z.strictObject({ fallback_value: value }),
  }),
])

const header = z.strictObject({ type: z.literal('header'), parameters: z.array(headerParameter).length(1) })

const bodyPart = z.strictObject({
  type: z.literal('body'),
  parameters: z
    .array(bodyParameter)
    .max(50)
    .refine(
      (all) => all.every(isNamed) || !all.some(isNamed),
      broken('132012', 'named and positional values are mixed'),
    )
    .refine(
      (all) => !all.some(isNamed) || areDistinct(all.map((one) => one.parameter_name)),
      broken('132012', 'a name is given twice'),
    ),
})

function isNamed(parameter: { parameter_name?: string | undefined }): boolean {
  return parameter.parameter_name !== undefined
}

/** Meta's pages write both forms. */
const index = z.union([z.int().min(0).max(9), z.string().regex(/^\d$/)])
const actionParameter = z.strictObject({ type: z.literal('action'), action: z.record(z.string(), z.unknown()) })

function button<SubType extends string, Parameter extends z.ZodType>(subType: SubType, parameter: Parameter) {
  return z.strictObject({
    type: z.literal('button'),
    sub_type: z.literal(subType),
    index,
    parameters: z.array(parameter).length(1),
  })
}

const anyButton = z.discriminatedUnion('sub_type', [
  button('url', z.strictObject({ type: z.literal('text'), text: text(2000) })),
  button('quick_reply', z.strictObject({ type: z.literal('payload'), payload: text(2000) })),
  button('copy_code', z.strictObject({ type: z.literal('coupon_code'), coupon_code: text(15) })),
  button(
    'catalog',
    z.strictObject({
      type: z.literal('action'),
      action: z.strictObject({ thumbnail_product_retailer_id: text(100) }),
    }),
  ),
  button('mpm', actionParameter),
  button('flow', actionParameter),
])

const limitedTimeOffer = z.strictObject({
  type: z.literal('limited_time_offer'),
  parameters: z
    .array(
      z.strictObject({
        type: z.literal('limited_time_offer'),
        limited_time_offer: z.strictObject({ expiration_time_ms: z.int().min(1) }),
      }),
    )
    .length(1),
})

const card = z.strictObject({
  card_index: z.int().min(0).max(9),
  components: z.array(z.discriminatedUnion('type', [header, bodyPart, anyButton])).min(1),
})

const carousel = z.strictObject({
  type: z.literal('carousel'),
  cards: z
    .array(card)
    .min(2)
    .max(10)
    .refine((cards) => areDistinct(cards.map((one) => one.card_index)), broken('131009', 'card_index must differ'))
    .refine((cards) => new Set(cards.map(shapeOf)).size === 1, broken('132012', 'cards must have the same structure')),
})

function shapeOf({ components }: z.output<typeof card>): string {
  return components.map((part) => `${part.type} ${'sub_type' in part ? part.sub_type : ''}`).join()
}

const component = z.discriminatedUnion('type', [header, bodyPart, anyButton, limitedTimeOffer, carousel])

export const template = z.strictObject({
  name: z.string().regex(/^[a-z0-9_]{1,512}$/),
  /** `policy` is an old key that is still taken. */
  language: z.strictObject({ code: text(20), policy: z.literal('deterministic').optional() }),
  components: z
    .array(component)
    .refine(
      (all) => areDistinct(all.map((part) => (part.type === 'button' ? `button ${part.index}` : part.type))),
      broken('100', 'a component is given twice'),
    )
    .optional(),
})
export type TemplateRequest = z.output<typeof template>

// The body of POST /sendTemplate: Meta's component objects under `params`, closed.
import { z } from 'zod'
import { text } from '../strict-fields.ts'
import { destination, documentHeader, imageHeader, quotedMsgId, videoHeader } from './parts.ts'

const textParameter = z.strictObject({ type: z.literal('text'), text: text(1024) })
const bodyParameter = z.discriminatedUnion('type', [
  textParameter,
  z.strictObject({
    type: z.literal('currency'),
    currency: z.strictObject({
      currency_code: z.string().regex(/^[A-Z]{3}$/),
      amount_1000: z.int(),
      fallback_value: text(1024).optional(),
    }),
  }),
  z.strictObject({
    type: z.literal('date_time'),
    date_time: z.strictObject({
      component: z
        .strictObject({
          year: z.int().min(1900).max(2200),
          month: z.int().min(1).max(12),
          day_of_month: z.int().min(1).max(31),
          day_of_week: z.union([z.int().min(1).max(7), z.string()]).optional(),
          hour: z.int().min(0).max(23),
          minute: z.int().min(0).max(59),
        })
        .optional(),
      unix_epoch: z.strictObject({ timestamp: z.int().min(0) }).optional(),
      fallback_value: text(1024).optional(),
    }),
  }),
])

const header = z.strictObject({
  type: z.literal('header'),
  parameters: z
    .array(z.discriminatedUnion('type', [textParameter, imageHeader, videoHeader, documentHeader]))
    .length(1),
})
const body = z.strictObject({ type: z.literal('body'), parameters: z.array(bodyParameter).min(1).max(50) })

/** The pages write both forms. */
const index = z.union([z.int().min(0).max(9), z.string().regex(/^\d$/)])

function button(subTypes: readonly [string, ...string[]], parameter: z.ZodType) {
  return z.strictObject({
    type: z.literal('button'),
    sub_type: z.enum(subTypes),
    index,
    parameters: z.array(parameter).length(1),
  })
}

const actionParameter = z.strictObject({ type: z.literal('action'), action: z.record(z.string(), z.unknown()) })
const anyButton = z.union([
  button(['url'], z.strictObject({ type: z.literal('text'), text: text(2000) })),
  button(['quick_reply'], z.strictObject({ type: z.literal('payload'), payload: text(2000) })),
  button(['copy_code', 'coupon_code'], z.strictObject({ type: z.literal('coupon_code'), coupon_code: text(15) })),
  button(
    ['CATALOG', 'catalog'],
    z.strictObject({
      type: z.literal('action'),
      action: z.strictObject({ thumbnail_product_retailer_id: text(100) }),
    }),
  ),
  button(['flow', 'order_details'], actionParameter),
])

const card = z.strictObject({
  card_index: z.int().min(0).max(9),
  components: z.array(z.union([header, body, anyButton])).min(1),
})
const carousel = z.strictObject({
  type: z.enum(['CAROUSEL', 'carousel']),
  cards: z.array(card).min(2).max(10),
})

export const sendTemplate = z.strictObject({
  ...destination,
  template: text(512),
  /** Required; one example of the pages leaves it empty. */
  namespace: z.string().max(128),
  language: z.strictObject({ policy: z.literal('deterministic'), code: text(20) }),
  params: z
    .array(z.union([header, body, anyButton, carousel]))
    .min(1)
    .optional(),
  quotedMsgId: quotedMsgId.optional(),
  useMMlite: z.boolean().optional(),
  messageActivitySharing: z.boolean().optional(),
  messageSendTtlSeconds: z.int().min(-1).max(2_592_000).optional(),
})
export type TemplateRequest = z.output<typeof sendTemplate>

/** Seconds that a message of each category may live; -1 stands for thirty days, where it is taken. */
const lifeRanges: Record<string, readonly [min: number, max: number]> = {
  MARKETING: [43_200, 2_592_000],
  UTILITY: [30, 43_200],
  AUTHENTICATION: [30, 900],
}

export function lifeProblem(category: string | undefined, seconds: number | undefined): string | undefined {
  if (seconds === undefined) return undefined
  const ranges = category === undefined ? Object.values(lifeRanges) : [lifeRanges[category] ?? [0, 0]]
  const fits = ranges.some(([min, max]) => seconds >= min && seconds <= max)
  const isThirtyDays = seconds === -1 && category !== 'MARKETING'
  return fits || isThirtyDays ? undefined : `messageSendTtlSeconds ${seconds} is out of range for ${category ?? 'any'}`
}

// Values of a template that WhatsApp writes in the language of the reader: amounts of money, days and times. Each has a text of
// its own for a phone that cannot.
import { z } from 'zod'
import { parseWrittenTime } from './instant.ts'
import { decimalIn } from './number-text.ts'

/** In thousandths, which a provider takes as whole numbers. */
const AMOUNT_MAX = 1e12

/** `text` checks the text that stands in for a value; `isOpen` tells what is filled in per person. */
export function typedValue(text: z.ZodType<string>, isOpen: (text: string) => boolean) {
  const amount = z
    .union([z.number(), z.string()])
    .refine(
      (given) => (typeof given === 'string' && isOpen(given)) || amountIn1000(given) !== undefined,
      'is not an amount such as 19.90',
    )
  const at = z
    .string()
    .refine((given) => isOpen(given) || isTime(given), 'is not a time such as 2026-12-01T18:00 or 2026-12-01T18:00:00Z')
  return z.discriminatedUnion('type', [
    z.strictObject({
      type: z.literal('currency'),
      code: z.string().regex(/^[A-Z]{3}$/, 'is not a code such as EUR'),
      amount,
      fallback: text,
    }),
    /** A time with an offset is an instant, shown by the reader's clock; one without is the same everywhere. */
    z.strictObject({ type: z.literal('dateTime'), at, fallback: text }),
  ])
}

export type TypedValue = z.infer<ReturnType<typeof typedValue>>
export type TemplateValue = string | TypedValue

/** What a person reads who cannot be shown the value itself. */
export function textOfValue(value: TemplateValue): string {
  return typeof value === 'string' ? value : value.fallback
}

/** Undefined for what is no amount. */
export function amountIn1000(amount: number | string): number | undefined {
  const number = typeof amount === 'number' ? amount : (decimalIn(amount) ?? Number.NaN)
  const thousandths = Math.round(number * 1000)
  return Math.abs(thousandths) <= AMOUNT_MAX ? thousandths : undefined
}

function isTime(text: string): boolean {
  try {
    return parseWrittenTime(text).hasTime
  } catch {
    return false
  }
}

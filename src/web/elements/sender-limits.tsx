// The limits of a sender as fields, and what they say.
import { AppError } from '../../domain/errors.ts'
import { decimalIn, wholeIn } from '../../domain/number-text.ts'
import type { SenderView } from '../../engine/senders/senders.ts'
import { type Form, type FormErrors, noErrors, type PageContext } from '../page.ts'
import { Field, FormToken, WholeError } from './form.tsx'

interface LimitsFormProps {
  c: PageContext
  sender: SenderView
  form?: Form
  errors?: FormErrors
}

export function LimitsForm({ c, sender, form, errors = noErrors }: LimitsFormProps) {
  const value = (name: string, stored: number | null) => form?.[name] ?? (stored === null ? '' : String(stored))
  const number = { inputmode: 'decimal' }
  return (
    <form class="decide" method="post" action={`/senders/${sender.id}/limits`}>
      <FormToken c={c} version={sender.version} />
      <WholeError errors={errors} />
      <div class="row">
        <Field
          name="ratePerSecond"
          label="Messages a second"
          value={value('ratePerSecond', sender.ratePerSecond)}
          errors={errors}
          required
          extra={number}
          help="Holds within a second, also while sending."
        />
        <Field
          name="dailyLimit"
          label="People in 24 hours"
          value={value('dailyLimit', sender.dailyLimit)}
          errors={errors}
          extra={number}
          help="Empty for no limit."
        />
        <Field
          name="pairIntervalSeconds"
          label="Seconds between two messages to one phone"
          value={value('pairIntervalSeconds', sender.pairIntervalSeconds)}
          errors={errors}
          required
          extra={number}
        />
        <Field
          name="concurrency"
          label="Calls at once"
          value={value('concurrency', sender.concurrency)}
          errors={errors}
          extra={number}
          help="Empty: as many as the rate needs."
        />
      </div>
      <button type="submit">Set limits</button>
    </form>
  )
}

const fieldNames = ['ratePerSecond', 'dailyLimit', 'pairIntervalSeconds', 'concurrency']

export function limitFieldOf({ pointer }: { pointer: string }): string | undefined {
  return fieldNames.find((name) => pointer === `/${name}`)
}

/** The numbers of the form; all that are none are told at once. */
export function readLimits(form: Form) {
  const errors: { pointer: string; code: 'sender.invalid'; detail: string }[] = []
  const read = (name: string, [min, max]: [number, number], isWhole: boolean): number | null => {
    const text = (form[name] ?? '').trim()
    if (text === '' && isWhole) return null
    const value = (isWhole ? wholeIn(text) : decimalIn(text)) ?? Number.NaN
    const isRight = value >= min && value <= max
    if (!isRight)
      errors.push({
        pointer: `/${name}`,
        code: 'sender.invalid',
        detail: `is no ${isWhole ? 'whole ' : ''}number from ${min} to ${max}`,
      })
    return value
  }
  const change = {
    ratePerSecond: read('ratePerSecond', [0.001, 10_000], false) ?? undefined,
    dailyLimit: read('dailyLimit', [1, 10_000_000], true),
    pairIntervalSeconds: read('pairIntervalSeconds', [0, 3600], false) ?? undefined,
    concurrency: read('concurrency', [1, 1000], true),
  }
  if (errors.length > 0) throw new AppError('sender.invalid', 'the limits are not right', { details: { errors } })
  const { ratePerSecond, pairIntervalSeconds, ...rest } = change
  return {
    ...rest,
    ...(ratePerSecond !== undefined && { ratePerSecond }),
    ...(pairIntervalSeconds !== undefined && { pairIntervalSeconds }),
  }
}

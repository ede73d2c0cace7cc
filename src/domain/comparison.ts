// What comparisons read out of a stored text: dates compare with dates and numbers with numbers. A text that is neither
// is no answer: it is neither before nor not before anything. The database asks the same functions (store/sql-dialect.ts).

export type ComparedKind = 'date' | 'number'

/** A date, or a date with a time, as a text says it. */
export interface ComparedDate {
  /** The day on its own calendar: YYYY-MM-DD. */
  day: string
  /** Epoch ms; a text without an offset is taken as it stands, and one without a time at its first moment. */
  at: number
  hasTime: boolean
}

const dateForm =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?(?:Z|([+-])(\d{2})(?::?(\d{2}))?)?)?$/i

/** Undefined for everything that is not a day of the calendar in the form YYYY-MM-DD, with or without a time. */
export function dateIn(text: string): ComparedDate | undefined {
  const match = dateForm.exec(text.trim())
  if (match === null) return undefined
  const [, year, month, day, hour, minute, second, fraction = '', sign, offsetHours, offsetMinutes] = match
  const at = new Date(0)
  at.setUTCFullYear(Number(year), Number(month) - 1, Number(day))
  if (at.getUTCMonth() !== Number(month) - 1 || at.getUTCDate() !== Number(day)) return undefined
  const [h, m, s] = [hour, minute, second].map((part) => Number(part ?? 0)) as [number, number, number]
  const [oh, om] = [offsetHours, offsetMinutes].map((part) => Number(part ?? 0)) as [number, number]
  if (h > 23 || m > 59 || s > 59 || oh > 14 || om > 59) return undefined
  const offset = (sign === '-' ? -1 : 1) * (oh * 60 + om) * 60_000
  const time = ((h * 60 + m) * 60 + s) * 1000 + Number(fraction.padEnd(3, '0').slice(0, 3))
  return { day: `${year}-${month}-${day}`, at: at.getTime() + time - offset, hasTime: hour !== undefined }
}

/** Undefined for everything that is not a plain decimal: digits with an optional sign and one decimal point. */
export function numberIn(text: string): number | undefined {
  return /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)$/.test(text.trim()) ? Number(text.trim()) : undefined
}

/** What a value is compared with. */
export type Bound =
  | { kind: 'number'; number: number }
  /** Without a time the whole day is meant: values are compared by their day. */
  | { kind: 'day'; day: string }
  | { kind: 'instant'; at: number }

/** What a condition compares with; undefined for a text that is neither a number nor a date. */
export function boundOf(bound: number | string): Bound | undefined {
  const number = typeof bound === 'number' ? bound : numberIn(bound)
  if (number !== undefined) return Number.isFinite(number) ? { kind: 'number', number } : undefined
  const date = dateIn(String(bound))
  if (date === undefined) return undefined
  return date.hasTime ? { kind: 'instant', at: date.at } : { kind: 'day', day: date.day }
}

export const comparisonSigns = { above: '>', atLeast: '>=', below: '<', atMost: '<=' } as const
export type ComparisonOperator = keyof typeof comparisonSigns

/** Whether a stored text stands so to a bound; undefined when it is no date, or no number, and is left out either way. */
export function compareText(value: string, operator: ComparisonOperator, bound: Bound): boolean | undefined {
  const found = comparable(value, bound)
  if (found === undefined) return undefined
  const [one, other] = found
  switch (operator) {
    case 'above':
      return one > other
    case 'atLeast':
      return one >= other
    case 'below':
      return one < other
    case 'atMost':
      return one <= other
  }
}

function comparable(value: string, bound: Bound): [number, number] | [string, string] | undefined {
  if (bound.kind === 'number') {
    const number = numberIn(value)
    return number === undefined ? undefined : [number, bound.number]
  }
  const date = dateIn(value)
  if (date === undefined) return undefined
  return bound.kind === 'day' ? [date.day, bound.day] : [date.at, bound.at]
}

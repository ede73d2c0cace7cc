// A date as people write it, whose parts may stand in another order than they seem.
import { fullYear, isoDate } from './local-form.ts'

export type DateOrder = 'dmy' | 'mdy' | 'ymd'

type DateReading = { iso: string; code?: never } | { code: 'date.invalid' | 'date.ambiguous'; iso?: never }

/** A date as YYYY-MM-DD; one whose parts could stand in two orders needs the order named. */
export function readDate(text: string, order?: DateOrder): DateReading {
  const iso = /^(\d{4})-(\d{1,2})-(\d{1,2})$/.exec(text)
  if (iso !== null) return dateOf(Number(iso[1]), Number(iso[2]), Number(iso[3]))
  const parts = /^(\d{1,4})[./-](\d{1,2})[./-](\d{1,4})$/.exec(text)
  if (parts === null) return { code: 'date.invalid' }
  const [a, b, c] = [Number(parts[1]), Number(parts[2]), Number(parts[3])] as [number, number, number]
  if (order === 'ymd' || parts[1]?.length === 4) return dateOf(fullYear(parts[1] ?? ''), b, c)
  const year = fullYear(parts[3] ?? '')
  if (order === 'dmy') return dateOf(year, b, a)
  if (order === 'mdy') return dateOf(year, a, b)
  if (parts[3]?.length !== 4 || (a <= 12 && b <= 12 && a !== b)) return { code: 'date.ambiguous' }
  return a > 12 ? dateOf(year, b, a) : dateOf(year, a, b)
}

function dateOf(year: number, month: number, day: number): DateReading {
  const iso = isoDate(year, month, day)
  return iso === undefined ? { code: 'date.invalid' } : { iso }
}

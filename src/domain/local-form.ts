// The forms in which a file writes its dates and numbers, as a user declares them at an import: `DD.MM.YYYY`, `1.234,56`.
// What has the declared form is stored as an ISO date or a plain decimal; everything else stays as it is. Nothing is guessed:
// 03/04/2026 is a date only where its order was declared.
import { AppError } from './errors.ts'

/** Makes a stored text of a cell; undefined when the cell does not have the form. */
export type ReadForm = (cell: string) => string | undefined

/** A form that holds for one column, or for every column of the file. */
export interface DeclaredForm {
  column: string | undefined
  form: string
}

/** `DD.MM.YYYY`, `since=DD.MM.YYYY`, or several of these with semicolons between. */
export function declaredForms(text: string): DeclaredForm[] {
  const parts = text.split(';').filter((part) => part.trim() !== '')
  return parts.map((part) => {
    const at = part.lastIndexOf('=')
    return { column: at < 0 ? undefined : part.slice(0, at).trim(), form: part.slice(at + 1).trim() }
  })
}

/** The form of a column's numbers. Elsewhere 1.234 may be a version or an article. Throws AppError csv.unknown_form. */
export function readNumberForm({ column, form }: DeclaredForm): ReadForm {
  const read = parseNumberForm(form)
  if (column !== undefined) return read
  throw new AppError('csv.unknown_form', `the form of numbers "${form.slice(0, 40)}" names no column`, {
    hint: `Name each column that holds numbers: spent=${form.slice(0, 40)}. Texts like 1.234 in other columns may be no numbers.`,
  })
}

export function readDateForm({ form }: DeclaredForm): ReadForm {
  return parseDateForm(form)
}

const dateForm = /^(D{1,2}|M{1,2}|YYYY|YY)([./ -])(D{1,2}|M{1,2}|YYYY|YY)\2(D{1,2}|M{1,2}|YYYY|YY)$/

/** `DD.MM.YYYY` and its like, in any order; a time may follow the date in a cell. Throws AppError csv.unknown_form. */
export function parseDateForm(form: string): ReadForm {
  const match = dateForm.exec(form.trim().toUpperCase())
  const order = match === null ? [] : [match[1], match[3], match[4]].map((part) => part?.[0])
  if (match === null || !['D', 'M', 'Y'].every((part) => order.includes(part))) throw unknownForm('dates', form)
  const separator = `\\${match[2]}`
  const year = form.toUpperCase().includes('YYYY') ? '(\\d{4})' : '(\\d{2})'
  const parts = order.map((part) => (part === 'Y' ? year : '(\\d{1,2})')).join(separator)
  const cellForm = new RegExp(`^${parts}(?:[ T](\\d{1,2}):(\\d{2})(?::(\\d{2}))?)?$`)
  const [day, month, written] = ['D', 'M', 'Y'].map((part) => order.indexOf(part) + 1) as [number, number, number]
  return (cell) => {
    const found = cellForm.exec(cell)
    if (found === null) return undefined
    const date = isoDate(fullYear(found[written] ?? ''), Number(found[month]), Number(found[day]))
    const time = found[4] === undefined ? '' : isoTime(found[4], found[5] ?? '', found[6])
    return date === undefined || time === undefined ? undefined : `${date}${time}`
  }
}

/** Two digits mean a year from 1950 to 2049. */
export function fullYear(text: string): number {
  const year = Number(text)
  return text.length > 2 ? year : year + (year < 50 ? 2000 : 1900)
}

/** YYYY-MM-DD; undefined for a day that no calendar has. */
export function isoDate(year: number, month: number, day: number): string | undefined {
  const date = new Date(Date.UTC(year, month - 1, day))
  if (year < 1000 || date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return undefined
  return date.toISOString().slice(0, 10)
}

function isoTime(hour: string, minute: string, second: string | undefined): string | undefined {
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second ?? 0) > 59) return undefined
  return `T${hour.padStart(2, '0')}:${minute}${second === undefined ? '' : `:${second}`}`
}

const spaces = ' \u00a0\u202f'
const apostrophes = "'’"

/** `1.234,56` and its like: 1234.56 as the file would write it. Throws AppError csv.unknown_form. */
export function parseNumberForm(form: string): ReadForm {
  const match = /^1([.,'’ \u00a0\u202f]?)234([.,])56$/.exec(form.trim())
  const [, group = '', decimal = ''] = match ?? []
  if (match === null || group === decimal) throw unknownForm('numbers', form)
  const mark = spaces.includes(group) ? `[${spaces}]` : apostrophes.includes(group) ? `[${apostrophes}]` : `\\${group}`
  // A phone in groups is no number: 030 123 456.
  const whole = group === '' ? '\\d+' : `[1-9]\\d{0,2}(?:${mark}\\d{3})+|\\d+`
  const cellForm = new RegExp(`^([+-]?)(${whole})(?:\\${decimal}(\\d+))?$`)
  return (cell) => {
    const found = cellForm.exec(cell)
    if (found === null) return undefined
    const [, sign = '', digits = '', fraction] = found
    return `${sign}${digits.replace(/\D/g, '')}${fraction === undefined ? '' : `.${fraction}`}`
  }
}

function unknownForm(what: 'dates' | 'numbers', form: string): AppError {
  const hint =
    what === 'dates'
      ? 'Write day, month and year as the file does: DD.MM.YYYY, MM/DD/YYYY, YYYY/MM/DD.'
      : 'Write 1234.56 as the file would: 1.234,56, 1,234.56, 1 234,56 or 1234,56.'
  return new AppError('csv.unknown_form', `"${form.slice(0, 40)}" is not a form of ${what}`, { hint })
}

// The declared forms of dates and numbers, column by column.

import { dateIn } from '../../domain/comparison.ts'
import { contactFields } from '../../domain/contact.ts'
import { AppError, nearestHint } from '../../domain/errors.ts'
import {
  type DeclaredForm,
  declaredForms,
  type ReadForm,
  readDateForm,
  readNumberForm,
} from '../../domain/local-form.ts'
import { type Column, isSameColumn } from './columns.ts'

/** What a user declares of a file, as written. */
export interface DeclaredText {
  dates?: string | undefined
  numbers?: string | undefined
}

/** How the cells of one column become what is stored. */
export interface CellForms {
  date: ReadForm | undefined
  /** Stores the text of a cell; tells when it is not what was declared of this very column. */
  read(cell: string, tell: (warning: 'not_a_date' | 'not_a_number') => void): string
}

const asItIs: CellForms = { date: undefined, read: (cell) => cell }

/** For each column. Throws AppError csv.unknown_form, csv.unknown_column. */
export function cellForms(columns: readonly Column[], { dates = '', numbers = '' }: DeclaredText): CellForms[] {
  const given = { dates: declaredForms(dates), numbers: declaredForms(numbers) }
  for (const { column } of [...given.dates, ...given.numbers]) if (column !== undefined) checkColumn(column, columns)
  const parsed = {
    dates: given.dates.map((one) => ({ ...one, read: readDateForm(one) })),
    numbers: given.numbers.map((one) => ({ ...one, read: readNumberForm(one) })),
  }
  return columns.map((column) => {
    if (column.field === null || contactFields.some((field) => field === column.field)) return asItIs
    return formsOf(formFor(column, parsed.dates), formFor(column, parsed.numbers))
  })
}

type Parsed = DeclaredForm & { read: ReadForm }

/** What was declared of the column itself comes before what was declared of the file. */
function formFor({ name }: Column, parsed: readonly Parsed[]): Parsed | undefined {
  const own = parsed.findLast(({ column }) => column !== undefined && isSameColumn(name, column))
  return own ?? parsed.findLast(({ column }) => column === undefined)
}

function formsOf(date: Parsed | undefined, number: Parsed | undefined): CellForms {
  return {
    date: date?.read,
    read: (cell, tell) => {
      if (cell === '') return cell
      const found = date?.read(cell) ?? number?.read(cell)
      if (found !== undefined) return found
      if (date?.column !== undefined && dateIn(cell) === undefined) tell('not_a_date')
      if (number?.column !== undefined) tell('not_a_number')
      return cell
    },
  }
}

function checkColumn(given: string, columns: readonly Column[]): void {
  const names = columns.map(({ name }) => name)
  if (names.some((name) => isSameColumn(name, given))) return
  throw new AppError(
    'csv.unknown_column',
    `a form is declared for the column "${given}", which the file does not have`,
    {
      hint: nearestHint(given, names, `Columns: ${names.join(', ')}.`),
    },
  )
}

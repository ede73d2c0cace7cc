// Columns of a file → fields of a contact: names, guesses, and what a cell may hold.

import { hasControls } from './characters.ts'
import { consentColumn } from './consent-columns.ts'
import type { RejectCode } from './errors.ts'
import { fieldName } from './name.ts'
import { isPhoneColumn } from './phone-columns.ts'
import { withoutEnd } from './text-end.ts'

/** Bytes of one cell. */
export const FIELD_BYTES_MAX = 64 * 1024
export const COLUMNS_MAX = 200
export const COLUMN_NAME_MAX = 64
/** More combining marks on one character than any script needs (bad input 39). */
const COMBINING_MARKS_MAX = 32

/** Fields that are columns of the contact itself and no attributes. */
export const contactFields = ['phone', 'zone', 'consent', 'opt_out'] as const
/** A column is one of these, or an attribute. `opt_out` is a consent the other way round: a yes is a refusal. */
export type ContactField = (typeof contactFields)[number]

const zoneNames = ['time_zone', 'timezone', 'zone', 'tz', 'zeitzone', 'zona_horaria', 'fuseau_horaire']
/** What a column most likely is, by its name. */
export function guessField(column: string): ContactField | undefined {
  if (isPhoneColumn(column)) return 'phone'
  // No known name is longer.
  const name = withoutEnd(fieldName(column).slice(0, 100), /[^\p{L}\p{M}\p{N}]/u)
  if (zoneNames.includes(name)) return 'zone'
  return consentColumn(name)
}

const lonely = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/
const manyMarks = new RegExp(`\\p{M}{${COMBINING_MARKS_MAX}}\\p{M}`, 'u')

/** Why a cell cannot be stored; undefined when it can. */
export function cellProblem(cell: string): RejectCode | undefined {
  if (cell.length > FIELD_BYTES_MAX / 4 && new TextEncoder().encode(cell).length > FIELD_BYTES_MAX)
    return 'field.too_long'
  if (hasControls(cell)) return 'field.control_character'
  if (cell.length > COMBINING_MARKS_MAX && manyMarks.test(cell)) return 'field.invalid_unicode'
  return lonely.test(cell) ? 'field.invalid_unicode' : undefined
}

// Columns of a file → fields of a contact: names, guesses, and what a cell may hold.

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
export const contactFields = ['phone', 'zone', 'consent'] as const
export type ContactField = (typeof contactFields)[number]

const zoneNames = ['time_zone', 'timezone', 'zone', 'tz', 'zeitzone', 'zona_horaria', 'fuseau_horaire']
const consentNames = ['consent', 'opt_in', 'optin', 'opted_in', 'einwilligung', 'consentimiento', 'consentement']

/** What a column most likely is, by its name. */
export function guessField(column: string): ContactField | undefined {
  if (isPhoneColumn(column)) return 'phone'
  // No known name is longer.
  const name = withoutEnd(fieldName(column).slice(0, 100), /[^\p{L}\p{M}\p{N}]/u)
  if (zoneNames.includes(name)) return 'zone'
  return consentNames.includes(name) ? 'consent' : undefined
}

const yesWords = new Set([
  'yes',
  'y',
  'true',
  't',
  '1',
  '1.0',
  'x',
  '✓',
  '✔',
  'ja',
  'j',
  'si',
  'sí',
  'sim',
  'oui',
  'o',
  'da',
  'evet',
  'نعم',
  'да',
  '是',
  'はい',
  'ok',
  'on',
  'granted',
  'subscribed',
  'opted in',
  'opted_in',
])
const noWords = new Set([
  'no',
  'n',
  'false',
  'f',
  '0',
  '0.0',
  'nein',
  'não',
  'nao',
  'non',
  'hayır',
  'لا',
  'нет',
  '否',
  'いいえ',
  'off',
  'denied',
  'unsubscribed',
  'opted out',
  'opted_out',
])

/** `granted`, `denied`, undefined for an empty cell, or `unclear`. */
export function readConsent(cell: string): 'granted' | 'denied' | 'unclear' | undefined {
  const word = cell.trim().toLowerCase()
  if (word === '') return undefined
  if (yesWords.has(word)) return 'granted'
  return noWords.has(word) ? 'denied' : 'unclear'
}

const lonely = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/
// biome-ignore lint/suspicious/noControlCharactersInRegex: finding control characters is what it is for; line breaks and tabs are text
const control = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/
const manyMarks = new RegExp(`\\p{M}{${COMBINING_MARKS_MAX}}\\p{M}`, 'u')

/** Why a cell cannot be stored; undefined when it can. */
export function cellProblem(cell: string): RejectCode | undefined {
  if (cell.length > FIELD_BYTES_MAX / 4 && new TextEncoder().encode(cell).length > FIELD_BYTES_MAX)
    return 'field.too_long'
  if (control.test(cell)) return 'field.control_character'
  if (cell.length > COMBINING_MARKS_MAX && manyMarks.test(cell)) return 'field.invalid_unicode'
  return lonely.test(cell) ? 'field.invalid_unicode' : undefined
}

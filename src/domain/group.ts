// Groups of WhatsApp as recipients. A group is a contact whose `phone` is the provider's id of it, without a + as every
// number has one, and whose key begins with a word, as no number's key does: the two can never meet.
import { AppError } from './errors.ts'
import { callingCodeOf } from './numbering-plan.ts'
import { type Phone, type PhoneOptions, type PhoneResult, parsePhone, rejectHint } from './phone.ts'

const KEY_BEGINS = 'group:'
const ID_LENGTH_MAX = 128
/** National numbers that were made longer had eight digits or more; shorter ones are ends of too many others. */
const OLD_NATIONAL_MIN = 8

/** Whether a contact's `phone` is the id of a group. Erased contacts have an empty one. */
export function isGroup(phone: string): boolean {
  return phone !== '' && !phone.startsWith('+')
}

/** The id of a group, as the provider writes it and with or without `group:` before it. */
export function parseGroup(cell: string): PhoneResult {
  const trimmed = cell.trim()
  const id = trimmed.startsWith(KEY_BEGINS) ? trimmed.slice(KEY_BEGINS.length) : trimmed
  if (id === '') return refuse('phone.missing', 'the cell is empty')
  if (id.length > ID_LENGTH_MAX)
    return refuse('phone.too_long', `${id.length} characters, at most ${ID_LENGTH_MAX} for a group id`)
  const odd = /[^A-Za-z0-9._:@-]/.exec(id)
  if (odd !== null)
    return refuse(
      'phone.invalid_character',
      `character ${JSON.stringify(odd[0])} at position ${odd.index + 1} of a group id`,
    )
  // A provider would take so few digits for a person's number.
  if (/^\d{1,15}$/.test(id)) return refuse('phone.invalid', `"${id}" can be a phone number, so it is no group id`)
  return { phone: { key: KEY_BEGINS + id, phone: id, country: undefined, notes: [] } }
}

/** A contact's `phone` as `parseRecipient` reads it again. */
export function formatRecipient(phone: string): string {
  return isGroup(phone) ? KEY_BEGINS + phone : phone
}

/** Whom a person names: a number, or a group as `group:ID`. */
export function parseRecipient(text: string, options: PhoneOptions = {}): PhoneResult {
  return text.trim().startsWith(KEY_BEGINS) ? parseGroup(text) : parsePhone(text, options)
}

/** The same, for a face that was given the words. Throws AppError phone.* with what is wrong with them. */
export function getRecipient(text: string, options: PhoneOptions = {}): Phone {
  const { phone, reject } = parseRecipient(text, options)
  if (reject === undefined) return phone
  if (reject.code === 'phone.missing')
    throw new AppError('phone.missing', 'the phone number is missing', { hint: 'Enter a number.' })
  const given = `"${text.slice(0, 40)}"`
  throw new AppError(reject.code, reject.detail.includes(given) ? reject.detail : `${given}: ${reject.detail}`, {
    hint: reject.hint,
  })
}

/** The contact key that a filter's phone matches; a text that is not a number matches no contact. */
export function wantedKey(text: string): string {
  return parseRecipient(text, { isExisting: true, isInternational: true }).phone?.key ?? text
}

/**
 * Whether a provider's word for a recipient means a contact. WhatsApp keeps numbers in forms that their countries gave up:
 * they share the canonical key, or differ only by what was put before the national number since.
 */
export function isRecipient(told: string, contact: { key: string; phone: string }): boolean {
  const digits = told.replace(/^\+/, '')
  if (contact.phone === `+${digits}` || contact.phone === told) return true
  const isNumber = /^\d{5,20}$/.test(digits)
  // What is told of a group's message may name one of its members.
  if (isGroup(contact.phone) || !isNumber) return isGroup(contact.phone) && isNumber
  const parsed = parsePhone(`+${digits}`, { isExisting: true })
  const key = parsed.phone?.key ?? digits
  return key === contact.key || isOlderForm(digits, contact.key) || isOlderForm(contact.key, digits)
}

/** The same calling code and, behind it, the end of the longer number: Ivory Coast and Benin put digits in front. */
function isOlderForm(older: string, newer: string): boolean {
  const code = callingCodeOf(newer)
  if (code === undefined || !older.startsWith(code) || older.length >= newer.length) return false
  return older.length - code.length >= OLD_NATIONAL_MIN && newer.endsWith(older.slice(code.length))
}

function refuse(
  code: 'phone.missing' | 'phone.too_long' | 'phone.invalid_character' | 'phone.invalid',
  detail: string,
): PhoneResult {
  return { reject: { code, detail, hint: rejectHint(code) } }
}

// What a person wrote in a phone cell → one canonical number, or why not. Never guesses: a form with two
// readings is refused with both of them.
import { type CountryCode, parsePhoneNumberFromString } from 'libphonenumber-js/max'
import type { RejectCode } from './errors.ts'
import {
  callingCodeOf,
  callingCodeOfCountry,
  isCountry,
  judgeNumber,
  type LineType,
  mainCountryOf,
  trunkPrefixOf,
} from './numbering-plan.ts'

export interface Phone {
  /** Digits that are the same for every spelling of one number; contacts are unique by it. */
  key: string
  /** E.164 with `+`: what is sent and shown. */
  phone: string
  /** ISO 3166 code; undefined for a number of no country. */
  country: string | undefined
  notes: PhoneNote[]
}

export type PhoneNote =
  /** Characters that are not part of a number were removed or rewritten. */
  | 'cleaned'
  | 'extension_ignored'
  /** An old spelling (Mexico 1, Brazil without ninth digit) was brought to the modern one. */
  | 'modernised'
  | 'landline'
  /** Long enough, but not in the country's numbering plan. */
  | 'not_in_plan'

export interface PhoneReject {
  code: RejectCode
  detail: string
  hint: string
}

export type PhoneResult = { phone: Phone; reject?: never } | { reject: PhoneReject; phone?: never }

export interface PhoneOptions {
  /** ISO 3166 code for numbers written without a calling code. */
  defaultCountry?: string
  /** Digits without + are complete international numbers, as in our own exports. */
  isInternational?: boolean
  rejectLandline?: boolean
}

/** Longer cells are no phone number in any notation; checked before any pattern runs over them. */
const CELL_LENGTH_MAX = 100
/** E.164 allows fifteen digits. */
const DIGITS_MAX = 15
const DIGITS_MIN = 7

/** The canonical number of one cell. Cases: IM-04 to IM-06, IM-20, IM-21, IM-26. */
export function parsePhone(cell: string, options: PhoneOptions = {}): PhoneResult {
  if (plainForm.test(cell)) {
    const digits = cell.slice(1)
    const verdict = judgeNumber(digits)
    if (verdict !== undefined && !needsModernForm(digits)) return accept(digits, verdict, [], options)
  }
  if (cell.length > CELL_LENGTH_MAX) return refuse('phone.too_long', `${cell.length} characters`)
  const clean = cleanCell(cell)
  return refusedByLook(clean.text) ?? readNumber(clean, options)
}

const plainForm = /^\+[1-9][0-9]{6,14}$/

interface CleanCell {
  text: string
  notes: PhoneNote[]
}

/** Zero-width characters, direction marks, byte-order mark, soft hyphen. */
const invisible = /[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]/g
const missing = new Set(['', '-', '--', 'n/a', 'na', 'null', 'none', 'nan', '0', '.', '?'])

function cleanCell(cell: string): CleanCell {
  const trimmed = cell.trim()
  let text = toAsciiDigits(trimmed.replace(invisible, '')).normalize('NFKC').trim()
  text = text.replace(/^[='’"\s]+/, '').replace(/["']+$/, '')
  text = text.replace(/^(?:tel|whatsapp|phone):/i, '')
  const notes: PhoneNote[] = text === trimmed ? [] : ['cleaned']
  const withoutExtension = text.replace(/\s*(?:;ext=|ext\.?|extension|x|#)\s*\d{1,6}$/i, '')
  if (withoutExtension !== text) notes.push('extension_ignored')
  return { text: withoutExtension.replace(/[‐‑‒–—―−]/g, '-').trim(), notes }
}

/** Arabic-Indic, full-width and every other decimal digit of Unicode to 0–9. */
export function toAsciiDigits(text: string): string {
  return text.replace(/\p{Nd}/gu, (digit) => {
    const code = digit.codePointAt(0) ?? 0
    if (code < 0x80) return digit
    // The digits of a script stand in a row of ten: count back to its zero.
    let zero = code
    while (zero > 0 && code - zero < 9 && /^\p{Nd}$/u.test(String.fromCodePoint(zero - 1))) zero--
    return String((code - zero) % 10)
  })
}

function refusedByLook(text: string): PhoneResult | undefined {
  if (missing.has(text.toLowerCase())) return refuse('phone.missing', 'the cell is empty')
  const waId = /^([0-9-]{5,40})@(?:g\.us|c\.us|s\.whatsapp\.net|lid)$/i.exec(text)
  if (waId !== null)
    return refuse(
      'phone.looks_like_wa_id',
      `"${shorten(text)}"`,
      `The digits are ${waId[1]}; write them as +… if they are a phone.`,
    )
  if (/^\+?\d+(?:[.,]\d+)?e\+?\d+$/i.test(text)) return refuse('phone.scientific', `"${shorten(text)}"`)
  if (/^\+?\d{5,}[.,]0{1,2}$/.test(text)) return refuse('phone.decimal', `"${shorten(text)}"`)
  const numbers = text
    .split(/[/;,|\n\r]+|:::|\s+(?:or|oder|and|und)\s+/i)
    .filter((part) => part.replace(/\D/g, '').length >= DIGITS_MIN)
  if (numbers.length > 1) return refuse('phone.multiple', `${numbers.length} numbers in one cell`)
  if (/^#\w+[!/?]?/.test(text)) return refuse('phone.invalid', `"${shorten(text)}" is a spreadsheet error`)
  const odd = /[^0-9+\-\s()./]/u.exec(text)
  if (odd !== null)
    return refuse('phone.invalid_character', `character ${JSON.stringify(odd[0])} at position ${odd.index + 1}`)
  return undefined
}

function readNumber({ text, notes }: CleanCell, options: PhoneOptions): PhoneResult {
  if (/\+.*\+/.test(text) || text.lastIndexOf('+') > 0)
    return refuse('phone.invalid_prefix', 'a + stands elsewhere than at the front')
  const digits = text.replace(/\(0\)/, text.startsWith('+') || text.startsWith('00') ? '' : '0').replace(/\D/g, '')
  if (emergencyNumbers.has(digits)) return refuse('phone.emergency', `"${digits}"`)
  if (text.startsWith('+')) return readInternational(digits, notes, options)
  if (digits.startsWith('00')) return readInternational(digits.slice(2), notes, options)
  if (options.isInternational) return readInternational(digits, notes, options)
  return readNational(digits, notes, options)
}

/** Numbers to call for help; a plan knows them as short numbers, which the metadata leaves out. */
const emergencyNumbers = new Set(
  '000 100 101 102 103 104 108 110 111 112 113 115 117 118 119 120 122 123 133 144 190 191 192 193 197 199 911 999'.split(
    ' ',
  ),
)

function readInternational(digits: string, notes: PhoneNote[], options: PhoneOptions): PhoneResult {
  if (digits.length > DIGITS_MAX) return refuse('phone.too_long', `${digits.length} digits, at most ${DIGITS_MAX}`)
  const code = callingCodeOf(digits)
  if (code === undefined || digits.startsWith('0'))
    return refuse('phone.invalid_prefix', `no country has the calling code of +${digits.slice(0, 4)}…`)
  if (emergencyNumbers.has(digits.slice(code.length))) return refuse('phone.emergency', `"+${digits}"`)
  const modern = modernForm(digits)
  if (modern === undefined) return refuse('phone.legacy_format', `+${digits} is an old form that fits no modern number`)
  const allNotes: PhoneNote[] = modern === digits ? notes : [...notes, 'modernised']
  const verdict = judgeNumber(modern)
  if (verdict !== undefined) return accept(modern, verdict, allNotes, options)
  return readByLibrary(`+${modern}`, undefined, allNotes, options)
}

/** Digits without + and without 00: national by the default country, unless they also read as international. */
function readNational(digits: string, notes: PhoneNote[], options: PhoneOptions): PhoneResult {
  const country = options.defaultCountry?.toUpperCase()
  if (country === undefined || !isCountry(country)) {
    const looksNational = digits.startsWith('0')
    return refuse(
      'phone.no_country',
      looksNational ? `"${digits}" is a national number of an unknown country` : `"${digits}" has no + and no country`,
    )
  }
  if (digits.length > DIGITS_MAX + 2) return refuse('phone.too_long', `${digits.length} digits, at most ${DIGITS_MAX}`)
  const ownCode = callingCodeOfCountry(country)
  const trunk = trunkPrefixOf(country)
  if (trunk !== undefined && digits.startsWith(trunk)) return readByLibrary(digits, country, notes, options)
  const isSuspicious = trunk !== undefined || digits.startsWith(ownCode)
  const asInternational = isSuspicious ? judgeNumber(modernForm(digits) ?? digits) : undefined
  const asNational = judgeNumber(modernForm(ownCode + digits) ?? ownCode + digits)
  if (asInternational !== undefined && asNational !== undefined)
    return refuse('phone.ambiguous', `"${digits}" can be +${digits} and +${ownCode}${digits}`)
  if (asInternational !== undefined) return readInternational(digits, notes, options)
  if (asNational !== undefined) return readInternational(ownCode + digits, notes, options)
  if (digits.startsWith(ownCode))
    return refuse('phone.ambiguous', `"${digits}" can be +${digits} and +${ownCode}${digits}`)
  return readByLibrary(digits, country, notes, options)
}

function readByLibrary(
  text: string,
  country: CountryCode | undefined,
  notes: PhoneNote[],
  options: PhoneOptions,
): PhoneResult {
  const number = parsePhoneNumberFromString(text, {
    ...(country && { defaultCountry: country }),
    extract: false,
  })
  if (number === undefined) return refuseByLength(text.replace(/\D/g, ''))
  const digits = number.number.slice(1)
  const modern = modernForm(digits)
  if (modern === undefined) return refuse('phone.legacy_format', `+${digits} is an old form that fits no modern number`)
  if ((!number.isPossible() && modern === digits) || digits.length < DIGITS_MIN) return refuseByLength(digits)
  const verdict = judgeNumber(modern)
  const allNotes: PhoneNote[] = modern === digits ? notes : [...notes, 'modernised']
  if (verdict !== undefined) return accept(modern, verdict, allNotes, options)
  return accept(modern, { country: number.country, type: undefined }, [...allNotes, 'not_in_plan'], options)
}

function refuseByLength(digits: string): PhoneResult {
  if (digits.length < DIGITS_MIN) return refuse('phone.too_short', `${digits.length} digits`)
  if (digits.length > DIGITS_MAX) return refuse('phone.too_long', `${digits.length} digits, at most ${DIGITS_MAX}`)
  return refuse('phone.invalid', `"${digits}" has a length that its country does not use`)
}

const unreachable = new Set<LineType>(['PREMIUM_RATE', 'SHARED_COST', 'PAGER', 'VOICEMAIL'])

function accept(
  digits: string,
  verdict: { country: string | undefined; type: LineType | undefined },
  notes: PhoneNote[],
  options: PhoneOptions,
): PhoneResult {
  const { type } = verdict
  if (type !== undefined && unreachable.has(type))
    return refuse('phone.type_not_reachable', `+${digits} is a ${type.toLowerCase().replace('_', ' ')} number`)
  if (type === 'FIXED_LINE') {
    if (options.rejectLandline) return refuse('phone.landline', `+${digits} is a landline`)
    notes = [...notes, 'landline']
  }
  const country = verdict.country ?? mainCountryOf(digits)
  return { phone: { key: keyOf(digits), phone: `+${digits}`, country, notes } }
}

/** Mexico, Argentina and Brazil have numbers with two spellings. */
function needsModernForm(digits: string): boolean {
  return digits.startsWith('521') || (digits.startsWith('55') && digits.length === 12)
}

/** The modern spelling; the number itself when it has no other; undefined when an old form fits no modern number. */
function modernForm(digits: string): string | undefined {
  // Mexico dropped the 1 between calling code and number in 2019.
  if (/^521\d{10}$/.test(digits)) return `52${digits.slice(3)}`
  // Brazilian mobiles got a ninth digit by 2016; landlines (2–5) never did.
  if (/^55\d{2}[6-9]\d{7}$/.test(digits) && judgeNumber(digits) === undefined) {
    const modern = `${digits.slice(0, 4)}9${digits.slice(4)}`
    return judgeNumber(modern) === undefined ? undefined : modern
  }
  return digits
}

/** Argentine mobiles are written with and without a 9 that is no part of the ten-digit number. */
function keyOf(digits: string): string {
  return /^549\d{10}$/.test(digits) ? `54${digits.slice(3)}` : digits
}

const hints: Record<RejectCode, string> = {
  'phone.missing': 'Fill in the number or remove the line.',
  'phone.no_country': 'Write the number with + and its calling code (+49…), or name a default country.',
  'phone.ambiguous': 'Write the number with + and its calling code, or with the leading 0 of a national number.',
  'phone.scientific': 'The spreadsheet shortened this number: format the column as text and export again.',
  'phone.decimal': 'The spreadsheet made a decimal of this number: format the column as text and export again.',
  'phone.too_short': 'Digits are missing; write the whole number with its calling code.',
  'phone.too_long': 'A phone number has at most 15 digits; check for two numbers in one cell.',
  'phone.invalid': 'Check the number; it cannot be called as it stands.',
  'phone.invalid_prefix': 'Write one + and then the calling code without zeros: +49…',
  'phone.invalid_character': 'Keep digits, spaces, +, -, dots, slashes and brackets only.',
  'phone.multiple': 'Keep one number a line; give the other one its own line.',
  'phone.emergency': 'Emergency numbers are never called; remove the line.',
  'phone.type_not_reachable': 'WhatsApp cannot be on such a line; use a mobile number.',
  'phone.landline': 'Landlines, which WhatsApp Business can use, are accepted unless the import rejects them.',
  'phone.legacy_format': 'Write the number in the form used today.',
  'phone.looks_like_wa_id': 'Use the phone number instead of a WhatsApp id.',
  'field.control_character': 'Remove the invisible control character from the cell.',
  'field.too_long': 'Shorten the cell to 64 KiB.',
  'field.invalid_unicode': 'Type the cell again: it holds text that is not valid.',
  'csv.column_count': 'Give the line as many fields as the header; quote fields that hold the delimiter.',
  'consent.unclear': 'Write yes or no.',
  'date.invalid': 'Write dates as YYYY-MM-DD.',
  'date.ambiguous': 'Write dates as YYYY-MM-DD.',
}

/** What to do about a refused line. */
export function rejectHint(code: RejectCode): string {
  return hints[code]
}

function refuse(code: RejectCode, detail: string, hint: string = hints[code]): PhoneResult {
  return { reject: { code, detail, hint } }
}

function shorten(text: string): string {
  return text.length > 40 ? `${text.slice(0, 40)}…` : text
}

/** A phone for logs and error messages: calling code and the last three digits (SR-46). */
export function maskPhone(phone: string): string {
  const digits = phone.replace(/\D/g, '')
  const code = callingCodeOf(digits) ?? digits.slice(0, 2)
  return digits.length < 7 ? '+•••' : `+${code}•••${digits.slice(-3)}`
}

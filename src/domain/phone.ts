// What a person wrote in a phone cell → one canonical number, or why not. Never guesses: a form with two
// readings is refused with both of them.

import { type CountryCode, type PhoneNumber, parsePhoneNumberFromString } from 'libphonenumber-js/max'
import { toAsciiDigits } from './ascii-digits.ts'
import { isBlankText } from './blank-text.ts'
import type { RejectCode } from './errors.ts'
import {
  behindExitCode,
  callingCodeOf,
  callingCodeOfCountry,
  isCountry,
  judgeNumber,
  type LineType,
  mainCountryOf,
  mobileLengthsOf,
  trunkPrefixOf,
} from './numbering-plan.ts'
import { findOldForm } from './old-numbers.ts'
import { withoutEnd } from './text-end.ts'

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
  /** As long as a mobile number of its country, but not in the country's numbering plan. */
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
  /**
   * The number is in use: a provider says it, or it is looked up. WhatsApp keeps numbers in forms that their countries gave up, and
   * some are in no plan.
   */
  isExisting?: boolean
}

/** Longer cells are no phone number in any notation; checked before any pattern runs over them. */
const CELL_LENGTH_MAX = 100
/** E.164 allows fifteen digits. */
const DIGITS_MAX = 15
const DIGITS_MIN = 7
/** The longest prefix for calls abroad that people write (0011 in Australia). */
const EXIT_CODE_MAX = 4

/** The canonical number of one cell. Cases: IM-04 to IM-06, IM-20, IM-21, IM-26. */
export function parsePhone(cell: string, options: PhoneOptions = {}): PhoneResult {
  if (plainForm.test(cell)) {
    const digits = cell.slice(1)
    const verdict = judgeNumber(digits)
    if (verdict !== undefined) return accept(digits, verdict, [], options)
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

/** No cell with a phone is longer; more of it is not read. */
const CELL_MAX = 500

function cleanCell(cell: string): CleanCell {
  const trimmed = cell.trim().slice(0, CELL_MAX)
  let text = toAsciiDigits(trimmed.replace(invisible, '')).normalize('NFKC').trim()
  text = withoutEnd(text.replace(/^[='’"\s]+/, ''), /["']/)
  text = text.replace(/^(?:tel|whatsapp|phone):/i, '')
  const notes: PhoneNote[] = text === trimmed ? [] : ['cleaned']
  const extension = /(?:;ext=|ext\.?|extension|x|#)\s*\d{1,6}$/i.exec(text)
  const withoutExtension = text.slice(0, extension?.index).trim()
  if (extension !== null) notes.push('extension_ignored')
  return { text: withoutExtension.replace(/[‐‑‒–—―−]/g, '-'), notes }
}

function refusedByLook(text: string): PhoneResult | undefined {
  if (isBlankText(text) || missing.has(text.toLowerCase())) return refuse('phone.missing', 'the cell is empty')
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
    .split(/[/;,|\n\r]|:::|\s(?:or|oder|and|und)\s/i)
    .filter((part) => part.replace(/\D/g, '').length >= DIGITS_MIN)
  if (numbers.length > 1) return refuse('phone.multiple', `${numbers.length} numbers in one cell`)
  if (/^#\w+[!/?]?/.test(text)) return refuse('phone.invalid', `"${shorten(text)}" is a spreadsheet error`)
  const odd = /[^0-9+\-\s()./]/u.exec(text)
  if (odd !== null)
    return refuse('phone.invalid_character', `character ${JSON.stringify(odd[0])} at position ${odd.index + 1}`)
  return undefined
}

function readNumber({ text, notes }: CleanCell, options: PhoneOptions): PhoneResult {
  if (text.lastIndexOf('+') > 0) return refuse('phone.invalid_prefix', 'a + stands elsewhere than at the front')
  const digits = digitsOf(text)
  if (emergencyNumbers.has(digits)) return refuse('phone.emergency', `"${digits}"`)
  if (text.startsWith('+')) return readInternational(digits, notes, options)
  if (digits.startsWith('00')) return readDialled(digits, notes, options)
  if (options.isInternational) return readInternational(digits, notes, options)
  return readNational(digits, notes, options)
}

/** Without the `(0)` of `+44 (0)20 …`, which is dialled at home only; Italy dials its 0 from everywhere. */
function digitsOf(text: string): string {
  const all = text.replace(/\D/g, '')
  if (!text.includes('(0)') || !(text.startsWith('+') || all.startsWith('00'))) return all
  return keepsZero(all.replace(/^00/, '')) ? all : text.replace('(0)', '').replace(/\D/g, '')
}

function keepsZero(digits: string): boolean {
  const country = mainCountryOf(digits)
  return country !== undefined && trunkPrefixOf(country) === undefined && judgeNumber(digits) !== undefined
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
  return settle(readComplete(digits, options), notes, options)
}

/** Digits that begin with 00: abroad from most countries, and a part of a longer prefix from some (001 in Hong Kong). */
function readDialled(digits: string, notes: PhoneNote[], options: PhoneOptions): PhoneResult {
  const country = options.defaultCountry?.toUpperCase()
  const forms = formsDialled(digits, country !== undefined && isCountry(country) ? country : undefined)
  if (forms.length < 2) return readInternational(forms[0] ?? digits.slice(2), notes, options)
  return chooseReading(
    digits,
    forms.map((form) => readComplete(form, options)),
    { notes, options },
  )
}

/** Digits without + and without 00: every number that they can be, for a person of the default country. */
function readNational(digits: string, notes: PhoneNote[], options: PhoneOptions): PhoneResult {
  const country = options.defaultCountry?.toUpperCase()
  if (country === undefined || !isCountry(country)) {
    const looksNational = digits.startsWith('0')
    return refuse(
      'phone.no_country',
      looksNational ? `"${digits}" is a national number of an unknown country` : `"${digits}" has no country code`,
    )
  }
  if (digits.length > DIGITS_MAX + EXIT_CODE_MAX)
    return refuse('phone.too_long', `${digits.length} digits, at most ${DIGITS_MAX}`)
  const readings = [
    readAtHome(digits, country, options),
    ...completeForms(digits, country).map((form) => readComplete(form, options)),
  ]
  return chooseReading(digits, readings, { notes, options })
}

function chooseReading(
  digits: string,
  readings: readonly Reading[],
  { notes, options }: { notes: PhoneNote[]; options: PhoneOptions },
): PhoneResult {
  const likely = likelyOnes(readings)
  if (likely.length > 1)
    return refuse(
      'phone.ambiguous',
      `"${digits}" can be ${likely.map((reading) => `+${reading.digits}`).join(' and ')}`,
    )
  return settle(likely[0] ?? readings[0] ?? { digits, standing: 'impossible' }, notes, options)
}

/** What digits are as a number of a country. */
interface Reading {
  digits: string
  /** `plausible`: in no plan, and as long as a mobile number of the country is. */
  standing: 'in_plan' | 'old' | 'plausible' | 'impossible'
  verdict?: { country: string | undefined; type: LineType | undefined }
  /** A spelling of before was brought to the one of today. */
  isModernised?: boolean
  /** The numbers of today. */
  modern?: string[]
}

/** The readings of which none is better than the other. A landline is weak: plans of landlines take nearly any digits. */
function likelyOnes(readings: readonly Reading[]): Reading[] {
  const possible = readings.filter(({ standing }) => standing !== 'impossible')
  const strong = possible.filter(({ standing }) => standing !== 'plausible')
  const isSure = strong.some(({ verdict }) => verdict?.type !== 'FIXED_LINE')
  const best = isSure ? strong : possible
  return best.filter((reading, index) => best.findIndex(({ digits }) => digits === reading.digits) === index)
}

/** The national number of a person at home, with or without the trunk prefix. */
function readAtHome(digits: string, country: CountryCode, options: PhoneOptions): Reading {
  const trunk = trunkPrefixOf(country)
  if (trunk === undefined || !digits.startsWith(trunk))
    return readComplete(callingCodeOfCountry(country) + digits, options)
  const number = parsePhoneNumberFromString(digits, { defaultCountry: country, extract: false })
  return judgeLibraryNumber(number, digits, options)
}

/** The same digits as a complete number: with the + left out, with a trunk prefix before the country's own code, or dialled abroad. */
function completeForms(digits: string, country: CountryCode): string[] {
  const ownCode = callingCodeOfCountry(country)
  const trunk = trunkPrefixOf(country)
  const forms = [...new Set([trunk ?? '0', '0'])]
    .filter((prefix) => digits.startsWith(prefix + ownCode))
    .map((prefix) => digits.slice(prefix.length))
  // Where people write a trunk prefix, digits that begin without one are hardly national.
  const looksComplete = trunk === undefined ? digits.startsWith(ownCode) : !digits.startsWith(trunk)
  const plain = looksComplete && callingCodeOf(digits) !== undefined ? [digits] : []
  return [...plain, ...forms, ...formsDialled(digits, country)]
}

/** The complete number behind 00, and behind what a country dials for calls abroad where that is something else. */
function formsDialled(digits: string, country: CountryCode | undefined): string[] {
  const behind = [
    digits.startsWith('00') ? digits.slice(2) : undefined,
    country === undefined ? undefined : behindExitCode(digits, country),
  ]
  return [...new Set(behind)].filter((form): form is string => form !== undefined && callingCodeOf(form) !== undefined)
}

/** Digits with their calling code. */
function readComplete(digits: string, options: PhoneOptions): Reading {
  return (
    readByPlans(digits, options) ??
    judgeLibraryNumber(parsePhoneNumberFromString(`+${digits}`, { extract: false }), digits, options)
  )
}

/** By the plans of today and of before; undefined when the digits are in none of them as they stand. */
function readByPlans(digits: string, { isExisting }: PhoneOptions): Reading | undefined {
  const verdict = judgeNumber(digits)
  if (verdict !== undefined) return { digits, standing: 'in_plan', verdict }
  const old = findOldForm(digits)
  if (old === undefined) return undefined
  const [modern] = old.modern
  const isKept = old.kind === 'spelling' || (isExisting && old.kind === 'renumbered')
  if (!isKept || modern === undefined) return { digits, standing: 'old', modern: old.modern }
  const today = judgeNumber(modern)
  return { digits: modern, standing: 'in_plan', isModernised: true, ...(today && { verdict: today }) }
}

function judgeLibraryNumber(number: PhoneNumber | undefined, written: string, options: PhoneOptions): Reading {
  if (number === undefined) return { digits: written, standing: 'impossible' }
  const digits = number.number.slice(1)
  const reading = readByPlans(digits, options)
  if (reading !== undefined) return reading
  const isPlausible = isItsOwnSpelling(digits) && (options.isExisting ? number.isPossible() : looksMobile(digits))
  return isPlausible && digits.length >= DIGITS_MIN
    ? { digits, standing: 'plausible', verdict: { country: number.country, type: undefined } }
    : { digits, standing: 'impossible' }
}

/** Read again, the digits stay what they are: +55 0 9030000000 would lose its 0, and then its 90, another trunk prefix. */
function isItsOwnSpelling(digits: string): boolean {
  return parsePhoneNumberFromString(`+${digits}`, { extract: false })?.number === `+${digits}`
}

/** As long as a mobile number of its country, and begun like no number written at home. */
function looksMobile(digits: string): boolean {
  const code = callingCodeOf(digits)
  const country = mainCountryOf(digits)
  if (code === undefined || country === undefined) return false
  const national = digits.slice(code.length)
  return mobileLengthsOf(code).includes(national.length) && !national.startsWith(trunkPrefixOf(country) ?? '0')
}

function settle(reading: Reading, notes: PhoneNote[], options: PhoneOptions): PhoneResult {
  const { digits, standing, verdict, isModernised, modern = [] } = reading
  // The plans of landlines take nearly any digits.
  if (standing === 'impossible' || digits.length > DIGITS_MAX) return refuseByLength(digits)
  if (standing === 'old' || verdict === undefined)
    return refuse(
      'phone.legacy_format',
      modern.length === 0
        ? `+${digits} is an old form that fits no modern number`
        : `+${digits} is an old form; today it is ${modern.map((number) => `+${number}`).join(' or ')}`,
    )
  const told: PhoneNote[] = [...notes, ...(isModernised ? (['modernised'] as const) : [])]
  return accept(digits, verdict, standing === 'plausible' ? [...told, 'not_in_plan'] : told, options)
}

/** In no plan, and not as long as a mobile number is. */
function refuseByLength(digits: string): PhoneResult {
  if (digits.length > DIGITS_MAX) return refuse('phone.too_long', `${digits.length} digits, at most ${DIGITS_MAX}`)
  const code = callingCodeOf(digits)
  if (code === undefined || digits.length <= code.length) return refuse('phone.too_short', `${digits.length} digits`)
  const lengths = mobileLengthsOf(code)
  const count = digits.length - code.length
  const isShort = digits.length < DIGITS_MIN || count < Math.min(...lengths)
  const wanted = lengths.length === 1 ? String(lengths[0]) : `${Math.min(...lengths)} to ${Math.max(...lengths)}`
  return refuse(
    isShort ? 'phone.too_short' : 'phone.invalid',
    `+${digits} is in no numbering plan: ${count} digits after +${code}, where mobile numbers have ${wanted}`,
  )
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

/** Argentine mobiles are written with and without a 9 that is no part of the ten-digit number. */
function keyOf(digits: string): string {
  return /^549\d{10}$/.test(digits) ? `54${digits.slice(3)}` : digits
}

const hints: Record<RejectCode, string> = {
  'phone.missing': 'Fill in the number or remove the line.',
  'phone.no_country': 'Write the number with + and its calling code (+49…), or name a default country.',
  'phone.ambiguous': 'Write the number that is meant with + and its calling code.',
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

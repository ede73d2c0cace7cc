// What JSON must be before anybody reads it: one pass over its bytes, so that what is checked is what is applied and no
// reader climbs, fills or guesses. Whether it is JSON at all is the parser's word.
import { isUtf8 } from 'node:buffer'
import { AppError } from '../domain/errors.ts'

/** Campaign filters are 5 deep, carousels 8. */
const DEPTH_MAX = 64
/** Keys and values together: a campaign of every part has a few hundred. */
export const JSON_PARTS_MAX = 25_000
/** Of a body; files come by routes of their own. With more, checking one takes longer than a turn may (bench/README.md). */
export const JSON_BYTES_MAX = 1024 * 1024

/**
 * Throws AppError json.encoding for bytes that are no UTF-8 and for half a character, json.duplicate_key, and
 * request.invalid for a control character and for too many levels or parts; with the offset in bytes where there is one.
 */
export function checkJson(json: Buffer): void {
  if (!isUtf8(json)) throw notUtf8(json)
  new Scan(json).run()
}

function notUtf8(json: Buffer): AppError {
  // Halves the place: a beginning may stop within a character, so it is read as one that goes on.
  let [whole, broken] = [0, json.length]
  while (broken - whole > 1) {
    const middle = Math.floor((whole + broken) / 2)
    if (beginsWell(json.subarray(0, middle))) whole = middle
    else broken = middle
  }
  while (!isUtf8(json.subarray(0, whole))) whole--
  return new AppError('json.encoding', `the body is not UTF-8 at byte ${whole}`, {
    hint: 'Send it as UTF-8.',
    details: { offset: whole },
  })
}

function beginsWell(bytes: Buffer): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true })
    return true
  } catch {
    return false
  }
}

/** A key or a text of an object, between its quotes. */
interface TextRange {
  from: number
  to: number
}

class Scan {
  readonly #json: Buffer
  /** Keys of the objects that stand open; null for a list. */
  readonly #open: (Set<string> | null)[] = []
  #parts = 0

  constructor(json: Buffer) {
    this.#json = json
  }

  run(): void {
    const json = this.#json
    for (let at = 0; at < json.length; at++) {
      const byte = json[at]
      if (byte === QUOTE) {
        const range = this.#text(at)
        at = range.to
        if (this.#isKey(at)) this.#addKey(range)
        this.#count()
      } else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) this.#enter(byte === OPEN_BRACE)
      else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) this.#open.pop()
      else if (byte === COMMA) this.#count()
    }
  }

  #enter(isObject: boolean): void {
    this.#open.push(isObject ? new Set() : null)
    this.#count()
    if (this.#open.length > DEPTH_MAX)
      throw new AppError('request.invalid', `the body is nested deeper than ${DEPTH_MAX} levels`)
  }

  #count(): void {
    if (++this.#parts > JSON_PARTS_MAX)
      throw new AppError('request.invalid', `the body has more than ${JSON_PARTS_MAX} keys and values`)
  }

  /** From its opening quote to the one that closes it; a text that does not end is left to the parser. */
  #text(from: number): TextRange {
    const json = this.#json
    let half: number | undefined
    let to = from + 1
    for (let byte = json[to]; byte !== undefined && byte !== QUOTE; byte = json[to]) {
      if (byte !== BACKSLASH) {
        to++
        continue
      }
      const unit = unitAt(json, to)
      if (isControl(unit)) throw controlAt(to)
      const isLow = isLowHalf(unit)
      if (half !== undefined && !(isLow && to === half + LONG_ESCAPE)) throw halfAt(half)
      if (half === undefined && isLow) throw halfAt(to)
      half = isHighHalf(unit) ? to : undefined
      to += unit !== UNSEEN && json[to + 1] === LETTER_U ? LONG_ESCAPE : 2
    }
    if (half !== undefined) throw halfAt(half)
    return { from, to }
  }

  #isKey(end: number): boolean {
    if (!this.#open.at(-1)) return false
    let at = end + 1
    while (BLANKS.includes(this.#json[at] ?? 0)) at++
    return this.#json[at] === COLON
  }

  #addKey({ from, to }: TextRange): void {
    const keys = this.#open.at(-1)
    const key = keyOf(this.#json.toString('utf8', from, to + 1))
    if (keys === null || keys === undefined || key === undefined) return
    if (keys.has(key))
      throw new AppError(
        'json.duplicate_key',
        `the body has "${key.slice(0, 64)}" twice in one object, the second at byte ${from}`,
        {
          hint: 'Keep one of them.',
          details: { offset: from },
        },
      )
    keys.add(key)
  }
}

/** The UTF-16 unit that an escape means; UNSEEN for one that nobody needs to look at. A number only: there may be 300,000. */
function unitAt(json: Buffer, at: number): number {
  const letter = json[at + 1]
  if (letter === LETTER_B) return 0x08
  if (letter === LETTER_F) return 0x0c
  if (letter !== LETTER_U) return UNSEEN
  let unit = 0
  for (let digit = at + 2; digit < at + LONG_ESCAPE; digit++) {
    const value = HEX_VALUES[json[digit] ?? 0] ?? UNSEEN
    // No escape at all: the parser refuses it.
    if (value === UNSEEN) return UNSEEN
    unit = unit * 16 + value
  }
  return unit
}

function isHighHalf(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff
}

function isLowHalf(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff
}

/** The controls of domain/characters.ts, by their numbers. */
function isControl(unit: number): boolean {
  return (unit < 0x20 && unit !== 0x09 && unit !== 0x0a && unit !== 0x0d) || unit === 0x7f
}

function controlAt(offset: number): AppError {
  return new AppError('request.invalid', `the body has a control character at byte ${offset}`, {
    hint: 'Leave it out; line breaks and tabs are taken.',
    details: { offset },
  })
}

/** Where `\ud83d` is without its other half. */
function halfAt(offset: number): AppError {
  return new AppError('json.encoding', `the body has half a character at byte ${offset}`, {
    hint: 'Write both halves of a surrogate pair, or the character itself.',
    details: { offset },
  })
}

/** A key as a reader will know it, its escapes resolved; undefined for what is no text of JSON. */
function keyOf(quoted: string): string | undefined {
  try {
    return JSON.parse(quoted) as string
  } catch {
    return undefined
  }
}

const QUOTE = 0x22
const COMMA = 0x2c
const COLON = 0x3a
const BACKSLASH = 0x5c
const OPEN_BRACKET = 0x5b
const CLOSE_BRACKET = 0x5d
const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d
const LETTER_B = 0x62
const LETTER_F = 0x66
const LETTER_U = 0x75
/** Above every unit, so that no rule of units meets it. */
const UNSEEN = 0x10000
/** Bytes of an escape with four digits. */
const LONG_ESCAPE = 6
/** By the byte of a hexadecimal digit. */
const HEX_VALUES = Array.from({ length: 128 }, (_, byte) => {
  const value = Number.parseInt(String.fromCharCode(byte), 16)
  return Number.isNaN(value) ? UNSEEN : value
})
const BLANKS = [0x20, 0x09, 0x0a, 0x0d]

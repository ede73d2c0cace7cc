// Whether a text that was taken for Windows-1252 reads like the names of its people, and which other encodings it may be in.
// Nobody but a person can tell, so nothing is chosen: the same names are shown in each.
import { AppError } from '../../domain/errors.ts'
import { type Alphabet, alphabetOf, doubtOfWord } from '../../domain/letters.ts'
import { parsePhone } from '../../domain/phone.ts'
import type { ByteScan, Encoding } from './encoding.ts'
import { decodeWord, wideEncodings } from './text-decoder.ts'

/** Encodings that files of spreadsheets are in; of two that read alike the first is offered. */
const candidates = [
  'windows-1252',
  'windows-1250',
  'windows-1254',
  'windows-1257',
  'macintosh',
  'cp850',
  'cp852',
  'iso-8859-2',
  'maccenteuro',
  'macturkish',
  'cp857',
  'cp775',
  'windows-1251',
  'koi8-r',
  'ibm866',
  'x-mac-cyrillic',
  'windows-1253',
  'windows-1255',
  'windows-1256',
  'windows-874',
  'windows-1258',
  ...wideEncodings,
]
const READINGS_MAX = 4
const SAMPLES = 3
/** Words by which encodings are compared: enough to tell them apart within milliseconds. */
const WORDS_COMPARED = 200
/** Share of letters that are foreign to the people of the file, from which on they are no few guests among them. */
const FOREIGN_SHARE_MIN = 0.03

/** The same names of a file as one encoding reads them. */
export interface Reading {
  encoding: string
  samples: string[]
}

export interface PeopleOfFile {
  fileName: string
  rows: readonly string[][]
  defaultCountry?: string | undefined
}

/** Throws AppError csv.encoding_doubt or csv.encoding, with `details.readings`, where a person must say what it is. */
export function refuseDoubtfulEncoding(scan: ByteScan, encoding: Encoding, people: PeopleOfFile): void {
  if (encoding.isGuess === undefined) return
  const alphabet = alphabetOf(countriesOf(people))
  const own = judge(scan, 'windows-1252', alphabet)
  if ((encoding.isGuess === 'western' || alphabet.isKnown) && !own.isDoubtful) return
  const readings = readingsOf(scan, alphabet)
  const shown = readings.map(({ encoding: name, samples }) => `--encoding ${name} (${samples.join(', ')})`)
  const hint = `Save it as CSV UTF-8, or name its encoding: ${shown.join(' or ') || '--encoding shift_jis'}.`
  const [best] = readings
  if (best === undefined || wideEncodings.has(best.encoding))
    throw new AppError(
      'csv.encoding',
      `${people.fileName} is not UTF-8 from byte ${scan.invalidUtf8At} on, and its encoding cannot be told`,
      { hint, details: { readings } },
    )
  const odd = sampleWords(scan, alphabet).flatMap((word) => decodeWord(word, 'windows-1252') ?? [])
  throw new AppError(
    'csv.encoding_doubt',
    `${people.fileName} is not UTF-8, and its names do not read well as Windows-1252${odd.length === 0 ? '' : ` (${odd.join(', ')})`}`,
    { hint, details: { readings } },
  )
}

/** Countries of the numbers that say theirs, and the one that was named for the others. */
function countriesOf({ rows, defaultCountry }: PeopleOfFile): string[] {
  const countries = new Set(defaultCountry === undefined ? [] : [defaultCountry])
  for (const cell of rows.flat())
    if (/^\s*["']?(?:\+|00)[1-9\s]/.test(cell)) {
      const country = parsePhone(cell, { isExisting: true }).phone?.country
      if (country !== undefined) countries.add(country)
    }
  return [...countries]
}

interface Judgement {
  isDoubtful: boolean
  /** More is worse. */
  doubt: number
}

/** How well the words of a file read in an encoding. */
function judge(
  { words, counts, high }: Pick<ByteScan, 'words' | 'counts' | 'high'>,
  encoding: string,
  alphabet: Alphabet,
): Judgement {
  let wrong = 0
  let foreign = 0
  const foreignBytes = new Set<string>()
  for (const word of words) {
    const text = decodeWord(word, encoding)
    const doubt = text === undefined ? 'wrong' : doubtOfWord(text, alphabet)
    if (doubt === 'wrong') wrong++
    if (doubt !== 'foreign') continue
    foreign++
    for (const byte of foreignBytesIn(word, encoding, alphabet)) foreignBytes.add(byte)
  }
  const share = [...foreignBytes].reduce((sum, byte) => sum + (counts[byte.charCodeAt(0)] ?? 0), 0) / high
  const isForeign = foreign > 0 && (foreignBytes.size === 0 || share >= FOREIGN_SHARE_MIN)
  return { isDoubtful: wrong > 0 || isForeign, doubt: wrong * 10 + foreign }
}

/** Bytes of a word that alone are letters of other people; none in encodings of several bytes a letter. */
function foreignBytesIn(word: string, encoding: string, alphabet: Alphabet): string[] {
  return [...word].filter((byte) => {
    const text = byte < '\u0080' ? undefined : decodeWord(byte, encoding)
    return text !== undefined && doubtOfWord(text, alphabet) === 'foreign'
  })
}

/** The best encodings, each with the same names; those that read them alike count as one. */
function readingsOf(scan: ByteScan, alphabet: Alphabet): Reading[] {
  const words = sampleWords(scan, alphabet)
  const step = Math.ceil(scan.words.length / WORDS_COMPARED)
  const compared = scan.words.filter((_, index) => index % step === 0)
  const judged = candidates
    .map((encoding) => ({ encoding, ...judge({ ...scan, words: compared }, encoding, alphabet) }))
    .filter(({ encoding, doubt }) => encoding === 'windows-1252' || doubt < compared.length * 10)
    .sort((a, b) => a.doubt - b.doubt)
  const readings = new Map<string, Reading & { doubt: number }>()
  for (const { encoding, doubt } of judged) {
    const samples = words.map((word) => decodeWord(word, encoding))
    if (samples.some((text) => text === undefined) || readings.has(samples.join())) continue
    readings.set(samples.join(), { encoding, samples: samples as string[], doubt })
  }
  const all = [...readings.values()]
  const own = all.filter(({ encoding }) => encoding === 'windows-1252')
  const others = all.filter(({ encoding }) => encoding !== 'windows-1252')
  const far = 2 * (others[0]?.doubt ?? 0) + 1
  return [
    ...others.filter(({ doubt }, index) => index + own.length < 2 || doubt <= far).slice(0, READINGS_MAX - own.length),
    ...own,
  ].map(({ encoding, samples }) => ({ encoding, samples }))
}

/** Names by which readings differ most: those that read worst as what the file was taken for. */
function sampleWords(scan: ByteScan, alphabet: Alphabet): string[] {
  const weights = { wrong: 0, foreign: 1, fine: 2 }
  const weightOf = (word: string) => {
    const text = decodeWord(word, 'windows-1252')
    return weights[text === undefined ? 'wrong' : (doubtOfWord(text, alphabet) ?? 'fine')] + (word.length < 3 ? 3 : 0)
  }
  return scan.words
    .map((word) => ({ word, weight: weightOf(word) }))
    .sort((a, b) => a.weight - b.weight)
    .slice(0, SAMPLES)
    .map(({ word }) => word)
}

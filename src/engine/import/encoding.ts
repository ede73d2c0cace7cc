// What the bytes of a file are: text at all, and in which encoding. UTF-8 is proved over the whole file; Windows-1252 is a guess,
// which encoding-doubt.ts compares with the people of the file; everything else must be named.
import { isAscii } from 'node:buffer'
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { TextDecoder } from 'node:util'
import { AppError } from '../../domain/errors.ts'
import { counted } from '../../domain/plural.ts'
import { encodingNamed } from './text-decoder.ts'
import { WordSampler } from './word-sampler.ts'

/** Read to find delimiter and header. */
export const SAMPLE_BYTES = 64 * 1024
const CHUNK_BYTES = 1024 * 1024
/** Share of non-ASCII bytes that stand beside another one: single accented letters in western text, pairs elsewhere. */
const PAIRED_SHARE_MAX = 0.35

export interface ByteScan {
  start: Buffer
  sha256: string
  /** Offset of the first byte that is no UTF-8, or undefined. */
  invalidUtf8At: number | undefined
  hasValidMultibyte: boolean
  /** Non-ASCII bytes, and those of them beside another one. */
  high: number
  paired: number
  /** Bytes that Windows-1252 does not use. */
  undefined1252: number
  /** How often each byte above ASCII comes, and words in which it does, one character a byte; of a file that is no UTF-8. */
  counts: number[]
  words: string[]
  /** Zero bytes at even and odd offsets of the start. */
  zeros: [number, number]
}

export async function scanBytes(path: string, shown = path): Promise<ByteScan> {
  const scanner = new ByteScanner()
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: CHUNK_BYTES }) as AsyncIterable<Buffer>)
      scanner.add(chunk)
  } catch (error) {
    throw new AppError('file.not_readable', `cannot read ${shown}`, { cause: error })
  }
  return scanner.finish()
}

/** Looks at the bytes of a file as they come: while it is read, or while it arrives. */
export class ByteScanner {
  readonly #hash = createHash('sha256')
  readonly #decoder = new TextDecoder('utf-8', { fatal: true })
  readonly #words = new WordSampler()
  readonly #scan: ByteScan = {
    start: Buffer.alloc(0),
    sha256: '',
    invalidUtf8At: undefined,
    hasValidMultibyte: false,
    high: 0,
    paired: 0,
    undefined1252: 0,
    counts: Array.from({ length: 256 }, () => 0),
    words: [],
    zeros: [0, 0],
  }
  #offset = 0
  #isAscii = true

  add(chunk: Uint8Array): void {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
    const { start } = this.#scan
    if (start.length < SAMPLE_BYTES)
      this.#scan.start = Buffer.concat([start, bytes.subarray(0, SAMPLE_BYTES - start.length)])
    this.#hash.update(bytes)
    // Plain ASCII is told fifty times faster than it is decoded.
    this.#isAscii &&= isAscii(bytes)
    if (!this.#isAscii) checkUtf8(this.#scan, this.#decoder, bytes, this.#offset)
    if (this.#scan.invalidUtf8At !== undefined) this.#words.add(bytes)
    this.#offset += bytes.length
  }

  finish(): ByteScan {
    const scan = this.#scan
    try {
      if (scan.invalidUtf8At === undefined) this.#decoder.decode()
    } catch {
      scan.invalidUtf8At = this.#offset
    }
    const { start } = scan
    for (let i = 0; i < Math.min(start.length, 1024); i++) if (start[i] === 0) scan.zeros[i % 2 === 0 ? 0 : 1]++
    scan.sha256 = this.#hash.digest('hex')
    scan.words = this.#words.finish()
    return scan
  }
}

function checkUtf8(scan: ByteScan, decoder: TextDecoder, chunk: Buffer, offset: number): void {
  if (scan.invalidUtf8At === undefined) {
    try {
      const text = decoder.decode(chunk, { stream: true })
      scan.hasValidMultibyte ||= text.length !== chunk.length
      return
    } catch {
      scan.invalidUtf8At = offset + firstInvalidUtf8(chunk)
    }
  }
  // Only a file that is no UTF-8 is counted byte by byte.
  for (let i = 0; i < chunk.length; i++) {
    const byte = chunk[i] ?? 0
    if (byte < 0x80) continue
    scan.high++
    scan.counts[byte] = (scan.counts[byte] ?? 0) + 1
    if ((chunk[i - 1] ?? 0) >= 0x80 || (chunk[i + 1] ?? 0) >= 0x80) scan.paired++
    scan.hasValidMultibyte ||= isUtf8Letter(byte, chunk[i + 1] ?? 0)
    if (byte === 0x81 || byte === 0x8d || byte === 0x8f || byte === 0x90 || byte === 0x9d) scan.undefined1252++
  }
}

/** An accented letter as UTF-8 writes it; as Windows-1252 the two bytes would be Ã and a sign that never follows it. */
function isUtf8Letter(byte: number, next: number): boolean {
  return byte === 0xc3 && next >= 0xa1 && next <= 0xbf && next !== 0xbb
}

function firstInvalidUtf8(chunk: Buffer): number {
  let low = 0
  let high = chunk.length
  while (high - low > 1) {
    const middle = (low + high) >> 1
    try {
      new TextDecoder('utf-8', { fatal: true }).decode(chunk.subarray(0, middle), { stream: true })
      low = middle
    } catch {
      high = middle
    }
  }
  return low
}

const OLD_EXCEL = 'an old Excel file'
/** A workbook with a password is packed as old files are, in a part of this name. */
const ENCRYPTED = Buffer.from('EncryptedPackage', 'utf16le')

const kinds: [string, string][] = [
  ['PK\x03\x04', 'an Excel or ZIP file'],
  ['PK\x05\x06', 'an empty ZIP file'],
  ['PK\x07\x08', 'a part of a ZIP file'],
  ['\xd0\xcf\x11\xe0', OLD_EXCEL],
  ['\x1f\x8b', 'a gzip file'],
  ['BZh', 'a bzip2 file'],
  ['\xfd7zXZ', 'an xz file'],
  ['\x28\xb5\x2f\xfd', 'a Zstandard file'],
  ['7z\xbc\xaf', 'a 7-Zip file'],
  ['Rar!\x1a', 'a RAR file'],
  ['%PDF', 'a PDF'],
  ['\x89PNG', 'a PNG image'],
  ['\xff\xd8\xff', 'a JPEG image'],
  ['SQLite format 3', 'an SQLite database'],
  ['{\\rtf', 'an RTF document'],
]

export function refuseOtherKinds(start: Buffer, fileName: string): void {
  const head = start.subarray(0, 64).toString('latin1')
  const text = start.toString('latin1').trimStart().toLowerCase()
  const kind = kinds.find(([magic]) => head.startsWith(magic))?.[1] ?? textKind(text)
  if (kind === OLD_EXCEL && (start.includes(ENCRYPTED) || /\.xls[xm]$/i.test(fileName)))
    throw new AppError('csv.not_text', `${fileName} is a workbook with a password`, {
      hint: 'Open it in a spreadsheet, remove its password, and save it as XLSX or as CSV UTF-8.',
    })
  if (kind !== undefined)
    throw new AppError('csv.not_text', `${fileName} is ${kind}, no CSV`, {
      hint: 'Open it in a spreadsheet and save it as CSV UTF-8.',
    })
}

function textKind(text: string): string | undefined {
  // Many programs write a table of HTML and call it .xls.
  if (/^(?:\xef\xbb\xbf)?<(?:!doctype html|!--|html|head|body|meta|style|title|table|div)/.test(text))
    return 'an HTML page'
  if (/^(?:\xef\xbb\xbf)?begin:vcard/.test(text)) return 'a vCard file'
  if (text.startsWith('mime-version:')) return 'a web archive'
  if (/^(?:\xef\xbb\xbf)?<\?xml/.test(text)) return 'an XML file'
  return /^(?:\xef\xbb\xbf)?(?:\{\s*"|\[\s*[{["])/.test(text) ? 'a JSON file' : undefined
}

export interface Encoding {
  label: string
  markBytes: number
  note?: string
  /** Why nobody can know it but a person: what it is read as for the time being is western European. */
  isGuess?: 'western' | 'other'
}

export function decideEncoding(scan: ByteScan, named: string | undefined, fileName: string): Encoding {
  const { start } = scan
  refuseUnreadable(start, fileName)
  const marks = utf8MarksAt(start)
  if (marks > 0 && scan.invalidUtf8At === undefined)
    return {
      label: 'utf-8',
      markBytes: marks * UTF8_MARK.length,
      ...(marks > 1 && {
        note: `${counted(marks - 1, 'more byte order mark was', 'more byte order marks were')} left out at the beginning`,
      }),
    }
  if (start[0] === 0xff && start[1] === 0xfe)
    return { label: 'utf-16le', markBytes: 2, note: 'encoding UTF-16 was converted' }
  if (start[0] === 0xfe && start[1] === 0xff)
    return { label: 'utf-16be', markBytes: 2, note: 'encoding UTF-16 was converted' }
  if (named !== undefined) return namedEncoding(named, scan, fileName)
  refuseUnmarkedUtf16(scan, fileName)
  if (scan.invalidUtf8At === undefined) return { label: 'utf-8', markBytes: 0 }
  return guessedEncoding(scan, scan.invalidUtf8At, fileName)
}

const UTF8_MARK = Buffer.from([0xef, 0xbb, 0xbf])

/** Programs that add a mark do not look whether there is one. */
function utf8MarksAt(start: Buffer): number {
  let marks = 0
  while (start.subarray(marks * 3, marks * 3 + 3).equals(UTF8_MARK)) marks++
  return marks
}

/** Encodings that nobody here can read, by their marks: the one of UTF-32 begins like the one of UTF-16. */
const unreadable: [string, Buffer][] = [
  ['UTF-32', Buffer.from([0xff, 0xfe, 0, 0])],
  ['UTF-32', Buffer.from([0, 0, 0xfe, 0xff])],
  ['UTF-7', Buffer.from('+/v8')],
  ['UTF-7', Buffer.from('+/v9')],
  ['UTF-EBCDIC', Buffer.from([0xdd, 0x73, 0x66, 0x73])],
]

function refuseUnreadable(start: Buffer, fileName: string): void {
  const found = unreadable.find(([, mark]) => start.subarray(0, mark.length).equals(mark))
  if (found !== undefined)
    throw new AppError('csv.encoding', `${fileName} is ${found[0]}, which is not read`, {
      hint: 'Save it as CSV UTF-8.',
    })
}

function namedEncoding(name: string, scan: ByteScan, fileName: string): Encoding {
  const label = encodingNamed(name)
  if (label === 'utf-8' && scan.invalidUtf8At !== undefined)
    throw new AppError('csv.encoding', `${fileName} is not UTF-8 from byte ${scan.invalidUtf8At} on`, {
      hint: 'Save it as CSV UTF-8, or name the encoding that it has.',
    })
  return { label, markBytes: 0 }
}

function refuseUnmarkedUtf16({ start, zeros: [even, odd] }: ByteScan, fileName: string): void {
  const looked = Math.min(start.length, 1024)
  if (Math.max(even, odd) <= looked / 8) return
  const has = `${fileName} has NUL bytes at offset ${start.indexOf(0)}`
  // Of four bytes to a character three are zero, of two one.
  if (even + odd > looked * 0.6)
    throw new AppError('csv.encoding', `${has}: it looks like UTF-32, which is not read`, {
      hint: 'Save it as CSV UTF-8.',
    })
  const likely = odd > even ? 'utf-16le' : 'utf-16be'
  throw new AppError('csv.encoding', `${has}: it looks like UTF-16 (${likely}) without a byte order mark`, {
    hint: `Import it with --encoding ${likely}, or save it as CSV UTF-8.`,
  })
}

function guessedEncoding(scan: ByteScan, invalidAt: number, fileName: string): Encoding {
  if (scan.hasValidMultibyte)
    throw new AppError(
      'csv.encoding',
      `${fileName} is not UTF-8 from byte ${invalidAt} on, and it mixes UTF-8 with another encoding`,
      { hint: 'Save it as CSV UTF-8.' },
    )
  return {
    label: 'windows-1252',
    markBytes: 0,
    note: 'encoding Windows-1252 was recognised: check names with accents',
    isGuess: scan.paired <= scan.high * PAIRED_SHARE_MAX ? 'western' : 'other',
  }
}

// Encodings by their names, and their bytes as text: those that Node knows, the old ones of DOS and Mac OS that it does not, and
// Windows-1252, of which some versions of Node lose the signs between 0x80 and 0x9f (apostrophes, €, Œ).
import { TextDecoder } from 'node:util'
import iconv from 'iconv-lite'
import { AppError } from '../../domain/errors.ts'

/** Names of iconv-lite that are encodings of text and unknown to Node. */
const olderNames = new Set(
  'cp437 cp737 cp775 cp850 cp852 cp855 cp857 cp858 cp860 cp861 cp862 cp863 cp864 cp865 cp869 maccenteuro maccroatian macgreek maciceland macromania macturkish'.split(
    ' ',
  ),
)

/** Names that people give them beside their own. */
const otherNames: Record<string, string> = {
  macroman: 'macintosh',
  maccentraleurope: 'maccenteuro',
  maclatin2: 'maccenteuro',
  ansi: 'windows-1252',
  oem: 'cp850',
}

/** The one name of an encoding. Throws AppError csv.encoding for a name that nobody knows. */
export function encodingNamed(name: string): string {
  try {
    return new TextDecoder(name).encoding
  } catch (error) {
    const older = name
      .toLowerCase()
      .replace(/[\s_-]/g, '')
      .replace(/^(?:ibm|dos|oem|x)?(?=\d|mac)/, '')
      .replace(/^(?=\d)/, 'cp')
    if (olderNames.has(older)) return older
    const other = otherNames[older]
    if (other !== undefined) return other
    throw new AppError('csv.encoding', `unsupported encoding "${name.slice(0, 40)}"`, {
      hint: 'Examples: utf-8, windows-1252, windows-1250, macintosh, cp850, shift_jis, gb18030.',
      cause: error,
    })
  }
}

function isReadByIconv(label: string): boolean {
  return label === 'windows-1252' || olderNames.has(label)
}

export interface StreamDecoder {
  /** Text of the next bytes. Throws TypeError where they do not fit. */
  write(bytes: Uint8Array): string
  end(): string
}

/** Decodes piece by piece. */
export function decoderOf(label: string): StreamDecoder {
  if (isReadByIconv(label)) {
    const decoder = iconv.getDecoder(label)
    return { write: (bytes) => whole(decoder.write(Buffer.from(bytes)), label), end: () => decoder.end() ?? '' }
  }
  const decoder = new TextDecoder(label, { fatal: true })
  return { write: (bytes) => decoder.decode(bytes, { stream: true }), end: () => decoder.decode() }
}

/** A sign that stands for what could not be read is never stored. */
function whole(text: string, label: string): string {
  if (text.includes('\ufffd')) throw new TypeError(`bytes that ${label} does not have`)
  return text
}

/** The text of bytes that may end within a character; what does not fit is replaced. */
export function decodeStart(bytes: Buffer, label: string): string {
  return isReadByIconv(label) ? iconv.decode(bytes, label) : new TextDecoder(label).decode(bytes)
}

/** Encodings in which a letter may have several bytes. */
export const wideEncodings: ReadonlySet<string> = new Set(['shift_jis', 'gb18030', 'big5', 'euc-kr', 'euc-jp'])

/** The character of each byte, by encoding: words are read in many encodings, one after the other. */
const tables = new Map<string, string[]>()

function tableOf(label: string): string[] {
  const known = tables.get(label)
  if (known !== undefined) return known
  const table = [...decodeStart(Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)), label)]
  tables.set(label, table)
  return table
}

/** The text of a whole word, given one character a byte; undefined when it is none in this encoding. */
export function decodeWord(word: string, label: string): string | undefined {
  const text = wideEncodings.has(label) ? decodeWide(word, label) : decodeByTable(word, tableOf(label))
  return text === undefined || /[\ufffd\u0080-\u009f]/.test(text) ? undefined : text
}

function decodeByTable(word: string, table: readonly string[]): string {
  let text = ''
  for (let i = 0; i < word.length; i++) text += table[word.charCodeAt(i)] ?? '\ufffd'
  return text
}

function decodeWide(word: string, label: string): string | undefined {
  try {
    return new TextDecoder(label, { fatal: true }).decode(Buffer.from(word, 'latin1'))
  } catch {
    return undefined
  }
}

// Whether the quotes of a CSV are well formed, before anybody believes its cells: a cell that opens with a quote ends with one,
// followed by a delimiter or the end of the line. Quotes inside a cell that opens without one are text. One pass over the bytes as
// they come, nothing kept of them; counts the physical lines on the way.
import { Transform, type TransformCallback } from 'node:stream'
import { AppError } from '../../domain/errors.ts'

const QUOTE = 0x22
const LF = 0x0a
const CR = 0x0d

/** Where a quoted cell opens. */
interface Place {
  line: number
  cell: number
}

type State = 'cell start' | 'plain cell' | 'quoted cell' | 'quote inside'

/** Takes the text as UTF-8, in pieces; delimiters, quotes and line ends are ASCII. */
export class QuoteScanner {
  /** Line ends so far, also those inside quotes. */
  lineEnds = 0
  /** 1 for the bytes that mean something to a CSV. */
  readonly #signs = new Uint8Array(256)
  readonly #delimiters: ReadonlySet<number>
  #state: State = 'cell start'
  #cell = 1
  #opened: Place = { line: 1, cell: 1 }
  #last = LF

  constructor(delimiters: readonly string[]) {
    this.#delimiters = new Set(delimiters.map((delimiter) => delimiter.charCodeAt(0)))
    for (const byte of [QUOTE, LF, CR, ...this.#delimiters]) this.#signs[byte] = 1
  }

  /** Physical lines so far: one without its line end counts too. */
  get lines(): number {
    return this.lineEnds + (this.#last === LF || this.#last === CR ? 0 : 1)
  }

  /** Where the quoted cell opens in which the text ends so far. */
  get openAt(): Place | undefined {
    return this.#state === 'quoted cell' ? this.#opened : undefined
  }

  /** The cell whose quotes are wrong, if there is one in this piece; nothing may be added then. */
  add(bytes: Uint8Array): Place | undefined {
    const signs = this.#signs
    for (let i = 0; i < bytes.length; i++) {
      const byte = bytes[i] as number
      if (signs[byte] === 1) this.#sign(byte, i === 0 ? this.#last : (bytes[i - 1] as number))
      else if (this.#state === 'quote inside') return this.#opened
      else {
        if (this.#state === 'cell start') this.#state = 'plain cell'
        // Most bytes are the rest of a text.
        while (i + 1 < bytes.length && signs[bytes[i + 1] as number] === 0) i++
      }
    }
    this.#last = bytes.at(-1) ?? this.#last
    return undefined
  }

  #sign(byte: number, before: number): void {
    const isLineEnd = byte === LF || byte === CR
    if (isLineEnd && !(byte === LF && before === CR)) this.lineEnds++
    if (this.#state === 'quoted cell') {
      if (byte === QUOTE) this.#state = 'quote inside'
    } else if (isLineEnd || this.#delimiters.has(byte)) {
      this.#state = 'cell start'
      this.#cell = isLineEnd ? 1 : this.#cell + 1
    } else if (this.#state !== 'plain cell') {
      if (this.#state === 'cell start') this.#opened = { line: this.lineEnds + 1, cell: this.#cell }
      this.#state = 'quoted cell'
    }
  }
}

export interface QuotedFile {
  fileName: string
  delimiters: readonly string[]
  /** Lines of the file before the text that is read. */
  linesBefore: number
}

/** Hands the text on unchanged. Fails with AppError csv.bad_quote, csv.unclosed_quote, also where the file ends inside quotes. */
export class QuoteCheck extends Transform {
  readonly #scanner: QuoteScanner
  readonly #file: QuotedFile

  constructor(file: QuotedFile) {
    super()
    this.#scanner = new QuoteScanner(file.delimiters)
    this.#file = file
  }

  /** Physical lines of the file so far. */
  get lines(): number {
    return this.#file.linesBefore + this.#scanner.lines
  }

  /** What is wrong with a cell that has not ended yet, for a reader who gave up before its end. */
  get unclosed(): AppError | undefined {
    const place = this.#scanner.openAt
    return place && unclosedQuote(this.#file, place)
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    const wrong = this.#scanner.add(chunk)
    if (wrong === undefined) return done(null, chunk)
    done(wrongQuote(this.#file, wrong, this.#scanner.lineEnds + 1))
  }

  override _flush(done: TransformCallback): void {
    done(this.unclosed ?? null)
  }
}

/** Looks at the start of a file, or at all of it. Throws AppError csv.bad_quote, csv.unclosed_quote. */
export function checkQuotes(text: string, isWhole: boolean, file: QuotedFile): void {
  const scanner = new QuoteScanner(file.delimiters)
  const wrong = scanner.add(Buffer.from(text))
  if (wrong !== undefined) throw wrongQuote(file, wrong, scanner.lineEnds + 1)
  if (isWhole && scanner.openAt !== undefined) throw unclosedQuote(file, scanner.openAt)
}

/** A quote that is followed by text on another line than it opened closes nothing: it opens a cell itself. */
function wrongQuote(file: QuotedFile, opened: Place, line: number): AppError {
  if (opened.line !== line) return unclosedQuote(file, opened, `its cell goes on to line ${line + file.linesBefore}`)
  return new AppError(
    'csv.bad_quote',
    `${lineIn(file, opened)}: cell ${opened.cell} begins with a quote, and more text follows its closing quote`,
    { hint: 'Write a quote inside a quoted cell twice (""), or remove it; nothing was imported.' },
  )
}

/** The quote that opens at a place swallows what follows it. */
export function unclosedQuote(file: QuotedFile, opened: Place, why?: string): AppError {
  return new AppError(
    'csv.unclosed_quote',
    `${lineIn(file, opened)}: a quote opens in cell ${opened.cell} and is never closed${why === undefined ? '' : `; ${why}`}`,
    { hint: 'Close the quote or remove it; nothing was imported.' },
  )
}

function lineIn({ fileName, linesBefore }: QuotedFile, { line }: Place): string {
  return `${fileName} line ${linesBefore + line}`
}

// What a command answers: one JSON document, or text for people. Names from outside cannot move the cursor.
import Table from 'cli-table3'
import { createColors } from 'picocolors'
import type { AppError } from '../domain/errors.ts'
import { inSentences } from '../domain/sentence.ts'
import { colouredLine, escapeInJson, plainLine } from '../runtime/terminal-text.ts'

/** The reader of our output has seen enough (`| head`): the rest is not written, and that is no mistake. */
export class ReaderGone extends Error {}

/** Writes to standard output no faster than it is read. */
export async function writeOut(text: string): Promise<void> {
  const { stdout } = process
  if (stdout.write(text)) return
  // Called when everything before it is written, or can never be.
  await new Promise<void>((resolve, reject) => {
    stdout.write('', (error) => (error ? reject(new ReaderGone()) : resolve()))
  })
}

export interface OutputOptions {
  isJson: boolean
  isQuiet: boolean
  hasColor: boolean
}

export class Output {
  readonly isJson: boolean
  readonly isQuiet: boolean
  readonly colors: ReturnType<typeof createColors>

  constructor({ isJson, isQuiet, hasColor }: OutputOptions) {
    this.isJson = isJson
    this.isQuiet = isQuiet
    this.colors = createColors(hasColor)
  }

  /** The answer: `data` with --json, else what `show` prints. */
  result(data: unknown, show: () => void): void {
    if (this.isJson) this.json(data)
    else show()
  }

  /** A document for programs. */
  json(data: unknown): void {
    process.stdout.write(`${escapeInJson(JSON.stringify(data, null, 2))}\n`)
  }

  /** One line, whatever stands in it. */
  line(text = ''): void {
    if (!this.isJson) process.stdout.write(`${colouredLine(text)}\n`)
  }

  /** A text of several lines. */
  lines(text: string): void {
    for (const line of text.split('\n')) this.line(line)
  }

  /** Something beside the answer. */
  note(text: string): void {
    if (!this.isQuiet) process.stderr.write(`${this.colors.dim(plainLine(text))}\n`)
  }

  warn(text: string): void {
    process.stderr.write(`${this.colors.yellow('warning:')} ${plainLine(text)}\n`)
  }

  /** One line: what, where, how to mend it; with --json the same as an object. */
  error(error: AppError): void {
    this.errorLine(error)
    if (!this.isJson) return
    const { code, message, hint, details } = error
    this.json({ error: { code, message, hint: hint ?? null, details: details ?? null } })
  }

  errorLine(error: AppError): void {
    const { caret, pattern } = error.details ?? {}
    const place = caret === undefined ? '' : `\n  ${plainLine(String(pattern))}\n  ${plainLine(String(caret))}`
    const words = plainLine(inSentences(error.message, error.hint))
    process.stderr.write(`${this.colors.red('error:')} ${words} (${error.code})${place}\n`)
  }

  /** Rows under a heading; nothing but the hint when there are none. */
  table(head: string[], rows: (string | number | null)[][], whenEmpty: string): void {
    if (rows.length === 0) return this.line(this.colors.dim(whenEmpty))
    const table = new Table({
      head: head.map((name) => this.colors.bold(name)),
      style: { head: [], border: [], compact: true },
      chars: borderless,
    })
    for (const row of rows) table.push(row.map((cell) => plainLine(cell === null ? '' : String(cell))))
    this.lines(table.toString())
  }

  /** Names and values below each other. */
  facts(facts: [string, string | number | null][]): void {
    const width = Math.max(...facts.map(([name]) => name.length))
    for (const [name, value] of facts)
      if (value !== null && value !== '')
        this.line(`${this.colors.dim(name.padEnd(width))}  ${plainLine(String(value))}`)
  }
}

const borderless = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '  ',
}

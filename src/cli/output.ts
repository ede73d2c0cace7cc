// What a command answers: one JSON document, or text for people. Names from outside cannot move the cursor.
import Table from 'cli-table3'
import { createColors } from 'picocolors'
import type { AppError } from '../domain/errors.ts'

/** Terminal control sequences and characters that reorder text. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: removing control characters is what it is for
const unsafe = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g

/** Text of unknown origin for a terminal. */
function plain(text: string): string {
  return text.replace(unsafe, '')
}

/** Whoever read our output has seen enough (`| head`): the rest is not written, and that is no mistake. */
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
    if (this.isJson) process.stdout.write(`${JSON.stringify(data, null, 2)}\n`)
    else show()
  }

  line(text = ''): void {
    if (!this.isJson) process.stdout.write(`${text}\n`)
  }

  /** Something beside the answer. */
  note(text: string): void {
    if (!this.isQuiet) process.stderr.write(`${this.colors.dim(text)}\n`)
  }

  warn(text: string): void {
    process.stderr.write(`${this.colors.yellow('warning:')} ${plain(text)}\n`)
  }

  /** One line: what, where, how to mend it; with --json the same as an object. */
  error(error: AppError): void {
    this.errorLine(error)
    if (!this.isJson) return
    const { code, message, hint, details } = error
    process.stdout.write(
      `${JSON.stringify({ error: { code, message, hint: hint ?? null, details: details ?? null } }, null, 2)}\n`,
    )
  }

  errorLine(error: AppError): void {
    const caret =
      error.details?.caret === undefined ? '' : `\n  ${String(error.details.pattern)}\n  ${String(error.details.caret)}`
    const hint = error.hint === undefined ? '' : ` ${error.hint}`
    const words = plain(`${error.message}.${hint}`).replaceAll('\n', ' ')
    process.stderr.write(`${this.colors.red('error:')} ${words} (${error.code})${plain(caret)}\n`)
  }

  /** Rows under a heading; nothing but the hint when there are none. */
  table(head: string[], rows: (string | number | null)[][], whenEmpty: string): void {
    if (rows.length === 0) return this.line(this.colors.dim(whenEmpty))
    const table = new Table({
      head: head.map((name) => this.colors.bold(name)),
      style: { head: [], border: [], compact: true },
      chars: borderless,
    })
    for (const row of rows) table.push(row.map((cell) => plain(cell === null ? '' : String(cell))))
    this.line(table.toString())
  }

  /** Names and values below each other. */
  facts(facts: [string, string | number | null][]): void {
    const width = Math.max(...facts.map(([name]) => name.length))
    for (const [name, value] of facts)
      if (value !== null && value !== '') this.line(`${this.colors.dim(name.padEnd(width))}  ${plain(String(value))}`)
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

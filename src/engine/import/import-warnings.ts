// What the lines of one file are warned of: how often, on which lines, and what the first of them held.

/** Lines named for each warning. */
const LINES_MAX = 1_000
/** Lines of each warning shown with what they hold. */
const SHOWN_MAX = 20
/** Characters of a cell that are shown. */
const CELL_SHOWN = 60

export interface WarnedLine {
  line: number
  warning: string
  /** What is in the cell, and what became of it; empty where the warning is about the whole line. */
  detail: string
}

export class ImportWarnings {
  readonly counts: Record<string, number> = {}
  /** Where the first rows of each warning begin. */
  readonly lines: Record<string, number[]> = {}
  readonly shown: WarnedLine[] = []

  add(warning: string, line: number, detail = ''): void {
    const count = (this.counts[warning] ?? 0) + 1
    this.counts[warning] = count
    this.#name(warning, line)
    if (count <= SHOWN_MAX) this.shown.push({ line, warning, detail })
  }

  /** A warning that is counted elsewhere, with the first lines that it is about. */
  set(warning: string, count: number, first: readonly Omit<WarnedLine, 'warning'>[]): void {
    this.counts[warning] = count
    for (const { line, detail } of first) {
      this.#name(warning, line)
      this.shown.push({ line, warning, detail })
    }
  }

  #name(warning: string, line: number): void {
    const lines = this.lines[warning] ?? []
    if (lines.length === 0) this.lines[warning] = lines
    if (lines.length < LINES_MAX) lines.push(line)
  }
}

/** A cell as a warning quotes it. */
export function quoteCell(cell: string): string {
  const text = cell.trim()
  return `"${text.length > CELL_SHOWN ? `${text.slice(0, CELL_SHOWN)}…` : text}"`
}

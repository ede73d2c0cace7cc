// A progress bar on stderr, only on a terminal.
import type { Progress } from '../engine/context.ts'

const REDRAW_MS = 100
const BAR_WIDTH = 24

export class ProgressBar implements Disposable {
  readonly #isShown: boolean
  readonly #startedAt = performance.now()
  #lastDrawn = 0
  #hasLine = false

  constructor(isQuiet: boolean) {
    this.#isShown = !isQuiet && process.stderr.isTTY === true
  }

  /** Shows how far something is; `extra` stands behind it. */
  show({ done, total, what }: Progress, extra = ''): void {
    const now = performance.now()
    if (!this.#isShown || (now - this.#lastDrawn < REDRAW_MS && done !== total)) return
    this.#lastDrawn = now
    const share = total === undefined || total === 0 ? undefined : Math.min(1, done / total)
    const bar =
      share === undefined
        ? ''
        : `${'█'.repeat(Math.round(share * BAR_WIDTH)).padEnd(BAR_WIDTH, '░')} ${String(Math.round(share * 100)).padStart(3)} %  `
    const rate = this.#rate(done, now)
    const of = total === undefined ? '' : ` of ${total.toLocaleString('en')}`
    // A step that counts nothing has its name alone.
    const isCounted = done > 0 || total !== undefined
    const text = isCounted ? `${bar}${done.toLocaleString('en')}${of} ${what}${rate}${extra}` : `${what} …`
    const width = process.stderr.columns ?? 80
    process.stderr.write(`\r\u001b[K${text.slice(0, Math.max(10, width - 1))}`)
    this.#hasLine = true
  }

  #rate(done: number, now: number): string {
    const seconds = (now - this.#startedAt) / 1000
    return seconds < 0.5 ? '' : `, ${Math.round(done / seconds).toLocaleString('en')}/s`
  }

  /** Leaves the line empty for what comes next. */
  clear(): void {
    if (this.#hasLine) process.stderr.write('\r\u001b[K')
    this.#hasLine = false
  }

  [Symbol.dispose](): void {
    this.clear()
  }
}

// How far a long level has come, on stderr: beside the results, which alone are on stdout. A line that a terminal shows is
// written over by the next one; elsewhere there is one every ten seconds at most.
const EVERY_MS = 10_000

export class Progress {
  readonly #beganAt = performance.now()
  #writtenAt = -EVERY_MS

  now(text: string): void {
    const at = performance.now()
    if (!process.stderr.isTTY && at - this.#writtenAt < EVERY_MS) return
    this.#writtenAt = at
    const line = `   … ${text} (${Math.round((at - this.#beganAt) / 1000)} s)`
    process.stderr.write(process.stderr.isTTY ? `\r\x1b[K${line}` : `${line}\n`)
  }

  /** Clears what a terminal shows of it, before a result is printed. */
  clear(): void {
    if (process.stderr.isTTY) process.stderr.write('\r\x1b[K')
  }
}

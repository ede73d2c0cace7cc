// Work for several subjects beside each other: for each one at a time, and none waits for another.

export class SideBySide {
  readonly #atOnceMax: number
  readonly #running = new Map<number, Promise<void>>()

  constructor(atOnceMax: number) {
    this.#atOnceMax = atOnceMax
  }

  /** Begins the work of a subject, unless it is under way or too many others are. The work does not reject. */
  begin(subject: number, work: () => Promise<void>): void {
    if (this.#running.has(subject) || this.#running.size >= this.#atOnceMax) return
    this.#running.set(
      subject,
      work().finally(() => this.#running.delete(subject)),
    )
  }

  /** Resolves when everything that was begun has ended. */
  async settled(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running.values())
  }
}

// Which blocks of the source and of its libraries a piece of work ran that nothing had run before, and how often: what
// the engine of Node itself counts. Texts that reach something new are the better beginnings for others.
import { type Profiler, Session } from 'node:inspector'

const COUNTED = /\/(?:src|node_modules)\//
/** What drives the readers rather than reading. */
const NOT_COUNTED = /\/node_modules\/(?:fast-check|pure-rand|tsx|esbuild)\//

export class Coverage implements Disposable {
  readonly #session = new Session()
  readonly #seen = new Set<string>()

  constructor() {
    this.#session.connect()
    this.#session.post('Profiler.enable')
    this.#session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true })
  }

  /** Blocks and magnitudes of their counts that have been seen so far. */
  get size(): number {
    return this.#seen.size
  }

  /** Whether anything new has run since it was last asked. */
  hasGrown(): boolean {
    const before = this.#seen.size
    for (const script of this.#take()) {
      if (!COUNTED.test(script.url) || NOT_COUNTED.test(script.url)) continue
      // Powers of two: once more is news for the first few times only.
      for (const { ranges } of script.functions)
        for (const { startOffset, endOffset, count } of ranges)
          this.#seen.add(`${script.scriptId} ${startOffset} ${endOffset} ${Math.ceil(Math.log2(count + 1))}`)
    }
    return this.#seen.size > before
  }

  /** A session answers within the call. */
  #take(): Profiler.ScriptCoverage[] {
    let taken: Profiler.ScriptCoverage[] = []
    this.#session.post('Profiler.takePreciseCoverage', (error, answer) => {
      if (error !== null) throw error
      taken = answer.result
    })
    return taken
  }

  [Symbol.dispose](): void {
    this.#session.disconnect()
  }
}

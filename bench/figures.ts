// Figures as a reader compares them: what was found, beside which limit or peer, and what is to be reached. Told on the way, and written
// down for `npm run bench`, which makes a table of all of them.
import { appendFileSync } from 'node:fs'
import { median } from './measure.ts'

export interface Figure {
  /** Name of the bench. */
  bench: string
  what: string
  found: string
  /** The limit or the peer of the same run. */
  beside: string
  aim: string
  isReached: boolean
}

/** Where `npm run bench` collects them. */
export const FIGURES_FILE = 'BENCH_FIGURES'

export function tell(figure: Figure): void {
  const { what, found, beside, aim, isReached } = figure
  console.log(`${isReached ? 'reached' : 'missed '}  ${what}: ${found}, ${beside} (aim ${aim})`)
  const file = process.env[FIGURES_FILE]
  if (file !== undefined) appendFileSync(file, `${JSON.stringify(figure)}\n`)
}

interface Compared extends Pick<Figure, 'bench' | 'what'> {
  /** One of ours and one of the other, of each round: others may load the machine, so single times say little. */
  rounds: readonly (readonly [ours: number, other: number])[]
  /** What the other one is. */
  beside: string
  /** At most so many times the other's time, or at least so many times the other's rate. */
  atMost?: number
  atLeast?: number
}

/** The median of the ratios of all rounds. */
export function tellRatio({ rounds, atMost, atLeast, beside, ...named }: Compared): void {
  const ratio = median(rounds.map(([ours, other]) => ours / other))
  tell({
    ...named,
    found: `${ratio.toFixed(2)} ×`,
    beside: `${beside} (${rounds.length} rounds)`,
    aim: atMost === undefined ? `≥ ${atLeast} ×` : `≤ ${atMost} ×`,
    isReached: atMost === undefined ? ratio >= (atLeast ?? 0) : ratio <= atMost,
  })
}

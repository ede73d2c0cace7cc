// Whom the comparisons of a filter leave out, counted over an audience and said in a sentence. Reads only, in slices.
import { comparisonsIn } from '../../domain/audience.ts'
import { counted } from '../../domain/plural.ts'
import { nextRange, type ResolvedAudience } from '../../store/audience.ts'
import { countLeftOut, type LeftOut } from '../../store/left-out.ts'
import type { Context } from '../context.ts'

/** Contacts of one transaction. */
const SLICE = 2_000

/** Sums over slices; what nobody is left out for is not named. */
export class LeftOutCount {
  readonly #sums = new Map<string, LeftOut>()

  add(found: readonly LeftOut[]): void {
    for (const one of found) {
      const key = `${one.kind} ${one.field}`
      const before = this.#sums.get(key)
      if (before === undefined) this.#sums.set(key, { ...one })
      else {
        before.people += one.people
        before.example ||= one.example
      }
    }
  }

  get all(): LeftOut[] {
    return [...this.#sums.values()].filter(({ people }) => people > 0)
  }
}

/** One sentence for each field; none where a filter compares nothing. */
export async function leftOutWarnings(ctx: Context, audience: ResolvedAudience): Promise<string[]> {
  const comparisons = comparisonsIn(audience.filter)
  if (comparisons.length === 0) return []
  const count = new LeftOutCount()
  for (let after = 0; ; ) {
    const slice = await ctx.db.read(async (tx) => {
      const range = await nextRange(tx, audience, after, SLICE)
      return range && { ...range, found: await countLeftOut(tx, audience, { after, ...range }, comparisons) }
    })
    if (slice === undefined) return count.all.map(leftOutText)
    count.add(slice.found)
    after = slice.through
    await new Promise((resolve) => setImmediate(resolve))
  }
}

function leftOutText({ field, kind, people, example }: LeftOut): string {
  const shown = example.length > 40 ? `${example.slice(0, 40)}…` : example
  return `${counted(people, 'person has', 'people have')} a "${field}" that is not a ${kind}, such as "${shown}": the filter leaves them out. Declare at the import how the file writes its ${kind}s`
}

// What the campaigns that were saved last chose: an editor offers it first, because the next one often chooses it again.
import { z } from 'zod'

/** By the newest campaign, by one of a few before it, or by none of them. */
export type Used = 'last' | 'lately' | undefined
type UsedNames = ReadonlyMap<string, Used>

/** By name, last used first. */
export interface UsedLast {
  senders: UsedNames
  lists: UsedNames
  excluded: UsedNames
  templates: UsedNames
}

/** Names of a kind that come first; more would hide the order of the others. */
const FIRST_MAX = 5

/** Only what is asked for here: a definition that cannot be launched any more still says what was used. */
const choicesSchema = z.object({
  sender: z.string(),
  audience: z.object({ lists: z.array(z.string()), exclude: z.array(z.string()).default([]) }),
  content: z.object({ template: z.string().optional() }),
})

/** `definitions` are those of campaigns, newest first. */
export function usedLast(definitions: readonly unknown[]): UsedLast {
  const read = definitions.flatMap((definition) => choicesSchema.safeParse(definition).data ?? [])
  return {
    senders: usedNames(read.map(({ sender }) => [sender])),
    lists: usedNames(read.map(({ audience }) => audience.lists)),
    excluded: usedNames(read.map(({ audience }) => audience.exclude)),
    templates: usedNames(read.map(({ content }) => (content.template === undefined ? [] : [content.template]))),
  }
}

function usedNames(byCampaign: readonly (readonly string[])[]): UsedNames {
  const used = new Map<string, Used>()
  for (const [place, names] of byCampaign.entries())
    for (const name of names)
      if (!used.has(name) && used.size < FIRST_MAX) used.set(name, place === 0 ? 'last' : 'lately')
  return used
}

/** Those that were used first, in the order of their use; the others as they were. */
export function usedFirst<T extends { name: string }>(found: readonly T[], used: UsedNames): T[] {
  const order = [...used.keys()]
  const placeOf = ({ name }: T) => (used.has(name) ? order.indexOf(name) : order.length)
  return [...found].sort((one, other) => placeOf(one) - placeOf(other))
}

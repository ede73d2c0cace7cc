// Why a person is not in an audience: the first of lists, exclusions and filter that says no. Reads only.
import type { Audience } from '../../domain/audience.ts'
import { isInAudience, type ResolvedAudience, resolveAudience } from '../../store/audience.ts'
import type { ReadTx } from '../../store/database.ts'
import type { List } from '../../store/lists.ts'

/** What leaves the person out; undefined when the person belongs to the audience. */
export async function leftOutBy(tx: ReadTx, audience: Audience, contactId: number): Promise<string | undefined> {
  const resolved = await resolveAudience(tx, audience)
  const isIn = (part: Partial<ResolvedAudience>) =>
    isInAudience(tx, { ...resolved, excluded: [], filter: undefined, ...part }, contactId)
  if (await isInAudience(tx, resolved, contactId)) return undefined
  if (!(await isIn({}))) return `is not in ${namesOf(resolved.lists)}`
  for (const list of resolved.excluded)
    if (!(await isIn({ excluded: [list] }))) return `is excluded as a member of ${namesOf([list])}`
  return 'is left out by the filter'
}

function namesOf(lists: readonly List[]): string {
  const names = lists.map(({ name }) => `"${name}"`).join(', ')
  return lists.length > 1 ? `any of the lists ${names}` : `the list ${names}`
}

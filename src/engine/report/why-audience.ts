// Why a person is not in an audience: the first of lists, exclusions and filter that says no. Reads only.
import { type Audience, comparisonsIn } from '../../domain/audience.ts'
import { isInAudience, type ResolvedAudience, resolveAudience } from '../../store/audience.ts'
import type { ReadTx } from '../../store/database.ts'
import { countLeftOut } from '../../store/left-out.ts'
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
  const range = { after: contactId - 1, through: contactId }
  const leftOut = await countLeftOut(tx, resolved, range, comparisonsIn(resolved.filter))
  const texts = leftOut.filter(({ people }) => people > 0)
  const why = texts.map(({ field, kind, example }) => `"${field}" is "${example.slice(0, 40)}", which is not a ${kind}`)
  return ['is left out by the filter', ...why].join(': ')
}

function namesOf(lists: readonly List[]): string {
  const names = lists.map(({ name }) => `"${name}"`).join(', ')
  return lists.length > 1 ? `any of the lists ${names}` : `the list ${names}`
}

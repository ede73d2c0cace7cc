// The time zones of the people of an audience, slice by slice. Reads only.
import type { Schedule } from '../../domain/schedule.ts'
import { listDistinct, nextRange, type ResolvedAudience } from '../../store/audience.ts'
import type { Context } from '../context.ts'

/** Contacts of one slice, which must not hold the thread long. */
const SLICE = 5_000

/** Stored zones, empty for people without one; none where the schedule does not ask for them. */
export async function zonesOf(
  { db }: Pick<Context, 'db'>,
  audience: ResolvedAudience,
  { isRecipientLocal }: Pick<Schedule, 'isRecipientLocal'>,
): Promise<string[]> {
  const zones = new Set<string>()
  for (let after = 0; isRecipientLocal; ) {
    const range = await db.read((tx) => nextRange(tx, audience, after, SLICE))
    if (range === undefined) break
    const { through } = range
    for (const zone of await db.read((tx) => listDistinct(tx, audience, { after, through }, 'zone'))) zones.add(zone)
    after = through
    await new Promise((resolve) => setImmediate(resolve))
  }
  return [...zones]
}

// The time zones of the people of an audience, slice by slice. Reads only.
import type { Schedule } from '../../domain/schedule.ts'
import { countZones, nextRange, type ResolvedAudience } from '../../store/audience.ts'
import type { Context } from '../context.ts'

/** Contacts of one slice, which must not hold the thread long. */
const SLICE = 5_000

/** People of each stored zone, empty for those without one; none where the schedule does not ask for zones. */
export async function zonesOf(
  { db }: Pick<Context, 'db'>,
  audience: ResolvedAudience,
  { isRecipientLocal }: Pick<Schedule, 'isRecipientLocal'>,
): Promise<Map<string, number>> {
  const zones = new Map<string, number>()
  for (let after = 0; isRecipientLocal; ) {
    const range = await db.read((tx) => nextRange(tx, audience, after, SLICE))
    if (range === undefined) break
    const { through } = range
    for (const { zone, count } of await db.read((tx) => countZones(tx, audience, { after, through })))
      zones.set(zone, (zones.get(zone) ?? 0) + count)
    after = through
    await new Promise((resolve) => setImmediate(resolve))
  }
  return zones
}

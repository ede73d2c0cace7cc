// An opt-out: marketing to the person is stopped, and with it what waits for them.
import type { CountChanges } from '../../store/counts.ts'
import type { Present, WriteTx } from '../../store/database.ts'
import { listOpenRunsOf } from '../../store/people.ts'
import { suppress } from '../../store/suppressions.ts'

interface Changes {
  now: Present
  counts: CountChanges
  /** Collects the runs in which something may have ended. */
  runs: Set<number>
}

/** Returns how many waiting messages that stopped. */
export async function optOut(
  tx: WriteTx,
  contactId: number,
  evidence: string,
  { now, counts, runs }: Changes,
): Promise<number> {
  const { stopped } = await suppress(tx, { contactId, scope: 'marketing', reason: 'opted_out', evidence }, now, counts)
  for (const runId of await listOpenRunsOf(tx, contactId)) runs.add(runId)
  return stopped
}

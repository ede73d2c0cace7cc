// Bugs that are planted for as long as a test takes: if the simulation did not find them, nobody could trust it.
import { StartQueue } from '../../../src/engine/send/start-queue.ts'
import { Journal } from '../../../src/store/journal.ts'
import type { Plant } from './simulate.ts'

export interface PlantedBug extends Plant {
  /** What the program does wrong. */
  name: string
  /** The promise that it breaks. */
  breaks: RegExp
  /** A seed that finds it. */
  seed: number
  /** Methods that are replaced. */
  replaced?: { of: object; name: string; by: (...args: never[]) => unknown }[]
}

function replace(from: string | RegExp, to: string): Pick<Plant, 'changeSql'> {
  return { changeSql: (sql) => sql.replace(from, to) }
}

export const plantedBugs: PlantedBug[] = [
  {
    name: 'a call is not noted before it goes out, so that a dead process is taken for not having begun it',
    breaks: /is called again, although attempt \d+ may have been accepted/,
    seed: 208,
    replaced: [{ of: Journal.prototype, name: 'begun', by: () => {} }],
  },
  {
    name: 'the client sends what may not begin any more: of a claim that has lapsed, or of a process that was taken over',
    breaks: /is called|is pending, but the provider has accepted it/,
    seed: 17,
    ignoresBegin: true,
  },
  {
    name: 'the claim does not ask whether a campaign is paused',
    breaks: /is called \d+ ms after the campaign was stopped/,
    seed: 30,
    ...replace(`(c.status = 'running' OR r.kind = 'test')`, '1'),
  },
  {
    name: 'the claim does not ask for opt-outs, and what waits is not stopped',
    breaks: /is called \d+ ms after the person (was suppressed|opted out)/,
    seed: 4,
    changeSql: (sql) =>
      sql
        .replace(/\(SELECT min\(CASE .*? FROM suppressions s WHERE s\.key = c\.key[^)]*\)(\))?/s, 'NULL')
        .replace(/UPDATE messages SET status = 'skipped'/, `UPDATE messages SET status = status`),
  },
  {
    name: 'the caps are not debited',
    breaks: /got \d+ marketing messages within a day/,
    seed: 3,
    ...replace(
      'INSERT INTO cap_uses (message_id, contact_id, campaign_id, at) VALUES (?, ?, ?, ?)',
      'INSERT INTO cap_uses (message_id, contact_id, campaign_id, at) VALUES (?, ?, ?, ? - 864000000)',
    ),
  },
  {
    name: 'a process does not see the slots that another one has taken',
    breaks: /calls begin within a second at a rate of/,
    seed: 20,
    ...replace(
      /last_start_at_us AS lastStartAtUs, pace_node_id AS nodeId,\s*sole_until_us AS soleUntilUs, shared_until_us AS sharedUntilUs/,
      'NULL AS lastStartAtUs, NULL AS nodeId, NULL AS soleUntilUs, NULL AS sharedUntilUs',
    ),
  },
  {
    name: 'a process takes the moments of another one as its own clock shows them, which was set since',
    breaks: /calls begin within a second at a rate of/,
    seed: 209,
    ...replace('pace_boot AS paceBoot', 'NULL AS paceBoot'),
  },
  {
    name: 'the counters move only when messages become accepted',
    breaks: /the books do not balance/,
    seed: 2,
    ...replace(
      'SET count = run_counts.count + excluded.count',
      'SET count = run_counts.count + max(0, excluded.count)',
    ),
  },
  {
    name: 'the claim does not ask whether the sender is paused',
    breaks: /is called \d+ ms after the sender was paused/,
    seed: 1,
    ...replace(
      'SELECT status, rate_per_second AS ratePerSecond',
      `SELECT 'active' AS status, rate_per_second AS ratePerSecond`,
    ),
  },
  {
    name: 'nothing waits although the provider has asked for it',
    breaks: /is called \d+ ms after the provider asked to wait/,
    seed: 14,
    ...replace('hold_until AS holdUntil, throttles', 'NULL AS holdUntil, throttles'),
    replaced: [{ of: StartQueue.prototype, name: 'hold', by: () => {} }],
  },
]

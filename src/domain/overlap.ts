// Whether the messages of two runs overlap for one person. In recipients' zones runs last longer than a day, so they are
// compared person by person, when the later message comes due.
import { ORDINARY_LATENESS_MS } from './lateness.ts'
import type { Schedule } from './schedule.ts'

/** A message of another run of the same campaign, planned for an earlier time, that was not done when this one came due. */
export interface EarlierMessage {
  /** When it is looked at next; null when it has been sent meanwhile. */
  dueAt: number | null
}

export interface OverlapRules {
  overlap: Schedule['overlap']
  missed: Schedule['missed']
}

export interface OverlapQuestion {
  earlier: EarlierMessage | null
  /** The later message: its own time, when it was planned, and until when it is worth sending. */
  scheduledAt: number
  createdAt: number
  now: number
}

/** How soon a message that waits for the one before it is looked at again (ms). */
const LOOK_AGAIN_MS = 5_000

export type OverlapDecision = { act: 'pass' } | { act: 'skip' } | { act: 'wait'; until: number }

/** What `missed: all` has caught up waits instead of being skipped. */
export function decideOverlap(
  { earlier, scheduledAt, createdAt, now }: OverlapQuestion,
  { overlap, missed }: OverlapRules,
): OverlapDecision {
  if (earlier === null || overlap === 'allow') return { act: 'pass' }
  const isCaughtUp = missed === 'all' && createdAt - scheduledAt > ORDINARY_LATENESS_MS
  if (overlap === 'skip' && !isCaughtUp) return { act: 'skip' }
  if (earlier.dueAt === null) return { act: 'pass' }
  return { act: 'wait', until: Math.max(earlier.dueAt, now + LOOK_AGAIN_MS) }
}

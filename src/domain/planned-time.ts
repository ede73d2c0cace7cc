// When the people of one planning get their message: at the run's instant, or when their own clock shows it. In
// recipients' zones each person's own time decides what is late, passed or covered by a pause.
import { countsFrom, isMissed } from './lateness.ts'
import { dueInZone, type Schedule } from './schedule.ts'
import type { UseCase } from './suppression.ts'
import { DAY_MS } from './time-zone.ts'

/** One planning: what holds for all its people. */
export interface PlanRules {
  useCase: UseCase
  schedule: Pick<Schedule, 'isRecipientLocal' | 'zonePassed' | 'zone' | 'missed' | 'catchUpMs'>
  validityMs: number
  occurrence: { at: number; local: number }
  /** Local times of the occurrences that follow, as far as they decide which of several missed ones is the latest. */
  later: readonly number[]
  /** When the launch, or an edit, accepted the schedule. */
  committedAt: number
  /** When a pause began that ended when the run was made; null for a run that no pause delayed. */
  pausedFrom: number | null
  /** When the run was made. */
  createdAt: number
  now: number
}

/** Why a person's own time leaves them out of a run. */
export type TimeSkip = 'zone_passed' | 'missed' | 'paused'

/** When the people of a zone get it. */
export interface Due {
  scheduledAt: number
  /** Why they do not, although the run is for them. */
  leftOut: TimeSkip | null
}

/** When people of a stored zone, empty for those without one, get a message of a run. */
export function dueOf(zone: string, plan: PlanRules): Due {
  const { schedule, occurrence, committedAt, createdAt, pausedFrom } = plan
  if (!schedule.isRecipientLocal) return { scheduledAt: countsFrom(occurrence.at, committedAt), leftOut: null }
  const clock = zone === '' ? schedule.zone : zone
  const own = dueInZone(clock, occurrence.local)
  if (own >= createdAt) return { scheduledAt: own, leftOut: null }
  if (own < committedAt) return passedAtLaunch(clock, own, plan)
  if (pausedFrom !== null && own > pausedFrom) return { scheduledAt: own, leftOut: 'paused' }
  const newer = plan.later.filter((local) => dueInZone(clock, local) <= createdAt).length
  const isLeftOut = isMissed({ lateMs: createdAt - own, newer }, { ...schedule, validityMs: plan.validityMs })
  return { scheduledAt: own, leftOut: isLeftOut ? 'missed' : null }
}

/** What the schedule says of people whose time was over when it was accepted. */
function passedAtLaunch(clock: string, own: number, plan: PlanRules): Due {
  const { schedule, occurrence, committedAt, validityMs } = plan
  if (schedule.zonePassed === 'now') return { scheduledAt: committedAt, leftOut: null }
  if (schedule.zonePassed === 'skip') return { scheduledAt: own, leftOut: 'zone_passed' }
  let local = occurrence.local
  let passed = own
  let next = own
  while (next < committedAt) {
    passed = next
    local += DAY_MS
    next = dueInZone(clock, local)
  }
  return { scheduledAt: next, leftOut: next - passed >= validityMs ? 'zone_passed' : null }
}

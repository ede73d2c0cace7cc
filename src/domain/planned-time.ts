// When the people of one planning get their message: at the run's instant, or when their own clock shows it.
import { HORIZON_MS } from './horizon.ts'
import { dueInZone, type Schedule } from './schedule.ts'
import type { UseCase } from './suppression.ts'
import { DAY_MS } from './time-zone.ts'

/** One planning: what holds for all its people. */
export interface PlanRules {
  useCase: UseCase
  schedule: Pick<Schedule, 'isRecipientLocal' | 'zonePassed' | 'zone'>
  validityMs: number
  occurrence: { at: number; local: number }
  /** When the run was made. */
  createdAt: number
  now: number
}

/** When the people of a zone get it. */
export interface Due {
  scheduledAt: number
  /** The zone's time is over and the campaign says to leave such people out. */
  isPassed: boolean
}

/** When people of a stored zone, empty for those without one, get a message of a run. */
export function dueOf(zone: string, plan: PlanRules): Due {
  const { schedule, occurrence, now, validityMs } = plan
  if (!schedule.isRecipientLocal) return { scheduledAt: occurrence.at, isPassed: false }
  const clock = zone === '' ? schedule.zone : zone
  const own = dueInZone(clock, occurrence.local)
  if (own >= now || schedule.zonePassed === 'now') return { scheduledAt: Math.max(own, now), isPassed: false }
  if (schedule.zonePassed === 'skip') return { scheduledAt: own, isPassed: true }
  const nextDay = dueInZone(clock, occurrence.local + DAY_MS)
  return { scheduledAt: nextDay, isPassed: nextDay - own >= validityMs || nextDay - plan.createdAt > HORIZON_MS }
}

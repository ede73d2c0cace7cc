// What becomes of the occurrences of a schedule that are due: they run, are missed, or are skipped. Decided over everything
// that is due at once, whether or not Herald was running meanwhile; only the writing goes in blocks.
import { CATCH_UP_ALL_MAX, countsFrom, isMissed, ORDINARY_LATENESS_MS } from './lateness.ts'
import { PROCESS_AHEAD_MAX_MS } from './possible-instant.ts'
import type { RunReason } from './run-status.ts'
import { dueInZone, type Occurrence, occurrencesAfter, planAt, RECIPIENT_LEAD_MS, type Schedule } from './schedule.ts'
import { DAY_MS, HOUR_MS } from './time-zone.ts'

/** How far a campaign's schedule has come. */
export interface ScheduleState {
  launchedAt: number
  /** When the launch, or the last edit of the schedule, accepted it. */
  committedAt: number
  /** Occurrences up to here are decided. */
  decidedUntil: number
  runsStarted: number
  /** Runs at work that a run in one zone would overlap. */
  unfinished: number
  pausedAt: number | null
}

export type OccurrenceDecision = { occurrence: Occurrence } & (
  | {
      act: 'run'
      /** Lateness was judged as of this instant: now, or the begin of the pause before which it was due. */
      asOf: number
      /** When a pause began that was over its first people, in recipients' zones. */
      pausedFrom: number | null
      lateMs: number
    }
  | { act: 'missed' | 'skipped'; reason: RunReason }
)

export interface DueDecision {
  /** Oldest first. */
  decided: OccurrenceDecision[]
  /** More is due than one block decides; what it decides is the same in whatever blocks. */
  hasMore: boolean
  /** When to look again; null when no occurrence is left. */
  nextTickAt: number | null
}

export interface DueQuestion {
  schedule: Schedule
  validityMs: number
  state: ScheduleState
  now: number
  /** What the pause still holds is let go: the campaign is resumed, or its schedule ends with an edit. */
  letsGo?: 'resume' | 'edit' | undefined
}

/** Occurrences decided in one block: finding them and writing their rows takes some 10 ms. */
export const OCCURRENCES_MAX = 32

/** Clocks are at most 14 hours ahead of UTC and 12 behind it. */
const AHEAD_MAX_MS = 14 * HOUR_MS
const BEHIND_MAX_MS = 12 * HOUR_MS

/** When the first and the last person of an occurrence can have their time. */
export function spanOf(schedule: Schedule, { at, local }: Occurrence): { first: number; last: number } {
  if (!schedule.isRecipientLocal) return { first: at, last: at }
  return { first: local - AHEAD_MAX_MS, last: local + BEHIND_MAX_MS }
}

/** The latest instant up to which a schedule can be decided. */
export function latestDecided(schedule: Pick<Schedule, 'isRecipientLocal'>, now: number): number {
  return now + PROCESS_AHEAD_MAX_MS + (schedule.isRecipientLocal ? RECIPIENT_LEAD_MS : 0)
}

/**
 * Up to where a schedule counts as decided when it is accepted: nothing of the past is pulled in but a single time, which
 * the launch has looked at. `zones` are those of the audience: a time that is ahead for some of them is still to come.
 */
export function startMark(
  schedule: Schedule,
  { launchedAt, committedAt }: Pick<ScheduleState, 'launchedAt' | 'committedAt'>,
  zones?: readonly string[],
): number {
  const { timing } = schedule
  if (timing.kind === 'launch') return launchedAt - 1
  if (timing.kind === 'once') return Math.min(timing.at - 1, committedAt)
  if (!schedule.isRecipientLocal) return committedAt
  let mark = committedAt - RECIPIENT_LEAD_MS - DAY_MS
  for (;;) {
    const [next] = occurrencesAfter(schedule, mark, 1)
    if (next === undefined || lastOf(schedule, next, zones) >= committedAt) return mark
    mark = next.at
  }
}

/** When the last person of these stored zones has their time; of the whole world where they are not known. */
export function lastOf(schedule: Schedule, occurrence: Occurrence, zones?: readonly string[]): number {
  if (zones === undefined || zones.length === 0) return spanOf(schedule, occurrence).last
  return Math.max(...zones.map((zone) => dueInZone(zone === '' ? schedule.zone : zone, occurrence.local)))
}

/** Whether the schedule was accepted although its single time was past, for one person at least. */
function isAcceptedLate(schedule: Schedule, occurrence: Occurrence, { committedAt }: ScheduleState): boolean {
  const { kind } = schedule.timing
  return (kind === 'launch' || kind === 'once') && spanOf(schedule, occurrence).first <= committedAt
}

/** Decides what is due, oldest first. What is not decided is still to come, or waits for the end of a pause. */
export function decideDue(question: DueQuestion): DueDecision {
  const { schedule, state, now } = question
  const ahead = occurrencesAfter(schedule, state.decidedUntil, OCCURRENCES_MAX + CATCH_UP_ALL_MAX, state.launchedAt)
  const notDue = ahead.findIndex((occurrence) => planAt(schedule, occurrence) > now)
  const due = notDue === -1 ? ahead : ahead.slice(0, notDue)
  const hasMore = due.length === OCCURRENCES_MAX + CATCH_UP_ALL_MAX
  const decided: OccurrenceDecision[] = []
  const isExhausted = () => schedule.maxRuns !== undefined && runsOf(state, decided) >= schedule.maxRuns
  let isHeld = false
  while (decided.length < (hasMore ? OCCURRENCES_MAX : due.length) && !isExhausted() && !isHeld) {
    const decision = decideOne(question, due.slice(decided.length), decided)
    if (decision === undefined) isHeld = true
    else decided.push(decision)
  }
  if (isExhausted()) return { decided, hasMore: false, nextTickAt: null }
  const last = decided.at(-1)?.occurrence
  const next = ahead[decided.length] ?? (last && occurrencesAfter(schedule, last.at, 1, state.launchedAt)[0])
  if (next === undefined) return { decided, hasMore: false, nextTickAt: null }
  return { decided, hasMore, nextTickAt: isHeld ? spanOf(schedule, next).last : planAt(schedule, next) }
}

function runsOf({ runsStarted }: ScheduleState, decided: readonly OccurrenceDecision[]): number {
  return runsStarted + decided.filter(({ act }) => act === 'run').length
}

/** Decides the first of what is due; undefined while a pause holds it. */
function decideOne(
  question: DueQuestion,
  [occurrence, ...later]: readonly Occurrence[],
  before: readonly OccurrenceDecision[],
): OccurrenceDecision | undefined {
  if (occurrence === undefined) return undefined
  const { schedule, state, now, validityMs, letsGo } = question
  const { committedAt, pausedAt } = state
  const { last } = spanOf(schedule, occurrence)
  const isAccepted = isAcceptedLate(schedule, occurrence, state)
  const dueAt = isAccepted ? committedAt : planAt(schedule, occurrence)
  const isBeforePause = pausedAt !== null && dueAt <= pausedAt
  const asOf = isBeforePause ? pausedAt : now
  if (pausedAt !== null && !isBeforePause && !isAccepted) {
    if (last <= now || letsGo === 'edit') return { occurrence, act: 'skipped', reason: 'paused' }
    return letsGo === 'resume' ? { occurrence, act: 'run', asOf, pausedFrom: pausedAt, lateMs: 0 } : undefined
  }
  const lateMs = asOf - countsFrom(last, committedAt)
  const newer = later.slice(0, CATCH_UP_ALL_MAX).filter((other) => spanOf(schedule, other).last <= asOf).length
  if (!isAccepted && isMissed({ lateMs, newer }, { ...schedule, validityMs }))
    return { occurrence, act: 'missed', reason: schedule.missed === 'none' ? 'policy' : 'downtime' }
  if (!schedule.isRecipientLocal) {
    if (lateMs >= validityMs) return { occurrence, act: 'missed', reason: 'expired' }
    if (overlaps(question, lateMs, before)) return { occurrence, act: 'skipped', reason: 'overlap' }
  }
  return { occurrence, act: 'run', asOf, pausedFrom: null, lateMs: asOf - last }
}

/** What `missed: all` catches up waits for what is before it instead of being skipped. */
function overlaps({ schedule, state }: DueQuestion, lateMs: number, before: readonly OccurrenceDecision[]): boolean {
  const started = before.filter(({ act }) => act === 'run').length
  if (schedule.missed === 'all' && (lateMs > ORDINARY_LATENESS_MS || started > 0)) return false
  const unfinished = state.unfinished + started
  return (schedule.overlap === 'skip' && unfinished > 0) || (schedule.overlap === 'queue' && unfinished > 1)
}

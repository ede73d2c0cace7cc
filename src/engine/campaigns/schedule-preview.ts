// When a schedule fires next, on its own clocks and in UTC, with what changing clocks do to it.
import { readDefinition } from '../../domain/definition.ts'
import { spanOf, startMark } from '../../domain/due-occurrences.ts'
import { AppError, detailOf, problemsError } from '../../domain/errors.ts'
import { formatInstant, formatLocal, resolveWrittenTime } from '../../domain/instant.ts'
import {
  isRecurring,
  noteOf,
  type Occurrence,
  occurrencesAfter,
  parseSchedule,
  type Schedule,
  scheduleSchema,
} from '../../domain/schedule.ts'
import { storedSchedule } from '../../domain/stored-schedule.ts'
import { localTime } from '../../domain/time-zone.ts'
import { type ZoneData, zoneDataAt } from '../../domain/zone-data.ts'
import type { Context } from '../context.ts'
import { startSchedule } from './schedule-start.ts'

export const FIRINGS_DEFAULT = 12

export interface SchedulePreview {
  /** Empty for a schedule that begins when the campaign is launched, and for one that is over. */
  occurrences: { at: string; local: string; note: string | null }[]
  timeZone: string
  /** Each person gets it when the clock of their own zone shows the local time. */
  isRecipientLocal: boolean
  /** What happens when a run comes while an earlier one waits: to the whole run, or person by person. */
  overlap: { policy: Schedule['overlap']; judgedBy: 'run' | 'person' } | null
  warnings: string[]
  /** Its times as written, with the instants that they are. */
  understood: string[]
  /** Why a launch now would be refused: the time is past, or too far ahead. */
  problem: { code: string; detail: string } | null
  /** The rules by which local times became instants. */
  zoneData: ZoneData
}

export interface SchedulePreviewOptions {
  count?: number | undefined
  /** From this time on instead of after now; a day begins with its first millisecond. */
  from?: string | undefined
}

/** Throws AppError schedule.*, cron.*, date.*, zone.unknown. */
export function previewSchedule(
  ctx: Pick<Context, 'clock' | 'config' | 'zoneDataVersion'>,
  value: unknown,
  options: SchedulePreviewOptions = {},
): SchedulePreview {
  const reading = readDefinition(scheduleSchema, value, { '': 'schedule.invalid', unknown: 'campaign.unknown_field' })
  if ('problems' in reading) throw problemsError(reading.problems, 'schedule')
  const schedule = parseSchedule(storedSchedule(reading.value), ctx.config.timeZone)
  const from = options.from === undefined ? undefined : resolveWrittenTime(options.from, schedule.zone, 'start')
  // What is named is part of it; what fires this instant is not to come.
  const after = from === undefined ? ctx.clock.now() : from.at - 1
  const count = Math.min(options.count ?? FIRINGS_DEFAULT, schedule.maxRuns ?? Number.POSITIVE_INFINITY)
  return {
    occurrences: occurrencesFrom(schedule, after, count).map((occurrence) => ({
      at: formatInstant(occurrence.at),
      local: formatLocal(localTime(schedule.zone, occurrence.at)),
      note: noteOf(schedule, occurrence) ?? passedNote(schedule, occurrence, after),
    })),
    timeZone: schedule.zone,
    isRecipientLocal: schedule.isRecipientLocal,
    overlap: isRecurring(schedule)
      ? { policy: schedule.overlap, judgedBy: schedule.isRecipientLocal ? 'person' : 'run' }
      : null,
    warnings: schedule.warnings,
    understood: [
      ...(from === undefined ? [] : [`shown from ${from.understood}`]),
      ...schedule.understood.map(({ text }) => text),
    ],
    problem: from === undefined ? launchProblem(schedule, after) : null,
    zoneData: zoneDataAt(ctx.zoneDataVersion, ctx.clock.now()),
  }
}

/** Of a launch at this moment, as far as the schedule alone says. */
function launchProblem(schedule: Schedule, now: number): SchedulePreview['problem'] {
  const facts = { launchedAt: now, committedAt: now, zones: [schedule.zone], people: new Map([['', 1]]) }
  try {
    startSchedule(schedule, { ...facts, isSendNow: false })
    return null
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    return { code: error.code, detail: detailOf(error) }
  }
}

/** In recipients' zones also the time that is over in the zone of the schedule, but not yet for everybody. */
function occurrencesFrom(schedule: Schedule, after: number, count: number): Occurrence[] {
  if (!schedule.isRecipientLocal) return occurrencesAfter(schedule, after, count)
  const mark = startMark(schedule, { launchedAt: after, committedAt: after })
  return occurrencesAfter(schedule, mark, count).filter((occurrence) => spanOf(schedule, occurrence).last > after)
}

/** A launch at this moment comes after the time of some people. */
function passedNote(schedule: Schedule, occurrence: Occurrence, after: number): string | null {
  if (!schedule.isRecipientLocal || spanOf(schedule, occurrence).first > after) return null
  return `over already in the zones farthest ahead: people there ${passedText(schedule)}`
}

function passedText(schedule: Schedule): string {
  if (schedule.zonePassed === 'now') return 'get it at once'
  if (schedule.zonePassed === 'nextDay') return 'get it the next day'
  return isRecurring(schedule) ? 'get it at their next time' : 'are left out'
}

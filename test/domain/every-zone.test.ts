// Every zone that this machine knows, at every change of its clocks in ten years: a time of day fires once on each day, and
// what fires by the quarter of an hour does so at even distances. The calendar is asked for the changes, not our own rules.
// Of zones whose clocks change alike, one is looked at.
import { Temporal } from 'temporal-polyfill'
import { describe, expect, it } from 'vitest'
import { occurrencesAfter, parseSchedule, type Schedule } from '../../src/domain/schedule.ts'
import { HOUR_MS, MINUTE_MS } from '../../src/domain/time-zone.ts'

const FIRST = Date.UTC(2026, 0, 1)
const LAST = Date.UTC(2036, 0, 1)
const QUARTER_MS = 15 * MINUTE_MS
const DAYS_AROUND = 2

interface Change {
  at: number
  /** What the clock shows in the middle of what it leaves out or shows twice. */
  disputed: Temporal.PlainTime
  firstDay: Temporal.PlainDate
}

function changesOf(zone: string): Change[] {
  const found: Change[] = []
  let cursor: Temporal.ZonedDateTime | null = Temporal.Instant.fromEpochMilliseconds(FIRST).toZonedDateTimeISO(zone)
  for (;;) {
    cursor = cursor.getTimeZoneTransition('next')
    if (cursor === null || cursor.epochMilliseconds >= LAST) return found
    const before = cursor.subtract({ milliseconds: 1 })
    const jumpMs = (cursor.offsetNanoseconds - before.offsetNanoseconds) / 1e6
    const middle = cursor.toPlainDateTime().subtract({ milliseconds: jumpMs / 2 })
    found.push({
      at: cursor.epochMilliseconds,
      disputed: middle.toPlainTime(),
      firstDay: middle.toPlainDate().subtract({ days: DAYS_AROUND }),
    })
  }
}

/** Where the calendar puts a time of day: at its first showing, or at the change that leaves it out. */
function expectedAt(zone: string, local: Temporal.PlainDateTime, { at }: Change): number {
  const zoned = local.toZonedDateTime(zone)
  return zoned.toPlainDateTime().equals(local) ? zoned.epochMilliseconds : at
}

const schedules = new Map<string, Schedule>()
/** Reading a pattern looks at hundreds of its firings: each is read once. */
function scheduleOf(cron: string, timeZone: string): Schedule {
  const key = `${cron} ${timeZone}`
  const schedule = schedules.get(key) ?? parseSchedule({ cron, timeZone }, 'UTC')
  schedules.set(key, schedule)
  return schedule
}

const zones = Intl.supportedValuesOf('timeZone').map((zone) => ({ zone, changes: changesOf(zone) }))
const alike = new Map(zones.map((one) => [JSON.stringify(one.changes), one]))
const places = [...alike.values()].flatMap(({ zone, changes }) => changes.map((change) => ({ zone, change })))

describe('at every change of the clocks of every zone in ten years', () => {
  it('a time of day that is left out or comes twice fires once on each day', () => {
    expect(places.length).toBeGreaterThan(500)
    const wrong = places.flatMap(({ zone, change }) => {
      const { disputed, firstDay } = change
      const days = Array.from({ length: 2 * DAYS_AROUND + 1 }, (_, n) => firstDay.add({ days: n }))
      const expected = days.map((day) => expectedAt(zone, day.toPlainDateTime(disputed), change))
      const schedule = scheduleOf(`${disputed.minute} ${disputed.hour} * * *`, zone)
      const found = occurrencesAfter(schedule, (expected[0] ?? 0) - MINUTE_MS, days.length)
      const isRight = found.every(({ at }, n) => at === expected[n])
      const isNamedOnce = new Set(found.map(({ key }) => key)).size === days.length
      return isRight && isNamedOnce ? [] : [{ zone, at: change.at, expected, found }]
    })
    expect(wrong).toEqual([])
  })

  it('every quarter of an hour fires at even distances', () => {
    const count = (6 * HOUR_MS) / QUARTER_MS
    const wrong = places.filter(({ zone, change: { at } }) => {
      const found = occurrencesAfter(scheduleOf('*/15 * * * *', zone), at - 3 * HOUR_MS, count)
      return found.some((one, n) => n > 0 && one.at - (found[n - 1]?.at ?? 0) !== QUARTER_MS)
    })
    expect(wrong).toEqual([])
  })
})

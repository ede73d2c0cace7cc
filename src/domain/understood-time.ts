// The times of a definition as they were understood, for the person who wrote them: every face shows these sentences.
import { formatInstant, formatLocal, type ResolvedTime, resolveWrittenTime, type WrittenTime } from './instant.ts'
import { resolveLocal } from './time-zone.ts'
import type { ValidityClock } from './validity.ts'

export interface UnderstoodTime {
  /** Where it is written, as a JSON pointer of the campaign. */
  pointer: string
  /** `until 2027-06-02 (through 23:59:59.999 Europe/Berlin, 2027-06-02T21:59:59.999Z)`. */
  text: string
}

/** What reading a schedule has to say. */
export interface ScheduleNotes {
  warnings: string[]
  understood: UnderstoodTime[]
}

export type ScheduleTime = 'at' | 'from' | 'until'

export function noteTime({ understood }: ScheduleNotes, key: ScheduleTime, text: string): void {
  understood.push({ pointer: `/schedule/${key}`, text: `${key} ${text}` })
}

/** Reads a time and notes what it is, with the warning that it brings. Throws AppError date.*. */
export function readTime(
  key: ScheduleTime,
  text: string,
  zone: string | undefined,
  notes: ScheduleNotes,
): ResolvedTime {
  const resolved = resolveWrittenTime(text, zone, key === 'until' ? 'end' : 'start')
  noteTime(notes, key, resolved.understood)
  if (resolved.warning !== undefined) notes.warnings.push(resolved.warning)
  return resolved
}

/** A time that comes on the clock of each recipient. */
export function onEachClock(text: string): string {
  return `${text} (on the clock of each recipient)`
}

/** A wall time from which later ones are counted: that the clocks skip it is no mistake of the others. */
export function onClock(text: string, { local }: WrittenTime, zone: string): string {
  return `${text} (${formatLocal(local).slice(11)} ${zone}, ${formatInstant(resolveLocal(zone, local).at)})`
}

/** What the field that limits each person's validity may hold. */
export function understoodValidUntil(field: string, { isRecipientLocal, zone }: ValidityClock): UnderstoodTime {
  const clock = isRecipientLocal ? `on the clock of each recipient; ${zone} where their zone is unknown` : zone
  return {
    pointer: '/limits/validUntilField',
    text: `valid until the value of ${field} (a date without a time: through 23:59:59.999 ${clock})`,
  }
}

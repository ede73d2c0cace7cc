// Instants, what the times of a definition were understood as, and which time zone rules decide it.
import type { ZoneData } from '../../domain/zone-data.ts'

/** An instant on the clock of the reader; in UTC for programs, and on hover. */
export function Time({ at, text, isUtc }: { at: Date; text: string; isUtc: boolean }) {
  const utc = at.toISOString().slice(0, 16)
  return (
    <time datetime={`${utc}Z`} title={isUtc ? undefined : `${utc.replace('T', ' ')} UTC`}>
      {text}
    </time>
  )
}

export function ZoneDataNote({ zoneData: { version, warning } }: { zoneData: ZoneData }) {
  if (warning === null) return <p class="soft">Time zone data {version}</p>
  return <p class="warning">{warning[0]?.toUpperCase() + warning.slice(1)}.</p>
}

export function UnderstoodTimes({ times }: { times: readonly string[] }) {
  return (
    <>
      {times.map((time) => (
        <p class="soft">Understood: {time}.</p>
      ))}
    </>
  )
}

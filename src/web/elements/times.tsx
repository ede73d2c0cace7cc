// What the times of a definition were understood as, and which time zone rules decide it.
import type { ZoneData } from '../../domain/zone-data.ts'

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

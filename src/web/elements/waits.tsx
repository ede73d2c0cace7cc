// What the messages of a campaign wait for, gate by gate, and when its next run begins.
import type { Waiting } from '../../engine/report/report.ts'
import type { Format } from '../format.ts'
import { reasonText } from '../words.ts'
import { Table } from './table.tsx'

export function Waits({ waits, format }: { waits: readonly Waiting[]; format: Format }) {
  const next = waits.find(({ reason }) => reason === 'next_run')
  const others = waits.filter((wait) => wait !== next)
  return (
    <>
      {others.length > 0 && (
        <>
          <h2>What it waits for</h2>
          <Table
            caption="What it waits for"
            head={['People', 'Who', 'Until (earliest)']}
            numbers={[0]}
            rows={others.map(({ reason, count, until }) => [
              count === 0 ? '—' : format.number(count),
              reasonText(reason),
              format.instant(until),
            ])}
            empty=""
          />
        </>
      )}
      {next !== undefined && <p>The next run begins {format.instant(next.until)}.</p>}
    </>
  )
}

// Runs that schedules bring, the next one first.
import type { UpcomingRuns } from '../../engine/campaigns/upcoming.ts'
import type { Format } from '../format.ts'
import { Badge, Table } from './table.tsx'

export function UpcomingTable({ upcoming: { items, isCut }, format }: { upcoming: UpcomingRuns; format: Format }) {
  return (
    <>
      <Table
        caption="Runs to come"
        head={['When', 'Campaign', 'Sender', 'Status']}
        rows={items.map(({ at, local, campaign, campaignId, sender, status }) => [
          local === null ? format.instant(at) : format.occurrence(`${local}@recipient`),
          <a href={`/campaigns/${campaignId}`}>
            <bdi>{campaign}</bdi>
          </a>,
          <bdi>{sender}</bdi>,
          <Badge status={status} />,
        ])}
        empty="No campaign fires in these days."
      />
      {isCut && <p class="soft">These are the next {format.number(items.length)}. More fires after them.</p>}
    </>
  )
}

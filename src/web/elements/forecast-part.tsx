// The forecast of a campaign: who gets it, when, and who does not, adding up to its audience.
import type { OutcomeCounts } from '../../domain/reach-verdict.ts'
import type { Forecast } from '../../engine/report/forecast.ts'
import { forecastRows } from '../../engine/report/forecast-rows.ts'
import { inPageWords } from '../definition-words.ts'
import type { Format } from '../format.ts'
import { forecastReason, outcomeWords } from '../words.ts'
import { Bars } from './campaign-parts.tsx'
import { Facts, Table } from './table.tsx'
import { UnderstoodTimes, ZoneDataNote } from './times.tsx'

export function ForecastPart({ forecast, format }: { forecast: Forecast; format: Format }) {
  const { audience, byOutcome, firstAt, lastAt, understood, zoneData, knownBefore } = forecast
  const rows = forecastRows(forecast)
  return (
    <section>
      <UnderstoodTimes times={understood} />
      <Bars
        format={format}
        whole={audience}
        bars={Object.entries(outcomeWords).map(([outcome, { label, isBad }]) => ({
          label,
          isBad,
          count: byOutcome[outcome as keyof OutcomeCounts],
        }))}
      />
      <Facts
        facts={[
          ['People', format.number(audience)],
          ['People who will get it', format.number(forecast.recipients)],
          ['First message', format.instant(firstAt)],
          ['Last message', format.instant(lastAt)],
        ]}
      />
      {rows.length > 1 && (
        <Table
          caption="Who gets it, when, and who does not"
          head={['People', 'Outcome', 'Because they']}
          numbers={[0]}
          rows={rows.map((row) => [format.number(row.count), outcomeWords[row.outcome].label, forecastReason(row)])}
          total={[format.number(audience), 'in all', '']}
          empty=""
        />
      )}
      {knownBefore.text !== null && (
        <p>
          <bdi>{format.inText(inPageWords(knownBefore.text))}</bdi>
        </p>
      )}
      <ZoneDataNote zoneData={zoneData} />
    </section>
  )
}

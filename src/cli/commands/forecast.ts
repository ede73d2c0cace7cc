// `forecast`: what planning and sending would do, without doing it.
import type { Command } from 'commander'
import type { OutcomeCounts } from '../../domain/reach-verdict.ts'
import { type Forecast, forecastFor } from '../../engine/report/forecast.ts'
import { forecastRows } from '../../engine/report/forecast-rows.ts'
import { action } from '../host.ts'
import type { Output } from '../output.ts'
import { showTimes, showZoneData } from '../times.ts'

export function addForecast(program: Command): void {
  program
    .command('forecast')
    .argument('<campaign>', 'name or id')
    .action(
      action(async (host, name: string) => {
        using progress = host.progress()
        const forecast = await host.withApp((app) => forecastFor(app.ctx, name, (state) => progress.show(state)))
        progress.clear()
        host.output.result(forecast, () => showForecast(host.output, forecast))
      }),
    )
}

export function showForecast(output: Output, forecast: Forecast): void {
  const rows = forecastRows(forecast)
  const reasons = (asked: keyof OutcomeCounts) =>
    rows
      .filter(({ outcome }) => outcome === asked)
      .map(({ reason, count }) => `${count} ${reason}`)
      .join(', ')
  output.table(
    ['outcome', 'people', 'why'],
    [
      ['sent at its time', forecast.byOutcome.sent, ''],
      ['sent later', forecast.byOutcome.deferred, reasons('deferred')],
      ['skipped', forecast.byOutcome.skipped, reasons('skipped')],
      ['expired', forecast.byOutcome.expired, reasons('expired')],
      ['audience', forecast.audience, `${forecast.recipients} will get it`],
    ],
    '',
  )
  if (forecast.firstAt !== null) output.line(`First at ${forecast.firstAt}, last at ${forecast.lastAt ?? ''}.`)
  showTimes(output, forecast.understood)
  for (const warning of forecast.warnings) output.warn(warning)
  if (forecast.knownBefore.text !== null) output.line(forecast.knownBefore.text)
  showZoneData(output, forecast.zoneData)
}

// `schedule preview`: the next occurrences of a pattern, with what daylight saving does to them.
import type { Command } from 'commander'
import { previewSchedule } from '../../engine/campaigns/schedule-preview.ts'
import { text, wholeNumber } from '../arguments.ts'
import { action } from '../host.ts'
import { showTimes, showZoneData } from '../times.ts'

const recipientsNote =
  'Each person gets it when their own clock shows the local time. Overlaps are judged person by person.'

export function addSchedule(program: Command): void {
  const schedule = program.command('schedule')
  schedule
    .command('preview')
    .argument('<cron>', 'minute hour day month weekday, for example "0 9 * * MON", or @daily and its like')
    .option('--time-zone <zone>', 'IANA name (default: the installation)', text)
    .option('-n <count>', 'how many (default 12)', wholeNumber(1, 1000))
    .option('--from <instant>', 'from this time or day on instead of now, for example 2027-03-01', text)
    .description('The next firings, local and in UTC, with notes on changing clocks and missing days.')
    .action(
      action(async (host, cron: string, flags: { timeZone?: string; n?: number; from?: string }) => {
        const preview = await host.withApp(async (app) =>
          previewSchedule(
            app.ctx,
            { cron, timeZone: flags.timeZone ?? app.ctx.config.timeZone },
            { count: flags.n, from: flags.from },
          ),
        )
        for (const warning of preview.warnings) host.output.warn(warning)
        showZoneData(host.output, preview.zoneData)
        host.output.result(preview, () => {
          showTimes(host.output, preview.understood)
          host.output.table(
            [`local (${preview.timeZone})`, 'UTC', ''],
            preview.occurrences.map(({ at, local, note }) => [local, at, note]),
            'It never fires again.',
          )
          if (preview.isRecipientLocal) host.output.line(recipientsNote)
          host.output.note(`Time zone data ${preview.zoneData.version}.`)
        })
      }),
    )
}

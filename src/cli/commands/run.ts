// `run`: one campaign sent in the foreground, with a progress bar, until nothing of it is due soon.
import type { Command } from 'commander'
import { AppError } from '../../domain/errors.ts'
import { sumCounts } from '../../domain/report.ts'
import { nobodyGotText } from '../../engine/report/reach-words.ts'
import type { Report } from '../../engine/report/report.ts'
import { runInForeground } from '../../engine/service/foreground.ts'
import { COUNT_MAX, wholeNumber } from '../arguments.ts'
import { AnsweredError, action } from '../host.ts'
import { leftLines } from '../wait-words.ts'
import { showReport } from './report.ts'

interface Flags {
  wait?: boolean
  now?: boolean
  evenIfNobody?: boolean
  confirmedCount?: number
}

export function addRun(program: Command): void {
  program
    .command('run')
    .argument('<campaign>', 'name or id')
    .option('--wait', 'stay until the campaign is finished')
    .option('--now', 'start now although the time of its schedule is past')
    .option('--even-if-nobody', 'go on although nobody will get it')
    .option(
      '--confirmed-count <people>',
      'how many people will get it; another number refuses the launch',
      wholeNumber(0, COUNT_MAX),
    )
    .addHelpText(
      'after',
      '\nReturns when nothing of the campaign is due within the next minute. Callbacks of providers are received by `herald start`.',
    )
    .action(
      action(async (host, name: string, flags: Flags) => {
        using progress = host.progress()
        const result = await host.withApp((app) =>
          host.untilStopped(async () =>
            runInForeground(app.ctx, await app.connections(), name, {
              isToTheEnd: flags.wait ?? false,
              isSendNow: flags.now ?? false,
              isEvenIfNobody: flags.evenIfNobody,
              confirmedCount: flags.confirmedCount,
              signal: host.signal,
              onProgress: (state) => progress.show(state),
              onReport: (report) => progress.show({ ...doneOf(report), what: 'messages' }, waitText(report)),
            }),
          ),
        )
        progress.clear()
        for (const warning of result.warnings) host.output.warn(warning)
        host.output.result(result.report, () => {
          showReport(host.output, result.report)
          if (!result.isInterrupted) for (const line of leftLines(result.report)) host.output.line(line)
        })
        if (result.isInterrupted)
          throw new AnsweredError(
            new AppError('interrupted', 'stopped before the end; nothing is lost', {
              hint: `Go on with: herald run "${name}".`,
            }),
          )
        const [run] = result.report.runs
        if (run?.reachedNobody && !flags.evenIfNobody)
          throw new AnsweredError(
            new AppError('campaign.reached_nobody', nobodyGotText(run), {
              hint: `See herald why "${name}" PHONE. With --even-if-nobody this is no failure.`,
            }),
          )
      }),
    )
}

function doneOf({ totals }: Report): { done: number; total: number } {
  const open = totals.byStatus.pending + totals.byStatus.sending
  return { done: sumCounts(totals.byStatus) - open, total: totals.audience }
}

function waitText({ waitingFor }: Report): string {
  const [wait] = waitingFor
  return wait === undefined || wait.reason === 'rate_limit' ? '' : `, waiting for ${wait.reason}`
}

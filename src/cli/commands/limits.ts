// `limits`: frequency caps and quiet hours that hold for every campaign.
import type { Command } from 'commander'
import { AppError } from '../../domain/errors.ts'
import type { Limits } from '../../domain/limits.ts'
import { weekdayNames } from '../../domain/quiet-hours.ts'
import { removeCap, setCap, setQuietHours, showLimits } from '../../engine/service/limits.ts'
import { oneOf, text, wholeNumber } from '../arguments.ts'
import { action, type Host } from '../host.ts'

interface QuietFlags {
  allDay?: string
  action?: 'defer' | 'skip'
}

interface CapFlags {
  max?: number
  window?: string
  scope?: string
  onCap?: 'defer' | 'skip'
  weekStart?: 'monday' | 'sunday'
  countFailed?: boolean
  off?: boolean
  on?: boolean
  remove?: boolean
}

export function addLimits(program: Command): void {
  const limits = program.command('limits')
  limits
    .command('show')
    .description('What holds now.')
    .action(action(async (host) => answer(host, await host.withApp((app) => showLimits(app.ctx)))))
  const set = limits.command('set').description('Change one of them.')
  set
    .command('quiet-hours')
    .argument('<window>', 'for example 21:00-08:00, in the recipients’ time; or off')
    .option('--all-day <days>', 'days that are quiet from midnight to midnight, for example sun,sat', text)
    .option('--action <what>', 'defer (default) to their end, or skip', oneOf(['defer', 'skip']))
    .description('When nobody is written to. What the old hours had deferred is looked at again at once.')
    .action(
      action(async (host, window: string, flags: QuietFlags) => {
        answer(
          host,
          await host.withApp((app) => setQuietHours(app.ctx, window === 'off' ? null : readWindow(window, flags))),
        )
      }),
    )
  limits
    .command('cap')
    .argument('<name>', 'short name of the rule')
    .option('--max <n>', 'most messages to one person', wholeNumber(1, 1000))
    .option('--window <window>', 'rolling, for example 24h or 7d, or calendar: day, week, month', text)
    .option('--scope <scope>', 'all (default), campaign, or tag:NAME', text)
    .option('--on-cap <what>', 'defer (default) or skip', oneOf(['defer', 'skip']))
    .option('--week-start <day>', 'monday (default) or sunday', oneOf(['monday', 'sunday']))
    .option('--count-failed', 'a message that failed after acceptance keeps its place')
    .option('--off', 'switch the rule off')
    .option('--on', 'switch it on again')
    .option('--remove', 'remove the rule')
    .description('Add or change a rule. Several rules are all kept: the tightest wins.')
    .action(
      action(async (host, id: string, flags: CapFlags) =>
        answer(
          host,
          await host.withApp((app) => (flags.remove ? removeCap(app.ctx, id) : setCap(app.ctx, capChange(id, flags)))),
        ),
      ),
    )
}

function readWindow(window: string, flags: QuietFlags) {
  const match = /^(\d{1,2}:\d{2})\s*[-–]\s*(\d{1,2}:\d{2})$/.exec(window.trim())
  if (match === null)
    throw new AppError('quiet_hours.invalid', `"${window}" is no window`, {
      hint: 'Write 21:00-08:00 or off.',
    })
  const days = flags.allDay?.split(',').map((day) => readDay(day.trim().toLowerCase()))
  return {
    from: match[1] ?? '',
    to: match[2] ?? '',
    ...(days && { allDay: days }),
    ...(flags.action && { action: flags.action }),
  }
}

function readDay(day: string): (typeof weekdayNames)[number] {
  const found = weekdayNames.find((name) => name === day.slice(0, 3))
  if (found === undefined)
    throw new AppError('quiet_hours.invalid', `"${day}" is no weekday`, {
      hint: `Days: ${weekdayNames.join(', ')}.`,
    })
  return found
}

function capChange(id: string, flags: CapFlags) {
  return {
    id,
    ...(flags.max !== undefined && { max: flags.max }),
    ...(flags.window && { window: flags.window }),
    ...(flags.scope && { scope: flags.scope }),
    ...(flags.onCap && { onCap: flags.onCap }),
    ...(flags.weekStart && { weekStart: flags.weekStart }),
    ...(flags.countFailed && { countFailed: true }),
    ...(flags.off && { isEnabled: false }),
    ...(flags.on && { isEnabled: true }),
  }
}

function answer({ output }: Host, limits: Limits): void {
  output.result(limits, () => {
    const { quietHours, caps } = limits
    const days = quietHours?.allDay?.length ? `, all day ${quietHours.allDay.join(', ')}` : ''
    output.line(
      quietHours === null
        ? 'Quiet hours: off'
        : `Quiet hours: ${quietHours.from}–${quietHours.to}${days} in the recipients’ time, ${quietHours.action ?? 'defer'}`,
    )
    output.table(
      ['cap', 'at most', 'window', 'scope', 'then', ''],
      caps.map((rule) => [rule.id, rule.max, rule.window, rule.scope, rule.onCap, rule.isEnabled ? '' : 'off']),
      'No caps.',
    )
  })
}

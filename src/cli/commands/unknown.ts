// `unknown`: messages whose outcome is not known, and what an operator knows about them.
import type { Command } from 'commander'
import { AppError } from '../../domain/errors.ts'
import type { Resolution } from '../../domain/message-status.ts'
import { counted } from '../../domain/plural.ts'
import { resolveUnknown, showUnknown } from '../../engine/report/unknown.ts'
import { type ManyView, resolveManyUnknown, showManyUnknown } from '../../engine/report/unknown-many.ts'
import { oneOf, text } from '../arguments.ts'
import { action, type Host } from '../host.ts'
import { cutPage, limitOf, type PageFlags, paged } from '../paged.ts'

interface ResolveFlags {
  as: Resolution
  campaign?: string
  run?: string
  sender?: string
  reason?: string
  all?: boolean
  dryRun?: boolean
  yes?: boolean
}

export function addUnknown(program: Command): void {
  const unknown = program.command('unknown')
  paged(unknown.command('list'), 'id')
    .option('--campaign <campaign>', 'only of this one', text)
    .description('Oldest first. Callbacks settle most; nothing is resent by itself.')
    .action(
      action(async (host, { campaign, ...flags }: PageFlags & { campaign?: string }) => {
        const query = { afterId: flags.after, limit: limitOf(flags) + 1 }
        const found = await host.withApp((app) => showUnknown(app.ctx, campaign, query))
        const shown = cutPage(host, found, flags, ({ id }) => id)
        host.output.result(shown, () =>
          host.output.table(
            ['message', 'campaign', 'phone', 'why', 'since'],
            shown.map((row) => [row.id, row.campaign, row.phone, row.reason, row.since]),
            'Nothing is unknown.',
          ),
        )
      }),
    )
  unknown
    .command('resolve')
    .argument('[message]', 'id of one message')
    .requiredOption(
      '--as <outcome>',
      'accepted, failed, or resend (people may get it twice)',
      oneOf(['accepted', 'failed', 'resend']),
    )
    .option('--campaign <campaign>', 'all of this one', text)
    .option('--run <run>', 'all of this run', text)
    .option('--sender <sender>', 'all of this sender', text)
    .option('--reason <reason>', 'all that are unknown for this reason, such as restored', text)
    .option('--all', 'all there are')
    .option('--dry-run', 'only show what would be settled')
    .option('--yes', 'do it without asking')
    .description(
      "Settle one message yourself, or many at once, after a look at the provider's console. Several options together mean those to which all of them apply.",
    )
    .action(action(resolve))
}

async function resolve(host: Host, id: string | undefined, flags: ResolveFlags): Promise<void> {
  const isMany = [flags.campaign, flags.run, flags.sender, flags.reason, flags.all].some((flag) => flag !== undefined)
  if ((id === undefined) !== isMany)
    throw new AppError(
      'usage.invalid_value',
      id === undefined ? 'which messages?' : `${id} is one message, and the options name many`,
      { hint: 'Name one message, or --campaign, --run, --sender, --reason or --all.' },
    )
  return id === undefined ? resolveMany(host, flags) : resolveOne(host, id, flags)
}

async function resolveOne(host: Host, id: string, flags: ResolveFlags): Promise<void> {
  if (flags.as === 'resend') await host.confirm(`The person may get it twice. Send ${id} again?`, flags.yes ?? false)
  const resolved = await host.withApp((app) => resolveUnknown(app.ctx, id, flags.as))
  host.output.result(resolved, () => host.output.line(`${resolved.id} is ${resolved.status}.`))
}

async function resolveMany(host: Host, flags: ResolveFlags): Promise<void> {
  const { as, campaign, run, sender, reason } = flags
  const many = { campaign, run, sender, reason }
  const view = await host.withApp((app) => showManyUnknown(app.ctx, many))
  if (flags.dryRun || view.count === 0)
    return host.output.result({ ...view, settled: 0, ended: 0 }, () => showMany(host, view, as))
  if (!host.output.isJson) showMany(host, view, as)
  await host.confirm(`Settle ${counted(view.count, 'message', 'messages')}?`, flags.yes ?? false)
  const done = await host.withApp((app) => resolveManyUnknown(app.ctx, many, { as, count: view.count }))
  host.output.result({ ...view, ...done }, () => {
    host.output.line(`${counted(done.settled, 'message is', 'messages are')} settled.`)
    if (done.ended > 0)
      host.output.line(
        `${counted(done.ended, 'message stays', 'messages stay')} unknown: the campaign was ended for good. Clone it for the people that are left: herald campaigns clone --remaining.`,
      )
  })
}

const outcomes: Record<Resolution, (view: ManyView) => string> = {
  accepted: () => 'They will count as taken by the provider. Nothing is sent.',
  failed: () => 'They will count as failed. Nothing is sent.',
  resend: ({ count, canBeResent }) =>
    `${canBeResent} of ${count} will be sent again, and people may get it twice; the others are no longer valid, or of a campaign that was ended.`,
}

function showMany({ output }: Host, view: ManyView, as: Resolution): void {
  output.table(
    ['campaign', 'why', 'messages'],
    view.groups.map(({ campaign, reason, count }) => [campaign, reason, count]),
    'Nothing is unknown.',
  )
  if (view.count > 0) output.line(outcomes[as](view))
}

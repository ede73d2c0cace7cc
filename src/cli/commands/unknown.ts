// `unknown`: messages whose outcome is not known, and what an operator knows about them.
import type { Command } from 'commander'
import type { Resolution } from '../../domain/message-status.ts'
import { resolveUnknown, showUnknown } from '../../engine/report/unknown.ts'
import { oneOf, text } from '../arguments.ts'
import { action } from '../host.ts'

export function addUnknown(program: Command): void {
  const unknown = program.command('unknown').description('Messages that were handed over without an answer.')
  unknown
    .command('list')
    .option('--campaign <campaign>', 'only of this one', text)
    .description('All of them. Callbacks settle most; nothing is resent by itself.')
    .action(
      action(async (host, flags: { campaign?: string }) => {
        const all = await host.withApp((app) => showUnknown(app.ctx, flags.campaign))
        host.output.result(all, () =>
          host.output.table(
            ['message', 'campaign', 'phone', 'why', 'since'],
            all.map((row) => [row.id, row.campaign, row.phone, row.reason, row.since]),
            'Nothing is unknown.',
          ),
        )
      }),
    )
  unknown
    .command('resolve')
    .argument('<message>', 'id')
    .requiredOption(
      '--as <outcome>',
      'accepted, failed, or resend (the person may get it twice)',
      oneOf(['accepted', 'failed', 'resend']),
    )
    .option('--yes', 'do it without asking')
    .description("Settle one message yourself, after a look at the provider's console.")
    .action(
      action(async (host, id: string, flags: { as: Resolution; yes?: boolean }) => {
        if (flags.as === 'resend')
          await host.confirm(`Send ${id} again? The person may get it twice.`, flags.yes ?? false)
        const resolved = await host.withApp((app) => resolveUnknown(app.ctx, id, flags.as))
        host.output.result(resolved, () => host.output.line(`${resolved.id} is ${resolved.status}.`))
      }),
    )
}

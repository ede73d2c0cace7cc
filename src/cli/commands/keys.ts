// `herald keys`: what programs call the API with.
import type { Command } from 'commander'
import { type Right, rights } from '../../domain/access.ts'
import { addKey, revokeKeyById, showKeys } from '../../engine/accounts/keys.ts'
import { listOf, text } from '../arguments.ts'
import { action } from '../host.ts'

export function addKeys(program: Command): void {
  const keys = program.command('keys')
  keys
    .command('add')
    .argument('<name>', 'what it is for')
    .requiredOption('--user <user>', 'whose key it is: it can do no more than the user', text)
    .option('--rights <rights>', `some of ${rights.join(',')} (default: all of the user’s)`, listOf(rights))
    .option(
      '--expires <time>',
      'the day through which it works, or the instant when it ends: 2027-01-31, 2027-01-31T18:00Z',
      text,
    )
    .description('Make a key. It is shown once and stored nowhere.')
    .action(
      action(async (host, name: string, flags: { user: string; rights?: Right[]; expires?: string }) => {
        const key = await host.withApp((app) =>
          addKey(app.ctx, {
            name,
            user: flags.user,
            ...(flags.rights && { rights: flags.rights }),
            ...(flags.expires !== undefined && { expiresAt: flags.expires }),
          }),
        )
        host.output.result(key, () => {
          host.output.line(key.key)
          if (key.understood !== null) host.output.note(`It ends ${key.understood}.`)
          host.output.note('Keep it safe: it cannot be shown again. Use it as Authorization: Bearer …')
        })
      }),
    )
  keys
    .command('list')
    .description('All keys, by their first characters.')
    .action(
      action(async (host) => {
        const all = await host.withApp((app) => showKeys(app.ctx))
        host.output.result(all, () =>
          host.output.table(
            ['id', 'name', 'user', 'begins with', 'rights', 'status', 'last used', 'ends'],
            all.map((key) => [
              key.id,
              key.name,
              key.user,
              key.prefix,
              key.rights.join(', '),
              key.status,
              key.lastUsedAt,
              key.expiresAt,
            ]),
            'No keys yet.',
          ),
        )
      }),
    )
  keys
    .command('revoke')
    .argument('<key>', 'id')
    .description('End a key at once.')
    .action(
      action(async (host, id: string) => {
        const key = await host.withApp((app) => revokeKeyById(app.ctx, id))
        host.output.result(key, () => host.output.line(`${key.name} (${key.id}) is ${key.status}.`))
      }),
    )
}

// `backup`: a copy of the whole database, taken beside the running service.
import { lstatSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Command } from 'commander'
import { AppError } from '../../domain/errors.ts'
import { action } from '../host.ts'

export function addBackup(program: Command): void {
  program
    .command('backup')
    .argument('<file>', 'where the copy goes; must not exist')
    .description('A copy of the whole database, also while sending. The key file is not part of it: keep it elsewhere.')
    .action(
      action(async (host, file: string) => {
        await host.withApp((app) => {
          // A link is there too, wherever it leads.
          if (lstatSync(file, { throwIfNoEntry: false }) !== undefined)
            throw new AppError('file.exists', `${file} exists already`, { hint: 'Choose another name.' })
          return app.ctx.db.backup(resolve(file))
        })
        host.output.result({ file }, () =>
          host.output.line(`Written to ${file}. Keep herald.key (or HERALD_SECRET_KEY) in another place.`),
        )
      }),
    )
}

// `backup`: a copy of the whole database, taken beside the running service.
import type { Command } from 'commander'
import { backUp } from '../../engine/service/backup.ts'
import { fileName, wholeNumber } from '../arguments.ts'
import { action } from '../host.ts'

const KEEP_MAX = 10_000

export function addBackup(program: Command): void {
  program
    .command('backup')
    .argument('<file-or-folder>', 'where the copy goes; in a folder it is named by its time', fileName)
    .option('--keep <n>', 'in a folder: delete all but the n newest copies of this database', wholeNumber(1, KEEP_MAX))
    .option('--force', 'replace the file')
    .action(
      action(async (host, target: string, { keep, force }: { keep?: number; force?: boolean }) => {
        const { warnings, ...backup } = await host.withApp((app) =>
          backUp(app.ctx, { target, keep, isForced: force ?? false }),
        )
        for (const warning of warnings) host.output.warn(warning)
        host.output.result(backup, () => {
          const { file, bytes, seconds, kept, deleted } = backup
          host.output.line(`Written to ${file} (${bytes} bytes in ${seconds} s).`)
          if (keep !== undefined) host.output.line(`Copies in the folder: ${kept.length}; deleted: ${deleted.length}.`)
          host.output.line('Keep herald.key (or HERALD_SECRET_KEY) in another place.')
        })
      }),
    )
}

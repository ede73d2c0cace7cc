// `export`: one line for each message of a campaign.
import type { Command } from 'commander'
import { parseId } from '../../domain/ids.ts'
import { type MessageStatus, messageStatuses } from '../../domain/message-status.ts'
import { exportMessages } from '../../engine/report/export.ts'
import { checkNewFile } from '../../runtime/csv-file.ts'
import { manyOf, text } from '../arguments.ts'
import { outputHelp, writeTable } from '../export-file.ts'
import { action } from '../host.ts'

interface Flags {
  status?: MessageStatus[]
  run?: string
  output?: string
  raw?: boolean
  force?: boolean
}

export function addExport(program: Command): void {
  program
    .command('export')
    .argument('<campaign>', 'name or id')
    .option('--status <status>', 'only these; repeatable', manyOf(messageStatuses))
    .option('--run <run>', 'only this run', text)
    .option('-o, --output <file>', outputHelp, text)
    .option('--raw', 'phones with +, cells as they are: for programs')
    .option('--force', 'overwrite the file')
    .action(
      action(async (host, name: string, flags: Flags) => {
        if (flags.output !== undefined) checkNewFile(flags.output, flags.force)
        await host.withApp(async (app) => {
          const options = {
            isRaw: flags.raw ?? false,
            ...(flags.status && { statuses: flags.status }),
            ...(flags.run && { runId: parseId('run', flags.run) }),
          }
          const table = await exportMessages(app.ctx, name, options)
          const target = { path: flags.output, isForced: flags.force, isRaw: flags.raw }
          const lines = await writeTable(table, target)
          if (flags.output !== undefined)
            host.output.result({ file: flags.output, lines }, () =>
              host.output.line(`${lines} messages written to ${flags.output ?? ''}.`),
            )
        })
      }),
    )
}

// `export`: one CSV line for each message of a campaign.
import type { Command } from 'commander'
import { parseId } from '../../domain/ids.ts'
import { type MessageStatus, messageStatuses } from '../../domain/message-status.ts'
import { exportColumns, exportMessages } from '../../engine/report/export.ts'
import { checkNewFile } from '../../runtime/csv-file.ts'
import { manyOf, text } from '../arguments.ts'
import { action } from '../host.ts'
import { writerFor } from './contacts.ts'

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
    .option('-o, --output <file>', 'file instead of standard output; a name that ends in .xlsx makes a workbook', text)
    .option('--raw', 'phones with +, cells as they are: for programs')
    .option('--force', 'overwrite the file')
    .description('One CSV line per message, with tracking ids and instants.')
    .action(
      action(async (host, name: string, flags: Flags) => {
        if (flags.output !== undefined) checkNewFile(flags.output, flags.force)
        await host.withApp(async (app) => {
          const options = {
            isRaw: flags.raw ?? false,
            ...(flags.status && { statuses: flags.status }),
            ...(flags.run && { runId: parseId('run', flags.run) }),
          }
          const slices = exportMessages(app.ctx, name, options)
          const first = await slices.next()
          const write = await writerFor(flags.output, flags.force ?? false, flags.raw ?? false)
          await write.add(exportColumns)
          let lines = 0
          for (let slice = first; !slice.done; slice = await slices.next())
            for (const line of slice.value) await write.add(line).then(() => lines++)
          await write.end()
          if (flags.output !== undefined)
            host.output.result({ file: flags.output, lines }, () =>
              host.output.line(`${lines} messages written to ${flags.output ?? ''}.`),
            )
        })
      }),
    )
}

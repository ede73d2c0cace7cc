// `imports`: imports that were made, their rejects, and taking one back.
import type { Command } from 'commander'
import { counted } from '../../domain/plural.ts'
import { pageImports, showImport } from '../../engine/import/imports.ts'
import { checkNewFile } from '../../runtime/csv-file.ts'
import { file } from '../arguments.ts'
import { action } from '../host.ts'
import { showWarnings } from '../import-warnings.ts'
import { cutPage, limitOf, type PageFlags, paged } from '../paged.ts'

// Each is loaded by the command that needs it: they read and write files of contacts.
const rejectsFile = () => import('../../engine/import/rejects-file.ts')
const undo = () => import('../../engine/import/undo-import.ts')

export function addImports(program: Command): void {
  const imports = program.command('imports')
  paged(imports.command('list'), 'id')
    .description('Imports, newest first.')
    .action(
      action(async (host, flags: PageFlags) => {
        const query = { beforeId: flags.after, limit: limitOf(flags) }
        const found = await host.withApp((app) => pageImports(app.ctx, query))
        const shown = cutPage(host, found, flags, ({ id }) => id)
        host.output.result(shown, () =>
          host.output.table(
            ['import', 'list', 'file', 'status', 'rows', 'added', 'updated', 'rejected', 'at'],
            shown.map((row) => [
              row.id,
              row.list,
              row.fileName,
              row.status,
              row.rows,
              row.added,
              row.updated,
              row.rejected,
              row.createdAt,
            ]),
            'No imports yet.',
          ),
        )
      }),
    )
  imports
    .command('show')
    .argument('<import>', 'id')
    .option('--rejects <file>', 'write its rejected lines to a file', file)
    .option('--force', 'overwrite the file')
    .description('One import with its first rejected lines.')
    .action(
      action(async (host, id: string, flags: { rejects?: string; force?: boolean }) => {
        if (flags.rejects !== undefined) checkNewFile(flags.rejects, flags.force)
        const shown = await host.withApp(async (app) => {
          if (flags.rejects !== undefined)
            await (await rejectsFile()).writeRejectsFile(app.ctx, id, flags.rejects, flags.force ?? false)
          return showImport(app.ctx, id)
        })
        host.output.result(shown, () => {
          const { rejects, warnings, warningLines, progress, ...facts } = shown
          host.output.facts(Object.entries(facts))
          if (progress !== null) host.output.line(`${progress.done} of ${progress.total} people are stored.`)
          showWarnings(host.output, { warnings, warningLines })
          host.output.table(
            ['line', 'column', 'code', 'detail'],
            rejects.map((reject) => [reject.line, reject.column, reject.code, reject.detail]),
            'No rejected lines.',
          )
        })
      }),
    )
  imports
    .command('undo')
    .argument('<import>', 'id')
    .option('--yes', 'do it without asking')
    .description('Take memberships and fields back to what they were; contacts and messages stay.')
    .action(
      action(async (host, id: string, flags: { yes?: boolean }) => {
        await host.confirm(`Undo ${id}?`, flags.yes ?? false, (app) => showImport(app.ctx, id))
        const undone = await host.withApp(async (app) => (await undo()).undoImport(app.ctx, id))
        host.output.result(undone, () => {
          host.output.line(`${undone.id} is undone.`)
          if (undone.stayed > 0)
            host.output.line(
              `${counted(undone.stayed, 'person stays', 'people stay')} in the list: another import names them too.`,
            )
        })
      }),
    )
}

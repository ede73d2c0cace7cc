// `migrate`: an installation goes into another database, of either kind, and is compared there.
import type { Command } from 'commander'
import { counted } from '../../domain/plural.ts'
import { action } from '../host.ts'

interface Flags {
  from: string
  to: string
}

export function addMigrate(program: Command): void {
  program
    .command('migrate')
    .requiredOption('--from <database>', 'the database to move: a path, or postgres://…')
    .requiredOption('--to <database>', 'where it goes: a new path, or an empty database at postgres://…')
    .action(
      action(async (host, { from, to }: Flags) => {
        using progress = host.progress()
        const moved = await host.move({ from, to, onStep: (table, done) => progress.show({ done, what: table }) })
        progress.clear()
        host.output.result(moved, () => {
          const rows = moved.tables.reduce((sum, table) => sum + table.rows, 0)
          host.output.line(
            `${counted(rows, 'row was', 'rows were')} moved to ${moved.to}; both databases have the same.`,
          )
          host.output.line('Name it with --db or HERALD_DATABASE_URL from now on, with the same key file.')
        })
      }),
    )
}

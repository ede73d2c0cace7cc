// `lists`: named sets of contacts.
import type { Command } from 'commander'
import { deleteList, type ListView, pageLists, showList } from '../../engine/contacts/lists.ts'
import { text } from '../arguments.ts'
import { action } from '../host.ts'
import type { Output } from '../output.ts'
import { cutPage, limitOf, type PageFlags, paged } from '../paged.ts'

export function addLists(program: Command): void {
  const lists = program.command('lists')
  paged(lists.command('list'), 'name')
    .option('--search <text>', 'only those whose name has this text', text)
    .description('Lists by name.')
    .action(
      action(async (host, { search, ...flags }: PageFlags & { search?: string }) => {
        const query = { after: flags.after, nameHolds: search, limit: limitOf(flags) }
        const found = await host.withApp((app) => pageLists(app.ctx, query))
        const shown = cutPage(host, found, flags, ({ name }) => name)
        host.output.result(shown, () =>
          host.output.table(
            ['name', 'contacts', 'fields', ''],
            shown.map((list) => [
              list.name,
              list.contacts,
              list.fields.join(', '),
              list.busy ? 'import in progress' : '',
            ]),
            search === undefined
              ? 'No lists yet: herald import contacts.csv --list NAME.'
              : 'No list has this in its name.',
          ),
        )
      }),
    )
  lists
    .command('show')
    .argument('<list>', 'name or id')
    .description('One list with its fields.')
    .action(
      action(async (host, name: string) => {
        const list = await host.withApp((app) => showList(app.ctx, name))
        host.output.result(list, () => showOne(host.output, list))
      }),
    )
  lists
    .command('delete')
    .argument('<list>', 'name or id')
    .option('--yes', 'do it without asking')
    .description('Delete a list; its contacts stay.')
    .action(
      action(async (host, name: string, flags: { yes?: boolean }) => {
        await host.confirm(`Delete the list "${name}"?`, flags.yes ?? false, (app) => showList(app.ctx, name))
        const deleted = await host.withApp((app) => deleteList(app.ctx, name))
        host.output.result(deleted, () =>
          host.output.line(`Deleted "${deleted.name}"; its ${deleted.contacts} contacts stay.`),
        )
      }),
    )
}

function showOne(output: Output, list: ListView): void {
  output.facts([
    ['name', list.name],
    ['id', list.id],
    ['contacts', list.contacts],
    ['fields', list.fields.join(', ')],
    ['created', list.createdAt],
  ])
}

// `lists`: named sets of contacts.
import type { Command } from 'commander'
import { deleteList, type ListView, showList, showLists } from '../../engine/contacts/lists.ts'
import { action } from '../host.ts'
import type { Output } from '../output.ts'

export function addLists(program: Command): void {
  const lists = program.command('lists').description('Named sets of contacts.')
  lists
    .command('list')
    .description('All lists.')
    .action(
      action(async (host) => {
        const all = await host.withApp((app) => showLists(app.ctx))
        host.output.result(all, () =>
          host.output.table(
            ['name', 'contacts', 'fields', ''],
            all.map((list) => [
              list.name,
              list.contacts,
              list.fields.join(', '),
              list.busy ? 'import in progress' : '',
            ]),
            'No lists yet: herald import contacts.csv --list NAME.',
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
        await host.confirm(`Delete the list "${name}"?`, flags.yes ?? false)
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

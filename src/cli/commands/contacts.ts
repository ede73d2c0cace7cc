// `contacts`: people as they are stored, as a file, and erased.
import type { Command } from 'commander'
import { AppError } from '../../domain/errors.ts'
import { nameOf } from '../../domain/person-name.ts'
import { type ContactView, showContact } from '../../engine/contacts/contacts.ts'
import { addContact, editContact } from '../../engine/contacts/edit-contact.ts'
import { eraseContactByOperator } from '../../engine/contacts/erasure.ts'
import { exportContacts, readSelection } from '../../engine/contacts/export-contacts.ts'
import { showContacts } from '../../engine/contacts/list-contacts.ts'
import { checkNewFile } from '../../runtime/csv-file.ts'
import { text, texts } from '../arguments.ts'
import { outputHelp, writeTable } from '../export-file.ts'
import { action } from '../host.ts'
import type { Output } from '../output.ts'
import { limitOf, type PageFlags, paged } from '../paged.ts'
import { saidIn } from '../reply-text.ts'

interface ExportFlags {
  list?: string[]
  exclude?: string[]
  filter?: unknown
  output?: string
  raw?: boolean
  force?: boolean
}

function parseFilter(given: string): unknown {
  try {
    return JSON.parse(given)
  } catch (error) {
    throw new AppError('usage.invalid_value', '--filter is not JSON', {
      hint: `For example --filter '{"field":"city","is":"Ulm"}'.`,
      cause: error,
    })
  }
}

export function addContacts(program: Command): void {
  const contacts = program.command('contacts')
  paged(contacts.command('list'), 'id')
    .option('--search <text>', 'only those whose number or fields have this', text)
    .description('People of all lists, or those you look for.')
    .action(
      action(async (host, { search, ...flags }: PageFlags & { search?: string }) => {
        const found = await host.withApp((app) =>
          showContacts(app.ctx, { search, after: flags.after, limit: limitOf(flags) }),
        )
        host.output.result(found.items, () =>
          host.output.table(
            ['id', 'phone', 'name', 'consent'],
            found.items.map(({ id, phone, attributes, consent }) => [id, phone, nameOf(attributes) ?? null, consent]),
            search === undefined ? 'No people yet: herald import FILE.csv.' : 'No matches.',
          ),
        )
        if (found.next !== null) host.output.note(`There are more: go on with --after ${found.next}.`)
      }),
    )
  contacts
    .command('add')
    .argument('<phone>', 'phone with +')
    .option('--field <name=value>', 'a field of the person; repeatable', texts)
    .option('--list <name>', "a list to come into, created if it doesn't exist; repeatable", texts)
    .description('Add one person by hand; one who is known is changed.')
    .action(
      action(async (host, phone: string, { field = [], list = [] }: { field?: string[]; list?: string[] }) => {
        const change = { phone, attributes: fieldsIn(field), addTo: list }
        const contact = await host.withApp((app) => addContact(app.ctx, change))
        host.output.result(contact, () => showOne(host.output, contact))
      }),
    )
  contacts
    .command('edit')
    .argument('<phone>', 'phone with +, or id')
    .option('--field <name=value>', 'a field to set; without a value it is removed; repeatable', texts)
    .option('--add-to <list>', "a list to come into, created if it doesn't exist; repeatable", texts)
    .option('--remove-from <list>', 'a list to leave; repeatable', texts)
    .description('Change the fields and lists of one person.')
    .action(
      action(async (host, phone: string, flags: EditFlags) => {
        const { field = [], addTo, removeFrom } = flags
        const change = { attributes: fieldsIn(field), addTo, removeFrom }
        const contact = await host.withApp((app) => editContact(app.ctx, phone, change))
        host.output.result(contact, () => showOne(host.output, contact))
      }),
    )
  contacts
    .command('show')
    .argument('<phone>', 'phone with +, or id')
    .option('--before <message>', 'only messages before this one: the last that you saw', text)
    .description('Everything known about one person, and the newest hundred messages sent to them.')
    .action(
      action(async (host, phone: string, flags: { before?: string }) => {
        const contact = await host.withApp((app) => showContact(app.ctx, phone, flags))
        host.output.result(contact, () => showOne(host.output, contact))
        if (contact.hasOlderMessages)
          host.output.note(`There are older messages: go on with --before ${contact.messages.at(-1)?.id}.`)
      }),
    )
  contacts
    .command('export')
    .option('--list <name>', 'only the contacts of this list; repeatable', texts)
    .option('--exclude <name>', 'without the contacts of this list; repeatable', texts)
    .option('--filter <json>', `only those of a filter as in a campaign: '{"field":"city","is":"Ulm"}'`, parseFilter)
    .option('-o, --output <file>', outputHelp, text)
    .option('--raw', 'cells as they are, phones with +: for programs')
    .option('--force', 'overwrite the file')
    .description('Everybody, or those of lists and a filter, as CSV with lists, consent and suppressions.')
    .action(
      action(async (host, flags: ExportFlags) => {
        if (flags.output !== undefined) checkNewFile(flags.output, flags.force)
        const { list: lists, exclude, filter } = flags
        const selection = readSelection({
          ...(lists && { lists }),
          ...(exclude && { exclude }),
          ...(filter !== undefined && { filter }),
        })
        await host.withApp(async (app) => {
          const table = await exportContacts(app.ctx, selection, flags.raw ?? false)
          await writeTable(table, { path: flags.output, isForced: flags.force, isRaw: flags.raw })
          if (flags.output !== undefined)
            host.output.result({ file: flags.output }, () => host.output.line(`Written to ${flags.output ?? ''}.`))
        })
      }),
    )
  contacts
    .command('erase')
    .argument('<phone>', 'phone with +, or id')
    .option('--yes', 'do it without asking')
    .description('Erase everything personal about one person. This cannot be undone.')
    .action(
      action(async (host, phone: string, flags: { yes?: boolean }) => {
        await host.confirm(`Erase ${phone} for good?`, flags.yes ?? false, (app) => showContact(app.ctx, phone))
        const erasure = await host.withApp((app) => eraseContactByOperator(app.ctx, phone))
        host.output.result(erasure, () => {
          host.output.line(
            `Erased. ${erasure.stoppedMessages} waiting messages stopped; ${erasure.callbacks} callbacks, ${erasure.rejectedLines} rejected lines and ${erasure.uploads} uploads removed.`,
          )
          host.output.line(erasure.note)
        })
      }),
    )
}

interface EditFlags {
  field?: string[]
  addTo?: string[]
  removeFrom?: string[]
}

/** city=Ulm: what is behind the first equals sign is the value. */
function fieldsIn(given: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    given.map((one) => {
      const at = one.indexOf('=')
      if (at < 1)
        throw new AppError('usage.invalid_value', `--field "${one.slice(0, 60)}" has no name and value`, {
          hint: 'For example --field city=Ulm.',
        })
      return [one.slice(0, at), one.slice(at + 1)]
    }),
  )
}

function showOne(output: Output, contact: ContactView): void {
  output.facts([
    ['phone', contact.phone],
    ['id', contact.id],
    ['zone', contact.zone],
    ['consent', contact.consent],
    ['lists', contact.lists.join(', ')],
    ...(contact.formerPhones.length > 0 ? [['before', contact.formerPhones.join(', ')] as [string, string]] : []),
    ...Object.entries(contact.attributes).map(([name, value]): [string, string] => [name, value]),
  ])
  for (const { scope, reason, since, evidence } of contact.suppressions)
    output.line(output.colors.yellow(`suppressed (${scope}): ${reason} since ${since}, ${evidence}`))
  for (const { consent, evidence, at } of contact.consents) output.line(`consent ${consent} at ${at}: ${evidence}`)
  output.line()
  output.table(
    ['message', 'campaign', 'status', 'reason', 'at'],
    contact.messages.map((message) => [message.id, message.campaign, message.status, message.reason, message.at]),
    'Nothing was sent to this person.',
  )
  if (contact.replies.length === 0) return
  output.line()
  output.table(
    ['reply', 'at', 'what', 'read as'],
    contact.replies.map((reply) => [reply.id, reply.at, saidIn(reply), reply.reading]),
    '',
  )
}

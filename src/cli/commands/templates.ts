// `templates`: what WhatsApp approved for an account, as the provider tells of it.
import type { Command } from 'commander'
import type { TemplateShape } from '../../domain/template.ts'
import { pageTemplates } from '../../engine/senders/template-list.ts'
import { action } from '../host.ts'
import { cutPage, limitOf, type PageFlags, paged } from '../paged.ts'

// Loaded by the commands that ask a provider: a list needs none of them.
const atProvider = () => import('../../engine/senders/templates.ts')
const definitionFile = () => import('../definition-file.ts')

export function addTemplates(program: Command): void {
  const templates = program.command('templates')
  paged(templates.command('list'), 'place')
    .argument('[sender]', 'name or id; all without')
    .description('What is known of templates since the last sync.')
    .action(
      action(async (host, sender: string | undefined, flags: PageFlags) => {
        const query = { sender, after: flags.after, limit: limitOf(flags) + 1 }
        const found = await host.withApp((app) => pageTemplates(app.ctx, query))
        const shown = cutPage(host, found, flags, ({ place }) => place).map(
          ({ place: _place, ...template }) => template,
        )
        host.output.result(shown, () =>
          host.output.table(
            ['sender', 'name', 'language', 'status', 'category', 'values', ''],
            shown.map((template) => [
              template.sender,
              template.title,
              template.language,
              template.status,
              template.category,
              valuesText(template.shape),
              template.status === 'approved' ? '' : template.statusDetail,
            ]),
            'No templates yet: herald templates sync.',
          ),
        )
      }),
    )
  templates
    .command('sync')
    .argument('[sender]', 'name or id; all that can tell without')
    .description('Ask the providers for their templates: launches are held against them.')
    .action(
      action(async (host, sender: string | undefined) => {
        const { syncTemplates } = await atProvider()
        const synced = await host.withApp(async (app) => syncTemplates(app.ctx, await app.connections(), sender))
        host.output.result(synced, () =>
          host.output.table(
            ['sender', 'templates', 'added', 'changed', 'removed'],
            synced.map((one) => [one.sender, one.templates, one.added, one.changed, one.removed]),
            'No sender has a provider that tells of its templates.',
          ),
        )
      }),
    )
  templates
    .command('create')
    .argument('<sender>', 'name or id')
    .argument('<file>', "YAML or JSON in the provider's own words (docs/providers)")
    .description('Submit a template for approval.')
    .action(
      action(async (host, sender: string, file: string) => {
        const [{ createTemplate }, { readDefinitionFile }] = await Promise.all([atProvider(), definitionFile()])
        const created = await host.withApp(async (app) =>
          createTemplate(app.ctx, await app.connections(), { sender, definition: readDefinitionFile(file) }),
        )
        host.output.result(created, () => host.output.line(`"${created.name}" is ${created.status}.`))
      }),
    )
  templates
    .command('delete')
    .argument('<sender>', 'name or id')
    .argument('<template>', 'its name')
    .option('--yes', 'do it without asking')
    .description('Delete every language of a template at the provider.')
    .action(
      action(async (host, sender: string, name: string, flags: { yes?: boolean }) => {
        await host.confirm(`Delete every language of the template "${name}" at the provider?`, flags.yes ?? false)
        const { removeTemplate } = await atProvider()
        const deleted = await host.withApp(async (app) =>
          removeTemplate(app.ctx, await app.connections(), { sender, name }),
        )
        host.output.result(deleted, () => host.output.line(`Deleted "${deleted.name}".`))
      }),
    )
}

/** How many values it takes, at a glance. */
function valuesText(shape: TemplateShape | null): string {
  if (shape === null) return ''
  const body = shape.isNamed ? shape.body.join(', ') : `${shape.body.length}`
  return [
    shape.header === null ? '' : `header ${shape.header.type}`,
    shape.body.length === 0 ? '' : `body ${body}`,
    shape.buttons.some((button) => button.takesValue) ? 'buttons' : '',
    shape.cards.length === 0 ? '' : `${shape.cards.length} cards`,
  ]
    .filter((part) => part !== '')
    .join('; ')
}

// Templates as the providers told of them: which may be used, what values they take; sync, and where the provider lets
// others do it, submit and delete.
import { Hono } from 'hono'
import { mayDo } from '../../domain/access.ts'
import { AppError } from '../../domain/errors.ts'
import { counted } from '../../domain/plural.ts'
import type { TemplateShape } from '../../domain/template.ts'
import { templateAbilities } from '../../engine/senders/senders.ts'
import { pageTemplates, type TemplateView } from '../../engine/senders/template-list.ts'
import { createTemplate, removeTemplate, syncTemplates } from '../../engine/senders/templates.ts'
import { acts } from '../acts.ts'
import { Field, FormToken, Select, WholeError } from '../elements/form.tsx'
import { Badge, Table } from '../elements/table.tsx'
import { type Format, formatFor } from '../format.ts'
import { renderPage } from '../layout.tsx'
import {
  type Form,
  type FormErrors,
  formErrors,
  noErrors,
  opens,
  type PageContext,
  type PageEnv,
  type PageFacts,
  principalOf,
  readForm,
  redirectWithNote,
  refusedStatus,
} from '../page.ts'
import { asks } from '../question.tsx'
import { deleteTemplateWords } from '../question-words.tsx'

const PAGE_SIZE = 100

export function templatePages({ ctx, providers }: PageFacts): Hono<PageEnv> {
  const pages = new Hono<PageEnv>()
  pages.get('/templates', opens('read'), (c) => listPage(c))
  pages.post('/templates/sync', opens('edit'), acts('looks'), async (c) => {
    const { sender = '' } = await readForm(c)
    try {
      const synced = await providers.ask(principalOf(c), (connections) =>
        syncTemplates(ctx, connections, sender === '' ? undefined : sender),
      )
      return redirectWithNote(c, pathOf(sender), syncNote(synced))
    } catch (error) {
      return listPage(c, { errors: formErrors(error, () => undefined), sender, status: refusedStatus(c, error, 422) })
    }
  })
  pages.get('/templates/new', opens('administer'), (c) =>
    createPage(c, { form: { sender: c.req.query('sender') ?? '' } }),
  )
  pages.post('/templates/new', opens('administer'), acts('saves'), async (c) => {
    const form = await readForm(c)
    try {
      const sender = form.sender ?? ''
      if (sender === '') throw noSender()
      const definition = readJson(form.definition ?? '')
      const created = await providers.ask(principalOf(c), (connections) =>
        createTemplate(ctx, connections, { sender, definition }),
      )
      return redirectWithNote(c, pathOf(form.sender), `“${created.name}” is ${created.status}.`)
    } catch (error) {
      return createPage(c, {
        form,
        errors: formErrors(error, ({ pointer }) => pointer.slice(1)),
        status: refusedStatus(c, error, 422),
      })
    }
  })
  asks(pages, '/templates/delete', {
    right: 'administer',
    ask: async (_c, { sender = '', name = '' }) => ({
      ...deleteTemplateWords(name, sender),
      back: pathOf(sender),
      fields: { sender, name },
    }),
    act: async (c, { sender = '', name = '' }) => {
      await providers.ask(principalOf(c), (connections) => removeTemplate(ctx, connections, { sender, name }))
      return redirectWithNote(c, pathOf(sender), `Every language of “${name}” was deleted.`)
    },
  })

  async function listPage(c: PageContext, shown: { errors?: FormErrors; sender?: string; status?: number } = {}) {
    const sender = shown.sender ?? c.req.query('sender') ?? ''
    const after = c.req.query('after')
    const found = await pageTemplates(ctx, {
      sender: sender === '' ? undefined : sender,
      after,
      limit: PAGE_SIZE + 1,
    })
    return templatesPage(c, {
      sender,
      found,
      senders: await templateAbilities(ctx),
      format: formatFor(c),
      errors: shown.errors ?? noErrors,
      status: shown.status ?? 200,
    })
  }

  async function createPage(c: PageContext, { form, errors = noErrors, status = 200 }: CreatePage) {
    const able = (await templateAbilities(ctx)).filter(({ calls }) => calls.includes('create'))
    return renderPage(
      c,
      { title: 'Submit a template' },
      able.length === 0 ? (
        <p class="empty">None of your senders has a provider that takes templates: submit them in its own pages.</p>
      ) : (
        <form class="decide" method="post" action="/templates/new">
          <FormToken c={c} />
          <WholeError errors={errors} />
          <Select
            name="sender"
            label="Sender"
            value={form.sender}
            errors={errors}
            options={[
              ...(able.length > 1 && !form.sender ? [['', 'Choose a sender'] as const] : []),
              ...able.map(({ id, name }) => [id, name] as const),
            ]}
          />
          <Field
            name="definition"
            label="Definition"
            value={form.definition}
            rows={14}
            required
            errors={errors}
            help="JSON in the provider’s own words: its name, language, category and components."
            extra={{ class: 'mono', spellcheck: 'false' }}
          />
          <button type="submit">Submit for approval</button>
        </form>
      ),
      status,
    )
  }
  return pages
}

interface CreatePage {
  form: Form
  errors?: FormErrors
  status?: number
}

function noSender(): AppError {
  const errors = [{ pointer: '/sender', code: 'sender.not_found', detail: 'Choose the sender that it is for.' }]
  return new AppError('sender.not_found', 'no sender was chosen', { details: { errors } })
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    const detail = `is no JSON: ${(error as Error).message}`
    const errors = [{ pointer: '/definition', code: 'template.not_usable', detail }]
    throw new AppError('template.not_usable', 'the definition cannot be read', { details: { errors } })
  }
}

function pathOf(sender: string | undefined): string {
  return sender === undefined || sender === '' ? '/templates' : `/templates?sender=${encodeURIComponent(sender)}`
}

function syncNote(synced: Awaited<ReturnType<typeof syncTemplates>>): string {
  if (synced.length === 0) return 'No sender has a provider that tells of its templates.'
  return synced
    .map(({ sender, templates, added, changed, removed }) => {
      return `${sender}: ${counted(templates, 'template', 'templates')}, ${added} new, ${changed} changed, ${removed} gone`
    })
    .join('; ')
}

interface TemplatesPage {
  sender: string
  found: (TemplateView & { place: string })[]
  senders: Awaited<ReturnType<typeof templateAbilities>>
  format: Format
  errors: FormErrors
  status: number
}

function templatesPage(c: PageContext, { sender, found, senders, format, errors, status }: TemplatesPage) {
  const principal = principalOf(c)
  const isAdmin = mayDo(principal, 'administer')
  const shown = found.slice(0, PAGE_SIZE)
  const last = found.length > PAGE_SIZE ? shown.at(-1)?.place : undefined
  const asked = senders.filter(({ id, name, calls }) => {
    const isShown = sender === '' || sender === id || sender === name
    return isShown && (calls.includes('list') || calls.includes('find'))
  })
  const canDelete = (name: string) =>
    isAdmin && senders.some((one) => one.name === name && one.calls.includes('delete'))
  return renderPage(
    c,
    { title: 'Templates', actions: <Actions c={c} sender={sender} /> },
    <>
      <WholeError errors={errors} />
      <form class="row filter" method="get" action="/templates">
        <Select
          name="sender"
          label="Sender"
          value={sender}
          options={[['', 'All'], ...senders.map(({ id, name }) => [id, name] as const)]}
        />
        <div class="field submit">
          <button class="second" type="submit">
            Show
          </button>
        </div>
      </form>
      <Table
        caption="Templates by sender and name"
        head={['Name', 'Sender', 'Language', 'Status', 'Category', 'Takes', 'Quality', 'Changed', '']}
        rows={shown.map((template) => [
          <bdi>{template.title}</bdi>,
          <bdi>{template.sender}</bdi>,
          template.language,
          <>
            <Badge status={template.status} />{' '}
            {template.status !== 'approved' && <bdi class="soft">{template.statusDetail}</bdi>}
          </>,
          template.category ?? '—',
          valuesText(template.shape),
          template.quality ?? '—',
          format.instant(template.updatedAt),
          canDelete(template.sender) && (
            <a
              href={`/templates/delete?sender=${encodeURIComponent(template.sender)}&name=${encodeURIComponent(template.name)}`}
            >
              Delete<span class="unseen"> {template.title}</span>
            </a>
          ),
        ])}
        empty={emptyText(asked)}
      />
      <Asked asked={asked} format={format} />
      {last !== undefined && (
        <p>
          <a href={`/templates?sender=${encodeURIComponent(sender)}&after=${encodeURIComponent(last)}`}>Next page</a>
        </p>
      )}
    </>,
    status,
  )
}

type Senders = TemplatesPage['senders']

function emptyText(asked: Senders): string {
  if (asked.length === 0) return 'No template is known: these providers do not tell of theirs.'
  return asked.some(({ syncedAt }) => syncedAt === null)
    ? 'No template is known yet. Herald asks a new sender for its templates within a minute.'
    : 'The provider has no templates. Submit one, or make one in its own pages.'
}

/** Senders named with when they were asked. */
const ASKED_SHOWN = 20

function Asked({ asked, format }: { asked: Senders; format: Format }) {
  if (asked.length === 0) return null
  return (
    <p class="soft">
      Herald asks for templates every hour. Asked last:{' '}
      {asked.slice(0, ASKED_SHOWN).map(({ name, syncedAt }, index) => (
        <>
          {index > 0 && '; '}
          <bdi>{name}</bdi> {syncedAt === null ? 'not yet' : format.instant(syncedAt)}
        </>
      ))}
      {asked.length > ASKED_SHOWN && ' …'}
    </p>
  )
}

function Actions({ c, sender }: { c: PageContext; sender: string }) {
  const principal = principalOf(c)
  return (
    <>
      {mayDo(principal, 'administer') && (
        <a class="button second" href={`/templates/new?sender=${encodeURIComponent(sender)}`}>
          Submit a template
        </a>
      )}
      {mayDo(principal, 'edit') && (
        <form method="post" action="/templates/sync">
          <FormToken c={c} />
          <input type="hidden" name="sender" value={sender} />
          <button type="submit">Refresh templates</button>
        </form>
      )}
    </>
  )
}

/** How many values it takes, at a glance. */
function valuesText(shape: TemplateShape | null): string {
  if (shape === null) return '—'
  const values = shape.isNamed ? shape.body.join(', ') : `${shape.body.length} values`
  const parts = [
    shape.header === null ? '' : `header: ${shape.header.type}`,
    shape.body.length === 0 ? '' : `body: ${values}`,
    shape.buttons.some(({ takesValue }) => takesValue) ? 'buttons' : '',
    shape.cards.length === 0 ? '' : `${shape.cards.length} cards`,
  ].filter((part) => part !== '')
  return parts.join('; ') || 'no values'
}

// Numbers that must not be messaged: searched, added, lifted, taken from a file.
import { Hono } from 'hono'
import { mayDo } from '../../domain/access.ts'
import { AppError } from '../../domain/errors.ts'
import { type SuppressionScope, suppressionReasons, suppressionScopes } from '../../domain/suppression.ts'
import { suppressionFileSchema, suppressionSchema } from '../../engine/contacts/suppression-request.ts'
import {
  addSuppression,
  removeSuppression,
  type SuppressionView,
  showSuppressions,
} from '../../engine/contacts/suppressions.ts'
import { acts } from '../acts.ts'
import { CountrySelect } from '../elements/countries.tsx'
import { Check, Field, FormToken, Select, WholeError } from '../elements/form.tsx'
import { MoreLink } from '../elements/more-link.tsx'
import { SearchForm } from '../elements/search-form.tsx'
import { Badge, Table } from '../elements/table.tsx'
import { UploadForm } from '../elements/upload-form.tsx'
import { sentencesOf } from '../error-words.ts'
import { type Format, formatFor } from '../format.ts'
import { renderPage } from '../layout.tsx'
import {
  type Form,
  type FormErrors,
  noErrors,
  opens,
  type PageContext,
  type PageEnv,
  type PageFacts,
  principalOf,
  readForm,
  redirectWithNote,
} from '../page.ts'
import { receiveUpload } from '../received-upload.ts'
import { statusOf } from '../status-of.ts'

const PAGE_SIZE = 100

export const scopeWords: Record<SuppressionScope, string> = { all: 'every message', marketing: 'marketing' }
const scopeOptions = suppressionScopes.map((scope) => [scope, scopeWords[scope]] as const)
const reasonOptions = suppressionReasons
  .filter((reason) => reason !== 'erased')
  .map((reason) => [reason, reason.replaceAll('_', ' ')] as const)

export function suppressionPages(facts: PageFacts): Hono<PageEnv> {
  const { ctx, imports } = facts
  const pages = new Hono<PageEnv>()
  pages.get('/suppressions', opens('read'), (c) => suppressionsPage(facts, c, { errors: noErrors, form: {} }))
  pages.post('/suppressions', opens('edit'), acts('saves'), async (c) => {
    const form = await readForm(c)
    try {
      const { phone, stopped, isNew } = await add(form)
      const note = isNew ? `${phone} is suppressed; ${stopped} waiting messages were stopped.` : `${phone} was already.`
      return redirectWithNote(c, backFrom(form), note)
    } catch (error) {
      return suppressionsPage(facts, c, { errors: errorsOf(error, 'phone'), form }, 422)
    }
  })
  pages.get('/suppressions/lift', opens('edit'), (c) =>
    liftPage(c, { phone: c.req.query('phone') ?? '', scope: c.req.query('scope') ?? '' }, noErrors),
  )
  pages.post('/suppressions/lift', opens('edit'), acts('confirmed'), async (c) => {
    const form = await readForm(c)
    const { phone = '', scope: given = '', consented } = form
    if (consented !== 'yes')
      return liftPage(c, { phone, scope: given }, { whole: 'Only with the consent of the person.', fields: {} }, 422)
    const scope = suppressionScopes.find((known) => known === given)
    try {
      const { phone: lifted } = await removeSuppression(ctx, phone, scope)
      return redirectWithNote(c, '/suppressions', `${lifted} may be messaged again.`)
    } catch (error) {
      return liftPage(c, { phone, scope: given }, errorsOf(error), 422)
    }
  })
  pages.get('/suppressions/import', opens('edit'), (c) => filePage(c, { errors: noErrors, form: {} }))
  pages.post('/suppressions/import', opens('edit'), acts('starts'), async (c) => {
    const { upload, fields } = await receiveUpload(facts, c)
    try {
      if (upload instanceof AppError) throw upload
      const asked = suppressionFileSchema.safeParse({
        upload: upload.id,
        scope: fields.scope,
        reason: fields.reason,
        evidence: fields.evidence || undefined,
        defaultCountry: fields.defaultCountry || undefined,
      })
      if (!asked.success) throw new AppError('request.invalid', `the form: ${asked.error.issues[0]?.message ?? ''}`)
      const { upload: id, ...options } = asked.data
      const { id: job } = await imports.startSuppressions(principalOf(c).userId, id, options)
      return c.redirect(`/import/jobs/${job}`, 303)
    } catch (error) {
      return filePage(c, { errors: errorsOf(error), form: fields }, statusOf(error))
    }
  })

  function add({ phone, scope, reason, evidence }: Form) {
    const { data, error } = suppressionSchema.safeParse({ phone, scope, reason, evidence: evidence || undefined })
    if (data === undefined) throw new AppError('request.invalid', error.issues[0]?.message ?? 'not valid')
    const { phone: number, ...options } = data
    return addSuppression(ctx, number, options)
  }
  return pages
}

/** A refusal beside a field, or above the whole form. */
function errorsOf(error: unknown, field?: string): FormErrors {
  if (!(error instanceof AppError)) throw error
  const said = sentencesOf(error)
  return field === undefined ? { whole: said, fields: {} } : { fields: { [field]: said } }
}

/** The page from which a number was suppressed: a person's page, or the list of all. */
function backFrom({ from }: Form): string {
  return from !== undefined && /^con_\d+$/.test(from) ? `/contacts/${from}` : '/suppressions'
}

async function suppressionsPage(
  { ctx }: PageFacts,
  c: PageContext,
  { errors, form }: { errors: FormErrors; form: Form },
  status = 200,
) {
  const format = formatFor(c)
  const { phone = '', before } = c.req.query()
  const scope = suppressionScopes.find((known) => known === c.req.query('scope'))
  const query = { limit: PAGE_SIZE + 1, before, scope, phone: /\d/.test(phone) ? phone : undefined }
  const found = await showSuppressions(ctx, query)
  const shown = found.slice(0, PAGE_SIZE)
  const mayEdit = mayDo(principalOf(c), 'edit')
  return renderPage(
    c,
    {
      title: 'Suppressions',
      actions: (
        <>
          {mayDo(principalOf(c), 'export') && (
            <>
              <a class="button second" href="/api/v1/suppressions/export" download>
                Export as CSV
              </a>
              <a class="button second" href="/api/v1/suppressions/export?format=xlsx" download>
                Export as Excel
              </a>
            </>
          )}
          {mayEdit && (
            <a class="button second" href="/suppressions/import">
              Import a file
            </a>
          )}
        </>
      ),
    },
    <>
      <p class="soft">Numbers that are never messaged, whatever list they are in.</p>
      {mayEdit && <AddForm c={c} errors={errors} form={form} />}
      <SearchForm name="phone" label="Search" verb="Search" value={phone} placeholder="how the number begins" />
      <SuppressionsTable shown={shown} format={format} mayEdit={mayEdit} isSearch={phone !== ''} />
      <MoreLink c={c} name="before" value={found.length > PAGE_SIZE ? shown.at(-1)?.id : undefined} />
    </>,
    status,
  )
}

function AddForm({ c, errors, form }: { c: PageContext; errors: FormErrors; form: Form }) {
  return (
    <details class="differently" open={form.phone !== undefined}>
      <summary>Suppress a number</summary>
      <form method="post" action="/suppressions" class="row">
        <FormToken c={c} />
        <Field
          name="phone"
          label="Phone"
          type="tel"
          value={form.phone}
          placeholder="+44 7700 900123"
          required
          errors={errors}
        />
        <Select name="scope" label="Stop" value={form.scope} options={scopeOptions} />
        <Select name="reason" label="Reason" value={form.reason ?? 'blocked'} options={reasonOptions} />
        <Field name="evidence" label="Where it comes from" value={form.evidence} extra={{ maxlength: 500 }} />
        <p>
          <button type="submit">Suppress</button>
        </p>
      </form>
    </details>
  )
}

interface SuppressionsTableProps {
  shown: SuppressionView[]
  format: Format
  mayEdit: boolean
  isSearch: boolean
}

function SuppressionsTable({ shown, format, mayEdit, isSearch }: SuppressionsTableProps) {
  return (
    <Table
      caption={isSearch ? 'Suppressions by number' : 'Suppressions, newest first'}
      head={['Phone', 'What is stopped', 'Reason', 'Evidence', 'Since', <span class="unseen">what to do</span>]}
      rows={shown.map(({ phone, scope, reason, evidence, since }) => [
        <bdi>{phone}</bdi>,
        scopeWords[scope],
        <Badge status={reason} />,
        <bdi>{evidence}</bdi>,
        format.instant(since),
        mayEdit && (
          <a href={`/suppressions/lift?${new URLSearchParams({ phone, scope })}`}>
            Lift<span class="unseen"> {phone}</span>
          </a>
        ),
      ])}
      empty={
        isSearch
          ? 'No suppressed number begins so.'
          : 'Nobody is suppressed. People who write STOP, and numbers that you add, stand here.'
      }
    />
  )
}

function liftPage(
  c: PageContext,
  { phone, scope }: { phone: string; scope: string },
  errors: FormErrors,
  status = 200,
) {
  return renderPage(
    c,
    { title: 'Lift this suppression?' },
    <div class="decide">
      <p>
        <strong>
          <bdi>{phone}</bdi>
        </strong>{' '}
        could be messaged again. Do it only when the person asked for it.
      </p>
      <form method="post" action="/suppressions/lift">
        <FormToken c={c} />
        <WholeError errors={errors} />
        <input type="hidden" name="phone" value={phone} />
        <input type="hidden" name="scope" value={scope} />
        <Check name="consented" label="The person has asked to be messaged again" required />
        <button type="submit">Lift it</button> <a href="/suppressions">Keep it</a>
      </form>
    </div>,
    status,
  )
}

function filePage(c: PageContext, { errors, form }: { errors: FormErrors; form: Form }, status = 200) {
  const { locale } = formatFor(c)
  return renderPage(
    c,
    { title: 'Suppress the numbers of a file' },
    <div class="decide">
      <p>One number a line, or a CSV or XLSX whose first column is the number.</p>
      <UploadForm
        c={c}
        action="/suppressions/import"
        errors={errors}
        label="Suppress them all"
        invitation="The file with the numbers"
      >
        <div class="row">
          <Select name="scope" label="Stop" value={form.scope} options={scopeOptions} />
          <Select name="reason" label="Reason" value={form.reason ?? 'blocked'} options={reasonOptions} />
        </div>
        <Field name="evidence" label="Where they come from" value={form.evidence} extra={{ maxlength: 500 }} />
        <CountrySelect
          name="defaultCountry"
          label="Country of numbers without a calling code"
          locale={locale}
          value={form.defaultCountry}
          none="none: such numbers are left out"
        />
      </UploadForm>
    </div>,
    status,
  )
}

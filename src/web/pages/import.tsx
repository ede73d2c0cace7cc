// A file comes in, and a user says what its columns are: two pages, then the dry run.
import { Hono } from 'hono'
import { AppError } from '../../domain/errors.ts'
import { showListNames } from '../../engine/contacts/lists.ts'
import type { ImportRequest } from '../../engine/import/import-request.ts'
import type { Inspection } from '../../engine/import/inspection.ts'
import { findRejectsOrigin, type RejectsOrigin } from '../../engine/import/rejects-origin.ts'
import { deleteUpload, findUpload, inspectUpload, showUploads } from '../../engine/import/uploads.ts'
import { acts } from '../acts.ts'
import { CountrySelect } from '../elements/countries.tsx'
import { Check, Field, FormToken, WholeError } from '../elements/form.tsx'
import {
  ColumnsTable,
  FirstRows,
  MoreOptions,
  PhoneColumn,
  ReadDifferently,
  Readings,
} from '../elements/mapping-parts.tsx'
import { Table } from '../elements/table.tsx'
import { UploadForm } from '../elements/upload-form.tsx'
import { sentencesOf } from '../error-words.ts'
import { type Format, formatFor } from '../format.ts'
import { delimiterWords } from '../import-words.ts'
import { renderPage } from '../layout.tsx'
import { formOf, type Reading, requestOf } from '../mapping-form.ts'
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

const LISTS_OFFERED = 200

export function importPages(facts: PageFacts): Hono<PageEnv> {
  const { ctx, imports } = facts
  const pages = new Hono<PageEnv>()
  pages.get('/import', opens('edit'), (c) => uploadPage(facts, c, noErrors))
  pages.post('/import', opens('edit'), acts('looks'), async (c) => {
    const { upload } = await receiveUpload(facts, c)
    if (!(upload instanceof AppError)) return c.redirect(`/import/${upload.id}`, 303)
    return uploadPage(facts, c, { whole: sentencesOf(upload), fields: {} }, statusOf(upload))
  })
  pages.get('/import/:upload', opens('edit'), async (c) => {
    const { userId } = principalOf(c)
    const job = c.req.query('job')
    const request = job === undefined ? undefined : (imports.get(job, userId).request ?? undefined)
    const mapping = await openMapping(facts, c, readingOf(c, request))
    if (mapping instanceof AppError) return refusedPage(c, mapping)
    const { inspection } = mapping
    if (request !== undefined) return mappingPage(c, mapping, formOf(inspection, request), noErrors)
    const origin = await findRejectsOrigin(ctx, imports, { userId, columns: inspection.columns })
    return mappingPage(c, { ...mapping, origin }, formOf(inspection, origin?.request), noErrors)
  })
  pages.post('/import/:upload', opens('edit'), acts('starts'), async (c) => {
    const form = await readForm(c)
    const mapping = await openMapping(facts, c, {
      upload: c.req.param('upload'),
      encoding: form.encoding || undefined,
      sheet: form.sheet || undefined,
      hasHeader: form.header !== 'no',
    })
    if (mapping instanceof AppError) return refusedPage(c, mapping)
    const { request, errors } = requestOf(form, mapping.inspection, mapping.reading)
    if (request === undefined) return mappingPage(c, mapping, form, errors, 422)
    const { id } = await imports.startImport(principalOf(c).userId, request)
    return c.redirect(`/import/jobs/${id}`, 303)
  })
  pages.post('/import/:upload/delete', opens('edit'), acts('undoable'), async (c) => {
    await readForm(c)
    const upload = await findUpload(ctx, c.req.param('upload'), principalOf(c).userId)
    await deleteUpload(ctx, upload)
    return redirectWithNote(c, '/import', `${upload.fileName} was deleted.`)
  })
  return pages
}

async function uploadPage(facts: PageFacts, c: PageContext, errors: FormErrors, status = 200) {
  const format = formatFor(c)
  const waiting = await showUploads(facts.ctx, principalOf(c).userId)
  return renderPage(
    c,
    {
      title: 'Import a CSV',
      scripts: ['imports.js'],
      actions: (
        <a class="button second" href="/imports">
          Imports made
        </a>
      ),
    },
    <>
      <div class="decide">
        <p>
          A CSV or an Excel workbook (XLSX) with one person a line and a header. Next you see its first rows and say
          what its columns are; nothing is stored before you have seen what would happen.
        </p>
        <UploadForm
          c={c}
          action="/import"
          next="/import/"
          errors={errors}
          label="Upload"
          invitation="Drop a file here, or choose one"
        />
      </div>
      {waiting.length > 0 && (
        <>
          <h2>Uploaded, not imported</h2>
          <Table
            caption="Uploads that wait"
            head={['File', 'Size', 'Uploaded', <span class="unseen">what to do</span>]}
            numbers={[1]}
            rows={waiting.map(({ id, fileName, bytes, createdAt }) => [
              <a href={`/import/${id}`}>
                <bdi>{fileName}</bdi>
              </a>,
              format.bytes(bytes),
              format.instant(createdAt),
              <form method="post" action={`/import/${id}/delete`}>
                <FormToken c={c} />
                <button class="plain" type="submit" aria-label={`Delete ${fileName}`}>
                  Delete
                </button>
              </form>,
            ])}
            empty=""
          />
          <p class="soft">Uploads are deleted after a day.</p>
        </>
      )}
    </>,
    status,
  )
}

function readingOf(c: PageContext, request: ImportRequest | undefined): Reading {
  const encoding = c.req.query('encoding') ?? request?.encoding
  const sheet = c.req.query('sheet') ?? request?.sheet
  const header = c.req.query('header') ?? (request?.header === false ? 'no' : 'yes')
  return {
    upload: c.req.param('upload') ?? '',
    encoding: encoding === '' ? undefined : encoding,
    sheet: sheet === '' ? undefined : sheet,
    hasHeader: header !== 'no',
  }
}

interface Mapping {
  inspection: Inspection
  reading: Reading
  format: Format
  lists: string[]
  /** Of rejected lines that come back. */
  origin?: RejectsOrigin | undefined
}

/** The refusal of a file that cannot be imported, whatever anybody answers. */
async function openMapping(facts: PageFacts, c: PageContext, reading: Reading): Promise<Mapping | AppError> {
  const { ctx } = facts
  const upload = await findUpload(ctx, reading.upload, principalOf(c).userId)
  try {
    const inspection = await inspectUpload(ctx, upload, {
      hasNoHeader: !reading.hasHeader,
      ...(reading.encoding !== undefined && { encoding: reading.encoding }),
      ...(reading.sheet !== undefined && { sheet: reading.sheet }),
    })
    const lists = await showListNames(ctx, LISTS_OFFERED)
    const format = formatFor(c)
    return { inspection, reading: { ...reading, hasHeader: inspection.hasHeader }, format, lists }
  } catch (error) {
    if (!(error instanceof AppError) || !/^(?:csv|file)\./.test(error.code)) throw error
    return error
  }
}

function refusedPage(c: PageContext, refusal: AppError) {
  const upload = c.req.param('upload') ?? ''
  return renderPage(
    c,
    { title: 'This file cannot be read' },
    <div class="decide">
      <p class="error whole" role="alert">
        <bdi>{sentencesOf(refusal)}</bdi>
      </p>
      <Readings upload={upload} error={refusal} {...(c.req.query('job') && { job: c.req.query('job') ?? '' })} />
      <ReadDifferently upload={upload} encoding={c.req.query('encoding')} hasHeader={c.req.query('header') !== 'no'} />
      <form method="post" action={`/import/${encodeURIComponent(upload)}/delete`}>
        <FormToken c={c} />
        <button class="second" type="submit">
          Delete it and choose another file
        </button>
      </form>
    </div>,
    422,
  )
}

function mappingPage(c: PageContext, mapping: Mapping, form: Form, errors: FormErrors, status = 200) {
  const { inspection, reading, format, lists, origin } = mapping
  const { fileName, bytes, delimiter, encoding, notes, sheet, sheets } = inspection
  return renderPage(
    c,
    { title: 'Match columns' },
    <>
      <p>
        <strong>
          <bdi>{fileName}</bdi>
        </strong>
        , {format.bytes(bytes)}
        {sheet === null && `, split by ${delimiterWords[delimiter] ?? delimiter}, in ${encoding}`}.{' '}
        {notes.filter((note) => !note.startsWith('delimiter')).map((note) => `${note}. `)}
      </p>
      {origin !== undefined && (
        <p class="note">
          These are rejected lines of <bdi>{origin.fileName}</bdi>: its columns become what they became there, and what
          Herald wrote beside them is left out.
        </p>
      )}
      <ReadDifferently
        upload={reading.upload}
        encoding={reading.encoding}
        hasHeader={reading.hasHeader}
        sheet={sheet}
        sheets={sheets}
      />
      <FirstRows inspection={inspection} />
      <form method="post" action={`/import/${encodeURIComponent(reading.upload)}`}>
        <FormToken c={c} />
        <input type="hidden" name="encoding" value={reading.encoding ?? ''} />
        <input type="hidden" name="sheet" value={reading.sheet ?? ''} />
        <input type="hidden" name="header" value={reading.hasHeader ? 'yes' : 'no'} />
        <WholeError errors={errors} />
        <div class="decide">
          <Field
            name="list"
            label="Into which list"
            value={form.list}
            required
            errors={errors}
            help={
              origin === undefined
                ? 'An existing list gets more people. A new name creates a list.'
                : 'As last time. Another name is fine too.'
            }
            extra={{ list: 'lists', maxlength: 100 }}
            autocomplete="off"
          />
          <datalist id="lists">
            {lists.map((name) => (
              <option value={name} />
            ))}
          </datalist>
          <PhoneColumn inspection={inspection} form={form} errors={errors} />
          <CountrySelect
            name="defaultCountry"
            label="Country of numbers without a calling code"
            value={form.defaultCountry}
            locale={format.locale}
            none="none: such numbers are rejected"
            errors={errors}
            help={
              inspection.needsCountry
                ? 'Some numbers of the first rows have no calling code: say which country they belong to.'
                : 'The first rows need none.'
            }
          />
          <Check
            name="international"
            label="Numbers without + are complete all the same"
            isChecked={form.international === 'yes'}
            help="They begin with their calling code: 49151…"
          />
          <Check
            name="groups"
            label="These are groups, not people"
            isChecked={form.groups === 'yes'}
            help="The column of the phone holds the provider’s ids of groups. Only a sender that writes to groups reaches them."
          />
        </div>
        <h2>The other columns</h2>
        <ColumnsTable inspection={inspection} form={form} />
        <MoreOptions form={form} errors={errors} />
        <p>
          <button type="submit">Preview import</button>{' '}
          <span class="soft">Shows what would happen to each line; stores nothing.</span>
        </p>
      </form>
    </>,
    status,
  )
}

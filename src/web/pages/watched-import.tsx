// An import at work, then what came of it: of a dry run the buckets with people of each, and the question whether to go on.
import { Hono } from 'hono'
import type { SuppressionImport } from '../../engine/contacts/suppressions.ts'
import type { ImportRequest } from '../../engine/import/import-request.ts'
import type { ImportResult } from '../../engine/import/import-result.ts'
import type { WatchedImport } from '../../engine/import/watched-imports.ts'
import { acts } from '../acts.ts'
import { Check, FormToken } from '../elements/form.tsx'
import { Fresh } from '../elements/fresh.tsx'
import { Buckets, Rejects, RejectTable, Samples, Warnings } from '../elements/import-findings.tsx'
import { Readings } from '../elements/mapping-parts.tsx'
import { sentencesOf } from '../error-words.ts'
import { type Format, formatFor } from '../format.ts'
import { stepWords, takenBackText } from '../import-words.ts'
import { renderPage } from '../layout.tsx'
import {
  opens,
  type PageContext,
  type PageEnv,
  type PageFacts,
  principalOf,
  readForm,
  redirectWithNote,
} from '../page.ts'

const RELOAD_S = 2
const REFRESH_MS = 1_000

export function watchedImportPages({ imports }: PageFacts): Hono<PageEnv> {
  const pages = new Hono<PageEnv>()
  pages.get('/import/jobs/:job', opens('edit'), (c) => {
    const watched = imports.get(c.req.param('job'), principalOf(c).userId)
    const format = formatFor(c)
    if (watched.state === 'running') return progressPage(c, watched, format)
    if (watched.suppressed !== null) return suppressedPage(c, watched.suppressed, format)
    if (watched.undone !== null)
      return redirectWithNote(c, `/imports/${watched.undone.id}`, takenBackText(watched.undone.stayed))
    if (watched.result === null || watched.request === null) return failedPage(c, watched)
    return isStored(watched.result)
      ? redirectWithNote(c, `/imports/${watched.result.importId}`, 'Imported.')
      : dryRunPage(c, { watched, result: watched.result, request: watched.request, format })
  })
  pages.post('/import/jobs/:job/confirm', opens('edit'), acts('starts'), async (c) => {
    const { force } = await readForm(c)
    const { userId } = principalOf(c)
    const { id, request, result } = imports.get(c.req.param('job'), userId)
    if (request === null) return c.redirect('/imports', 303)
    if (force !== 'yes' && result !== null && questionOf(result, request) !== undefined)
      return redirectWithNote(
        c,
        `/import/jobs/${id}`,
        'Not imported: tick the box above the button, or correct the file.',
      )
    const again = await imports.startImport(userId, { ...request, dryRun: false, force: force === 'yes' }, id)
    return c.redirect(`/import/jobs/${again.id}`, 303)
  })
  pages.post('/import/jobs/:job/again', opens('edit'), acts('starts'), async (c) => {
    await readForm(c)
    const { userId } = principalOf(c)
    const { id, request } = imports.get(c.req.param('job'), userId)
    if (request === null) return c.redirect('/imports', 303)
    const again = await imports.startImport(userId, { ...request, dryRun: true, force: true }, id)
    return c.redirect(`/import/jobs/${again.id}`, 303)
  })
  return pages
}

function isStored({ importId, dryRun, alreadyImported }: ImportResult): boolean {
  return importId !== null && dryRun === undefined && alreadyImported === undefined
}

const runningTitles = {
  import: (isDryRun: boolean) => (isDryRun ? 'Trying the file' : 'Importing'),
  undo: () => 'Undoing the import',
  suppressions: () => 'Suppressing numbers',
}

function progressPage(c: PageContext, watched: WatchedImport, format: Format) {
  const { id, kind, isDryRun, fileName, progress } = watched
  const { done, total } = progress
  return renderPage(
    c,
    { title: runningTitles[kind](isDryRun), reloadSeconds: RELOAD_S },
    <Fresh id="work" class="decide" from={`/import/jobs/${id}`} everyMs={REFRESH_MS}>
      <p>
        <bdi>{fileName}</bdi>
      </p>
      <progress aria-label="Progress" {...(total !== undefined && { max: String(total), value: String(done) })} />
      <p role="status" aria-live="polite">
        {progressText(watched, format)}
      </p>
      <p class="soft">You can leave this page: the work goes on, and this address shows how it stands.</p>
    </Fresh>,
  )
}

/** What an import does one after the other, as its progress names it. */
function stepsOf({ kind, isDryRun }: WatchedImport): string[] {
  if (kind !== 'import') return []
  return isDryRun ? ['bytes read', 'people compared'] : ['bytes read', 'people compared', 'people applied']
}

function progressText(watched: WatchedImport, format: Format): string {
  const { progress, pace } = watched
  const { done, total, what } = progress
  if (total === undefined) return stepWords[what] ?? what
  const steps = stepsOf(watched)
  const isBytes = what === 'bytes read'
  const number = (value: number) => (isBytes ? format.bytes(value) : format.number(Math.round(value)))
  return [
    ...(steps.length > 1 && steps.includes(what) ? [`Step ${steps.indexOf(what) + 1} of ${steps.length}`] : []),
    `${number(done)} of ${number(total)} ${stepWords[what] ?? what}`,
    ...(pace === null ? [] : [`${number(pace.ratePerSecond)} a second`, `about ${format.duration(pace.restMs)} left`]),
  ].join(' · ')
}

function failedPage(c: PageContext, { kind, fileName, error, request, id }: WatchedImport) {
  return renderPage(
    c,
    { title: kind === 'undo' ? 'It was not taken back' : 'Nothing was imported' },
    <div class="decide">
      <p>
        <bdi>{fileName}</bdi>
      </p>
      <p class="error whole" role="alert">
        <bdi>{error === null ? 'It came to nothing.' : sentencesOf(error)}</bdi>
      </p>
      {error !== null && request !== null && <Readings upload={request.upload} error={error} job={id} />}
      {error?.code === 'import.removes_too_many' && (
        <ConfirmForm c={c} id={id} label="Import" question="Remove them from the list all the same" />
      )}
      <p class="actions">
        {request !== null && (
          <a class="button second" href={mappingUrl(request, id)}>
            Change the columns
          </a>
        )}
        <a class="button second" href={kind === 'suppressions' ? '/suppressions' : '/import'}>
          Upload another file
        </a>
      </p>
    </div>,
    422,
  )
}

function mappingUrl({ upload }: ImportRequest, job: string): string {
  return `/import/${encodeURIComponent(upload)}?job=${encodeURIComponent(job)}`
}

interface DryRun {
  watched: WatchedImport
  result: ImportResult
  request: ImportRequest
  format: Format
}

/** Also for a file that was refused for its rejects: its lines were read, and a user may want the good ones. */
function dryRunPage(c: PageContext, run: DryRun) {
  const { watched, result, request, format } = run
  const { alreadyImported, importedAt = null, importId } = result
  return renderPage(
    c,
    {
      title: alreadyImported ? 'This file was imported before' : 'Check before importing',
      actions: (
        <a class="button second" href={mappingUrl(request, watched.id)}>
          Change the columns
        </a>
      ),
    },
    <>
      <p>
        <bdi>{watched.fileName}</bdi> into the list{' '}
        <strong>
          <bdi>{result.list}</bdi>
        </strong>
        . {!alreadyImported && 'Nothing is stored yet.'}
      </p>
      {alreadyImported && (
        <p class="note">
          It was imported on {format.instant(importedAt)} (<a href={`/imports/${importId}`}>{importId}</a>), and no
          other file went into the list since.
        </p>
      )}
      <Buckets result={result} format={format} />
      <Warnings result={result} format={format} />
      {alreadyImported ? (
        <form method="post" action={`/import/jobs/${watched.id}/again`}>
          <FormToken c={c} />
          <button class="second" type="submit">
            Preview it again
          </button>
        </form>
      ) : (
        <Decision c={c} run={run} />
      )}
      <Samples result={result} format={format} />
      <Rejects watched={watched} result={result} format={format} />
    </>,
  )
}

const REJECTED_SHARE_MAX = 0.25

function Decision({ c, run: { watched, result, format } }: { c: PageContext; run: DryRun }) {
  const { rows, rejected, duplicates } = result
  const people = rows - rejected - duplicates
  const isBad = rejected > rows * REJECTED_SHARE_MAX
  if (people === 0)
    return <p class="warning">No line of it can be imported. Correct the file, or change what its columns are.</p>
  const question = questionOf(result, watched.request)
  return (
    <div class="decide">
      {isBad && (
        <p class="warning">
          {format.percent(rejected / rows)} of the rows are rejected. Is a column or the country wrong? It is better to
          fix that first.
        </p>
      )}
      <ConfirmForm
        c={c}
        id={watched.id}
        label={`Import ${watched.request?.groups ? format.counted(people, 'group', 'groups') : format.counted(people, 'person', 'people')}`}
        {...(question !== undefined && { question })}
      />
    </div>
  )
}

/** What a user has to say yes to before it is imported. */
function questionOf({ rows, rejected, removed }: ImportResult, request: ImportRequest | null): string | undefined {
  if (removed > 0) return 'Remove those whom the file does not name'
  if (rejected > rows * REJECTED_SHARE_MAX) return 'Import the good lines all the same'
  return request?.force === true ? 'Import it once more' : undefined
}

function ConfirmForm({ c, id, label, question }: { c: PageContext; id: string; label: string; question?: string }) {
  return (
    <form method="post" action={`/import/jobs/${id}/confirm`}>
      <FormToken c={c} />
      {question === undefined ? <></> : <Check name="force" label={question} required />}
      <button type="submit">{label}</button>
    </form>
  )
}

function suppressedPage(c: PageContext, result: SuppressionImport, format: Format) {
  const { rows, added, known, rejected, rejectedLines } = result
  return renderPage(
    c,
    { title: 'Numbers suppressed' },
    <>
      <p class="note">
        {format.counted(rows, 'line', 'lines')}: {format.counted(added, 'number', 'numbers')} suppressed now,{' '}
        {format.number(known)} already before, {format.counted(rejectedLines, 'line', 'lines')} without a number.
      </p>
      {rejected.length > 0 && (
        <RejectTable
          rejects={rejected.slice(0, 100).map((reject) => ({ ...reject, column: '' }))}
          format={format}
          hasChoices={false}
        />
      )}
      <p>
        <a href="/suppressions">All suppressions</a>
      </p>
    </>,
  )
}

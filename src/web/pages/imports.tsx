// The imports that were made: all of them, one of them, and taking one back.
import { Hono } from 'hono'
import { mayDo } from '../../domain/access.ts'
import { type ImportView, pageImports, showImport } from '../../engine/import/imports.ts'
import { Fresh, FreshLink } from '../elements/fresh.tsx'
import { RejectTable, Warning } from '../elements/import-findings.tsx'
import { MoreLink } from '../elements/more-link.tsx'
import { Badge, Facts, Table } from '../elements/table.tsx'
import { type Format, formatFor } from '../format.ts'
import { importStatusWords } from '../import-words.ts'
import { renderPage } from '../layout.tsx'
import { opens, type PageEnv, type PageFacts, principalOf } from '../page.ts'
import { asks } from '../question.tsx'
import { undoImportWords } from '../question-words.tsx'

const PAGE_SIZE = 50

export function importHistoryPages({ ctx, imports }: PageFacts): Hono<PageEnv> {
  const pages = new Hono<PageEnv>()
  pages.get('/imports', opens('read'), async (c) => {
    const format = formatFor(c)
    const before = c.req.query('before')
    const found = await pageImports(ctx, { limit: PAGE_SIZE, beforeId: before })
    const shown = found.slice(0, PAGE_SIZE)
    return renderPage(
      c,
      {
        title: 'Imports',
        actions: mayDo(principalOf(c), 'edit') && (
          <a class="button" href="/import">
            Import a CSV
          </a>
        ),
      },
      <>
        <ImportsTable imports={shown} format={format} />
        <MoreLink c={c} name="before" value={found.length > PAGE_SIZE ? shown.at(-1)?.id : undefined} />
      </>,
    )
  })
  pages.get('/imports/:import', opens('read'), async (c) => {
    const format = formatFor(c)
    const shown = await showImport(ctx, c.req.param('import'))
    const { id, list, status, rejected, rejects } = shown
    const mayEdit = mayDo(principalOf(c), 'edit')
    return renderPage(
      c,
      {
        title: `Import of ${shown.fileName}`,
        actions: (
          <>
            {mayEdit && (status === 'applied' || status === 'undoing') && (
              <a class="button second" href={`/imports/${id}/undo`}>
                Undo
              </a>
            )}
            {!goesOn(status) && (
              <a class="button" href={`/lists/${encodeURIComponent(list)}`}>
                Open the list
              </a>
            )}
          </>
        ),
      },
      <>
        <Standing shown={shown} format={format} />
        {Object.entries(shown.warnings).map(([name, count]) => (
          <Warning name={name} count={count} result={shown} format={format} />
        ))}
        {rejected > 0 && (
          <>
            <h2>Rejected lines</h2>
            {mayEdit && (
              <p>
                <a class="button second" href={`/api/v1/imports/${id}/rejects`} download>
                  Download {format.counted(rejected, 'rejected line', 'rejected lines')}
                </a>{' '}
                <a class="button second" href={`/api/v1/imports/${id}/rejects?format=xlsx`} download>
                  As Excel
                </a>
              </p>
            )}
            <RejectTable rejects={rejects} format={format} />
          </>
        )}
      </>,
    )
  })
  asks(pages, '/imports/:import/undo', {
    right: 'edit',
    ask: async (c) => {
      const shown = await showImport(ctx, c.req.param('import') ?? '')
      return { ...undoImportWords(shown, formatFor(c)), back: `/imports/${shown.id}` }
    },
    act: async (c) => {
      const { id } = await imports.startUndo(principalOf(c).userId, c.req.param('import') ?? '')
      return c.redirect(`/import/jobs/${id}`, 303)
    },
  })
  return pages
}

/** Until it is done, its list is closed. */
function goesOn(status: ImportView['status']): boolean {
  return status === 'applying' || status === 'undoing'
}

/** Where an import stands; while it goes on, it counts by itself. */
function Standing({ shown, format }: { shown: ImportView; format: Format }) {
  const { id, fileName, list, status, progress } = shown
  const facts = (
    <Facts
      facts={[
        ['File', <bdi>{fileName}</bdi>],
        ['Id', id],
        ['List', <bdi>{list}</bdi>],
        ['Status', <Badge status={status} label={importStatusWords[status]} />],
        ['Imported', format.instant(shown.appliedAt ?? shown.createdAt)],
        ...(shown.undoneAt === null ? [] : [['Taken back', format.instant(shown.undoneAt)] as const]),
        ...(shown.stayed === 0
          ? []
          : [
              [
                'Still in the list',
                `${format.counted(shown.stayed, 'person', 'people')}: another import names them too`,
              ] as const,
            ]),
        ...numbersOf(shown, format),
      ]}
    />
  )
  if (!goesOn(status)) return facts
  return (
    <>
      <Fresh id="standing" from={`/imports/${id}`}>
        {progress !== null && (
          <>
            <progress aria-label="Progress" max={String(Math.max(1, progress.total))} value={String(progress.done)} />
            <p>
              {format.number(progress.done)} of {format.number(progress.total)} people stored. The list can be used when
              all of them are.
            </p>
          </>
        )}
        {facts}
      </Fresh>
      <FreshLink from={`/imports/${id}`} />
    </>
  )
}

function numbersOf(row: ImportView, format: Format): [string, string][] {
  return [
    ['Lines', format.number(row.rows)],
    ['Added', format.number(row.added)],
    ['Updated', format.number(row.updated)],
    ['Unchanged', format.number(row.unchanged)],
    ['Duplicates', format.number(row.duplicates)],
    ['Suppressed', format.number(row.suppressed)],
    ['Rejected', format.number(row.rejected)],
  ]
}

function ImportsTable({ imports, format }: { imports: ImportView[]; format: Format }) {
  return (
    <Table
      caption="Imports, newest first"
      head={['Import', 'List', 'File', 'Status', 'Lines', 'Added', 'Updated', 'Rejected', 'When']}
      numbers={[4, 5, 6, 7]}
      rows={imports.map((row) => [
        <a href={`/imports/${row.id}`}>{row.id}</a>,
        <bdi>{row.list}</bdi>,
        <bdi>{row.fileName}</bdi>,
        <Badge status={row.status} label={importStatusWords[row.status]} />,
        format.number(row.rows),
        format.number(row.added),
        format.number(row.updated),
        format.number(row.rejected),
        format.instant(row.appliedAt ?? row.createdAt),
      ])}
      empty={
        <>
          Nothing was imported yet. <a href="/import">Begin with a CSV.</a>
        </>
      }
    />
  )
}

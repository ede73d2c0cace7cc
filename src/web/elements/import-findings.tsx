// What an import found: its buckets, people of each, and the rejected lines with what to do about them.
import type { RejectCode } from '../../domain/errors.ts'
import { type ImportResult, warningWords } from '../../engine/import/import-result.ts'
import type { WatchedImport } from '../../engine/import/watched-imports.ts'
import type { Format } from '../format.ts'
import { rejectAdvice, rejectWords } from '../import-words.ts'
import { Cell } from './cell.tsx'
import { Table } from './table.tsx'

const buckets = [
  ['added', 'added', 'new in the list'],
  ['updated', 'updated', 'in the list, with other fields'],
  ['unchanged', 'unchanged', 'in the list, all the same'],
  ['duplicates', 'duplicates', 'name a person again'],
  ['suppressed', 'suppressed', 'in the list, never messaged'],
  ['rejected', 'rejected', 'not imported'],
] as const

export function Buckets({ result, format }: { result: ImportResult; format: Format }) {
  return (
    <>
      <ul class="buckets">
        {buckets.map(([key, name, meaning]) => (
          <li class={`bucket bucket-${key}`}>
            <span class="number-big">{format.number(result[key])}</span>
            <strong>{name}</strong>
            <span class="soft">{meaning}</span>
          </li>
        ))}
      </ul>
      <p class="soft">{rowsText(result, format)}</p>
    </>
  )
}

export function Warnings({ result, format }: { result: ImportResult; format: Format }) {
  const { removed, warnings, columns } = result
  const leftOut = columns.filter(({ name, field }) => name !== '' && field === null).map(({ name }) => name)
  return (
    <>
      {removed > 0 && (
        <p class="warning">
          {format.counted(removed, 'person', 'people')} whom the file does not name would leave the list.
        </p>
      )}
      {Object.entries(warnings).map(([name, count]) => (
        <Warning name={name} count={count} result={result} format={format} />
      ))}
      {leftOut.length > 0 && (
        <p class="soft">
          Left out: <bdi>{leftOut.join(', ')}</bdi>
        </p>
      )}
    </>
  )
}

interface WarningProps {
  name: string
  count: number
  result: Pick<ImportResult, 'warningLines'> & Partial<Pick<ImportResult, 'warned'>>
  format: Format
}

/** How often, on which lines, and behind it what these lines hold. */
export function Warning({ name, count, result: { warningLines, warned = [] }, format }: WarningProps) {
  const title = `${format.number(count)} × ${warningWords[name] ?? name}${linesText(warningLines[name], count, format)}`
  const shown = warned.filter(({ warning, detail }) => warning === name && detail !== '')
  if (shown.length === 0) return <p class="warning">{title}</p>
  return (
    <details class="warning">
      <summary>{title}</summary>
      <Table
        caption={warningWords[name] ?? name}
        head={['Line', 'What is there']}
        numbers={[0]}
        rows={shown.map(({ line, detail }) => [format.number(line), <bdi>{detail}</bdi>])}
        empty=""
      />
      {count > shown.length && <p class="soft">and {format.number(count - shown.length)} more</p>}
    </details>
  )
}

/** Lines named on a page. */
const LINES_NAMED = 20

/** Where to look for what a warning is about. */
function linesText(lines: readonly number[] | undefined, count: number, format: Format): string {
  if (lines === undefined || lines.length === 0) return ''
  const named = lines.slice(0, LINES_NAMED)
  const all = named.map((line) => format.number(line)).join(', ')
  return `: ${count === 1 ? 'line' : 'lines'} ${all}${count > named.length ? ' …' : ''}`
}

/** Rows, and the lines of the file that they are written in. */
function rowsText({ rows, lines, blankLines }: ImportResult, format: Format): string {
  const each =
    rows === 1 ? 'One row, in exactly one of these' : `${format.number(rows)} rows, each in exactly one of these`
  if (lines === 0) return `${each}.`
  const blank = blankLines === 0 ? '' : `, ${format.number(blankLines)} of them blank`
  return `${each}. The file has ${format.counted(lines, 'line', 'lines')}${blank}.`
}

const SAMPLED = [
  ['added', 'Some who would be added'],
  ['updated', 'Some who would be changed'],
  ['unchanged', 'Some who stay as they are'],
  ['suppressed', 'Some who are suppressed'],
] as const

export function Samples({ result, format }: { result: ImportResult; format: Format }) {
  const { samples, repeats } = result
  return (
    <>
      {samples &&
        SAMPLED.filter(([bucket]) => samples[bucket].length > 0).map(([bucket, title]) => (
          <>
            <h2>{title}</h2>
            <Table
              caption={title}
              head={['Line', 'Phone', 'Fields']}
              numbers={[0]}
              rows={samples[bucket].map(({ line, phone, fields, before }) => [
                format.number(line),
                <bdi>{phone}</bdi>,
                <FieldList fields={fields} before={bucket === 'updated' ? before : null} />,
              ])}
              empty=""
            />
          </>
        ))}
      {repeats.length > 0 && (
        <>
          <h2>Some lines that name a person again</h2>
          <Table
            caption="Lines that name a person again"
            head={['Line', 'Phone', 'The line that counts', 'Its data']}
            numbers={[0, 2]}
            rows={repeats.map(({ line, keptLine, phone, differs }) => [
              format.number(line),
              <bdi>{phone}</bdi>,
              format.number(keptLine),
              differs ? 'others' : 'the same',
            ])}
            empty=""
          />
        </>
      )}
    </>
  )
}

const FIELDS_SHOWN = 8

/** Fields of a person; of a known one those that change, with what they were. */
function FieldList({
  fields,
  before,
}: {
  fields: Record<string, string | null>
  before: Record<string, string> | null
}) {
  const all = Object.entries(fields).filter(([name, value]) => before === null || (before[name] ?? null) !== value)
  return (
    <ul class="inline-fields">
      {all.slice(0, FIELDS_SHOWN).map(([name, value]) => (
        <li>
          <span class="soft">{name}</span>{' '}
          {before?.[name] !== undefined && (
            <>
              <del>
                <Cell text={before[name]} />
              </del>{' '}
            </>
          )}
          <Cell text={value ?? '—'} />
        </li>
      ))}
      {all.length > FIELDS_SHOWN && <li class="soft">and {all.length - FIELDS_SHOWN} more</li>}
    </ul>
  )
}

export function Rejects({ watched, result, format }: { watched: WatchedImport; result: ImportResult; format: Format }) {
  if (result.rejected === 0) return <></>
  return (
    <>
      <h2>Rejected lines</h2>
      <ul class="inline-fields">
        {Object.entries(result.rejectedBy).map(([code, count]) => (
          <li>
            {format.counted(count, 'line', 'lines')} {rejectWords[code as RejectCode]}.{' '}
            <span class="soft">{rejectAdvice(code as RejectCode)}</span>
          </li>
        ))}
      </ul>
      {watched.rejectsPath !== null && (
        <p>
          <a class="button second" href={`/api/v1/imports/jobs/${watched.id}/rejects`} download>
            Download {format.counted(result.rejected, 'rejected line', 'rejected lines')}
          </a>{' '}
          <a class="button second" href={`/api/v1/imports/jobs/${watched.id}/rejects?format=xlsx`} download>
            As Excel
          </a>{' '}
          <span class="soft">With line, reason and what to do. Correct the lines and import the file on its own.</span>
        </p>
      )}
      <RejectTable rejects={result.examples} format={format} />
    </>
  )
}

interface RejectTableProps {
  rejects: readonly { line: number; column: string; code: string; detail: string }[]
  format: Format
  /** Whether the page of the file asks how it is to be read. */
  hasChoices?: boolean
}

export function RejectTable({ rejects, format, hasChoices = true }: RejectTableProps) {
  return (
    <Table
      caption="Rejected lines"
      head={['Line', 'What is wrong', 'What to do']}
      numbers={[0]}
      rows={rejects.map(({ line, column, code, detail }) => [
        format.number(line),
        <span>
          <bdi>{detail}</bdi>{' '}
          {column !== '' && !detail.includes(column) && (
            <span class="soft">
              in <bdi>{column}</bdi>
            </span>
          )}
        </span>,
        rejectAdvice(code as RejectCode, hasChoices),
      ])}
      empty="No rejected lines."
    />
  )
}

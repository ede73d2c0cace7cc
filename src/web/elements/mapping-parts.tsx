// Parts of the page on which a user says what the columns of a file are.
import type { AppError } from '../../domain/errors.ts'
import type { Reading } from '../../engine/import/encoding-doubt.ts'
import type { Inspection } from '../../engine/import/inspection.ts'
import { encodings, encodingWords, guessWords, phoneQuestionWords } from '../import-words.ts'
import { columnRoles } from '../mapping-form.ts'
import type { Form, FormErrors } from '../page.ts'
import { Cell } from './cell.tsx'
import { Check, Field, Select } from './form.tsx'
import { Table } from './table.tsx'

interface ReadingProps {
  upload: string
  encoding: string | undefined
  hasHeader: boolean
  /** Of a workbook: the sheet that was read, and all of them. */
  sheet?: string | null
  sheets?: readonly string[]
}

export function ReadDifferently({ upload, encoding, hasHeader, sheet, sheets = [] }: ReadingProps) {
  return (
    <details class="differently" open={sheets.length > 1}>
      <summary>Read the file differently</summary>
      <form method="get" action={`/import/${encodeURIComponent(upload)}`} class="row">
        {sheets.length > 0 ? (
          <Select
            name="sheet"
            label="Sheet of the workbook"
            value={sheet ?? ''}
            options={sheets.map((name) => [name, name] as const)}
          />
        ) : (
          <Select name="encoding" label="Encoding" value={encoding ?? ''} options={encodingsWith(encoding)} />
        )}
        <Select
          name="header"
          label="First line"
          value={hasHeader ? 'yes' : 'no'}
          options={[
            ['yes', 'names the columns'],
            ['no', 'is data already'],
          ]}
        />
        <p>
          <button class="second" type="submit">
            Read it again
          </button>
        </p>
      </form>
    </details>
  )
}

/** The same names of the file in each encoding that it may have; a link reads the file so. */
export function Readings({ upload, error, job }: { upload: string; error: AppError; job?: string }) {
  const readings = (error.details?.readings as Reading[] | undefined) ?? []
  if (readings.length === 0) return <></>
  const from = (encoding: string) => new URLSearchParams({ ...(job !== undefined && { job }), encoding }).toString()
  return (
    <Table
      caption="Names of the file in each encoding"
      head={['Encoding', 'Names', <span class="unseen">choose</span>]}
      rows={readings.map(({ encoding, samples }) => [
        encodingWords(encoding),
        <Cell text={samples.join(' · ')} />,
        <a class="button second" href={`/import/${encodeURIComponent(upload)}?${from(encoding)}`}>
          These are right
        </a>,
      ])}
      empty=""
    />
  )
}

/** The one that was named stays chosen, also when it is none of those that are offered. */
function encodingsWith(encoding = ''): readonly (readonly [string, string])[] {
  return encodings.some(([label]) => label === encoding) ? encodings : [...encodings, [encoding, encoding]]
}

export function FirstRows({ inspection: { columns, rows } }: { inspection: Inspection }) {
  return (
    <Table
      caption="First rows of the file"
      head={columns.map(({ name }) => <bdi>{name}</bdi>)}
      rows={rows.map((row) => columns.map((_, index) => <Cell text={row[index] ?? ''} />))}
      empty="The file has a header and no lines below it."
    />
  )
}

export function PhoneColumn({ inspection, form, errors }: { inspection: Inspection; form: Form; errors: FormErrors }) {
  const { columns, phoneQuestion, phoneCandidates } = inspection
  const others = columns.map(({ name }) => name).filter((name) => !phoneCandidates.includes(name))
  const why = phoneQuestion === null ? 'Guessed: its name says so.' : phoneQuestionWords[phoneQuestion]
  const near = phoneQuestion === 'missing' && phoneCandidates[0] !== undefined
  return (
    <>
      {phoneQuestion !== null && form.phone === '' && errors.fields.phone === undefined && (
        <p class="warning" id="phone-question">
          {why} {near && `“${phoneCandidates[0]}” looks like it.`}
        </p>
      )}
      <Select
        name="phone"
        label="Column of the phone"
        value={form.phone}
        options={[['', 'choose one'], ...[...phoneCandidates, ...others].map((name) => [name, name] as const)]}
        errors={errors}
        {...(phoneQuestion === null && { help: why })}
        extra={{ required: true }}
      />
    </>
  )
}

export function ColumnsTable({ inspection, form }: { inspection: Inspection; form: Form }) {
  const head = ['column', 'first values', 'becomes', 'name of the field', 'why']
  const rows = inspection.columns.flatMap(({ name, values, reason }, index) =>
    name === form.phone
      ? []
      : [
          [
            <bdi>{name}</bdi>,
            <Cell
              text={values
                .filter((value) => value !== '')
                .slice(0, 2)
                .join(' · ')}
            />,
            <select name={`as${index}`} aria-label={`What ${name} becomes`}>
              {columnRoles.map(([role, text]) => (
                <option value={role} selected={form[`as${index}`] === role}>
                  {text}
                </option>
              ))}
            </select>,
            <input
              name={`name${index}`}
              value={form[`name${index}`] ?? ''}
              aria-label={`Field name of ${name}`}
              maxlength={64}
              autocomplete="off"
            />,
            <span class="soft">{guessWords[reason]}</span>,
          ],
        ],
  )
  return <Table caption="What the columns become" head={head} rows={rows} empty="There are no others." />
}

/** What each choice is while nobody has made it. */
const moreDefaults = {
  mode: 'upsert',
  onDuplicate: 'first',
  dateOrder: '',
  dates: '',
  numbers: '',
  overwriteBlanks: '',
  rejectLandline: '',
  strictColumns: '',
}

/** Open where something was chosen: a choice that is not seen would surprise. */
export function MoreOptions({ form, errors }: { form: Form; errors: FormErrors }) {
  const isOpen = Object.entries(moreDefaults).some(([name, value]) => (form[name] ?? '') !== value)
  return (
    <details class="differently" open={isOpen}>
      <summary>More choices</summary>
      <div class="row">
        <Select
          name="mode"
          label="People of the list whom the file does not name"
          value={form.mode}
          options={[
            ['upsert', 'stay in the list'],
            ['replace', 'leave the list'],
          ]}
          errors={errors}
        />
        <Select
          name="onDuplicate"
          label="Of two lines with one phone"
          value={form.onDuplicate}
          options={[
            ['first', 'the first counts'],
            ['last', 'the last counts'],
          ]}
          errors={errors}
        />
        <Select
          name="dateOrder"
          label="Columns with a date are written"
          value={form.dateOrder}
          options={[
            ['', 'so that they cannot be mistaken'],
            ['dmy', 'day, month, year'],
            ['mdy', 'month, day, year'],
            ['ymd', 'year, month, day'],
          ]}
          errors={errors}
        />
      </div>
      <div class="row">
        <Field
          name="dates"
          label="How the file writes dates (optional)"
          value={form.dates}
          errors={errors}
          placeholder="DD.MM.YYYY"
          help="So that filters can compare them. For one column: since=DD.MM.YYYY."
        />
        <Field
          name="numbers"
          label="How columns write 1234.56 (optional)"
          value={form.numbers}
          errors={errors}
          placeholder="spent=1.234,56"
          help="Column by column: spent=1.234,56. Separate several with a semicolon."
        />
      </div>
      <Check
        name="overwriteBlanks"
        label="A blank cell clears what is stored"
        isChecked={form.overwriteBlanks === 'yes'}
      />
      <Check
        name="strictColumns"
        label="Reject lines that have fewer cells than the header"
        isChecked={form.strictColumns === 'yes'}
      />
      <Check name="rejectLandline" label="Reject landline numbers" isChecked={form.rejectLandline === 'yes'} />
    </details>
  )
}

// The second step of the editor: lists, exclusions and a filter, with the number of people that they leave.
import { filterFields } from '../../domain/audience.ts'
import type { StepProps } from '../editor-looks.ts'
import type { Format } from '../format.ts'
import type { Form, FormErrors } from '../page.ts'
import { operatorWords } from '../words.ts'
import { Check, Field, Select } from './form.tsx'

/** Empty rows below those that are filled. */
const SPARE_ROWS = 1

export function AudienceStep({ facts, form, errors, looks, format }: StepProps & { format: Format }) {
  const chosen = new Set((form['/audience/lists'] ?? '').split('\n'))
  const excluded = new Set((form['/audience/exclude'] ?? '').split('\n'))
  const fields = fieldsOf(facts.lists.filter(({ name }) => chosen.has(name)))
  const error = errors.fields['/audience/lists']
  return (
    <section class="card step" id="step-audience" data-looks="audience content">
      <h2>2. Audience</h2>
      {facts.lists.length === 0 ? (
        <p class="empty">
          There is no list yet. <a href="/import">Import a CSV of your contacts</a>, then come back.
        </p>
      ) : (
        <div class="split even">
          <fieldset
            aria-describedby={error === undefined ? undefined : 'audience-error'}
            data-redraw="filter-fields look-audience placeholders look-content"
          >
            <legend>Send to people of</legend>
            <div class="choices">
              {facts.lists.map(({ name, isBusy }) => (
                <Check
                  name="/audience/lists"
                  value={name}
                  isChecked={chosen.has(name)}
                  label={
                    <>
                      <bdi>{name}</bdi> {isBusy && <span class="soft">is being imported</span>}
                    </>
                  }
                />
              ))}
            </div>
            {error !== undefined && (
              <p class="error" id="audience-error">
                {error}
              </p>
            )}
          </fieldset>
          <fieldset>
            <legend>But not to people of</legend>
            <div class="choices">
              {facts.lists.map(({ name }) => (
                <Check name="/audience/exclude" value={name} isChecked={excluded.has(name)} label={<bdi>{name}</bdi>} />
              ))}
            </div>
          </fieldset>
        </div>
      )}
      <FilterFields form={form} errors={errors} fields={fields} />
      <div id="look-audience" class="look" role="status">
        <CountLook looks={looks} format={format} />
      </div>
    </section>
  )
}

function fieldsOf(lists: { fields: string[] }[]): string[] {
  return [...new Set(lists.flatMap(({ fields }) => fields))].sort()
}

function FilterFields({ form, errors, fields }: { form: Form; errors: FormErrors; fields: string[] }) {
  const json = form['filter/json']
  if (json !== undefined)
    return (
      <Field
        name="filter/json"
        label="Only people for whom this is true"
        value={json}
        rows={6}
        errors={errors}
        help={<FilterHelp json={json} />}
      />
    )
  const filled = Object.keys(form)
    .map((name) => /^filter\/(\d+)\/field$/.exec(name)?.[1])
    .filter((row) => row !== undefined && form[`filter/${row}/field`] !== '').length
  const rows = Array.from({ length: filled + SPARE_ROWS }, (_, row) => row)
  const options = [['', '—'] as const, ...[...fields, 'phone', 'zone', 'consent'].map((name) => [name, name] as const)]
  return (
    <fieldset id="filter-fields">
      <legend>Only people for whom (optional)</legend>
      {filled > 1 && (
        <Select
          name="filter/match"
          label="Rows"
          value={form['filter/match']}
          options={[
            ['all', 'all of these are true'],
            ['any', 'one of these is true'],
          ]}
        />
      )}
      {packRows(form).map(({ field, operator, value }, row) => (
        <FilterRow {...{ row, field, operator, value, options, errors }} />
      ))}
      {rows.length > filled && (
        <FilterRow {...{ row: filled, field: '', operator: 'is', value: '', options, errors }} />
      )}
      <button type="submit" name="act" value="check" class="second small" data-redraw="filter-fields look-audience">
        Add another row
      </button>
    </fieldset>
  )
}

/** Filled rows without the gaps between them. */
function packRows(form: Form): { field: string; operator: string; value: string }[] {
  const rows: { field: string; operator: string; value: string }[] = []
  for (let row = 0; form[`filter/${row}/field`] !== undefined; row++) {
    const field = form[`filter/${row}/field`] ?? ''
    if (field === '') continue
    rows.push({ field, operator: form[`filter/${row}/operator`] ?? 'is', value: form[`filter/${row}/value`] ?? '' })
  }
  return rows
}

interface FilterRowProps {
  row: number
  field: string
  operator: string
  value: string
  options: readonly (readonly [string, string])[]
  errors: FormErrors
}

function FilterRow({ row, field, operator, value, options, errors }: FilterRowProps) {
  const known = options.some(([name]) => name === field) ? options : [...options, [field, field] as const]
  return (
    <div class="row filter-row">
      <Select name={`filter/${row}/field`} label="Field" value={field} options={known} />
      <Select
        name={`filter/${row}/operator`}
        label="Comparison"
        value={operator}
        options={Object.entries(operatorWords)}
      />
      <Field name={`filter/${row}/value`} label="Value" value={value} errors={errors} />
    </div>
  )
}

/** A filter that rows cannot say: fields that it names, so that people recognise it. */
function FilterHelp({ json }: { json: string }) {
  let names: string[] = []
  try {
    names = filterFields(JSON.parse(json))
  } catch {
    names = []
  }
  return (
    <>
      This filter says more than rows can: it is kept as JSON{names.length > 0 && ` (fields ${names.join(', ')})`}.
      Empty it to begin anew with rows.
    </>
  )
}

function CountLook({ looks, format }: { looks: StepProps['looks']; format: Format }) {
  const { audience } = looks
  if (audience === undefined) return <p class="soft">Choose a list to see how many people it reaches.</p>
  if ('problem' in audience) return <p class="error">{audience.problem}</p>
  const { people, suppressed } = audience.value
  return (
    <p>
      <strong class="number-big">{format.number(people)}</strong> people now
      {suppressed > 0 && (
        <>
          , <strong>{format.number(suppressed)}</strong> of them suppressed: they get nothing
        </>
      )}
      .
    </p>
  )
}

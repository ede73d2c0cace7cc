// The filter of the audience as rows and groups. Every button sends the form and gets it back changed; with scripts only
// this part of the page is drawn again.
import type { Child } from 'hono/jsx'
import { messageStatuses } from '../../domain/message-status.ts'
import type { StepProps } from '../editor-looks.ts'
import {
  addButtonOf,
  FILTER_ROOT,
  type FilterGroup,
  type FilterOutcome,
  type FilterPart,
  type FilterRow,
  isOrdered,
  mayNest,
  placeOf,
  readFilterTree,
} from '../filter-form.ts'
import { contactFieldWords, groupWords, operatorWords, statusWords } from '../words.ts'
import { Check, Field, Select } from './form.tsx'

/** What is drawn again after a button, beside the field in which a person goes on. */
const REDRAWN = 'filter-fields look-audience look-content'
const CAMPAIGNS = 'filter-campaigns'

export interface FilterProps extends Pick<StepProps, 'form' | 'errors'> {
  /** Fields of the chosen lists. */
  fields: readonly string[]
  /** Campaigns that may be asked for, newest first. */
  campaigns: readonly string[]
  /** The field or button that gets the cursor. */
  focus: string | undefined
}

export function FilterFields(props: FilterProps) {
  const root = readFilterTree(props.form)
  return (
    <fieldset id="filter-fields">
      <legend>Only some of them (optional)</legend>
      <datalist id={CAMPAIGNS}>
        {props.campaigns.map((name) => (
          <option value={name} />
        ))}
      </datalist>
      <GroupParts {...props} group={root} />
    </fieldset>
  )
}

function GroupParts({ group, ...props }: FilterProps & { group: FilterGroup }) {
  const { path, parts, match, written } = group
  const isRoot = path === FILTER_ROOT
  const shown = parts.length > 0 ? parts : [emptyRow(`${path}/0`)]
  const hasChoice = !isRoot || shown.length > 1 || match !== 'all'
  return (
    <>
      {written !== '' && <input type="hidden" name={`${path}/written`} value={written} />}
      {hasChoice ? (
        <Select
          name={`${path}/match`}
          label={isRoot ? 'Only people for whom' : 'People for whom'}
          value={match}
          options={Object.entries(groupWords)}
          errors={props.errors}
          extra={focusOn(`${path}/match`, props)}
        />
      ) : (
        <>
          <input type="hidden" name={`${path}/match`} value={match} />
          <ErrorOf name={`${path}/match`} errors={props.errors} />
        </>
      )}
      {shown.map((part) => (
        <Part {...props} part={part} isOnly={isRoot && parts.length === 0} />
      ))}
      <p class="actions">
        <EditButton act={`add-row ${path}`} id={addButtonOf(path)} {...props}>
          Add a condition<span class="unseen">{withinText(path)}</span>
        </EditButton>
        {mayNest(path) && (
          <EditButton act={`add-group ${path}`} {...props}>
            Add a group<span class="unseen">{withinText(path)}</span>
          </EditButton>
        )}
        {props.campaigns.length > 0 && (
          <EditButton act={`add-outcome ${path}`} {...props}>
            Add a result of another campaign<span class="unseen">{withinText(path)}</span>
          </EditButton>
        )}
      </p>
    </>
  )
}

function emptyRow(path: string): FilterRow {
  return { kind: 'row', path, isNegated: false, field: '', operator: 'is', value: '' }
}

function withinText(path: string): string {
  return path === FILTER_ROOT ? '' : ` to group ${placeOf(path)}`
}

function Part({ part, isOnly, ...props }: FilterProps & { part: FilterPart; isOnly: boolean }) {
  const place = placeOf(part.path)
  const title = part.kind === 'group' ? `Group ${place}` : `Condition ${place}`
  return (
    <fieldset class={part.kind === 'group' ? 'filter-group' : 'filter-part'}>
      <legend class={part.kind === 'group' ? undefined : 'unseen'}>{title}</legend>
      {part.kind === 'group' && <GroupParts {...props} group={part} />}
      {part.kind === 'row' && <Row {...props} row={part} />}
      {part.kind === 'outcome' && <Outcome {...props} outcome={part} />}
      <div class="filter-end">
        {part.kind !== 'group' && <Check name={`${part.path}/not`} label="Not" isChecked={part.isNegated} />}
        {!isOnly && (
          <EditButton act={`remove ${part.path}`} {...props}>
            {part.kind === 'group' ? 'Remove the group' : 'Remove'}
            <span class="unseen"> {part.kind === 'group' ? place : title.toLowerCase()}</span>
          </EditButton>
        )}
      </div>
    </fieldset>
  )
}

function Row({ row, fields, errors, ...props }: FilterProps & { row: FilterRow }) {
  const { path, field, operator, value } = row
  const takesValue = operator !== 'isEmpty' && operator !== 'isFilled'
  const isList = operator === 'in' || operator === 'notIn'
  return (
    <div class="row filter-row">
      <Select
        name={`${path}/field`}
        label="Field"
        value={field}
        options={fieldOptions(fields, field)}
        errors={errors}
        extra={focusOn(`${path}/field`, props)}
      />
      <Select
        name={`${path}/operator`}
        label="Comparison"
        value={operator}
        options={Object.entries(operatorWords)}
        extra={{ 'data-redraw': REDRAWN }}
      />
      {takesValue ? (
        <Field
          name={`${path}/value`}
          label="Value"
          value={value}
          errors={errors}
          {...(isList || value.includes('\n') ? { rows: 2 } : {})}
          help={[valuesOfField[field], valueHelp(isList, operator)].filter(Boolean).join(' ') || undefined}
        />
      ) : (
        <div class="field">
          <input type="hidden" name={`${path}/value`} value={value} />
          <ErrorOf name={`${path}/value`} errors={errors} />
        </div>
      )}
    </div>
  )
}

/** What is stored of those fields that no file names. */
const valuesOfField: Record<string, string> = {
  consent: 'granted or denied.',
  zone: 'Such as Europe/Berlin; country:US where a country has several zones.',
}

function valueHelp(isList: boolean, operator: FilterRow['operator']): string {
  if (isList) return 'Between commas, or one per line.'
  return isOrdered(operator) ? 'A number, or a date such as 2027-01-31.' : ''
}

function fieldOptions(fields: readonly string[], chosen: string): (readonly [string, string])[] {
  const options: (readonly [string, string])[] = [
    ['', '—'],
    ...fields.map((name) => [name, name] as const),
    ...Object.entries(contactFieldWords),
  ]
  return options.some(([name]) => name === chosen) ? options : [...options, [chosen, chosen]]
}

function Outcome({ outcome, errors, ...props }: FilterProps & { outcome: FilterOutcome }) {
  const { path, campaign, statuses } = outcome
  return (
    <div class="filter-outcome">
      <Field
        name={`${path}/campaign`}
        label="Their message of the campaign"
        value={campaign}
        errors={errors}
        extra={{ list: CAMPAIGNS, ...focusOn(`${path}/campaign`, props) }}
      />
      <fieldset class="filter-statuses" id={`${path}/status`}>
        <legend>is one of</legend>
        {messageStatuses.map((status) => (
          <Check
            name={`${path}/status`}
            value={status}
            label={statusWords[status]}
            isChecked={statuses.includes(status)}
          />
        ))}
        <ErrorOf name={`${path}/status`} errors={errors} />
      </fieldset>
    </div>
  )
}

function ErrorOf({ name, errors }: { name: string } & Pick<FilterProps, 'errors'>) {
  const error = errors.fields[name]
  if (error === undefined) return <></>
  return (
    <p class="error" id={`${name}-error`}>
      {error}
    </p>
  )
}

function EditButton(props: { act: string; id?: string; focus: string | undefined; children: Child }) {
  const { act, id, focus, children } = props
  return (
    <button
      type="submit"
      name="act"
      value={act}
      id={id}
      class="second small"
      data-redraw={REDRAWN}
      autofocus={id !== undefined && id === focus}
    >
      {children}
    </button>
  )
}

function focusOn(name: string, { focus }: Pick<FilterProps, 'focus'>): Record<string, boolean> {
  return name === focus ? { autofocus: true } : {}
}

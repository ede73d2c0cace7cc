// The filter of an audience as fields of a form, one made of the other without loss. A group is a field `filter/1/match`
// with its parts below it (`filter/1/0/field`); the outermost group is `filter` itself. What a person edits are rows and
// groups; `written` remembers how a definition wrote what rows can say in two ways.
import type { FieldCondition, Filter, OutcomeCondition } from '../domain/audience.ts'
import { fieldOperators, filterLimits } from '../domain/audience.ts'
import { numberIn } from '../domain/comparison.ts'
import type { Form } from './page.ts'
import { type FilterOperator, type GroupMatch, groupWords, operatorWords } from './words.ts'

export const FILTER_ROOT = 'filter'
/** Groups in groups that a form may send: a group around one condition takes a level more than the filter has. */
const DEPTH_MAX = filterLimits.depth + 2
/** Rows and groups that are read and shown: those of every filter, whose conditions of two comparisons are a group of two rows. */
const PARTS_MAX = filterLimits.conditions * 1.5

export interface FilterRow {
  kind: 'row'
  path: string
  isNegated: boolean
  field: string
  operator: FilterOperator
  value: string
}

/** People by what became of them in another campaign. */
export interface FilterOutcome {
  kind: 'outcome'
  path: string
  isNegated: boolean
  campaign: string
  statuses: string[]
}

export interface FilterGroup {
  kind: 'group'
  path: string
  match: GroupMatch
  /** `list`: a list although it has one part; `row`: several comparisons within one condition. */
  written: '' | 'list' | 'row'
  parts: FilterPart[]
}

export type FilterPart = FilterRow | FilterOutcome | FilterGroup

/** The rows and groups that a form holds, with its empty ones. */
export function readFilterTree(form: Form): FilterGroup {
  return groupAt(form, childrenIn(form), FILTER_ROOT)
}

/** Which parts stand below each path, in their order. */
function childrenIn(form: Form): Map<string, number[]> {
  const children = new Map<string, Set<number>>()
  let count = 0
  for (const name of Object.keys(form)) {
    const steps = /^filter((?:\/\d{1,6})+)\/\w+$/.exec(name)?.[1]?.split('/').slice(1) ?? []
    if (steps.length > DEPTH_MAX) continue
    let path = FILTER_ROOT
    for (const step of steps) {
      const known = children.get(path) ?? new Set()
      if (!known.has(Number(step)) && ++count > PARTS_MAX) break
      children.set(path, known.add(Number(step)))
      path = `${path}/${Number(step)}`
    }
  }
  return new Map([...children].map(([path, indexes]) => [path, [...indexes].sort((a, b) => a - b)]))
}

function groupAt(form: Form, children: Map<string, number[]>, path: string): FilterGroup {
  const match = form[`${path}/match`] ?? ''
  const written = form[`${path}/written`]
  return {
    kind: 'group',
    path,
    match: Object.hasOwn(groupWords, match) ? (match as GroupMatch) : 'all',
    written: written === 'list' || written === 'row' ? written : '',
    parts: (children.get(path) ?? []).map((index) => partAt(form, children, `${path}/${index}`)),
  }
}

function partAt(form: Form, children: Map<string, number[]>, path: string): FilterPart {
  if (form[`${path}/match`] !== undefined) return groupAt(form, children, path)
  const isNegated = form[`${path}/not`] === 'yes'
  const campaign = form[`${path}/campaign`]
  const statuses = (form[`${path}/status`] ?? '').split('\n').filter(Boolean)
  if (campaign !== undefined) return { kind: 'outcome', path, isNegated, campaign, statuses }
  const operator = form[`${path}/operator`] ?? ''
  return {
    kind: 'row',
    path,
    isNegated,
    field: form[`${path}/field`] ?? '',
    operator: Object.hasOwn(operatorWords, operator) ? (operator as FilterOperator) : 'is',
    value: form[`${path}/value`] ?? '',
  }
}

/** Whether it is filled in at all; what is empty counts for nothing. */
function isFilled(part: FilterPart): boolean {
  if (part.kind === 'group') return part.parts.some(isFilled)
  return part.kind === 'row' ? part.field !== '' || part.value !== '' : part.campaign !== '' || part.statuses.length > 0
}

/**
 * The filter that a form says, which may still be wrong; undefined for none. `fields` learns which field of the form
 * each pointer of it came from.
 */
export function readFilterForm(form: Form, pointer: string, fields: Map<string, string>): unknown {
  const root = readFilterTree(form)
  return isFilled(root) ? filterOf(root, pointer, fields) : undefined
}

function filterOf(part: FilterPart, pointer: string, fields: Map<string, string>): unknown {
  const isNegated = part.kind === 'group' ? part.match === 'none' || part.match === 'notAll' : part.isNegated
  const at = isNegated ? `${pointer}/not` : pointer
  const inner = part.kind === 'group' ? partsOf(part, at, fields) : conditionOf(part, at, fields)
  if (isNegated) note(fields, pointer, fields.get(at) ?? part.path)
  return isNegated ? { not: inner } : inner
}

/** The innermost part that a pointer speaks of is noted first and stays. */
function note(fields: Map<string, string>, pointer: string, field: string): void {
  if (!fields.has(pointer)) fields.set(pointer, field)
}

function partsOf(group: FilterGroup, at: string, fields: Map<string, string>): unknown {
  const parts = group.parts.filter(isFilled)
  const isAny = group.match === 'any' || group.match === 'none'
  const merged = group.written === 'row' && !isAny ? mergedRows(parts, at, fields) : undefined
  if (merged !== undefined) return merged
  const [only] = parts
  if (only !== undefined && parts.length === 1 && group.written !== 'list') return filterOf(only, at, fields)
  const key = isAny ? 'any' : 'all'
  note(fields, at, `${group.path}/match`)
  note(fields, `${at}/${key}`, `${group.path}/match`)
  return { [key]: parts.map((part, index) => filterOf(part, `${at}/${key}/${index}`, fields)) }
}

/** Several comparisons of one field as the one condition that they were; undefined when they no longer are one. */
function mergedRows(parts: FilterPart[], at: string, fields: Map<string, string>): unknown {
  const rows = parts.filter((part) => part.kind === 'row')
  const keys = new Set(rows.map(({ operator }) => keyOf(operator)))
  const isOne = rows.length === parts.length && keys.size === rows.length
  if (!isOne || rows.some(({ isNegated, field }) => isNegated || field !== rows[0]?.field)) return undefined
  return Object.assign({}, ...rows.map((row) => conditionOf(row, at, fields)))
}

function keyOf(operator: FilterOperator): keyof FieldCondition {
  return operator === 'isFilled' ? 'isEmpty' : operator
}

function conditionOf(part: FilterRow | FilterOutcome, at: string, fields: Map<string, string>): unknown {
  if (part.kind === 'outcome') {
    note(fields, at, `${part.path}/campaign`)
    note(fields, `${at}/status`, `${part.path}/status`)
    return { campaign: part.campaign, status: part.statuses }
  }
  const { field, operator, value, path } = part
  note(fields, at, `${path}/value`)
  note(fields, `${at}/field`, `${path}/field`)
  note(fields, `${at}/${keyOf(operator)}`, `${path}/value`)
  return { field, [keyOf(operator)]: valueFrom(operator, value) }
}

function valueFrom(operator: FilterOperator, text: string): unknown {
  if (operator === 'isEmpty' || operator === 'isFilled') return operator === 'isEmpty'
  if (operator === 'in' || operator === 'notIn') return splitValues(text)
  if (!isOrdered(operator)) return text
  return numberIn(text) ?? writtenNumber(text.trim()) ?? text.trim()
}

/** A number of a definition that has no plain decimal form (1e21) comes back as it was written into the form. */
function writtenNumber(text: string): number | undefined {
  return Number.isFinite(Number(text)) && String(Number(text)) === text ? Number(text) : undefined
}

/** Whether it compares by size, which only numbers and dates have. */
export function isOrdered(operator: FilterOperator): boolean {
  return ['above', 'atLeast', 'below', 'atMost'].includes(operator)
}

/** Values between commas or line breaks; in quotes where one holds either, a quote within them doubled. */
export function splitValues(text: string): string[] {
  const parts: string[] = []
  for (let at = endOf(between, text, 0); at < text.length; at = endOf(between, text, at)) {
    const end = endOf(quotedValue, text, at) || endOf(plainValue, text, at)
    parts.push(text.slice(at, end).trim())
    at = end
  }
  return parts.map((part) =>
    part.length > 1 && part.startsWith('"') && part.endsWith('"') ? part.slice(1, -1).replaceAll('""', '"') : part,
  )
}

const between = /[\s,]*/y
const quotedValue = /"(?:[^"]|"")*"(?=\s*(?:[,\n]|$))/y
const plainValue = /[^,\n]*/y

/** Where the form ends that begins at a place of the text; 0 when it does not begin there. */
function endOf(form: RegExp, text: string, at: number): number {
  form.lastIndex = at
  form.test(text)
  return form.lastIndex
}

function joinValues(values: readonly string[]): string {
  return values
    .map((value) => (/^$|[,\n"]|^\s|\s$/.test(value) ? `"${value.replaceAll('"', '""')}"` : value))
    .join(', ')
}

/** The fields of a filter. */
export function filterForm(filter: Filter): Record<string, string> {
  const form: Record<string, string> = {}
  writeGroup(filter, FILTER_ROOT, form)
  return form
}

function writePart(filter: Filter, path: string, form: Record<string, string>): void {
  const inner = 'not' in filter ? filter.not : filter
  if ('field' in inner ? operatorsOf(inner).length > 1 : !('campaign' in inner)) return writeGroup(filter, path, form)
  if ('not' in filter) form[`${path}/not`] = 'yes'
  if ('campaign' in inner) writeOutcome(inner, path, form)
  else if ('field' in inner) writeRows(inner, () => path, form)
}

function writeGroup(filter: Filter, path: string, form: Record<string, string>): void {
  const isNegated = 'not' in filter
  const inner = isNegated ? filter.not : filter
  if ('all' in inner) return writeParts(isNegated ? 'notAll' : 'all', inner.all, path, form)
  if ('any' in inner) return writeParts(isNegated ? 'none' : 'any', inner.any, path, form)
  if ('field' in inner && operatorsOf(inner).length > 1) {
    form[`${path}/match`] = isNegated ? 'notAll' : 'all'
    form[`${path}/written`] = 'row'
    return writeRows(inner, (index) => `${path}/${index}`, form)
  }
  const isTwice = isNegated && 'not' in inner
  form[`${path}/match`] = isTwice ? 'none' : 'all'
  writePart(isTwice ? inner : filter, `${path}/0`, form)
}

function writeParts(match: GroupMatch, parts: readonly Filter[], path: string, form: Record<string, string>): void {
  form[`${path}/match`] = match
  if (parts.length === 1) form[`${path}/written`] = 'list'
  for (const [index, part] of parts.entries()) writePart(part, `${path}/${index}`, form)
}

function operatorsOf(condition: FieldCondition) {
  return fieldOperators.filter((operator) => condition[operator] !== undefined)
}

/** One row for each comparison of a condition. */
function writeRows(condition: FieldCondition, pathOf: (index: number) => string, form: Record<string, string>): void {
  for (const [index, operator] of operatorsOf(condition).entries()) {
    const path = pathOf(index)
    const value = condition[operator]
    form[`${path}/field`] = condition.field
    form[`${path}/operator`] = value === false ? 'isFilled' : operator
    form[`${path}/value`] = Array.isArray(value) ? joinValues(value) : operator === 'isEmpty' ? '' : String(value)
  }
}

function writeOutcome({ campaign, status }: OutcomeCondition, path: string, form: Record<string, string>): void {
  form[`${path}/campaign`] = campaign
  form[`${path}/status`] = status.join('\n')
}

/** What the buttons of a filter ask for: `add-row`, `add-group`, `add-outcome` to a group, or `remove` of a part. */
export interface FilterEdit {
  form: Form
  /** The field in which a person goes on. */
  focus: string
}

/** The form after a button of the filter was pressed; undefined for every other button. */
export function editFilter(form: Form): FilterEdit | undefined {
  const [, what, path = ''] =
    /^(add-row|add-group|add-outcome|remove) (filter(?:\/\d{1,6})*)$/.exec(form.act ?? '') ?? []
  if (what === undefined) return undefined
  if (what === 'remove') {
    const left = Object.entries(form).filter(([name]) => !name.startsWith(`${path}/`))
    return { form: Object.fromEntries(left), focus: addButtonOf(path.replace(/\/\d+$/, '')) }
  }
  const [last = -1] = (childrenIn(form).get(path) ?? []).slice(-1)
  const next = `${path}/${last + 1}`
  if (what === 'add-outcome') return { form: { ...form, [`${next}/campaign`]: '' }, focus: `${next}/campaign` }
  if (what === 'add-row') return { form: { ...form, [`${next}/field`]: '' }, focus: `${next}/field` }
  const match = (form[`${path}/match`] ?? 'all') === 'all' ? 'any' : 'all'
  return { form: { ...form, [`${next}/match`]: match, [`${next}/0/field`]: '' }, focus: `${next}/match` }
}

/** The id of the button that adds a row to a group. */
export function addButtonOf(path: string): string {
  return `${path}/add`
}

/** How many levels a group may still take below it. */
export function mayNest(path: string): boolean {
  return path.split('/').length < filterLimits.depth - 1
}

/** The place of a part as people count: `2`, within it `2.1`. */
export function placeOf(path: string): string {
  return path
    .split('/')
    .slice(1)
    .map((step) => Number(step) + 1)
    .join('.')
}

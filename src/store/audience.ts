// An audience → SQL with bound values. Field names become JSON paths, never SQL text.
import type { Audience, FieldCondition, Filter, OutcomeCondition, Selection } from '../domain/audience.ts'
import { conditionsIn } from '../domain/audience.ts'
import { type Bound, boundOf, type ComparisonOperator, comparisonSigns } from '../domain/comparison.ts'
import { AppError } from '../domain/errors.ts'
import { wantedKey } from '../domain/group.ts'
import { spellingsOf } from '../domain/zone-name.ts'
import { findCampaign } from './campaigns.ts'
import type { ReadTx } from './database.ts'
import { checkListIsFree, getList, type List } from './lists.ts'
import type { Param, SqlDialect, SqlPart } from './sql-dialect.ts'

/** An audience whose names were found. */
export interface ResolvedAudience {
  lists: List[]
  excluded: List[]
  filter: Filter | undefined
  /** Ids of the campaigns that the filter names. */
  campaignIds: Map<string, number>
  /** Attribute names that the contacts of these lists can have. */
  fields: string[]
}

/** Finds the lists and campaigns of an audience. Throws AppError list.not_found, list.busy, campaign.not_found. */
export async function resolveAudience(tx: ReadTx, audience: Audience | Selection): Promise<ResolvedAudience> {
  const lists: List[] = []
  for (const name of audience.lists ?? []) lists.push(await getList(tx, name))
  const excluded: List[] = []
  for (const name of audience.exclude ?? []) excluded.push(await getList(tx, name))
  for (const list of [...lists, ...excluded]) await checkListIsFree(tx, list)
  const campaignIds = new Map<string, number>()
  for (const { condition, pointer } of audience.filter === undefined ? [] : conditionsIn(audience.filter)) {
    if ('field' in condition) continue
    const campaign = await findCampaign(tx, condition.campaign)
    if (campaign === undefined) throw unknownCampaign(condition.campaign, `/audience/filter${pointer}`)
    campaignIds.set(condition.campaign, campaign.id)
  }
  const fields = [...new Set(lists.flatMap((list) => list.fields))].sort()
  return { lists, excluded, filter: audience.filter, campaignIds, fields }
}

function unknownCampaign(name: string, pointer: string): AppError {
  const detail = `names the campaign "${name}", which does not exist`
  return new AppError('campaign.not_found', `audience/filter ${detail}`, {
    details: { errors: [{ pointer, code: 'campaign.not_found', detail }] },
  })
}

/** A stretch of contact ids, so that an audience is walked in chunks. */
export interface ContactRange {
  after: number
  through: number
}

/** A condition on contacts `c`: members of the lists within the range, filtered, without exclusions. */
export function audienceCondition(audience: ResolvedAudience, range: ContactRange, dialect: SqlDialect): SqlPart {
  const parts: SqlPart[] = [membersCondition(audience, range)]
  if (audience.excluded.length > 0)
    parts.push({
      sql: `NOT EXISTS (SELECT 1 FROM list_members x WHERE x.contact_id = c.id AND x.list_id IN (${marks(audience.excluded)}))`,
      params: audience.excluded.map((list) => list.id),
    })
  if (audience.filter !== undefined) parts.push(filterSql(audience.filter, audience, dialect))
  return joinParts(parts, ' AND ')
}

/** Without a list everybody is meant; only exports ask so. */
function membersCondition({ lists }: ResolvedAudience, { after, through }: ContactRange): SqlPart {
  if (lists.length === 0) return { sql: 'c.id > ? AND c.id <= ?', params: [after, through] }
  return {
    sql: `c.id > ? AND c.id <= ? AND c.id IN (SELECT contact_id FROM list_members WHERE list_id IN (${marks(lists)}) AND contact_id > ? AND contact_id <= ?)`,
    params: [after, through, ...lists.map((list) => list.id), after, through],
  }
}

/** The last contact id of the next `limit` members, and how many there are; undefined at the end. */
export async function nextRange(
  tx: ReadTx,
  audience: ResolvedAudience,
  after: number,
  limit: number,
): Promise<{ through: number } | undefined> {
  if (audience.lists.length === 0) return nextOfEverybody(tx, after, limit)
  const slices = audience.lists.map(
    () =>
      'SELECT contact_id FROM (SELECT contact_id FROM list_members WHERE list_id = ? AND contact_id > ? ORDER BY contact_id LIMIT ?) s',
  )
  const params = audience.lists.flatMap((list) => [list.id, after, limit])
  const row = await tx.get<{ through: number | null }>(
    `SELECT max(contact_id) AS through FROM (SELECT contact_id FROM (${slices.join(' UNION ')}) u ORDER BY contact_id LIMIT ?) w`,
    [...params, limit],
  )
  return row?.through == null ? undefined : { through: row.through }
}

async function nextOfEverybody(tx: ReadTx, after: number, limit: number): Promise<{ through: number } | undefined> {
  const row = await tx.get<{ through: number | null }>(
    'SELECT max(id) AS through FROM (SELECT id FROM contacts WHERE id > ? ORDER BY id LIMIT ?) w',
    [after, limit],
  )
  return row?.through == null ? undefined : { through: row.through }
}

/** The stretch of the `limit` members before a contact: to page backwards. Undefined at the beginning. */
export async function previousRange(
  tx: ReadTx,
  audience: ResolvedAudience,
  before: number,
  limit: number,
): Promise<ContactRange | undefined> {
  const slices = audience.lists.map(
    () =>
      'SELECT contact_id FROM (SELECT contact_id FROM list_members WHERE list_id = ? AND contact_id < ? ORDER BY contact_id DESC LIMIT ?) s',
  )
  const params = audience.lists.flatMap((list) => [list.id, before, limit])
  const row = await tx.get<{ first: number | null }>(
    `SELECT min(contact_id) AS first FROM (SELECT contact_id FROM (${slices.join(' UNION ')}) u ORDER BY contact_id DESC LIMIT ?) w`,
    [...params, limit],
  )
  return row?.first == null ? undefined : { after: row.first - 1, through: before - 1 }
}

/** Fields picked out of a JSON column, without those that are missing. */
export function readFields(json: string): Record<string, string> {
  const fields = JSON.parse(json) as Record<string, string | null>
  for (const name of Object.keys(fields)) if (fields[name] === null) delete fields[name]
  return fields as Record<string, string>
}

/** Whether one contact belongs to an audience. */
export async function isInAudience(tx: ReadTx, audience: ResolvedAudience, contactId: number): Promise<boolean> {
  const condition = audienceCondition(audience, { after: contactId - 1, through: contactId }, tx.sql)
  return (await tx.get(`SELECT 1 FROM contacts c WHERE ${condition.sql}`, condition.params)) !== undefined
}

/** People of a stretch by their stored zone, empty for none. */
export function countZones(
  tx: ReadTx,
  audience: ResolvedAudience,
  range: ContactRange,
): Promise<{ zone: string; count: number }[]> {
  const condition = audienceCondition(audience, range, tx.sql)
  return tx.all(
    `SELECT coalesce(c.zone, '') AS zone, count(*) AS count FROM contacts c WHERE ${condition.sql} GROUP BY 1`,
    condition.params,
  )
}

/** The distinct values of zone, or of one attribute, among the people of a stretch; empty for none. */
export async function listDistinct(
  tx: ReadTx,
  audience: ResolvedAudience,
  range: ContactRange,
  whats: readonly ('zone' | { field: string })[],
): Promise<string[][]> {
  const condition = audienceCondition(audience, range, tx.sql)
  const values = whats.map((what) =>
    what === 'zone' ? { sql: 'c.zone', params: [] } : tx.sql.jsonText('c.attributes', what.field),
  )
  const rows = await tx.all<Record<string, string>>(
    `SELECT DISTINCT ${values.map(({ sql }, index) => `coalesce(${sql}, '') AS value${index}`).join(', ')} FROM contacts c WHERE ${condition.sql}`,
    [...values.flatMap(({ params }) => params), ...condition.params],
  )
  return rows.map((row) => whats.map((_what, index) => row[`value${index}`] ?? ''))
}

function marks(items: readonly unknown[]): string {
  return items.map(() => '?').join(', ')
}

function joinParts(parts: SqlPart[], glue: string): SqlPart {
  return {
    sql: parts.map((part) => `(${part.sql})`).join(glue),
    params: parts.flatMap((part) => part.params),
  }
}

function filterSql(filter: Filter, audience: ResolvedAudience, dialect: SqlDialect): SqlPart {
  if ('all' in filter)
    return joinParts(
      filter.all.map((part) => filterSql(part, audience, dialect)),
      ' AND ',
    )
  if ('any' in filter)
    return joinParts(
      filter.any.map((part) => filterSql(part, audience, dialect)),
      ' OR ',
    )
  if ('not' in filter) {
    // Null, for who is left out of a comparison, stays null: neither it nor its opposite selects them.
    const inner = filterSql(filter.not, audience, dialect)
    return { sql: `NOT (${inner.sql})`, params: inner.params }
  }
  return 'campaign' in filter ? outcomeSql(filter, audience) : fieldSql(filter, dialect)
}

function outcomeSql(condition: OutcomeCondition, audience: ResolvedAudience): SqlPart {
  return {
    sql: `EXISTS (SELECT 1 FROM runs fr JOIN messages fm ON fm.run_id = fr.id AND fm.contact_id = c.id
          WHERE fr.campaign_id = ? AND fr.kind = 'scheduled' AND fm.status IN (${marks(condition.status)}))`,
    params: [audience.campaignIds.get(condition.campaign) ?? 0, ...condition.status],
  }
}

/** Comparisons of text are exact, in upper and lower case too; a missing field is an empty text. */
function fieldSql(condition: FieldCondition, dialect: SqlDialect): SqlPart {
  const value = fieldValue(condition.field, dialect)
  const oneOf = (values: readonly string[]) => {
    if (condition.field === 'zone') return zoneSql(value, values)
    if (condition.field === 'phone') return sqlOf`${recipientKey} IN (${listOf(values.map(wantedKey))})`
    return sqlOf`${value} IN (${listOf(values)})`
  }
  const parts: SqlPart[] = []
  if (condition.is !== undefined) parts.push(oneOf([condition.is]))
  if (condition.isNot !== undefined) parts.push(sqlOf`NOT ${oneOf([condition.isNot])}`)
  if (condition.in !== undefined) parts.push(oneOf(condition.in))
  if (condition.notIn !== undefined) parts.push(sqlOf`NOT ${oneOf(condition.notIn)}`)
  if (condition.contains !== undefined) parts.push(sqlOf`replace(${value}, ${condition.contains}, '') <> ${value}`)
  if (condition.startsWith !== undefined)
    parts.push(sqlOf`substr(${value}, 1, length(${condition.startsWith})) = ${condition.startsWith}`)
  if (condition.endsWith !== undefined) parts.push(endsWithSql(value, condition.endsWith))
  for (const operator of Object.keys(comparisonSigns) as ComparisonOperator[]) {
    const bound = condition[operator] === undefined ? undefined : boundOf(condition[operator])
    if (bound !== undefined) parts.push(compareSql(value, operator, bound, dialect))
  }
  if (condition.isEmpty !== undefined) parts.push(condition.isEmpty ? sqlOf`${value} = ''` : sqlOf`${value} <> ''`)
  return joinParts(parts, ' AND ')
}

/** However a number is written, its key is one. */
const recipientKey: SqlPart = { sql: 'c.key', params: [] }

/** A zone is stored under its present name, that of an earlier version of Herald as it was typed. */
function zoneSql(value: SqlPart, zones: readonly string[]): SqlPart {
  return sqlOf`lower(${value}) IN (${listOf(zones.flatMap((zone) => spellingsOf(zone)).map((zone) => zone.toLowerCase()))})`
}

/** SQL with parts and bound values in the order in which they stand. */
function sqlOf(texts: TemplateStringsArray, ...values: (SqlPart | Param)[]): SqlPart {
  const parts = values.map(
    (value): SqlPart => (typeof value === 'object' && value !== null ? value : { sql: '?', params: [value] }),
  )
  const sql = texts.map((text, index) => text + (parts[index]?.sql ?? '')).join('')
  return { sql, params: parts.flatMap((part) => part.params) }
}

function listOf(values: readonly string[]): SqlPart {
  return { sql: marks(values), params: [...values] }
}

function endsWithSql(value: SqlPart, end: string): SqlPart {
  return sqlOf`length(${value}) >= length(${end}) AND substr(${value}, length(${value}) - length(${end}) + 1) = ${end}`
}

export function fieldValue(field: string, dialect: SqlDialect): SqlPart {
  if (field === 'phone') return { sql: 'c.phone', params: [] }
  if (field === 'zone') return { sql: `coalesce(c.zone, '')`, params: [] }
  if (field === 'consent') return { sql: `coalesce(c.consent, '')`, params: [] }
  return sqlOf`coalesce(${dialect.jsonText('c.attributes', field)}, '')`
}

/** Null for a text that is no date, or no number. */
function compareSql(value: SqlPart, operator: ComparisonOperator, bound: Bound, dialect: SqlDialect): SqlPart {
  const sign: SqlPart = { sql: comparisonSigns[operator], params: [] }
  switch (bound.kind) {
    case 'number':
      return sqlOf`${dialect.numberIn(value)} ${sign} ${bound.number}`
    case 'day':
      return sqlOf`${dialect.dayIn(value)} ${sign} ${bound.day}`
    case 'instant':
      return sqlOf`${dialect.instantIn(value)} ${sign} ${bound.at}`
  }
}

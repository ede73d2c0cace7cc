// People whom the comparisons of a filter leave out, because what they have is no date, or no number.
import type { Comparison } from '../domain/audience.ts'
import { audienceCondition, type ContactRange, fieldValue, type ResolvedAudience } from './audience.ts'
import type { ReadTx } from './database.ts'
import type { SqlPart } from './sql-dialect.ts'

export interface LeftOut extends Comparison {
  /** People of the lists who have a text there that cannot be compared; an empty field is none. */
  people: number
  /** One of these texts. */
  example: string
}

/** Among the people of a stretch, whatever else the filter asks. */
export async function countLeftOut(
  tx: ReadTx,
  audience: ResolvedAudience,
  range: ContactRange,
  comparisons: readonly Comparison[],
): Promise<LeftOut[]> {
  if (comparisons.length === 0) return []
  const condition = audienceCondition({ ...audience, filter: undefined }, range, tx.sql)
  const columns = comparisons.map((comparison, n): SqlPart => {
    const value = fieldValue(comparison.field, tx.sql)
    const read = comparison.kind === 'date' ? tx.sql.dayIn(value) : tx.sql.numberIn(value)
    const left = `CASE WHEN ${value.sql} <> '' AND ${read.sql} IS NULL THEN ${value.sql} END`
    const params = [...value.params, ...read.params, ...value.params]
    return { sql: `count(${left}) AS c${n}, min(${left}) AS e${n}`, params: [...params, ...params] }
  })
  const row = await tx.get<Record<string, number | string | null>>(
    `SELECT ${columns.map(({ sql }) => sql).join(', ')} FROM contacts c WHERE ${condition.sql}`,
    [...columns.flatMap(({ params }) => params), ...condition.params],
  )
  return comparisons.map((comparison, n) => ({
    ...comparison,
    people: Number(row?.[`c${n}`] ?? 0),
    example: String(row?.[`e${n}`] ?? ''),
  }))
}

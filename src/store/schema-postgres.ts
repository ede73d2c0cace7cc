// The data model in PostgreSQL: the tables of schema.ts, column by column, so that there is one model. Instants, ids and
// counts are bigint, booleans 0 and 1, JSON is text as it was written; texts are compared byte by byte, as SQLite does.
import { is, SQL } from 'drizzle-orm'
import {
  type AnyPgColumn,
  bigint,
  check,
  customType,
  doublePrecision,
  foreignKey,
  index,
  type PgColumnBuilderBase,
  type PgTable,
  pgTable,
  primaryKey,
  uniqueIndex,
} from 'drizzle-orm/pg-core'
import {
  type ForeignKey,
  getTableConfig,
  type Index,
  type SQLiteColumn,
  type SQLiteTable,
} from 'drizzle-orm/sqlite-core'
import * as model from './schema.ts'

const text = customType<{ data: string }>({ dataType: () => 'text COLLATE "C"' })

type Columns = Record<string, AnyPgColumn>

/** By name: references are followed when all are made. */
const mirrored = new Map<string, PgTable>()

export const settings = mirror(model.settings)
export const nodes = mirror(model.nodes)
export const troubles = mirror(model.troubles)
export const duties = mirror(model.duties)
export const contacts = mirror(model.contacts)
export const lists = mirror(model.lists)
export const listMembers = mirror(model.listMembers)
export const imports = mirror(model.imports)
export const rejects = mirror(model.rejects)
export const importChanges = mirror(model.importChanges)
export const suppressions = mirror(model.suppressions)
export const contactUserIds = mirror(model.contactUserIds)
export const formerNumbers = mirror(model.formerNumbers)
export const replies = mirror(model.replies)
export const consents = mirror(model.consents)
export const senders = mirror(model.senders)
export const templates = mirror(model.templates)
export const campaigns = mirror(model.campaigns)
export const campaignRevisions = mirror(model.campaignRevisions)
export const runs = mirror(model.runs)
export const messages = mirror(model.messages)
export const attempts = mirror(model.attempts)
export const capUses = mirror(model.capUses)
export const contactSenders = mirror(model.contactSenders)
export const runCounts = mirror(model.runCounts)
export const campaignCounts = mirror(model.campaignCounts)
export const webhookEvents = mirror(model.webhookEvents)
export const statusMoves = mirror(model.statusMoves)
export const users = mirror(model.users)
export const sessions = mirror(model.sessions)
export const knownDevices = mirror(model.knownDevices)
export const apiKeys = mirror(model.apiKeys)
export const loginBrakes = mirror(model.loginBrakes)
export const idempotencyKeys = mirror(model.idempotencyKeys)
export const uploads = mirror(model.uploads)

/** The table of the same name in PostgreSQL. */
function mirror(table: SQLiteTable): PgTable {
  const { name, columns, indexes, checks, foreignKeys, primaryKeys } = getTableConfig(table)
  const made = pgTable(name, Object.fromEntries(columns.map((column) => [column.name, mirrorColumn(column)])), (t) => [
    ...indexes.map((one) => mirrorIndex(one, t, columns)),
    ...checks.map((one) => check(one.name, one.value)),
    ...foreignKeys.map((one) => mirrorReference(one, t)),
    ...primaryKeys.map((key) => primaryKey({ columns: some(key.columns.map((column) => columnOf(t, column.name))) })),
  ])
  mirrored.set(name, made)
  return made
}

function mirrorColumn(column: SQLiteColumn): PgColumnBuilderBase {
  const isId = column.primary && column.getSQLType() === 'integer'
  if (isId) return bigint(column.name, { mode: 'number' }).primaryKey().generatedByDefaultAsIdentity()
  let made = plainColumn(column)
  if (column.notNull) made = made.notNull()
  if (column.primary) made = made.primaryKey()
  if (column.isUnique) made = made.unique(column.uniqueName)
  return column.default === undefined ? made : made.default(column.mapToDriverValue(column.default) as never)
}

function plainColumn(column: SQLiteColumn) {
  const type = column.getSQLType()
  if (type === 'integer') return bigint(column.name, { mode: 'number' })
  return type === 'real' ? doublePrecision(column.name) : text(column.name)
}

/** SQLite ends each index with the id of the row, and statements page by it: without it, all rows of one key are read for a page. */
function mirrorIndex({ config }: Index, t: Columns, columns: readonly SQLiteColumn[]) {
  const begun = config.unique ? uniqueIndex(config.name) : index(config.name)
  const named = config.columns.map((part) => (is(part, SQL) ? part : columnOf(t, part.name)))
  const isPaged = !config.unique && columns.some(({ name, primary }) => name === 'id' && primary)
  const hasId = config.columns.some((part) => !is(part, SQL) && part.name === 'id')
  const made = begun.on(...some(isPaged && !hasId ? [...named, columnOf(t, 'id')] : named))
  return config.where === undefined ? made : made.where(config.where)
}

function mirrorReference(reference: ForeignKey, t: Columns) {
  const { columns, foreignTable, foreignColumns } = reference.reference()
  const other = mirrored.get(getTableConfig(foreignTable).name)
  return foreignKey({
    columns: some(columns.map((column) => columnOf(t, column.name))),
    foreignColumns: some(foreignColumns.map((column) => columnOf(other as unknown as Columns, column.name))),
  })
}

function columnOf(columns: Columns, name: string): AnyPgColumn {
  const column = columns[name]
  if (column === undefined) throw new Error(`there is no column ${name}`)
  return column
}

function some<T>(values: T[]): [T, ...T[]] {
  return values as [T, ...T[]]
}

// People as a file that can be imported again: their fields, zone and consent, the lists they are in, and who is suppressed.
// Reads the database in slices, so that nobody waits, however many they are.
import { type Selection, selectionSchema } from '../../domain/audience.ts'
import { readDefinition } from '../../domain/definition.ts'
import { problemsError } from '../../domain/errors.ts'
import { LISTS_COLUMN, SUPPRESSED_COLUMN, writeSuppressions } from '../../domain/exported-columns.ts'
import type { ExportTable } from '../../runtime/download.ts'
import { type ResolvedAudience, resolveAudience } from '../../store/audience.ts'
import { type ExportedPerson, exportSlice, fieldsInSlice } from '../../store/exported-people.ts'
import type { Context } from '../context.ts'

/** People read and written at once: so few that nobody waits for them. */
const SLICE = 250
/** Of their fields only the names are read. */
const FIELDS_SLICE = 1_000

/** Everybody, or those of some lists and a filter. Throws AppError filter.*, campaign.unknown_field. */
export function readSelection(value: unknown): Selection {
  const reading = readDefinition(selectionSchema, value, {
    '': 'filter.invalid',
    unknown: 'campaign.unknown_field',
    '/filter': 'filter.invalid',
  })
  if ('problems' in reading) throw problemsError(reading.problems, 'selection')
  return reading.value
}

/** Throws AppError list.not_found, list.busy, campaign.not_found. */
export async function exportContacts(ctx: Context, selection: Selection, isRaw: boolean): Promise<ExportTable> {
  const resolved = await ctx.db.read((tx) => resolveAudience(tx, selection))
  const fields = await fieldsOf(ctx, resolved)
  return {
    header: ['phone', 'time_zone', 'consent', ...fields, LISTS_COLUMN, SUPPRESSED_COLUMN],
    lines: personLines(ctx, resolved, { fields, isRaw }),
  }
}

/** Fields of their lists in the order of the files that they came from, then those that people have from elsewhere. */
async function fieldsOf(ctx: Context, selection: ResolvedAudience): Promise<string[]> {
  const fields = new Set(selection.lists.flatMap((list) => list.fields))
  for (let after = 0; ; ) {
    const slice = await ctx.db.read((tx) => fieldsInSlice(tx, selection, { after, limit: FIELDS_SLICE }))
    if (slice === undefined) return [...fields]
    for (const field of slice.fields) fields.add(field)
    after = slice.through
    await new Promise((resolve) => setImmediate(resolve))
  }
}

async function* personLines(
  ctx: Context,
  selection: ResolvedAudience,
  { fields, isRaw }: { fields: readonly string[]; isRaw: boolean },
): AsyncGenerator<(string | null)[][]> {
  for (let after = 0; ; ) {
    const slice = await ctx.db.read((tx) => exportSlice(tx, selection, { after, limit: SLICE }))
    if (slice === undefined) return
    after = slice.through
    yield slice.people.map((person) => lineOf(person, fields, isRaw))
  }
}

function lineOf(person: ExportedPerson, fields: readonly string[], isRaw: boolean): (string | null)[] {
  const { phone, zone, consent, attributes, lists, suppressions } = person
  return [
    isRaw ? phone : phone.replace(/^\+/, ''),
    zone?.startsWith('country:') ? '' : zone,
    consent === null ? '' : consent === 'granted' ? 'yes' : 'no',
    ...fields.map((field) => attributes[field] ?? ''),
    lists.join('; '),
    writeSuppressions(suppressions),
  ]
}

// What waits for a person, in the order in which it hurts: the first thing on the overview, and a number on every page. Reads
// only, bounded whatever the installation holds.
import { formatId, type IdKind } from '../../domain/ids.ts'
import { DAY_MS } from '../../domain/time-zone.ts'
import {
  countProbableOptOuts,
  countStoppedTemplates,
  countUnknown,
  type FoundNeeds,
  findImportsWithRejects,
  findPausedSenders,
  findStoppedCampaigns,
} from '../../store/needs.ts'
import type { Context } from '../context.ts'

export const needKinds = ['campaign', 'sender', 'unknown', 'replies', 'templates', 'import'] as const
export type NeedKind = (typeof needKinds)[number]

export interface Need {
  kind: NeedKind
  /** Of the one thing that it is about; null where it is about many alike, and for those beyond the named ones. */
  id: string | null
  name: string | null
  /** Why it is paused; null for the others. */
  reason: string | null
  detail: string | null
  /** Messages, replies, templates, lines; the unnamed things of the kind. */
  count: number
}

/** Named of each kind. */
const NAMED_MAX = 5
/** Counted of what has no names; beyond it nobody wants to know. */
export const NEEDS_COUNTED_MAX = 1_000
/** Rejected lines and stopped templates are news so long. */
const NEWS_MS = 7 * DAY_MS

export async function needsOf(ctx: Context): Promise<Need[]> {
  const since = ctx.clock.now() - NEWS_MS
  return ctx.db.read(async (tx) => [
    ...namedNeeds('campaign', 'campaign', await findStoppedCampaigns(tx, NAMED_MAX)),
    ...namedNeeds('sender', 'sender', await findPausedSenders(tx, NAMED_MAX)),
    ...manyNeeds('unknown', await countUnknown(tx, NEEDS_COUNTED_MAX)),
    ...manyNeeds('replies', await countProbableOptOuts(tx, NEEDS_COUNTED_MAX)),
    ...manyNeeds('templates', await countStoppedTemplates(tx, since, NEEDS_COUNTED_MAX)),
    ...importNeeds(await findImportsWithRejects(tx, NAMED_MAX, since)),
  ])
}

function namedNeeds(kind: NeedKind, idKind: IdKind, { named, count }: FoundNeeds): Need[] {
  const shown = named.map(({ id, name, reason, detail }) => ({
    kind,
    id: formatId(idKind, id),
    name,
    reason,
    detail,
    count: 1,
  }))
  return [...shown, ...manyNeeds(kind, count - named.length)]
}

/** The number of an import is that of its lines. */
function importNeeds(found: FoundNeeds): Need[] {
  return namedNeeds('import', 'import', found).map((need) =>
    need.id === null ? need : { ...need, reason: null, count: Number(need.reason) },
  )
}

function manyNeeds(kind: NeedKind, count: number): Need[] {
  return count <= 0 ? [] : [{ kind, id: null, name: null, reason: null, detail: null, count }]
}

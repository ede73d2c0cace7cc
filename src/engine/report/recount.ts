// Every question whose answer must be "none", asked of whatever `read` reads: slices of a live database, or one snapshot.
import { listAllCampaignIds } from '../../store/campaigns.ts'
import type { ReadTx } from '../../store/database.ts'
import { campaignInvariants, globalInvariants, listBroken, NAMED_MAX, runInvariants } from '../../store/invariants.ts'
import { listAllRunIds } from '../../store/runs.ts'

export interface Check {
  name: string
  says: string
  ok: boolean
  /** What breaks it, a few of many. */
  broken: string[]
}

export interface Recount {
  /** Undefined for everything. */
  campaignId: number | undefined
  now: number
}

export type Reading = <T>(fn: (tx: ReadTx) => Promise<T>) => Promise<T>

/** Runs asked about in one statement. */
const RUNS_PER_QUESTION = 200
/** Campaigns asked about in one statement. */
const CAMPAIGNS_PER_QUESTION = 20

export async function recount(read: Reading, { campaignId, now }: Recount): Promise<Check[]> {
  const runIds = await read((tx) => listAllRunIds(tx, campaignId))
  const campaignIds = campaignId === undefined ? await read(listAllCampaignIds) : [campaignId]
  const ofWhole = campaignId === undefined ? globalInvariants : []
  const questions = [
    ...runInvariants.map((invariant) => ({ invariant, parts: partsOf(runIds, RUNS_PER_QUESTION) })),
    ...campaignInvariants.map((invariant) => ({ invariant, parts: partsOf(campaignIds, CAMPAIGNS_PER_QUESTION) })),
    ...ofWhole.map((invariant) => ({ invariant, parts: [[]] })),
  ]
  const checks: Check[] = []
  for (const { invariant, parts } of questions) {
    const { name, says } = invariant
    const broken: string[] = []
    for (const part of parts) {
      broken.push(...(await read((tx) => listBroken(tx, invariant, part, now))))
      if (broken.length >= NAMED_MAX) break
    }
    broken.splice(NAMED_MAX)
    checks.push({ name, says, ok: broken.length === 0, broken })
  }
  return checks
}

function partsOf(ids: readonly number[], size: number): number[][] {
  const parts: number[][] = []
  for (let i = 0; i < ids.length; i += size) parts.push(ids.slice(i, i + size))
  return parts
}

// Every question whose answer must be "none", asked of whatever `read` reads, part by part: no read lasts long, whatever is stored.
import { listAllCampaignIds } from '../../store/campaigns.ts'
import type { ReadTx } from '../../store/database.ts'
import {
  campaignInvariants,
  findLastMessageId,
  globalInvariants,
  listBroken,
  messageInvariants,
  NAMED_MAX,
  type Part,
  runInvariants,
} from '../../store/invariants.ts'
import { listAllRunIds } from '../../store/runs.ts'
import type { OnProgress } from '../context.ts'

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
/** Ids of messages asked about in one statement: some 50 ms. */
const MESSAGES_PER_QUESTION = 100_000

export async function recount(read: Reading, { campaignId, now }: Recount, onProgress?: OnProgress): Promise<Check[]> {
  const runs = idParts(await read((tx) => listAllRunIds(tx, campaignId)), RUNS_PER_QUESTION)
  const campaignIds = campaignId === undefined ? await read(listAllCampaignIds) : [campaignId]
  const campaigns = idParts(campaignIds, CAMPAIGNS_PER_QUESTION)
  const messages = campaignId === undefined ? rangeParts(await read(findLastMessageId), MESSAGES_PER_QUESTION) : []
  const questions = [
    ...runInvariants.map((invariant) => ({ invariant, parts: runs })),
    ...campaignInvariants.map((invariant) => ({ invariant, parts: campaigns })),
    ...(campaignId === undefined ? messageInvariants : []).map((invariant) => ({ invariant, parts: messages })),
    ...(campaignId === undefined ? globalInvariants : []).map((invariant) => ({ invariant, parts: [{}] })),
  ]
  const total = questions.reduce((sum, { parts }) => sum + parts.length, 0)
  const checks: Check[] = []
  let before = 0
  for (const { invariant, parts } of questions) {
    const { name, says } = invariant
    const broken: string[] = []
    for (const [index, part] of parts.entries()) {
      broken.push(...(await read((tx) => listBroken(tx, invariant, part, now))))
      onProgress?.({ done: before + index + 1, total, what: 'questions' })
      if (broken.length >= NAMED_MAX) break
    }
    before += parts.length
    broken.splice(NAMED_MAX)
    checks.push({ name, says, ok: broken.length === 0, broken })
  }
  return checks
}

function idParts(ids: readonly number[], size: number): Part[] {
  const parts: Part[] = []
  for (let i = 0; i < ids.length; i += size) parts.push({ ids: ids.slice(i, i + size) })
  return parts
}

function rangeParts(last: number, size: number): Part[] {
  const parts: Part[] = []
  for (let first = 1; first <= last; first += size) parts.push({ first, last: Math.min(last, first + size - 1) })
  return parts
}

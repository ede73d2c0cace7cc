// Every question whose answer must be "none", asked of whatever `read` reads: slices of a live database, or one snapshot.
import type { ReadTx } from '../../store/database.ts'
import { globalInvariants, type Invariant, listBroken, runInvariants } from '../../store/invariants.ts'
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

export async function recount(read: Reading, { campaignId, now }: Recount): Promise<Check[]> {
  const runIds = await read((tx) => listAllRunIds(tx, campaignId))
  const checks: Check[] = []
  for (const invariant of [...runInvariants, ...(campaignId === undefined ? globalInvariants : [])]) {
    const broken: string[] = []
    for (const part of partsOf(invariant, runIds))
      broken.push(...(await read((tx) => listBroken(tx, invariant, part, now))))
    checks.push({ name: invariant.name, says: invariant.says, ok: broken.length === 0, broken })
  }
  return checks
}

function partsOf(invariant: Invariant, runIds: readonly number[]): number[][] {
  if (!invariant.sql.includes('RUNS')) return [[]]
  const parts: number[][] = []
  for (let i = 0; i < runIds.length; i += RUNS_PER_QUESTION) parts.push(runIds.slice(i, i + RUNS_PER_QUESTION))
  return parts
}

// Recounts and asks every question whose answer must be "none". Reads only: a row that was changed by hand shows here.
import { getCampaign } from '../../store/campaigns.ts'
import { globalInvariants, listBroken, runInvariants } from '../../store/invariants.ts'
import { listAllRunIds } from '../../store/runs.ts'
import type { Context } from '../context.ts'

export interface Check {
  name: string
  says: string
  ok: boolean
  /** What breaks it, a few of many. */
  broken: string[]
}

export interface Verification {
  ok: boolean
  checks: Check[]
}

/** Runs asked about in one statement. */
const RUNS_PER_QUESTION = 200

/** Asks about one campaign, or about everything. */
export async function verify(ctx: Context, campaign?: string): Promise<Verification> {
  const runIds = await ctx.db.read(async (tx) =>
    listAllRunIds(tx, campaign === undefined ? undefined : (await getCampaign(tx, campaign)).id),
  )
  const checks: Check[] = []
  for (const invariant of [...runInvariants, ...(campaign === undefined ? globalInvariants : [])]) {
    const broken: string[] = []
    for (let i = 0; i === 0 || i < runIds.length; i += RUNS_PER_QUESTION) {
      const part = runIds.slice(i, i + RUNS_PER_QUESTION)
      broken.push(...(await ctx.db.read((tx) => listBroken(tx, invariant, part, ctx.clock.now()))))
      if (!invariant.sql.includes('RUNS')) break
    }
    checks.push({ name: invariant.name, says: invariant.says, ok: broken.length === 0, broken })
  }
  return { ok: checks.every((check) => check.ok), checks }
}

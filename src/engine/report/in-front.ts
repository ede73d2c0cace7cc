// What other campaigns have at the same sender: it takes their turns, places of the daily limit and of the caps from the
// one that is asked about. So many messages are looked at one by one; the rest by the counters of their runs. Reads only.
import type { ClaimRules } from '../../domain/message-rules.ts'
import { tally } from '../../domain/report.ts'
import { type CampaignRow, getCampaign } from '../../store/campaigns.ts'
import { listWaitingFacts } from '../../store/claim-facts.ts'
import { listCountsOfRun } from '../../store/counts.ts'
import type { ReadTx } from '../../store/database.ts'
import { listWaitEnds } from '../../store/messages.ts'
import { listOpenRuns, type RunRow } from '../../store/runs.ts'
import { readRules } from '../campaigns/claim-rules.ts'
import { isUnreadable } from '../campaigns/unreadable-campaign.ts'
import type { Context } from '../context.ts'
import type { Simulation } from './simulation.ts'

/** Messages of others that are looked at one by one: a second of work. */
const ONE_BY_ONE_MAX = 20_000
const SLICE = 500

export interface InFrontRequest {
  senderId: number
  /** The campaign that is asked about. */
  campaignId: number
  now: number
}

interface OtherRun {
  run: RunRow
  row: CampaignRow
  rules: ClaimRules
  validityMs: number
  /** Pending messages by what they wait for, and when the first of each is looked at again. */
  waitingBy: Record<string, number>
  ends: Map<string, number>
}

/** Adds them to a simulation. Returns the people among them who were looked at one by one. */
export async function addInFront(ctx: Context, request: InFrontRequest, simulation: Simulation): Promise<Set<number>> {
  const people = new Set<number>()
  const lanes = new Map<number, number>()
  for (const other of await ctx.db.read((tx) => listOthers(ctx, tx, request))) {
    const { id, priority, ratePerSecond, lastStartAtUs } = other.row
    const lane = lanes.get(id) ?? simulation.addLane({ priority, ratePerSecond, lastStartAtUs, isAsked: false })
    lanes.set(id, lane)
    const count = Object.values(other.waitingBy).reduce((sum, one) => sum + one, 0)
    if (people.size + count > ONE_BY_ONE_MAX) addByCounters(other, request, (waiting) => simulation.add(lane, waiting))
    else await addOneByOne(ctx, other, { request, people, add: (waiting) => simulation.add(lane, waiting) })
  }
  return people
}

async function listOthers(ctx: Context, tx: ReadTx, { senderId, campaignId }: InFrontRequest): Promise<OtherRun[]> {
  const others: OtherRun[] = []
  for (const run of await listOpenRuns(tx, 'sending', senderId)) {
    if (run.campaignId === campaignId || run.kind !== 'scheduled') continue
    const row = await getCampaign(tx, run.campaignId)
    if (row.status !== 'running') continue
    try {
      const { rules, campaign } = await readRules(tx, row, run.revisionId, ctx.config.timeZone)
      const { waitingBy } = tally(await listCountsOfRun(tx, run.id))
      const ends = await listWaitEnds(tx, run.id)
      others.push({ run, row, rules, validityMs: campaign.validityMs, waitingBy, ends })
    } catch (error) {
      // What cannot be read sends nothing.
      if (!isUnreadable(error)) throw error
    }
  }
  return others
}

type Add = (waiting: Parameters<Simulation['add']>[1]) => void

async function addOneByOne(
  ctx: Context,
  { run, rules }: OtherRun,
  { request, people, add }: { request: InFrontRequest; people: Set<number>; add: Add },
): Promise<void> {
  const asked = { ...request, capRules: rules.capRules }
  for (let after = 0; ; ) {
    const facts = await ctx.db.read((tx) => listWaitingFacts(tx, asked, { runId: run.id, after, limit: SLICE }))
    for (const fact of facts) {
      const { scheduledAt, dueAt, contactId } = fact
      people.add(contactId)
      add({ fact, rules, scheduledAt, dueAt, wait: null, isUnfit: false, order: null, isPlain: false, count: 1 })
    }
    const last = facts.at(-1)
    if (last === undefined) return
    after = last.contactId
  }
}

/** As if all of a run were people of its zone of whom nothing else is known. */
function addByCounters({ run, rules, validityMs, waitingBy, ends }: OtherRun, { now }: InFrontRequest, add: Add): void {
  const scheduledAt = run.occurrenceAt
  const fact = {
    messageId: 0,
    contactId: 0,
    createdAt: run.createdAt,
    scheduledAt,
    expiresAt: scheduledAt + validityMs,
    zone: null,
    suppression: null,
    isGroup: false,
    capUses: [],
    lastClaimAt: null,
    lastInboundAt: null,
    blockedUntil: null,
    hasCapUse: false,
    earlier: null,
  }
  for (const [reason, count] of Object.entries(waitingBy)) {
    const dueAt = reason === '' ? scheduledAt : Math.max(now, ends.get(reason) ?? now)
    // Whether they have a session is not known: none is asked for.
    const known = { ...rules, needsSession: false }
    add({ fact, rules: known, scheduledAt, dueAt, wait: null, isUnfit: false, order: null, isPlain: true, count })
  }
}

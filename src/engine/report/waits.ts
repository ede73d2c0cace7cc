// What the pending messages of a run wait for: by gate, how many, and until when. Report, live page, API and `herald run`
// all ask here. A message's own reason stands on its row; what holds everybody is read from the gates. Reads only.
import { parseCampaign } from '../../domain/campaign.ts'
import { dailyRoom } from '../../domain/daily-limit.ts'
import type { StandingWait, WaitReason } from '../../domain/message-status.ts'
import { possibleHold } from '../../domain/possible-instant.ts'
import { cutSlotUs, slotIntervalUs } from '../../domain/rate.ts'
import type { Tally } from '../../domain/report.ts'
import { type CampaignRow, getRevision } from '../../store/campaigns.ts'
import { hasCountedDue } from '../../store/claim-facts.ts'
import type { ReadTx } from '../../store/database.ts'
import { listWaitEnds } from '../../store/messages.ts'
import type { RunRow } from '../../store/runs.ts'
import { countDailyUse, nextDailyPlace } from '../../store/sender-gate.ts'
import { getSender, type Sender } from '../../store/senders.ts'
import { findSetting } from '../../store/settings.ts'
import { findClaimTroubles } from '../../store/troubles.ts'
import { planningWaitOf } from '../campaigns/planning-wait.ts'
import { isUnreadable } from '../campaigns/unreadable-campaign.ts'
import { findSendingTrouble, troublesOf } from '../duties/show-troubles.ts'

/** What happens within this happens soon: nobody is told to come back for it. */
export const SOON_MS = 60_000

export interface Wait {
  reason: WaitReason | StandingWait
  /** Messages; none of a run that is not planned yet. */
  count: number
  /** When the first of them is looked at again, as far as anybody is told; null when nobody can say. */
  until: number | null
  /** When the first of them can go, as far as the gates tell; null when a person has to decide it. */
  opensAt: number | null
}

/** What holds everybody of a sender, or of a campaign. */
type Gate = Omit<Wait, 'count'> & {
  reason: StandingWait
  /** For all that are due: no message passes it. */
  isForAll: boolean
}

interface Question {
  campaign: CampaignRow
  run: RunRow
  own: Tally
  now: number
  /** The zone of schedules that name none. */
  defaultZone: string
}

/** What a run waits for; nothing for one that has ended, and for one that is being planned. */
export async function waitsOf(tx: ReadTx, question: Question): Promise<Wait[]> {
  const { run, own } = question
  if (run.status === 'planning') return waitsOfPlanning(tx, question)
  return own.byStatus.pending === 0 ? [] : waitsOfSending(tx, question)
}

async function waitsOfPlanning(tx: ReadTx, question: Question): Promise<Wait[]> {
  const { campaign, run, own, now } = question
  const reason = (await isHeld(tx))
    ? 'database_held'
    : campaign.status === 'paused'
      ? 'campaign_paused'
      : await whyUnplanned(tx, question)
  const count = own.byStatus.pending
  // An import ends by itself, and nobody can say when.
  const opensAt = reason === 'list_busy' ? now : null
  if (reason !== undefined) return [{ reason, count, until: null, opensAt }]
  const [trouble] = await troublesOf(tx, 'run', run.id)
  if (trouble === undefined) return []
  const nextTryAt = Date.parse(trouble.nextTryAt)
  return [{ reason: 'failing', count, until: nextTryAt, opensAt: nextTryAt }]
}

async function whyUnplanned(tx: ReadTx, { run, defaultZone }: Question): Promise<'overlap' | 'list_busy' | undefined> {
  const { definition } = await getRevision(tx, run.revisionId)
  try {
    return await planningWaitOf(tx, run, parseCampaign(definition, defaultZone))
  } catch (error) {
    if (!isUnreadable(error)) throw error
    return undefined
  }
}

async function waitsOfSending(tx: ReadTx, question: Question): Promise<Wait[]> {
  const { run, own, now } = question
  const ends = await listWaitEnds(tx, run.id)
  const gate = await gateOf(tx, question)
  // A person has to open it: until then no other wait matters.
  if (isShut(gate)) return [{ ...gate, count: own.byStatus.pending }]
  const troubled = await findClaimTroubles(tx, run.id)
  const waits: Wait[] = []
  // A message that keeps failing needs a person: `run` does not wait for its next try.
  if (troubled.count > 0)
    waits.push({ reason: 'failing', count: troubled.count, until: troubled.nextTryAt, opensAt: null })
  let left = troubled.count
  for (const [reason, all] of Object.entries(own.waitingBy)) {
    const until = ends.get(reason)
    // What has waited long enough waits for the sender like everybody else.
    const isDue = reason === '' || (until !== undefined && until <= now)
    // What is in trouble is due, and told above.
    const troubledOnes = isDue ? Math.min(left, all) : 0
    left -= troubledOnes
    const count = all - troubledOnes
    if (count > 0) waits.push(isDue ? { ...gate, count } : ownWait(reason as WaitReason, { count, until, gate }))
  }
  return mergeWaits(waits)
}

function isShut({ isForAll, opensAt }: Gate): boolean {
  return isForAll && opensAt === null
}

/** Behind a gate that nobody passes, the end of a message's own wait lets it go no further. */
function ownWait(
  reason: WaitReason,
  { count, until = null, gate }: { count: number; until: number | null | undefined; gate: Gate },
): Wait {
  const opensAt = until === null || !gate.isForAll ? until : Math.max(until, gate.opensAt ?? 0)
  return { reason, count, until, opensAt }
}

/** The first gate that holds what is due; in the order of the claim. */
async function gateOf(tx: ReadTx, { campaign, run, now }: Question): Promise<Gate> {
  const shut = (reason: StandingWait, until: number | null = null): Gate => {
    return { reason, until, opensAt: until, isForAll: true }
  }
  if (await isHeld(tx)) return shut('database_held')
  const sender = await getSender(tx, run.senderId)
  if (campaign.status === 'paused' && run.kind !== 'test') return shut('campaign_paused')
  if (sender.status === 'paused') return shut('sender_paused')
  const trouble = await findSendingTrouble(tx, sender.id)
  if (trouble !== undefined) return shut('sender_failing', Date.parse(trouble.nextTryAt))
  const holdUntil = possibleHold(sender.holdUntil, now)
  if (holdUntil !== null && holdUntil > now) return shut('hold', holdUntil)
  return (await dailyGate(tx, sender, { run, now })) ?? rateGate(sender, campaign, now)
}

/** People who were written to within 24 hours pass a full daily limit. */
async function dailyGate(
  tx: ReadTx,
  sender: Sender,
  { run, now }: Pick<Question, 'run' | 'now'>,
): Promise<Gate | undefined> {
  if (sender.dailyLimit === null) return undefined
  const used = await countDailyUse(tx, sender.id, sender, now)
  if (dailyRoom(sender.dailyLimit, used) > 0) return undefined
  // With fewer places than people who count, more than one of them has to leave.
  const until = await nextDailyPlace(tx, sender.id, { now, over: used - sender.dailyLimit })
  const passes = await hasCountedDue(tx, { runId: run.id, senderId: sender.id, now })
  return { reason: 'daily_limit', until, opensAt: passes ? now : until, isForAll: false }
}

/** The next turn at the speed of the sender, or of the campaign where that is slower. */
function rateGate(sender: Sender, campaign: CampaignRow, now: number): Gate {
  const opensAt = Math.max(now, turnOf(sender, now), turnOf(campaign, now))
  return { reason: 'rate_limit', until: opensAt > now + SOON_MS ? opensAt : null, opensAt, isForAll: true }
}

function turnOf(
  { ratePerSecond, lastStartAtUs }: { ratePerSecond: number | null; lastStartAtUs: number | null },
  now: number,
): number {
  const lastUs = cutSlotUs(lastStartAtUs, now * 1000)
  return ratePerSecond === null || lastUs === null ? 0 : Math.ceil((lastUs + slotIntervalUs(ratePerSecond)) / 1000)
}

async function isHeld(tx: ReadTx): Promise<boolean> {
  return (await findSetting(tx, 'hold')) !== undefined
}

/** One wait for each gate, most people first. */
export function mergeWaits(waits: readonly Wait[]): Wait[] {
  const merged = new Map<string, Wait>()
  for (const wait of waits) {
    const known = merged.get(wait.reason)
    merged.set(wait.reason, known === undefined ? wait : bothOf(known, wait))
  }
  return [...merged.values()].sort((a, b) => b.count - a.count)
}

function bothOf(one: Wait, other: Wait): Wait {
  return {
    reason: one.reason,
    count: one.count + other.count,
    until: earlier(one.until, other.until),
    opensAt: earlier(one.opensAt, other.opensAt),
  }
}

function earlier(one: number | null, other: number | null): number | null {
  if (one === null || other === null) return one ?? other
  return Math.min(one, other)
}

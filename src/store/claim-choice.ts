// What a claim takes: due messages of the sender's runs in turns, each decided by the rules, as far as slots and places go.
// Nothing is written here; store/claim.ts writes what was chosen.
import { dailyRoom } from '../domain/daily-limit.ts'
import { AppError, isStorageError } from '../domain/errors.ts'
import type { CapBlock } from '../domain/frequency-cap.ts'
import { formatInstant } from '../domain/instant.ts'
import {
  type ClaimDecision,
  type ClaimRules,
  decideClaim,
  nothingTaken,
  type Taken,
  takeClaim,
} from '../domain/message-rules.ts'
import {
  CLAIM_AHEAD_US,
  claimSize,
  earliestSlotUs,
  nextSlotUs,
  type Pace,
  type PaceClock,
  paceOfCampaign,
} from '../domain/rate.ts'
import { type Candidate, CandidateLine, type MessageRow, type OpenRun } from './claim-facts.ts'
import type { Present, WriteTx } from './database.ts'
import type { DeferMove, EndMove } from './messages.ts'
import type { SenderGate } from './sender-gate.ts'
import { storageError } from './sqlite-connection.ts'

/** Candidates that one claim looks at: bounds the transaction when a night defers a whole run. */
const LOOKED_AT_MAX = 500

/** People whom another transaction holds are looked at again after this. */
const FREE_SOON_MS = 10

export interface ClaimRequest {
  senderId: number
  nodeId: number
  now: Present
  /** The clock of `now`; undefined where it is that of a server. */
  clock?: PaceClock | undefined
  /** Calls that may still be started: the free places of the in-flight window. */
  room: number
  /** How long claims take until they are committed (domain/rate.ts), µs; matters where processes share the sender. */
  leadUs?: number
  /** Only this campaign, for a command that sends in the foreground. */
  campaignId?: number
  /** Only test messages. */
  isTestOnly?: boolean
  rules: RulesInForce
  account: string
  /** Messages in trouble, which are left alone for a while. */
  leftAlone?: ReadonlySet<number>
  /** Looks at one message only: a claim has failed, and it is to be known by which. */
  isCautious?: boolean
}

/** What the campaign revisions of a sender ask for. */
export interface RulesInForce {
  /** Of the revisions that are known; a run whose revision is missing here is named in the result. */
  byRevision: ReadonlyMap<number, ClaimRules>
  /** The setting `limits` under which they were made; another one in force refuses the claim. */
  limitsText: string
  /** The provider takes group ids. */
  hasGroups: boolean
}

/** A message that could not be claimed, for a reason that is no decision. */
export interface TroubledMessage {
  messageId: number
  error: unknown
}

/** What a claim has decided so far. */
export interface Choice {
  granted: { run: OpenRun; fact: Candidate }[]
  defers: DeferMove[]
  ends: EndMove[]
  troubled: TroubledMessage[]
  taken: Taken
  /** The newest slot of the sender. */
  lastStartAtUs: number | null
  lookedAt: number
  leftForDaily: number
  nextLookAt: number | null
}

/** What holds during one claim. */
export interface Claim {
  tx: WriteTx
  request: ClaimRequest
  sender: SenderGate
  pace: Pace
  /** When its slots begin, µs after now. */
  leadUs: number
  slotsMax: number
  choice: Choice
}

export function beginClaim(tx: WriteTx, request: ClaimRequest, sender: SenderGate, pace: Pace): Claim {
  const choice: Choice = {
    granted: [],
    defers: [],
    ends: [],
    troubled: [],
    taken: nothingTaken(sender.dailyUsed),
    lastStartAtUs: pace.lastStartAtUs,
    lookedAt: 0,
    leftForDaily: 0,
    nextLookAt: null,
  }
  // After a throttled answer a single call asks whether the sender may go on.
  const leadUs = pace.mode === 'shared' ? (request.leadUs ?? 0) : 0
  const slotsMax = sender.throttles > 0 ? 1 : Math.min(claimSize(sender.ratePerSecond, leadUs), request.room)
  return { tx, request, sender, pace, leadUs, slotsMax, choice }
}

export async function choose(claim: Claim, runs: readonly OpenRun[]): Promise<void> {
  for (const priority of new Set(runs.map((run) => run.priority)))
    await chooseInTurns(
      claim,
      runs.filter((run) => run.priority === priority),
    )
  if (isFull(claim)) claim.choice.nextLookAt = claim.request.now
}

/** Round robin between campaigns of equal priority. */
async function chooseInTurns(claim: Claim, runs: readonly OpenRun[]): Promise<void> {
  const { tx, request, sender, choice, slotsMax } = claim
  const facts = { senderId: request.senderId, now: request.now, rules: request.rules.byRevision }
  const countedAfter = isDailyFull(claim) ? sender.dailyHorizonAt : null
  let lines = runs.map((run) => new CandidateLine(tx, facts, run, countedAfter))
  while (lines.length > 0 && !isFull(claim)) {
    const pageSize = Math.max(1, Math.ceil((slotsMax - choice.granted.length) / lines.length))
    const open: CandidateLine[] = []
    for (const line of lines) {
      if (isFull(claim)) break
      const row = await line.next(pageSize)
      if (row === undefined) lookLater(choice, line.hasBusy ? request.now + FREE_SOON_MS : await line.nextDueAt())
      else if (await decide(claim, line, row)) open.push(line)
    }
    lines = open
  }
}

function isFull({ request, choice, slotsMax }: Claim): boolean {
  const lookedAtMax = request.isCautious ? 1 : LOOKED_AT_MAX
  return choice.granted.length >= slotsMax || choice.lookedAt >= lookedAtMax
}

export function isDailyFull({ sender, choice }: Claim): boolean {
  return dailyRoom(sender.dailyLimit, choice.taken.dailyUsed) === 0
}

function lookLater(choice: Choice, at: number | null): void {
  if (at !== null && (choice.nextLookAt === null || at < choice.nextLookAt)) choice.nextLookAt = at
}

/** Notes what becomes of a candidate. False when its campaign has no slot left in this claim. */
async function decide(claim: Claim, line: CandidateLine, row: MessageRow): Promise<boolean> {
  const { request, choice } = claim
  const { messageId } = row
  if (request.leftAlone?.has(messageId)) return true
  choice.lookedAt++
  try {
    const fact = await line.factOf(row)
    return note(claim, line.run, fact, decideClaim(fact, rulesOf(claim, line.run), choice.taken, request.now))
  } catch (error) {
    if (isStorageError(storageError(error, 'the database'))) throw error
    // One message that cannot be decided about keeps no other one waiting.
    choice.troubled.push({ messageId, error })
    return true
  }
}

function note(claim: Claim, run: OpenRun, fact: Candidate, decision: ClaimDecision): boolean {
  const { choice } = claim
  if (decision.act === 'send') return grant(claim, run, fact)
  if (decision.act === 'leave') choice.leftForDaily++
  else if (decision.act === 'defer') {
    const { messageId, runId, waitReason: from } = fact
    const { dueAt, waitReason } = decision
    choice.defers.push({ messageId, runId, from, dueAt, waitReason, detail: capsDetail(decision) })
    lookLater(choice, dueAt)
  } else choice.ends.push(endOf(fact, decision))
  return true
}

/** The rules of a run, with those of the sender as they are now. */
export function rulesOf({ request, sender }: Claim, run: OpenRun): ClaimRules {
  const rules = request.rules.byRevision.get(run.revisionId)
  if (rules === undefined) throw new AppError('fault', `no rules for revision ${run.revisionId}`)
  const { dailyLimit, pairIntervalMs } = sender
  const takesGroups = sender.takesGroups === 1 && request.rules.hasGroups
  return { ...rules, dailyLimit, pairIntervalMs, takesGroups, isTest: run.kind === 'test' }
}

/** Gives out the next start slot: the later one of sender and campaign. */
function grant(claim: Claim, run: OpenRun, fact: Candidate): boolean {
  const { request, choice } = claim
  const startAtUs = Math.max(slotOfSender(claim), slotOfCampaign(claim, run))
  const aheadUs = claim.leadUs + Math.max(CLAIM_AHEAD_US, claim.leadUs)
  if (startAtUs > request.now * 1000 + aheadUs) {
    lookLater(choice, Math.ceil((startAtUs - aheadUs) / 1000))
    return false
  }
  takeClaim(fact, rulesOf(claim, run), choice.taken, request.now)
  choice.lastStartAtUs = startAtUs
  run.lastStartAtUs = startAtUs
  choice.granted.push({ run, fact: { ...fact, startAtUs } })
  return true
}

export function slotOfSender({ request, choice, pace, leadUs }: Claim): number {
  const { lastStartAtUs } = choice
  const earliestUs = earliestSlotUs({ ...pace, lastStartAtUs }, request.now * 1000 + leadUs)
  return nextSlotUs(lastStartAtUs, pace.ratePerSecond, earliestUs)
}

function slotOfCampaign({ request, pace, leadUs }: Claim, run: OpenRun): number {
  if (run.ratePerSecond === null) return 0
  const nowUs = request.now * 1000 + leadUs
  const { ratePerSecond, lastStartAtUs } = run
  const own = paceOfCampaign(pace, { ratePerSecond, lastStartAtUs })
  return nextSlotUs(own.lastStartAtUs, own.ratePerSecond, earliestSlotUs(own, nowUs))
}

function endOf(fact: Candidate, decision: Extract<ClaimDecision, { act: 'skip' | 'expire' }>): EndMove {
  const { messageId, runId, waitReason } = fact
  if (decision.act === 'expire') return { messageId, runId, waitReason, to: 'expired', reason: null, detail: null }
  return {
    messageId,
    runId,
    waitReason,
    to: 'skipped',
    reason: decision.reason,
    detail: decision.detail ?? capsDetail(decision),
  }
}

/** The rules that block, their numbers and when they free a place: what `why` tells. */
function capsDetail(decision: { caps: CapBlock[] }): string | null {
  if (decision.caps.length === 0) return null
  return decision.caps
    .map(
      (block) =>
        `${block.rule.id}: ${block.count} of ${block.rule.max} in ${block.rule.window}, free at ${formatInstant(block.freeAt)}`,
    )
    .join('; ')
}

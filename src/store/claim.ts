// The claim: due messages taken for sending, in one immediate transaction with every check.
//   1. gates of the sender and its campaigns: no room, no claim, no row touched
//   2. one SELECT per run brings candidates with their facts
//   3. decideClaim (domain/) answers for each, in order
//   4. prepared single-row writes whose change count must be 1
// Rules are never written in SQL: SQL brings facts and refuses illegal moves.

import { dailyRoom } from '../domain/daily-limit.ts'
import { AppError } from '../domain/errors.ts'
import type { CapBlock } from '../domain/frequency-cap.ts'
import { formatInstant } from '../domain/instant.ts'
import { type ClaimDecision, type ClaimRules, decideClaim, type Taken, takeClaim } from '../domain/message-rules.ts'
import {
  CLAIM_AHEAD_US,
  CLAIM_WHEN_US,
  claimSize,
  lastSlotUs,
  meetsOthers,
  nextSlotUs,
  type SlotSharing,
  sharedRate,
} from '../domain/rate.ts'
import { DAY_MS } from '../domain/time-zone.ts'
import { type Candidate, CandidateLine, type OpenRun } from './claim-facts.ts'
import { CountChanges } from './counts.ts'
import type { WriteTx } from './database.ts'
import { type DeferMove, deferPending, type EndMove, endPending, startSending } from './messages.ts'

/** Candidates that one claim looks at: bounds the transaction when a night defers a whole run. */
const LOOKED_AT_MAX = 500

export interface ClaimRequest {
  senderId: number
  nodeId: number
  now: number
  /** Calls that may still be started: the free part of the in-flight window. */
  room: number
  /** What this process knows about others that send for the sender; when left out, it sends alone. */
  sharing?: SlotSharing
  /** Only this campaign, for a command that sends in the foreground. */
  campaignId?: number
  /** Only test messages. */
  isTestOnly?: boolean
  /** What the campaign revisions of this sender ask for; a run whose revision is missing here is named in the result. */
  rules: ReadonlyMap<number, ClaimRules>
  account: string
}

export interface ClaimedMessage {
  messageId: number
  attemptId: number
  runId: number
  campaignId: number
  contactId: number
  revisionId: number
  phone: string
  variables: string | null
  expiresAt: number
  /** When the person last wrote to the sender; null when we never saw it. */
  lastInboundAt: number | null
  /** Microseconds: the call begins no earlier. */
  startAtUs: number
}

/** What keeps a whole sender waiting; read here, written on no row. */
export type Gate = 'sender_paused' | 'rate_limit' | 'daily_limit' | 'hold'

export interface ClaimResult {
  claimed: ClaimedMessage[]
  deferred: number
  /** Runs in which the claim skipped or expired messages: one of them may be done. */
  endedIn: number[]
  gate?: Gate
  /** When looking again can find something; null when nothing is planned. */
  nextLookAt: number | null
  /** Revisions of runs that could not be looked at, because their rules are not known yet. */
  unknownRevisions: number[]
  /** The slots stand behind one of another process. */
  metOthers: boolean
  /** The sender's rate as it is now: it may change while running. */
  ratePerSecond: number
}

interface SenderGate {
  status: 'active' | 'paused'
  ratePerSecond: number
  dailyLimit: number | null
  lastStartAtUs: number | null
  holdUntil: number | null
  throttles: number
  dailyUsed: number
  dailyHorizonAt: number
}

/** Takes due messages of one sender. */
export async function claimMessages(tx: WriteTx, request: ClaimRequest): Promise<ClaimResult> {
  const sender = await readSenderGate(tx, request)
  const { ratePerSecond } = sender
  const nothing = (gate: Gate, nextLookAt: number | null): ClaimResult => ({
    claimed: [],
    deferred: 0,
    endedIn: [],
    nextLookAt,
    unknownRevisions: [],
    ratePerSecond,
    metOthers: false,
    gate,
  })
  if (sender.status === 'paused') return nothing('sender_paused', null)
  if (sender.holdUntil !== null && sender.holdUntil > request.now) return nothing('hold', sender.holdUntil)
  const metOthers = pace(sender, request.sharing)
  const slotUs = nextSlotUs(sender.lastStartAtUs, sender.ratePerSecond, request.now * 1000)
  const claimAt = Math.ceil((slotUs - CLAIM_WHEN_US) / 1000)
  if (claimAt > request.now) return nothing('rate_limit', claimAt)
  if (request.room < 1) return nothing('rate_limit', request.now + 5)
  const claim = new Claim(tx, request, sender)
  return { ...(await claim.run()), ratePerSecond, metOthers }
}

/** Makes room between the slots of processes that share the sender. True when there is another one. */
function pace(sender: SenderGate, sharing: SlotSharing | undefined): boolean {
  if (sharing === undefined) return false
  const metOthers = meetsOthers(sender.lastStartAtUs, sharing)
  sender.lastStartAtUs = lastSlotUs(sender.lastStartAtUs, sender.ratePerSecond, sharing)
  sender.ratePerSecond = sharedRate(sender.ratePerSecond, sharing.isShared || metOthers)
  return metOthers
}

async function readSenderGate(tx: WriteTx, request: ClaimRequest): Promise<SenderGate> {
  const sender = await tx.get<SenderGate>(
    `SELECT status, rate_per_second AS ratePerSecond, daily_limit AS dailyLimit, last_start_at_us AS lastStartAtUs,
            hold_until AS holdUntil, throttles, daily_used AS dailyUsed, daily_horizon_at AS dailyHorizonAt
     FROM senders WHERE id = ?`,
    [request.senderId],
  )
  if (sender === undefined) throw new AppError('sender.not_found', `sender ${request.senderId} is gone`)
  if (sender.dailyLimit !== null) await sweepDailyUse(tx, request, sender)
  return sender
}

/** People whose last message left the 24 hours since the last claim no longer count. */
async function sweepDailyUse(tx: WriteTx, { senderId, now }: ClaimRequest, sender: SenderGate): Promise<void> {
  const horizon = now - DAY_MS
  const isFirst = sender.dailyHorizonAt === 0
  const [from, until] = isFirst ? [horizon, Number.MAX_SAFE_INTEGER] : [sender.dailyHorizonAt, horizon]
  const row = await tx.get<{ count: number }>(
    `SELECT count(*) AS count FROM contact_senders WHERE sender_id = ? AND last_claim_at > ? AND last_claim_at <= ?`,
    [senderId, from, until],
  )
  const count = row?.count ?? 0
  sender.dailyUsed = isFirst ? count : sender.dailyUsed - count
  sender.dailyHorizonAt = horizon
}

/** One claim at work. */
class Claim {
  readonly #tx: WriteTx
  readonly #request: ClaimRequest
  readonly #sender: SenderGate
  readonly #taken: Taken
  readonly #slotsMax: number
  readonly #granted: { run: OpenRun; fact: Candidate }[] = []
  readonly #defers: DeferMove[] = []
  readonly #ends: EndMove[] = []
  readonly #unknownRevisions = new Set<number>()
  #lookedAt = 0
  #leftForDaily = 0
  #nextLookAt: number | null = null

  constructor(tx: WriteTx, request: ClaimRequest, sender: SenderGate) {
    this.#tx = tx
    this.#request = request
    this.#sender = sender
    this.#taken = { capUses: new Map(), claimedContacts: new Set(), dailyUsed: sender.dailyUsed }
    // After a throttled answer a single call asks whether the sender may go on.
    this.#slotsMax = sender.throttles > 0 ? 1 : Math.min(claimSize(sender.ratePerSecond), request.room)
  }

  async run(): Promise<Omit<ClaimResult, 'metOthers'>> {
    const runs = await this.#openRuns()
    for (const priority of [...new Set(runs.map((run) => run.priority))])
      await this.#takeInTurns(runs.filter((run) => run.priority === priority))
    const claimed = await this.#write()
    if (this.#isFull()) this.#nextLookAt = this.#request.now
    return {
      claimed,
      deferred: this.#defers.length,
      endedIn: [...new Set(this.#ends.map((end) => end.runId))],
      nextLookAt: this.#nextLookAt,
      unknownRevisions: [...this.#unknownRevisions],
      ratePerSecond: this.#sender.ratePerSecond,
      ...((this.#leftForDaily > 0 || this.#isDailyFull()) && claimed.length === 0 && { gate: 'daily_limit' as const }),
    }
  }

  /** Runs that are sending, in the order of priority; among equals the campaign served longest ago comes first. */
  async #openRuns(): Promise<OpenRun[]> {
    const { senderId, campaignId, isTestOnly } = this.#request
    const runs = await this.#tx.all<OpenRun>(
      `SELECT r.id, r.revision_id AS revisionId, r.campaign_id AS campaignId, r.kind, c.priority, c.rate_per_second AS ratePerSecond,
              c.last_start_at_us AS lastStartAtUs
       FROM runs r JOIN campaigns c ON c.id = r.campaign_id
       WHERE r.sender_id = ? AND r.status = 'sending' AND (c.status = 'running' OR r.kind = 'test')
       ORDER BY c.priority DESC, coalesce(c.last_start_at_us, 0), r.occurrence_at, r.occurrence_local, r.id`,
      [senderId],
    )
    return runs.filter((run) => {
      if (campaignId !== undefined && run.campaignId !== campaignId) return false
      if (isTestOnly && run.kind !== 'test') return false
      const isKnown = this.#request.rules.has(run.revisionId)
      if (!isKnown) this.#unknownRevisions.add(run.revisionId)
      return isKnown
    })
  }

  #isFull(): boolean {
    return this.#granted.length >= this.#slotsMax || this.#lookedAt >= LOOKED_AT_MAX
  }

  /** Round robin between campaigns of equal priority. */
  async #takeInTurns(runs: OpenRun[]): Promise<void> {
    let lines = runs.map(
      (run) =>
        new CandidateLine(this.#tx, this.#request, run, this.#isDailyFull() ? this.#sender.dailyHorizonAt : null),
    )
    while (lines.length > 0 && !this.#isFull()) {
      const pageSize = Math.max(1, Math.ceil((this.#slotsMax - this.#granted.length) / lines.length))
      const open: CandidateLine[] = []
      for (const line of lines) {
        if (this.#isFull()) break
        const fact = await line.next(pageSize)
        if (fact === undefined) this.#lookLater(await line.nextDueAt())
        else if (this.#decide(line.run, fact)) open.push(line)
      }
      lines = this.#isFull() ? [] : open
    }
  }

  #isDailyFull(): boolean {
    return dailyRoom(this.#sender.dailyLimit, this.#taken.dailyUsed) === 0
  }

  #lookLater(at: number | null): void {
    if (at !== null && (this.#nextLookAt === null || at < this.#nextLookAt)) this.#nextLookAt = at
  }

  /** Notes what becomes of a candidate. False when its campaign has no slot left in this claim. */
  #decide(run: OpenRun, fact: Candidate): boolean {
    this.#lookedAt++
    const rules = this.#rulesOf(run)
    const { now } = this.#request
    const decision = decideClaim(fact, rules, this.#taken, now)
    if (decision.act === 'send') return this.#grant(run, fact, rules)
    if (decision.act === 'leave') this.#leftForDaily++
    else if (decision.act === 'defer') {
      const { messageId, runId, waitReason: from } = fact
      const { dueAt, waitReason } = decision
      this.#defers.push({ messageId, runId, from, dueAt, waitReason, detail: capsDetail(decision) })
      this.#lookLater(decision.dueAt)
    } else this.#ends.push(endOf(fact, decision))
    return true
  }

  #rulesOf(run: OpenRun): ClaimRules {
    const rules = this.#request.rules.get(run.revisionId)
    if (rules === undefined) throw new AppError('fault', `no rules for revision ${run.revisionId}`)
    const { dailyLimit } = this.#sender
    // A test send is neither checked against caps and quiet hours nor counted.
    return run.kind === 'test'
      ? { ...rules, dailyLimit, isTest: true, capRules: [], quietHours: null }
      : { ...rules, dailyLimit }
  }

  /** Gives out the next start slot: the later one of sender and campaign. */
  #grant(run: OpenRun, fact: Candidate, rules: ClaimRules): boolean {
    const nowUs = this.#request.now * 1000
    const senderSlotUs = nextSlotUs(this.#sender.lastStartAtUs, this.#sender.ratePerSecond, nowUs)
    const campaignSlotUs = run.ratePerSecond === null ? 0 : nextSlotUs(run.lastStartAtUs, run.ratePerSecond, nowUs)
    const startAtUs = Math.max(senderSlotUs, campaignSlotUs)
    if (startAtUs > nowUs + CLAIM_AHEAD_US) {
      this.#lookLater(Math.ceil((startAtUs - CLAIM_AHEAD_US) / 1000))
      return false
    }
    this.#sender.lastStartAtUs = startAtUs
    run.lastStartAtUs = startAtUs
    fact.startAtUs = startAtUs
    takeClaim(fact, rules, this.#taken, this.#request.now)
    this.#granted.push({ run, fact })
    return true
  }

  async #write(): Promise<ClaimedMessage[]> {
    const tx = this.#tx
    const counts = new CountChanges()
    await deferPending(tx, this.#defers, counts)
    await endPending(tx, this.#ends, counts)
    const claimed = await this.#writeGrants(counts)
    await this.#writeSlots()
    await counts.write(tx, this.#request.nodeId)
    return claimed
  }

  async #writeGrants(counts: CountChanges): Promise<ClaimedMessage[]> {
    const { nodeId, senderId, now, account } = this.#request
    const claimed: ClaimedMessage[] = []
    for (const { run, fact } of this.#granted) {
      const attemptId = await this.#tx.insert(
        `INSERT INTO attempts (message_id, node_id, sender_id, account, start_at_us) VALUES (?, ?, ?, ?, ?)`,
        [fact.messageId, nodeId, senderId, account, fact.startAtUs],
      )
      const { messageId, contactId, revisionId, phone, variables, expiresAt, lastInboundAt, startAtUs } = fact
      claimed.push({
        messageId,
        attemptId,
        runId: run.id,
        campaignId: run.campaignId,
        contactId,
        revisionId,
        phone,
        variables,
        expiresAt,
        lastInboundAt,
        startAtUs,
      })
    }
    const starts = this.#granted.map(({ fact }, index) => ({
      messageId: fact.messageId,
      runId: fact.runId,
      waitReason: fact.waitReason,
      attemptId: claimed[index]?.attemptId ?? 0,
      nodeId,
    }))
    await startSending(this.#tx, starts, counts)
    const counted = this.#granted.filter(({ run, fact }) => !fact.hasCapUse && countsForCaps(this.#rulesOf(run)))
    await this.#tx.runEach(
      `INSERT INTO cap_uses (message_id, contact_id, campaign_id, at) VALUES (?, ?, ?, ?)`,
      counted.map(({ run, fact }) => [fact.messageId, fact.contactId, run.campaignId, now]),
    )
    await this.#tx.runEach(
      `INSERT INTO contact_senders (contact_id, sender_id, last_claim_at) VALUES (?, ?, ?)
       ON CONFLICT (contact_id, sender_id) DO UPDATE SET last_claim_at = excluded.last_claim_at`,
      this.#granted.map(({ fact }) => [fact.contactId, senderId, now]),
    )
    return claimed
  }

  async #writeSlots(): Promise<void> {
    if (this.#granted.length === 0 && this.#sender.dailyLimit === null) return
    await this.#tx.run(`UPDATE senders SET last_start_at_us = ?, daily_used = ?, daily_horizon_at = ? WHERE id = ?`, [
      this.#sender.lastStartAtUs,
      this.#taken.dailyUsed,
      this.#sender.dailyHorizonAt,
      this.#request.senderId,
    ])
    const campaigns = new Map(this.#granted.map(({ run }) => [run.campaignId, run.lastStartAtUs]))
    await this.#tx.runEach(
      `UPDATE campaigns SET last_start_at_us = ? WHERE id = ?`,
      [...campaigns].map(([id, lastStartAtUs]) => [lastStartAtUs, id]),
    )
  }
}

function countsForCaps(rules: ClaimRules): boolean {
  return rules.useCase === 'marketing' && !rules.isTest
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

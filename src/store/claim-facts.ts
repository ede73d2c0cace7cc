// The second step of the claim: due messages of one run with their facts, page by page, in their order.
// SQL brings facts only; what becomes of a candidate is decided in domain/message-rules.ts.

import { capLookBackMs } from '../domain/frequency-cap.ts'
import { isGroup } from '../domain/group.ts'
import type { ClaimFact, ClaimRules } from '../domain/message-rules.ts'
import type { WaitReason } from '../domain/message-status.ts'
import type { SuppressionReason, SuppressionScope } from '../domain/suppression.ts'
import { listCapUses } from './caps.ts'
import type { WriteTx } from './database.ts'

/** People that a full daily limit is searched for among those already counted. */
const COUNTED_SEARCH_MAX = 10_000

/** What of a claim the search for candidates needs. */
export interface CandidateRequest {
  senderId: number
  now: number
  rules: ReadonlyMap<number, ClaimRules>
}

/** A run whose messages the claim may take. */
export interface OpenRun {
  id: number
  revisionId: number
  campaignId: number
  kind: 'scheduled' | 'test'
  priority: number
  ratePerSecond: number | null
  lastStartAtUs: number | null
}

/** A due message with the facts that decide about it. */
export interface Candidate extends ClaimFact {
  runId: number
  revisionId: number
  phone: string
  variables: string | null
  scheduledAt: number
  dueAt: number
  waitReason: WaitReason | null
  startAtUs: number
}

interface CandidateRow extends Omit<Candidate, 'suppression' | 'capUses' | 'hasCapUse' | 'isGroup' | 'startAtUs'> {
  suppression: string | null
  capUseCount: number
  hasCapUse: number | null
}

/** Due messages of one run in their order, page by page. */
export class CandidateLine {
  readonly run: OpenRun
  readonly #tx: WriteTx
  readonly #request: CandidateRequest
  readonly #rules: ClaimRules | undefined
  /** Set when the daily limit is full: only people counted after it may be looked at. */
  readonly #countedAfter: number | null
  #page: CandidateRow[] = []
  #last: CandidateRow | undefined
  #isOver = false

  constructor(tx: WriteTx, request: CandidateRequest, run: OpenRun, countedAfter: number | null) {
    this.run = run
    this.#tx = tx
    this.#request = request
    this.#rules = request.rules.get(run.revisionId)
    this.#countedAfter = countedAfter
  }

  async next(pageSize: number): Promise<Candidate | undefined> {
    if (this.#page.length === 0 && !this.#isOver) await this.#readPage(pageSize)
    const row = this.#page.shift()
    if (row === undefined) return undefined
    this.#last = row
    return this.#candidate(row)
  }

  /** The earliest message of the run that is not due yet. */
  async nextDueAt(): Promise<number | null> {
    const row = await this.#tx.get<{ dueAt: number | null }>(
      `SELECT min(due_at) AS dueAt FROM messages WHERE run_id = ? AND status = 'pending' AND due_at > ?`,
      [this.run.id, this.#request.now],
    )
    return row?.dueAt ?? null
  }

  async #readPage(pageSize: number): Promise<void> {
    const { senderId, now } = this.#request
    const capRules = this.#rules?.capRules ?? []
    const capsSince = capRules.length === 0 ? Number.MAX_SAFE_INTEGER : now - capLookBackMs(capRules)
    const last = this.#last
    const after = last === undefined ? '' : 'AND (m.due_at, m.scheduled_at, m.id) > (?, ?, ?)'
    const afterParams = last === undefined ? [] : [last.dueAt, last.scheduledAt, last.messageId]
    this.#page = await this.#tx.all<CandidateRow>(
      `SELECT m.id AS messageId, m.run_id AS runId, m.contact_id AS contactId, m.revision_id AS revisionId, m.scheduled_at AS scheduledAt,
              m.due_at AS dueAt, m.wait_reason AS waitReason, m.expires_at AS expiresAt, m.created_at AS createdAt, m.variables, c.phone, c.zone,
              (SELECT min(s.scope || ':' || s.reason) FROM suppressions s WHERE s.key = c.key) AS suppression,
              (SELECT count(*) FROM cap_uses u WHERE u.contact_id = m.contact_id AND u.at > ?) AS capUseCount,
              (SELECT 1 FROM cap_uses o WHERE o.message_id = m.id) AS hasCapUse,
              cs.last_claim_at AS lastClaimAt, cs.last_inbound_at AS lastInboundAt, cs.blocked_until AS blockedUntil
       FROM ${this.#source()}
       JOIN contacts c ON c.id = m.contact_id
       WHERE m.run_id = ? AND m.status = 'pending' AND m.due_at <= ? ${after}
       ORDER BY m.due_at, m.scheduled_at, m.id LIMIT ?`,
      [capsSince, ...this.#sourceParams(senderId), this.run.id, now, ...afterParams, pageSize],
    )
    this.#isOver = this.#page.length < pageSize
  }

  /** Ordinarily the pending index leads; under a full daily limit the people already counted do. */
  #source(): string {
    if (this.#countedAfter === null)
      return `messages m LEFT JOIN contact_senders cs ON cs.contact_id = m.contact_id AND cs.sender_id = ?`
    return `(SELECT * FROM contact_senders WHERE sender_id = ? AND last_claim_at > ? ORDER BY last_claim_at LIMIT ?) cs
            CROSS JOIN messages m ON m.contact_id = cs.contact_id`
  }

  #sourceParams(senderId: number): number[] {
    return this.#countedAfter === null ? [senderId] : [senderId, this.#countedAfter, COUNTED_SEARCH_MAX]
  }

  async #candidate(row: CandidateRow): Promise<Candidate> {
    const [scope, reason] = row.suppression?.split(':') ?? []
    return {
      ...row,
      suppression:
        scope === undefined ? null : { scope: scope as SuppressionScope, reason: reason as SuppressionReason },
      capUses: row.capUseCount === 0 ? [] : await listCapUses(this.#tx, row.contactId),
      hasCapUse: row.hasCapUse !== null,
      isGroup: isGroup(row.phone),
      startAtUs: 0,
    }
  }
}

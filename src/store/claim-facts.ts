// Facts about people and messages, as every rule asks for them: one SQL text, one row → one fact. The claim reads due
// messages of one run in their order, the forecast an audience or what still waits, `why` one person.
// SQL brings facts only; what becomes of them is decided in domain/message-rules.ts.
import { type CapRule, capLookBackMs } from '../domain/frequency-cap.ts'
import { isGroup } from '../domain/group.ts'
import { type ClaimFact, type ClaimRules, SESSION_MS } from '../domain/message-rules.ts'
import type { WaitReason } from '../domain/message-status.ts'
import { type Suppression, stops, suppressionReasons, suppressionScopes, type UseCase } from '../domain/suppression.ts'
import { DAY_MS } from '../domain/time-zone.ts'
import { audienceCondition, type ContactRange, type ResolvedAudience, readFields } from './audience.ts'
import { listCapUses } from './caps.ts'
import type { ReadTx, WriteTx } from './database.ts'
import { lockFreeContacts } from './locks.ts'
import { findEarlier, listOverlappedRuns, type OverlapLook } from './overlap.ts'
import { LIMIT, type SqlPart } from './sql-dialect.ts'

/** People that a full daily limit is searched for among those already counted. */
const COUNTED_SEARCH_MAX = 10_000

/** Every suppression that there can be, in the order in which they are named: the first of a person's decides. */
const suppressionOrder: readonly Suppression[] = suppressionScopes.flatMap((scope) =>
  suppressionReasons.map((reason) => ({ scope, reason })),
)

const rankCase = suppressionOrder
  .map(({ scope, reason }, rank) => `WHEN s.scope = '${scope}' AND s.reason = '${reason}' THEN ${rank}`)
  .join(' ')

/** The rank in suppressionOrder of the suppression of contact `c` that decides; null for people who have none. */
export function suppressionRank(useCase?: UseCase): string {
  const idle = suppressionScopes.filter((scope) => useCase !== undefined && !stops(scope, useCase))
  const only = idle.map((scope) => ` AND s.scope <> '${scope}'`).join('')
  return `(SELECT min(CASE ${rankCase} ELSE ${suppressionOrder.length - 1} END) FROM suppressions s WHERE s.key = c.key${only})`
}

/** The reason that a rank stands for. */
export function suppressionReasonOf(rank: string): string {
  return `CASE ${rank} ${suppressionOrder.map(({ reason }, index) => `WHEN ${index} THEN '${reason}'`).join(' ')} END`
}

/** A place in the caps older than this is outside the windows of all rules. */
function capsSince(rules: readonly CapRule[], now: number): number {
  return rules.length === 0 ? Number.MAX_SAFE_INTEGER : now - capLookBackMs(rules)
}

/** Of contact `c` and of `cs`, what it has to do with a sender; takes the oldest place in the caps that counts. */
const personColumns = `c.id AS contactId, c.phone, c.zone, ${suppressionRank()} AS suppressionRank,
  (SELECT count(*) FROM cap_uses u WHERE u.contact_id = c.id AND u.at > ?) AS capUseCount,
  cs.last_claim_at AS lastClaimAt, cs.last_inbound_at AS lastInboundAt, cs.blocked_until AS blockedUntil`

/** Of message `m`. */
const messageColumns = `m.id AS messageId, m.run_id AS runId, m.revision_id AS revisionId, m.scheduled_at AS scheduledAt, m.due_at AS dueAt,
  m.wait_reason AS waitReason, m.expires_at AS expiresAt, m.created_at AS createdAt, m.variables,
  (SELECT 1 FROM cap_uses o WHERE o.message_id = m.id) AS hasCapUse`

const pendingFacts = `SELECT ${personColumns}, ${messageColumns}`

/** What is known of a person beside their message. */
type PersonPart = Pick<
  ClaimFact,
  'contactId' | 'zone' | 'suppression' | 'capUses' | 'lastClaimAt' | 'lastInboundAt' | 'blockedUntil' | 'isGroup'
> & { phone: string }

/** A waiting message with the facts that decide about it. */
export interface MessageFact extends ClaimFact {
  runId: number
  revisionId: number
  phone: string
  variables: string | null
  scheduledAt: number
  dueAt: number
  waitReason: WaitReason | null
}

/** A due message that a claim decides about; its start slot is written when it is granted. */
export interface Candidate extends MessageFact {
  startAtUs: number
}

/** A person of an audience, not planned yet. */
export interface PersonOfAudience extends PersonPart {
  variables: Record<string, string>
  /** The campaign goes to each person once, and this one had it. */
  hadIt: boolean
}

interface PersonRow extends Omit<PersonPart, 'suppression' | 'capUses' | 'isGroup'> {
  suppressionRank: number | null
  capUseCount: number
}

/** A message as it is read: what else is asked about the person comes with `factOf`. */
export interface MessageRow extends PersonRow, Omit<MessageFact, keyof PersonPart | 'hasCapUse' | 'earlier'> {
  hasCapUse: number | null
}

/** Adds to a row what it does not say in its own columns. */
async function personOf<Row extends PersonRow>(tx: ReadTx, row: Row): Promise<Row & PersonPart> {
  return Object.assign(row, {
    suppression: row.suppressionRank === null ? null : (suppressionOrder[row.suppressionRank] ?? null),
    capUses: row.capUseCount === 0 ? [] : await listCapUses(tx, row.contactId),
    isGroup: isGroup(row.phone),
  })
}

async function factOf(tx: ReadTx, row: MessageRow, look: OverlapLook): Promise<MessageFact> {
  return { ...(await personOf(tx, row)), hasCapUse: row.hasCapUse !== null, earlier: await findEarlier(tx, row, look) }
}

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

/** Due messages of one run in their order, page by page. */
export class CandidateLine {
  readonly run: OpenRun
  readonly #tx: WriteTx
  readonly #request: CandidateRequest
  /** Set when the daily limit is full: only people counted after it may be looked at. */
  readonly #countedAfter: number | null
  #page: MessageRow[] = []
  /** The last candidate that was read. */
  #last: Pick<MessageRow, 'dueAt' | 'scheduledAt' | 'messageId'> | undefined
  #isOver = false
  #hasBusy = false
  /** Runs that its messages may overlap. */
  #earlierRuns: number[] | undefined

  constructor(tx: WriteTx, request: CandidateRequest, run: OpenRun, countedAfter: number | null) {
    this.run = run
    this.#tx = tx
    this.#request = request
    this.#countedAfter = countedAfter
  }

  async next(pageSize: number): Promise<MessageRow | undefined> {
    if (this.#page.length === 0 && !this.#isOver) await this.#readPage(pageSize)
    return this.#page.shift()
  }

  /** Another transaction held some of the people: they are free again in a moment. */
  get hasBusy(): boolean {
    return this.#hasBusy
  }

  async factOf(row: MessageRow): Promise<Candidate> {
    this.#earlierRuns ??= await listOverlappedRuns(this.#tx, this.run.id)
    const look = { runIds: this.#earlierRuns, now: this.#request.now }
    return { ...(await factOf(this.#tx, row, look)), startAtUs: 0 }
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
    const { now, rules } = this.#request
    const capsSinceAt = capsSince(rules.get(this.run.revisionId)?.capRules ?? [], now)
    const due = this.#due(pageSize)
    if (this.#tx.isBeside) {
      const messageIds = await this.#takePeople(due, pageSize)
      const source = messagesAt(this.#request.senderId)
      this.#page = await this.#tx.all<MessageRow>(
        `${pendingFacts} FROM ${source.sql} JOIN contacts c ON c.id = m.contact_id
         WHERE m.id IN (SELECT value FROM ${this.#tx.sql.numbers} n) AND m.status = 'pending' AND m.due_at <= ? ${IN_ORDER}`,
        [capsSinceAt, ...source.params, JSON.stringify(messageIds), now],
      )
      return
    }
    this.#page = await this.#tx.all<MessageRow>(`${pendingFacts} ${due.sql}`, [capsSinceAt, ...due.params])
    this.#last = this.#page.at(-1) ?? this.#last
    this.#isOver = this.#page.length < pageSize
  }

  /** Facts are read when nobody else can change them any more: of people whom no other transaction holds. */
  async #takePeople(due: SqlPart, pageSize: number): Promise<number[]> {
    const candidates = await this.#tx.all<Pick<MessageRow, 'messageId' | 'contactId' | 'dueAt' | 'scheduledAt'>>(
      `SELECT m.id AS messageId, m.contact_id AS contactId, m.due_at AS dueAt, m.scheduled_at AS scheduledAt ${due.sql}`,
      due.params,
    )
    this.#last = candidates.at(-1) ?? this.#last
    this.#isOver = candidates.length < pageSize
    const contactIds = candidates.map(({ contactId }) => contactId)
    const free = await lockFreeContacts(this.#tx, contactIds)
    const taken = candidates.filter(({ contactId }) => free.has(contactId))
    this.#hasBusy ||= taken.length < candidates.length
    return taken.map(({ messageId }) => messageId)
  }

  /** Due messages behind the last one that was read. */
  #due(pageSize: number): SqlPart {
    const last = this.#last
    const after = last === undefined ? '' : 'AND (m.due_at, m.scheduled_at, m.id) > (?, ?, ?)'
    const source = this.#source()
    return {
      sql: `FROM ${source.sql} JOIN contacts c ON c.id = m.contact_id
       WHERE m.run_id = ? AND m.status = 'pending' AND m.due_at <= ? ${after} ${IN_ORDER} ${LIMIT}`,
      params: [
        ...source.params,
        this.run.id,
        this.#request.now,
        ...(last === undefined ? [] : [last.dueAt, last.scheduledAt, last.messageId]),
        pageSize,
      ],
    }
  }

  /** Ordinarily the pending index leads; under a full daily limit the people already counted do. */
  #source(): SqlPart {
    const { senderId } = this.#request
    if (this.#countedAfter === null) return messagesAt(senderId)
    return {
      sql: `(SELECT * FROM contact_senders WHERE sender_id = ? AND last_claim_at > ? ORDER BY last_claim_at LIMIT ?) cs
            CROSS JOIN messages m ON m.contact_id = cs.contact_id`,
      params: [senderId, this.#countedAfter, COUNTED_SEARCH_MAX],
    }
  }
}

const IN_ORDER = 'ORDER BY m.due_at, m.scheduled_at, m.id'

function messagesAt(senderId: number): SqlPart {
  return {
    sql: 'messages m LEFT JOIN contact_senders cs ON cs.contact_id = m.contact_id AND cs.sender_id = ?',
    params: [senderId],
  }
}

/** Whether a person is due whom a full daily limit lets pass: written to within 24 hours, as the claim searches for them. */
export async function hasCountedDue(
  tx: ReadTx,
  { runId, senderId, now }: { runId: number; senderId: number; now: number },
): Promise<boolean> {
  const row = await tx.get(
    `SELECT 1 FROM (SELECT contact_id FROM contact_senders WHERE sender_id = ? AND last_claim_at > ? ORDER BY last_claim_at LIMIT ?) cs
     CROSS JOIN messages m ON m.contact_id = cs.contact_id
     WHERE m.run_id = ? AND m.status = 'pending' AND m.due_at <= ? 
       AND NOT EXISTS (SELECT 1 FROM troubles t WHERE t.work = 'claim' AND t.subject_id = m.id) LIMIT 1`,
    [senderId, now - DAY_MS, COUNTED_SEARCH_MAX, runId, now],
  )
  return row !== undefined
}

/** From which sender, by which caps and when facts are asked for. */
export interface FactRequest {
  senderId: number
  capRules: readonly CapRule[]
  now: number
}

/** Messages of a run that wait, due or not, in the order of contacts. */
export async function listWaitingFacts(
  tx: ReadTx,
  request: FactRequest,
  { runId, after, limit }: { runId: number; after: number; limit: number },
): Promise<MessageFact[]> {
  const source = messagesAt(request.senderId)
  const rows = await tx.all<MessageRow>(
    `${pendingFacts} FROM ${source.sql} JOIN contacts c ON c.id = m.contact_id
     WHERE m.run_id = ? AND m.status = 'pending' AND m.contact_id > ? ORDER BY m.contact_id ${LIMIT}`,
    [capsSince(request.capRules, request.now), ...source.params, runId, after, limit],
  )
  const look = { runIds: await listOverlappedRuns(tx, runId), now: request.now }
  const facts: MessageFact[] = []
  for (const row of rows) facts.push(await factOf(tx, row, look))
  return facts
}

/** One message, whatever its status. */
export async function findMessageFact(
  tx: ReadTx,
  request: FactRequest,
  messageId: number,
): Promise<MessageFact | undefined> {
  const source = messagesAt(request.senderId)
  const row = await tx.get<MessageRow>(
    `${pendingFacts} FROM ${source.sql} JOIN contacts c ON c.id = m.contact_id WHERE m.id = ?`,
    [capsSince(request.capRules, request.now), ...source.params, messageId],
  )
  if (row === undefined) return undefined
  return factOf(tx, row, { runIds: await listOverlappedRuns(tx, row.runId), now: request.now })
}

export interface PeopleRequest extends FactRequest {
  /** The campaign, when it goes to each person once. */
  onceOf: number | undefined
  /** Attributes that are asked for. */
  fields: readonly string[]
}

/** The people of a stretch of an audience, in the order of contacts. */
export function listPeople(
  tx: ReadTx,
  request: PeopleRequest,
  audience: ResolvedAudience,
  range: ContactRange,
): Promise<PersonOfAudience[]> {
  return selectPeople(tx, request, audienceCondition(audience, range, tx.sql))
}

/** One person as an audience would bring them. */
export async function findPerson(
  tx: ReadTx,
  request: PeopleRequest,
  contactId: number,
): Promise<PersonOfAudience | undefined> {
  const [person] = await selectPeople(tx, request, { sql: 'c.id = ?', params: [contactId] })
  return person
}

async function selectPeople(tx: ReadTx, request: PeopleRequest, condition: SqlPart): Promise<PersonOfAudience[]> {
  const { senderId, fields, capRules, now, onceOf } = request
  const stored = fields.filter((field) => field !== 'phone')
  const picked = stored.length === 0 ? { sql: `'{}'`, params: [] } : tx.sql.jsonPick('c.attributes', stored)
  const had = onceOf === undefined ? { sql: '0', params: [] } : hadCampaign(onceOf)
  const rows = await tx.all<PersonRow & { variables: string; hadIt: number }>(
    `SELECT ${personColumns}, ${picked.sql} AS variables, ${had.sql} AS hadIt FROM contacts c
     LEFT JOIN contact_senders cs ON cs.contact_id = c.id AND cs.sender_id = ? WHERE ${condition.sql} ORDER BY c.id`,
    [capsSince(capRules, now), ...picked.params, ...had.params, senderId, ...condition.params],
  )
  const people: PersonOfAudience[] = []
  for (const row of rows) {
    const variables = readFields(row.variables)
    variables.phone = row.phone
    people.push(Object.assign(await personOf(tx, row), { variables, hadIt: row.hadIt === 1 }))
  }
  return people
}

/**
 * Whether a campaign was handed over for contact `c`, or still is to be, in another run than the one that asks. Who was left
 * out, or whose message the provider refused, has not had it; proof that it was taken after all counts.
 */
export function hadCampaign(campaignId: number, runId = 0): SqlPart {
  return {
    sql: `EXISTS (SELECT 1 FROM runs er JOIN messages em ON em.run_id = er.id AND em.contact_id = c.id
            WHERE er.campaign_id = ? AND er.kind = 'scheduled' AND er.id <> ?
              AND (em.status NOT IN ('skipped', 'expired', 'cancelled', 'failed')
                OR coalesce(em.accepted_at, em.sent_at, em.delivered_at, em.read_at) IS NOT NULL))`,
    params: [campaignId, runId],
  }
}

export interface CountRequest {
  range: ContactRange
  useCase: UseCase
  /** 0 for none: no session is counted. */
  senderId: number
  now: number
}

/** People of a stretch of an audience, how many of them a suppression stops, and how many have a session open at a sender. */
export async function countPeople(
  tx: ReadTx,
  audience: ResolvedAudience,
  { range, useCase, senderId, now }: CountRequest,
): Promise<{ people: number; suppressed: number; inSession: number }> {
  const condition = audienceCondition(audience, range, tx.sql)
  const session = `SELECT 1 FROM contact_senders s WHERE s.contact_id = c.id AND s.sender_id = ? AND s.last_inbound_at > ?`
  const row = await tx.get<{ people: number; suppressed: number; inSession: number }>(
    `SELECT count(*) AS people, count(${suppressionRank(useCase)}) AS suppressed, count((${session})) AS inSession
       FROM contacts c WHERE ${condition.sql}`,
    [senderId, now - SESSION_MS, ...condition.params],
  )
  return row ?? { people: 0, suppressed: 0, inSession: 0 }
}

/** When each person was last written to who counts against the daily limit of a sender, oldest first. */
export async function listCounted(tx: ReadTx, senderId: number, now: number): Promise<number[]> {
  const rows = await tx.all<{ at: number }>(
    'SELECT last_claim_at AS at FROM contact_senders WHERE sender_id = ? AND last_claim_at > ? ORDER BY last_claim_at',
    [senderId, now - DAY_MS],
  )
  return rows.map(({ at }) => at)
}

// What really happened, as nobody in the program knows it: which calls began, which the provider accepted, and since when
// the database has said that something must not be sent. Every call is held against that at its start.
import { createHash } from 'node:crypto'
import type SqliteConnection from 'better-sqlite3'
import type { Connection, Statement } from '../../../src/store/sqlite-connection.ts'
import { phoneNumber } from '../../support/open-test-app.ts'
import type { VirtualTime } from './virtual-time.ts'
import type { SenderName, Status } from './words.ts'

/** What the promise allows between a commit and the last call that does not know of it. */
const OBEYED_WITHIN_MS = 1_000

/** Campaigns that keep the quiet hours of the installation. */
const MARKETING_BY_DAY = ['Once', 'Again', 'Hourly', 'Night']

export interface Call {
  attemptId: number
  messageId: number
  contactId: number
  senderId: number
  sender: SenderName
  campaign: string
  phone: string
  process: string
  startedMs: number
  trueMs: number
  wallMs: number
  /** Undefined while it is on its way. */
  isAccepted?: boolean
  trackingId: string
  /** The provider has said that it was not accepted or not delivered, or an operator has said to send it again. */
  mayBeRepeated: boolean
  /** What the provider knows of it; undefined while it has it not. */
  state?: { status: Status['status'] | 'accepted'; failure?: Status['failure']; at: number }
  /** Statuses that a callback told and that were answered with 200, or that the provider answered when it was asked. */
  told: Set<string>
}

interface AttemptRow {
  messageId: number
  contactId: number
  campaignId: number
  campaign: string
  senderId: number
  phone: string
  key: string
  expiresAt: number
  status: string
  attemptId: number
}

export class Ledger {
  readonly calls: Call[] = []
  /** Messages of which an operator has said what became of them. */
  readonly settledByOperator = new Set<number>()
  /** When somebody has set the clock last (true ms): from then on instants of processes mean nothing any more. */
  clockSetMs: number | undefined
  capMaxEver = 1
  readonly #time: VirtualTime
  #connection!: Connection
  readonly #statements = new Map<string, Statement>()
  /** Callbacks that were answered with 200, by the digest of their bodies. */
  readonly #acknowledged = new Set<string>()
  readonly #fail: (what: string) => void
  readonly #blockedSince = new Map<string, number>()
  /** Of each sender, by its id. */
  readonly #rates = new Map<string, { rate: number; untilMs: number }[]>()
  #attempt!: SqliteConnection.Statement<[number], AttemptRow>
  #state!: SqliteConnection.Statement<[], { what: string; isBlocked: number; value: number | null }>
  #books!: SqliteConnection.Statement<[], { what: string }>

  constructor(connection: Connection, time: VirtualTime, fail: (what: string) => void) {
    this.#time = time
    this.#fail = fail
    this.connect(connection)
  }

  /** With another connection after the power has failed. */
  connect(connection: Connection): void {
    this.#connection = connection
    this.#statements.clear()
    this.#attempt = connection.prepare(
      `SELECT a.message_id AS messageId, m.contact_id AS contactId, c.id AS campaignId, c.name AS campaign, a.sender_id AS senderId,
              k.phone, k.key, m.expires_at AS expiresAt, m.status, m.attempt_id AS attemptId
       FROM attempts a JOIN messages m ON m.id = a.message_id JOIN runs r ON r.id = m.run_id
       JOIN campaigns c ON c.id = r.campaign_id JOIN contacts k ON k.id = m.contact_id WHERE a.id = ?`,
    )
    this.#state = connection.prepare(
      `SELECT 'campaign ' || id AS what, status NOT IN ('running', 'scheduled', 'draft') AS isBlocked, NULL AS value FROM campaigns WHERE launched_at IS NOT NULL
       UNION ALL SELECT 'sender ' || id, status <> 'active', rate_per_second FROM senders
       UNION ALL SELECT 'hold ' || id, hold_until IS NOT NULL, hold_until FROM senders
       UNION ALL SELECT 'person ' || key || ' ' || scope, 1, NULL FROM suppressions
       UNION ALL SELECT 'erased ' || id, 1, NULL FROM contacts WHERE erased_at IS NOT NULL`,
    )
    this.#books = connection.prepare(
      `SELECT 'run ' || r.id || ': audience ' || r.audience_count || ', messages ' || count(m.id) AS what
       FROM runs r LEFT JOIN messages m ON m.run_id = r.id WHERE r.status <> 'planning'
       GROUP BY r.id HAVING r.audience_count <> count(m.id)
       UNION ALL
       SELECT 'run ' || run_id || ' ' || status || ': counted ' || sum(counted) || ', found ' || sum(found)
       FROM (SELECT run_id, status, count AS counted, 0 AS found FROM run_counts
             UNION ALL SELECT run_id, status, 0, 1 FROM messages) GROUP BY run_id, status HAVING sum(counted) <> sum(found)`,
    )
  }

  close(): void {
    this.#connection.close()
  }

  all<Row>(sql: string): Row[] {
    const statement = this.#statements.get(sql) ?? this.#connection.prepare(sql)
    this.#statements.set(sql, statement)
    return statement.all() as Row[]
  }

  find(attemptId: number): AttemptRow | undefined {
    return this.#attempt.get(attemptId)
  }

  get isClockSet(): boolean {
    return this.clockSetMs !== undefined
  }

  acknowledge(body: string): void {
    this.#acknowledged.add(createHash('sha256').update(body).digest('hex'))
  }

  /** The power has failed: what others were told is there all the same. */
  checkDurable(): void {
    for (const { attemptId } of this.calls)
      if (this.find(attemptId) === undefined)
        this.#fail(`a call was made for attempt ${attemptId}, which the disk had not`)
    // To erase a person takes the callbacks away that name them.
    const erased = this.all('SELECT 1 FROM contacts WHERE erased_at IS NOT NULL')
    if (erased.length === 0) this.#checkAcknowledged()
    this.look()
    this.checkBooks()
  }

  #checkAcknowledged(): void {
    const events = this.all<{ digest: string }>('SELECT body_sha256 AS digest FROM webhook_events')
    const stored = new Set(events.map(({ digest }) => digest))
    for (const digest of this.#acknowledged)
      if (!stored.has(digest)) this.#fail('a callback was acknowledged that the disk had not')
  }

  callsOf(messageId: number): Call[] {
    return this.calls.filter((call) => call.messageId === messageId)
  }

  /** Something was committed: since when what is stopped? */
  look(): void {
    const now = this.#time.trueMs
    const blocked = new Set<string>()
    for (const { what, isBlocked, value } of this.#state.all()) {
      if (what.startsWith('sender ') && value !== null) this.#followRate(what, value)
      const isOver = what.startsWith('hold ') && value !== null && value <= this.#time.wallMs
      if (isBlocked === 0 || isOver) continue
      blocked.add(what)
      if (!this.#blockedSince.has(what)) this.#blockedSince.set(what, now)
    }
    for (const what of this.#blockedSince.keys()) if (!blocked.has(what)) this.#blockedSince.delete(what)
  }

  #followRate(sender: string, rate: number): void {
    const rates = this.#rates.get(sender) ?? []
    const last = rates.at(-1)
    if (last?.rate === rate) return
    if (last !== undefined) last.untilMs = this.#time.trueMs
    this.#rates.set(sender, [...rates, { rate, untilMs: Number.POSITIVE_INFINITY }])
  }

  checkBooks(): void {
    for (const { what } of this.#books.all()) this.#fail(`the books do not balance: ${what}`)
  }

  /** A call begins: what it is, or undefined for one that no attempt stands for. */
  begin(attemptId: number, { process, sender }: Pick<Call, 'process' | 'sender'>): Call | undefined {
    const row = this.find(attemptId)
    if (row === undefined) {
      this.#fail(`a call begins for attempt ${attemptId}, which is not stored`)
      return undefined
    }
    const { messageId, contactId, senderId, campaign, phone } = row
    const { nowMs: startedMs, trueMs, wallMs } = this.#time
    const call: Call = {
      attemptId,
      messageId,
      contactId,
      senderId,
      sender,
      campaign,
      phone,
      process,
      startedMs,
      trueMs,
      wallMs,
      trackingId: `tracking.${attemptId}`,
      mayBeRepeated: false,
      told: new Set(),
    }
    this.#checkOnce(call)
    this.#checkBlocks(call, row)
    this.calls.push(call)
    this.#checkRate(call)
    this.#checkNight(call)
    if (!this.isClockSet && wallMs >= row.expiresAt + 1)
      this.#fail(`message ${messageId} is called after the end of its validity`)
    return call
  }

  #checkOnce(call: Call): void {
    for (const other of this.callsOf(call.messageId)) {
      if (other.attemptId === call.attemptId) this.#fail(`attempt ${call.attemptId} is called twice`)
      else if (!other.mayBeRepeated)
        this.#fail(
          `message ${call.messageId} to ${nameOf(call)} is called again, although attempt ${other.attemptId} may have been accepted`,
        )
    }
  }

  #checkBlocks(call: Call, { campaignId, senderId, key }: AttemptRow): void {
    const names = {
      [`campaign ${campaignId}`]: `the campaign was stopped`,
      [`sender ${senderId}`]: 'the sender was paused',
      [`hold ${senderId}`]: 'the provider asked to wait',
      [`person ${key} all`]: 'the person was suppressed',
      [`erased ${call.contactId}`]: 'the person was erased',
      ...(!call.campaign.startsWith('Bill') && { [`person ${key} marketing`]: 'the person opted out' }),
    }
    for (const [what, words] of Object.entries(names)) {
      const since = this.#blockedSince.get(what)
      if (since === undefined || call.trueMs - since <= OBEYED_WITHIN_MS) continue
      if (what.startsWith('hold') && this.isClockSet) continue
      this.#fail(
        `message ${call.messageId} to ${nameOf(call)} is called ${Math.round(call.trueMs - since)} ms after ${words}`,
      )
    }
  }

  /** Marketing is claimed between 8 and 21 h where its people live. */
  #checkNight({ campaign, wallMs, messageId }: Call): void {
    if (this.isClockSet || !MARKETING_BY_DAY.some((kind) => campaign.startsWith(kind))) return
    if (hourInNewYork(wallMs) < 8 || hourInNewYork(wallMs - OBEYED_WITHIN_MS) >= 21)
      this.#fail(`message ${messageId} is called in the night of its person`)
  }

  #checkRate(call: Call): void {
    const from = call.trueMs - 999.99
    const rates = this.#rates.get(`sender ${call.senderId}`) ?? []
    const valid = rates.filter(({ untilMs }) => untilMs > from - OBEYED_WITHIN_MS).map(({ rate }) => rate)
    let count = 0
    for (let at = this.calls.length - 1; at >= 0 && (this.calls[at]?.trueMs ?? 0) > from; at--)
      if (this.calls[at]?.senderId === call.senderId) count++
    const most = Math.max(...valid)
    if (count > most) this.#fail(`${count} calls begin within a second at a rate of ${most}`)
  }
}

/** In June, where every world begins. */
function hourInNewYork(wallMs: number): number {
  return Math.floor(wallMs / 3_600_000 - 4) % 24
}

/** A person in words: P0 is the first of the list. */
export function nameOf({ phone }: { phone: string }): string {
  return `P${Number(phone.slice(-4)) - Number(phoneNumber(0).slice(-4))}`
}

// Why one person got a message of a campaign, did not, or waits: every check in its order, with rule, numbers and
// instants. Reads only.
import type { Campaign } from '../../domain/campaign.ts'
import { compileContent } from '../../domain/content.ts'
import { formatDuration } from '../../domain/duration.ts'
import { AppError } from '../../domain/errors.ts'
import { blockingCaps } from '../../domain/frequency-cap.ts'
import { isGroup, parseRecipient } from '../../domain/group.ts'
import { formatId } from '../../domain/ids.ts'
import { formatInstant, formatLocal } from '../../domain/instant.ts'
import { type ClaimFact, type ClaimRules, decideClaim, SESSION_MS } from '../../domain/message-rules.ts'
import type { MessageStatus } from '../../domain/message-status.ts'
import { nextAllowedAt } from '../../domain/quiet-hours.ts'
import type { AttemptOutcome } from '../../domain/send-result.ts'
import { stops } from '../../domain/suppression.ts'
import { clocksOf, localTime } from '../../domain/time-zone.ts'
import { listAttempts } from '../../store/attempts.ts'
import { readFields } from '../../store/audience.ts'
import { type CampaignRow, getCampaign } from '../../store/campaigns.ts'
import { listCapUses } from '../../store/caps.ts'
import { type Contact, findContact } from '../../store/contacts.ts'
import type { ReadTx } from '../../store/database.ts'
import { findMessageOf, findPairFacts, type PersonMessage } from '../../store/people.ts'
import type { Sender } from '../../store/senders.ts'
import { findSuppressions } from '../../store/suppressions.ts'
import { readRules } from '../campaigns/claim-rules.ts'
import type { Context } from '../context.ts'
import { leftOutBy } from './why-audience.ts'

export interface WhyCheck {
  check:
    | 'contact'
    | 'audience'
    | 'campaign'
    | 'sender'
    | 'validity'
    | 'suppression'
    | 'group'
    | 'session'
    | 'quiet_hours'
    | 'frequency_cap'
    | 'pair_limit'
    | 'daily_limit'
    | 'outcome'
  result: 'pass' | 'wait' | 'stop' | 'info'
  detail: string
  /** When a wait ends. */
  until?: string
  /** What `detail` says of a message and of its calls, part by part. */
  facts?: OutcomeFacts
}

export type OutcomeFacts =
  | { kind: 'wait'; scheduledAt: string; reason: string | null }
  | { kind: 'end'; status: MessageStatus; reason: string | null; detail: string | null }
  | {
      kind: 'call'
      id: string
      at: string
      /** Null while it has no answer yet. */
      outcome: AttemptOutcome | null
      code: string | null
      text: string | null
      trackingId: string | null
    }

export interface Why {
  campaign: string
  phone: string
  /** In one word: the status of the message, or what would happen to it now. */
  decision: string
  message: string | null
  checks: WhyCheck[]
}

export async function whyFor(ctx: Context, idOrName: string, phoneText: string): Promise<Why> {
  const parsed = parseRecipient(phoneText)
  if (parsed.reject !== undefined)
    throw new AppError(parsed.reject.code, `"${phoneText.slice(0, 40)}": ${parsed.reject.detail}`, {
      hint: parsed.reject.hint,
    })
  const { phone } = parsed
  return ctx.db.read(async (tx) => {
    const row = await getCampaign(tx, idOrName)
    const contact = await findContact(tx, phone.key)
    const answer = { campaign: row.name, phone: phone.phone }
    if (contact === undefined || contact.erasedAt !== null)
      return {
        ...answer,
        decision: 'not_a_contact',
        message: null,
        checks: [{ check: 'contact', result: 'stop', detail: 'no contact has this number: it was in no import' }],
      }
    const question = await Question.of(ctx, tx, row, contact)
    return { ...answer, ...(await question.answer()) }
  })
}

/** One person in one campaign. */
class Question {
  readonly #tx: ReadTx
  readonly #now: number
  readonly #row: CampaignRow
  readonly #campaign: Campaign
  readonly #contact: Contact
  readonly #sender: Sender
  readonly #rules: ClaimRules
  readonly #message: PersonMessage | undefined
  readonly #checks: WhyCheck[] = []

  private constructor(parts: {
    tx: ReadTx
    now: number
    row: CampaignRow
    campaign: Campaign
    contact: Contact
    sender: Sender
    rules: ClaimRules
    message: PersonMessage | undefined
  }) {
    this.#tx = parts.tx
    this.#now = parts.now
    this.#row = parts.row
    this.#campaign = parts.campaign
    this.#contact = parts.contact
    this.#sender = parts.sender
    this.#rules = parts.rules
    this.#message = parts.message
  }

  static async of(ctx: Context, tx: ReadTx, row: CampaignRow, contact: Contact): Promise<Question> {
    const message = await findMessageOf(tx, row.id, contact.id)
    const revisionId = message?.revisionId ?? row.revisionId ?? 0
    const { campaign, sender, rules } = await readRules(tx, row, revisionId, ctx.config.timeZone)
    return new Question({ tx, now: ctx.clock.now(), row, campaign, contact, sender, rules, message })
  }

  async answer(): Promise<Pick<Why, 'decision' | 'message' | 'checks'>> {
    const isIn = await this.#checkAudience()
    const message = this.#message === undefined ? null : formatId('message', this.#message.id)
    if (this.#message !== undefined && this.#message.status !== 'pending') {
      await this.#tellOutcome(this.#message)
      return { decision: this.#message.status, message, checks: this.#checks }
    }
    if (!isIn && this.#message === undefined) return { decision: 'not_in_audience', message, checks: this.#checks }
    const fact = await this.#fact()
    this.#checkCampaign()
    this.#checkSender()
    this.#checkValidity(fact)
    await this.#checkSuppression()
    this.#checkGroup(fact)
    this.#checkSession(fact)
    this.#checkQuietHours()
    this.#checkCaps(fact)
    this.#checkPair(fact)
    this.#checkDailyLimit(fact)
    if (this.#message !== undefined) this.#tellWait(this.#message)
    return { decision: this.#decide(fact), message, checks: this.#checks }
  }

  #add(check: WhyCheck['check'], result: WhyCheck['result'], detail: string, until?: number): void {
    this.#checks.push({ check, result, detail, ...(until !== undefined && { until: formatInstant(until) }) })
  }

  #addOutcome(outcome: Omit<WhyCheck, 'check'>): void {
    this.#checks.push({ check: 'outcome', ...outcome })
  }

  async #checkAudience(): Promise<boolean> {
    this.#add('contact', 'pass', `${formatId('contact', this.#contact.id)}, zone ${this.#contact.zone ?? 'unknown'}`)
    if (this.#message !== undefined) {
      this.#add(
        'audience',
        'pass',
        `planned in run_${this.#message.runId} (${this.#message.occurrenceKey}) on ${formatInstant(this.#message.createdAt)}`,
      )
      return true
    }
    const reason = await leftOutBy(this.#tx, this.#campaign.definition.audience, this.#contact.id)
    if (reason === undefined) this.#add('audience', 'pass', 'belongs to the audience as it is now; not planned yet')
    else this.#add('audience', 'stop', reason)
    return reason === undefined
  }

  async #fact(): Promise<ClaimFact> {
    const pair = await findPairFacts(this.#tx, this.#contact.id, this.#sender.id)
    const suppressions = await findSuppressions(this.#tx, this.#contact.key)
    const [suppression] = suppressions.filter(({ scope }) => stops(scope, this.#rules.useCase))
    return {
      messageId: this.#message?.id ?? 0,
      contactId: this.#contact.id,
      createdAt: this.#message?.createdAt ?? this.#now,
      expiresAt: this.#message?.expiresAt ?? this.#now + this.#campaign.validityMs,
      zone: this.#contact.zone,
      suppression: suppression ?? null,
      capUses: await listCapUses(this.#tx, this.#contact.id),
      lastClaimAt: pair?.lastClaimAt ?? null,
      lastInboundAt: pair?.lastInboundAt ?? null,
      blockedUntil: pair?.blockedUntil ?? null,
      hasCapUse: false,
      isGroup: isGroup(this.#contact.phone),
    }
  }

  #decide(fact: ClaimFact): string {
    if (this.#row.status === 'paused') return 'campaign_paused'
    if (this.#sender.status === 'paused') return 'sender_paused'
    const decision = decideClaim(
      fact,
      { ...this.#rules, dailyLimit: this.#sender.dailyLimit },
      { capUses: new Map(), claimedContacts: new Set(), dailyUsed: this.#sender.dailyUsed },
      this.#now,
    )
    if (decision.act === 'send') return this.#message !== undefined && this.#message.dueAt > this.#now ? 'wait' : 'send'
    if (decision.act === 'skip') return `skip:${decision.reason}`
    if (decision.act === 'defer') return `defer:${decision.waitReason}`
    return decision.act === 'leave' ? `wait:${decision.gate}` : decision.act
  }

  #checkCampaign(): void {
    const { status, pauseReason } = this.#row
    if (status === 'running') this.#add('campaign', 'pass', 'running')
    else this.#add('campaign', 'wait', status === 'paused' ? `paused (${pauseReason ?? 'operator'})` : status)
  }

  #checkSender(): void {
    const { status, pauseReason, pauseDetail, holdUntil, name, ratePerSecond } = this.#sender
    if (status === 'paused')
      this.#add('sender', 'wait', `${name} is paused (${pauseReason ?? 'operator'}) ${pauseDetail ?? ''}`.trim())
    else if (holdUntil !== null && holdUntil > this.#now)
      this.#add('sender', 'wait', `${name} is held by the provider`, holdUntil)
    else this.#add('sender', 'pass', `${name}, ${ratePerSecond} a second`)
  }

  #checkValidity(fact: ClaimFact): void {
    const left = fact.expiresAt - this.#now
    const detail =
      left > 0 ? `worth sending for another ${formatDuration(left)}` : `expired ${formatDuration(-left)} ago`
    this.#add('validity', left > 0 ? 'pass' : 'stop', `${detail} (until ${formatInstant(fact.expiresAt)})`)
  }

  async #checkSuppression(): Promise<void> {
    const all = await findSuppressions(this.#tx, this.#contact.key)
    for (const { scope, reason, evidence, createdAt } of all) {
      const isStop = stops(scope, this.#rules.useCase)
      this.#add(
        'suppression',
        isStop ? 'stop' : 'pass',
        `${reason} (scope ${scope}) since ${formatInstant(createdAt)}: ${evidence}`,
      )
    }
    if (all.length === 0) this.#add('suppression', 'pass', 'none')
  }

  #checkGroup(fact: ClaimFact): void {
    if (!fact.isGroup) return
    if (this.#rules.takesGroups) this.#add('group', 'pass', `${this.#sender.name} writes to groups`)
    else this.#add('group', 'stop', `a group, and ${this.#sender.name} does not write to groups (\`groups: true\`)`)
  }

  #checkSession(fact: ClaimFact): void {
    const isOpen = fact.lastInboundAt !== null && this.#now - fact.lastInboundAt < SESSION_MS
    if (!this.#rules.needsSession) this.#add('session', 'pass', 'not needed for this content')
    else if (isOpen) this.#add('session', 'pass', `open since ${formatInstant(fact.lastInboundAt ?? 0)}`)
    else this.#add('session', 'stop', 'this content needs a message of the person within 24 h, and there was none')
  }

  #checkQuietHours(): void {
    const { quietHours, fallbackZone } = this.#rules
    if (quietHours === null) return this.#add('quiet_hours', 'pass', 'do not apply to this campaign')
    const zone = this.#contact.zone ?? fallbackZone
    const allowedAt =
      nextAllowedAt(zone, this.#now, quietHours) ?? nextAllowedAt(fallbackZone, this.#now, quietHours) ?? this.#now
    const clock = clocksOf(zone)[0] ?? fallbackZone
    const local = formatLocal(Math.floor(localTime(clock, this.#now) / 60_000) * 60_000).slice(11)
    const window = windowText(quietHours)
    if (allowedAt <= this.#now) this.#add('quiet_hours', 'pass', `${local} in ${zone} is outside ${window}`)
    else
      this.#add(
        'quiet_hours',
        quietHours.action === 'skip' ? 'stop' : 'wait',
        `${local} in ${zone} is within ${window}`,
        allowedAt,
      )
  }

  #checkCaps(fact: ClaimFact): void {
    const { capRules, campaignId, tags, fallbackZone } = this.#rules
    if (capRules.length === 0) return this.#add('frequency_cap', 'pass', 'do not apply to this campaign')
    const blocks = blockingCaps(
      capRules,
      fact.capUses,
      { campaignId, tags, zone: fact.zone ?? fallbackZone },
      this.#now,
    )
    for (const { rule, count, uses, freeAt } of blocks) {
      const used = uses
        .map((use) => `${formatId('message', use.messageId)} of cmp_${use.campaignId} at ${formatInstant(use.at)}`)
        .join(', ')
      this.#add(
        'frequency_cap',
        rule.onCap === 'skip' ? 'stop' : 'wait',
        `rule ${rule.id}: ${count} of ${rule.max} in ${rule.window}, used by ${used}`,
        freeAt,
      )
    }
    if (blocks.length === 0)
      this.#add(
        'frequency_cap',
        'pass',
        capRules.map((rule) => `${rule.id}: at most ${rule.max} in ${rule.window}`).join(', '),
      )
  }

  #checkPair(fact: ClaimFact): void {
    const until = Math.max(fact.blockedUntil ?? 0, (fact.lastClaimAt ?? 0) + this.#rules.pairIntervalMs)
    if (until > this.#now)
      this.#add(
        'pair_limit',
        'wait',
        `${formatDuration(this.#rules.pairIntervalMs)} between two messages to one person`,
        until,
      )
    else
      this.#add(
        'pair_limit',
        'pass',
        `last message to this person: ${fact.lastClaimAt === null ? 'never' : formatInstant(fact.lastClaimAt)}`,
      )
  }

  #checkDailyLimit(fact: ClaimFact): void {
    const { dailyLimit, dailyUsed } = this.#sender
    if (dailyLimit === null) return this.#add('daily_limit', 'pass', 'the sender has none')
    const isCounted = fact.lastClaimAt !== null && fact.lastClaimAt > this.#now - 86_400_000
    this.#add(
      'daily_limit',
      isCounted || dailyUsed < dailyLimit ? 'pass' : 'wait',
      `${dailyUsed} of ${dailyLimit} people in 24 h${isCounted ? ', this one among them' : ''}`,
    )
  }

  #tellWait(message: PersonMessage): void {
    const isLater = message.dueAt > this.#now
    const reason =
      message.waitReason === null
        ? ''
        : ` (${message.waitReason}${message.detail === null ? '' : `: ${message.detail}`})`
    const scheduledAt = formatInstant(message.scheduledAt)
    this.#addOutcome({
      result: isLater ? 'wait' : 'info',
      detail: `pending, planned for ${scheduledAt}, looked at next${reason}`,
      until: formatInstant(message.dueAt),
      facts: { kind: 'wait', scheduledAt, reason: message.waitReason },
    })
  }

  async #tellOutcome(message: PersonMessage): Promise<void> {
    const { status, reason, detail } = message
    const result =
      status === 'skipped' || status === 'expired' || status === 'cancelled' || status === 'failed' ? 'stop' : 'info'
    const instants = [
      ['accepted', message.acceptedAt],
      ['sent', message.sentAt],
      ['delivered', message.deliveredAt],
      ['read', message.readAt],
      ['failed', message.failedAt],
    ] as const
    const told = instants.flatMap(([name, at]) => (at === null ? [] : [`${name} ${formatInstant(at)}`])).join(', ')
    if (reason === 'opted_out' || reason === 'blocked') await this.#checkSuppression()
    const missing = reason === 'missing_variable' ? this.#missingText(message) : ''
    const noTime = reason === 'quiet_hours_no_time_left' ? this.#noTimeText(message) : ''
    const expired = status === 'expired' ? `validity ended ${formatInstant(message.expiresAt)}` : ''
    const more = [detail, missing, noTime, told, expired, message.notes].filter(Boolean).join('; ')
    this.#addOutcome({
      result,
      detail: [status, reason, more].filter(Boolean).join('; '),
      facts: { kind: 'end', status, reason, detail: more === '' ? null : more },
    })
    for (const attempt of await listAttempts(this.#tx, message.id)) {
      const parts = [
        attempt.outcome ?? 'open',
        attempt.providerCode,
        attempt.providerText,
        attempt.trackingId === null ? null : `tracking id ${attempt.trackingId}`,
      ]
      const { outcome, providerCode: code, providerText: text, trackingId } = attempt
      const id = formatId('attempt', attempt.id)
      const at = formatInstant(Math.floor(attempt.startAtUs / 1000))
      this.#addOutcome({
        result: 'info',
        detail: `${id} at ${at}: ${parts.filter(Boolean).join('; ')}`,
        facts: { kind: 'call', id, at, outcome, code, text, trackingId },
      })
    }
  }

  #missingText(message: PersonMessage): string {
    if (message.variables === null) return 'a field of the text was empty; which one is kept no longer'
    const content = compileContent(this.#campaign.definition.content)
    const fields = content.missing({ ...readFields(message.variables), phone: this.#contact.phone })
    return fields.length === 0 ? 'the text cannot be rendered' : `no value for ${fields.join(', ')}`
  }

  #noTimeText(message: PersonMessage): string {
    const { quietHours, fallbackZone } = this.#rules
    const window = quietHours === null ? 'quiet hours' : windowText(quietHours)
    return `${window} in ${this.#contact.zone ?? fallbackZone} lasts past the end of its validity, ${formatInstant(message.expiresAt)}`
  }
}

function windowText({ fromMinute, toMinute }: { fromMinute: number; toMinute: number }): string {
  return `${clockText(fromMinute)}–${clockText(toMinute)}`
}

function clockText(minute: number): string {
  return `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`
}

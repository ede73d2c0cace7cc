// Why one person got a message of a campaign, did not, or waits: every check in its order, with rule, numbers and
// instants. What decides is the chain of domain/message-rules.ts, here as everywhere; the words are in reasons.ts.
// Reads only.
import type { Campaign } from '../../domain/campaign.ts'
import { type CompiledContent, compileContent } from '../../domain/content.ts'
import type { GateSays } from '../../domain/gate-told.ts'
import { formatId } from '../../domain/ids.ts'
import { formatInstant } from '../../domain/instant.ts'
import {
  type ClaimDecision,
  type ClaimFact,
  type ClaimRules,
  decideClaim,
  nothingTaken,
  type PlannedDecision,
  tellClaim,
} from '../../domain/message-rules.ts'
import type { MessageStatus, StandingWait } from '../../domain/message-status.ts'
import { possibleHold } from '../../domain/possible-instant.ts'
import type { AttemptOutcome } from '../../domain/send-result.ts'
import { inSentences } from '../../domain/sentence.ts'
import { listAttempts } from '../../store/attempts.ts'
import { readFields } from '../../store/audience.ts'
import { type CampaignRow, getCampaign } from '../../store/campaigns.ts'
import { findMessageFact, findPerson, listCounted, type PersonOfAudience } from '../../store/claim-facts.ts'
import { type Contact, findContact } from '../../store/contacts.ts'
import type { ReadTx } from '../../store/database.ts'
import { findNumberOfToday } from '../../store/former-numbers.ts'
import { findMessageOf, type PersonMessage } from '../../store/people.ts'
import type { Sender } from '../../store/senders.ts'
import { findSuppressions } from '../../store/suppressions.ts'
import { readRules } from '../campaigns/claim-rules.ts'
import { decidingFields, missingFor, nextPlanRules, planPeople } from '../campaigns/plan-rules.ts'
import { getTypedNumber } from '../contacts/typed-number.ts'
import type { Context } from '../context.ts'
import { findSendingTrouble, type TroubleView, troublesOf, troubleText } from '../duties/show-troubles.ts'
import { findHold, type HoldView, holdText } from '../service/held.ts'
import { gateText, pauseText, quietWindowText } from './reasons.ts'
import { leftOutBy } from './why-audience.ts'

export interface WhyCheck {
  check: 'contact' | 'audience' | 'planning' | 'database' | 'campaign' | 'sender' | GateSays['check'] | 'outcome'
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

/** One person in one campaign. */
interface Question {
  tx: ReadTx
  now: number
  row: CampaignRow
  campaign: Campaign
  content: CompiledContent
  contact: Contact
  sender: Sender
  rules: ClaimRules
  message: PersonMessage | undefined
  /** What keeps the sender from being used. */
  trouble: TroubleView | undefined
  /** Why nothing is sent at all. */
  hold: HoldView | undefined
}

type Answer = Pick<Why, 'decision' | 'checks'>

export async function whyFor(ctx: Context, idOrName: string, phoneText: string): Promise<Why> {
  const phone = getTypedNumber(ctx, phoneText, { isExisting: true })
  return ctx.db.read(async (tx) => {
    const row = await getCampaign(tx, idOrName)
    const contact = await findContact(tx, phone.key)
    const asked = { campaign: row.name, phone: phone.phone }
    if (contact === undefined || contact.erasedAt !== null)
      return {
        ...asked,
        decision: 'not_a_contact',
        message: null,
        checks: [{ check: 'contact', result: 'stop', detail: await absentText(tx, phone) }],
      }
    const question = await readQuestion(ctx, tx, row, contact)
    const message = question.message === undefined ? null : formatId('message', question.message.id)
    return { ...asked, message, ...(await answer(question)) }
  })
}

/** What is known of a number that no contact has: the person who had it may have another one by now. */
async function absentText(tx: ReadTx, { key, phone }: { key: string; phone: string }): Promise<string> {
  const now = await findNumberOfToday(tx, key)
  return now === undefined ? 'no contact has this number' : `${phone} became ${now}: ask about that number`
}

async function readQuestion(ctx: Context, tx: ReadTx, row: CampaignRow, contact: Contact): Promise<Question> {
  const message = await findMessageOf(tx, row.id, contact.id)
  const revisionId = message?.revisionId ?? row.revisionId ?? 0
  const { campaign, sender, rules } = await readRules(tx, row, revisionId, ctx.config.timeZone)
  return {
    tx,
    now: ctx.clock.now(),
    row,
    campaign,
    content: compileContent(campaign.definition.content),
    contact,
    sender,
    rules: { ...rules, isTest: message?.kind === 'test' },
    message,
    trouble: await findSendingTrouble(tx, sender.id),
    hold: await findHold(tx),
  }
}

async function answer(question: Question): Promise<Answer> {
  const { message, contact } = question
  const checks: WhyCheck[] = [
    {
      check: 'contact',
      result: 'pass',
      detail: `${formatId('contact', contact.id)}, zone ${contact.zone ?? 'unknown'}`,
    },
  ]
  if (message === undefined) return answerUnplanned(question, checks)
  checks.push({
    check: 'audience',
    result: 'pass',
    detail: `planned in run_${message.runId} (${message.occurrenceKey}) on ${formatInstant(message.createdAt)}`,
  })
  const request = { senderId: question.sender.id, capRules: question.rules.capRules, now: question.now }
  const fact = await findMessageFact(question.tx, request, message.id)
  const failing = (await troublesOf(question.tx, 'message', message.id)).map(failingCheck)
  if (message.status !== 'pending' || fact === undefined) {
    checks.push(...(await outcomeChecks(question, message)), ...failing)
    return { decision: message.status, checks }
  }
  // What waits for its planned time is asked about that time, and everything else about now.
  const at = message.waitReason === 'schedule' ? Math.max(question.now, message.dueAt) : question.now
  const { decision, told } = await askGates(question, fact, at)
  checks.push(...standingChecks(question), ...told, ...failing, waitCheck(message, question.now))
  const isWaiting = failing.length > 0 || message.dueAt > question.now
  return { decision: standingWait(question) ?? (decision === 'send' && isWaiting ? 'wait' : decision), checks }
}

async function answerUnplanned(question: Question, checks: WhyCheck[]): Promise<Answer> {
  const { tx, campaign, contact, now } = question
  const outside = await leftOutBy(tx, campaign.definition.audience, contact.id)
  if (outside !== undefined) {
    checks.push({ check: 'audience', result: 'stop', detail: outside })
    return { decision: 'not_in_audience', checks }
  }
  checks.push({ check: 'audience', result: 'pass', detail: 'belongs to the audience as it is now; not planned yet' })
  const planned = await planOne(question)
  if (planned === undefined) {
    checks.push({ check: 'planning', result: 'stop', detail: 'the schedule has no time left' })
    return { decision: 'not_planned', checks }
  }
  const { person, plannedAt, ...decided } = planned
  checks.push(planningCheck(question, person, decided))
  const fact = { ...person, ...decided, messageId: 0, createdAt: plannedAt, hasCapUse: false, earlier: null }
  const { decision, told } = await askGates(question, fact, Math.max(now, decided.scheduledAt))
  checks.push(...standingChecks(question), ...told)
  if (decided.act === 'skip') return { decision: `skip:${decided.reason}`, checks }
  if (decided.act === 'expire') return { decision: 'expire', checks }
  return {
    decision: standingWait(question) ?? (decision === 'send' && decided.scheduledAt > now ? 'wait' : decision),
    checks,
  }
}

/** What the planning of the next run would make of the person. */
async function planOne(
  question: Question,
): Promise<(PlannedDecision & { person: PersonOfAudience; plannedAt: number }) | undefined> {
  const { tx, row, campaign, content, contact, sender, rules, now } = question
  const plan = nextPlanRules(row, campaign, { now, zones: [contact.zone ?? ''] })
  const request = {
    senderId: sender.id,
    capRules: rules.capRules,
    now,
    onceOf: undefined,
    fields: decidingFields(campaign, content),
  }
  const person = await findPerson(tx, request, contact.id)
  if (plan === undefined || person === undefined) return undefined
  return { ...planPeople(campaign, content, plan)(person), person, plannedAt: plan.now }
}

function planningCheck(
  { campaign, content }: Question,
  { variables }: PersonOfAudience,
  planned: PlannedDecision,
): WhyCheck {
  const at = `planned for ${formatInstant(planned.scheduledAt)}`
  if (planned.act === 'plan') return { check: 'planning', result: 'pass', detail: `would be ${at}` }
  if (planned.act === 'expire')
    return {
      check: 'planning',
      result: 'stop',
      detail: `its validity ends ${formatInstant(planned.expiresAt)}, before it is planned`,
    }
  const missing =
    planned.reason === 'missing_variable' ? `: no value for ${missingFor(campaign, content, variables).join(', ')}` : ''
  return { check: 'planning', result: 'stop', detail: `would be left out (${planned.reason}${missing})` }
}

/** What the chain decides at an instant, and what each of its gates says. */
async function askGates(
  question: Question,
  fact: ClaimFact,
  at: number,
): Promise<{ decision: string; told: WhyCheck[] }> {
  const { tx, sender, contact } = question
  const { dailyLimit } = sender
  const counted = dailyLimit === null ? [] : await listCounted(tx, sender.id, at)
  const rules = { ...question.rules, dailyLimit }
  const taken = nothingTaken(counted.length)
  const facts = { sender: sender.name, evidence: await findSuppressions(tx, contact.key) }
  const told = tellClaim(fact, rules, taken, at).map(
    (gate): WhyCheck => ({
      check: gate.check,
      result: gate.result,
      detail: gateText(gate, facts),
      ...(gate.until !== undefined && { until: formatInstant(gate.until) }),
    }),
  )
  return { decision: wordOf(decideClaim(fact, rules, taken, at)), told }
}

function wordOf(decision: ClaimDecision): string {
  switch (decision.act) {
    case 'skip':
      return `skip:${decision.reason}`
    case 'defer':
      return `defer:${decision.waitReason}`
    case 'leave':
      return `wait:${decision.gate}`
    default:
      return decision.act
  }
}

/** What keeps everybody of the campaign or the sender waiting; a test goes whatever becomes of its campaign. */
function standingWait(question: Question): StandingWait | undefined {
  const { row, sender, rules, trouble, hold } = question
  if (hold !== undefined) return 'database_held'
  if (row.status === 'paused' && !rules.isTest) return 'campaign_paused'
  if (sender.status === 'paused') return 'sender_paused'
  if (trouble !== undefined) return 'sender_failing'
  return heldUntil(question) === undefined ? undefined : 'hold'
}

/** Until when the provider asked the sender to pause. */
function heldUntil({ sender, now }: Question): number | undefined {
  const until = possibleHold(sender.holdUntil, now)
  return until !== null && until > now ? until : undefined
}

function standingChecks(question: Question): WhyCheck[] {
  const { hold } = question
  const held: WhyCheck[] =
    hold === undefined ? [] : [{ check: 'database', result: 'wait', detail: `${holdText(hold)} ${hold.hint}` }]
  return [...held, campaignCheck(question), senderCheck(question)]
}

function campaignCheck({ row: { status, pauseReason, pauseDetail }, rules }: Question): WhyCheck {
  if (status === 'running') return { check: 'campaign', result: 'pass', detail: 'running' }
  const detail = status === 'paused' ? `paused (${pauseText(pauseReason, pauseDetail)})` : status
  if (rules.isTest) return { check: 'campaign', result: 'pass', detail: `${detail}, which keeps no test back` }
  return { check: 'campaign', result: 'wait', detail }
}

function senderCheck(question: Question): WhyCheck {
  const { sender, trouble } = question
  const { status, pauseReason, pauseDetail, name, ratePerSecond } = sender
  if (status === 'paused') {
    const detail = `${name} is paused (${pauseReason ?? 'operator'}) ${pauseDetail ?? ''}`.trim()
    return { check: 'sender', result: 'wait', detail }
  }
  if (trouble !== undefined) {
    const { message, hint, nextTryAt } = trouble
    const detail = inSentences(`${name} cannot be used: ${message}`, hint)
    return { check: 'sender', result: 'wait', detail, until: nextTryAt }
  }
  const until = heldUntil(question)
  if (until !== undefined)
    return {
      check: 'sender',
      result: 'wait',
      detail: `${name} is held by the provider`,
      until: formatInstant(until),
    }
  return { check: 'sender', result: 'pass', detail: `${name}, ${ratePerSecond} a second` }
}

/** What keeps a message back that is no rule: something about it cannot be read or written. */
function failingCheck(trouble: TroubleView): WhyCheck {
  return { check: 'outcome', result: 'wait', detail: `it fails: ${troubleText(trouble)}`, until: trouble.nextTryAt }
}

function waitCheck(message: PersonMessage, now: number): WhyCheck {
  const { waitReason, detail } = message
  const reason = waitReason === null ? '' : ` (${waitReason}${detail === null ? '' : `: ${detail}`})`
  const scheduledAt = formatInstant(message.scheduledAt)
  return {
    check: 'outcome',
    result: message.dueAt > now ? 'wait' : 'info',
    detail: `pending, planned for ${scheduledAt}, looked at next${reason}`,
    until: formatInstant(message.dueAt),
    facts: { kind: 'wait', scheduledAt, reason: waitReason },
  }
}

const endings: readonly MessageStatus[] = ['skipped', 'expired', 'cancelled', 'failed']

/** What became of a message, and of each of its calls. */
async function outcomeChecks(question: Question, message: PersonMessage): Promise<WhyCheck[]> {
  const { status, reason } = message
  const more = detailOf(question, message)
  const checks: WhyCheck[] = []
  for (const { scope, reason: why, evidence, createdAt } of await findSuppressions(question.tx, question.contact.key))
    if (status === 'skipped' && why === reason) {
      const detail = `${why} (scope ${scope}) since ${formatInstant(createdAt)}: ${evidence}`
      checks.push({ check: 'suppression', result: 'stop', detail })
    }
  checks.push({
    check: 'outcome',
    result: endings.includes(status) ? 'stop' : 'info',
    detail: [status, reason, more].filter(Boolean).join('; '),
    facts: { kind: 'end', status, reason, detail: more === '' ? null : more },
  })
  return [...checks, ...(await callChecks(question.tx, message.id))]
}

function detailOf(question: Question, message: PersonMessage): string {
  const { status, reason, detail } = message
  const instants = [
    ['accepted', message.acceptedAt],
    ['sent', message.sentAt],
    ['delivered', message.deliveredAt],
    ['read', message.readAt],
    ['failed', message.failedAt],
  ] as const
  const told = instants.flatMap(([name, at]) => (at === null ? [] : [`${name} ${formatInstant(at)}`])).join(', ')
  const missing = reason === 'missing_variable' ? missingText(question, message) : ''
  const noTime = reason === 'quiet_hours_no_time_left' ? noTimeText(question, message) : ''
  const expired = status === 'expired' ? `validity ended ${formatInstant(message.expiresAt)}` : ''
  return [detail, missing, noTime, told, expired, message.notes].filter(Boolean).join('; ')
}

async function callChecks(tx: ReadTx, messageId: number): Promise<WhyCheck[]> {
  return (await listAttempts(tx, messageId)).map((attempt): WhyCheck => {
    const { outcome, providerCode: code, providerText: text, trackingId } = attempt
    const parts = [outcome ?? 'open', code, text, trackingId === null ? null : `tracking id ${trackingId}`]
    const id = formatId('attempt', attempt.id)
    const at = formatInstant(Math.floor(attempt.startAtUs / 1000))
    return {
      check: 'outcome',
      result: 'info',
      detail: `${id} at ${at}: ${parts.filter(Boolean).join('; ')}`,
      facts: { kind: 'call', id, at, outcome, code, text, trackingId },
    }
  })
}

function missingText({ content, contact }: Question, { variables }: PersonMessage): string {
  if (variables === null) return 'a field of the text was empty; which one is kept no longer'
  const fields = content.missing({ ...readFields(variables), phone: contact.phone })
  return fields.length === 0 ? 'the text cannot be rendered' : `no value for ${fields.join(', ')}`
}

function noTimeText({ rules, contact }: Question, { expiresAt }: PersonMessage): string {
  const window = rules.quietHours === null ? 'quiet hours' : quietWindowText(rules.quietHours)
  return `${window} in ${contact.zone ?? rules.fallbackZone} lasts past the end of its validity, ${formatInstant(expiresAt)}`
}

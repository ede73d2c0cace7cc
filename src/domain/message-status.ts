// The life of a message, and what its attempts amount to. A fact belongs to one attempt; the status of a message is
// computed from its attempts, so that neither order nor repetition of news matters. Drawn in docs/state-machines.md.

export const messageStatuses = [
  'pending',
  'sending',
  'accepted',
  'sent',
  'delivered',
  'read',
  'failed',
  'unknown',
  'skipped',
  'expired',
  'cancelled',
] as const
export type MessageStatus = (typeof messageStatuses)[number]

/** Why a message stays unknown when nobody has known for as long as proof is sought. */
export const PROOF_EXPIRED_REASON = 'proof_expired'

/** The reason of an unknown message of which a restored database cannot say whether it was sent: nobody can be asked. */
export const RESTORED_REASON = 'restored'

/** Every legal move; the database trigger looks the pair up in the same table. */
export const messageMoves: Record<MessageStatus, readonly MessageStatus[]> = {
  // `accepted` straight from `pending`: late proof for an earlier attempt, which prevents a second send.
  pending: ['sending', 'accepted', 'skipped', 'expired', 'cancelled'],
  sending: ['accepted', 'failed', 'unknown', 'pending', 'skipped', 'expired', 'cancelled'],
  // To an end straight away: proof that nothing was accepted, when no time or no campaign is left for another attempt.
  unknown: ['accepted', 'sent', 'delivered', 'read', 'failed', 'pending', 'skipped', 'expired', 'cancelled'],
  accepted: ['sent', 'delivered', 'read', 'failed', 'pending'],
  sent: ['delivered', 'read', 'failed', 'pending'],
  delivered: ['read'],
  failed: ['accepted', 'sent', 'delivered', 'read'],
  read: [],
  skipped: [],
  expired: [],
  cancelled: [],
}

/** Ends of ours: what is learned later is kept and marked, and moves nothing. */
const endedStatuses: readonly MessageStatus[] = ['skipped', 'expired', 'cancelled']

export function isEnded(status: MessageStatus): boolean {
  return endedStatuses.includes(status)
}

/** What a move of two steps passes through: the provider has the message, or it waits for another attempt. */
const between = ['accepted', 'pending'] as const

/** The legal moves that lead from one status to another. */
export function stepsTo(from: MessageStatus, to: MessageStatus): MessageStatus[] {
  if (from === to) return []
  if (messageMoves[from].includes(to)) return [to]
  const step = between.find((one) => messageMoves[from].includes(one) && messageMoves[one].includes(to))
  return step === undefined ? [to] : [step, to]
}

/** A run is finished when no message of it has one of these. */
export const openStatuses = ['pending', 'sending'] as const

/** Stored for a message's own wait; what a gate makes everybody wait for is read from the gate instead. */
export const waitReasons = [
  'quiet_hours',
  'frequency_cap',
  'pair_limit',
  'retry',
  'cool_off',
  'schedule',
  'overlap',
] as const
export type WaitReason = (typeof waitReasons)[number]

/** What holds a whole sender, campaign or run: read from the gates whenever it is asked for, and stored nowhere. */
export const standingWaits = [
  'rate_limit',
  'daily_limit',
  'hold',
  'sender_paused',
  'sender_failing',
  'campaign_paused',
  'database_held',
  'list_busy',
  'failing',
  'next_run',
] as const
export type StandingWait = (typeof standingWaits)[number]

/** How an unknown message is settled without proof: the provider has it; it has not and shall not; it has not, send it again. */
export type Resolution = 'accepted' | 'failed' | 'resend'

/** What a provider can tell about a message it has. */
export type DeliveryStatus = 'accepted' | 'sent' | 'delivered' | 'read' | 'failed'

export const deliveryNotes = [
  'delivered_inferred',
  'failed_after_delivered',
  'late_evidence',
  'held_by_whatsapp',
  'duplicate_evidence',
] as const
export type DeliveryNote = (typeof deliveryNotes)[number]

/** Instants (epoch ms) of what is known of a delivery; null while it is not known. */
export interface DeliveryInstants {
  acceptedAt: number | null
  sentAt: number | null
  deliveredAt: number | null
  readAt: number | null
  failedAt: number | null
}

/** Everything that is known of one attempt. `acceptedAt` is the answer's or told, the other instants are told after the call. */
export interface AttemptFacts extends DeliveryInstants {
  /** What the call came to; null while it is on the wire. `not_begun`: nothing left us. */
  answer: 'accepted' | 'unknown' | 'refused' | 'not_begun' | null
  endedAt: number | null
  /** Another attempt was decided in its place, due then. Every attempt but the last has it. */
  retryAt: number | null
}

/** What the attempts of a message amount to. */
export interface MessageFacts extends DeliveryInstants {
  status: MessageStatus
  notes: readonly DeliveryNote[]
}

/** Where the instant of a status is kept. */
export const factOf = {
  accepted: 'acceptedAt',
  sent: 'sentAt',
  delivered: 'deliveredAt',
  read: 'readAt',
  failed: 'failedAt',
} as const satisfies Record<DeliveryStatus, keyof DeliveryInstants>

/** An attempt after one status update: each status keeps its earliest instant. */
export function withStatus<T extends DeliveryInstants>(attempt: T, update: { status: DeliveryStatus; at: number }): T {
  const field = factOf[update.status]
  const known = attempt[field]
  return known !== null && known <= update.at ? attempt : { ...attempt, [field]: update.at }
}

/** The last word on a delivery: read > delivered > failed > sent > accepted; undefined when nothing is known. */
export function lastStatus(facts: DeliveryInstants): DeliveryStatus | undefined {
  if (facts.readAt !== null) return 'read'
  if (facts.deliveredAt !== null) return 'delivered'
  if (facts.failedAt !== null) return 'failed'
  if (facts.sentAt !== null) return 'sent'
  return facts.acceptedAt !== null ? 'accepted' : undefined
}

/**
 * What the attempts of a message (oldest first) amount to. What arrived counts, whichever attempt it was; else the last one
 * decides. While another is awaited, an attempt that turns out to be at the provider decides, so that none follows. An end of
 * ours stays.
 */
export function messageFacts(
  { status, notes }: Pick<MessageFacts, 'status' | 'notes'>,
  attempts: readonly AttemptFacts[],
): MessageFacts {
  const deciding = attempts.findLast(({ retryAt }) => retryAt === null) ?? strongest(attempts.filter(isAtProvider))
  const deliveredAt = earliest(attempts.map((attempt) => attempt.deliveredAt))
  const readAt = earliest(attempts.map((attempt) => attempt.readAt))
  const arrived = readAt !== null ? 'read' : deliveredAt !== null ? 'delivered' : undefined
  const settled = isEnded(status) ? status : (arrived ?? statusBy(deciding))
  const isOver = settled !== 'pending' && settled !== 'sending' && settled !== 'unknown'
  return {
    status: settled,
    acceptedAt: (isOver && deciding?.acceptedAt) || null,
    sentAt: (isOver && deciding?.sentAt) || null,
    deliveredAt: deliveredAt ?? readAt,
    readAt,
    failedAt: isOver ? failedAtOf(settled, deciding) : null,
    notes: notesAfter(isEnded(settled), notes, attempts),
  }
}

function strongest(attempts: readonly AttemptFacts[]): AttemptFacts | undefined {
  return attempts.findLast(({ sentAt }) => sentAt !== null) ?? attempts.at(-1)
}

function statusBy(deciding: AttemptFacts | undefined): MessageStatus {
  if (deciding === undefined) return 'pending'
  const told = lastStatus(deciding)
  if (told !== undefined) return told
  if (deciding.answer === null) return 'sending'
  return deciding.answer === 'unknown' || deciding.answer === 'accepted' ? deciding.answer : 'failed'
}

function failedAtOf(status: MessageStatus, deciding: AttemptFacts | undefined): number | null {
  return deciding?.failedAt ?? (status === 'failed' ? (deciding?.endedAt ?? null) : null)
}

function earliest(instants: readonly (number | null)[]): number | null {
  const known = instants.filter((at) => at !== null)
  return known.length === 0 ? null : Math.min(...known)
}

/** Notes that follow from the facts; what was noted before stays, but for an inferred delivery that was told since. */
function notesAfter(
  hasEnded: boolean,
  before: readonly DeliveryNote[],
  attempts: readonly AttemptFacts[],
): readonly DeliveryNote[] {
  const isInferred = attempts.some(({ readAt }) => readAt !== null) && attempts.every((one) => one.deliveredAt === null)
  const notes = new Set(before)
  notes.delete('delivered_inferred')
  if (isInferred) notes.add('delivered_inferred')
  if (attempts.some((one) => one.failedAt !== null && hasArrived(one))) notes.add('failed_after_delivered')
  if (attempts.some((one) => isAtProvider(one) && (hasEnded || one.answer === 'refused' || one.answer === 'not_begun')))
    notes.add('late_evidence')
  if (attempts.some((one, index) => isDuplicate(one, attempts.slice(index + 1)))) notes.add('duplicate_evidence')
  return [...notes].sort()
}

function hasArrived({ deliveredAt, readAt }: AttemptFacts): boolean {
  return deliveredAt !== null || readAt !== null
}

/** The provider has it, or had it and brought it to the person. */
function isAtProvider(attempt: AttemptFacts): boolean {
  const told = lastStatus(attempt)
  return told !== undefined && told !== 'failed'
}

/** The provider has this attempt although a later one was made: the person may have got it twice. */
function isDuplicate(attempt: AttemptFacts, later: readonly AttemptFacts[]): boolean {
  if (!isAtProvider(attempt)) return false
  return later.some((one) => one.answer !== 'not_begun' && (hasArrived(attempt) || !wasRefused(one)))
}

function wasRefused(attempt: AttemptFacts): boolean {
  return attempt.answer === 'refused' && !isAtProvider(attempt)
}

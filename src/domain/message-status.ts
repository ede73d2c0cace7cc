// The life of a message and how status updates move it. Drawn in docs/state-machines.md.

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

/** Every legal move; the database trigger looks the pair up in the same table. */
export const messageMoves: Record<MessageStatus, readonly MessageStatus[]> = {
  // `accepted` straight from `pending`: late proof for an earlier attempt, which prevents a second send.
  pending: ['sending', 'accepted', 'skipped', 'expired', 'cancelled'],
  sending: ['accepted', 'failed', 'unknown', 'pending', 'skipped', 'expired', 'cancelled'],
  unknown: ['accepted', 'sent', 'delivered', 'read', 'failed', 'pending'],
  accepted: ['sent', 'delivered', 'read', 'failed', 'pending'],
  sent: ['delivered', 'read', 'failed', 'pending'],
  delivered: ['read'],
  failed: ['accepted', 'sent', 'delivered', 'read'],
  read: [],
  skipped: [],
  expired: [],
  cancelled: [],
}

/** A run is finished when no message of it has one of these. */
export const openStatuses = ['pending', 'sending'] as const

/** Stored for a message's own wait; what a gate makes everybody wait for is read from the gate instead. */
export const waitReasons = ['quiet_hours', 'frequency_cap', 'pair_limit', 'retry', 'cool_off', 'schedule'] as const
export type WaitReason = (typeof waitReasons)[number]

/** What a provider can tell about a message it has. */
export type DeliveryStatus = 'accepted' | 'sent' | 'delivered' | 'read' | 'failed'

/** The delivery facts of one message. Instants in epoch ms, null while the fact is not known. */
export interface DeliveryFacts {
  status: MessageStatus
  acceptedAt: number | null
  sentAt: number | null
  deliveredAt: number | null
  readAt: number | null
  failedAt: number | null
  /** True when `failed` was the provider's answer to our call, not a later status update. */
  isFailedByAnswer: boolean
  notes: readonly DeliveryNote[]
}

export const deliveryNotes = [
  'delivered_inferred',
  'failed_after_delivered',
  'late_evidence',
  'held_by_whatsapp',
  'duplicate_evidence',
] as const
export type DeliveryNote = (typeof deliveryNotes)[number]

/**
 * The facts after one status update. Each status keeps its earliest instant, and the status shown is computed
 * from the facts, so the result does not depend on the order or number of updates.
 */
export function mergeStatus(facts: DeliveryFacts, update: { status: DeliveryStatus; at: number }): DeliveryFacts {
  const merged = facts.isFailedByAnswer ? withLateEvidence(facts) : { ...facts }
  const field = factOf[update.status]
  const isGuess = field === 'deliveredAt' && merged.notes.includes('delivered_inferred')
  const known = isGuess ? null : merged[field]
  merged[field] = known === null ? update.at : Math.min(known, update.at)
  if (isGuess) merged.notes = merged.notes.filter((note) => note !== 'delivered_inferred')
  return settle(merged)
}

const factOf = {
  accepted: 'acceptedAt',
  sent: 'sentAt',
  delivered: 'deliveredAt',
  read: 'readAt',
  failed: 'failedAt',
} as const

/** The provider answered with a refusal but speaks of the message as its own: the answer was not the truth. */
function withLateEvidence(facts: DeliveryFacts): DeliveryFacts {
  return { ...facts, isFailedByAnswer: false, failedAt: null, notes: withNote(facts.notes, 'late_evidence') }
}

/** Fills in what the facts imply and the status they amount to: read > delivered > failed > sent > accepted. */
function settle(facts: DeliveryFacts): DeliveryFacts {
  const settled = { ...facts }
  if (settled.readAt !== null && (settled.deliveredAt === null || settled.notes.includes('delivered_inferred'))) {
    settled.deliveredAt = settled.readAt
    settled.notes = withNote(settled.notes, 'delivered_inferred')
  }
  if (settled.failedAt !== null && settled.deliveredAt !== null)
    settled.notes = withNote(settled.notes, 'failed_after_delivered')
  settled.status = shownStatus(settled)
  return settled
}

function shownStatus(facts: DeliveryFacts): MessageStatus {
  if (facts.readAt !== null) return 'read'
  if (facts.deliveredAt !== null) return 'delivered'
  if (facts.failedAt !== null) return 'failed'
  if (facts.sentAt !== null) return 'sent'
  return facts.acceptedAt !== null ? 'accepted' : facts.status
}

function withNote(notes: readonly DeliveryNote[], note: DeliveryNote): readonly DeliveryNote[] {
  return notes.includes(note) ? notes : [...notes, note].sort()
}

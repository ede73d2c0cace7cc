// What a provider tells of a message after the call, whether by callback or when it is asked.
import type { DeliveryNote, DeliveryStatus } from './message-status.ts'
import type { Failure } from './send-result.ts'
import type { SuppressionReason, SuppressionScope } from './suppression.ts'

export interface ToldStatus {
  trackingId: string | null
  /** Our name for the attempt, where the provider gives it back. */
  reference: string | null
  /** Whom the message went to, where the provider says so: a number with or without +, or the id of a group. */
  to?: string | null | undefined
  /** The provider's id of that person, where it tells one. */
  userId?: string | undefined
  status: DeliveryStatus
  /** Epoch ms by the provider's clock; null when it tells none that can be true. */
  at: number | null
  /** Why it failed, in the classes of answers; only with `failed`. */
  failure?: Failure | undefined
  notes?: readonly DeliveryNote[] | undefined
  /** The person asked for it together with this status, without being named. */
  suppress?: { scope: SuppressionScope; reason: SuppressionReason } | undefined
  /** Follows from something else that is told here, such as a tap on a button: nothing is missed when it fits no message. */
  isHint?: boolean | undefined
}

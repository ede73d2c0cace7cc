// Which callbacks follow an accepted message, in which order and in how many POSTs. Pure: the time and all chance come
// from outside.
import { fractionOf, shuffled } from './chance.ts'
import type { AcceptedMessage, CallbackEvent, StatusName } from './dialect.ts'
import type { WebhookFault } from './fault-script.ts'

/** One POST to come. */
export interface Shipment {
  events: CallbackEvent[]
  hasWrongSignature: boolean
}

export interface WebhookPlan {
  shipments: Shipment[]
  /** Waited before the first, on top of the usual delay before each. */
  lateMs: number
  isLost: boolean
  /** The answer to the sender waits until they were posted. */
  isBeforeAnswer: boolean
}

export interface PlanSetting {
  /** Instant of acceptance. */
  now: number
  /** Between two statuses. */
  statusDelayMs: number
  /** Part of the people who read, and have receipts switched on. */
  readShare: number
  seed: string
}

export function planWebhooks(
  message: AcceptedMessage,
  orders: readonly WebhookFault[],
  setting: PlanSetting,
): WebhookPlan {
  // A later rule adds to an earlier one and wins where both speak.
  const errorCode = orders.findLast((order) => order.errorCode !== undefined)?.errorCode ?? null
  const statuses =
    orders.findLast((order) => order.statuses !== undefined)?.statuses ??
    (errorCode === null ? usualStatuses(message.trackingId, setting.readShare) : (['failed'] as const))
  const copies = Math.max(1, ...orders.map((order) => order.copies))
  const has = (key: 'shuffled' | 'together' | 'wrongSignature' | 'lost' | 'beforeAnswer') =>
    orders.some((order) => order[key])
  const events = statuses.flatMap((status, index): CallbackEvent[] => {
    // When it happened, which does not change when the callback is late or out of order.
    const at = setting.now + (index + 1) * setting.statusDelayMs
    const event: CallbackEvent = {
      kind: 'status',
      message,
      status,
      at,
      errorCode: status === 'failed' ? (errorCode ?? '131000') : null,
    }
    return Array.from({ length: copies }, () => event)
  })
  const ordered = has('shuffled') ? shuffled(events, `${setting.seed}:${message.to}:${message.reference}`) : events
  const groups = has('together') && ordered.length > 0 ? [ordered] : ordered.map((event) => [event])
  return {
    shipments: groups.map((group) => ({ events: group, hasWrongSignature: has('wrongSignature') })),
    lateMs: Math.max(0, ...orders.map((order) => order.lateMs)),
    isLost: has('lost'),
    isBeforeAnswer: has('beforeAnswer'),
  }
}

function usualStatuses(trackingId: string, readShare: number): readonly StatusName[] {
  const isRead = fractionOf(trackingId) < readShare
  return isRead ? ['sent', 'delivered', 'read'] : ['sent', 'delivered']
}

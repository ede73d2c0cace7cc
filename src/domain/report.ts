// The numbers of a report and what makes them balance.
import { type MessageStatus, messageStatuses } from './message-status.ts'

export type StatusCounts = Record<MessageStatus, number>

/** One counter of one run: how many messages have a status for a reason. */
export interface CountRow {
  status: MessageStatus
  reason: string
  count: number
}

export function noCounts(): StatusCounts {
  return Object.fromEntries(messageStatuses.map((status) => [status, 0])) as StatusCounts
}

export interface Tally {
  byStatus: StatusCounts
  skippedBy: Record<string, number>
  failedBy: Record<string, number>
  /** Unknown messages by why nobody knows. */
  unknownBy: Record<string, number>
  /** Pending messages by what they wait for; an empty reason waits for the sender. */
  waitingBy: Record<string, number>
  /** Delivered after their validity. */
  lateDelivered: number
}

/** Sums counters; zero counters of reasons are left out, every status is named. */
export function tally(rows: readonly CountRow[]): Tally {
  const byStatus = noCounts()
  let lateDelivered = 0
  for (const { status, reason, count } of rows) {
    byStatus[status] += count
    if (reason === 'late') lateDelivered += count
  }
  return {
    byStatus,
    skippedBy: reasonsOf(rows, 'skipped'),
    failedBy: reasonsOf(rows, 'failed'),
    unknownBy: reasonsOf(rows, 'unknown'),
    waitingBy: reasonsOf(rows, 'pending'),
    lateDelivered,
  }
}

function reasonsOf(rows: readonly CountRow[], status: MessageStatus): Record<string, number> {
  // A reason can be a provider's own text: a Map takes every name for what it is.
  const counts = new Map<string, number>()
  for (const row of rows) if (row.status === status) counts.set(row.reason, (counts.get(row.reason) ?? 0) + row.count)
  return Object.fromEntries([...counts].filter(([, count]) => count !== 0))
}

/** What a message comes to in the numbers of a run. */
export type RunSum = 'delivered' | 'taken' | 'unknown' | 'failed' | 'notSent' | 'waiting'

const sumOfStatus: Record<MessageStatus, RunSum> = {
  pending: 'waiting',
  sending: 'waiting',
  accepted: 'taken',
  sent: 'taken',
  delivered: 'delivered',
  read: 'delivered',
  failed: 'failed',
  unknown: 'unknown',
  skipped: 'notSent',
  expired: 'notSent',
  cancelled: 'notSent',
}

/** Adds up to the audience, as the statuses do. */
export function runSums(counts: StatusCounts): Record<RunSum, number> {
  const sums = { delivered: 0, taken: 0, unknown: 0, failed: 0, notSent: 0, waiting: 0 }
  for (const status of messageStatuses) sums[sumOfStatus[status]] += counts[status]
  return sums
}

export type NotDelivered = 'skipped' | 'failed' | 'unknown' | 'expired' | 'cancelled'

/** Messages that did not arrive by what is known of why, adding up to these statuses. */
export function reasonRows(
  totals: Pick<Tally, 'byStatus' | 'skippedBy' | 'failedBy' | 'unknownBy'>,
): { status: NotDelivered; reason: string; count: number }[] {
  const { byStatus, skippedBy, failedBy, unknownBy } = totals
  const parts: Record<NotDelivered, Record<string, number>> = {
    skipped: skippedBy,
    failed: failedBy,
    unknown: unknownBy,
    expired: { '': byStatus.expired },
    cancelled: { '': byStatus.cancelled },
  }
  return Object.entries(parts).flatMap(([status, by]) =>
    Object.entries(by)
      .filter(([, count]) => count > 0)
      .map(([reason, count]) => ({ status: status as NotDelivered, reason, count })),
  )
}

export function sumCounts(counts: StatusCounts): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0)
}

/** Messages that were handed over and not refused: the people the campaign reached the provider for. */
export function handedOver(counts: StatusCounts): number {
  return counts.accepted + counts.sent + counts.delivered + counts.read
}

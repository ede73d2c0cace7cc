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
  /** Pending messages by what they wait for; an empty reason waits for the sender. */
  waitingBy: Record<string, number>
  /** Delivered after their validity. */
  lateDelivered: number
}

/** Sums counters; zero counters of reasons are left out, every status is named. */
export function tally(rows: readonly CountRow[]): Tally {
  const result: Tally = { byStatus: noCounts(), skippedBy: {}, failedBy: {}, waitingBy: {}, lateDelivered: 0 }
  for (const { status, reason, count } of rows) {
    result.byStatus[status] += count
    if (status === 'skipped') result.skippedBy[reason] = (result.skippedBy[reason] ?? 0) + count
    if (status === 'failed') result.failedBy[reason] = (result.failedBy[reason] ?? 0) + count
    if (status === 'pending') result.waitingBy[reason] = (result.waitingBy[reason] ?? 0) + count
    if (reason === 'late') result.lateDelivered += count
  }
  for (const by of [result.skippedBy, result.failedBy, result.waitingBy])
    for (const [reason, count] of Object.entries(by)) if (count === 0) delete by[reason]
  return result
}

export function sumCounts(counts: StatusCounts): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0)
}

/** Messages that were handed over and not refused: the people the campaign reached the provider for. */
export function handedOver(counts: StatusCounts): number {
  return counts.accepted + counts.sent + counts.delivered + counts.read
}

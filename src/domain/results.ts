// What came of the messages of a campaign or a run, in the few numbers that people compare: for lists, pages and the API.
import type { MessageStatus } from './message-status.ts'
import { type StatusCounts, sumCounts } from './report.ts'

/** The parts of a bar in their order, each with its statuses; they add up to the audience. */
export const partStatuses = {
  read: ['read'],
  delivered: ['delivered'],
  sent: ['accepted', 'sent'],
  waiting: ['pending', 'sending'],
  unknown: ['unknown'],
  failed: ['failed'],
  notSent: ['skipped', 'expired', 'cancelled'],
} as const satisfies Record<string, readonly MessageStatus[]>
export type ResultPart = keyof typeof partStatuses
export const resultParts = Object.keys(partStatuses) as ResultPart[]

/** Each message once: who read it is not among the delivered. */
export function partsOf(counts: StatusCounts): Record<ResultPart, number> {
  const sums = resultParts.map((part) => [part, partStatuses[part].reduce((sum, status) => sum + counts[status], 0)])
  return Object.fromEntries(sums)
}

export interface Results {
  /** Messages of all runs: a person counts once for each. */
  audience: number
  /** Also those who read it. */
  delivered: number
  read: number
  failed: number
  unknown: number
  notSent: number
  waiting: number
}

export function resultsOf(counts: StatusCounts): Results {
  const { read, delivered, waiting, unknown, failed, notSent } = partsOf(counts)
  return { audience: sumCounts(counts), delivered: delivered + read, read, failed, unknown, notSent, waiting }
}

/** The parts of a bar again, from numbers that are kept or were read. */
export function partsOfResults(results: Results): Record<ResultPart, number> {
  const { audience, delivered, read, failed, unknown, notSent, waiting } = results
  const sent = Math.max(0, audience - delivered - failed - unknown - notSent - waiting)
  return { read, delivered: delivered - read, sent, waiting, unknown, failed, notSent }
}

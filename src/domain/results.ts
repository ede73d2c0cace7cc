// What came of the messages of a campaign or a run, in the few numbers that people compare: for lists, pages and the API.
import { type StatusCounts, sumCounts } from './report.ts'

/** The parts of a bar; they add up to the audience. */
export const resultParts = ['read', 'delivered', 'sent', 'waiting', 'unknown', 'failed', 'notSent'] as const
export type ResultPart = (typeof resultParts)[number]

/** Each message once: who read it is not among the delivered. */
export function partsOf(counts: StatusCounts): Record<ResultPart, number> {
  return {
    read: counts.read,
    delivered: counts.delivered,
    sent: counts.accepted + counts.sent,
    waiting: counts.pending + counts.sending,
    unknown: counts.unknown,
    failed: counts.failed,
    notSent: counts.skipped + counts.expired + counts.cancelled,
  }
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

// The sentences of live pages and reports. Templates are filled here and, while a page is open, by its script.
import type { MessageStatus } from '../domain/message-status.ts'
import type { NotDelivered } from '../domain/report.ts'
import type { ResultPart } from '../domain/results.ts'
import { explainFailure } from '../engine/report/reasons.ts'
import type { Format } from './format.ts'
import { notSentText, statusWords } from './words.ts'

export const liveTemplates = {
  rate: '{rate}/s',
  left: '{time} left',
  later: '{count} wait until {time}',
  said: '{done} of {audience} done, {failed} failed.',
} as const

export function filled(template: keyof typeof liveTemplates, values: Readonly<Record<string, string>>): string {
  return liveTemplates[template].replace(/\{(\w+)\}/g, (_, name: string) => values[name] ?? '')
}

/** Labels of the chart and the note below it. */
export const chartWords = {
  accepted: 'Accepted',
  delivered: 'Delivered',
  read: 'Read',
  failed: 'Failed',
  time: 'Time',
  note: 'Messages so far',
} as const

/** "1,602 of 2,004 delivered (80%), half of them read." */
export function reportHeadline(parts: Record<ResultPart, number>, format: Format): string {
  const audience = Object.values(parts).reduce((sum, count) => sum + count, 0)
  const delivered = parts.delivered + parts.read
  const begin = `${format.number(delivered)} of ${format.number(audience)} delivered`
  if (delivered === 0) return `${begin}.`
  const share = audience === delivered ? '' : ` (${format.share(delivered / audience)})`
  return `${begin}${share}, ${readText(parts.read / delivered, format)} read.`
}

const HALF = { from: 0.48, to: 0.52 }

function readText(share: number, format: Format): string {
  if (share === 0) return 'none of them'
  if (share === 1) return 'all of them'
  return share >= HALF.from && share <= HALF.to ? 'half of them' : `${format.share(share)} of them`
}

/** Whom a row of a report is about. */
export function outcomeText(status: MessageStatus, reason: string): string {
  if (status === 'failed') return explainFailure(reason) ?? `${statusWords.failed}: ${reason}`
  return isNotDelivered(status) ? notSentText(status, reason) : statusWords[status]
}

function isNotDelivered(status: MessageStatus): status is NotDelivered {
  return ['skipped', 'failed', 'unknown', 'expired', 'cancelled'].includes(status)
}

// What the demo has to show for itself: a few messages, what the stand-in's own ledger says, and whether it all adds up.

import type { MessageStatus } from '../domain/message-status.ts'
import { messageStatuses } from '../domain/message-status.ts'
import { sumCounts } from '../domain/report.ts'
import type { ImportResult } from '../engine/import/import-result.ts'
import { exportMessages } from '../engine/report/export.ts'
import type { Report } from '../engine/report/report.ts'
import type { Verification } from '../engine/report/verify.ts'
import type { DemoStage } from './demo-stage.ts'
import type { Output } from './output.ts'

/** Columns of a terminal that has room for whole tracking ids. */
const WIDE = 100

/** What happened by the provider's own ledger. */
export interface ProviderView {
  accepted: number
  people: number
  answersLost: number
  callbacks: number
  ratePerSecond: number
}

export function viewOfProvider({ emulator }: DemoStage): ProviderView {
  const sends = emulator.ledger.filter((entry) => entry.kind === 'request' && entry.verdict === 'accepted')
  const taken = sends.flatMap((entry) => (entry.kind === 'request' ? [entry] : []))
  const ms = (taken.at(-1)?.monotonicMs ?? 0) - (taken[0]?.monotonicMs ?? 0)
  return {
    accepted: taken.length,
    people: new Set(taken.map((entry) => entry.to)).size,
    answersLost: taken.filter((entry) => entry.connectionEnd !== 'complete').length,
    callbacks: emulator.ledger.filter((entry) => entry.kind === 'webhook' && entry.outcome === 'delivered').length,
    ratePerSecond: ms === 0 ? 0 : Math.round(((taken.length - 1) / ms) * 10_000) / 10,
  }
}

/** A line of the export, by column. */
export type ExampleMessage = Record<string, string | number | null>

/** One message of each kind of fate, and a few more. */
export async function exampleMessages({ app: { ctx } }: DemoStage, name: string): Promise<ExampleMessage[]> {
  const wanted: [MessageStatus, number][] = [
    ['read', 2],
    ['delivered', 2],
    ['failed', 1],
    ['skipped', 1],
  ]
  const found: ExampleMessage[] = []
  for (const [status, count] of wanted) {
    const { header, lines } = await exportMessages(ctx, name, { statuses: [status], isRaw: true })
    let left = count
    for await (const slice of lines) {
      const some = slice.slice(0, left)
      found.push(...some.map((line) => Object.fromEntries(header.map((column, at) => [column, line[at] ?? null]))))
      left -= some.length
      if (left === 0) break
    }
  }
  return found
}

export function showMessages(output: Output, messages: ExampleMessage[]): void {
  output.table(
    ['phone', 'status', 'tracking id, or why not'],
    messages.map(({ phone, status, reason, provider_code, tracking_id }) => [
      phone ?? null,
      status ?? null,
      status === 'failed' ? `code ${provider_code ?? reason}` : shortened(tracking_id ?? reason ?? ''),
    ]),
    '',
  )
}

/** A tracking id with its middle left out where the terminal has no room for it. */
function shortened(text: string | number): string {
  const id = String(text)
  return (process.stdout.columns ?? WIDE) >= WIDE || id.length <= 40 ? id : `${id.slice(0, 26)}…${id.slice(-12)}`
}

export interface Books {
  imported: ImportResult
  report: Report
  provider: ProviderView
  verification: Verification
}

export interface BookEntry {
  ok: boolean
  says: string
}

/** Each sum that must come out, with its numbers. */
export function balanceBooks({ imported, report, provider, verification }: Books): BookEntry[] {
  const { byStatus, audience } = report.totals
  const { rows, added, duplicates, rejected } = imported
  const reported = audience - byStatus.skipped
  const sum = messageStatuses
    .filter((status) => byStatus[status] > 0)
    .map((status) => `${byStatus[status]} ${status}`)
    .join(' + ')
  return [
    {
      ok: rows === added + duplicates + rejected,
      says: `${rows} lines = ${added} added + ${duplicates} duplicate + ${rejected} rejected`,
    },
    { ok: audience === added && sumCounts(byStatus) === audience, says: `${audience} people = ${sum}` },
    {
      ok: provider.accepted === reported && provider.people === provider.accepted,
      says: `${reported} not skipped = ${provider.accepted} taken by the stand-in, for ${provider.people} different phones`,
    },
    { ok: verification.ok, says: `herald verify recounted everything: ${verification.checks.length} checks` },
  ]
}

// What the emulator's ledger and the database must agree on, whatever was killed in between. The database is read as a
// stranger reads it; only `verify` is the product's own word.
import { expect } from 'vitest'
import { reportOf } from '../../src/engine/report/report.ts'
import { verify } from '../../src/engine/report/verify.ts'
import { type EmulatedMeta, withApp } from './emulated-meta.ts'
import { lookInto } from './herald-process.ts'

interface Row {
  phone: string
  status: string
}

const sure = ['accepted', 'sent', 'delivered', 'read']

/** Nobody twice, nobody forgotten, every call announced; returns how many messages have each status. */
export async function expectDelivered(
  dir: string,
  meta: EmulatedMeta,
  people: number,
): Promise<Record<string, number>> {
  const rows = lookInto(dir)
    .prepare('SELECT c.phone, m.status FROM messages m JOIN contacts c ON c.id = m.contact_id')
    .all() as Row[]
  const phones = acceptedPhones(meta)
  expect(new Set(phones).size).toBe(phones.length)
  const references = meta.sends().map((entry) => entry.reference)
  expect(new Set(references).size).toBe(references.length)
  const attempts = lookInto(dir).prepare('SELECT count(*) FROM attempts').pluck().get() as number
  expect(attempts).toBeGreaterThanOrEqual(references.length)
  expect(rows).toHaveLength(people)
  const known = new Map(rows.map((row) => [row.phone, row.status]))
  expect(rows.filter(({ phone, status }) => sure.includes(status) && !phones.includes(phone))).toEqual([])
  expect(phones.filter((phone) => ![...sure, 'unknown'].includes(known.get(phone) ?? ''))).toEqual([])
  await expectBooks(dir, people)
  return countBy(rows)
}

export function acceptedPhones(meta: EmulatedMeta): string[] {
  const accepted = meta.sends().filter((entry) => entry.verdict === 'accepted')
  return accepted.map((entry) => `+${entry.to?.replace(/\D/g, '')}`)
}

async function expectBooks(dir: string, people: number): Promise<void> {
  await withApp(dir, async ({ ctx }) => {
    const { checks } = await verify(ctx)
    expect(checks.filter((check) => !check.ok)).toEqual([])
    const { totals } = await reportOf(ctx, 'Spring sale')
    expect(totals.audience).toBe(people)
    expect(Object.values(totals.byStatus).reduce((sum, count) => sum + count, 0)).toBe(people)
  })
}

function countBy(rows: Row[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { status } of rows) counts[status] = (counts[status] ?? 0) + 1
  return counts
}

/** Most calls in any second, counted at their starts in all processes. */
export function mostInASecond(dir: string): number {
  const starts = lookInto(dir)
    .prepare(`SELECT start_at_us FROM attempts WHERE coalesce(outcome, '') <> 'not_started' ORDER BY 1`)
    .pluck()
    .all() as number[]
  return most(starts, 1_000_000)
}

/**
 * How far two requests may move towards each other between our start and the provider's look at its clock. On a busy
 * machine it looks late, at several at once.
 */
const ON_THE_WAY_MS = 150

/** Most calls in any second by the provider's clock. */
export function mostArrivedInASecond(meta: EmulatedMeta): number {
  const arrivals = meta.sends().map((entry) => entry.monotonicMs)
  return most(arrivals, 1_000 - ON_THE_WAY_MS)
}

function most(times: readonly number[], window: number): number {
  return Math.max(0, ...times.map((start) => times.filter((at) => at >= start && at < start + window).length))
}

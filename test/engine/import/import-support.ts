// What tests of imports look at: the contacts that came of a file, and the files that an import writes.
import { readFileSync } from 'node:fs'
import { parse } from 'csv-parse/sync'
import type { TestApp } from '../../support/open-test-app.ts'

/** Members of a list in the order in which they were stored, with their attributes. */
export async function contactsOf({ ctx }: TestApp, list = 'people'): Promise<Record<string, string>[]> {
  const rows = await ctx.db.read((tx) =>
    tx.all<{ phone: string; attributes: string }>(
      `SELECT c.phone, c.attributes FROM contacts c JOIN list_members m ON m.contact_id = c.id JOIN lists l ON l.id = m.list_id
       WHERE l.name = ? ORDER BY c.key`,
      [list],
    ),
  )
  return rows.map(({ phone, attributes }) => ({ phone, ...(JSON.parse(attributes) as Record<string, string>) }))
}

/** Text with a byte-order mark, as spreadsheets save "Unicode text". */
export function utf16(text: string, order: 'le' | 'be'): Buffer {
  const bytes = Buffer.from(`\ufeff${text}`, 'utf16le')
  return order === 'le' ? bytes : bytes.swap16()
}

/** The rows of a CSV file by their header. */
export function readCsv(path: string): Record<string, string>[] {
  return parse(readFileSync(path), { columns: true, relax_column_count: true }) as Record<string, string>[]
}

/** The six buckets; they add up to the rows. */
export function sumOfBuckets(result: {
  added: number
  updated: number
  unchanged: number
  duplicates: number
  suppressed: number
  rejected: number
}): number {
  return result.added + result.updated + result.unchanged + result.duplicates + result.suppressed + result.rejected
}

/** Every record of a CSV text, the header included. */
export function readRecords(text: string): string[][] {
  return parse(text, { relax_column_count: true }) as string[][]
}

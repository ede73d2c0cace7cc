// Every line of a file ends in exactly one bucket, and the rejected ones come back in a file that can be mended.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { showContact } from '../../../src/engine/contacts/contacts.ts'
import { exportContacts } from '../../../src/engine/contacts/export-contacts.ts'
import { addSuppression, showSuppressions } from '../../../src/engine/contacts/suppressions.ts'
import { isBlankRow } from '../../../src/engine/import/blank-rows.ts'
import { importCsv } from '../../../src/engine/import/import-csv.ts'
import { pageImports, showImport } from '../../../src/engine/import/imports.ts'
import { writeRejectsFile } from '../../../src/engine/import/rejects-file.ts'
import { csvLine } from '../../../src/runtime/csv-file.ts'
import { csvFile, importLines, openTestApp, phoneNumber } from '../../support/open-test-app.ts'
import { contactsOf, readCsv, readRecords, sumOfBuckets } from './import-support.ts'

describe('one person twice in a file', () => {
  it('IM-02 keeps the first line and names both when their data are equal', async () => {
    const test = await openTestApp()
    const result = await importLines(test, [
      'phone,name',
      '+12025550101,Ann',
      '+12025550102,Bob',
      '+1 202 555-0101,Ann',
    ])
    expect(result).toMatchObject({ rows: 3, added: 2, duplicates: 1, warnings: {} })
    expect(result.repeats).toEqual([{ line: 4, keptLine: 2, differs: false, phone: '+12025550101' }])
  })

  it.each([
    ['first', 'Ann', { line: 4, keptLine: 2, differs: true, phone: '+12025550101' }],
    ['last', 'Anna', { line: 2, keptLine: 4, differs: true, phone: '+12025550101' }],
  ] as const)('IM-03 keeps the %s line and warns when their data differ', async (onDuplicate, name, repeat) => {
    const test = await openTestApp()
    const lines = ['phone,name', '+12025550101,Ann', '+12025550102,Bob', '+12025550101,Anna']
    const result = await importLines(test, lines, { onDuplicate })
    expect(result).toMatchObject({ rows: 3, added: 2, duplicates: 1, warnings: { duplicate_conflict: 1 } })
    expect(result.repeats).toEqual([repeat])
    expect((await contactsOf(test))[0]).toEqual({ phone: '+12025550101', name })
  })
})

describe('people who must not be messaged', () => {
  it('IM-11 become members and stay suppressed', async () => {
    const test = await openTestApp()
    await addSuppression(test.ctx, '+12025550101', { reason: 'opted_out', scope: 'marketing' })
    const result = await importLines(test, ['phone,consent', '+12025550101,yes', '+12025550102,yes'])
    expect(result).toMatchObject({ rows: 2, added: 1, suppressed: 1 })
    expect(await contactsOf(test)).toHaveLength(2)
    expect(await showSuppressions(test.ctx, { limit: 9 })).toHaveLength(1)
    expect(await importLines(test, ['phone,consent', '+12025550101,ja'])).toMatchObject({ suppressed: 1 })
    expect(await showSuppressions(test.ctx, { limit: 9 })).toHaveLength(1)
  })

  it('IM-12 are not brought back by a status column, and the import says so', async () => {
    const test = await openTestApp()
    await addSuppression(test.ctx, '+12025550101')
    const result = await importLines(test, ['phone,status', '+12025550101,subscribed', '+12025550102,subscribed'])
    expect(result).toMatchObject({ suppressed: 1, warnings: { status_ignored: 1 } })
    expect((await showContact(test.ctx, '+12025550101')).suppressions).toHaveLength(1)
  })

  it('are those whose line says no', async () => {
    const test = await openTestApp()
    await importLines(test, ['phone,opt_in', '+12025550101,nein', '+12025550102,ja', '+12025550103,'])
    const [only, ...others] = await showSuppressions(test.ctx, { limit: 9 })
    expect(only).toMatchObject({
      phone: '+12025550101',
      scope: 'marketing',
      evidence: expect.stringContaining('line 2'),
    })
    expect(others).toEqual([])
  })
})

describe('cells', () => {
  it('IM-22 an unknown time zone is warned of, and the zone comes from the number', async () => {
    const test = await openTestApp()
    const result = await importLines(test, [
      'phone,time_zone',
      '+4915123456701,Mars/Phobos',
      '+4915123456702,Asia/Tokyo',
    ])
    expect(result).toMatchObject({ added: 2, rejected: 0, warnings: { zone_invalid: 1 } })
    expect((await showContact(test.ctx, '+4915123456701')).zone).toBe('Europe/Berlin')
    expect((await showContact(test.ctx, '+4915123456702')).zone).toBe('Asia/Tokyo')
  })

  it('IM-24 that a spreadsheet would calculate are neutralised in an export and come back as they were', async () => {
    const test = await openTestApp()
    const risky = ['=1+1', '+cmd', '-2+3', '@SUM(A1)', '\ttab', "'quoted", '＝1']
    const lines = risky.map((cell, n) => `${phoneNumber(n)},"${cell}"`)
    await importLines(test, ['phone,note', ...lines, `${phoneNumber(90)},plain`])
    const before = await contactsOf(test)
    const { header, lines: slices } = await exportContacts(test.ctx, { lists: ['people'] }, false)
    let text = csvLine(header)
    for await (const slice of slices) for (const cells of slice) text += csvLine(cells)
    const rows = readCsv(csvFile(test.dir, text))
    for (const { note, phone } of rows) {
      expect(note).not.toMatch(/^[=+\-@\t＝]/)
      // Without + no spreadsheet takes a phone for a sum.
      expect(phone).toMatch(/^\d+$/)
    }
    await importCsv(test.ctx, {
      path: csvFile(test.dir, text),
      list: 'again',
      isInternational: true,
      rejectsPath: null,
    })
    expect(await contactsOf(test, 'again')).toEqual(before)
  })

  it('text that looks like code is stored as text', async () => {
    const test = await openTestApp()
    const code = [
      '<script>alert(1)</script>',
      '{{ contact.phone }}',
      '{% include x %}',
      '\u0024{7*7}',
      '\u202eabc',
      'a\u200bb',
    ]
    await importLines(test, ['phone,name', ...code.map((text, n) => `${phoneNumber(n)},${text}`)])
    expect((await contactsOf(test)).map((contact) => contact.name)).toEqual(code)
  })
})

describe('rejected lines', () => {
  it('with too few cells are rejected again until somebody has mended them', async () => {
    const test = await openTestApp()
    const path = csvFile(test.dir, 'phone,name,city\n+12025550101,Ann,Rome\n+12025550102,Leeds\n', 'short.csv')
    await importCsv(test.ctx, { path, list: 'people', isForced: true, strictColumns: true })
    const rejects = join(test.dir, 'short.rejects.csv')
    expect(readFileSync(rejects, 'utf8')).toContain('\n+12025550102,Leeds,3,csv.column_count,')
    const again = { path: rejects, list: 'people', isForced: true, rejectsPath: null }
    expect(await importCsv(test.ctx, again)).toMatchObject({ added: 0, rejectedBy: { 'csv.column_count': 1 } })
  })

  it('IM-17 of a large file come back with their cells, line, code and hint, and can be mended and imported alone', async () => {
    const test = await openTestApp()
    const lines = Array.from({ length: 100_000 }, (_, n) => `+49151${String(20_000_000 + n)},N${n},"Köln; ${n}"`)
    lines[500] = '4.91512E+12,Ann,"Ulm, ""Mitte"""'
    lines[60_000] = '+49151,Bob,Kiel'
    lines[99_999] = '+4915199999999,too,many,fields'
    const path = csvFile(test.dir, `phone,name,city\n${lines.join('\n')}\n`, 'big.csv')
    const result = await importCsv(test.ctx, { path, list: 'people' })
    expect(result).toMatchObject({
      rows: 100_000,
      added: 99_997,
      rejected: 3,
      rejectsFile: join(test.dir, 'big.rejects.csv'),
    })
    const rejects = readFileSync(join(test.dir, 'big.rejects.csv'), 'utf8').split('\n')
    expect(rejects[0]).toBe('phone,name,city,herald_line,herald_code,herald_hint')
    expect(rejects[1]).toContain('4.91512E+12,Ann,"Ulm, ""Mitte""",502,phone.scientific,')
    expect(rejects[1]).toContain('format the column as text')
    expect(rejects[2]).toContain('+49151,Bob,Kiel,60002,phone.too_short,')
    expect(rejects[3]).toContain('+4915199999999,too,many,fields,100001,csv.column_count,')

    const mended = rejects
      .join('\n')
      .replace('4.91512E+12', '+4915120000500')
      .replace('+49151,Bob', '+4915120060000,Bob')
      .replace('too,many,fields', 'Cid,Bonn')
    const alone = await importCsv(test.ctx, { path: csvFile(test.dir, mended, 'mended.csv'), list: 'people' })
    expect(alone).toMatchObject({ rows: 3, added: 3, rejected: 0, rejectsFile: null })
    expect((await contactsOf(test)).filter(({ city }) => city === 'Bonn' || city === 'Ulm, "Mitte"')).toEqual([
      { phone: '+4915120000500', name: 'Ann', city: 'Ulm, "Mitte"' },
      { phone: '+4915199999999', name: 'Cid', city: 'Bonn' },
    ])
  })

  it('that were not mended are rejected again, and their file can go round as often as needed', async () => {
    const test = await openTestApp()
    const lines = [
      'phone,name',
      '+12,Ann',
      `${phoneNumber(1)},a,b`,
      ...[2, 3, 4, 5, 6, 7].map((n) => `${phoneNumber(n)},x`),
    ]
    const path = csvFile(test.dir, `${lines.join('\n')}\n`, 'a.csv')
    const { importId } = await importCsv(test.ctx, { path, list: 'people' })
    const again = await importCsv(test.ctx, { path: join(test.dir, 'a.rejects.csv'), list: 'people', isForced: true })
    expect(again).toMatchObject({ rows: 2, rejected: 2 })
    const third = await importCsv(test.ctx, { path: again.rejectsFile ?? '', list: 'people', isForced: true })
    expect(third).toMatchObject({ rows: 2, rejected: 2 })
    const written = await writeRejectsFile(test.ctx, importId ?? '', join(test.dir, 'from-database.csv'), false)
    expect(written.rejected).toBe(2)
    expect(readFileSync(written.path)).toEqual(readFileSync(join(test.dir, 'a.rejects.csv')))
  })

  it('never overwrite a file that was not given up, nor the file that is read', async () => {
    const test = await openTestApp()
    const lines = `phone\n+12\n${[1, 2, 3, 4].map((n) => `${phoneNumber(n)}\n`).join('')}`
    const path = csvFile(test.dir, lines, 'a.csv')
    const taken = csvFile(test.dir, 'mine', 'taken.csv')
    const options = { path, list: 'people' }
    await expect(importCsv(test.ctx, { ...options, rejectsPath: taken })).rejects.toMatchObject({ code: 'file.exists' })
    await expect(importCsv(test.ctx, { ...options, rejectsPath: path, isForced: true })).rejects.toMatchObject({
      code: 'file.exists',
    })
    expect(readFileSync(path, 'utf8')).toBe(lines)
    expect(readFileSync(taken, 'utf8')).toBe('mine')
    writeFileSync(join(test.dir, 'a.rejects.csv'), 'mine too')
    expect((await importCsv(test.ctx, options)).rejectsFile).toBe(join(test.dir, 'a.rejects-2.csv'))
  })

  it('IM-18 above a quarter refuse the file: nothing is applied, and the report names them', async () => {
    const test = await openTestApp()
    const lines = ['phone', '+12', '+4.9E12', ...[1, 2, 3, 4, 5].map(phoneNumber)]
    const path = csvFile(test.dir, `${lines.join('\n')}\n`, 'bad.csv')
    await expect(importCsv(test.ctx, { path, list: 'people' })).rejects.toMatchObject({
      code: 'csv.too_many_rejects',
      details: {
        rows: 7,
        added: 5,
        rejected: 2,
        rejectsFile: join(test.dir, 'bad.rejects.csv'),
        rejectedBy: { 'phone.too_short': 1, 'phone.scientific': 1 },
        examples: [expect.objectContaining({ line: 2 }), expect.objectContaining({ line: 3 })],
      },
    })
    expect(await pageImports(test.ctx, { limit: 10 })).toEqual([])
    expect(await contactsOf(test)).toEqual([])
    const forced = await importCsv(test.ctx, { path, list: 'people', isForced: true, rejectsPath: null })
    expect(forced).toMatchObject({ added: 5, rejected: 2 })
    expect((await showImport(test.ctx, forced.importId ?? '')).rejects).toHaveLength(2)
  })

  it('of exactly a quarter do not refuse it', async () => {
    const test = await openTestApp()
    expect(await importLines(test, ['phone', '+12', ...[1, 2, 3].map(phoneNumber)])).toMatchObject({
      added: 3,
      rejected: 1,
    })
  })
})

describe('a dry run', () => {
  it('counts what would happen and stores nothing', async () => {
    const test = await openTestApp()
    await importLines(test, ['phone,name', '+12025550101,Ann', '+12025550102,Bob'])
    const lines = ['phone,name', '+12025550101,Anna', '+12025550102,Bob', '+12025550103,Cid', '+12', '+12025550103,Cid']
    const dry = await importLines(test, lines, { isDryRun: true })
    expect(dry).toMatchObject({ importId: null, dryRun: true, rejectsFile: null })
    expect(dry).toMatchObject({ rows: 5, added: 1, updated: 1, unchanged: 1, duplicates: 1, rejected: 1 })
    expect(await pageImports(test.ctx, { limit: 10 })).toHaveLength(1)
    expect((await contactsOf(test)).map(({ name }) => name)).toEqual(['Ann', 'Bob'])
    const { added, updated, unchanged, duplicates, rejected } = await importLines(test, lines)
    expect({ added, updated, unchanged, duplicates, rejected }).toEqual({
      added: dry.added,
      updated: dry.updated,
      unchanged: dry.unchanged,
      duplicates: dry.duplicates,
      rejected: dry.rejected,
    })
  })
})

describe('any file', () => {
  // Many NULs make a file look like UTF-16, which is refused whole: only few are drawn.
  const phone = fc.oneof(
    { weight: 6, arbitrary: fc.integer({ min: 0, max: 25 }).map(phoneNumber) },
    { weight: 1, arbitrary: fc.constantFrom('', '+12', '4.9E12', 'n/a', '0151 23456789', '=+12025550101', '"') },
    {
      weight: 1,
      arbitrary: fc.string({ unit: 'binary', maxLength: 12 }).map((text) => text.replaceAll('\u0000', '\u0001')),
    },
  )
  const cell = fc.oneof(
    fc.constantFrom(
      '',
      'Ann',
      'a,b',
      'x\ny',
      'r\r\ns',
      '"',
      '""',
      "'",
      '=1',
      'a text with one \u0000 in it',
      'é',
      '😀',
      'x'.repeat(70_000),
    ),
    fc.string({ unit: 'grapheme', maxLength: 8 }),
  )
  const quote = (text: string) =>
    /[",\r\n]/.test(text) || text.trim() !== text ? `"${text.replaceAll('"', '""')}"` : text
  const line = fc
    .record({ phone, cells: fc.array(cell, { minLength: 0, maxLength: 3 }) })
    .map(({ phone: first, cells }) => ({ cells: [first, ...cells], text: [first, ...cells].map(quote).join(',') }))

  it('has as many rows as its six buckets together, and each of its lines in exactly one', {
    timeout: 60_000,
  }, async () => {
    const test = await openTestApp()
    await addSuppression(test.ctx, phoneNumber(3))
    let round = 0
    await fc.assert(
      fc.asyncProperty(
        fc.array(line, { minLength: 1, maxLength: 25 }),
        fc.constantFrom('\n', '\r\n', '\r'),
        async (lines, end) => {
          const records = lines.filter(({ cells }) => !isBlankRow(cells))
          fc.pre(records.length > 0)
          const texts = lines.map(({ text }) => text)
          const path = csvFile(test.dir, ['phone,name,note', ...texts].join(end), `any-${++round}.csv`)
          const rejectsPath = join(test.dir, `any-${round}.out`)
          const result = await importCsv(test.ctx, { path, list: `list ${round % 5}`, isForced: true, rejectsPath })
          expect(result.rows).toBe(records.length)
          expect(sumOfBuckets(result)).toBe(records.length)
          const rejectedLines = result.rejectsFile === null ? [] : linesOfRejects(result.rejectsFile)
          expect(rejectedLines).toHaveLength(result.rejected)
          expect(new Set(rejectedLines).size).toBe(result.rejected)
          expect(Object.values(result.rejectedBy).reduce((sum, count) => sum + count, 0)).toBe(result.rejected)
        },
      ),
      { numRuns: 40 },
    )
  })
})

/** The line numbers that a rejects file gives; they stand third from the end, whatever the line held. */
function linesOfRejects(path: string): number[] {
  const records = readRecords(readFileSync(path, 'utf8'))
  return records.slice(1).map((cells) => Number(cells.at(-3)))
}

// Samples of everything that others write, changed by chance: a reader answers or refuses, whatever comes. `npm run fuzz`
// does the same for as long as it is given.
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { AppError } from '../../src/domain/errors.ts'
import { importCsv } from '../../src/engine/import/import-csv.ts'
import { sumOfBuckets } from '../engine/import/import-support.ts'
import { changedTexts, foreignReadings } from '../support/foreign-readings.ts'
import { csvFile, openTestApp } from '../support/open-test-app.ts'

describe('F9: a changed sample', () => {
  it.each(foreignReadings)('F9: of $name is read or refused', ({ samples, read }) => {
    for (const sample of samples) read(sample)
    fc.assert(fc.property(changedTexts(samples), read), { numRuns: 60, seed: 20270601 })
  })

  it('F9: of a table is imported with every line in one bucket, or refused', async () => {
    const test = await openTestApp()
    const samples = ['contacts.csv', 'contacts-excel-semicolon.csv'].map((name) =>
      readFileSync(new URL(`../../samples/${name}`, import.meta.url), 'latin1'),
    )
    let imported = 0
    let lists = 0
    const property = fc.asyncProperty(changedTexts(samples), async (text) => {
      const path = csvFile(test.dir, Buffer.from(text, 'latin1'))
      try {
        const result = await importCsv(test.ctx, {
          path,
          list: `list ${++lists}`,
          rejectsPath: null,
          isForced: true,
        })
        expect(sumOfBuckets(result)).toBe(result.rows)
        imported++
      } catch (error) {
        if (!(error instanceof AppError)) throw error
      }
    })
    await fc.assert(property, { numRuns: 20, seed: 20270601 })
    expect(imported).toBeGreaterThan(2)
  })
})

// A chunk of an import reads the people of the chunk, however many the list has already. Plans are asked; no clock is.
import SqliteConnection from 'better-sqlite3'
import { expect, it } from 'vitest'
import { importCsv } from '../../../src/engine/import/import-csv.ts'
import { countStatements } from '../../support/counted-statements.ts'
import { csvFile, openTestApp } from '../../support/open-test-app.ts'

it('F12: a chunk of an import looks up each of its people, and reads no list from end to end', async () => {
  const test = await openTestApp()
  const path = csvFile(test.dir, 'phone,name\n+12025550101,Ann\n+12025550102,Bob\n', 'people.csv')
  const counted = countStatements()
  await importCsv(test.ctx, { path, list: 'people', rejectsPath: null })
  const explain = new SqliteConnection(test.dbPath)
  explain.exec(`ATTACH ':memory:' AS staging;
    CREATE TABLE staging.sorted (n INTEGER PRIMARY KEY, line, key TEXT, phone, attributes, zone, zone_guess, consent, suppressed);
    CREATE UNIQUE INDEX staging.sorted_key ON sorted (key)`)
  const ofChunks = [...new Set(counted.texts())].filter((sql) => sql.includes('s.n > ? AND s.n <= ?'))
  expect(ofChunks.some((sql) => sql.includes('INTO import_changes'))).toBe(true)
  const details = ofChunks.flatMap((sql) => {
    const params = [...sql.matchAll(/\?/g)].map(() => 1)
    return explain.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...params) as { detail: string }[]
  })
  explain.close()
  const whole = details.filter(({ detail }) => /^SCAN (?:c|lm|x|contacts)\b|SEARCH lm .*\(list_id=\?\)/.test(detail))
  expect(whole).toEqual([])
})

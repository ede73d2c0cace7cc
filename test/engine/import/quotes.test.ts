// Stray quotes: text where a cell opens without one; else the file is refused, and the line where the quote opened is named.
import { describe, expect, it } from 'vitest'
import { importSuppressions } from '../../../src/engine/contacts/suppressions.ts'
import { importCsv } from '../../../src/engine/import/import-csv.ts'
import type { ImportResult } from '../../../src/engine/import/import-result.ts'
import { QuoteScanner } from '../../../src/engine/import/quote-check.ts'
import { csvFile, openTestApp, type TestApp } from '../../support/open-test-app.ts'
import { contactsOf } from './import-support.ts'

async function importText(text: string): Promise<ImportResult & { test: TestApp }> {
  const test = await openTestApp()
  const result = await importCsv(test.ctx, { path: csvFile(test.dir, text), list: 'people', rejectsPath: null })
  return { ...result, test }
}

const lines = (...all: string[]) => `${all.join('\n')}\n`
const [ann, bea, cid, dan] = ['+447700900001', '+447700900002', '+447700900003', '+447700900004'] as const
const fillers = Array.from({ length: 40_000 }, (_, n) => `+4915123${String(n).padStart(6, '0')},x`)

describe('a lone quote that swallows people', () => {
  it.each<[string, string, number]>([
    ['before two names', lines('phone,name', `${ann},"Ann`, `${bea},Bea`, `${cid},"Cid`, `${dan},Dan`), 2],
    ['before a name and as a ditto mark', lines('phone,name', `${ann},"Ann`, `${bea},Bea`, `${cid},"`, `${dan},D`), 2],
    ['as ditto marks', lines('phone,name,city', `${ann},Ann,"`, `${bea},Bea,"`, `${cid},Cid,Ulm`), 2],
    ['as ditto marks below one another', lines('phone,name,city', `${ann},A,Ulm`, `${bea},B,"`, `${cid},C,"`), 3],
    ['before two phones', lines('phone,name', `"${ann},Ann`, `${bea},Bea`, `"${cid},Cid`), 2],
    ['before phones in the last column', lines('name,phone', `Ann,"${ann}`, `Bea,${bea}`, `Cid,${cid}"`), 2],
    ['with a properly quoted cell behind it', lines('phone,name', `${ann},"Ann`, `${bea},"Bea"`, `${cid},Cid`), 2],
    ['with an empty quoted cell behind it', lines('phone,name', `${ann},"Ann`, `${bea},""`, `${cid},"Cid"`), 2],
    ['before a short line', lines('phone,name,city', `${ann},"Ann`, `${bea},Bea`, `${cid},",x`), 2],
    ['of a national number', lines('name,phone,x', `Ann,${ann},"a`, 'Bea,(020) 7946 0001,b', `Cid,${cid},"`), 2],
    ['with Windows line ends', lines('phone,name', `${ann},"Ann`, `${bea},B`, `${cid},"`).replaceAll('\n', '\r\n'), 2],
    ['below a sep= line', `sep=;\r\n${lines('phone;name', `${ann};"Ann`, `${bea};B`, `${cid};"`)}`, 3],
    ['far down', lines('phone,name', ...fillers, `${ann},"Ann`, `${bea},Bea`, `${cid},"Cid`, `${dan},Dan`), 40_002],
    ['far down, closed', lines('phone,name', ...fillers, `${ann},"Ann`, `${bea},Bea`, `${cid},"`), 40_002],
    ['behind a cell of two lines', lines('phone,note,name', `${ann},"a`, 'b","Ann', `${bea},x,Bea`, `${cid},y,"`), 3],
  ])('I1: %s is refused with the line where it opened', async (_where, text, line) => {
    await expect(importText(text)).rejects.toMatchObject({
      code: 'csv.unclosed_quote',
      message: expect.stringContaining(`line ${line}: a quote opens`),
    })
  })

  it('I1: swallows no number to suppress either', async () => {
    const test = await openTestApp()
    for (const text of [lines('phone', `"${ann}`, bea, `${cid}"`), lines(`${ann},"x`, bea, `${cid},"y`)]) {
      const path = csvFile(test.dir, text)
      await expect(importSuppressions(test.ctx, { path }, {})).rejects.toMatchObject({ code: 'csv.unclosed_quote' })
    }
  })
})

describe('a quote inside a quoted cell', () => {
  it.each([
    ['S11: in a name', `${ann},"Ben "B" Becker"`],
    ['S11: behind the closing one', `${ann},"Ben" Becker`],
    ['S11: before a blank and the delimiter', `"${ann}" ,Ben`],
  ])('%s is refused with its line and cell', async (_where, line) => {
    await expect(importText(lines('phone,name', `${bea},"one`, 'two"', line))).rejects.toMatchObject({
      code: 'csv.bad_quote',
      message: expect.stringMatching(/line 4: cell [12] begins with a quote/),
    })
  })
})

describe('quotes that are text', () => {
  it('S11: stay in a cell that opens without one', async () => {
    const { test, ...result } = await importText(
      lines('phone,size,name', `${ann},5",Ann "A" Ash`, `${bea},-"-,Bea"`, `${cid},"7""","say ""hi"""`, `${dan},"",''`),
    )
    expect(result).toMatchObject({ rows: 4, added: 4, rejected: 0 })
    expect((await contactsOf(test)).map(({ size, name }) => [size, name])).toEqual([
      ['5"', 'Ann "A" Ash'],
      ['-"-', 'Bea"'],
      ['7"', 'say "hi"'],
      [undefined, "''"],
    ])
  })

  it.each([
    ['an address', '12 High Street\nLeeds, UK\n+44 113 496 0000'],
    ['a note that begins with a year', 'moved\n2019, to Ulm'],
    ['two phones without anything else', '+447700900008\n+447700900009'],
  ])('I1: %s of several lines is no person', async (_what, note) => {
    const { test, ...result } = await importText(lines('phone,name,note', `${ann},Ann,"${note}"`, `${bea},Bea,x`))
    expect(result).toMatchObject({ rows: 2, added: 2 })
    expect((await contactsOf(test))[0]?.note).toBe(note)
  })
})

describe('lines', () => {
  it('I1: rows and physical lines are both told', async () => {
    const result = await importText(`phone,name\r\n${ann},"A\r\nB"\r\n\r\n${bea},b\n,\n${cid},c`)
    expect(result).toMatchObject({ rows: 3, lines: 7, blankLines: 2 })
  })

  it('I1: are counted alike in whatever pieces the file comes', () => {
    const bytes = Buffer.from('a,"b\r\nc"\r\r\n\n"d""e",f\ng')
    const whole = new QuoteScanner([','])
    whole.add(bytes)
    const single = new QuoteScanner([','])
    for (const byte of bytes) single.add(Buffer.from([byte]))
    expect([whole.lines, single.lines, whole.openAt, single.openAt]).toEqual([6, 6, undefined, undefined])
  })
})

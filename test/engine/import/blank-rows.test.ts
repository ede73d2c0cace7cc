// What spreadsheets and address books leave in their files: blank lines, columns of nothing, short and long lines.
import { describe, expect, it } from 'vitest'
import { importCsv } from '../../../src/engine/import/import-csv.ts'
import type { ImportResult } from '../../../src/engine/import/import-result.ts'
import { csvFile, openTestApp, type TestApp } from '../../support/open-test-app.ts'
import { contactsOf } from './import-support.ts'

async function importText(
  text: string,
  options: Partial<Parameters<typeof importCsv>[1]> = {},
): Promise<ImportResult & { test: TestApp }> {
  const test = await openTestApp()
  const path = csvFile(test.dir, text)
  const result = await importCsv(test.ctx, { path, list: 'people', rejectsPath: null, ...options })
  return { ...result, test }
}

const [ann, bea, cid, dan] = ['+447700900191', '+447700900192', '+447700900193', '+447700900194'] as const

describe('blank lines', () => {
  it.each([
    ['delimiters', ',,'],
    ['delimiters and blanks', ' , \t, '],
    ['empty quotes', '"","",""'],
    ['blanks in quotes', '" ",,"\n"'],
    ['one pair of quotes', '""'],
    ['characters that nobody sees', '\u200b,\u00a0,\ufeff'],
    ['more delimiters than the header', ',,,,,'],
  ])('I9: of %s are counted, and reject nothing', async (_what, blank) => {
    const { rows, added, rejected, blankLines } = await importText(
      `phone,name,city\n${ann},Ann,Ulm\n${`${blank}\n`.repeat(5)}${bea},Bea,Ulm\n`,
    )
    const each = blank.includes('\n') ? 2 : 1
    expect({ rows, added, rejected, blankLines }).toEqual({ rows: 2, added: 2, rejected: 0, blankLines: 5 * each })
  })

  it('I9: alone below a header are no rows', async () => {
    await expect(importText('phone,name\n,\n"",""\n')).rejects.toMatchObject({ code: 'csv.no_rows' })
    await expect(importText(',,\n , \n"",\n')).rejects.toMatchObject({ code: 'csv.empty' })
  })
})

describe('columns of nothing', () => {
  it.each([
    ['at the end', `phone,name,\n${ann},Ann,\n${bea},Bea,\n`, 'column 3 has no name and no values: it is left out'],
    ['twice at the end', `phone,name,,\n${ann},Ann, ,""\n`, 'columns 3, 4 have no name and no values'],
    ['in between', `phone,,name\n${ann},,Ann\n`, 'column 2 has no name and no values'],
    ['missing in the lines', `phone,name,\n${ann},Ann\n`, 'column 3 has no name'],
  ])('I12: %s are left out with a note', async (_where, text, note) => {
    const { test, ...result } = await importText(text)
    expect(result.notes).toEqual([expect.stringContaining(note)])
    expect((await contactsOf(test))[0]).toEqual({ phone: ann, name: 'Ann' })
  })

  it('I12: with a value far down refuse the file with its line', async () => {
    const rows = Array.from({ length: 5_000 }, (_, n) => `+4915123${String(n).padStart(6, '0')},x,\n`).join('')
    await expect(importText(`phone,name,\n${rows}${ann},Ann,here\n`)).rejects.toMatchObject({
      code: 'csv.empty_column_name',
      message: expect.stringContaining('column 3 has no name, and line 5002 has a value in it'),
    })
  })
})

describe('lines of another length', () => {
  const short = `phone,name,city,note\n${ann},Ann,Ulm,x\n${bea},Bea\n${cid}\n${dan},Dan,Ulm\n`

  it('I12: are filled where their last cells are missing, with their lines told', async () => {
    const { test, ...result } = await importText(short)
    expect(result).toMatchObject({
      added: 4,
      warnings: { short_rows_filled: 3 },
      warningLines: { short_rows_filled: [3, 4, 5] },
    })
    expect((await contactsOf(test))[1]).toEqual({ phone: bea, name: 'Bea' })
  })

  it('I12: are rejected when that is asked for', async () => {
    const { rejectedBy, added } = await importText(short, { strictColumns: true, isForced: true })
    expect([rejectedBy, added]).toEqual([{ 'csv.column_count': 3 }, 1])
  })

  it('I12: clear nothing that the file does not say', async () => {
    const { test } = await importText(`phone,name,city\n${ann},Ann,Ulm\n`)
    const path = csvFile(test.dir, `phone,name,city\n${ann},\n`)
    await importCsv(test.ctx, { path, list: 'people', overwriteBlanks: true, rejectsPath: null })
    expect(await contactsOf(test)).toEqual([{ phone: ann, city: 'Ulm' }])
  })

  it('I12: are rejected where no phone is in its place', async () => {
    const text = `name,phone,city\nAnn,${ann},Ulm\nBea,${bea},Ulm\nCid,${cid},Ulm\nDan,${dan},Ulm\n<<<<<<< HEAD\n`
    expect((await importText(text)).rejectedBy).toEqual({ 'csv.column_count': 1 })
  })

  it('I12: are taken where the cells too many are blank, and rejected where they are not', async () => {
    const { added, rejected, warnings } = await importText(
      `phone,name\n${ann},Ann,,\n${bea},Bea, \n${cid},Cid,\n${dan},Dan,x\n`,
    )
    expect({ added, rejected, warnings }).toMatchObject({ added: 3, rejected: 1, warnings: { blank_cells_ignored: 3 } })
  })
})

describe('the phone column', () => {
  it('I12: is offered by what is in it, and never a column of types', async () => {
    const google = `Name,Phone 1 - Type,Phone 1 - Value,Phone 2 - Label,Phone 2 - Value\nAda,Mobile,${ann},Home,\nBen,Home,"${bea} ::: ${cid}",Work,${dan}\n`
    await expect(importText(google)).rejects.toMatchObject({
      code: 'csv.phone_column_missing',
      hint: 'Is it "Phone 1 - Value" or "Phone 2 - Value"? Then: --map "Phone 1 - Value=phone".',
    })
  })

  it('I12: of Outlook is found among all its columns, whatever signs their names have', async () => {
    const header =
      'Title,First Name,Last Name,Business Country/Region,Assistant\'s Phone,Business Phone,Home Phone,Mobile Phone,TTY/TDD Phone,"Manager\'s Name",E-mail Address,Birthday'
    const { test, ...result } = await importText(`${header}\n,Ada,Example,UK,,,,${ann},,Bob,ada@example.com,0/0/00\n`)
    expect(result.columns.map(({ field }) => field)).toEqual([
      'title',
      'first_name',
      'last_name',
      'business_country_region',
      'assistant_s_phone',
      'business_phone',
      'home_phone',
      'phone',
      'tty_tdd_phone',
      'manager_s_name',
      'e_mail_address',
      'birthday',
    ])
    expect((await contactsOf(test))[0]).toMatchObject({ phone: ann, manager_s_name: 'Bob' })
  })
})

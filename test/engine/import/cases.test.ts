// Files from the field, as other tools have met them: what is in them, and what comes of it. The number is that of the case.
import { describe, expect, it } from 'vitest'
import { importCsv } from '../../../src/engine/import/import-csv.ts'
import type { ImportResult } from '../../../src/engine/import/import-result.ts'
import { showImport } from '../../../src/engine/import/imports.ts'
import { csvFile, openTestApp, type TestApp } from '../../support/open-test-app.ts'
import { contactsOf, utf16 } from './import-support.ts'

async function importBytes(
  content: string | Uint8Array,
  options: Partial<Parameters<typeof importCsv>[1]> = {},
): Promise<ImportResult & { test: TestApp }> {
  const test = await openTestApp()
  const path = csvFile(test.dir, content)
  const result = await importCsv(test.ctx, { path, list: 'people', rejectsPath: null, ...options })
  return { ...result, test }
}

const google = `Name,Given Name,Group Membership,Phone 1 - Type,Phone 1 - Value,Phone 2 - Type,Phone 2 - Value
Ada Example,Ada,* My Contacts ::: VIP,Mobile,+44 7700 900101,Home,+44 7700 900102
Ben Example,Ben,* My Contacts,Mobile,+44 7700 900103 ::: +44 7700 900104,,
`

describe('case', () => {
  it('01 google-contacts: the phone columns are named; several numbers in one cell are none', async () => {
    await expect(importBytes(google)).rejects.toMatchObject({
      code: 'csv.phone_column_missing',
      hint: expect.stringContaining('"Phone 1 - Value"'),
    })
    const mapping = { 'Phone 1 - Value': 'phone' }
    const { test, ...result } = await importBytes(google, { mapping, isForced: true })
    expect(result).toMatchObject({ added: 1, rejected: 1, examples: [{ line: 3, code: 'phone.multiple' }] })
    expect((await contactsOf(test))[0]).toMatchObject({ phone: '+447700900101', given_name: 'Ada' })
  })

  it('02 excel-unicode-text: UTF-16 with tabs', async () => {
    const text = 'phone\tfirst_name\r\n+447700900111\tJürgen\r\n+447700900112\tŞule\r\n+447700900113\t漢字\r\n'
    const { test, ...result } = await importBytes(utf16(text, 'le'))
    expect(result).toMatchObject({ added: 3, delimiter: '\t' })
    expect((await contactsOf(test)).map((contact) => contact.first_name)).toEqual(['Jürgen', 'Şule', '漢字'])
  })

  it('05 semicolon-with-commas: decimals and lists with more commas than semicolons', async () => {
    const { test, ...result } = await importBytes(
      'phone;price;tags;size\n+447700900141;1,50;[7, 9, 11];2,5\n+447700900142;20,00;[1, 2, 3];3,5\n+447700900143;0,99;[4, 5, 6];1,0\n',
    )
    expect(result).toMatchObject({ added: 3, delimiter: ';' })
    expect((await contactsOf(test))[0]?.price).toBe('1,50')
  })

  it('08 tab-file-with-spaces: cells with spaces and commas', async () => {
    const { added, delimiter } = await importBytes(
      'phone\tship to\titem\n+44 7700 900171\t1 High Street, Leeds, UK\tRed mug, large, boxed\n+44 7700 900172\t2 Low Street, York, UK\tBlue mug, small, boxed\n',
    )
    expect([added, delimiter]).toEqual([2, '\t'])
  })

  it('10 trailing-comma-everywhere: an unnamed column without a value is nothing', async () => {
    const { added, notes } = await importBytes('phone,first_name,\n+447700900191,Ada,\n+447700900192,Ben,\n')
    expect([added, notes]).toEqual([2, [expect.stringContaining('column 3')]])
  })

  it('11 outlook-short-rows: missing cells at the end are blank, none is shifted', async () => {
    const { test, ...result } = await importBytes(
      'phone,first_name,city,notes\n+447700900201,Ada,Leeds,x\n+447700900202,Ben\n+447700900203\n+447700900204,Dan,York\n',
    )
    expect(result).toMatchObject({ added: 4, rejected: 0 })
    expect(await contactsOf(test)).toEqual([
      { phone: '+447700900201', first_name: 'Ada', city: 'Leeds', notes: 'x' },
      { phone: '+447700900202', first_name: 'Ben' },
      { phone: '+447700900203' },
      { phone: '+447700900204', first_name: 'Dan', city: 'York' },
    ])
  })

  it('I6: 26 mexico-forms: the spellings of three decades are one number each', async () => {
    const { test, ...result } = await importBytes(
      'n,phone,want\n1,"+52 222 123 4567",+522221234567\n2,"+52 1 222 123 4568",+522221234568\n3,"5212221234569",+522221234569\n4,"044 222 123 4570",+522221234570\n5,"045 222 123 4571",+522221234571\n6,"01 222 123 4572",+522221234572\n7,"222 123 4573",+522221234573\n8,"+52 56 1234 5678",+525612345678\n',
      { defaultCountry: 'MX' },
    )
    expect(result).toMatchObject({
      added: 8,
      warnings: { modernised: 5 },
      warningLines: { modernised: [3, 4, 5, 6, 7] },
    })
    for (const { phone, want } of await contactsOf(test)) expect(phone).toBe(want)
  })

  it('I6: 29 india-zero-91: a trunk 0 before the country code is no part of the number', async () => {
    const { test, ...result } = await importBytes(
      'n,phone,want\n1,"0918123456789",+918123456789\n2,"+91 81234 56788",+918123456788\n3,"918123456787",+918123456787\n4,"081234 56786",+918123456786\n',
      { defaultCountry: 'IN' },
    )
    expect(result).toMatchObject({ added: 4, warnings: {} })
    for (const { phone, want } of await contactsOf(test)) expect(phone).toBe(want)
  })

  it('I6: 30 zero-after-the-code: the 0 is dropped, and Italy keeps its own', async () => {
    const { test, ...result } = await importBytes(
      'n,phone,want\n1,"+44 (0) 7700 900301",+447700900301\n2,"+44 07700 900302",+447700900302\n3,"+49 0171 3920003",+491713920003\n4,"+62 0812 345 678",+62812345678\n5,"+243 0991234567",+243991234567\n6,"+39 06 1234 5678",+390612345678\n7,"0044 (0)7700 900303",+447700900303\n',
    )
    expect(result.added).toBe(7)
    for (const { phone, want } of await contactsOf(test)) expect(phone).toBe(want)
  })
})

describe('D15: warnings of an import', () => {
  it('D15: name their lines, and what is there, as the stored import does', async () => {
    const { test, ...result } = await importBytes(
      'phone,zone\n12345,\n015112345678,Europe/Berlni\n+447700900123,EST\n030 12345678,\n',
      { defaultCountry: 'DE', isForced: true },
    )
    expect(result).toMatchObject({ added: 3, rejected: 1, examples: [{ line: 2, code: 'phone.too_short' }] })
    expect(result.warningLines).toEqual({ zone_invalid: [3], not_in_plan: [4], zone_fixed: [4], landline: [5] })
    expect(result.warned).toContainEqual({
      line: 5,
      warning: 'landline',
      detail: '"030 12345678" is taken as +493012345678',
    })
    expect(result.warned).toContainEqual({ line: 3, warning: 'zone_invalid', detail: '"Europe/Berlni"' })
    const shown = await showImport(test.ctx, result.importId ?? '')
    expect(shown.warningLines).toEqual(result.warningLines)
  })

  it('D15: name the lines of people who are there twice with different data', async () => {
    const { warningLines, warned } = await importBytes('phone,name\n+447700900123,Ada\n+44 7700 900123,Bea\n')
    expect(warningLines.duplicate_conflict).toEqual([3])
    expect(warned).toContainEqual({
      line: 3,
      warning: 'duplicate_conflict',
      detail: '+447700900123; line 2 counts',
    })
  })
})

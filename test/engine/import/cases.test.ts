// Files from the field, as other tools have met them: what is in them, and what comes of it. The number is that of the case.
import { describe, expect, it } from 'vitest'
import { importCsv } from '../../../src/engine/import/import-csv.ts'
import type { ImportResult } from '../../../src/engine/import/import-result.ts'
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
})

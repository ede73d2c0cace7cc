// Excel workbooks: a sheet is imported as a CSV is, with dates and numbers as its cells show them, and bounded whatever it holds.
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { crc32, deflateRawSync } from 'node:zlib'
import { type CellValue, type ColumnDef, writeXlsx } from 'hucre/xlsx'
import { describe, expect, it } from 'vitest'
import { importCsv } from '../../../src/engine/import/import-csv.ts'
import { csvFile, openTestApp, type TestApp } from '../../support/open-test-app.ts'
import { contactsOf, readCsv } from './import-support.ts'

interface TestSheet {
  name: string
  rows?: CellValue[][]
  columns?: ColumnDef[]
  data?: Record<string, CellValue>[]
  hidden?: boolean
}

async function importSheets(
  sheets: TestSheet[],
  options: Partial<Parameters<typeof importCsv>[1]> = {},
  test?: TestApp,
) {
  const at = test ?? (await openTestApp())
  const path = csvFile(at.dir, await writeXlsx({ sheets }), 'people.xlsx')
  const result = await importCsv(at.ctx, { path, list: 'people', rejectsPath: null, ...options })
  return { ...result, test: at }
}

const people: TestSheet = {
  name: 'People',
  rows: [
    ['phone', 'name'],
    ['+12025550101', 'Jürgen'],
    ['+12025550102', '漢字, "quoted"\nand two lines'],
    [null, null],
    ['12', 'short'],
    [],
    [12025550103, 'a number'],
  ],
}

describe('a workbook', () => {
  it('is imported with its first sheet, row by row', async () => {
    const { test, ...result } = await importSheets([people, { name: 'Other', rows: [['x']] }], {
      isInternational: true,
    })
    expect(result).toMatchObject({ rows: 4, added: 3, rejected: 1, sheet: 'People', encoding: 'utf-8' })
    expect(result.examples).toMatchObject([{ line: 5, code: 'phone.too_short' }])
    expect([result.lines, result.blankLines]).toEqual([7, 2])
    expect(result.notes).toEqual(['Sheet "People" was read, not Other'])
    expect(await contactsOf(test)).toEqual([
      { phone: '+12025550101', name: 'Jürgen' },
      { phone: '+12025550102', name: '漢字, "quoted"\nand two lines' },
      { phone: '+12025550103', name: 'a number' },
    ])
  })

  it('is imported with the sheet that is named, in whatever case; a hidden one is never the first', async () => {
    const hidden = { name: 'Hidden', rows: [['a'], ['b']], hidden: true }
    const more = { name: 'More people', rows: [['phone'], ['+12025550109']] }
    const first = await importSheets([hidden, people, more], { isForced: true })
    expect(first.sheet).toBe('People')
    const named = await importSheets([hidden, people, more], { sheet: 'more PEOPLE' })
    expect(named).toMatchObject({ sheet: 'More people', added: 1 })
    await expect(importSheets([people, more], { sheet: 'Mor people' })).rejects.toMatchObject({
      code: 'csv.unknown_sheet',
      hint: 'Did you mean "More people"?',
    })
    const test = await openTestApp()
    const csv = csvFile(test.dir, 'phone\n+12025550101\n')
    await expect(importCsv(test.ctx, { path: csv, list: 'people', sheet: 'x' })).rejects.toMatchObject({
      code: 'csv.unknown_sheet',
    })
  })

  it('shows dates and numbers as its cells do', async () => {
    const date = new Date(Date.UTC(2026, 11, 31))
    const columns = [
      { header: 'phone', key: 'phone' },
      { header: 'day', key: 'day', numFmt: 'dd.mm.yyyy' },
      { header: 'local', key: 'local', numFmt: 'mm-dd-yy' },
      { header: 'share', key: 'share', numFmt: '0%' },
      { header: 'amount', key: 'amount', numFmt: '#,##0.00' },
      { header: 'code', key: 'code', numFmt: '00000' },
      { header: 'plain', key: 'plain' },
      { header: 'isMember', key: 'isMember' },
    ]
    const data = [
      {
        phone: '+12025550101',
        day: date,
        local: date,
        share: 0.5,
        amount: 1234.5,
        code: 123,
        plain: 0.1 + 0.2,
        isMember: true,
      },
    ]
    const { test } = await importSheets([{ name: 'A', columns, data }])
    expect(await contactsOf(test)).toEqual([
      {
        phone: '+12025550101',
        day: '31.12.2026',
        local: '2026-12-31',
        share: '50%',
        amount: '1,234.50',
        code: '00123',
        plain: '0.3',
        ismember: 'TRUE',
      },
    ])
  })

  it('is imported once, and its rejected rows come back as a CSV beside it', async () => {
    const test = await openTestApp()
    const options = { isInternational: true, isForced: true }
    const { rejectsPath: _, ...rest } = { rejectsPath: null, ...options }
    const path = csvFile(test.dir, await writeXlsx({ sheets: [people] }), 'people.xlsx')
    const { rejectsFile } = await importCsv(test.ctx, { path, list: 'people', ...rest })
    expect(rejectsFile).toBe(join(test.dir, 'people.rejects.csv'))
    expect(readCsv(rejectsFile ?? '')).toMatchObject([{ phone: '12', name: 'short', herald_line: '5' }])
    const again = await importCsv(test.ctx, { path, list: 'people', isInternational: true })
    expect(again).toMatchObject({ alreadyImported: true })
    const left = join(test.ctx.db.filesFolder, 'staging')
    expect(existsSync(left) ? readdirSync(left) : []).toEqual([])
  })

  it('takes no number far down for a date, and hides no date that is none', async () => {
    const rows: CellValue[][] = Array.from({ length: 2_002 }, (_, n) => [
      `+1202555${String(n).padStart(4, '0')}`,
      n < 2_001 ? new Date('2026-12-31T00:00:00Z') : 45_000,
    ])
    const { test } = await importSheets([{ name: 'A', rows: [['phone', 'day'], ...rows] }])
    const days = (await contactsOf(test)).map(({ day }) => day)
    expect([days[0], days[2_000], days.at(-1)]).toEqual(['2026-12-31', '2026-12-31', '45000'])
  })

  it('keeps the formats of its columns far down', async () => {
    const columns = [
      { header: 'phone', key: 'phone' },
      { header: 'code', key: 'code', numFmt: '00000' },
    ]
    const data = Array.from({ length: 2_500 }, (_, n) => ({ phone: 4_915_123_400_000 + n, code: n }))
    const { test, rows, added } = await importSheets([{ name: 'A', columns, data }], { isInternational: true })
    expect([rows, added]).toEqual([2_500, 2_500])
    expect((await contactsOf(test)).at(-1)).toEqual({ phone: '+4915123402499', code: '02499' })
  })
})

/** A ZIP of some parts, which may say another size than they have. */
function zipOf(parts: Record<string, string | Buffer>, saidBytes?: number): Buffer {
  const starts: Buffer[] = []
  const entries: Buffer[] = []
  let at = 0
  for (const [name, content] of Object.entries(parts)) {
    const packed = deflateRawSync(content)
    const size = saidBytes ?? Buffer.byteLength(content)
    const local = Buffer.alloc(30)
    local.writeUInt32LE(0x04034b50, 0)
    local.writeUInt16LE(8, 8)
    local.writeUInt32LE(crc32(content), 14)
    local.writeUInt32LE(packed.length, 18)
    local.writeUInt32LE(size, 22)
    local.writeUInt16LE(name.length, 26)
    const entry = Buffer.alloc(46)
    entry.writeUInt32LE(0x02014b50, 0)
    entry.writeUInt16LE(8, 10)
    entry.writeUInt32LE(crc32(content), 16)
    entry.writeUInt32LE(packed.length, 20)
    entry.writeUInt32LE(size, 24)
    entry.writeUInt16LE(name.length, 28)
    entry.writeUInt32LE(at, 42)
    entries.push(entry, Buffer.from(name))
    starts.push(local, Buffer.from(name), packed)
    at += 30 + name.length + packed.length
  }
  const directory = Buffer.concat(entries)
  const end = Buffer.alloc(22)
  end.writeUInt32LE(0x06054b50, 0)
  end.writeUInt16LE(Object.keys(parts).length, 8)
  end.writeUInt16LE(Object.keys(parts).length, 10)
  end.writeUInt32LE(directory.length, 12)
  end.writeUInt32LE(at, 16)
  return Buffer.concat([...starts, directory, end])
}

/** A workbook of one sheet, by its rows as XML, what the sheet says of its columns and the texts that its cells name. */
function workbookOf(rows: string, columns = '', texts: readonly string[] = []): Buffer {
  const main = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main'
  const office = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships'
  const packages = 'http://schemas.openxmlformats.org/package/2006'
  const type = 'application/vnd.openxmlformats-officedocument.spreadsheetml'
  return zipOf({
    '[Content_Types].xml': `<Types xmlns="${packages}/content-types"><Override PartName="/xl/workbook.xml" ContentType="${type}.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="${type}.worksheet+xml"/></Types>`,
    '_rels/.rels': `<Relationships xmlns="${packages}/relationships"><Relationship Id="r1" Type="${office}/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
    'xl/workbook.xml': `<workbook xmlns="${main}" xmlns:r="${office}"><sheets><sheet name="A" sheetId="1" r:id="r1"/></sheets></workbook>`,
    'xl/_rels/workbook.xml.rels': `<Relationships xmlns="${packages}/relationships"><Relationship Id="r1" Type="${office}/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="r2" Type="${office}/sharedStrings" Target="sharedStrings.xml"/></Relationships>`,
    'xl/sharedStrings.xml': `<sst xmlns="${main}">${texts.map((text) => `<si><t>${text}</t></si>`).join('')}</sst>`,
    'xl/worksheets/sheet1.xml': `<worksheet xmlns="${main}">${columns}<sheetData>${rows}</sheetData></worksheet>`,
  })
}

describe('what only looks like a workbook', () => {
  it.each<[string, Buffer, string]>([
    ['a ZIP of something else', zipOf({ 'letter.txt': 'hello' }), 'csv.not_text'],
    ['a broken ZIP', Buffer.from('PK\x03\x04 rest of it'), 'csv.not_text'],
    [
      'one that unpacks to gigabytes',
      zipOf({ 'xl/workbook.xml': Buffer.alloc(1_000) }, 2 ** 31),
      'csv.workbook_too_large',
    ],
    [
      'one that says 4 GiB and more',
      zipOf({ 'xl/workbook.xml': Buffer.alloc(1_000) }, 2 ** 32 - 1),
      'csv.workbook_too_large',
    ],
    [
      'a document with other bytes than it says',
      zipOf({ 'xl/workbook.xml': Buffer.alloc(9_000_000) }, 100),
      'csv.not_text',
    ],
  ])('is refused: %s', async (_what, bytes, code) => {
    const test = await openTestApp()
    const path = csvFile(test.dir, bytes, 'bad.xlsx')
    await expect(importCsv(test.ctx, { path, list: 'people' })).rejects.toMatchObject({ code })
  })

  it('is refused by what it is: a document of another program, a packed table, a workbook with a password', async () => {
    const test = await openTestApp()
    const refusalOf = async (name: string, bytes: Buffer) => {
      const path = csvFile(test.dir, bytes, name)
      return importCsv(test.ctx, { path, list: 'people' }).catch((error: Error) => error.message)
    }
    const oldHead = Buffer.concat([Buffer.from('d0cf11e0a1b11ae1', 'hex'), Buffer.alloc(600)])
    const encrypted = Buffer.concat([oldHead, Buffer.from('EncryptedPackage', 'utf16le')])
    expect([
      await refusalOf('a.ods', zipOf({ mimetype: 'x', 'content.xml': '<a/>' })),
      await refusalOf('a.xlsb', zipOf({ '[Content_Types].xml': '<a/>', 'xl/workbook.bin': 'x' })),
      await refusalOf('a.numbers', zipOf({ 'Index/Document.iwa': 'x' })),
      await refusalOf('a.docx', zipOf({ '[Content_Types].xml': '<a/>', 'word/document.xml': '<a/>' })),
      await refusalOf('a.zip', zipOf({ 'contacts.csv': 'phone' })),
      await refusalOf('locked.xls', encrypted),
      await refusalOf('old.xls', oldHead),
    ]).toEqual([
      'a.ods is an OpenDocument file (ODS), no workbook that can be read',
      'a.xlsb is a binary workbook (XLSB), no workbook that can be read',
      'a.numbers is a document of Numbers or Pages, no workbook that can be read',
      'a.docx is a Word document, no workbook that can be read',
      'a.zip is a ZIP file with "contacts.csv" in it',
      'locked.xls is a workbook with a password',
      'old.xls is an old Excel file, no CSV',
    ])
  })

  it('is refused before it is unpacked: one that is packed to less than a two-hundredth', async () => {
    const test = await openTestApp()
    const path = csvFile(test.dir, workbookOf(' '.repeat(70 * 1024 ** 2)), 'bomb.xlsx')
    await expect(importCsv(test.ctx, { path, list: 'people' })).rejects.toMatchObject({
      code: 'csv.workbook_too_large',
    })
  })

  it('is refused: a sheet of more cells than any list has', async () => {
    const test = await openTestApp()
    const row = (n: number) => `<row r="${n}"><c r="XFD${n}"><v>1</v></c></row>`
    const rows = Array.from({ length: 1_300 }, (_, n) => row(n + 1)).join('')
    const path = csvFile(test.dir, workbookOf(rows), 'wide.xlsx')
    await expect(importCsv(test.ctx, { path, list: 'people' })).rejects.toMatchObject({
      code: 'csv.workbook_too_large',
    })
  })

  it('is refused: one long text in thousands of cells, which fills the disk', async () => {
    const test = await openTestApp()
    const cells = (n: number) => `<c r="A${n}" t="s"><v>0</v></c><c r="B${n}" t="s"><v>1</v></c>`
    const rows = Array.from({ length: 1_000 }, (_, n) => `<row r="${n + 1}">${cells(n + 1)}</row>`).join('')
    const path = csvFile(test.dir, workbookOf(rows, '', ['phone', 'x'.repeat(100_000)]), 'texts.xlsx')
    await expect(importCsv(test.ctx, { path, list: 'people' })).rejects.toMatchObject({
      code: 'csv.workbook_too_large',
    })
    const few = workbookOf(rows, '', ['phone', 'name'])
    const taken = await importCsv(test.ctx, { path: csvFile(test.dir, few), list: 'people', isForced: true })
    expect(taken.rows).toBe(999)
  })

  it('is refused: rows out of their order, which would move the numbers of all lines behind them', async () => {
    const test = await openTestApp()
    const row = (n: number) => `<row r="${n}"><c r="A${n}" t="inlineStr"><is><t>phone</t></is></c></row>`
    for (const rows of [row(3) + row(1), row(1) + row(1)])
      await expect(
        importCsv(test.ctx, { path: csvFile(test.dir, workbookOf(rows), 'order.xlsx'), list: 'people' }),
      ).rejects.toMatchObject({ code: 'csv.not_text', message: 'order.xlsx has row 1 out of its order' })
  })

  it('is taken: a workbook as other programs write it, with rows left out', async () => {
    const test = await openTestApp()
    const cell = (place: string, text: string) => `<c r="${place}" t="inlineStr"><is><t>${text}</t></is></c>`
    const rows = `<row r="3">${cell('A3', 'phone')}</row><row r="7">${cell('A7', '12')}</row><row r="9">${cell('A9', '+12025550101')}</row>`
    const path = csvFile(test.dir, workbookOf(rows), 'sparse.xlsx')
    const result = await importCsv(test.ctx, { path, list: 'people', isForced: true, rejectsPath: null })
    expect(result).toMatchObject({ rows: 2, added: 1, examples: [{ line: 7 }], lines: 9, blankLines: 6 })
  })
})

describe('what a spreadsheet does not show', () => {
  const text = (place: string, value: string) => `<c r="${place}" t="inlineStr"><is><t>${value}</t></is></c>`
  const row = (n: number, cells: string, more = '') => `<row r="${n}"${more}>${cells}</row>`
  const notesOf = async (rows: string, columns?: string) => {
    const test = await openTestApp()
    const path = csvFile(test.dir, workbookOf(rows, columns), 'a.xlsx')
    const { notes, added } = await importCsv(test.ctx, { path, list: 'people', rejectsPath: null })
    return { notes, added }
  }

  it('is named: rows that a filter hides and hidden columns, which are read all the same', async () => {
    const head = row(1, text('A1', 'phone') + text('B1', 'name'))
    const people = Array.from({ length: 7 }, (_, n) =>
      row(n + 2, text(`A${n + 2}`, `+1202555010${n}`) + text(`B${n + 2}`, 'x'), n > 0 ? ' hidden="1"' : ''),
    )
    const empty = row(12, '', ' hidden="1"')
    const columns =
      '<cols><col min="2" max="2" width="9" hidden="1"/><col min="5" max="9" width="9" hidden="1"/></cols>'
    expect(await notesOf([head, ...people, empty].join(''), columns)).toEqual({
      added: 7,
      notes: [
        'Sheet "A" was read',
        '6 hidden rows read too (3, 4, 5, 6, 7 …): copy the visible rows into a new sheet if a filter was to leave them out',
        '1 hidden column read too (B)',
      ],
    })
  })

  it('is named: formulas without a value, which are blank', async () => {
    const head = row(1, text('A1', 'phone') + text('B1', 'name'))
    const rows = `${head}${row(2, `${text('A2', '+12025550101')}<c r="B2"><f>A2&amp;"x"</f></c>`)}${row(3, `${text('A3', '+12025550102')}<c r="B3" t="str"><f>A3</f><v>Ann</v></c>`)}`
    expect((await notesOf(rows)).notes[1]).toBe(
      '1 formula without a value read as blank (column B): open the workbook in a spreadsheet and save it',
    )
  })

  it('is not named where there is nothing of it', async () => {
    expect((await notesOf(row(1, text('A1', 'phone')) + row(2, text('A2', '+12025550101')))).notes).toHaveLength(1)
  })
})

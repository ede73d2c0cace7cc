// Files as programs and people make them: encodings, delimiters, line ends, headers, and what cannot be read at all.
import { appendFileSync } from 'node:fs'
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
  const path = csvFile(test.dir, content, 'people.csv')
  const result = await importCsv(test.ctx, { path, list: 'people', rejectsPath: null, ...options })
  return { ...result, test }
}

const jurgen = [{ phone: '+4915123456701', name: 'Jürgen' }]

describe('encoding', () => {
  it.each([
    ['IM-07 UTF-8', Buffer.from('phone,name\n+4915123456701,Jürgen\n'), 'utf-8'],
    ['IM-07 UTF-8 with a byte-order mark', Buffer.from('\ufeffphone,name\n+4915123456701,Jürgen\n'), 'utf-8'],
    ['IM-07 UTF-16LE', utf16('phone,name\n+4915123456701,Jürgen\n', 'le'), 'utf-16le'],
    ['IM-07 UTF-16BE', utf16('phone,name\n+4915123456701,Jürgen\n', 'be'), 'utf-16be'],
    ['IM-07 Windows-1252', Buffer.from('phone,name\n+4915123456701,J\xfcrgen\n', 'latin1'), 'windows-1252'],
  ])('%s: recognised and shown', async (_what, bytes, encoding) => {
    const { test, ...result } = await importBytes(bytes)
    expect(result).toMatchObject({ rows: 1, added: 1, encoding })
    expect(await contactsOf(test)).toEqual(jurgen)
  })

  it('is taken as named where it cannot be recognised', async () => {
    // 太郎 in Shift-JIS.
    const bytes = Buffer.concat([
      Buffer.from('phone,name\n+819012345678,'),
      Buffer.from([0x91, 0xbe, 0x98, 0x59]),
      Buffer.from('\n'),
    ])
    await expect(importBytes(bytes)).rejects.toMatchObject({
      code: 'csv.encoding',
      message: expect.stringContaining('from byte 25'),
    })
    const { test } = await importBytes(bytes, { encoding: 'shift_jis' })
    expect(await contactsOf(test)).toEqual([{ phone: '+819012345678', name: '太郎' }])
  })

  const lines = 'phone,name\n+4915123456701,Jürgen\n'
  const utf32 = Buffer.concat([...lines].map((sign) => Buffer.from([sign.charCodeAt(0), 0, 0, 0])))
  it.each([
    ['UTF-32', Buffer.concat([Buffer.from([0xff, 0xfe, 0, 0]), utf32]), 'csv.encoding', 'is UTF-32, which is not read'],
    ['UTF-32 without a mark', utf32, 'csv.encoding', 'looks like UTF-32'],
    ['UTF-7', Buffer.from('+/v8-phone,name\n'), 'csv.encoding', 'is UTF-7, which is not read'],
    ['UTF-16LE without a mark', Buffer.from(lines, 'utf16le'), 'csv.encoding', 'looks like UTF-16 (utf-16le)'],
    ['UTF-16BE without a mark', Buffer.from(lines, 'utf16le').swap16(), 'csv.encoding', 'looks like UTF-16 (utf-16be)'],
    ['a table of HTML', Buffer.from('<table><tr><td>phone</td></tr></table>'), 'csv.not_text', 'is an HTML page'],
    ['HTML behind a comment', Buffer.from('<!-- export --><html>'), 'csv.not_text', 'is an HTML page'],
    ['HTML of Excel', Buffer.from('<meta http-equiv="Content-Type"><table>'), 'csv.not_text', 'is an HTML page'],
    ['a vCard', Buffer.from('BEGIN:VCARD\r\nVERSION:3.0\r\n'), 'csv.not_text', 'is a vCard file'],
    ['a web archive', Buffer.from('MIME-Version: 1.0\r\n'), 'csv.not_text', 'is a web archive'],
  ])('is refused by what it is: %s', async (_what, bytes, code, words) => {
    await expect(importBytes(bytes)).rejects.toMatchObject({ code, message: expect.stringContaining(words) })
  })

  it('of UTF-16 without a mark is read when it is named, as the refusal says', async () => {
    const bytes = Buffer.from(lines, 'utf16le')
    await expect(importBytes(bytes)).rejects.toMatchObject({ hint: expect.stringContaining('--encoding utf-16le') })
    const { test } = await importBytes(bytes, { encoding: 'utf-16le' })
    expect(await contactsOf(test)).toEqual(jurgen)
  })

  it('may have a mark twice, which is noted', async () => {
    const { test, notes } = await importBytes(Buffer.from(`\ufeff\ufeff${lines}`))
    expect(notes.join()).toContain('1 more byte order mark')
    expect(await contactsOf(test)).toEqual(jurgen)
  })

  it('is refused when the named one does not fit, or when nobody knows it', async () => {
    const bytes = Buffer.from('phone,name\n+4915123456701,J\xfc\n', 'latin1')
    await expect(importBytes(bytes, { encoding: 'utf-8' })).rejects.toMatchObject({ code: 'csv.encoding' })
    await expect(importBytes(bytes, { encoding: 'klingon' })).rejects.toMatchObject({ code: 'csv.encoding' })
  })

  it('is refused when a file mixes two', async () => {
    const mixed = Buffer.concat([
      Buffer.from('phone,name\n+4915123456701,Jürgen\n'),
      Buffer.from(`${'+4915123456702,M\xfcller and Stra\xdfe\n'.repeat(20)}`, 'latin1'),
    ])
    await expect(importBytes(mixed)).rejects.toMatchObject({
      code: 'csv.encoding',
      message: expect.stringContaining('mixes UTF-8 with another encoding'),
    })
  })
})

describe('delimiter and lines', () => {
  it.each([
    ['IM-07 semicolons', 'phone;name;city\n+4915123456701;Müller, Anna;Ulm\n', ';'],
    ['IM-07 tabs', 'phone\tname\tcity\n+4915123456701\tMüller, Anna\tUlm\n', '\t'],
    ['IM-07 pipes', 'phone|name|city\n+4915123456701|Müller, Anna|Ulm\n', '|'],
    ['IM-07 CRLF', 'phone,name,city\r\n+4915123456701,"Müller, Anna",Ulm\r\n', ','],
    ['carriage returns alone', 'phone,name,city\r+4915123456701,"Müller, Anna",Ulm\r', ','],
    ['a sep= line in quotes', '"sep=;"\r\nphone;name;city\r\n+4915123456701;"Müller, Anna";Ulm\r\n', ';'],
    ['a sep= line', 'sep=;\r\nphone;name;city\r\n+4915123456701;"Müller, Anna";Ulm\r\n', ';'],
    ['no last line end', 'phone,name,city\n+4915123456701,"Müller, Anna",Ulm', ','],
    ['blank lines around', '\n\nphone,name,city\n\n+4915123456701,"Müller, Anna",Ulm\n\n\n', ','],
    ['a line of delimiters above', ',,\nphone,name,city\n+4915123456701,"Müller, Anna",Ulm\n', ','],
  ])('%s: the file is read', async (_what, text, delimiter) => {
    const { test, ...result } = await importBytes(text)
    expect(result).toMatchObject({ rows: 1, added: 1, delimiter })
    expect(await contactsOf(test)).toEqual([{ phone: '+4915123456701', name: 'Müller, Anna', city: 'Ulm' }])
  })

  it('IM-07 a line break inside quotes belongs to its cell', async () => {
    const { test, ...result } = await importBytes(
      'phone,note\r\n+4915123456701,"one\r\ntwo ""quoted"", three"\r\n+12,x\r\n+4915123456702,y\r\n+4915123456703,z\r\n',
    )
    // The bad line stands on line 4 of the file, because the record before it has two lines.
    expect(result).toMatchObject({ rows: 4, added: 3, rejected: 1, examples: [{ line: 4, code: 'phone.too_short' }] })
    expect((await contactsOf(test))[0]?.note).toBe('one\r\ntwo "quoted", three')
  })

  it('mixed line ends are counted right', async () => {
    const { rows, examples } = await importBytes(
      'phone,name\r\n+4915123456701,a\n+4915123456702,b\r+4915123456703,c\r\n+4915123456704,d\n+12,e\n',
    )
    expect([rows, examples[0]?.line]).toEqual([5, 6])
  })

  it('is asked for when two would do', async () => {
    await expect(importBytes('phone,a;phone\n1,2;3\n')).rejects.toMatchObject({ code: 'csv.delimiter_unclear' })
  })

  it('is found in a large file whose cells are all quoted and long', async () => {
    const row = (n: number) =>
      `"+49151234${String(n).padStart(5, '0')}";"${'long text; with all, kinds '.repeat(40)}"\n`
    const { rows, added, delimiter } = await importBytes(
      `"phone";"story"\n${Array.from({ length: 300 }, (_, n) => row(n)).join('')}`,
    )
    expect([rows, added, delimiter]).toEqual([300, 300, ';'])
  })

  it('a cell that is larger than everything looked at first rejects its own line only', async () => {
    const { rows, added, examples } = await importBytes(
      `phone,story\n+4915123456701,${'x'.repeat(200_000)}\n${[2, 3, 4, 5].map((n) => `+491512345670${n},short\n`).join('')}`,
    )
    expect([rows, added, examples[0]]).toEqual([5, 4, expect.objectContaining({ line: 2, code: 'field.too_long' })])
  })
})

describe('header', () => {
  it.each([
    ['an international number', '+4915123456701,Ann\n+4915123456702,Bob\n', 'column_1'],
    ['a number of the default country', 'Ann,0151 23456701\nBob,0151 23456702\n', 'column_2'],
  ])('IM-08 a first line that holds %s stops the import and asks', async (_what, text, column) => {
    await expect(importBytes(text)).rejects.toMatchObject({
      code: 'csv.header_missing',
      hint: expect.stringContaining(`--no-header --map ${column}=phone`),
    })
    const result = await importBytes(text, { hasNoHeader: true, mapping: { [column]: 'phone' }, defaultCountry: 'DE' })
    expect(result).toMatchObject({ rows: 2, added: 2 })
  })

  it.each([
    ['name,Name,phone', 'csv.duplicate_column', "column 'Name' appears twice (1 and 2)"],
    ['name,,phone', 'csv.empty_column_name', 'column 2 has no name'],
    ['Customers of May,,', 'csv.empty_column_name', 'column 2 has no name'],
  ])('IM-09 %s is refused with the columns named', async (header, code, words) => {
    await expect(importBytes(`${header}\na,b,+4915123456701\n`)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(words),
    })
  })

  it('finds phone, zone and consent by the names that people use', async () => {
    const { columns } = await importBytes('Vorname,Mobilnummer,Zeitzone,Opt-in\nAnn,+4915123456701,Europe/Berlin,ja\n')
    expect(columns.map((column) => column.field)).toEqual(['vorname', 'phone', 'zone', 'consent'])
  })

  it('takes a column for what it is told, or leaves it out', async () => {
    const { test, ...result } = await importBytes(
      'phone,Handy Nr.,Geburtstag,secret\n030123456,+4915123456701,24.12.1990,x\n',
      { mapping: { 'Handy Nr.': 'phone', Geburtstag: 'birthday:date', secret: '-' } },
    )
    expect(result.columns.map((column) => column.field)).toEqual(['phone_2', 'phone', 'birthday', null])
    expect(await contactsOf(test)).toEqual([{ phone: '+4915123456701', phone_2: '030123456', birthday: '1990-12-24' }])
  })

  it.each([
    [{ nmae: 'first_name' }, 'csv.unknown_column', 'Did you mean "name"?'],
    [{ name: '__proto__' }, 'csv.reserved_column', ''],
    [{ name: 'a.b' }, 'csv.bad_column_name', ''],
    [{ name: 'city' }, 'csv.duplicate_column', 'both become the field city'],
    [{ name: 'phone', phone: 'phone' }, 'csv.phone_column_ambiguous', ''],
  ])('refuses the mapping %o', async (mapping, code, words) => {
    const error = await importBytes('phone,name,city\n+4915123456701,Ann,Ulm\n', { mapping }).catch((thrown) => thrown)
    expect(error.code).toBe(code)
    expect(`${error.message} ${error.hint}`).toContain(words)
  })

  it('offers the column that looks like phones when none is named so', async () => {
    await expect(importBytes('name,Nr\nAnn,+49 151 23456701\nBob,0151/23456702\n')).rejects.toMatchObject({
      code: 'csv.phone_column_missing',
      hint: expect.stringContaining('--map "Nr=phone"'),
    })
  })
})

describe('a file that cannot be read', () => {
  it.each([
    ['in a small file', 'phone,name\n+4915123456701,"a\nb"\n+4915123456702,"open\n+4915123456703,x\n', 4],
    ['below a sep= line', 'sep=,\r\nphone,name\r\n\r\n+4915123456702,"open\r\n+4915123456703,x\r\n', 4],
    ['in the header', '"phone,name\n+4915123456701,x\n', 1],
    [
      'far down',
      `phone,name\n${'+4915123456701,x\n'.repeat(30_000)}+4915123456702,"open\n${'+1,y\n'.repeat(9)}`,
      30_002,
    ],
  ])('names the line where a quote opens that never closes: %s', async (_where, text, line) => {
    await expect(importBytes(text)).rejects.toMatchObject({
      code: 'csv.unclosed_quote',
      message: expect.stringContaining(`line ${line}:`),
    })
  })

  it('tells a quote that swallowed many lines from a line that is too long', async () => {
    const tail = '+4915123456703,x\n'.repeat(520_000)
    await expect(importBytes(`phone,name\n+4915123456702,"open\n${tail}`)).rejects.toMatchObject({
      code: 'csv.unclosed_quote',
      message: expect.stringContaining('line 2:'),
    })
    await expect(importBytes(`phone,name\n+4915123456702,${'x'.repeat(9_000_000)}\n`)).rejects.toMatchObject({
      code: 'csv.line_too_long',
      message: expect.stringContaining('line 2 '),
    })
  })

  it('is refused when it changes while it is read', async () => {
    const test = await openTestApp()
    const path = csvFile(test.dir, 'phone\n+4915123456701\n')
    const onInspected = () => appendFileSync(path, '+4915123456702\n')
    await expect(importCsv(test.ctx, { path, list: 'people', onInspected })).rejects.toMatchObject({
      code: 'csv.changed_during_read',
    })
    expect(await contactsOf(test)).toEqual([])
  })
})

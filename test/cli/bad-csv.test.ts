// CSV files that are refused, and lines that are rejected, as somebody at a terminal and a script see it.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { readRecords, utf16 } from '../engine/import/import-support.ts'
import {
  type CliFolder,
  cliFolder,
  expectRefusal,
  folderWithDatabase,
  herald,
  sharedCliFolder,
  writeIn,
} from '../support/cli.ts'

/** What is wrong with a line, the line, and its code. */
const badLines: [string, string, string][] = [
  ['a NUL byte (bad input 18)', '+4915112345678,a\0b', 'field.control_character'],
  ['more fields than the header (bad input 25)', '+4915112345678,a,b', 'csv.column_count'],
  ['a field of 2 MB (bad input 27)', `+4915112345678,${'x'.repeat(2_000_000)}`, 'field.too_long'],
  ['a broken reference of a spreadsheet (bad input 33)', '#REF!,Ann', 'phone.invalid'],
  ['a conflict marker (bad input 33)', '<<<<<<< HEAD', 'csv.column_count'],
  ['a number that a spreadsheet shortened (bad input 34)', '4.91511E+12,Ann', 'phone.scientific'],
  ['a number with a decimal point (bad input 35)', '491511234567.0,Ann', 'phone.decimal'],
  ['500 combining marks (bad input 39)', `+4915112345678,a${'\u0301'.repeat(500)}`, 'field.invalid_unicode'],
  ['no number (bad input 47)', ',Ann', 'phone.missing'],
  ['a word for none (bad input 47)', 'n/a,Ann', 'phone.missing'],
  ['a number of 20 digits (bad input 49)', '+49151123456789012345,Ann', 'phone.too_long'],
  ['a national number without a country (bad input 50)', '0151 12345678,Ann', 'phone.no_country'],
  ['an emergency number (bad input 53)', '+1911,Ann', 'phone.emergency'],
  ['a premium number (bad input 54)', '+1 900 555 0123,Ann', 'phone.type_not_reachable'],
  ['a calling code that begins with 0 (bad input 59)', '+0015112345678,Ann', 'phone.invalid_prefix'],
  ['two plus signs (bad input 59)', '+49+15112345678,Ann', 'phone.invalid_prefix'],
  ['two numbers in one cell (bad input 62)', '+4915112345678 / +4915112345679,Ann', 'phone.multiple'],
  ['SQL in the number (bad input 66)', "+49' OR 1=1--,Ann", 'phone.invalid_character'],
  ['emoji digits (bad input 66)', '+491511234567\u0031\ufe0f\u20e3,Ann', 'phone.invalid_character'],
  ['10,000 characters (bad input 67)', `${'9'.repeat(10_000)},Ann`, 'phone.too_long'],
  ['a WhatsApp id (bad input 69)', '4915112345678@s.whatsapp.net,Ann', 'phone.looks_like_wa_id'],
  ['a group id (bad input 69)', '120363001234567890@g.us,Ann', 'phone.looks_like_wa_id'],
]
/** Codes of the rejected lines of one file that holds all of them. */
let codes = new Map<number, string>()

const folder = sharedCliFolder(async (made) => {
  const file = writeIn(
    made,
    'bad-lines.csv',
    `phone,name\n${badLines.map(([, text]) => text).join('\n')}\n+12025550100,Ada\n`,
  )
  codes = await codesOf(made, file)
})

/** Imports a file by force; returns the codes of its rejected lines. */
async function codesOf(made: CliFolder, file: string, ...flags: string[]): Promise<Map<number, string>> {
  const { json } = await herald(made, '--json', 'import', file, '--list', 'people', '--force', ...flags)
  if (json.rejectsFile === null) return new Map()
  const rejects = readRecords(readFileSync(json.rejectsFile, 'utf8')).slice(1)
  return new Map(rejects.map((cells) => [Number(cells.at(-3)), cells.at(-2) ?? '']))
}

const line = '+4915112345678,Ann\n'
const columns = (count: number) => Array.from({ length: count }, (_, n) => `c${n}`).join(',')

describe('a file is refused, with exit code 3 and nothing stored', () => {
  it.each<[string, string | Uint8Array, string, string | RegExp]>([
    ['of 0 bytes (bad input 1)', '', 'csv.empty', 'is empty (0 bytes)'],
    ['with a header alone (bad input 2)', 'phone,name\n', 'csv.no_rows', 'has a header and no lines'],
    ['with blank lines alone (bad input 3)', '\n  \n\n', 'csv.empty', 'blank lines'],
    [
      'without a phone column (bad input 5)',
      `mobilfunk,name\n${line}`,
      'csv.phone_column_missing',
      /mobilfunk, name.*--map .*mobilfunk=phone/,
    ],
    ['with two phone columns (bad input 6)', `phone,mobile\n${line}`, 'csv.phone_column_ambiguous', 'phone, mobile'],
    [
      'with a column twice (bad input 7)',
      'name,name,phone\na,b,+4915112345678\n',
      'csv.duplicate_column',
      "'name' appears twice (1 and 2)",
    ],
    [
      'with a column __proto__ (bad input 9)',
      '__proto__,phone\na,+4915112345678\n',
      'csv.reserved_column',
      "'__proto__' is not allowed",
    ],
    [
      'with a column constructor (bad input 10)',
      'constructor,phone\na,+4915112345678\n',
      'csv.reserved_column',
      "'constructor'",
    ],
    [
      'with a path as a column name (bad input 11)',
      'a.__proto__.b,phone\na,+4915112345678\n',
      'csv.bad_column_name',
      'letters, digits',
    ],
    [
      'with a column name of 300 characters (bad input 13)',
      `phone,${'x'.repeat(300)}\n${line}`,
      'csv.column_name_too_long',
      '300 characters, at most 64',
    ],
    [
      'with 5,000 columns (bad input 13)',
      `phone,${columns(4999)}\n+4915112345678\n`,
      'csv.too_many_columns',
      '5000 columns, at most 200',
    ],
    [
      'in UTF-16 without its mark (bad input 15)',
      Buffer.from(`phone,name\n${line}`, 'utf16le'),
      'csv.encoding',
      /NUL bytes at offset 1: it looks like UTF-16.*CSV UTF-8/,
    ],
    [
      'in Shift-JIS (bad input 17)',
      Buffer.concat([Buffer.from('phone,name\n+819012345678,'), Buffer.from([0x91, 0xbe, 0x98, 0x59, 0x0a])]),
      'csv.encoding',
      '--encoding',
    ],
    [
      'in GB18030 (bad input 17)',
      Buffer.concat([Buffer.from('phone,name\n+8613812345678,'), Buffer.from([0xc0, 0xee, 0xc3, 0xf7, 0x0a])]),
      'csv.encoding',
      'not UTF-8 from byte',
    ],
    ['that can be split in two ways (bad input 19)', 'phone,a;phone\n1,2;3\n', 'csv.delimiter_unclear', 'sep='],
    [
      'with a quote that never closes (bad input 23)',
      `phone,name\n${line}+4915112345679,"Bob\n${line}`,
      'csv.unclosed_quote',
      'line 3: a quote opens',
    ],
    [
      'with a quote that the next lone one closes (I1)',
      `phone,name\n${line}+4915112345679,"Bob\n${line}+4915112345670,"Cid\n${line}`,
      'csv.unclosed_quote',
      'line 3: a quote opens',
    ],
    [
      'with a lone quote inside a quoted cell (S11)',
      `phone,name\n${line}+4915112345679,"Ben "B" Becker"\n`,
      'csv.bad_quote',
      'line 3: cell 2 begins with a quote',
    ],
    [
      'that is an Excel file (bad input 30)',
      Buffer.from('PK\x03\x04 rest of it'),
      'csv.not_text',
      'an Excel or ZIP file',
    ],
    ['that is a gzip file (bad input 31)', gzipSync('phone\n'), 'csv.not_text', 'a gzip file'],
    ['that is a PDF (bad input 31)', '%PDF-1.7\n', 'csv.not_text', 'a PDF'],
    ['that is a PNG (bad input 31)', Buffer.from('\x89PNG\r\n', 'latin1'), 'csv.not_text', 'a PNG image'],
    [
      'that is an HTML page (bad input 31)',
      '<!DOCTYPE html>\n<html><body>Log in</body></html>',
      'csv.not_text',
      'an HTML page',
    ],
    ['that is JSON (bad input 31)', '[{"phone": "+4915112345678"}]', 'csv.not_text', 'a JSON file'],
    ['that is an SQLite database (bad input 31)', 'SQLite format 3\0 rest', 'csv.not_text', 'an SQLite database'],
    ['whose first line is data (bad input 6)', line.repeat(2), 'csv.header_missing', '--no-header'],
  ])('%s', async (_what, content, code, says) => {
    await expectRefusal(folder, ['import', writeIn(folder, 'bad.csv', content), '--list', 'people'], {
      exitCode: 3,
      code,
      says,
    })
  })

  it('with nothing but bad phones, with the first examples and the buckets in the answer (bad input 42)', async () => {
    const file = writeIn(folder, 'all-bad.csv', `phone\n${'+12\n'.repeat(7)}`)
    const error = await expectRefusal(folder, ['import', file, '--list', 'people'], {
      exitCode: 3,
      code: 'csv.too_many_rejects',
      says: '7 of 7 rows (100 %) are rejected, first line 2',
    })
    expect(error.details).toMatchObject({
      rows: 7,
      rejected: 7,
      added: 0,
      rejectsFile: join(folder.dir, 'all-bad.rejects.csv'),
    })
    expect(error.details.examples).toHaveLength(5)
  })

  it.each([
    ['that is not there', 'nowhere.csv', 'file.not_found'],
    ['that is a folder', '.', 'file.not_a_regular_file'],
  ])('%s', async (_what, file, code) => {
    await expectRefusal(folder, ['import', file, '--list', 'people'], { exitCode: 3, code })
  })
})

describe('a file of numbers to suppress', () => {
  it.each<[string, string | Uint8Array, string]>([
    ['is refused when it holds none', 'name\nAnn\n', 'csv.no_rows'],
    ['is refused when it is empty', '', 'csv.no_rows'],
    ['is refused in UTF-16 without its mark', Buffer.from('+12025550111\n', 'utf16le'), 'csv.encoding'],
    ['is refused when it is an Excel file', 'PK\x03\x04 rest', 'csv.not_text'],
  ])('%s', async (_what, content, code) => {
    const file = writeIn(folder, 'numbers.csv', content)
    await expectRefusal(folder, ['suppress', 'import', file], { exitCode: 3, code })
  })

  it('is refused when it is a folder', async () => {
    await expectRefusal(folder, ['suppress', 'import', folder.dir], { exitCode: 3, code: 'file.not_a_regular_file' })
  })

  it('is taken in UTF-16 as spreadsheets save it', async () => {
    const made = await folderWithDatabase()
    const file = writeIn(made, 'numbers.csv', utf16('phone;name\r\n+12025550111;Ann\r\n+12025550112;Bob\r\n', 'le'))
    const { json } = await herald(made, '--json', 'suppress', 'import', file)
    expect(json).toMatchObject({ rows: 2, added: 2, rejected: [] })
  })
})

describe('a file is taken', () => {
  it.each<[string, string | Uint8Array]>([
    [
      'with columns named like methods of objects (bad input 10)',
      'toString,hasOwnProperty,phone\na,b,+4915112345678\n',
    ],
    ['with a byte-order mark (bad input 14)', `\ufeffphone,name\n${line}`],
    ['with semicolons (bad input 19)', line.replace(',', ';').replace(/^/, 'phone;name\n')],
    ['with carriage returns alone (bad input 21)', 'phone,name\r+4915112345678,Ann\r'],
    ['with a line break inside quotes (bad input 26)', 'phone,name\n+4915112345678,"Ann\nBob"\n'],
  ])('%s', async (_what, content) => {
    const made = cliFolder()
    const { exitCode, json } = await herald(
      made,
      '--json',
      'import',
      writeIn(made, 'good.csv', content),
      '--list',
      'people',
    )
    expect([exitCode, json.rows, json.added]).toEqual([0, 1, 1])
    expect(({} as Record<string, unknown>).a).toBeUndefined()
  })
})

describe('a line is rejected', () => {
  it.each(badLines.map(([what, , code], index) => [what, code, index + 2] as const))('for %s', (_what, code, line) => {
    expect(codes.get(line)).toBe(code)
  })

  it('for a consent that is neither yes nor no, and for a date that does not exist or has two readings (bad input 45, 46)', async () => {
    const made = cliFolder()
    const rows = [
      ['ja', '1990-12-24'],
      ['nein', '24.12.1990'],
      ['✓', '12/24/1990'],
      ['1.0', ''],
      ['TRUE ', '1990-1-2'],
      ['perhaps', ''],
      ['', '31/02/1990'],
      ['', '03/04/05'],
    ]
    const text = `phone,opt_in,born\n${rows.map(([consent, born], n) => `+1202555010${n},${consent},${born}`).join('\n')}\n`
    const file = writeIn(made, 'people.csv', text)
    const flags = ['--list', 'people', '--map', 'born=born:date', '--force']
    const { json } = await herald(made, '--json', 'import', file, ...flags, '--dry-run')
    expect(json.examples.map((reject: { line: number; code: string }) => [reject.line, reject.code])).toEqual([
      [7, 'consent.unclear'],
      [8, 'date.invalid'],
      [9, 'date.ambiguous'],
    ])
    const ordered = await herald(made, '--json', 'import', file, ...flags, '--dry-run', '--date-format', 'dmy')
    expect(ordered.json.rejectedBy).toEqual({ 'consent.unclear': 1, 'date.invalid': 2 })
  })
})

describe('a line with fewer fields than the header', () => {
  it('is filled, or rejected when that is asked for (bad input 25)', async () => {
    const made = cliFolder()
    const file = writeIn(made, 'people.csv', `phone,name\n${line}+4915112345679\n`)
    const { json } = await herald(made, '--json', 'import', file, '--list', 'people', '--dry-run')
    expect(json).toMatchObject({ added: 2, lines: 3, warnings: { short_rows_filled: 1 } })
    expect(await codesOf(made, file, '--strict-columns')).toEqual(new Map([[3, 'csv.column_count']]))
  })
})

describe('a number is taken', () => {
  it.each<[string, string[], string]>([
    [
      'however it is written (bad input 51, 58, 63)',
      [
        '0151 12345678',
        '+49 (0)151 12345678',
        '0049151123456 78',
        'tel:+4915112345678;ext=5',
        '\u202a+4915112345678\u202c',
        '=+4915112345678',
        "'+4915112345678",
        '＋４９１５１１２３４５６７８',
      ],
      '+4915112345678',
    ],
    ['in Arabic-Indic digits (bad input 57)', ['+٢٠١٠٠١٢٣٤٥٦٧', '+201001234567'], '+201001234567'],
    ['in the old Mexican form (bad input 61)', ['+5215512345678', '+525512345678'], '+525512345678'],
  ])('%s', async (_what, cells, phone) => {
    const made = cliFolder()
    const file = writeIn(made, 'people.csv', `phone\n${cells.join('\n')}\n`)
    const { json } = await herald(made, '--json', 'import', file, '--list', 'people', '--default-country', 'DE')
    expect(json).toMatchObject({ rows: cells.length, added: 1, duplicates: cells.length - 1, rejected: 0 })
    expect((await herald(made, '--json', 'contacts', 'show', phone)).json).toMatchObject({ phone, lists: ['people'] })
  })

  it('with a warning when it is a landline, unless landlines are rejected (bad input 55)', async () => {
    const made = cliFolder()
    const file = writeIn(made, 'people.csv', 'phone\n+4930123456\n')
    const { json } = await herald(made, '--json', 'import', file, '--list', 'people')
    expect(json).toMatchObject({ added: 1, warnings: { landline: 1 } })
    expect(await codesOf(made, file, '--reject-landline')).toEqual(new Map([[2, 'phone.landline']]))
  })

  it('and counted as suppressed when it is (bad input 65)', async () => {
    const made = await folderWithDatabase()
    await herald(made, 'suppress', 'add', '+4915112345678', '--reason', 'opted_out')
    const file = writeIn(made, 'people.csv', `phone,name\n${line}`)
    const { json } = await herald(made, '--json', 'import', file, '--list', 'people')
    expect(json).toMatchObject({ rows: 1, added: 0, suppressed: 1 })
  })
})

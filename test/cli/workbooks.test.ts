// Workbooks that commands write: named by the ending of the file, texts as texts, and readable by our own imports.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { readXlsx } from 'hucre/xlsx'
import { describe, expect, it } from 'vitest'
import { expectRefusal, folderWithDatabase, herald, sharedCliFolder, writeIn } from '../support/cli.ts'

async function rowsOf(path: string): Promise<unknown[][]> {
  return (await readXlsx(readFileSync(path))).sheets[0]?.rows ?? []
}

describe('I15: a workbook', () => {
  it('I15: of people has texts, and is imported again as it was', async () => {
    const folder = await folderWithDatabase()
    writeIn(folder, 'people.csv', "phone,note\n+12025550101,=1+1\n+12025550102,''=2\n+12025550103,00123\n")
    await herald(folder, 'import', join(folder.dir, 'people.csv'), '--list', 'spring')
    const file = join(folder.dir, 'people.xlsx')
    await herald(folder, 'contacts', 'export', '-o', file)
    const rows = await rowsOf(file)
    const column = (name: string) => rows.slice(1).map((row) => row[rows[0]?.indexOf(name) ?? -1])
    expect(column('phone')).toEqual(['12025550101', '12025550102', '12025550103'])
    expect(column('note')).toEqual(['=1+1', "''=2", '00123'])
    const other = await folderWithDatabase()
    const { json } = await herald(other, '--json', 'import', file, '--list', 'spring')
    expect(json).toMatchObject({ rows: 3, added: 3, rejected: 0 })
    const { json: shown } = await herald(other, '--json', 'contacts', 'show', '+12025550102')
    expect(shown.attributes).toEqual({ note: "'=2" })
  })

  it('I15: of suppressed numbers is taken by suppress import', async () => {
    const folder = await folderWithDatabase()
    for (const phone of ['+12025550101', '+12025550102'])
      await herald(folder, 'suppress', 'add', phone, '--evidence', '=cmd')
    const file = join(folder.dir, 'stop.xlsx')
    const { json } = await herald(folder, '--json', 'suppress', 'export', '-o', file)
    expect(json).toEqual({ file, lines: 2 })
    expect((await rowsOf(file))[1]).toEqual(['12025550101', 'all', 'blocked', expect.any(String), '=cmd'])
    const other = await folderWithDatabase()
    const { json: taken } = await herald(other, '--json', 'suppress', 'import', file, '--default-country', 'US')
    expect(taken).toMatchObject({ rows: 2, added: 2, rejectedLines: 0 })
    const { stdout } = await herald(folder, 'suppress', 'export', '--raw', '--reason', 'blocked')
    expect(stdout.split('\n')[1]).toMatch(/^\+12025550101,all,blocked,/)
  })

  it('I15: of rejected lines is corrected and imported alone, from the import and from what is kept of it', async () => {
    const folder = await folderWithDatabase()
    const people = Array.from({ length: 9 }, (_, n) => `+1202555010${n},Ann`).join('\n')
    writeIn(folder, 'people.csv', `phone,name\n${people}\n12,=short\n`)
    const file = join(folder.dir, 'left.xlsx')
    const source = join(folder.dir, 'people.csv')
    const { json } = await herald(folder, '--json', 'import', source, '--list', 'spring', '--rejects', file)
    expect(json).toMatchObject({ rejected: 1, rejectsFile: file })
    const again = join(folder.dir, 'again.xlsx')
    await herald(folder, 'imports', 'show', 'imp_1', '--rejects', again)
    for (const path of [file, again]) {
      const [header, line] = await rowsOf(path)
      expect(header).toEqual(['phone', 'name', 'herald_line', 'herald_code', 'herald_hint'])
      expect(line?.slice(0, 4)).toEqual(['12', '=short', 11, 'phone.no_country'])
    }
    const left = ['import', again, '--list', 'spring', '--rejects', join(folder.dir, 'left-again.xlsx'), '--force']
    const { json: second } = await herald(folder, '--json', ...left)
    expect(second).toMatchObject({ rows: 1, rejected: 1 })
    expect((await rowsOf(join(folder.dir, 'left-again.xlsx')))[1]?.slice(0, 2)).toEqual(['12', '=short'])
  })
})

describe('I15: the workbook of a campaign', () => {
  const folder = sharedCliFolder(async (folder) => {
    writeIn(folder, 'people.csv', 'phone\n+12025550101\n+12025550102\n')
    await herald(folder, 'import', join(folder.dir, 'people.csv'), '--list', 'spring')
    await herald(folder, 'senders', 'add', writeIn(folder, 's.yaml', 'name: main\nprovider: sandbox\n'))
    const campaign = `name: Spring\nuseCase: utility\nsender: main\naudience: { lists: [spring] }\ncontent: { type: text, text: Hi }\n`
    const added = await herald(folder, 'campaigns', 'add', writeIn(folder, 'c.yaml', campaign))
    expect(added.exitCode, added.stderr).toBe(0)
    await herald(folder, 'campaigns', 'launch', 'Spring', '--yes')
  })

  it('I15: has its runs with counts as numbers, and its messages with phones as texts', async () => {
    const report = join(folder.dir, 'report.xlsx')
    const { json } = await herald(folder, '--json', 'report', 'Spring', '-o', report)
    expect(json).toEqual({ file: report })
    const [header] = await rowsOf(report)
    expect(header?.slice(0, 5)).toEqual(['run', 'occurrence', 'status', 'audience', 'pending'])
    const messages = join(folder.dir, 'messages.XLSX')
    expect((await herald(folder, 'export', 'Spring', '-o', messages)).exitCode).toBe(0)
    expect((await rowsOf(messages))[0]?.slice(0, 3)).toEqual(['message_id', 'phone', 'status'])
    for (const name of ['report.csv', 'report.html']) {
      const path = join(folder.dir, name)
      expect((await herald(folder, 'report', 'Spring', '-o', path)).exitCode).toBe(0)
      expect(readFileSync(path, 'utf8')).toContain(name.endsWith('csv') ? 'run,occurrence,status' : '<!doctype html>')
    }
  })

  it.each([
    [['report', 'Spring', '--format', 'xlsx'], 'a workbook needs a file'],
    [['report', 'Spring', '-o', 'report.txt'], 'no name of a report'],
    [['report', 'Spring', '-o', 'report.csv', '--format', 'table'], 'no name of a report'],
  ])('I15: is refused for %j', async (words, says) => {
    await expectRefusal(folder, words, { exitCode: 2, code: 'usage.invalid_value', says })
    expect(existsSync('report.txt')).toBe(false)
  })
})

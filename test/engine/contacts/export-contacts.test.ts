// An export of people says everything that another installation needs, and can be imported again.
import { expect, it } from 'vitest'
import { showContact } from '../../../src/engine/contacts/contacts.ts'
import { eraseContactByOperator } from '../../../src/engine/contacts/erasure.ts'
import { exportContacts, readSelection } from '../../../src/engine/contacts/export-contacts.ts'
import { deleteList } from '../../../src/engine/contacts/lists.ts'
import { addSuppression } from '../../../src/engine/contacts/suppressions.ts'
import { importCsv } from '../../../src/engine/import/import-csv.ts'
import { csvLine } from '../../../src/runtime/csv-file.ts'
import { csvFile, importLines, openTestApp, phoneNumber, type TestApp } from '../../support/open-test-app.ts'
import { readCsv } from '../import/import-support.ts'

async function exported({ ctx, dir }: TestApp, selection: unknown = {}): Promise<{ path: string; text: string }> {
  const { header, lines } = await exportContacts(ctx, readSelection(selection), false)
  let text = csvLine(header)
  for await (const slice of lines) for (const cells of slice) text += csvLine(cells)
  return { path: csvFile(dir, text), text }
}

async function people(): Promise<TestApp> {
  const test = await openTestApp()
  const first = [
    'phone,name,city,consent,time_zone',
    `${phoneNumber(1)},"Ann, ""A""",Köln,yes,Asia/Tokyo`,
    `${phoneNumber(2)},=Bob,Ulm,no,`,
    `${phoneNumber(3)},Cid,Köln,,`,
    `${phoneNumber(4)},Dan,Bonn,,`,
  ]
  await importLines(test, first, { list: 'spring' })
  await importLines(test, ['phone,points', `${phoneNumber(3)},5`, `${phoneNumber(5)},7`], { list: 'Autumn sale' })
  await addSuppression(test.ctx, phoneNumber(3), { scope: 'marketing', reason: 'opted_out' })
  await addSuppression(test.ctx, phoneNumber(3), { scope: 'all', reason: 'blocked' })
  await eraseContactByOperator(test.ctx, phoneNumber(4))
  return test
}

it('I15: 22 lists-in-the-export: everybody, with lists, consent and suppressions', async () => {
  const { path } = await exported(await people())
  const rows = readCsv(path)
  expect(Object.keys(rows[0] ?? {})).toEqual([
    'phone',
    'time_zone',
    'consent',
    'name',
    'city',
    'points',
    'herald_lists',
    'herald_suppressed',
  ])
  expect(rows.map((row) => [row.phone, row.consent, row.herald_lists, row.herald_suppressed])).toEqual([
    ['12025550101', 'yes', 'spring', ''],
    ['12025550102', 'no', 'spring', 'marketing:opted_out'],
    [
      '12025550103',
      '',
      'Autumn sale; spring',
      expect.stringMatching(/all:blocked.*marketing:opted_out|marketing.*all/),
    ],
    ['12025550105', '', 'Autumn sale', ''],
  ])
})

it.each([
  ['a list', { lists: ['spring'] }, ['101', '102', '103']],
  ['two lists', { lists: ['spring', 'Autumn sale'] }, ['101', '102', '103', '105']],
  ['everybody but a list', { exclude: ['autumn sale'] }, ['101', '102']],
  ['everybody of a filter', { filter: { field: 'city', is: 'Köln' } }, ['101', '103']],
  ['a list and a filter', { lists: ['Autumn sale'], filter: { field: 'points', above: 6 } }, ['105']],
])('I15: of %s', async (_what, selection, expected) => {
  const { path } = await exported(await people(), selection)
  expect(readCsv(path).map(({ phone }) => phone?.slice(-3))).toEqual(expected)
})

it('I15: has the fields of people whose list was deleted', async () => {
  const test = await people()
  await deleteList(test.ctx, 'Autumn sale')
  const { path } = await exported(test)
  expect(readCsv(path).map(({ points }) => points)).toEqual(['', '', '5', '7'])
})

it('I15: imported again elsewhere, everybody is as before, and who was suppressed stays so', async () => {
  const before = await people()
  const { path, text } = await exported(before)
  const after = await openTestApp()
  const result = await importCsv(after.ctx, { path, list: 'moved', rejectsPath: null })
  expect(result).toMatchObject({ rows: 4, rejected: 0, added: 4 })
  for (const n of [1, 2, 3, 5]) {
    const [old, made] = [await showContact(before.ctx, phoneNumber(n)), await showContact(after.ctx, phoneNumber(n))]
    expect([made.attributes, made.consent, made.zone]).toEqual([old.attributes, old.consent, old.zone])
    const scopes = ({ suppressions }: typeof old) =>
      suppressions.map(({ scope, reason }) => `${scope}:${reason}`).sort()
    expect(scopes(made)).toEqual(scopes(old))
  }
  const again = await exported(after)
  expect(again.text.replaceAll('moved', '')).toBe(
    text.replaceAll('Autumn sale; spring', '').replace(/Autumn sale|spring/g, ''),
  )
})

it('I15: refuses a filter that is none, and a list that is not there', async () => {
  const test = await openTestApp()
  expect(() => readSelection({ filter: { field: 'city', equals: 'x' } })).toThrow(/known are field/)
  await expect(exportContacts(test.ctx, { lists: ['nowhere'] }, false)).rejects.toMatchObject({
    code: 'list.not_found',
  })
})

// A list counts its people as they come and go: whoever shows it counts nobody.
import { describe, expect, it } from 'vitest'
import { eraseContactByOperator } from '../../../src/engine/contacts/erasure.ts'
import { deleteList, pageLists, showList } from '../../../src/engine/contacts/lists.ts'
import { undoImport } from '../../../src/engine/import/undo-import.ts'
import { verify } from '../../../src/engine/report/verify.ts'
import { countStatements } from '../../support/counted-statements.ts'
import { importLines, importPeople, openTestApp, phoneNumber, type TestApp } from '../../support/open-test-app.ts'

const lines = (first: number, count: number) => [
  'phone',
  ...Array.from({ length: count }, (_, n) => phoneNumber(first + n)),
]

async function expectCount(test: TestApp, count: number): Promise<void> {
  expect((await showList(test.ctx, 'people')).contacts).toBe(count)
  const { checks } = await verify(test.ctx)
  expect(checks.find(({ name }) => name === 'members')).toMatchObject({ ok: true })
}

describe('F12: the count of a list', () => {
  it('F12: follows imports, a replacement, its undoing, an erasure and the deletion of the list', async () => {
    const test = await openTestApp()
    await importLines(test, lines(0, 6))
    await expectCount(test, 6)
    await importLines(test, lines(4, 4))
    await expectCount(test, 8)
    const { importId } = await importLines(test, lines(6, 5), { mode: 'replace', isForced: true })
    await expectCount(test, 5)
    await undoImport(test.ctx, importId ?? '')
    await expectCount(test, 8)
    await importPeople(test, 3, 'others')
    await eraseContactByOperator(test.ctx, phoneNumber(1))
    await expectCount(test, 7)
    expect((await showList(test.ctx, 'others')).contacts).toBe(2)
    await deleteList(test.ctx, 'others')
    await expectCount(test, 7)
  })

  it('F12: is shown without a look at its members', async () => {
    const test = await openTestApp()
    await importLines(test, lines(0, 6))
    const counted = countStatements()
    await showList(test.ctx, 'people')
    await pageLists(test.ctx, { limit: 10 })
    expect(counted.texts().filter((sql) => sql.includes('list_members'))).toEqual([])
  })
})

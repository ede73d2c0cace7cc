// Files that come again: the same one, a newer one, one that replaces a list, one that was interrupted, one taken back.
import { existsSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { showContact } from '../../../src/engine/contacts/contacts.ts'
import { deleteList, showList } from '../../../src/engine/contacts/lists.ts'
import { recoverImports } from '../../../src/engine/import/apply-import.ts'
import { type ImportOptions, importCsv } from '../../../src/engine/import/import-csv.ts'
import { pageImports } from '../../../src/engine/import/imports.ts'
import { stagingFolder } from '../../../src/engine/import/left-over.ts'
import { undoImport } from '../../../src/engine/import/undo-import.ts'
import { reportOf } from '../../../src/engine/report/report.ts'
import { verify } from '../../../src/engine/report/verify.ts'
import { claimAll, launchAndPlan, record, storedMessages, tickAndPlan } from '../../support/claims.ts'
import {
  addSandbox,
  addTestCampaign,
  csvFile,
  importLines,
  openTestApp,
  phoneNumber,
  type TestApp,
} from '../../support/open-test-app.ts'
import { contactsOf } from './import-support.ts'

const numbered = (count: number, from = 0) => Array.from({ length: count }, (_, n) => phoneNumber(from + n))

describe('the same file again', () => {
  it('IM-01 does nothing and says when it was imported, unless it is forced', async () => {
    const test = await openTestApp()
    const path = csvFile(test.dir, 'phone,name\n+12025550101,Ann\n')
    const first = await importCsv(test.ctx, { path, list: 'people' })
    const again = await importCsv(test.ctx, { path, list: 'people', mode: 'upsert', onDuplicate: 'first' })
    expect(again).toMatchObject({ alreadyImported: true, importId: first.importId, added: 0, updated: 0, unchanged: 1 })
    expect(again.importedAt).toBe('2027-06-01T10:00:00.000Z')
    expect(await pageImports(test.ctx, { limit: 10 })).toHaveLength(1)
    const forced = await importCsv(test.ctx, { path, list: 'people', isForced: true })
    expect(forced).toMatchObject({ added: 0, updated: 0, unchanged: 1 })
    expect(forced.alreadyImported).toBeUndefined()
  })

  it.each<[string, Partial<ImportOptions>]>([
    ['into another list', { list: 'others' }],
    ['with another meaning of a column', { mapping: { name: 'first_name' } }],
    ['with another country', { defaultCountry: 'DE' }],
    ['to replace the list', { mode: 'replace' }],
  ])('is imported %s', async (_how, options) => {
    const test = await openTestApp()
    const path = csvFile(test.dir, 'phone,name\n+12025550101,Ann\n')
    await importCsv(test.ctx, { path, list: 'people' })
    expect((await importCsv(test.ctx, { path, list: 'people', ...options })).alreadyImported).toBeUndefined()
  })

  it('is imported when another file went into the list since', async () => {
    const test = await openTestApp()
    const [old, newer] = ['Ann', 'Anna'].map((name) =>
      csvFile(test.dir, `phone,name\n+12025550101,${name}\n`, `${name}.csv`),
    )
    await importCsv(test.ctx, { path: old ?? '', list: 'people' })
    await importCsv(test.ctx, { path: newer ?? '', list: 'people' })
    expect(await importCsv(test.ctx, { path: newer ?? '', list: 'people' })).toMatchObject({ alreadyImported: true })
    expect(await importCsv(test.ctx, { path: old ?? '', list: 'people' })).toMatchObject({ updated: 1 })
    expect(await contactsOf(test)).toEqual([{ phone: '+12025550101', name: 'Ann' }])
  })

  it('is imported after its list was deleted or its import undone', async () => {
    const test = await openTestApp()
    const path = csvFile(test.dir, 'phone,name\n+12025550101,Ann\n')
    await importCsv(test.ctx, { path, list: 'people' })
    await deleteList(test.ctx, 'people')
    const second = await importCsv(test.ctx, { path, list: 'people' })
    expect(second).toMatchObject({ added: 1 })
    await undoImport(test.ctx, second.importId ?? '')
    expect(await importCsv(test.ctx, { path, list: 'people' })).toMatchObject({ added: 1 })
  })
})

describe('a newer file', () => {
  it('IM-10 keeps what a blank cell would clear, unless it is told to clear it', async () => {
    const test = await openTestApp()
    await importLines(test, ['phone,name,city', '+12025550101,Ann,Boston'])
    expect(await importLines(test, ['phone,name,city', '+12025550101,Anna,'])).toMatchObject({ updated: 1 })
    expect(await contactsOf(test)).toEqual([{ phone: '+12025550101', name: 'Anna', city: 'Boston' }])
    await importLines(test, ['phone,name,city', '+12025550101,,Salem'], { overwriteBlanks: true })
    expect(await contactsOf(test)).toEqual([{ phone: '+12025550101', city: 'Salem' }])
  })

  it('IM-13 changes nothing of a run that was planned', async () => {
    const test = await campaignOnPeople()
    await launchAndPlan(test, 'Spring sale')
    await importLines(test, ['phone,first_name', '+12025550101,Changed', '+12025550109,New'], {
      mode: 'replace',
      isForced: true,
    })
    const claimed = await claimAll(test)
    expect(firstNames(claimed)).toEqual(['Ann', 'Bob'])
    expect((await reportOf(test.ctx, 'Spring sale')).totals.audience).toBe(2)
  })

  it('IM-14 is what the next occurrence is planned with', async () => {
    const test = await campaignOnPeople({ schedule: { cron: '0 12 * * *', timeZone: 'UTC' } })
    await launchAndPlan(test, 'Spring sale')
    test.clock.set('2027-06-01T12:00:01Z')
    await tickAndPlan(test, 'Spring sale')
    await record(test, await claimAll(test))
    await importLines(test, ['phone,first_name', '+12025550101,Anna', '+12025550109,New'])
    test.clock.set('2027-06-02T12:00:01Z')
    await tickAndPlan(test, 'Spring sale')
    const claimed = await claimAll(test)
    expect(firstNames(claimed)).toEqual(['Anna', 'Bob', 'New'])
  })

  it('IM-19 a person in two lists gets one message', async () => {
    const test = await openTestApp()
    await importLines(test, ['phone', '+12025550101', '+12025550102'], { list: 'one' })
    await importLines(test, ['phone', '+12025550102', '+12025550103'], { list: 'two' })
    await addSandbox(test)
    await addTestCampaign(test, { audience: { lists: ['one', 'two'] }, content: { type: 'text', text: 'Hello' } })
    await launchAndPlan(test, 'Spring sale')
    expect((await storedMessages(test)).map(({ phone }) => phone)).toEqual([
      '+12025550101',
      '+12025550102',
      '+12025550103',
    ])
  })
})

async function campaignOnPeople(change: Record<string, unknown> = {}): Promise<TestApp> {
  const test = await openTestApp()
  await importLines(test, ['phone,first_name', '+12025550101,Ann', '+12025550102,Bob'])
  await addSandbox(test)
  await addTestCampaign(test, change)
  return test
}

function firstNames(claimed: { variables: string | null }[]): string[] {
  return claimed.map(({ variables }) => (JSON.parse(variables ?? '{}') as { first_name: string }).first_name).sort()
}

describe('a file that replaces the list', () => {
  const replace = { mode: 'replace' } as const

  it('IM-15 is refused when more than a fifth would leave, until it is confirmed; contacts stay', async () => {
    const test = await openTestApp()
    await importLines(test, ['phone', ...numbered(10)])
    const six = ['phone', ...numbered(6)]
    expect(await importLines(test, six, { ...replace, isDryRun: true })).toMatchObject({ removed: 4, unchanged: 6 })
    await expect(importLines(test, six, replace)).rejects.toMatchObject({
      code: 'import.removes_too_many',
      details: { members: 10, leavers: 4 },
    })
    expect((await showList(test.ctx, 'people')).contacts).toBe(10)
    expect(await importLines(test, six, { ...replace, isForced: true })).toMatchObject({ removed: 4 })
    expect((await showList(test.ctx, 'people')).contacts).toBe(6)
    expect((await showContact(test.ctx, phoneNumber(9))).lists).toEqual([])
  })

  it('IM-15 is taken without asking when a fifth or less would leave', async () => {
    const test = await openTestApp()
    await importLines(test, ['phone', ...numbered(10)])
    expect(await importLines(test, ['phone', ...numbered(8)], replace)).toMatchObject({ removed: 2 })
    expect((await showList(test.ctx, 'people')).contacts).toBe(8)
  })
})

describe('an import that was interrupted', () => {
  const file = (test: TestApp) =>
    csvFile(test.dir, ['phone,name', ...numbered(700).map((phone) => `${phone},new`)].join('\n'), 'big.csv')
  const stop = new Error('the process died')

  /** Leaves the database as a process does that dies when six tenths are applied, and opens it again. */
  async function diedWhileApplying(): Promise<{ test: TestApp; path: string }> {
    const dying = await openTestApp()
    await importLines(dying, ['phone,name', `${phoneNumber(3)},old`, `${phoneNumber(900)},stays`])
    const path = file(dying)
    const onProgress: ImportOptions['onProgress'] = ({ what, done }) => {
      if (what === 'people applied' && done >= 420) throw stop
    }
    await expect(importCsv(dying.ctx, { path, list: 'people', onProgress })).rejects.toBe(stop)
    await dying.app[Symbol.asyncDispose]()
    return { test: await openTestApp({ dir: dying.dir, clock: dying.clock }), path }
  }

  it('IM-16 shows nothing, rolls forward at the next start, and is a no-op when it is run again', async () => {
    const { test, path } = await diedWhileApplying()
    await expect(showList(test.ctx, 'people')).rejects.toMatchObject({ code: 'list.busy' })
    expect(await recoverImports(test.ctx)).toBe(1)
    expect((await showList(test.ctx, 'people')).contacts).toBe(701)
    const [newest] = await pageImports(test.ctx, { limit: 10 })
    expect(newest).toMatchObject({ status: 'applied', rows: 700, added: 699, updated: 1 })
    expect(await importCsv(test.ctx, { path, list: 'people' })).toMatchObject({ alreadyImported: true })
    expect(readdirSync(stagingFolder(test.ctx))).toEqual([])
    expect((await verify(test.ctx)).ok).toBe(true)
  })

  it('goes back when its staging file is lost', async () => {
    const { test, path } = await diedWhileApplying()
    rmSync(stagingFolder(test.ctx), { recursive: true })
    expect(await recoverImports(test.ctx)).toBe(1)
    expect((await contactsOf(test)).map(({ name }) => name)).toEqual(['old', 'stays'])
    expect((await pageImports(test.ctx, { limit: 10 }))[0]).toMatchObject({ status: 'undone' })
    expect(await importCsv(test.ctx, { path, list: 'people' })).toMatchObject({ added: 699, updated: 1 })
  })

  it('leaves nothing when somebody stops it before it is applied', async () => {
    const test = await openTestApp()
    const stopping = new AbortController()
    const onProgress = () => stopping.abort()
    const options = { path: file(test), list: 'people', onProgress, signal: stopping.signal }
    await expect(importCsv(test.ctx, options)).rejects.toMatchObject({ code: 'interrupted' })
    expect(await pageImports(test.ctx, { limit: 10 })).toEqual([])
    expect(readdirSync(stagingFolder(test.ctx))).toEqual([])
    expect(existsSync(join(test.dir, 'big.rejects.csv'))).toBe(false)
  })

  it('is complete when it was being applied already', async () => {
    const test = await openTestApp()
    const stopping = new AbortController()
    const onProgress: ImportOptions['onProgress'] = ({ what }) => what === 'people applied' && stopping.abort()
    const options = { path: file(test), list: 'people', onProgress, signal: stopping.signal }
    expect(await importCsv(test.ctx, options)).toMatchObject({ added: 700 })
    expect((await showList(test.ctx, 'people')).contacts).toBe(700)
  })
})

describe('an import that is undone', () => {
  it('IM-25 takes memberships and fields back; contacts, messages and caps stay', async () => {
    const test = await campaignOnPeople()
    const newer = ['phone,first_name', '+12025550101,Changed', '+12025550103,New']
    const { importId } = await importLines(test, newer, { mode: 'replace', isForced: true })
    await launchAndPlan(test, 'Spring sale')
    await record(test, await claimAll(test))
    const sent = await storedMessages(test)
    const capped = await test.ctx.db.read((tx) => tx.all('SELECT * FROM cap_uses ORDER BY message_id'))
    expect(await undoImport(test.ctx, importId ?? '')).toMatchObject({ status: 'undone' })
    expect(await contactsOf(test)).toEqual([
      { phone: '+12025550101', first_name: 'Ann' },
      { phone: '+12025550102', first_name: 'Bob' },
    ])
    expect((await showContact(test.ctx, '+12025550103')).messages).toHaveLength(1)
    expect(await storedMessages(test)).toEqual(sent)
    expect(await test.ctx.db.read((tx) => tx.all('SELECT * FROM cap_uses ORDER BY message_id'))).toEqual(capped)
    expect((await verify(test.ctx)).ok).toBe(true)
    expect(await undoImport(test.ctx, importId ?? '')).toMatchObject({ status: 'undone' })
  })

  it('leaves alone what a later import changed', async () => {
    const test = await openTestApp()
    const first = await importLines(test, ['phone,name', '+12025550101,Ann'])
    const second = await importLines(test, ['phone,name', '+12025550101,Anna'])
    test.clock.advance(1000)
    await importLines(test, ['phone,name', '+12025550101,Annabel'])
    await undoImport(test.ctx, second.importId ?? '')
    expect((await contactsOf(test))[0]?.name).toBe('Annabel')
    // The third import names them too.
    expect(await undoImport(test.ctx, first.importId ?? '')).toMatchObject({ stayed: 1 })
    expect((await contactsOf(test))[0]?.name).toBe('Annabel')
  })

  it('H13: keeps people whom a later import named too, until none is left that did', async () => {
    const test = await openTestApp()
    const importOf = async (...last: string[]) =>
      (await importLines(test, ['phone', ...last.map((digits) => `+120255501${digits}`)])).importId ?? ''
    const phones = async () => (await contactsOf(test)).map(({ phone = '' }) => phone.slice(-2)).sort()
    const first = await importOf('01', '02', '03')
    const second = await importOf('02', '03', '04')
    const third = await importOf('03', '05')
    expect(await undoImport(test.ctx, first)).toMatchObject({ status: 'undone', stayed: 2 })
    expect(await phones()).toEqual(['02', '03', '04', '05'])
    expect(await undoImport(test.ctx, second)).toMatchObject({ stayed: 1 })
    expect(await phones()).toEqual(['03', '05'])
    expect(await undoImport(test.ctx, third)).toMatchObject({ stayed: 0 })
    expect(await phones()).toEqual([])
  })

  it.each([
    ['the older first', [0, 1], ['02', '03']],
    ['the newer first', [1, 0], []],
  ])('H13: forgets what an import named when it is undone: %s', async (_, order, afterOne) => {
    const test = await openTestApp()
    const ids: string[] = []
    for (const lines of [
      ['+12025550101', '+12025550102'],
      ['+12025550102', '+12025550103'],
    ])
      ids.push((await importLines(test, ['phone', ...lines])).importId ?? '')
    const phones = async () => (await contactsOf(test)).map(({ phone = '' }) => phone.slice(-2)).sort()
    await undoImport(test.ctx, ids[order[0] ?? 0] ?? '')
    expect(await phones()).toEqual(afterOne.length > 0 ? afterOne : ['01', '02'])
    await undoImport(test.ctx, ids[order[1] ?? 0] ?? '')
    expect(await phones()).toEqual([])
  })

  it('H13: takes nobody back into a list whose every import of them was undone', async () => {
    const test = await openTestApp()
    const phones = async () => (await contactsOf(test)).map(({ phone = '' }) => phone.slice(-2)).sort()
    const first = await importLines(test, ['phone', '+12025550101', '+12025550102'])
    const second = await importLines(test, ['phone', '+12025550102', '+12025550103'])
    const replacing = await importLines(test, ['phone', '+12025550104'], { mode: 'replace', isForced: true })
    const back = await importLines(test, ['phone', '+12025550102'])
    expect(await phones()).toEqual(['02', '04'])
    await undoImport(test.ctx, back.importId ?? '')
    expect(await phones()).toEqual(['04'])
    await undoImport(test.ctx, first.importId ?? '')
    await undoImport(test.ctx, replacing.importId ?? '')
    expect(await phones()).toEqual(['02', '03'])
    await undoImport(test.ctx, second.importId ?? '')
    expect(await phones()).toEqual([])
  })

  it('is taken back to the end by the next start when its process died', async () => {
    const dying = await openTestApp()
    const { importId } = await importLines(dying, ['phone', ...numbered(5)])
    const id = Number(importId?.slice('imp_'.length))
    const node = await dying.ctx.node.id()
    await dying.ctx.db.write((tx) =>
      tx.run(`UPDATE imports SET status = 'undoing', node_id = ? WHERE id = ?`, [node, id]),
    )
    await dying.app[Symbol.asyncDispose]()
    const test = await openTestApp({ dir: dying.dir, clock: dying.clock })
    expect(await recoverImports(test.ctx)).toBe(1)
    expect(await contactsOf(test)).toEqual([])
    expect((await pageImports(test.ctx, { limit: 10 }))[0]).toMatchObject({ status: 'undone' })
  })
})

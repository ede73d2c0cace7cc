// The staging file of an import beside the database: read while it is attached, applied range by range, each once.
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { Database } from '../../../src/store/database.ts'
import { undoChanges, undoMembers } from '../../../src/store/import-undo.ts'
import {
  applyChunk,
  countBuckets,
  getImport,
  type ImportRow,
  insertImport,
  suppressDenied,
} from '../../../src/store/imports.ts'
import { ensureList, getList, isListBusy } from '../../../src/store/lists.ts'
import { dropStaging, StagingWriter, stagedCells } from '../../../src/store/staging.ts'
import { findSuppressions } from '../../../src/store/suppressions.ts'
import { present } from '../../support/present.ts'
import type { OpenStore } from '../contract.ts'
import { START, sendingCampaign } from './store-fixture.ts'

let files = 0

interface StagedPerson {
  key: string
  attributes?: Record<string, string>
  consent?: 'granted' | 'denied'
}

/** What a list counts of its people, beside those who are in it. */
function membersOf(db: Database, listId: number) {
  return db.read(async (tx) => ({
    counted: (await getList(tx, listId)).members,
    found: (await tx.all('SELECT 1 FROM list_members WHERE list_id = ?', [listId])).length,
  }))
}

function stage(people: readonly StagedPerson[], keep: 'first' | 'last' = 'first') {
  const path = join(tmpdir(), `herald-staging-${process.pid}-${++files}.db`)
  onTestFinished(() => dropStaging(path))
  const writer = new StagingWriter(path)
  for (const [index, { key, attributes = {}, consent = null }] of people.entries())
    writer.addRow({
      line: index + 2,
      key,
      phone: `+${key}`,
      attributes: JSON.stringify(attributes),
      zone: null,
      zoneGuess: 'America/New_York',
      consent,
      suppressed: null,
    })
  writer.addReject({ line: 99, column: 'phone', code: 'phone.missing', detail: 'no number', cells: ['', 'x'] })
  return { path, summary: writer.finish(keep) }
}

async function beginImport(db: Database, path: string, people: number, list = 'people'): Promise<ImportRow> {
  return db.write(async (tx) => {
    const { id: listId } = await ensureList(tx, list, present(START))
    const id = await insertImport(tx, {
      listId,
      status: 'applying',
      fileName: 'contacts.csv',
      fingerprint: path,
      encoding: 'utf-8',
      delimiter: ',',
      options: {},
      stagingPath: path,
      people,
      warnings: {},
      nodeId: 1,
      createdAt: START + 1,
    })
    return getImport(tx, id)
  })
}

const keys = (count: number) => Array.from({ length: count }, (_, n) => ({ key: `1202555${2000 + n}` }))

export function describeStaging(open: OpenStore): void {
  describe('a staging file', () => {
    it('keeps one line of each person in the order of their keys, and names the others', () => {
      const people = [
        { key: '3' },
        { key: '1', attributes: { a: 'x' } },
        { key: '3' },
        { key: '1', attributes: { a: 'y' } },
      ]
      const { path, summary } = stage(people)
      expect(summary).toMatchObject({ people: 2, duplicates: 2, conflicts: 1, rejected: 1, denied: 0 })
      expect([...stagedCells(path)]).toEqual([
        { line: 99, column: 'phone', code: 'phone.missing', detail: 'no number', cells: ['', 'x'] },
      ])
    })

    it('is readable while it is attached, by one import at a time', async () => {
      const db = await open()
      const [first, second] = [stage(keys(2)), stage(keys(3))]
      const count = () => db.read((tx) => tx.get<{ n: number }>('SELECT count(*) AS n FROM staging.sorted'))
      const held = await db.attachStaging(first.path)
      const waiting = db.attachStaging(second.path)
      expect(await count()).toEqual({ n: 2 })
      await held[Symbol.asyncDispose]()
      await using _second = await waiting
      expect(await count()).toEqual({ n: 3 })
    })

    it('is gone from the database when it is detached', async () => {
      const db = await open()
      const attached = await db.attachStaging(stage(keys(1)).path)
      await attached[Symbol.asyncDispose]()
      await expect(db.read((tx) => tx.get('SELECT 1 FROM staging.sorted'))).rejects.toThrow()
    })

    it('is applied range by range, each once, and puts every person into one bucket', async () => {
      const { db } = await sendingCampaign(await open(), { people: 2 })
      const people = [{ key: '12025551000' }, { key: '12025551001', attributes: { city: 'Bonn' } }, ...keys(3)]
      const { path } = stage(people)
      await using _staging = await db.attachStaging(path)
      const row = await beginImport(db, path, 5)
      const apply = (range: { after: number; through: number }) =>
        db.write((tx) => applyChunk(tx, row, range, present(START)))
      expect(await apply({ after: 0, through: 3 })).toEqual({ added: 1, updated: 1, unchanged: 1, suppressed: 0 })
      expect(await apply({ after: 0, through: 3 })).toBeUndefined()
      expect(await apply({ after: 3, through: 5 })).toEqual({ added: 2, updated: 0, unchanged: 0, suppressed: 0 })
      expect(await membersOf(db, row.listId)).toEqual({ counted: 5, found: 5 })
      expect(await db.read((tx) => countBuckets(tx, row.listId, { after: 0, through: 5 }))).toEqual({
        added: 0,
        updated: 0,
        unchanged: 5,
        suppressed: 0,
      })
    })

    it('makes its list busy until it is applied', async () => {
      const db = await open()
      const row = await beginImport(db, stage(keys(1)).path, 1)
      expect(await db.read((tx) => isListBusy(tx, row.listId))).toBe(true)
    })

    it('suppresses people whose line says no', async () => {
      const db = await open()
      const { path } = stage([
        { key: '12025552000', consent: 'denied' },
        { key: '12025552001', consent: 'granted' },
      ])
      await using _staging = await db.attachStaging(path)
      const row = await beginImport(db, path, 2)
      await db.write((tx) => suppressDenied(tx, row, { after: 0, through: 2 }, present(START)))
      expect(await db.read((tx) => findSuppressions(tx, '12025552000'))).toMatchObject([{ scope: 'marketing' }])
      expect(await db.read((tx) => findSuppressions(tx, '12025552001'))).toEqual([])
    })

    it('leaves before-images from which everything is taken back', async () => {
      const { db } = await sendingCampaign(await open(), { people: 1 })
      const { path } = stage([{ key: '12025551000', attributes: { city: 'Bonn' } }, ...keys(2)])
      await using _staging = await db.attachStaging(path)
      const row = await beginImport(db, path, 3)
      const attributes = async () =>
        db.read((tx) => tx.get<{ a: string }>(`SELECT attributes AS a FROM contacts WHERE key = '12025551000'`))
      const before = await attributes()
      await db.write((tx) => applyChunk(tx, row, { after: 0, through: 3 }, present(START)))
      expect(await attributes()).not.toEqual(before)
      for (let after: number | undefined = 0; after !== undefined; ) {
        const mark: number = after
        after = await db.write((tx) => undoMembers(tx, row, { after: mark, limit: 1 }))
      }
      while ((await db.write((tx) => undoChanges(tx, row, 1))) > 0);
      expect(await attributes()).toEqual(before)
      expect(await membersOf(db, row.listId)).toEqual({ counted: 1, found: 1 })
    })
  })
}

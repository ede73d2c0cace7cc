// kill -9 while a file is read, while it is applied and while a run is planned: nothing half of it is ever seen, and the
// next start comes to the same end as if nothing had happened.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { addKey } from '../../src/engine/accounts/keys.ts'
import { addUser } from '../../src/engine/accounts/users.ts'
import { launchByOperator } from '../../src/engine/campaigns/launch.ts'
import { showList } from '../../src/engine/contacts/lists.ts'
import { recoverImports } from '../../src/engine/import/apply-import.ts'
import { importCsv } from '../../src/engine/import/import-csv.ts'
import { verify } from '../../src/engine/report/verify.ts'
import { pauseSenderByOperator } from '../../src/engine/senders/senders.ts'
import { tempDir } from '../support/open-test-app.ts'
import { emulatedMeta, manyPhones, preparedFolder, withApp } from './emulated-meta.ts'
import { becameTrue, herald, lookInto } from './herald-process.ts'

const PEOPLE = 12_000

function bigFile(dir: string, people = PEOPLE): string {
  const path = join(dir, 'people.csv')
  writeFileSync(
    path,
    `phone,first_name\n${manyPhones(people)
      .map((phone, n) => `${phone},N${n}`)
      .join('\n')}\n`,
  )
  return path
}

const stagedFiles = (dir: string) => (existsSync(join(dir, 'staging')) ? readdirSync(join(dir, 'staging')) : [])

function count(dir: string, table: string): number {
  const db = lookInto(dir)
  return db.prepare(`SELECT count(*) FROM ${table}`).pluck().get() as number
}

describe('killed while importing', () => {
  it('leaves nothing of a file that was being read, and takes it when it comes again', async () => {
    const dir = tempDir()
    const path = bigFile(dir)
    await withApp(dir, async () => {})
    const running = herald(dir, 'import', path, '--list', 'people')
    await becameTrue(dir, () => stagedFiles(dir).length > 0)
    await running.kill9()
    expect([count(dir, 'contacts'), count(dir, 'lists'), count(dir, 'imports')]).toEqual([0, 0, 0])
    const again = herald(dir, 'import', path, '--list', 'people')
    expect(await again.ended()).toBe(0)
    expect(await again.answered()).toMatchObject({ rows: PEOPLE, added: PEOPLE, rejected: 0 })
    expect(stagedFiles(dir)).toEqual([])
  })

  it('shows nothing of a file that was being applied, and one of two that come back at once rolls it forward', async () => {
    const dir = tempDir()
    const path = bigFile(dir)
    await withApp(dir, async () => {})
    const running = herald(dir, 'import', path, '--list', 'people')
    const db = lookInto(dir)
    const applied = db.prepare(`SELECT applied_through FROM imports WHERE status = 'applying'`).pluck()
    await becameTrue(dir, () => ((applied.get() as number | undefined) ?? 0) > 0)
    await running.kill9()
    const through = applied.get() as number
    expect(through).toBeLessThan(PEOPLE)
    await withApp(dir, async ({ ctx }) => {
      await expect(showList(ctx, 'people')).rejects.toMatchObject({ code: 'list.busy' })
      const recovered = await withApp(dir, ({ ctx: other }) =>
        Promise.all([recoverImports(ctx), recoverImports(other)]),
      )
      expect(recovered.sort()).toEqual([0, 1])
      expect(await showList(ctx, 'people')).toMatchObject({ contacts: PEOPLE })
      expect(await recoverImports(ctx)).toBe(0)
      const again = await importCsv(ctx, { path, list: 'people' })
      expect(again).toMatchObject({ alreadyImported: true, added: 0 })
    })
    const [row] = db
      .prepare(
        'SELECT status, rows, added + updated + unchanged + duplicates + suppressed + rejected AS sum FROM imports',
      )
      .all()
    expect(row).toEqual({ status: 'applied', rows: PEOPLE, sum: PEOPLE })
    expect(stagedFiles(dir)).toEqual([])
  })
})

describe('stopped while importing', () => {
  it('ends a service in good order between two chunks, and the next one goes on while it listens', async () => {
    const dir = tempDir()
    // Enough that it is not done before the signal arrives.
    const people = 40_000
    const path = bigFile(dir, people)
    const { key } = await withApp(dir, async ({ ctx }) => {
      await addUser(ctx, { name: 'ada', password: 'orange kettle lantern', role: 'editor' })
      return addKey(ctx, { name: 'test', user: 'ada' })
    })
    const first = herald(dir, 'start', '--port', '0')
    const { url } = await first.answered()
    const post = async (place: string, type: string, body: string) => {
      const headers = { authorization: `Bearer ${key}`, 'content-type': type }
      const response = await fetch(`${url}/api/v1${place}`, { method: 'POST', headers, body })
      return (await response.json()) as { id: string }
    }
    const { id: upload } = await post('/uploads', 'text/csv', readFileSync(path, 'utf8'))
    await post('/imports', 'application/json', JSON.stringify({ upload, list: 'people' }))
    const imports = lookInto(dir).prepare('SELECT status, applied_through AS through FROM imports')
    const state = () => imports.get() as { status: string; through: number } | undefined
    await becameTrue(dir, () => (state()?.through ?? 0) > 0)
    expect(await first.stop()).toBe(0)
    expect(state()?.status).toBe('applying')
    expect(state()?.through).toBeLessThan(people)

    const second = herald(dir, 'start', '--port', '0')
    await second.answered()
    await becameTrue(dir, () => state()?.status === 'applied' && stagedFiles(dir).length === 0)
    expect(count(dir, 'list_members')).toBe(people)
    expect(await second.stop()).toBe(0)
  })
})

describe('killed while planning', () => {
  it('sends nothing of a half-planned run and plans the rest once', async () => {
    const meta = await emulatedMeta()
    const dir = await preparedFolder(meta, { people: PEOPLE, ratePerSecond: 1 })
    await withApp(dir, async ({ ctx }) => {
      await pauseSenderByOperator(ctx, 'main')
      await launchByOperator(ctx, 'Spring sale')
    })
    const db = lookInto(dir)
    const state = db.prepare('SELECT status, planned_through AS through, audience_count AS audience FROM runs')
    const run = () => state.get() as { status: string; through: number; audience: number } | undefined
    const first = herald(dir, 'start', '--port', '0')
    await becameTrue(dir, () => (run()?.through ?? 0) > 0)
    await first.kill9()
    const killed = run()
    expect(killed?.status).toBe('planning')
    expect(killed?.audience).toBe(count(dir, 'messages'))
    const second = herald(dir, 'start', '--port', '0')
    await becameTrue(dir, () => run()?.status === 'sending')
    expect(await second.stop()).toBe(0)
    expect(run()).toMatchObject({ status: 'sending', audience: PEOPLE })
    expect(count(dir, 'messages')).toBe(PEOPLE)
    expect(meta.sends()).toEqual([])
    await withApp(dir, async ({ ctx }) => {
      expect((await verify(ctx)).checks.filter((check) => !check.ok)).toEqual([])
    })
  })
})

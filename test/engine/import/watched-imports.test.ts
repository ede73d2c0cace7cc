// Imports at work in a service that ends: they stop between two chunks, and the next one continues them by itself.
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { addUser } from '../../../src/engine/accounts/users.ts'
import { showList } from '../../../src/engine/contacts/lists.ts'
import { importRequestSchema } from '../../../src/engine/import/import-request.ts'
import { showImport } from '../../../src/engine/import/imports.ts'
import { storeUpload } from '../../../src/engine/import/uploads.ts'
import { type WatchedImport, WatchedImports } from '../../../src/engine/import/watched-imports.ts'
import { manyPhones } from '../../reliability/emulated-meta.ts'
import { turn, until } from '../../support/fake-clock.ts'
import { openTestApp, type TestApp } from '../../support/open-test-app.ts'
import { isAtWork } from '../../support/under-way.ts'

const PEOPLE = 9_000

async function opened(dir?: string): Promise<{ test: TestApp; imports: WatchedImports }> {
  const test = await openTestApp({ env: { HERALD_PORT: '0' }, ...(dir !== undefined && { dir }) })
  return { test, imports: new WatchedImports(test.ctx) }
}

async function uploadPeople({ ctx }: TestApp, lines: string[]): Promise<{ userId: number; upload: string }> {
  const { id } = await addUser(ctx, { name: 'ada', password: 'orange kettle lantern', role: 'editor' })
  const userId = Number(id.replace('usr_', ''))
  const bytes = Buffer.from(`phone,first_name\n${lines.join('\n')}\n`)
  const stored = await storeUpload(
    ctx,
    { userId, fileName: 'people.csv' },
    (async function* () {
      yield bytes
    })(),
  )
  return { userId, upload: stored.id }
}

const manyLines = (count: number) => manyPhones(count).map((phone, n) => `${phone},N${n}`)

/** Lets the work go on until it stands at this step. */
async function reached(watched: WatchedImport, what: string): Promise<void> {
  while (watched.progress.what !== what && watched.state === 'running') await turn()
  expect(watched.progress.what).toBe(what)
}

const stagedFiles = (dir: string) => (existsSync(join(dir, 'staging')) ? readdirSync(join(dir, 'staging')) : [])

/** The next process on the same folder, at work. */
async function nextStart(before: TestApp): Promise<TestApp> {
  await before.app[Symbol.asyncDispose]()
  const { test } = await opened(before.dir)
  const running = await test.app.serve()
  onTestFinished(async () => running[Symbol.asyncDispose]())
  return test
}

describe('an import at work', () => {
  it('tells its pace and the rest of each step once it can, and of every step anew', async () => {
    const { test, imports } = await opened()
    const { userId, upload } = await uploadPeople(test, manyLines(PEOPLE))
    const watched = await imports.startImport(userId, importRequestSchema.parse({ upload, list: 'spring' }))
    const paces: { done: number; rest: number | undefined }[] = []
    while (watched.state === 'running') {
      const { progress, pace } = watched
      if (progress.what === 'people applied' && paces.at(-1)?.done !== progress.done)
        paces.push({ done: progress.done, rest: pace?.restMs })
      if (!isAtWork()) test.clock.advance(1_000)
      await turn()
    }
    // 500 people in the first chunk, twice as many in each that follows: 3,000 in two seconds leave 5,500.
    expect(paces.slice(0, 3)).toEqual([
      { done: 500, rest: undefined },
      { done: 1_500, rest: undefined },
      { done: 3_500, rest: (5_500 / 3_000) * 2_000 },
    ])
  })

  it('tells whoever watches of every step, however short it is', async () => {
    const { test, imports } = await opened()
    const { userId, upload } = await uploadPeople(test, manyLines(10))
    const { id } = await imports.startImport(userId, importRequestSchema.parse({ upload, list: 'spring' }))
    const told: string[] = []
    const over = new Promise<void>((resolve) => {
      imports.watch(id, userId, {
        tell: ({ progress, state }) => void told.push(`${state} ${progress.what}`),
        end: resolve,
      })
    })
    await over
    expect([...new Set(told)]).toEqual([
      'running waiting',
      'running bytes read',
      'running sorting',
      'running people compared',
      'running people applied',
      'done people applied',
    ])
  })
})

describe('a service that ends', () => {
  it('leaves an import that is being stored to the next start, which finishes it while it is at work', async () => {
    const { test, imports } = await opened()
    const { userId, upload } = await uploadPeople(test, [...manyLines(PEOPLE), '12,Nobody'])
    const watched = await imports.startImport(userId, importRequestSchema.parse({ upload, list: 'spring' }))
    await reached(watched, 'people applied')
    await imports.close()
    expect(watched).toMatchObject({
      state: 'failed',
      error: { code: 'interrupted', hint: expect.stringContaining('next start') },
    })
    expect(watched.progress.done).toBeLessThan(PEOPLE)
    expect(await showImport(test.ctx, 'imp_1')).toMatchObject({ status: 'applying' })
    await expect(showList(test.ctx, 'spring')).rejects.toMatchObject({ code: 'list.busy' })

    const next = await nextStart(test)
    await until(next.clock, async () => (await showImport(next.ctx, 'imp_1')).status === 'applied')
    await until(next.clock, () => stagedFiles(next.dir).length === 0)
    expect(await showImport(next.ctx, 'imp_1')).toMatchObject({ rows: PEOPLE + 1, added: PEOPLE, rejected: 1 })
    expect(await showList(next.ctx, 'spring')).toMatchObject({ contacts: PEOPLE })
  })

  it('leaves an import that is being taken back to the next start too', async () => {
    const { test, imports } = await opened()
    const { userId, upload } = await uploadPeople(test, manyLines(PEOPLE))
    const made = await imports.startImport(userId, importRequestSchema.parse({ upload, list: 'spring' }))
    while (made.state === 'running') await turn()
    const watched = await imports.startUndo(userId, 'imp_1')
    await reached(watched, 'changes taken back')
    await imports.close()
    expect(await showImport(test.ctx, 'imp_1')).toMatchObject({ status: 'undoing' })

    const next = await nextStart(test)
    await until(next.clock, async () => (await showImport(next.ctx, 'imp_1')).status === 'undone')
    expect(await showList(next.ctx, 'spring')).toMatchObject({ contacts: 0 })
  })

  it('drops a file that is still being read or compared, and begins no other', async () => {
    const { test, imports } = await opened()
    const { userId, upload } = await uploadPeople(test, manyLines(PEOPLE))
    const request = importRequestSchema.parse({ upload, list: 'spring' })
    const watched = await imports.startImport(userId, request)
    await reached(watched, 'people compared')
    await imports.close()
    expect(watched).toMatchObject({
      state: 'failed',
      error: { code: 'interrupted', message: expect.stringContaining('nothing was imported') },
    })
    expect(stagedFiles(test.dir)).toEqual([])
    await expect(showImport(test.ctx, 'imp_1')).rejects.toMatchObject({ code: 'import.not_found' })
    await expect(imports.startImport(userId, request)).rejects.toMatchObject({ code: 'interrupted' })
  })
})

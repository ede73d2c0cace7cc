// A power cut at any moment: whatever was answered is there, nothing is there in part, and the order is kept.
// `POWER_CUT_IMAGES=50000 npx vitest run test/reliability/power-cut.test.ts` looks at as many images.
import { join } from 'node:path'
import SqliteConnection from 'better-sqlite3'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { Database } from '../../src/store/database.ts'
import type { SyncFile } from '../../src/store/durability.ts'
import { openSqlite } from '../../src/store/sqlite.ts'
import { turn } from '../support/fake-clock.ts'
import { tempDir } from '../support/open-test-app.ts'
import { Disk, type Image, readImage, seeded } from './power-cut.ts'

const IMAGES = Number(process.env.POWER_CUT_IMAGES ?? 200)
/** Rows that each transaction writes. */
const ROWS = 5
const IMAGES_PER_CUT = 6
const FOREIGN = -1

interface World {
  db: Database
  disk: Disk
  /** Another process's connection. */
  stranger: SqliteConnection.Database
  random: () => number
  /** Transactions in the order in which they were asked for, without those that throw. */
  asked: number[]
  answered: Set<number>
  images: number
  path: string
}

function openWorld(seed: number, wrap: (sync: SyncFile) => SyncFile = (sync) => sync): World {
  const path = join(tempDir(), 'herald.db')
  const first = new SqliteConnection(path)
  first.pragma('journal_mode = WAL')
  first.exec('CREATE TABLE written (n INTEGER, part INTEGER, filling TEXT); CREATE INDEX by_n ON written (n, part)')
  first.exec('CREATE TABLE counter (last INTEGER); INSERT INTO counter VALUES (0)')
  first.close()
  const random = seeded(seed)
  let disk: Disk | undefined
  const db = openSqlite(path, { sync: (file, done) => wrap(disk!.sync)(file, done) })
  disk = new Disk(path, random)
  const stranger = new SqliteConnection(path)
  stranger.pragma('synchronous = NORMAL')
  onTestFinished(async () => {
    stranger.close()
    await db[Symbol.asyncDispose]()
    disk.close()
  })
  return { db, disk, stranger, random, asked: [], answered: new Set(), images: 0, path }
}

/** Ten or so pages: rows, an index, and a page that every transaction changes. */
function write(world: World, n: number, fails = false): Promise<void> {
  if (!fails) world.asked.push(n)
  const written = world.db.write(async (tx) => {
    for (let part = 0; part < ROWS; part++) {
      if (fails && part === ROWS - 1) throw new Error('thought better of it')
      await tx.run('INSERT INTO written VALUES (?, ?, ?)', [n, part, 'x'.repeat(300)])
    }
    await tx.run('UPDATE counter SET last = ?', [n])
  })
  return written.then(
    () => void world.answered.add(n),
    (error) => {
      if (!fails) throw error
    },
  )
}

/** Whoever is told of a transaction by reading may rely on it too. */
async function readAll(world: World): Promise<void> {
  const rows = await world.db.read((tx) => tx.all<{ n: number }>('SELECT DISTINCT n FROM written'))
  for (const { n } of rows) world.answered.add(n)
}

/** What is wrong with an image, in words. */
function look(world: World, image: Image): string[] {
  world.images++
  return readImage(join(world.path, '..', 'image.db'), image, (connection) => {
    const integrity = connection.pragma('integrity_check', { simple: true })
    const found = new Map(
      connection.prepare<[], [number, number]>('SELECT n, count(*) FROM written GROUP BY n').raw().all(),
    )
    const lost = [...world.answered].filter((n) => !found.has(n))
    const half = [...found].filter(([n, rows]) => rows !== (n <= FOREIGN ? 1 : ROWS))
    const own = [...found.keys()].filter((n) => n > FOREIGN).sort((a, b) => a - b)
    const isInOrder = own.every((n, at) => world.asked[at] === n)
    return [
      ...(integrity === 'ok' ? [] : [`integrity_check: ${integrity}`]),
      ...lost.map((n) => `answered, but lost: ${n}`),
      ...half.map(([n, rows]) => `in part: ${n} with ${rows} rows`),
      ...(isInOrder ? [] : ['not in the order in which they were asked for']),
    ]
  })
}

/** Writers, readers, transactions that throw, another process, checkpoints; the power is cut at every turn. */
async function live(world: World, images: number): Promise<string[]> {
  const { random, stranger, disk } = world
  const wrong: string[] = []
  for (let n = 1, round = 1; world.images < images && wrong.length === 0; round++) {
    const work: Promise<void>[] = []
    if (random() < 0.3) stranger.prepare('INSERT INTO written VALUES (?, 0, ?)').run(FOREIGN - round, 'from outside')
    for (let i = 0; i < Math.floor(random() * 7); i++) work.push(write(world, n++, random() < 0.15))
    if (random() < 0.5) work.push(readAll(world))
    let isOver = false
    const over = Promise.all(work).then(() => {
      isOver = true
    })
    while (!isOver && wrong.length === 0) {
      for (const image of disk.cut(IMAGES_PER_CUT)) wrong.push(...look(world, image))
      await turn()
      if (random() < 0.1) work.push(write(world, n++))
    }
    await over
    await Promise.all(work)
    if (round % 7 === 0)
      for (const image of disk.checkpoint(stranger, IMAGES_PER_CUT)) wrong.push(...look(world, image))
  }
  return wrong
}

describe('after a power cut', () => {
  it('H20: whatever was answered is there, nothing is there in part, and the order is kept', async () => {
    const world = openWorld(7)
    expect(await live(world, IMAGES)).toEqual([])
    expect(world.images).toBeGreaterThanOrEqual(IMAGES)
    // The work was not done one by one.
    expect(world.disk.syncs).toBeLessThan(world.answered.size)
  })

  it('H20: a loss would be seen, if commits were answered before the disk has them', async () => {
    const world = openWorld(7, () => (_file, done) => done(null))
    expect(await live(world, IMAGES)).toContainEqual(expect.stringMatching(/answered, but lost/))
  })
})

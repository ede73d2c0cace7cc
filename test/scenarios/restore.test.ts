// The drill: a backup in mid-campaign, more sent, a process killed, and the backup restored, whatever is left of the old database.
// The provider's ledger decides whether somebody got a message twice.
import {
  closeSync,
  copyFileSync,
  existsSync,
  openSync,
  readdirSync,
  rmSync,
  statSync,
  truncateSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import SqliteConnection from 'better-sqlite3'
import { describe, expect, it } from 'vitest'
import { verify } from '../../src/engine/report/verify.ts'
import { setSender } from '../../src/engine/senders/senders.ts'
import { findHold } from '../../src/engine/service/held.ts'
import { acceptedPhones } from '../reliability/delivery-proof.ts'
import { type EmulatedMeta, emulatedMeta, manyPhones, preparedFolder, withApp } from '../reliability/emulated-meta.ts'
import { herald as heraldProcess, lookInto } from '../reliability/herald-process.ts'
import { herald as runCommand } from '../support/cli.ts'

/** Some ten processes in a row, each of which loads the program. */
const PATIENCE = { timeout: 180_000 }

const PEOPLE = 200
const phones = manyPhones(PEOPLE)
/** Both have their message before the backup is made. */
const optedOut = phones[0] ?? ''
const erased = phones[1] ?? ''

interface Drill {
  dir: string
  backup: string
  meta: EmulatedMeta
}

function herald(dir: string, ...argv: string[]) {
  return runCommand({ dir, dbPath: join(dir, 'herald.db') }, '--json', ...argv)
}

/** Sent to some, backed up, sent to more of whom one opts out and one is erased, and killed in the middle. */
async function drill(): Promise<Drill> {
  const meta = await emulatedMeta({ latencyMs: 50 })
  const dir = await preparedFolder(meta, { people: PEOPLE, ratePerSecond: 20 })
  const backup = join(dir, 'backup.db')
  const first = heraldProcess(dir, 'run', 'Spring sale', '--wait')
  await meta.asked(40)
  expect((await herald(dir, 'backup', backup)).exitCode).toBe(0)
  // How long the commands take decides nothing.
  await first.stop()
  const before = meta.sends().length
  expect((await herald(dir, 'suppress', 'add', optedOut)).exitCode).toBe(0)
  expect((await herald(dir, 'contacts', 'erase', erased, '--yes')).exitCode).toBe(0)
  const run = heraldProcess(dir, 'run', 'Spring sale', '--wait')
  await meta.asked(before + 40)
  await run.kill9()
  return { dir, backup, meta }
}

interface Restored {
  old: string
  inDoubt: number
  movedTo: string | null
}

async function restore({ dir, backup }: Drill, ...options: string[]): Promise<Restored> {
  const { exitCode, stderr, json } = await herald(dir, 'restore', backup, '--yes', ...options)
  expect(`${exitCode} ${stderr}`).toMatch(/^0 /)
  return json
}

/** Resumes and sends what is left, at full speed; nobody gets it twice, and the books are right. */
async function finish({ dir, meta }: Drill): Promise<void> {
  expect((await herald(dir, 'campaigns', 'resume', 'Spring sale')).exitCode).toBe(5)
  expect((await herald(dir, 'campaigns', 'resume', 'Spring sale', '--acknowledge')).exitCode).toBe(0)
  await withApp(dir, ({ ctx }) => setSender(ctx, 'main', { ratePerSecond: 1000 }))
  const { exitCode, stderr } = await herald(dir, 'run', 'Spring sale')
  expect(`${exitCode} ${stderr}`).toMatch(/^0 /)
  const accepted = acceptedPhones(meta)
  expect(new Set(accepted).size).toBe(accepted.length)
  await expectVerified(dir)
}

async function expectVerified(dir: string): Promise<void> {
  await withApp(dir, async ({ ctx }) => {
    const { checks } = await verify(ctx)
    expect(checks.filter(({ ok }) => !ok)).toEqual([])
    expect(await ctx.db.read(findHold)).toBeUndefined()
  })
}

function statuses(dir: string): Record<string, number> {
  const rows = lookInto(dir).prepare('SELECT status, count(*) AS count FROM messages GROUP BY status').all() as {
    status: string
    count: number
  }[]
  return Object.fromEntries(rows.map(({ status, count }) => [status, count]))
}

function capUses(dir: string): number {
  return lookInto(dir).prepare('SELECT count(*) FROM cap_uses').pluck().get() as number
}

describe('P2: a backup restored in mid-campaign', PATIENCE, () => {
  it('carries over everything from an old database that is whole', async () => {
    const drilled = await drill()
    const { dir, meta } = drilled
    const restored = await restore(drilled)
    expect(restored).toMatchObject({ old: 'whole', inDoubt: 0, pausedCampaigns: ['Spring sale'] })
    expect(restored).toMatchObject({ people: { suppressions: expect.any(Number), erasures: 1 }, calls: { runs: 0 } })
    expect(lookInto(dir).prepare('SELECT count(*) FROM suppressions').pluck().get()).toBe(2)
    expect(lookInto(dir).prepare('SELECT phone FROM contacts WHERE erased_at IS NOT NULL').all()).toEqual([
      { phone: '' },
    ])
    expect(capUses(dir)).toBeGreaterThanOrEqual(acceptedPhones(meta).length)
    await expectVerified(dir)
    await finish(drilled)
    expect(statuses(dir).pending ?? 0).toBe(0)
    // Only what was on the wire when the process was killed may not be known.
    expect(new Set(acceptedPhones(meta)).size).toBeGreaterThan(PEOPLE - 20)
  })

  it.each(['cut off', 'overwritten in the middle'])('carries over what can be read of one that is %s', async (how) => {
    const drilled = await drill()
    const { dir } = drilled
    const path = join(dir, 'herald.db')
    // Everything is in the file itself.
    const folding = new SqliteConnection(path)
    folding.pragma('wal_checkpoint(TRUNCATE)')
    folding.close()
    const size = statSync(path).size
    if (how === 'cut off') truncateSync(path, Math.floor(size * 0.7))
    else {
      const file = openSync(path, 'r+')
      for (let at = Math.floor(size / 2 / 4096) * 4096; at < size * 0.6; at += 4096)
        writeSync(file, Buffer.alloc(4096, 7), 0, 4096, at)
      closeSync(file)
    }
    const restored = await restore(drilled)
    expect(restored.old).toBe('damaged')
    await expectVerified(dir)
    await finish(drilled)
  })

  it('holds what may have been sent when the old database is missing', async () => {
    const drilled = await drill()
    const { dir } = drilled
    for (const name of readdirSync(dir).filter((one) => one.startsWith('herald.db')))
      rmSync(join(dir, name), { recursive: true })
    const restored = await restore(drilled)
    expect(restored).toMatchObject({ old: 'missing', people: null, calls: null, movedTo: null })
    expect(restored.inDoubt).toBeGreaterThan(50)
    await finish(drilled)
  })

  it('P3: is not damaged by the log of the old database', async () => {
    const drilled = await drill()
    const { dir, backup } = drilled
    expect(statSync(join(dir, 'herald.db-wal')).size).toBeGreaterThan(0)
    const restored = await restore(drilled)
    expect(existsSync(`${restored.movedTo}`)).toBe(true)
    await expectVerified(dir)
    // By hand it would be: the guard and the hint say so.
    copyFileSync(backup, join(dir, 'herald.db'))
    const { exitCode, stderr } = await herald(dir, 'run', 'Spring sale')
    expect(exitCode).not.toBe(0)
    expect(stderr).toMatch(/herald restore/)
  })
})

describe('P2: a restore', PATIENCE, () => {
  it('is refused while a process has the database open, and for a file that is no backup', async () => {
    const meta = await emulatedMeta()
    const dir = await preparedFolder(meta, { people: 3, ratePerSecond: 5 })
    const backup = join(dir, 'backup.db')
    expect((await herald(dir, 'backup', backup)).exitCode).toBe(0)
    const service = heraldProcess(dir, 'start', '--port', '0')
    await service.answered()
    expect((await herald(dir, 'restore', backup, '--yes')).exitCode).toBe(5)
    await service.stop()
    const people = join(dir, 'people.csv')
    expect((await herald(dir, 'restore', people, '--yes')).exitCode).toBe(4)
    expect((await herald(dir, 'restore', join(dir, 'missing.db'), '--yes')).exitCode).toBe(3)
    expect(readdirSync(dir).filter((name) => /restore/.test(name))).toEqual([])
    await expectVerified(dir)
  })

  it('that is killed lets nobody open the database until it is finished by the same command', async () => {
    const drilled = await drill()
    const { dir, backup } = drilled
    const restoring = heraldProcess(dir, 'restore', backup, '--yes')
    const isBegun = () => existsSync(join(dir, 'herald.db.restore'))
    while (!isBegun()) await new Promise((resolve) => setImmediate(resolve))
    await restoring.kill9()
    if (isBegun()) {
      const { exitCode, stderr } = await herald(dir, 'campaigns', 'list')
      expect(exitCode).toBe(5)
      expect(stderr).toContain(`herald restore ${backup}`)
    }
    await restore(drilled)
    await finish(drilled)
  })
})

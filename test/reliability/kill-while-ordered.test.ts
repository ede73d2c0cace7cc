// kill -9 in the middle of what an operator ordered: whoever runs next finishes it, and nothing is left in between.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import SqliteConnection from 'better-sqlite3'
import { expect, it } from 'vitest'
import { launchByOperator } from '../../src/engine/campaigns/launch.ts'
import { importCsv } from '../../src/engine/import/import-csv.ts'
import { planRuns } from '../../src/engine/plan/planner.ts'
import { tickAll } from '../../src/engine/plan/tick.ts'
import { verify } from '../../src/engine/report/verify.ts'
import { pauseSenderByOperator } from '../../src/engine/senders/senders.ts'
import { tempDir } from '../support/open-test-app.ts'
import { emulatedMeta, manyPhones, preparedFolder, withApp } from './emulated-meta.ts'
import { becameTrue, herald, lookInto } from './herald-process.ts'

const PEOPLE = 20_000
/** Callbacks that name a person who is erased. */
const TRACES = 60_000
/** Each costs an import and two processes: `KILL_ORDERS=all npx vitest run …` kills all; test/engine/service/orders.test.ts has the rules. */
const KILLED = (process.env.KILL_ORDERS ?? 'a cancel').split(',')

/** A campaign to many people that is planned and not sent. */
async function plannedFolder(): Promise<string> {
  const meta = await emulatedMeta()
  const dir = await preparedFolder(meta, { people: PEOPLE, ratePerSecond: 1 })
  await withApp(dir, async ({ ctx }) => {
    await pauseSenderByOperator(ctx, 'main')
    await launchByOperator(ctx, 'Spring sale')
    await tickAll(ctx)
    await planRuns(ctx)
  })
  return dir
}

async function importedFolder(): Promise<string> {
  const dir = tempDir()
  const path = join(dir, 'people.csv')
  writeFileSync(path, `phone\n${manyPhones(PEOPLE).join('\n')}\n`)
  await withApp(dir, ({ ctx }) => importCsv(ctx, { path, list: 'people', rejectsPath: null }))
  return dir
}

interface Order {
  prepare: () => Promise<string>
  command: string[]
  /** How much is left to do. */
  left: string
  /** What is left before anything is ordered. */
  whole: number
}

function change(dir: string, ...statements: string[]): void {
  const db = new SqliteConnection(join(dir, 'herald.db'))
  for (const statement of statements) db.exec(statement)
  db.close()
}

const orders: Record<string, Order> = {
  'a cancel': {
    prepare: plannedFolder,
    command: ['campaigns', 'cancel', 'Spring sale', '--yes'],
    left: `SELECT count(*) FROM messages WHERE status = 'pending'`,
    whole: PEOPLE,
  },
  'an undo of an import': {
    prepare: importedFolder,
    command: ['imports', 'undo', 'imp_1', '--yes'],
    left: 'SELECT count(*) FROM list_members',
    whole: PEOPLE,
  },
  'a removal of a list': {
    prepare: importedFolder,
    command: ['lists', 'delete', 'people', '--yes'],
    left: 'SELECT count(*) FROM list_members',
    whole: PEOPLE,
  },
  'a change of the limits': {
    prepare: async () => {
      const dir = await plannedFolder()
      change(
        dir,
        `UPDATE messages SET wait_reason = 'quiet_hours', due_at = due_at + 3600000 + id`,
        `UPDATE run_counts SET reason = 'quiet_hours' WHERE status = 'pending'`,
        `UPDATE campaign_counts SET reason = 'quiet_hours' WHERE status = 'pending'`,
      )
      return dir
    },
    command: ['limits', 'set', 'quiet-hours', 'off'],
    left: `SELECT count(*) FROM messages WHERE wait_reason = 'quiet_hours'`,
    whole: PEOPLE,
  },
  'an erasure': {
    prepare: async () => {
      const dir = await importedFolder()
      const [phone = ''] = manyPhones(1)
      change(
        dir,
        `INSERT INTO webhook_events (sender_id, received_at, body_sha256, body, tries)
         WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < ${TRACES})
         SELECT 1, 1, n, '{"from":"${phone.slice(1)}"}', 1 FROM n`,
      )
      return dir
    },
    command: ['contacts', 'erase', manyPhones(1)[0] ?? '', '--yes'],
    left: 'SELECT count(*) FROM webhook_events',
    whole: TRACES,
  },
}

const chosen = Object.entries(orders).filter(([name]) => KILLED.includes('all') || KILLED.includes(name))

it.each(chosen)('H11: %s goes on after kill -9', async (_, { prepare, command, left, whole }) => {
  const dir = await prepare()
  const running = herald(dir, ...command)
  const rest = lookInto(dir).prepare(left).pluck()
  const isInTheMiddle = () => {
    const count = rest.get() as number
    return count > 0 && count < whole
  }
  await becameTrue(dir, isInTheMiddle)
  await running.kill9()
  expect(isInTheMiddle()).toBe(true)
  const service = herald(dir, 'start', '--port', '0')
  await becameTrue(dir, () => rest.get() === 0)
  const duties = lookInto(dir)
    .prepare(`SELECT count(*) FROM duties WHERE work NOT IN ('proof', 'polling', 'retention')`)
    .pluck()
  const imports = lookInto(dir).prepare(`SELECT count(*) FROM imports WHERE status IN ('applying', 'undoing')`).pluck()
  await becameTrue(dir, () => duties.get() === 0 && imports.get() === 0)
  expect(await service.stop()).toBe(0)
  await withApp(dir, async ({ ctx }) => {
    expect((await verify(ctx)).checks.filter(({ ok }) => !ok)).toEqual([])
  })
})

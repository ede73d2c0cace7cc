// What can be killed: each operation with the state that it begins from, the command that is killed, and what must hold when
// it has been gone on with as people would.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import SqliteConnection from 'better-sqlite3'
import { schemaNumber } from '../../../src/store/schema-state.ts'
import { makeOlderDatabase } from '../../support/older-database.ts'
import { type Program, patienceSeconds } from './program.ts'
import { becomesTrue } from './sink-process.ts'
import { brokenIn, campaign, Stage, type Template, type TemplateOptions } from './stage.ts'

/** The schema of the database that is migrated. */
const OLD_SCHEMA = 5

/** An operation that is ready to be killed. */
export interface Prepared {
  stage: Stage
  command: string[]
  /** Goes on with it; returns what is broken. Without a kill it has ended by itself. */
  goOn(): Promise<string[]>
  /** While it runs: what comes from outside. */
  meanwhile?: () => Promise<void>
}

export interface Operation {
  template: TemplateOptions
  prepare(template: Template): Promise<Prepared>
  /** It does not end by itself: it is stopped when this has come true. */
  isDone?: (stage: Stage) => boolean
}

/** Each again; throws when one does not end. */
async function again(stage: Stage, ...argv: string[]): Promise<Program> {
  const program = stage.herald(argv, { inside: ['timeout', '-s', 'KILL', String(patienceSeconds)] })
  await program.ended()
  return program
}

/** Broken unless the command succeeds. */
async function mustSucceed(stage: Stage, ...argv: string[]): Promise<string[]> {
  const { code } = await (await again(stage, ...argv)).ended()
  return code === 0 ? [] : [`${argv.join(' ')} ended with ${code}`]
}

function mustBe(what: string, found: unknown, expected: unknown): string[] {
  return JSON.stringify(found) === JSON.stringify(expected)
    ? []
    : [`${what}: ${JSON.stringify(found)} instead of ${JSON.stringify(expected)}`]
}

const few = { people: 12, ratePerSecond: 200, concurrency: 4 }
const many = { people: 3_000, ratePerSecond: 0.001 }
const phones = (stage: Stage) =>
  stage.values<string>(`SELECT phone FROM contacts WHERE phone <> '' ORDER BY id LIMIT 1`)

/** A campaign with messages that wait: planned, and one of them sent. */
async function plannedStage(template: Template): Promise<Stage> {
  const stage = await Stage.open(template)
  await stage.ask('run', campaign)
  return stage
}

export const operations: Record<string, Operation> = {
  send: {
    template: few,
    async prepare(template) {
      const stage = await Stage.open(template)
      return {
        stage,
        command: stage.command('run', campaign),
        goOn: async () => [
          ...(await mustSucceed(stage, 'run', campaign)),
          ...(await mustSucceed(stage, 'verify')),
          ...brokenIn(await stage.check({ rate: 200, unknownMax: few.concurrency, kills: 1 })),
        ],
      }
    },
  },
  plan: {
    template: many,
    async prepare(template) {
      const stage = await Stage.open(template)
      return {
        stage,
        command: stage.command('run', campaign),
        goOn: async () => [
          ...(await mustSucceed(stage, 'run', campaign)),
          ...brokenIn(await stage.check({ rate: 1, unknownMax: 1, kills: 1, finished: false })),
        ],
      }
    },
  },
  import: {
    template: { ...few, people: 1 },
    async prepare(template) {
      const stage = await Stage.open(template)
      const rows = Array.from({ length: 3_000 }, (_, n) => `+1305555${String(n).padStart(4, '0')},${n}`)
      const path = join(stage.dir, 'more.csv')
      writeFileSync(path, `phone,code\n${rows.join('\n')}\n`)
      const members = `SELECT count(*) FROM list_members m JOIN lists l ON l.id = m.list_id WHERE l.name = 'more'`
      return {
        stage,
        command: stage.command('import', path, '--list', 'more'),
        goOn: async () => [
          ...(await mustSucceed(stage, 'import', path, '--list', 'more')),
          ...(await mustSucceed(stage, 'verify')),
          ...mustBe('members', stage.values(members), [3_000]),
          ...mustBe(
            'imports under way',
            stage.values(`SELECT status FROM imports WHERE status IN ('applying', 'undoing')`),
            [],
          ),
        ],
      }
    },
  },
  undo: {
    template: { ...few, people: 3_000 },
    async prepare(template) {
      const stage = await Stage.open(template)
      const [id] = await stage.ask<{ id: string }[]>('imports', 'list')
      const undo = ['imports', 'undo', id?.id ?? '', '--yes']
      return {
        stage,
        command: stage.command(...undo),
        goOn: async () => {
          const { code } = await (await again(stage, ...undo)).ended()
          return [
            // An undone import cannot be undone again.
            ...mustBe('exit code of undo', [0, 5].includes(code ?? -1), true),
            ...mustBe('import', stage.values('SELECT status FROM imports'), ['undone']),
            ...mustBe('members', stage.values('SELECT count(*) FROM list_members'), [0]),
            ...(await mustSucceed(stage, 'verify')),
          ]
        },
      }
    },
  },
  cancel: {
    template: many,
    async prepare(template) {
      const stage = await plannedStage(template)
      return {
        stage,
        command: stage.command('campaigns', 'cancel', campaign),
        goOn: async () => [
          ...(await mustSucceed(stage, 'campaigns', 'cancel', campaign)),
          ...(await mustSucceed(stage, 'verify')),
          ...mustBe('campaign', stage.values('SELECT status FROM campaigns'), ['cancelled']),
          ...brokenIn(await stage.check({ rate: 1, unknownMax: 0, unsent: many.people })),
        ],
      }
    },
  },
  erase: {
    template: few,
    async prepare(template) {
      const stage = await Stage.open(template)
      await stage.ask('run', campaign)
      const [phone = ''] = phones(stage)
      stage.change(
        `INSERT INTO webhook_events (sender_id, received_at, body_sha256, body, tries)
         WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 3000)
         SELECT 1, 1, n, '{"from":"${phone.slice(1)}"}', 1 FROM n`,
      )
      const traces = `SELECT (SELECT count(*) FROM contacts WHERE phone = '${phone}')
        + (SELECT count(*) FROM webhook_events WHERE body LIKE '%${phone.slice(1)}%')`
      return {
        stage,
        command: stage.command('contacts', 'erase', phone, '--yes'),
        goOn: async () => {
          // Of a person who is erased already nothing is found.
          const { code } = await (await again(stage, 'contacts', 'erase', phone, '--yes')).ended()
          // Whatever the first one had begun, a process that runs next ends.
          await (await again(stage, 'run', campaign)).ended()
          return [
            ...mustBe('exit code of erase', [0, 5].includes(code ?? -1), true),
            ...mustBe('traces', stage.values(traces), [0]),
            ...(await mustSucceed(stage, 'verify')),
          ]
        },
      }
    },
  },
  backup: {
    template: few,
    async prepare(template) {
      const stage = await Stage.open(template)
      await stage.ask('run', campaign)
      const copy = join(stage.dir, 'copy.db')
      return {
        stage,
        command: stage.command('backup', copy),
        goOn: async () => [
          ...(existsSync(copy) ? soundness(copy) : []),
          ...(await mustSucceed(stage, 'backup', copy, '--force')),
          ...soundness(copy),
          ...brokenIn(await stage.check({ rate: 200, unknownMax: 0 })),
        ],
      }
    },
  },
  creation: {
    template: { ...few, people: 1 },
    async prepare(template) {
      const stage = await Stage.open(template)
      const path = join(stage.dir, 'new', 'herald.db')
      const csv = join(stage.dir, 'people.csv')
      const first = [process.execPath, template.main, '--db', path, '--json', 'import', csv, '--list', 'one']
      return {
        stage,
        command: first,
        goOn: async () => {
          const { code } = await stage.run(first).ended()
          return [...mustBe('exit code of import', code, 0), ...soundness(path)]
        },
      }
    },
  },
  migrate: {
    template: { ...few, people: 1 },
    async prepare(template) {
      const stage = await Stage.open(template)
      const path = join(stage.dir, 'old', 'herald.db')
      mkdirSync(join(stage.dir, 'old'))
      makeOlderDatabase(
        path,
        OLD_SCHEMA,
        `INSERT INTO contacts (id, key, phone, attributes, created_at, updated_at)
         WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 500)
         SELECT n, 'k' || n, '+1202555' || (1000 + n), '{}', 1, 1 FROM n`,
      )
      const look = [process.execPath, template.main, '--db', path, '--json', 'lists', 'list']
      return {
        stage,
        command: look,
        goOn: async () => {
          const { code } = await stage.run(look).ended()
          const db = new SqliteConnection(path, { readonly: true })
          const people = db.prepare('SELECT count(*) FROM contacts').pluck().get()
          const applied = db.prepare('SELECT count(*) FROM __drizzle_migrations').pluck().get()
          db.close()
          return [
            ...mustBe('exit code of lists list', code, 0),
            ...mustBe('people', people, 500),
            ...mustBe('schema', applied, schemaNumber()),
            ...soundness(path),
          ]
        },
      }
    },
  },
  receive: {
    template: few,
    async prepare(template) {
      const stage = await Stage.open(template)
      await stage.sink.callBack({ later: true })
      await stage.ask('run', campaign)
      const port = await stage.freePort()
      const url = await stage.callbackUrl(`http://127.0.0.1:${port}`)
      const isApplied = () => stage.values<number>(openEvents)[0] === 0
      const service = ['start', '--port', String(port)]
      const tell = async () => {
        await stage.sink.callBack({ url, statuses: ['sent', 'delivered', 'read'], permute: true, repeat: 2 })
      }
      return {
        stage,
        command: stage.command(...service),
        meanwhile: tell,
        goOn: async () => {
          await tell()
          await using running = stage.herald(service)
          await running.answered()
          await stage.sink.until(() => stage.sink.acknowledged() >= few.people * 6)
          await becomesTrue(stage.dir, isApplied)
          const code = await running.stop()
          return [
            ...mustBe('exit code of start', code, 0),
            ...brokenIn(await stage.check({ rate: 200, unknownMax: 0, callbacks: true })),
          ]
        },
      }
    },
    isDone: (stage) => stage.sink.acknowledged() >= few.people * 6 && stage.values<number>(openEvents)[0] === 0,
  },
  tick: {
    template: { ...few, people: 1 },
    async prepare(template) {
      const stage = await Stage.open(template)
      const until = Date.now()
      const after = until - 40 * 86_400_000
      const schedule = { cron: '30 2 * * *', timeZone: 'America/New_York', missed: 'none' }
      const definition = JSON.parse(readFileSync(join(stage.dir, 'campaign.json'), 'utf8')) as object
      await stage.ask('campaigns', 'edit', campaign, stage.write('daily.json', { ...definition, schedule }))
      await stage.ask('campaigns', 'launch', campaign)
      stage.change(`UPDATE campaigns SET decided_until = ${after}, committed_at = ${after}, next_tick_at = ${after}`)
      const run = ['run', campaign, '--even-if-nobody']
      return {
        stage,
        command: stage.command(...run),
        goOn: async () => [
          ...(await mustSucceed(stage, ...run)),
          ...brokenIn(
            await stage.check({ runs: 0, schedule: { zone: 'America/New_York', time: '02:30', after, until } }),
          ),
        ],
      }
    },
  },
}

const openEvents = 'SELECT count(*) FROM webhook_events WHERE applied_at IS NULL AND apply_error IS NULL'

function soundness(path: string): string[] {
  const db = new SqliteConnection(path, { readonly: true })
  try {
    const found = db.pragma('integrity_check', { simple: true })
    const identity = db.prepare(`SELECT count(*) FROM settings WHERE key IN ('installation', 'epoch')`).pluck().get()
    return [...mustBe(`integrity of ${path}`, found, 'ok'), ...mustBe(`identity of ${path}`, identity, 2)]
  } finally {
    db.close()
  }
}

// The independent checker finds nothing wrong with a campaign that was sent, and finds whatever is then done to its
// ledger or its database: a check that cannot fail proves nothing.
import { copyFileSync, existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import SqliteConnection from 'better-sqlite3'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { noBench } from './faults/program.ts'
import { becomesTrue } from './faults/sink-process.ts'
import { askChecker, brokenIn, type Case, campaign, Stage, Template } from './faults/stage.ts'

const PEOPLE = 12
const sound: Case = { rate: 50, unknownMax: 0, callbacks: true }

interface Entry {
  [fact: string]: unknown
  kind: string
  seq: number
  to: string
  reference: string
}

interface Harm {
  /** What is done to the ledger. */
  ledger?: (entries: Entry[]) => Entry[] | undefined
  /** What is done to the database; triggers and rules are out of the way. */
  sql?: string
  asked?: Case
  /** The checks that must trip, and no others. */
  trips: string[]
}

/** The request of a person, by its place in the ledger. */
const request = (entries: Entry[], seq: number) => entries.find((one) => one.kind === 'request' && one.seq === seq)!
const requests = (entries: Entry[]) => entries.filter(({ kind }) => kind === 'request')
const attemptOf = ({ reference }: Entry) => Number.parseInt(reference.split('-')[2] ?? '', 36)
/** Another request that is the same but for some facts. */
const again = (entries: Entry[], seq: number, facts: Partial<Entry>) => [
  ...entries,
  { ...request(entries, seq), seq: 100 + seq, ...facts },
]
const withAttempt = (entry: Entry, attempt: number) => entry.reference.replace(/[^-]+$/, attempt.toString(36))

const firstMessage = `(SELECT min(id) FROM messages)`
const copyOfFirstAttempt = `INSERT INTO attempts (id, message_id, node_id, sender_id, account, start_at_us)
  SELECT 900, message_id, node_id, sender_id, account, start_at_us - 5000000 FROM attempts WHERE message_id = ${firstMessage}`
/** The request of the message with the least id is not always the first one: it is found by its attempt. */
const ofFirstAttempt = (entries: Entry[]) =>
  requests(entries).reduce((least, one) => (attemptOf(one) < attemptOf(least) ? one : least))

const harms: Record<string, Harm> = {
  'a person who has it twice': {
    ledger: (entries) => {
      const first = ofFirstAttempt(entries)
      return again(entries, first.seq, {
        reference: withAttempt(first, 900),
        arrived_mono: 0,
        tracking_id: 'wamid.other',
      })
    },
    sql: copyOfFirstAttempt,
    trips: ['C1', 'C10'],
  },
  'a second copy after a sure answer, under at least once': {
    ledger: (entries) => {
      const first = ofFirstAttempt(entries)
      return again(entries, first.seq, {
        reference: withAttempt(first, 900),
        arrived_mono: 0,
        tracking_id: 'wamid.other',
      })
    },
    sql: copyOfFirstAttempt,
    asked: { policy: 'atLeastOnce', callbacks: false },
    trips: ['C1'],
  },
  'a person who is forgotten': {
    ledger: (entries) => {
      const { seq, tracking_id } = ofFirstAttempt(entries)
      return entries.filter((one) => one.seq !== seq && !JSON.stringify(one.told ?? '').includes(String(tracking_id)))
    },
    sql: `DELETE FROM attempts WHERE message_id = ${firstMessage}; DELETE FROM messages WHERE id = ${firstMessage};
      UPDATE run_counts SET count = count - 1 WHERE status = 'read'`,
    trips: ['C2'],
  },
  'a message that nobody will end': {
    sql: `UPDATE messages SET status = 'sending', node_id = 1 WHERE id = ${firstMessage};
      UPDATE run_counts SET count = count - 1 WHERE status = 'read';
      INSERT INTO run_counts SELECT run_id, 'sending', '', 77, 1 FROM messages WHERE id = ${firstMessage}`,
    trips: ['C2', 'C3', 'C10', 'C12'],
  },
  'a message that was dropped': {
    ledger: (entries) => {
      const { seq, tracking_id } = ofFirstAttempt(entries)
      return entries.filter((one) => one.seq !== seq && !JSON.stringify(one.told ?? '').includes(String(tracking_id)))
    },
    sql: `UPDATE messages SET status = 'skipped', reason = 'x' WHERE id = ${firstMessage};
      UPDATE run_counts SET count = count - 1 WHERE status = 'read';
      INSERT INTO run_counts SELECT run_id, 'skipped', 'x', 77, 1 FROM messages WHERE id = ${firstMessage}`,
    trips: ['C2'],
  },
  'a run that was planned twice': {
    sql: `CREATE TEMP TABLE one AS SELECT * FROM runs; UPDATE one SET id = 900, occurrence_key = 'again';
      INSERT INTO runs SELECT * FROM one`,
    trips: ['C2'],
  },
  'an acceptance that never was': {
    ledger: (entries) => {
      request(entries, 3).verdict = 'refused'
      return entries
    },
    trips: ['C3'],
  },
  'a failure of what the provider took': {
    sql: `UPDATE messages SET status = 'failed', reason = 'x' WHERE id = ${firstMessage};
      UPDATE run_counts SET count = count - 1 WHERE status = 'read';
      INSERT INTO run_counts SELECT run_id, 'failed', 'x', 77, 1 FROM messages WHERE id = ${firstMessage}`,
    asked: { callbacks: false },
    trips: ['C3'],
  },
  'an answer that is stored for another message': {
    sql: `UPDATE attempts SET tracking_id = 'wamid.other' WHERE message_id = ${firstMessage}`,
    trips: ['C3'],
  },
  'more doubts than were on the wire': {
    sql: `UPDATE messages SET status = 'unknown', reason = 'x' WHERE id = ${firstMessage};
      UPDATE run_counts SET count = count - 1 WHERE status = 'read';
      INSERT INTO run_counts SELECT run_id, 'unknown', 'x', 77, 1 FROM messages WHERE id = ${firstMessage}`,
    asked: { callbacks: false },
    trips: ['C4'],
  },
  'a call without an attempt': {
    ledger: (entries) =>
      again(entries, 2, { reference: withAttempt(request(entries, 2), 901), verdict: 'dropped', arrived_mono: 0 }),
    trips: ['C5'],
  },
  'a call that came before its attempt': {
    ledger: (entries) => {
      request(entries, 4).arrived_wall = 1000
      return entries
    },
    trips: ['C5'],
  },
  'a call to somebody else': {
    ledger: (entries) => {
      const [one, other] = [request(entries, 1), request(entries, 2)]
      const { to, text } = one
      Object.assign(one, { to: other.to, text: other.text })
      Object.assign(other, { to, text })
      return entries
    },
    trips: ['C5'],
  },
  'a call that was made twice by the client': {
    ledger: (entries) => again(entries, 5, { verdict: 'dropped', arrived_mono: 0 }),
    trips: ['C6'],
  },
  'more calls in a second than the rate': {
    ledger: (entries) => {
      for (const one of requests(entries)) one.arrived_mono = 1
      return entries.filter(({ kind }) => kind !== 'stall')
    },
    asked: { rate: PEOPLE - 1 },
    sql: `UPDATE attempts SET start_at_us = start_at_us - 2000000 * id`,
    trips: ['C7'],
  },
  'more starts in a second than the rate': {
    ledger: (entries) => {
      for (const one of requests(entries)) one.arrived_mono = one.seq * 10
      return entries
    },
    asked: { rate: PEOPLE - 1 },
    sql: `UPDATE attempts SET start_at_us = 1000000000`,
    trips: ['C7'],
  },
  'a call after the campaign was paused': { asked: { stops: [{ at: 1000 }] }, trips: ['C8'] },
  'a call to a person who had opted out': { asked: { stops: [{ at: 1000, to: ['+12025550003'] }] }, trips: ['C8'] },
  'a call while the provider had asked to wait': {
    ledger: (entries) => {
      const last = request(entries, PEOPLE)
      const answer = entries.find((one) => one.kind === 'answer' && one.seq === 1)!
      Object.assign(answer, { status: 429, retry_after: '60', t_mono: (last.arrived_mono as number) - 1 })
      return entries
    },
    trips: ['C9'],
  },
  'a status that its callbacks do not make': {
    sql: `UPDATE messages SET status = 'sent' WHERE id = ${firstMessage};
      UPDATE run_counts SET count = count - 1 WHERE status = 'read';
      INSERT INTO run_counts SELECT run_id, 'sent', '', 77, 1 FROM messages WHERE id = ${firstMessage}`,
    trips: ['C10'],
  },
  'an occurrence without a run': {
    asked: {
      schedule: { zone: 'America/New_York', time: '01:30', after: Date.UTC(2026, 9, 31), until: Date.UTC(2026, 10, 2) },
    },
    trips: ['C11'],
  },
  'counts that are not those of the rows': {
    sql: `UPDATE run_counts SET count = count + 1 WHERE status = 'read'`,
    trips: ['C12'],
  },
  'an attempt without its message': {
    sql: `UPDATE attempts SET message_id = 9999 WHERE id = 1`,
    trips: ['C3', 'C5', 'C12'],
  },
  'a text of somebody else': {
    ledger: (entries) => {
      request(entries, 6).text = request(entries, 7).text
      return entries
    },
    trips: ['C13'],
  },
  'a stranger': {
    ledger: (entries) => again(entries, 8, { to: '+12025558888', verdict: 'dropped', arrived_mono: 0 }),
    trips: ['C5', 'C6', 'C13'],
  },
  'memory beyond its limit': { asked: { usage: { rssPeakBytes: { found: 2, limit: 1 } } }, trips: ['C14'] },
}

describe.skipIf(noBench !== undefined)(`the checker${noBench ? ` (${noBench})` : ''}`, () => {
  let template: Template
  let stage: Stage
  beforeAll(async () => {
    template = await Template.make({ people: PEOPLE, ratePerSecond: 50 })
    stage = await Stage.open(template)
    const service = await stage.serve()
    await stage.sink.callBack({ url: await stage.callbackUrl(service.url), statuses: ['sent', 'delivered', 'read'] })
    await stage.ask('campaigns', 'launch', campaign)
    const read = () => stage.values<number>(`SELECT count(*) FROM messages WHERE status = 'read'`)[0]
    await becomesTrue(stage.dir, () => read() === PEOPLE)
    expect(await service.stop()).toBe(0)
  })
  afterAll(async () => {
    await stage[Symbol.asyncDispose]()
    template[Symbol.dispose]()
  })

  /** A copy of what the campaign left, with something done to it. */
  function harmed({ ledger = (entries) => entries, sql = '' }: Partial<Harm>) {
    const own = mkdtempSync(join(stage.dir, 'harmed-'))
    const { witnesses } = stage
    const entries = readFileSync(witnesses.ledger, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Entry)
    const lines = (ledger(entries) ?? entries).map((entry) => JSON.stringify(entry))
    writeFileSync(join(own, 'ledger.jsonl'), `${lines.join('\n')}\n`)
    const database = join(own, 'herald.db')
    for (const end of ['', '-wal'])
      if (existsSync(witnesses.database + end)) copyFileSync(witnesses.database + end, database + end)
    const db = new SqliteConnection(database)
    db.pragma('foreign_keys = OFF')
    for (const name of db.prepare(`SELECT name FROM sqlite_schema WHERE type = 'trigger'`).pluck().all())
      db.exec(`DROP TRIGGER "${name}"`)
    db.exec(sql)
    db.close()
    return { ledger: join(own, 'ledger.jsonl'), database, people: witnesses.people, own }
  }

  it('finds nothing wrong with a campaign that was sent and told of', async () => {
    const verdict = await askChecker(harmed({}), sound)
    expect(brokenIn(verdict)).toEqual([])
    const { ok, checks, figures } = verdict
    expect(Object.keys(checks)).toHaveLength(14)
    expect(ok).toBe(true)
    expect(figures).toMatchObject({ people: PEOPLE, accepted: PEOPLE, statuses: { read: PEOPLE } })
  })

  it.concurrent.each(Object.entries(harms))('finds %s', async (_, { asked, trips, ...harm }) => {
    const { ok, checks } = await askChecker(harmed(harm), { ...sound, ...asked })
    const tripped = Object.entries(checks).filter(([, broken]) => broken.length > 0)
    expect(tripped.map(([name]) => name)).toEqual(trips)
    expect(ok).toBe(false)
  })

  it('trips every check that it has', () => {
    const tripped = new Set(Object.values(harms).flatMap(({ trips }) => trips))
    expect([...tripped].sort()).toEqual(Array.from({ length: 14 }, (_, n) => `C${n + 1}`).sort())
  })
})

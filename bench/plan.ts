// Planning beside its limit: one bare INSERT … SELECT of the same people into a table of the same shape and indexes.
// Three caps are on, and people have had messages before. `npm run bench:plan -- --messages 1000000 --past 2000000 --rounds 3`
import { join } from 'node:path'
import SqliteConnection from 'better-sqlite3'
import { addCampaign } from '../dist/engine/campaigns/drafts.js'
import { launchByOperator } from '../dist/engine/campaigns/launch.js'
import { importCsv } from '../dist/engine/import/import-csv.js'
import { planRuns } from '../dist/engine/plan/planner.js'
import { tickCampaign } from '../dist/engine/plan/tick.js'
import { addSender } from '../dist/engine/senders/senders.js'
import { setCap } from '../dist/engine/service/limits.js'
import { tellRatio } from './figures.ts'
import { bench, numberFlag, seconds, writePeople } from './measure.ts'

const messages = numberFlag('messages', 1_000_000)
const past = numberFlag('past', 2_000_000)
const rounds = numberFlag('rounds', 3)
const DAY_MS = 86_400_000

/** The limit: everything in one statement and one transaction, no rule asked. */
function barePlan(database: string): number {
  const db = new SqliteConnection(database)
  db.pragma('synchronous = FULL')
  const shape = db.prepare(`SELECT sql FROM sqlite_master WHERE name = 'messages'`).pluck().get() as string
  db.exec(`DROP TABLE IF EXISTS bare_messages; ${shape.replace(/[`"]?messages[`"]?/, 'bare_messages')};
    CREATE UNIQUE INDEX bare_run_contact ON bare_messages (run_id, contact_id);
    CREATE INDEX bare_pending ON bare_messages (run_id, due_at, scheduled_at) WHERE status = 'pending';`)
  const startedAt = performance.now()
  const { changes } = db
    .prepare(
      `INSERT INTO bare_messages (run_id, contact_id, revision_id, status, scheduled_at, due_at, expires_at, created_at, variables)
       SELECT 1, c.id, 1, 'pending', 0, 0, 129600000, 0, json_object('first_name', json_extract(c.attributes, '$.first_name'),
         'voucher', json_extract(c.attributes, '$.voucher'))
       FROM contacts c JOIN list_members m ON m.contact_id = c.id ORDER BY c.id`,
    )
    .run()
  const took = (performance.now() - startedAt) / 1000
  if (changes !== messages) throw new Error(`the bare statement made ${changes} rows`)
  db.exec('DROP TABLE bare_messages')
  db.close()
  return took
}

/** Messages of a month, as a run that has ended leaves them. */
function writePast(database: string): void {
  const db = new SqliteConnection(database)
  const { people } = db.prepare('SELECT count(*) AS people FROM contacts').get() as { people: number }
  const at = Date.now()
  // Their runs and campaign are left out.
  db.pragma('foreign_keys = OFF')
  db.transaction(() => {
    const rows = `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${past})`
    db.exec(`CREATE TEMP TABLE past AS ${rows} SELECT i, 1 + i % ${people} AS contact, 1000 + i / ${people} AS run,
      ${at} - ${2 * DAY_MS} - (i * 7919) % ${28 * DAY_MS} AS at FROM n`)
    db.exec(`INSERT INTO messages (id, run_id, contact_id, revision_id, status, scheduled_at, due_at, expires_at, created_at, variables, attempts, accepted_at, sent_at, delivered_at)
      SELECT 100000000 + i, run, contact, 1, 'delivered', at, at, at + ${DAY_MS}, at, '{"first_name":"N"}', 1, at, at, at FROM past`)
    db.exec(
      `INSERT INTO cap_uses (message_id, contact_id, campaign_id, at) SELECT 100000000 + i, contact, 1, at FROM past`,
    )
  })()
  db.close()
}

await using place = bench()
const app = await place.open()
const { ctx } = app
const csv = join(place.dir, 'people.csv')
await writePeople(csv, messages)
await importCsv(ctx, { path: csv, list: 'people', rejectsPath: null })
await addSender(ctx, { name: 'main', provider: 'sandbox', ratePerSecond: 1000 })
for (const [id, max, window] of [
  ['hourly', 2, '1h'],
  ['daily', 4, '1d'],
  ['weekly', 6, '7d'],
] as const)
  await setCap(ctx, { id, max, window })
writePast(join(place.dir, 'herald.db'))
const times: [number, number][] = []
const checks: [number, number][] = []
for (let round = 1; round <= rounds; round++) {
  const { id } = await addCampaign(ctx, {
    name: `Bench ${round}`,
    useCase: 'marketing',
    sender: 'main',
    audience: { lists: ['people'] },
    content: { type: 'template', template: 'hello', language: 'en', body: ['{{ first_name }}', '{{ voucher }}'] },
  })
  const checked = await seconds(() => launchByOperator(ctx, id))
  await tickCampaign(ctx, Number(id.split('_')[1]))
  const ours = await seconds(() => planRuns(ctx))
  const planned = await ctx.db.read((tx) => tx.get<{ n: number }>('SELECT max(audience_count) AS n FROM runs'))
  if (planned?.n !== messages) throw new Error(`planned ${planned?.n}`)
  const bare = barePlan(join(place.dir, 'herald.db'))
  times.push([ours, bare])
  checks.push([checked, ours])
  console.log(
    `round ${round}: bare ${bare.toFixed(1)} s, Herald ${ours.toFixed(1)} s (${Math.round(messages / ours)} messages/s), ${(ours / bare).toFixed(2)} ×; checking every text before the launch ${checked.toFixed(1)} s`,
  )
}
const what = `of ${messages.toLocaleString('en')} messages beside ${past.toLocaleString('en')} past ones`
tellRatio({ bench: 'plan', what: `plan ${what}`, rounds: times, beside: 'one bare INSERT … SELECT', atMost: 1.5 })
tellRatio({ bench: 'plan', what: `check of every text ${what}`, rounds: checks, beside: 'the plan', atMost: 1 })

// A database as years of use leave it, written by SQL: many campaigns, lists, senders and messages, and one of each that is
// much larger than the others. What pages and commands may take is measured and counted on it.
import type SqliteConnection from 'better-sqlite3'

export interface CrowdSize {
  campaigns: number
  lists: number
  senders: number
  people: number
  messages: number
  replies: number
  /** The instant that the rows are written for: all that is to come is a day later at least. */
  at: number
}

const HOUR = 3_600_000
const zones = ['Europe/Madrid', 'America/New_York', 'Asia/Kolkata', 'Australia/Lord_Howe', 'America/Sao_Paulo', 'UTC']
const numbers = (count: number) =>
  `WITH RECURSIVE n(i) AS (SELECT 1 WHERE ${count} > 0 UNION ALL SELECT i + 1 FROM n WHERE i < ${count})`

/** Fills a database that is migrated and has its senders already (their secrets are sealed), numbered from 1, and no campaigns. */
export function fillCrowd(db: SqliteConnection.Database, size: CrowdSize): void {
  db.pragma('foreign_keys = OFF')
  db.pragma('synchronous = OFF')
  const work = db.transaction(() => {
    fillTemplates(db, size)
    fillPeople(db, size)
    fillCampaigns(db, size)
    fillMessages(db, size)
    fillAround(db, size)
  })
  work()
  db.exec('ANALYZE; DELETE FROM sqlite_stat1; PRAGMA wal_checkpoint(TRUNCATE)')
}

function fillTemplates(db: SqliteConnection.Database, { at }: CrowdSize): void {
  db.exec(`INSERT INTO templates (sender_id, name, language, title, status, status_detail, category, text, updated_at)
    SELECT s.id, printf('offer_%02d', t.i), 'en', printf('Offer %02d', t.i), 'approved', '', 'marketing', NULL, ${at}
    FROM senders s, (${numbers(10)} SELECT i FROM n) t`)
}

function fillPeople(db: SqliteConnection.Database, { lists, people, at }: CrowdSize): void {
  db.exec(`${numbers(people)}
    INSERT INTO contacts (key, phone, attributes, zone, consent, created_at, updated_at)
    SELECT printf('44740%07d', i), printf('+44740%07d', i), json_object('first_name', 'N' || (i % 977), 'city', 'City' || (i % 211)),
      iif(i % 3 = 0, 'America/New_York', 'Europe/London'), 'granted', ${at} - i, ${at} - i FROM n`)
  db.exec(`${numbers(lists)}
    INSERT INTO lists (name, fields, created_at) SELECT printf('List %05d', i), '["first_name","city"]', ${at} - i FROM n`)
  // The first list has everybody, the others some hundred people each.
  db.exec(`INSERT INTO list_members (list_id, contact_id, import_id, added_at)
    SELECT 1, id, 1, ${at} FROM contacts
    UNION ALL SELECT l.id, 1 + (l.id * 7919 + k.i) % ${Math.max(1, people)}, 1, ${at}
      FROM lists l, (${numbers(Math.min(people, 100))} SELECT i FROM n) k WHERE l.id > 1`)
  db.exec('UPDATE lists SET members = (SELECT count(*) FROM list_members m WHERE m.list_id = lists.id)')
  db.exec(`${numbers(lists * 2)}
    INSERT INTO imports (list_id, status, file_name, fingerprint, encoding, delimiter, options, people, rows, added, rejected, warnings, node_id, created_at, applied_at)
    SELECT 1 + i % ${Math.max(1, lists)}, 'applied', printf('people-%d.csv', i), 'f' || i, 'utf-8', ',', '{}', 100, 100, 100, 0, '{}', 1, ${at} - i, ${at} - i FROM n`)
  db.exec(`${numbers(people / 10)}
    INSERT INTO suppressions (key, scope, reason, evidence, created_at) SELECT printf('44740%07d', i * 9), 'marketing', 'opted_out', 'STOP', ${at} - i FROM n`)
}

const statuses = ['scheduled', 'scheduled', 'scheduled', 'running', 'paused', 'finished', 'finished', 'draft'] as const

function fillCampaigns(db: SqliteConnection.Database, { campaigns, senders, lists, at }: CrowdSize): void {
  const insert = db.prepare(
    `INSERT INTO campaigns (name, status, revision_id, sender_id, priority, launched_at, committed_at, paused_at, pause_reason, decided_until, next_tick_at, created_at, updated_at)
     VALUES (@name, @status, @id, @sender, 50, @launchedAt, @committedAt, @pausedAt, @pauseReason, @decidedUntil, @nextTickAt, @at, @at)`,
  )
  const revise = db.prepare(
    `INSERT INTO campaign_revisions (id, campaign_id, number, definition, use_case, tags, created_at) VALUES (?, ?, 1, ?, 'marketing', '["spring"]', ?)`,
  )
  for (let id = 1; id <= campaigns; id++) {
    const status = statuses[id % statuses.length] ?? 'draft'
    const isOpen = ['scheduled', 'running', 'paused'].includes(status)
    const isLaunched = status !== 'draft'
    const name = `Campaign ${String(id).padStart(5, '0')}`
    insert.run({
      name,
      id,
      status,
      sender: 1 + (id % senders),
      launchedAt: isLaunched ? at - 1000 * HOUR : null,
      committedAt: isLaunched ? at - 1000 * HOUR : 0,
      pausedAt: status === 'paused' ? at - HOUR : null,
      pauseReason: status === 'paused' ? 'operator' : null,
      decidedUntil: isLaunched ? at - 1 : 0,
      nextTickAt: isOpen ? at + 24 * HOUR + (id % 1000) * 60_000 : null,
      at: at - id,
    })
    revise.run(id, id, JSON.stringify(definitionOf(id, name, { senders, lists })), at - id)
  }
}

function definitionOf(id: number, name: string, { senders, lists }: Pick<CrowdSize, 'senders' | 'lists'>) {
  const cron = `${id % 60} ${id % 24} * * ${id % 5 === 0 ? 'MON-FRI' : '*'}`
  return {
    name,
    useCase: 'marketing',
    sender: `Sender ${String(1 + (id % senders)).padStart(5, '0')}`,
    audience: { lists: [`List ${String(1 + (id % lists)).padStart(5, '0')}`] },
    content: { type: 'text', text: 'Hello {{ first_name | default: "there" }}' },
    tags: ['spring'],
    schedule: { cron, timeZone: id % 4 === 0 ? 'recipient' : zones[id % zones.length] },
  }
}

const MESSAGE_STATUS = `iif(r.status = 'sending' AND n.i % 2 = 0, 'pending', iif(n.i % 997 = 1, 'unknown', 'delivered'))`
/** Proof is sought for three days; of what is older nobody knows for good. */
const reasonSql = (at: number) =>
  `iif(${MESSAGE_STATUS} = 'unknown', iif(r.occurrence_at < ${at - 72 * HOUR}, 'proof_expired', 'no_answer'), NULL)`

/** Ten runs a campaign; the second one is years of a run every five minutes, the fourth one has one run with half of all messages. */
function fillMessages(db: SqliteConnection.Database, { campaigns, people, messages, at }: CrowdSize): void {
  const runs = (count: number, from: string) => `
    INSERT INTO runs (campaign_id, revision_id, sender_id, kind, occurrence_key, occurrence_at, occurrence_local, committed_at, status, warnings, audience_count, created_at, planned_at, started_at, finished_at)
    SELECT c.id, c.id, c.sender_id, 'scheduled', strftime('%Y-%m-%dT%H:%M:%SZ', (${at} - n.i * 300000) / 1000, 'unixepoch'), ${at} - n.i * 300000, ${at} - n.i * 300000, 0, iif(c.status = 'running' AND n.i = 1, 'sending', 'finished'), '[]', 0,
      ${at} - n.i * 300000, ${at} - n.i * 300000, ${at} - n.i * 300000, iif(c.status = 'running' AND n.i = 1, NULL, ${at} - n.i * 300000 + 1000)
    FROM campaigns c, (${numbers(count)} SELECT i FROM n) n WHERE c.launched_at IS NOT NULL AND ${from}`
  db.exec(runs(10, 'c.id <> 2'))
  db.exec(runs(Math.min(100_000, campaigns * 10), 'c.id = 2'))
  const half = Math.min(people, Math.floor(messages / 2))
  const { big } = db.prepare('SELECT max(id) AS big FROM runs WHERE campaign_id = 4').get() as { big: number | null }
  const { count } = db.prepare('SELECT count(*) AS count FROM runs').get() as { count: number }
  const each = Math.max(1, Math.min(people, Math.floor((messages - half) / Math.max(1, count))))
  const rows = (from: string) => `
    INSERT INTO messages (run_id, contact_id, revision_id, status, reason, scheduled_at, due_at, expires_at, created_at, variables, attempts, attempt_id, accepted_at, sent_at, delivered_at)
    SELECT r.id, 1 + (r.id * 31 + n.i) % ${people}, r.revision_id, ${MESSAGE_STATUS}, ${reasonSql(at)}, r.occurrence_at, iif(${MESSAGE_STATUS} = 'pending', ${at} + 24 * ${HOUR}, r.occurrence_at), r.occurrence_at + 40 * ${HOUR}, r.occurrence_at,
      '{"first_name":"N"}', iif(${MESSAGE_STATUS} = 'pending', 0, 1), NULL, r.occurrence_at, r.occurrence_at,
      iif(${MESSAGE_STATUS} = 'delivered', r.occurrence_at, NULL) FROM ${from}`
  if (big !== null) db.exec(rows(`runs r, (${numbers(half)} SELECT i FROM n) n WHERE r.id = ${big}`))
  db.exec(rows(`runs r, (${numbers(each)} SELECT i FROM n) n WHERE r.id <> ${big ?? 0}`))
  db.exec(`INSERT INTO attempts (id, message_id, node_id, sender_id, account, start_at_us, ended_at, outcome, http_status, tracking_id, accepted_at, sent_at)
    SELECT m.id, m.id, 1, r.sender_id, 'sandbox/crowd', m.scheduled_at * 1000, m.scheduled_at, 'accepted', 200, 'track-' || m.id, m.scheduled_at, m.scheduled_at
    FROM messages m JOIN runs r ON r.id = m.run_id WHERE m.status <> 'pending'`)
  db.exec(`UPDATE messages SET attempt_id = id WHERE status <> 'pending'`)
  db.exec(
    `INSERT INTO run_counts (run_id, status, reason, node_id, count) SELECT run_id, status, coalesce(reason, ''), 1, count(*) FROM messages GROUP BY run_id, status, reason`,
  )
  db.exec(
    `INSERT INTO campaign_counts (campaign_id, kind, status, reason, count) SELECT r.campaign_id, r.kind, k.status, k.reason, sum(k.count) FROM run_counts k JOIN runs r ON r.id = k.run_id GROUP BY 1, 2, 3, 4`,
  )
  db.exec(
    `UPDATE runs SET seeks_proof = 1 WHERE id IN (SELECT run_id FROM messages WHERE status = 'unknown' AND reason = 'no_answer')`,
  )
  db.exec(
    `UPDATE runs SET audience_count = coalesce((SELECT sum(count) FROM run_counts k WHERE k.run_id = runs.id), 0)`,
  )
}

function fillAround(db: SqliteConnection.Database, { replies, people, senders, at }: CrowdSize): void {
  db.exec(`${numbers(replies)}
    INSERT INTO replies (contact_id, sender_id, received_at, written_at, kind, text, reading, is_open, origin_sha256)
    SELECT 1 + i % ${Math.max(1, people)}, 1 + i % ${Math.max(1, senders)}, ${at} - i, ${at} - i, 'text', 'Thank you ' || i, 'other', 0, 'o' || i FROM n`)
  db.exec(`INSERT INTO cap_uses (message_id, contact_id, campaign_id, at) SELECT m.id, m.contact_id, r.campaign_id, m.scheduled_at
    FROM messages m JOIN runs r ON r.id = m.run_id WHERE m.status <> 'pending'`)
}

// What was sent since the backup, carried from the old database (attached as `staging`): runs with their messages, attempts with
// their results, places in the caps, what senders and people have to do with each other, callbacks. Ids mean the same in both.
import type { WriteTx } from '../database.ts'
import { CREATED_UNKNOWN } from './salvage.ts'

export interface CarriedCalls {
  /** Calls that the backup does not know, or knows less of. */
  attempts: number
  /** Messages of the backup whose call was made, or ended, since. */
  messages: number
  /** Planned since, with their messages. */
  runs: number
  callbacks: number
}

/** Whether the old database goes on from the backup: what both have under one id is one thing. */
export async function isSameHistory(tx: WriteTx): Promise<boolean> {
  for (const [table, columns] of [
    ['attempts', ['message_id', 'sender_id', 'node_id']],
    ['messages', ['run_id', 'contact_id']],
    ['runs', ['campaign_id', 'occurrence_key']],
    ['campaigns', ['created_at']],
    ['senders', ['created_at']],
    ['contacts', ['created_at']],
  ] as const) {
    // Of people whom only an index tells of it is not known when they were added.
    const differs = columns.map((column) => `o.${column} NOT IN (t.${column}, ${CREATED_UNKNOWN})`).join(' OR ')
    const other = await tx.get(
      `SELECT 1 FROM ${table} t JOIN staging.${table} o ON o.id = t.id WHERE ${differs} LIMIT 1`,
    )
    if (other !== undefined) return false
  }
  return true
}

/** Afterwards `touched` has the messages of the backup of which the old database knows more. */
export async function carryCalls(tx: WriteTx, isCertain: boolean): Promise<CarriedCalls> {
  await noteTouched(tx)
  await carrySenders(tx)
  await carryCampaigns(tx)
  const runs = await carryRuns(tx)
  await carryNewMessages(tx)
  const attempts = await carryAttempts(tx)
  const messages = await carryTouched(tx)
  await carryFacts(tx)
  await carryReplies(tx)
  return { attempts, messages, runs, callbacks: await carryCallbacks(tx, isCertain) }
}

const attemptFacts = [
  'start_at_us',
  'ended_at',
  'outcome',
  'http_status',
  'provider_code',
  'provider_text',
  'tracking_id',
  'provider_at',
  'accepted_at',
  'sent_at',
  'delivered_at',
  'read_at',
  'failed_at',
  'failure',
  'retry_at',
] as const
const differsSince = attemptFacts.map((column) => `t.${column} IS NOT o.${column}`).join(' OR ')

async function noteTouched(tx: WriteTx): Promise<void> {
  await tx.run('CREATE TEMP TABLE touched (id INTEGER PRIMARY KEY)')
  await tx.run(
    `INSERT INTO temp.touched SELECT DISTINCT o.message_id FROM staging.attempts o JOIN messages m ON m.id = o.message_id
     LEFT JOIN attempts t ON t.id = o.id WHERE t.id IS NULL OR ${differsSince}`,
  )
  // Where the rows of calls are lost, the message itself may tell of them.
  await tx.run(
    `INSERT OR IGNORE INTO temp.touched SELECT m.id FROM messages m JOIN staging.messages o ON o.id = m.id
     WHERE o.attempt_id IS NOT NULL AND (o.attempt_id IS NOT m.attempt_id OR (o.status <> m.status AND o.status NOT IN ('pending', 'cancelled', 'skipped', 'expired')))`,
  )
}

async function carrySenders(tx: WriteTx): Promise<void> {
  await copyNew(tx, 'senders')
  const later = (column: string) => `${column} = max(coalesce(senders.${column}, 0), coalesce(o.${column}, 0))`
  await tx.run(
    `UPDATE senders SET webhook_token = o.webhook_token, former_webhook_token = o.former_webhook_token,
       former_webhook_until = o.former_webhook_until, ${later('last_start_at_us')}, ${later('resumed_after')},
       status = CASE WHEN o.status = 'paused' THEN 'paused' ELSE senders.status END,
       pause_reason = CASE WHEN o.status = 'paused' THEN o.pause_reason ELSE senders.pause_reason END,
       pause_detail = CASE WHEN o.status = 'paused' THEN o.pause_detail ELSE senders.pause_detail END
     FROM staging.senders o WHERE o.id = senders.id`,
  )
}

/** Campaigns that were launched since are what they were then; of the others how far they have come. */
async function carryCampaigns(tx: WriteTx): Promise<void> {
  await tx.run(
    `INSERT INTO contacts SELECT * FROM staging.contacts o WHERE o.id IN (SELECT contact_id FROM staging.messages UNION SELECT contact_id FROM staging.replies)
     AND NOT EXISTS (SELECT 1 FROM contacts c WHERE c.id = o.id OR c.key = o.key)`,
  )
  await tx.run(
    `INSERT INTO campaigns SELECT * FROM staging.campaigns o WHERE o.launched_at IS NOT NULL
     AND NOT EXISTS (SELECT 1 FROM campaigns c WHERE c.id = o.id OR c.name = o.name)`,
  )
  await tx.run(
    `INSERT INTO campaign_revisions SELECT * FROM staging.campaign_revisions o WHERE o.campaign_id IN (SELECT id FROM campaigns)
     AND NOT EXISTS (SELECT 1 FROM campaign_revisions r WHERE r.id = o.id OR (r.campaign_id = o.campaign_id AND r.number = o.number))`,
  )
  await tx.run(
    `UPDATE campaigns SET revision_id = o.revision_id, sender_id = o.sender_id, priority = o.priority, rate_per_second = o.rate_per_second,
       status = o.status, launched_at = o.launched_at, committed_at = o.committed_at, decided_until = o.decided_until
     FROM staging.campaigns o WHERE o.id = campaigns.id AND campaigns.launched_at IS NULL AND o.launched_at IS NOT NULL
     AND o.revision_id IN (SELECT id FROM campaign_revisions)`,
  )
  await tx.run(
    `UPDATE campaigns SET decided_until = max(campaigns.decided_until, o.decided_until), next_tick_at = o.next_tick_at,
       runs_started = max(campaigns.runs_started, o.runs_started), last_start_at_us = o.last_start_at_us
     FROM staging.campaigns o WHERE o.id = campaigns.id AND campaigns.launched_at IS NOT NULL`,
  )
}

/** An occurrence that has its run is not planned again, whether it sent, was missed or was skipped. */
async function carryRuns(tx: WriteTx): Promise<number> {
  await tx.run('CREATE TEMP TABLE new_runs (id INTEGER PRIMARY KEY)')
  await tx.run(
    `INSERT INTO temp.new_runs SELECT o.id FROM staging.runs o WHERE o.campaign_id IN (SELECT id FROM campaigns)
     AND o.revision_id IN (SELECT id FROM campaign_revisions)
     AND NOT EXISTS (SELECT 1 FROM runs r WHERE r.id = o.id OR (r.campaign_id = o.campaign_id AND r.occurrence_key = o.occurrence_key))`,
  )
  await tx.run('INSERT OR IGNORE INTO temp.open_runs SELECT id FROM temp.new_runs')
  const runs = await tx.run('INSERT INTO runs SELECT * FROM staging.runs WHERE id IN (SELECT id FROM temp.new_runs)')
  // Planning went on since.
  await tx.run(
    `UPDATE runs SET status = o.status, planned_through = o.planned_through, planned_at = o.planned_at, started_at = o.started_at,
       warnings = o.warnings, audience_count = o.audience_count
     FROM staging.runs o WHERE o.id = runs.id AND runs.status = 'planning'`,
  )
  return runs
}

async function carryNewMessages(tx: WriteTx): Promise<void> {
  await tx.run(
    `INSERT INTO messages SELECT * FROM staging.messages o WHERE o.run_id IN (SELECT id FROM runs) AND o.contact_id IN (SELECT id FROM contacts)
     AND NOT EXISTS (SELECT 1 FROM messages m WHERE m.id = o.id OR (m.run_id = o.run_id AND m.contact_id = o.contact_id))`,
  )
}

async function carryAttempts(tx: WriteTx): Promise<number> {
  const added = await tx.run(
    `INSERT OR IGNORE INTO attempts SELECT * FROM staging.attempts o WHERE o.message_id IN (SELECT id FROM messages)
     AND NOT EXISTS (SELECT 1 FROM attempts t WHERE t.id = o.id)`,
  )
  const changed = await tx.run(
    `UPDATE OR IGNORE attempts AS t SET ${attemptFacts.map((column) => `${column} = o.${column}`).join(', ')}
     FROM staging.attempts o WHERE o.id = t.id AND (${differsSince})`,
  )
  return added + changed
}

const messageFacts = [
  'status',
  'reason',
  'wait_reason',
  'detail',
  'due_at',
  'attempts',
  'attempt_id',
  'node_id',
  'accepted_at',
  'sent_at',
  'delivered_at',
  'read_at',
  'failed_at',
  'notes',
] as const

async function carryTouched(tx: WriteTx): Promise<number> {
  const row = await tx.get<{ count: number }>('SELECT count(*) AS count FROM temp.touched')
  await tx.run(
    `UPDATE messages SET ${messageFacts.map((column) => `${column} = o.${column}`).join(', ')}
     FROM staging.messages o WHERE o.id = messages.id AND messages.id IN (SELECT id FROM temp.touched)`,
  )
  return row?.count ?? 0
}

async function carryFacts(tx: WriteTx): Promise<void> {
  await tx.run(
    `INSERT INTO cap_uses SELECT * FROM staging.cap_uses WHERE message_id IN (SELECT id FROM messages) ON CONFLICT DO NOTHING`,
  )
  const later = (column: string) =>
    `${column} = CASE WHEN coalesce(excluded.${column}, 0) > coalesce(contact_senders.${column}, 0) THEN excluded.${column} ELSE contact_senders.${column} END`
  await tx.run(
    `INSERT INTO contact_senders SELECT * FROM staging.contact_senders WHERE contact_id IN (SELECT id FROM contacts)
     AND sender_id IN (SELECT id FROM senders)
     ON CONFLICT (contact_id, sender_id) DO UPDATE SET ${['last_claim_at', 'previous_claim_at', 'last_inbound_at', 'blocked_until'].map(later).join(', ')}`,
  )
  await tx.run(
    `INSERT INTO idempotency_keys SELECT * FROM staging.idempotency_keys WHERE status IS NOT NULL ON CONFLICT DO NOTHING`,
  )
}

/** What people wrote since, and what was settled by hand; the callbacks that brought it are applied already. */
async function carryReplies(tx: WriteTx): Promise<void> {
  const isSamePerson = `SELECT 1 FROM contacts c JOIN staging.contacts s ON s.id = c.id AND s.key = c.key WHERE c.id = o.contact_id`
  await tx.run(
    `INSERT OR IGNORE INTO replies SELECT * FROM staging.replies o WHERE o.sender_id IN (SELECT id FROM senders)
     AND (o.contact_id IS NULL OR EXISTS (${isSamePerson})) AND NOT EXISTS (SELECT 1 FROM replies r WHERE r.id = o.id)`,
  )
  await tx.run(
    `UPDATE replies SET is_open = o.is_open, settled_as = o.settled_as, settled_by = o.settled_by, settled_at = o.settled_at
     FROM staging.replies o WHERE o.id = replies.id AND o.origin_sha256 = replies.origin_sha256`,
  )
  await tx.run(
    `INSERT OR IGNORE INTO consents SELECT * FROM staging.consents o
     WHERE EXISTS (${isSamePerson}) AND NOT EXISTS (SELECT 1 FROM consents r WHERE r.id = o.id)`,
  )
}

/** Applied once more where results may be lost: a callback that is applied twice comes to the same. */
async function carryCallbacks(tx: WriteTx, isCertain: boolean): Promise<number> {
  const columns = 'sender_id, received_at, body_sha256, body, applied_at, next_try_at, tries, apply_error'
  const values = isCertain ? columns : 'sender_id, received_at, body_sha256, body, NULL, received_at, 0, NULL'
  return tx.run(
    `INSERT INTO webhook_events (${columns}) SELECT ${values} FROM staging.webhook_events WHERE sender_id IN (SELECT id FROM senders)
     ON CONFLICT DO NOTHING`,
  )
}

async function copyNew(tx: WriteTx, table: string): Promise<void> {
  await tx.run(
    `INSERT OR IGNORE INTO ${table} SELECT * FROM staging.${table} o WHERE NOT EXISTS (SELECT 1 FROM ${table} t WHERE t.id = o.id)`,
  )
}

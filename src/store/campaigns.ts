// Campaigns and their revisions. A status moves only from where the caller saw it.
import { and, desc, eq, sql } from 'drizzle-orm'
import type { CampaignDefinition } from '../domain/campaign.ts'
import type { CampaignStatus } from '../domain/campaign-status.ts'
import { optOutPayloads } from '../domain/content-whole.ts'
import { AppError } from '../domain/errors.ts'
import { failedShareOf } from '../domain/failed-share.ts'
import { findNamed } from '../domain/name.ts'
import { newestAttempt } from './attempts.ts'
import type { Present, ReadTx, WriteTx } from './database.ts'
import { findByIdOrName } from './id-or-name.ts'
import { keptQuery } from './kept-query.ts'
import { lockRows } from './locks.ts'
import { nameHint } from './near-name.ts'
import { campaignRevisions, campaigns } from './schema.ts'

export type CampaignRow = typeof campaigns.$inferSelect
export type RevisionRow = Pick<typeof campaignRevisions.$inferSelect, 'campaignId' | 'number'> & {
  definition: CampaignDefinition
}

export interface NewCampaign {
  definition: CampaignDefinition
  senderId: number
}

/** Inserts a draft with its first revision. Throws AppError campaign.name_taken. */
export async function insertCampaign(
  tx: WriteTx,
  { definition, senderId }: NewCampaign,
  now: Present,
): Promise<CampaignRow> {
  const known = await findIdNamed(tx, definition.name)
  if (known !== undefined) throw nameTaken(await getCampaign(tx, known))
  const id = await tx.insert(
    `INSERT INTO campaigns (name, status, sender_id, priority, rate_per_second, pause_when_failed, created_at, updated_at)
     VALUES (?, 'draft', ?, ?, ?, ?, ?, ?)`,
    [definition.name, senderId, ...copied(definition), now, now],
  )
  await insertRevision(tx, id, 1, definition, now)
  return getCampaign(tx, id)
}

function nameTaken(known: CampaignRow): AppError {
  return new AppError(
    'campaign.name_taken',
    `there is a campaign "${known.name}" already (cmp_${known.id}, ${known.status})`,
    {
      hint: 'Choose another name, or clone that one: herald campaigns clone.',
    },
  )
}

/** A new revision becomes the campaign's; what is planned keeps the one it was planned with. */
export async function reviseCampaign(
  tx: WriteTx,
  campaign: CampaignRow,
  change: NewCampaign,
  now: Present,
): Promise<void> {
  const { definition, senderId } = change
  if (definition.name !== campaign.name) {
    const known = await findIdNamed(tx, definition.name)
    if (known !== undefined && known !== campaign.id) throw nameTaken(await getCampaign(tx, known))
  }
  const newest = await getRevision(tx, campaign.revisionId ?? 0)
  await insertRevision(tx, campaign.id, newest.number + 1, definition, now)
  await tx.run(
    `UPDATE campaigns SET name = ?, sender_id = ?, priority = ?, rate_per_second = ?, pause_when_failed = ?, updated_at = ? WHERE id = ?`,
    [definition.name, senderId, ...copied(definition), now, campaign.id],
  )
}

/** Priority, rate and share of failures: what sending asks of a campaign itself, as its newest revision says. */
function copied(definition: CampaignDefinition): [number, number | null, number | null] {
  return [definition.priority ?? 50, definition.limits?.ratePerSecond ?? null, failedShareOf(definition)]
}

async function insertRevision(
  tx: WriteTx,
  campaignId: number,
  number: number,
  definition: CampaignDefinition,
  now: Present,
): Promise<void> {
  const revisionId = await tx.insert(
    `INSERT INTO campaign_revisions (campaign_id, number, definition, use_case, tags, created_at, opt_out_payloads) VALUES (?, ?, ?, ?, ?, ?, ?)`,
    [
      campaignId,
      number,
      JSON.stringify(definition),
      definition.useCase,
      JSON.stringify(definition.tags ?? []),
      now,
      JSON.stringify(optOutPayloads(definition.content)),
    ],
  )
  await tx.run('UPDATE campaigns SET revision_id = ? WHERE id = ?', [revisionId, campaignId])
}

export async function listCampaignNames(tx: ReadTx): Promise<string[]> {
  return (await tx.all<{ name: string }>('SELECT name FROM campaigns')).map(({ name }) => name)
}

/** Names of the newest campaigns that were ever launched. */
export async function listLaunchedNames(tx: ReadTx, limit: number): Promise<string[]> {
  const rows = await tx.all<{ name: string }>(
    'SELECT name FROM campaigns WHERE launched_at IS NOT NULL ORDER BY id DESC LIMIT ?',
    [limit],
  )
  return rows.map(({ name }) => name)
}

const campaignById = keptQuery((orm) =>
  orm
    .select()
    .from(campaigns)
    .where(eq(campaigns.id, sql.placeholder('id'))),
)
const revisionById = keptQuery((orm) => {
  const { id, campaignId, number, definition } = campaignRevisions
  return orm
    .select({ campaignId, number, definition })
    .from(campaignRevisions)
    .where(eq(id, sql.placeholder('id')))
})

export async function findCampaign(tx: ReadTx, idOrName: string | number): Promise<CampaignRow | undefined> {
  const byId = async (id: number | undefined) => (id === undefined ? undefined : (await campaignById(tx, { id }))[0])
  return findByIdOrName('campaign', idOrName, {
    byId,
    bySpelling: async (name) => (await tx.orm.select().from(campaigns).where(eq(campaigns.name, name)))[0],
    byAnySpelling: async (name) => byId(await findIdNamed(tx, name)),
  })
}

/** The id of a name in any spelling. */
async function findIdNamed(tx: ReadTx, name: string): Promise<number | undefined> {
  const rows = await tx.all<{ id: number; name: string }>('SELECT id, name FROM campaigns ORDER BY id')
  return findNamed(rows, name)?.id
}

export async function getCampaign(tx: ReadTx, idOrName: string | number): Promise<CampaignRow> {
  const campaign = await findCampaign(tx, idOrName)
  if (campaign === undefined)
    throw new AppError('campaign.not_found', `there is no campaign "${String(idOrName).slice(0, 100)}"`, {
      hint: await nameHint(tx, 'campaign', idOrName),
    })
  return campaign
}

/** The campaign, which nobody else changes before the transaction has committed. Throws AppError campaign.not_found. */
export async function lockCampaign(tx: WriteTx, idOrName: string | number): Promise<CampaignRow> {
  const { id } = await getCampaign(tx, idOrName)
  await lockRows(tx, 'campaign', [id])
  return getCampaign(tx, id)
}

export async function getRevision(tx: ReadTx, id: number): Promise<RevisionRow> {
  const [row] = await revisionById(tx, { id })
  if (row === undefined) throw new AppError('fault', `there is no campaign revision ${id}`)
  return row as RevisionRow
}

/** What was saved last, newest first; a definition that was changed by hand may be anything. */
export async function listNewestDefinitions(tx: ReadTx, limit: number): Promise<unknown[]> {
  const { id, definition } = campaignRevisions
  const rows = await tx.orm.select({ definition }).from(campaignRevisions).orderBy(desc(id)).limit(limit)
  return rows.map((row) => row.definition)
}

/** Numbers of revisions by their ids. */
export async function listRevisionNumbers(tx: ReadTx, ids: readonly number[]): Promise<Map<number, number>> {
  const rows = await tx.all<{ id: number; number: number }>(
    `SELECT id, number FROM campaign_revisions WHERE id IN (SELECT value FROM ${tx.sql.numbers} n)`,
    [JSON.stringify(ids)],
  )
  return new Map(rows.map(({ id, number }) => [id, number]))
}

/** Names and statuses by id. */
export async function listNamesAndStatuses(
  tx: ReadTx,
  ids: readonly number[],
): Promise<Map<number, Pick<CampaignRow, 'name' | 'status'>>> {
  const rows = await tx.all<Pick<CampaignRow, 'id' | 'name' | 'status'>>(
    `SELECT id, name, status FROM campaigns WHERE id IN (SELECT value FROM ${tx.sql.numbers} n)`,
    [JSON.stringify(ids)],
  )
  return new Map(rows.map(({ id, name, status }) => [id, { name, status }]))
}

/** Moves a campaign if it still has the status that the caller saw. */
export async function moveCampaignIf(
  tx: WriteTx,
  id: number,
  from: CampaignStatus,
  to: CampaignStatus,
  now: Present,
): Promise<boolean> {
  const changes = await tx.run(
    `UPDATE campaigns SET status = ?, pause_reason = NULL, pause_detail = NULL, paused_at = NULL, updated_at = ? WHERE id = ? AND status = ?`,
    [to, now, id, from],
  )
  return changes === 1
}

/** Pauses a campaign that is scheduled or running. Returns whether it did. */
export async function pauseCampaign(
  tx: WriteTx,
  id: number,
  reason: string,
  detail: Record<string, unknown> | null,
  now: Present,
): Promise<boolean> {
  const changes = await tx.run(
    `UPDATE campaigns SET status = 'paused', pause_reason = ?, pause_detail = ?, paused_at = ?, updated_at = ? WHERE id = ? AND status IN ('scheduled', 'running')`,
    [reason, detail === null ? null : JSON.stringify(detail), now, now, id],
  )
  return changes === 1
}

/** Campaigns that are paused for a reason. */
export function listPausedFor(tx: ReadTx, reason: string): Promise<Pick<CampaignRow, 'id' | 'name' | 'pauseDetail'>[]> {
  const { id, name, pauseDetail } = campaigns
  return tx.orm
    .select({ id, name, pauseDetail })
    .from(campaigns)
    .where(and(eq(campaigns.status, 'paused'), eq(campaigns.pauseReason, reason)))
    .orderBy(id)
}

/** Campaigns whose schedule has to be looked at. */
export async function listDueCampaigns(tx: ReadTx, now: number): Promise<number[]> {
  const rows = await tx.all<{ id: number }>(
    // By the index of ticks: those that are due are few among those of a status.
    `SELECT id FROM campaigns INDEXED BY campaigns_tick WHERE next_tick_at <= ? AND status IN ('scheduled', 'running', 'paused') ORDER BY next_tick_at, id`,
    [now],
  )
  return rows.map((row) => row.id)
}

/** Campaigns whose schedules bring something until an instant, those that come next first. */
export async function listNextTicks(
  tx: ReadTx,
  { until, limit }: { until: number; limit: number },
): Promise<
  (Pick<CampaignRow, 'id' | 'name' | 'status' | 'decidedUntil' | 'launchedAt' | 'committedAt' | 'runsStarted'> & {
    sender: string
    nextTickAt: number
  })[]
> {
  return tx.all(
    `SELECT c.id, c.name, c.status, c.decided_until AS decidedUntil, c.launched_at AS launchedAt, c.committed_at AS committedAt,
       c.runs_started AS runsStarted, c.next_tick_at AS nextTickAt, s.name AS sender
     FROM campaigns c INDEXED BY campaigns_tick CROSS JOIN senders s ON s.id = c.sender_id
     WHERE c.next_tick_at <= ? AND c.status IN ('scheduled', 'running', 'paused') ORDER BY c.next_tick_at, c.id LIMIT ?`,
    [until, limit],
  )
}

/** Campaigns whose schedule may have something to come. */
export async function listActiveCampaigns(tx: ReadTx): Promise<number[]> {
  const rows = await tx.all<{ id: number }>(
    `SELECT id FROM campaigns WHERE status IN ('scheduled', 'running', 'paused') ORDER BY id`,
  )
  return rows.map((row) => row.id)
}

/** How far the schedule of a campaign has come, with what it says. */
export interface ScheduleRow
  extends Pick<CampaignRow, 'id' | 'name' | 'decidedUntil' | 'nextTickAt' | 'committedAt' | 'runsStarted'> {
  launchedAt: number
  /** JSON, as stored; null for a campaign without one, which runs at its launch. */
  schedule: string | null
}

/** Of campaigns whose schedule may have something to come, behind an id; not of a definition that is no JSON. */
export async function listSchedules(tx: ReadTx, after: number, limit: number): Promise<ScheduleRow[]> {
  return tx.all<ScheduleRow>(
    `SELECT c.id, c.name, c.decided_until AS decidedUntil, c.next_tick_at AS nextTickAt, c.committed_at AS committedAt,
       c.runs_started AS runsStarted, c.launched_at AS launchedAt, ${tx.sql.jsonPart('r.definition', ['schedule'])} AS schedule
     FROM campaigns c JOIN campaign_revisions r ON r.id = c.revision_id AND ${tx.sql.isJson('r.definition')}
     WHERE c.id > ? AND c.status IN ('scheduled', 'running', 'paused') AND c.launched_at IS NOT NULL ORDER BY c.id LIMIT ?`,
    [after, limit],
  )
}

export interface Tick {
  decidedUntil: number
  nextTickAt: number | null
  runsStarted: number
}

/** How far the schedule is decided, as the reader of the campaign in this transaction found. */
export async function setTick(tx: WriteTx, id: number, { decidedUntil, nextTickAt, runsStarted }: Tick): Promise<void> {
  await tx.run(`UPDATE campaigns SET decided_until = ?, next_tick_at = ?, runs_started = ? WHERE id = ?`, [
    decidedUntil,
    nextTickAt,
    runsStarted,
    id,
  ])
}

/** Another schedule, and from where it counts. */
export async function setSchedule(
  tx: WriteTx,
  id: number,
  { committedAt, decidedUntil, nextTickAt }: { committedAt: number; decidedUntil: number; nextTickAt: number | null },
): Promise<void> {
  await tx.run(`UPDATE campaigns SET committed_at = ?, decided_until = ?, next_tick_at = ? WHERE id = ?`, [
    committedAt,
    decidedUntil,
    nextTickAt,
    id,
  ])
}

/** draft → scheduled, with the point from which occurrences count. */
export async function launchCampaign(
  tx: WriteTx,
  id: number,
  launch: { launchedAt: number; decidedUntil: number; nextTickAt: number | null },
): Promise<boolean> {
  const changes = await tx.run(
    `UPDATE campaigns SET status = 'scheduled', launched_at = ?, committed_at = ?, decided_until = ?, next_tick_at = ?, updated_at = ? WHERE id = ? AND status = 'draft'`,
    [launch.launchedAt, launch.launchedAt, launch.decidedUntil, launch.nextTickAt, launch.launchedAt, id],
  )
  return changes === 1
}

/** The windows of the breaker, and the last attempt that does not count. */
export interface BreakerWindows {
  answers: string
  told: string
  after: number
}

export async function findBreaker(tx: ReadTx, id: number): Promise<BreakerWindows | undefined> {
  return tx.get<BreakerWindows>(
    `SELECT answer_outcomes AS answers, told_outcomes AS told, breaker_after AS after FROM campaigns WHERE id = ?`,
    [id],
  )
}

export async function setBreaker(tx: WriteTx, id: number, { answers, told }: BreakerWindows): Promise<void> {
  await tx.run(`UPDATE campaigns SET answer_outcomes = ?, told_outcomes = ? WHERE id = ?`, [answers, told, id])
}

/** What failed counts from nothing again, and only attempts from here on. */
export async function resetBreaker(tx: WriteTx, id: number): Promise<void> {
  await tx.run(`UPDATE runs SET last_results = '' WHERE campaign_id = ? AND last_results <> ''`, [id])
  await tx.run(`UPDATE campaigns SET answer_outcomes = '', told_outcomes = '', breaker_after = ? WHERE id = ?`, [
    await newestAttempt(tx),
    id,
  ])
}

export async function listAllCampaignIds(tx: ReadTx): Promise<number[]> {
  return (await tx.all<{ id: number }>('SELECT id FROM campaigns ORDER BY id')).map(({ id }) => id)
}

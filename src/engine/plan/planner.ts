// A run in planning → its messages, in chunks, each one transaction short enough for everybody else.
// Reads the audience; writes messages, counts and the run's mark of the last planned contact. Safe to kill: planning
// continues after the last chunk, and sending starts only when the last one is written.
import { type Campaign, parseCampaign } from '../../domain/campaign.ts'
import { compileContent } from '../../domain/content.ts'
import { dueOf } from '../../domain/planned-time.ts'
import { counted } from '../../domain/plural.ts'
import { validUntilOf } from '../../domain/validity.ts'
import {
  type ContactRange,
  listDistinct,
  nextRange,
  type ResolvedAudience,
  resolveAudience,
} from '../../store/audience.ts'
import { getCampaign, getRevision } from '../../store/campaigns.ts'
import type { ReadTx, WriteTx } from '../../store/database.ts'
import { type PlanChunk, type PlannedChunk, planChunk } from '../../store/plan.ts'
import { doubtPlanned, RESTORED_WARNING } from '../../store/restore/books.ts'
import { addRunWarning, getRun, listOpenRuns, lockRuns, moveRunIf, type RunRow } from '../../store/runs.ts'
import { finishIfDone } from '../campaigns/finish.ts'
import { plannedRunOf, planRulesOf } from '../campaigns/plan-rules.ts'
import { planningWaitOf } from '../campaigns/planning-wait.ts'
import { isUnreadable, pauseUnreadable } from '../campaigns/unreadable-campaign.ts'
import type { Context, OnProgress } from '../context.ts'
import { eachAlone } from '../duties/each-alone.ts'

/** A transaction should hold the lock no longer; the next chunk is made as much smaller or larger. */
const CHUNK_AIM_MS = 12
const CHUNK_MIN = 200
const CHUNK_MAX = 20_000
const CHUNK_START = 1_000

export interface PlanOptions {
  /** Whether messages are being sent meanwhile: chunks then leave as long a pause as they took. */
  isSending?: () => boolean
  onProgress?: OnProgress
  campaignId?: number
  signal?: AbortSignal
}

/** Plans what is in planning, each run alone. Returns whether anything was planned. */
export async function planRuns(ctx: Context, options: PlanOptions = {}): Promise<boolean> {
  const { campaignId, signal } = options
  const runs = await ctx.db.read((tx) => listOpenRuns(tx, 'planning'))
  const items = runs.filter((run) => campaignId === undefined || run.campaignId === campaignId)
  const isAll = campaignId === undefined
  return eachAlone(ctx, { work: 'planning', items, idOf: ({ id }) => id, isAll, signal }, async (run) => {
    try {
      return await planRun(ctx, run, options)
    } catch (error) {
      if (!isUnreadable(error)) throw error
      await pauseUnreadable(ctx, run.campaignId, error)
      return false
    }
  })
}

/** Plans one run to its end, or until it must wait. Returns whether it got further. */
async function planRun(ctx: Context, run: RunRow, options: PlanOptions): Promise<boolean> {
  const prepared = await ctx.db.read((tx) => prepare(tx, run, ctx.config.timeZone))
  if (prepared === undefined) return false
  const { audience, base } = prepared
  let { plannedThrough } = run
  let size = CHUNK_START
  let planned = run.audienceCount
  let missing = 0
  for (;;) {
    if (options.signal?.aborted) return true
    const nodeId = await ctx.node.id()
    const range = await ctx.db.read((tx) => nextRange(tx, audience, plannedThrough, size))
    if (range === undefined) break
    const { through } = range
    const [chunk, readMs] = await ctx.db.read((tx) =>
      timed(ctx, () =>
        completeChunk(tx, {
          campaign: prepared.campaign,
          run,
          base: { ...base, nodeId },
          range: { after: plannedThrough, through },
          seenAt: ctx.clock.now(),
        }),
      ),
    )
    const [result, writtenMs] = await ctx.db.write((tx) => timed(ctx, () => writeChunk(tx, run, chunk)))
    if (result === undefined) return true
    plannedThrough = through
    planned += result.planned
    missing += result.missingVariable
    options.onProgress?.({ done: planned, what: 'planned' })
    const tookMs = readMs + writtenMs
    size = Math.min(CHUNK_MAX, Math.max(CHUNK_MIN, Math.round(size * Math.min(2, CHUNK_AIM_MS / Math.max(1, tookMs)))))
    await breathe(ctx, options.isSending?.() ? tookMs : 0)
  }
  await ctx.db.write(async (tx) => {
    await lockRuns(tx, [run.id])
    if (missing > 0)
      await addRunWarning(
        tx,
        await getRun(tx, run.id),
        `missing_variable: ${counted(missing, 'person', 'people')} left out, without a field that the text needs`,
      )
    if (await moveRunIf(tx, run.id, 'planning', 'sending', await tx.now())) await finishIfDone(tx, [run.id])
  })
  return true
}

/** A chunk whose people are known; it is written as of the transaction that writes it. */
type ChunkPlan = Omit<PlanChunk, 'now'>

async function writeChunk(tx: WriteTx, run: RunRow, plan: ChunkPlan): Promise<PlannedChunk | undefined> {
  const chunk = { ...plan, now: await tx.now() }
  const result = await planChunk(tx, chunk)
  // Before the database was restored some of these people may have been planned and sent to.
  const isDoubted = run.warnings.some((warning) => warning.startsWith(RESTORED_WARNING))
  if (result !== undefined && isDoubted) await doubtPlanned(tx, chunk)
  return result
}

/** What a transaction does and how long it holds the thread; the disk is waited for without it. */
async function timed<T>({ clock }: Context, work: () => Promise<T>): Promise<[T, number]> {
  const startedAt = clock.monotonic()
  return [await work(), clock.monotonic() - startedAt]
}

async function breathe(ctx: Context, pauseMs: number): Promise<void> {
  if (pauseMs >= 1) await ctx.clock.wait(ctx.clock.now() + pauseMs)
  else await new Promise((resolve) => setImmediate(resolve))
}

type ChunkBase = Omit<PlanChunk, 'range' | 'due' | 'validUntil' | 'now' | 'nodeId'>

interface PreparedRun {
  campaign: Campaign
  audience: ResolvedAudience
  base: ChunkBase
}

/** Everything about a run that holds for all its chunks; undefined while it has to wait. */
async function prepare(tx: ReadTx, run: RunRow, defaultZone: string): Promise<PreparedRun | undefined> {
  const row = await getCampaign(tx, run.campaignId)
  if (row.status !== 'running') return undefined
  const revision = await getRevision(tx, run.revisionId)
  const campaign = parseCampaign(revision.definition, defaultZone)
  if ((await planningWaitOf(tx, run, campaign)) !== undefined) return undefined
  const { definition } = campaign
  const audience = await resolveAudience(tx, definition.audience)
  const fields = compileContent(definition.content).fields.filter((use) => use.field !== 'phone')
  return {
    campaign,
    audience,
    base: {
      runId: run.id,
      campaignId: run.campaignId,
      revisionId: run.revisionId,
      audience,
      useCase: definition.useCase,
      oncePerContact: definition.oncePerContact ?? false,
      fields: fields.map((use) => use.field),
      requiredFields:
        definition.missingVariable === 'fallback' ? [] : fields.filter((use) => use.isRequired).map((use) => use.field),
      validityMs: campaign.validityMs,
    },
  }
}

interface ChunkFacts {
  campaign: Campaign
  run: RunRow
  base: ChunkBase & { nodeId: number }
  range: ContactRange
  seenAt: number
}

/** Adds what depends on the people of the chunk: their zones and their own limits of validity. */
async function completeChunk(tx: ReadTx, { campaign, run, base, range, seenAt }: ChunkFacts): Promise<ChunkPlan> {
  const { schedule, definition } = campaign
  const field = definition.limits?.validUntilField
  const plan = planRulesOf(campaign, plannedRunOf(run), seenAt)
  const zones = schedule.isRecipientLocal ? await listDistinct(tx, base.audience, range, ['zone']) : []
  const due = schedule.isRecipientLocal
    ? { zones: zones.map(([zone = '']) => ({ zone, ...dueOf(zone, plan) })) }
    : { at: dueOf('', plan).scheduledAt }
  if (field === undefined) return { ...base, range, due }
  const told = await listDistinct(tx, base.audience, range, [
    { field },
    ...(schedule.isRecipientLocal ? ['zone' as const] : []),
  ])
  return {
    ...base,
    range,
    due,
    validUntil: {
      field,
      ends: told.map(([text = '', zone]) => ({
        text,
        zone: zone ?? null,
        at: validUntilOf(text, zone ?? '', schedule),
      })),
    },
  }
}

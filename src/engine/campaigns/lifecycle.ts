// What an operator does to a campaign that has been launched: pause, resume, cancel, archive.
import { parseCampaign } from '../../domain/campaign.ts'
import {
  type CampaignAction,
  type CampaignStatus,
  decideCampaignAction,
  needsAcknowledgement,
} from '../../domain/campaign-status.ts'
import { AppError } from '../../domain/errors.ts'
import { counted } from '../../domain/plural.ts'
import {
  type CampaignRow,
  getRevision,
  lockCampaign,
  moveCampaignIf,
  pauseCampaign,
  resetBreaker,
} from '../../store/campaigns.ts'
import type { Present, ReadTx, WriteTx } from '../../store/database.ts'
import { countExpired, countOnTheWire } from '../../store/messages.ts'
import { countSkippedSince, hasOpenRun } from '../../store/runs.ts'
import type { Context } from '../context.ts'
import { refuseWhileHeld } from '../service/held.ts'
import type { Seen } from '../version.ts'
import { type CampaignView, requireSeenCampaign, viewById } from './campaign-view.ts'
import { finishCancel } from './cancel.ts'
import { finishCampaignIfDone } from './finish.ts'
import { decideBacklog, decideOccurrences } from './occurrences.ts'

/** Throws when the status does not allow the action; `none` when nothing is left to do. */
export function refuseUnless(row: CampaignRow, action: CampaignAction): 'move' | 'none' {
  const decision = decideCampaignAction(action, row.status, row.name)
  if (decision.act === 'refuse') throw decision.error
  return decision.act
}

export async function pauseByOperator(
  ctx: Context,
  idOrName: string,
  seen?: Seen,
): Promise<CampaignView & { onTheWire: number }> {
  return ctx.db.write(async (tx) => {
    const row = await lockCampaign(tx, idOrName)
    requireSeenCampaign(seen, row)
    if (refuseUnless(row, 'pause') === 'move') await pauseCampaign(tx, row.id, 'operator', null, await tx.now())
    return { ...(await viewById(ctx, tx, row.id)), onTheWire: await countOnTheWire(tx, row.id) }
  })
}

export interface ResumeOptions {
  /** The operator has read why the breaker paused the campaign. */
  isAcknowledged?: boolean
  seen?: Seen
}

export type Resumed = CampaignView & {
  /** Messages whose validity ended during the pause: they expire at the next claim. */
  willExpire: number
  /** Occurrences that the pause covered, which are not caught up. */
  skipped: number
}

/** paused → running, or scheduled when no run has begun, or finished when nothing is left after what the pause covered. */
export async function resumeByOperator(ctx: Context, idOrName: string, options: ResumeOptions = {}): Promise<Resumed> {
  await decideBacklog(ctx, idOrName)
  return ctx.db.write(async (tx) => {
    await refuseWhileHeld(tx)
    const now = await tx.now()
    const row = await lockCampaign(tx, idOrName)
    requireSeenCampaign(options.seen, row)
    if (refuseUnless(row, 'resume') === 'none')
      return { ...(await viewById(ctx, tx, row.id)), willExpire: 0, skipped: 0 }
    if (needsAcknowledgement(row.pauseReason) && !options.isAcknowledged) throw notAcknowledged(row)
    const willExpire = await countExpired(tx, row.id, now)
    const skipped = await endPause(ctx, tx, row, now)
    await resetBreaker(tx, row.id)
    const view = await viewById(ctx, tx, row.id)
    const warnings = [...view.warnings, ...(skipped === 0 ? [] : [skippedText(skipped, view.status)])]
    return { ...view, warnings, willExpire, skipped }
  })
}

function notAcknowledged({ name, pauseReason, pauseDetail }: CampaignRow): AppError {
  const { why, hint } = pauseWords[pauseReason ?? ''] ?? failedWords
  const detail = pauseReason === 'restored' ? '' : `: ${JSON.stringify(pauseDetail)}`
  return new AppError('campaign.needs_acknowledgement', `campaign "${name}" was paused ${why}${detail}`, { hint })
}

const failedWords = {
  why: 'because too many of its messages failed',
  hint: 'See herald report for what they failed for. Then resume with --acknowledge; failures are counted from there on.',
}

const pauseWords: Record<string, { why: string; hint: string }> = {
  template_errors: {
    why: 'after errors of its template',
    hint: 'Fix the template, then resume with --acknowledge.',
  },
  restored: {
    why: 'because the database was restored from a backup',
    hint: 'See herald report and herald unknown list for what may have been sent since. Then resume with --acknowledge.',
  },
}

/** What the pause covered is recorded in the transaction that ends it, so that no tick in between decides otherwise. */
async function endPause(ctx: Context, tx: WriteTx, row: CampaignRow, now: Present): Promise<number> {
  const pausedAt = row.pausedAt ?? now
  const { definition } = await getRevision(tx, row.revisionId ?? 0)
  await decideOccurrences(tx, row, parseCampaign(definition, ctx.config.timeZone), { now, letsGo: 'resume' })
  await moveCampaignIf(tx, row.id, 'paused', row.runsStarted > 0 ? 'running' : 'scheduled', now)
  await finishCampaignIfDone(tx, row.id)
  return countSkippedSince(tx, row.id, pausedAt)
}

function skippedText(count: number, status: CampaignStatus): string {
  const what = `${counted(count, 'occurrence', 'occurrences')} came during the pause and ${count === 1 ? 'was' : 'were'} skipped`
  return status === 'finished' ? `${what}: no other is left, and the campaign is finished` : what
}

/**
 * Ends a campaign: pending messages are cancelled, calls on the wire finish and are recorded. Asked again, it goes on where
 * a process that died left off.
 */
export async function cancelByOperator(
  ctx: Context,
  idOrName: string,
  seen?: Seen,
): Promise<CampaignView & { cancelled: number; onTheWire: number }> {
  const { id } = await ctx.db.write(async (tx) => {
    const found = await lockCampaign(tx, idOrName)
    requireSeenCampaign(seen, found)
    if (refuseUnless(found, 'cancel') === 'move')
      await moveCampaignIf(tx, found.id, found.status, 'cancelled', await tx.now())
    return found
  })
  const cancelled = await finishCancel(ctx, id)
  return ctx.db.read(async (tx) => ({
    ...(await viewById(ctx, tx, id)),
    cancelled,
    onTheWire: await countOnTheWire(tx, id),
  }))
}

export async function archiveByOperator(ctx: Context, idOrName: string, seen?: Seen): Promise<CampaignView> {
  return ctx.db.write(async (tx) => {
    const row = await lockCampaign(tx, idOrName)
    requireSeenCampaign(seen, row)
    if (refuseUnless(row, 'archive') === 'move') {
      await refuseIfOpen(tx, row)
      await moveCampaignIf(tx, row.id, row.status, 'archived', await tx.now())
    }
    return viewById(ctx, tx, row.id)
  })
}

/** What is archived is looked at no more: nothing of it may be left to do. */
async function refuseIfOpen(tx: ReadTx, { id, name }: CampaignRow): Promise<void> {
  if (!(await hasOpenRun(tx, id))) return
  throw new AppError('campaign.running', `campaign "${name}" is still being cancelled: it has messages that wait`, {
    hint: `Finish it with \`herald campaigns cancel "${name}"\`, then archive it.`,
  })
}

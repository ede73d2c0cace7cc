// Campaigns as they are written: saved, edited, copied. Everything that can be known before a launch is checked here.
import { type Campaign, type CampaignDefinition, parseNewCampaign } from '../../domain/campaign.ts'
import { AppError } from '../../domain/errors.ts'
import { checkHorizon } from '../../domain/horizon.ts'
import { counted } from '../../domain/plural.ts'
import { isRecurring, occurrencesAfter, planAt } from '../../domain/schedule.ts'
import { checkContent, getProvider } from '../../providers/registry.ts'
import { resolveAudience } from '../../store/audience.ts'
import {
  type CampaignRow,
  getCampaign,
  getRevision,
  insertCampaign,
  type NewCampaign,
  reviseCampaign,
  setTick,
} from '../../store/campaigns.ts'
import type { ReadTx, WriteTx } from '../../store/database.ts'
import type { List } from '../../store/lists.ts'
import { countPlannedOtherwise } from '../../store/messages.ts'
import { getSender } from '../../store/senders.ts'
import type { Context } from '../context.ts'
import { type CampaignView, viewOf } from './campaign-view.ts'
import { refuseUnless } from './lifecycle.ts'
import { checkFields } from './preflight.ts'

/** Saves a draft. Throws one AppError with every problem that can be known now. */
export async function addCampaign(ctx: Context, value: unknown): Promise<CampaignView> {
  const campaign = parseNewCampaign(value, ctx.config.timeZone)
  return ctx.db.write(async (tx) => {
    const row = await insertCampaign(tx, await checkReferences(tx, campaign), ctx.clock.now())
    return viewOf(tx, row, campaign)
  })
}

/**
 * The sender exists and takes this content; lists and fields exist. Returns the definition with their names as they are
 * spelled there, however the campaign spells them.
 */
export async function checkReferences(tx: ReadTx, campaign: Campaign): Promise<NewCampaign> {
  const { definition } = campaign
  const sender = await getSender(tx, definition.sender)
  checkContent(getProvider(sender.provider, sender.credentials), definition.content)
  const found = await resolveAudience(tx, definition.audience)
  checkFields(campaign, found)
  const audience = { ...definition.audience, lists: namesOf(found.lists) }
  if (definition.audience.exclude !== undefined) audience.exclude = namesOf(found.excluded)
  return { definition: { ...definition, sender: sender.name, audience }, senderId: sender.id }
}

function namesOf(lists: readonly List[]): string[] {
  return [...new Set(lists.map(({ name }) => name))]
}

export interface EditOptions {
  /** The revision that was edited: another one meanwhile refuses the edit. */
  revision?: number | undefined
}

/** Saves a new revision. What is planned keeps the revision it was planned with. */
export async function editCampaign(
  ctx: Context,
  idOrName: string,
  value: unknown,
  options: EditOptions = {},
): Promise<CampaignView> {
  const campaign = parseNewCampaign(value, ctx.config.timeZone)
  return ctx.db.write(async (tx) => {
    const row = await getCampaign(tx, idOrName)
    refuseUnless(row, 'edit')
    const { number } = await getRevision(tx, row.revisionId ?? 0)
    if (options.revision !== undefined && options.revision !== number)
      throw new AppError(
        'campaign.changed',
        `campaign "${row.name}" was changed meanwhile: it is at revision ${number}`,
        {
          hint: 'Look at what it is now, then save again.',
        },
      )
    const now = ctx.clock.now()
    await reviseCampaign(tx, row, await checkReferences(tx, campaign), now)
    if (row.launchedAt !== null) await rescheduleFrom(tx, row, campaign, now)
    const edited = await getCampaign(tx, row.id)
    const view = await viewOf(tx, edited, campaign)
    const planned = await countPlannedOtherwise(tx, edited.id, edited.revisionId ?? 0)
    return planned === 0 ? view : { ...view, warnings: [...view.warnings, plannedWarning(planned)] }
  })
}

function plannedWarning(count: number): string {
  return `${counted(count, 'message is', 'messages are')} planned already and will say what the campaign said before; the edit holds for what is planned from now on`
}

/** An edited schedule counts from the edit: nothing of the past is pulled in, and the 35 days are measured again. */
async function rescheduleFrom(tx: WriteTx, row: CampaignRow, campaign: Campaign, now: number): Promise<void> {
  const { schedule } = campaign
  const next = occurrencesAfter(schedule, now, 1)[0]
  if (next !== undefined && !isRecurring(schedule)) checkHorizon({ scheduledAt: next.at, launchedAt: now })
  await setTick(tx, row.id, {
    decidedUntil: now,
    nextTickAt: next === undefined ? row.nextTickAt : planAt(schedule, next),
    runsStarted: row.runsStarted,
  })
}

export interface CloneOptions {
  name?: string
  /** Only people who got nothing from the first: cancelled, expired, failed, skipped. */
  isRemaining?: boolean
}

/** A draft with the same definition, without the times of the first. */
export async function cloneCampaign(ctx: Context, idOrName: string, options: CloneOptions = {}): Promise<CampaignView> {
  const definition = await ctx.db.read(async (tx) => {
    const row = await getCampaign(tx, idOrName)
    const revision = await getRevision(tx, row.revisionId ?? 0)
    return clonedDefinition(row, revision.definition, options)
  })
  return addCampaign(ctx, definition)
}

function clonedDefinition(row: CampaignRow, definition: CampaignDefinition, options: CloneOptions): CampaignDefinition {
  const name = options.name ?? `${row.name} (copy)`
  if (!options.isRemaining) return { ...definition, name }
  const remaining = { campaign: row.name, status: ['cancelled', 'expired', 'failed', 'skipped'] as const }
  const { filter } = definition.audience
  const both =
    filter === undefined
      ? { ...remaining, status: [...remaining.status] }
      : { all: [filter, { ...remaining, status: [...remaining.status] }] }
  return { ...definition, name, audience: { ...definition.audience, filter: both } }
}

// Campaigns as they are written: saved, edited, copied. Everything that can be known before a launch is checked here.
import {
  CAMPAIGN_NAME_LENGTH_MAX,
  type Campaign,
  type CampaignDefinition,
  parseNewCampaign,
} from '../../domain/campaign.ts'
import { decideCampaignAction } from '../../domain/campaign-status.ts'
import { AppError } from '../../domain/errors.ts'
import { nameKey, plainName } from '../../domain/name.ts'
import { counted } from '../../domain/plural.ts'
import { parseSchedule } from '../../domain/schedule.ts'
import { checkContent, getProvider } from '../../providers/registry.ts'
import { resolveAudience } from '../../store/audience.ts'
import {
  type CampaignRow,
  getCampaign,
  getRevision,
  insertCampaign,
  listCampaignNames,
  lockCampaign,
  type NewCampaign,
  reviseCampaign,
} from '../../store/campaigns.ts'
import type { ReadTx, WriteTx } from '../../store/database.ts'
import type { List } from '../../store/lists.ts'
import { countPlanned } from '../../store/messages.ts'
import { getSender } from '../../store/senders.ts'
import type { Context } from '../context.ts'
import type { Seen } from '../version.ts'
import { zonesOf } from './audience-zones.ts'
import { type CampaignView, requireSeenCampaign, viewOf } from './campaign-view.ts'
import { refuseUnless } from './lifecycle.ts'
import { linkWarnings } from './link-values.ts'
import { decideBacklog, decideOccurrences, readIfActive, scheduleNow } from './occurrences.ts'
import { checkFields } from './preflight.ts'
import { reschedule } from './reschedule.ts'
import { isUnreadable } from './unreadable-campaign.ts'

/** Saves a draft. Throws one AppError with every problem that can be known now. */
export async function addCampaign(ctx: Context, value: unknown): Promise<CampaignView> {
  const campaign = parseNewCampaign(value, ctx.config.timeZone)
  const saved = await ctx.db.write(async (tx) => {
    const row = await insertCampaign(tx, await checkReferences(tx, campaign), await tx.now())
    return viewOf(tx, row, campaign)
  })
  return withLinkWarnings(ctx, saved, campaign)
}

/** After it is saved: whom its buttons fail is known by the people. */
async function withLinkWarnings(ctx: Context, saved: CampaignView, campaign: Campaign): Promise<CampaignView> {
  return { ...saved, warnings: [...saved.warnings, ...(await linkWarnings(ctx, campaign))] }
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
  /** What was edited: a campaign that was changed meanwhile refuses the edit. */
  seen?: Seen
  /** Start now although the new time is past. */
  isSendNow?: boolean | undefined
  /** The user who edits may send: else a campaign at work has to be paused first. */
  maySend?: boolean | undefined
}

/**
 * Saves a new revision. What is planned keeps the revision it was planned with; of a campaign that was launched, what is
 * due is decided by the old one in the same transaction.
 */
export async function editCampaign(
  ctx: Context,
  idOrName: string,
  value: unknown,
  options: EditOptions = {},
): Promise<CampaignView> {
  const campaign = parseNewCampaign(value, ctx.config.timeZone)
  const people = await peopleOfLaunched(ctx, idOrName, campaign)
  const saved = await ctx.db.write(async (tx) => {
    const row = await lockCampaign(tx, idOrName)
    requireSeenCampaign(options.seen, row)
    refuseEdit(row, options)
    const old = await getRevision(tx, row.revisionId ?? 0)
    const now = await tx.now()
    const change = await checkReferences(tx, campaign)
    const isMoved = row.launchedAt !== null && (options.isSendNow || movesSchedule(old.definition, campaign, ctx))
    if (isMoved) await decideByOld(ctx, tx, row)
    const planned = await countPlanned(tx, row.id)
    await reviseCampaign(tx, row, change, now)
    const told = isMoved
      ? await reschedule(tx, row, campaign, { now, people, isSendNow: options.isSendNow ?? false })
      : []
    const edited = await getCampaign(tx, row.id)
    const view = await viewOf(tx, edited, campaign)
    const kept = planned === 0 ? [] : [plannedWarning(planned)]
    return { ...view, warnings: [...view.warnings, ...kept, ...told] }
  })
  return withLinkWarnings(ctx, saved, campaign)
}

/** Before the edit: the zones that a new schedule asks for, and what a long downtime or pause left to decide. */
async function peopleOfLaunched(ctx: Context, idOrName: string, campaign: Campaign): Promise<Map<string, number>> {
  const row = await ctx.db.read((tx) => getCampaign(tx, idOrName))
  if (row.launchedAt === null || decideCampaignAction('edit', row.status, row.name).act === 'refuse') return new Map()
  await decideBacklogIfReadable(ctx, row.id)
  const audience = await ctx.db.read((tx) => resolveAudience(tx, campaign.definition.audience))
  return zonesOf(ctx, audience, campaign.schedule)
}

function refuseEdit(row: CampaignRow, { maySend = true }: EditOptions): void {
  refuseUnless(row, 'edit')
  if (maySend || (row.status !== 'scheduled' && row.status !== 'running')) return
  throw new AppError('campaign.running', `campaign "${row.name}" is ${row.status}, and you may not send`, {
    hint: 'Pause it first, or ask a user who may send.',
  })
}

/** Whether the edit says another time; a schedule that stays as it is goes on. */
function movesSchedule(old: CampaignDefinition, { definition }: Campaign, { config }: Context): boolean {
  const read = (schedule: CampaignDefinition['schedule']) =>
    JSON.stringify({ ...parseSchedule(schedule, config.timeZone), warnings: [], understood: [] })
  try {
    return read(old.schedule) !== read(definition.schedule)
  } catch (error) {
    if (error instanceof AppError) return true
    throw error
  }
}

async function decideByOld(ctx: Context, tx: WriteTx, row: CampaignRow): Promise<void> {
  try {
    const old = await readIfActive(ctx, tx, row)
    if (old !== undefined) await decideOccurrences(tx, row, old, { now: scheduleNow(ctx), letsGo: 'edit' })
  } catch (error) {
    if (!isUnreadable(error)) throw error
  }
}

async function decideBacklogIfReadable(ctx: Context, id: number): Promise<void> {
  try {
    await decideBacklog(ctx, id)
  } catch (error) {
    if (!isUnreadable(error)) throw error
  }
}

function plannedWarning(count: number): string {
  return `${counted(count, 'message is', 'messages are')} already planned and ${count === 1 ? 'keeps its' : 'keep their'} old text and time; the edit holds for what is planned from now on`
}

export interface CloneOptions {
  name?: string
  /** Only people who got nothing from the first: cancelled, expired, failed, skipped. */
  isRemaining?: boolean
}

/** Names that are tried for a clone that was given none: another clone may be made at the same time. */
const CLONE_TRIES = 20

/** A draft with the same definition, without the times of the first. */
export async function cloneCampaign(ctx: Context, idOrName: string, options: CloneOptions = {}): Promise<CampaignView> {
  for (let again = 1; ; again++) {
    const definition = await ctx.db.read(async (tx) => {
      const row = await getCampaign(tx, idOrName)
      const revision = await getRevision(tx, row.revisionId ?? 0)
      const name = options.name ?? (await freeName(tx, row.name))
      return clonedDefinition(row, revision.definition, { ...options, name })
    })
    try {
      return await addCampaign(ctx, definition)
    } catch (error) {
      const isTaken = error instanceof AppError && error.code === 'campaign.name_taken'
      if (!isTaken || options.name !== undefined || again === CLONE_TRIES) throw error
    }
  }
}

/** "Spring sale (copy)", "Spring sale (copy 2)" …: the first that no campaign has. */
async function freeName(tx: ReadTx, name: string): Promise<string> {
  const taken = new Set((await listCampaignNames(tx)).map(nameKey))
  for (let n = 1; ; n++) {
    const end = n === 1 ? ' (copy)' : ` (copy ${n})`
    const candidate = plainName(`${startOf(name, CAMPAIGN_NAME_LENGTH_MAX - end.length)}${end}`)
    if (!taken.has(nameKey(candidate))) return candidate
  }
}

/** No half of a character is left at the end. */
function startOf(text: string, length: number): string {
  return text.slice(0, length).replace(/[\ud800-\udbff]$/, '')
}

function clonedDefinition(
  row: CampaignRow,
  definition: CampaignDefinition,
  options: CloneOptions & { name: string },
): CampaignDefinition {
  const { name } = options
  if (!options.isRemaining) return { ...definition, name }
  const remaining = { campaign: row.name, status: ['cancelled', 'expired', 'failed', 'skipped'] as const }
  const { filter } = definition.audience
  const both =
    filter === undefined
      ? { ...remaining, status: [...remaining.status] }
      : { all: [filter, { ...remaining, status: [...remaining.status] }] }
  return { ...definition, name, audience: { ...definition.audience, filter: both } }
}

// Commands on campaigns. Everything that can be known before a launch is checked when a campaign is saved; what depends
// on people and time is checked at the launch.
import { type Campaign, type CampaignDefinition, parseCampaign } from '../../domain/campaign.ts'
import { type CampaignAction, decideCampaignAction } from '../../domain/campaign-status.ts'
import { AppError } from '../../domain/errors.ts'
import { checkHorizon, checkPast } from '../../domain/horizon.ts'
import { counted } from '../../domain/plural.ts'
import { isRecurring, type Occurrence, occurrencesAfter, planAt } from '../../domain/schedule.ts'
import { lateDeliveryWarning, throughputWarning } from '../../domain/validity.ts'
import { checkContent, getProvider } from '../../providers/registry.ts'
import { type ResolvedAudience, resolveAudience } from '../../store/audience.ts'
import {
  type CampaignRow,
  getCampaign,
  getRevision,
  insertCampaign,
  launchCampaign,
  moveCampaignIf,
  pauseCampaign,
  resetTemplateErrors,
  reviseCampaign,
  setTick,
} from '../../store/campaigns.ts'
import { CountChanges } from '../../store/counts.ts'
import type { ReadTx, WriteTx } from '../../store/database.ts'
import { cancelPending, countExpired, countOnTheWire, countPlannedOtherwise } from '../../store/messages.ts'
import { listRunsToEnd, moveRunIf } from '../../store/runs.ts'
import { getSender, type Sender } from '../../store/senders.ts'
import type { Context, OnProgress } from '../context.ts'
import { checkTemplateOf } from '../senders/templates.ts'
import { type CampaignView, viewById, viewOf } from './campaign-view.ts'
import { checkFields, checkZoneHorizon, type Preflight, preflight, refuseUnfit } from './preflight.ts'

/** Saves a draft. Throws one AppError with every problem that can be known now. */
export async function addCampaign(ctx: Context, value: unknown): Promise<CampaignView> {
  const campaign = parseCampaign(value, ctx.config.timeZone)
  return ctx.db.write(async (tx) => {
    const sender = await checkReferences(tx, campaign)
    const row = await insertCampaign(tx, { definition: campaign.definition, senderId: sender.id }, ctx.clock.now())
    return viewOf(tx, row, campaign)
  })
}

/** The sender exists and takes this content; lists and fields exist. */
async function checkReferences(tx: ReadTx, campaign: Campaign): Promise<Sender> {
  const { definition } = campaign
  const sender = await getSender(tx, definition.sender)
  checkContent(getProvider(sender.provider, sender.credentials), definition.content)
  checkFields(campaign, await resolveAudience(tx, definition.audience))
  return sender
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
  const campaign = parseCampaign(value, ctx.config.timeZone)
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
    const sender = await checkReferences(tx, campaign)
    const now = ctx.clock.now()
    await reviseCampaign(tx, row, { definition: campaign.definition, senderId: sender.id }, now)
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

function refuseUnless(row: CampaignRow, action: CampaignAction): 'move' | 'none' {
  const decision = decideCampaignAction(action, row.status, row.name)
  if (decision.act === 'refuse') throw decision.error
  return decision.act
}

export interface LaunchOptions {
  /** Start now although the time of the schedule is past. */
  isSendNow?: boolean
  /** How many people the operator believes that it goes to: another number refuses the launch. */
  confirmedCount?: number | undefined
  onProgress?: OnProgress
}

/** draft → scheduled, after every recipient was checked. Repeated, it does nothing. */
export async function launchByOperator(
  ctx: Context,
  idOrName: string,
  options: LaunchOptions = {},
): Promise<CampaignView> {
  const found = await ctx.db.read((tx) => readForLaunch(ctx, tx, idOrName))
  if (refuseUnless(found.row, 'launch') === 'none') return ctx.db.read((tx) => viewOf(tx, found.row, found.campaign))
  const { campaign, sender } = found
  const doubts = await ctx.db.read((tx) => checkTemplateOf(tx, sender, campaign.definition.content))
  const checked = await preflight(ctx, found, options.onProgress)
  refuseOtherCount(checked.audience, options.confirmedCount)
  refuseUnfit(campaign, checked)
  refuseEmpty(campaign, checked.audience)
  const launchedAt = ctx.clock.now()
  const first = firstOccurrence(campaign, launchedAt, checked, options.isSendNow ?? false)
  const warnings = [...launchWarnings(campaign, sender, checked), ...doubts]
  return ctx.db.write(async (tx) => {
    await launchCampaign(tx, found.row.id, {
      launchedAt,
      decidedUntil: first.decidedUntil,
      nextTickAt: first.nextTickAt,
    })
    const view = await viewOf(tx, await getCampaign(tx, found.row.id), campaign)
    return { ...view, warnings: [...view.warnings, ...warnings] }
  })
}

function refuseEmpty(campaign: Campaign, people: number): void {
  if (people > 0 || isRecurring(campaign.schedule)) return
  throw new AppError('campaign.audience_empty', `campaign "${campaign.definition.name}" would be sent to nobody`, {
    hint: 'Check lists and filter of its audience.',
  })
}

/** Throws AppError campaign.audience_changed. */
export function refuseOtherCount(people: number, confirmed: number | undefined): void {
  if (confirmed === undefined || confirmed === people) return
  throw new AppError(
    'campaign.audience_changed',
    `the audience has ${counted(people, 'person', 'people')}, not ${confirmed}`,
    {
      hint: 'Look at the review again, then confirm the number that it shows.',
      details: { people },
    },
  )
}

/** Everything that would speak against a launch or should be known before it, without launching. */
export interface LaunchReview {
  people: number
  /** Each would refuse the launch. */
  refusals: LaunchRefusal[]
  warnings: string[]
}

export interface LaunchRefusal {
  code: string
  detail: string
  hint: string | null
  /** How many people it is about; null when it is about none in particular. */
  count: number | null
  /** Some of them. */
  people: { phone: string; detail: string }[]
}

/** Goes through the whole audience: a million people take some ten seconds. */
export async function reviewLaunch(ctx: Context, idOrName: string, onProgress?: OnProgress): Promise<LaunchReview> {
  const found = await ctx.db.read((tx) => readForLaunch(ctx, tx, idOrName))
  const { campaign, sender } = found
  const refusals: LaunchReview['refusals'] = []
  const warnings: string[] = [...campaign.warnings]
  const note = (error: unknown) => {
    if (!(error instanceof AppError)) throw error
    const { code, message, hint, details } = error
    const count = typeof details?.count === 'number' ? details.count : null
    refusals.push({ code, detail: message, hint: hint ?? null, count, people: namedIn(details?.people) })
  }
  try {
    warnings.push(...(await ctx.db.read((tx) => checkTemplateOf(tx, sender, campaign.definition.content))))
  } catch (error) {
    note(error)
  }
  const checked = await preflight(ctx, found, onProgress)
  const steps = [
    () => refuseUnfit(campaign, checked),
    () => refuseEmpty(campaign, checked.audience),
    () => firstOccurrence(campaign, ctx.clock.now(), checked, false),
  ]
  for (const step of steps) {
    try {
      step()
    } catch (error) {
      note(error)
    }
  }
  return { people: checked.audience, refusals, warnings: [...warnings, ...launchWarnings(campaign, sender, checked)] }
}

interface NamedPerson {
  phone: string
  fields?: string[]
  detail?: string
  value?: string
}

function namedIn(people: unknown): { phone: string; detail: string }[] {
  if (!Array.isArray(people)) return []
  return (people as NamedPerson[]).map(({ phone, fields, detail, value }) => ({
    phone,
    detail: detail ?? (fields === undefined ? (value ?? '') : `no value for ${fields.join(', ')}`),
  }))
}

export interface LaunchFacts {
  row: CampaignRow
  campaign: Campaign
  audience: ResolvedAudience
  sender: Sender
}

/** Everything that a launch and a test look at. */
export async function readForLaunch(ctx: Context, tx: ReadTx, idOrName: string): Promise<LaunchFacts> {
  const row = await getCampaign(tx, idOrName)
  const revision = await getRevision(tx, row.revisionId ?? 0)
  const campaign = parseCampaign(revision.definition, ctx.config.timeZone)
  const sender = await checkReferences(tx, campaign)
  return { row, campaign, sender, audience: await resolveAudience(tx, campaign.definition.audience) }
}

/** Where the schedule begins, with the limits of past and future checked. */
function firstOccurrence(
  campaign: Campaign,
  launchedAt: number,
  checked: Preflight,
  isSendNow: boolean,
): { decidedUntil: number; nextTickAt: number | null } {
  const { schedule } = campaign
  if (schedule.timing.kind === 'launch') return { decidedUntil: launchedAt - 1, nextTickAt: launchedAt }
  if (schedule.timing.kind === 'once') return onceOccurrence(campaign, schedule.timing, launchedAt, checked, isSendNow)
  const next = occurrencesAfter(schedule, launchedAt, 1)[0]
  if (next === undefined)
    throw new AppError('schedule.in_the_past', 'the schedule has no time left', {
      hint: 'Choose a later end (`until`).',
    })
  return { decidedUntil: launchedAt, nextTickAt: planAt(schedule, next) }
}

function onceOccurrence(
  campaign: Campaign,
  occurrence: Occurrence,
  launchedAt: number,
  checked: Preflight,
  isSendNow: boolean,
) {
  const { schedule } = campaign
  checkPast(
    occurrence.at,
    launchedAt,
    isSendNow || (schedule.isRecipientLocal && occurrence.at > launchedAt - 86_400_000),
  )
  if (schedule.isRecipientLocal) checkZoneHorizon(occurrence, checked.zones, schedule.zone, launchedAt)
  else checkHorizon({ scheduledAt: occurrence.at, launchedAt })
  return { decidedUntil: occurrence.at - 1, nextTickAt: Math.max(launchedAt, planAt(schedule, occurrence)) }
}

function launchWarnings(campaign: Campaign, sender: Sender, checked: Preflight): string[] {
  const ratePerSecond = Math.min(
    sender.ratePerSecond,
    campaign.definition.limits?.ratePerSecond ?? sender.ratePerSecond,
  )
  const { validityMs } = campaign
  const left = checked.missing.count + checked.unfit.count
  const { capabilities } = getProvider(sender.provider, sender.credentials)
  const isSkipping = left > 0 && campaign.definition.missingVariable === 'skip'
  return [
    throughputWarning({ count: checked.audience, ratePerSecond, validityMs }),
    lateDeliveryWarning(validityMs, capabilities.hasValidity),
    isSkipping
      ? `${counted(left, 'person is', 'people are')} left out because the text cannot be filled in for them`
      : undefined,
    sender.takesGroups && capabilities.hasGroups ? undefined : groupsWarning(checked.groups, sender),
  ].filter((warning) => warning !== undefined)
}

function groupsWarning({ count, named }: Preflight['groups'], sender: Sender): string | undefined {
  if (count === 0) return undefined
  const more = count > named.length ? ` and ${count - named.length} more` : ''
  return `${counted(count, 'group is', 'groups are')} left out, because sender "${sender.name}" does not write to groups (\`groups: true\`): ${named.join(', ')}${more}`
}

export async function pauseByOperator(ctx: Context, idOrName: string): Promise<CampaignView & { onTheWire: number }> {
  return ctx.db.write(async (tx) => {
    const row = await getCampaign(tx, idOrName)
    if (refuseUnless(row, 'pause') === 'move') await pauseCampaign(tx, row.id, 'operator', null, ctx.clock.now())
    return { ...(await viewById(ctx, tx, row.id)), onTheWire: await countOnTheWire(tx, row.id) }
  })
}

export interface ResumeOptions {
  /** The operator has read why the breaker paused the campaign. */
  isAcknowledged?: boolean
}

/** paused → running, or scheduled when no run has begun. Messages whose validity is over expire at the next claim. */
export async function resumeByOperator(
  ctx: Context,
  idOrName: string,
  options: ResumeOptions = {},
): Promise<CampaignView & { willExpire: number }> {
  return ctx.db.write(async (tx) => {
    const now = ctx.clock.now()
    const row = await getCampaign(tx, idOrName)
    if (refuseUnless(row, 'resume') === 'none') return { ...(await viewById(ctx, tx, row.id)), willExpire: 0 }
    if (row.pauseReason === 'template_errors' && !options.isAcknowledged)
      throw new AppError(
        'campaign.needs_acknowledgement',
        `campaign "${row.name}" was paused after errors of its template: ${JSON.stringify(row.pauseDetail)}`,
        {
          hint: 'Mend the template, then resume with --acknowledge.',
        },
      )
    const willExpire = await countExpired(tx, row.id, now)
    const to = row.runsStarted > 0 ? 'running' : 'scheduled'
    await moveCampaignIf(tx, row.id, 'paused', to, now)
    await resetTemplateErrors(tx, row.id)
    return { ...(await viewById(ctx, tx, row.id)), willExpire }
  })
}

/** Messages of one transaction when a campaign is cancelled. */
const CANCEL_CHUNK = 2_000

/** Ends a campaign: pending messages are cancelled, calls on the wire finish and are recorded. */
export async function cancelByOperator(
  ctx: Context,
  idOrName: string,
): Promise<CampaignView & { cancelled: number; onTheWire: number }> {
  const row = await ctx.db.write(async (tx) => {
    const found = await getCampaign(tx, idOrName)
    if (refuseUnless(found, 'cancel') === 'move')
      await moveCampaignIf(tx, found.id, found.status, 'cancelled', ctx.clock.now())
    return found
  })
  let cancelled = 0
  for (;;) {
    const nodeId = await ctx.node.id()
    const moved = await ctx.db.write(async (tx) => {
      const counts = new CountChanges()
      const count = await cancelPending(tx, row.id, CANCEL_CHUNK, counts)
      await counts.write(tx, nodeId)
      return count
    })
    if (moved === 0) break
    cancelled += moved
  }
  return ctx.db.write(async (tx) => {
    for (const run of await listRunsToEnd(tx, row.id))
      await moveRunIf(tx, run.id, run.status, 'cancelled', ctx.clock.now())
    return { ...(await viewById(ctx, tx, row.id)), cancelled, onTheWire: await countOnTheWire(tx, row.id) }
  })
}

export async function archiveByOperator(ctx: Context, idOrName: string): Promise<CampaignView> {
  return ctx.db.write(async (tx) => {
    const row = await getCampaign(tx, idOrName)
    if (refuseUnless(row, 'archive') === 'move')
      await moveCampaignIf(tx, row.id, row.status, 'archived', ctx.clock.now())
    return viewById(ctx, tx, row.id)
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

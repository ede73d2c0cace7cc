// draft → scheduled: what depends on people and time is checked here, and can be reviewed without launching.
import type { Campaign } from '../../domain/campaign.ts'
import { AppError } from '../../domain/errors.ts'
import { formatId } from '../../domain/ids.ts'
import type { ClaimRules } from '../../domain/message-rules.ts'
import { counted } from '../../domain/plural.ts'
import { isRecurring } from '../../domain/schedule.ts'
import { lateDeliveryWarning, latencyWarning } from '../../domain/validity.ts'
import { getProvider } from '../../providers/registry.ts'
import { type ResolvedAudience, resolveAudience } from '../../store/audience.ts'
import { type CampaignRow, getCampaign, launchCampaign, lockCampaign } from '../../store/campaigns.ts'
import type { ReadTx } from '../../store/database.ts'
import { readLatencyMs } from '../../store/sender-health.ts'
import type { Sender } from '../../store/senders.ts'
import type { Context, OnProgress } from '../context.ts'
import { type Forecast, forecastBeside } from '../report/forecast.ts'
import { verdictText } from '../report/reach-words.ts'
import { checkTemplateOf } from '../senders/templates.ts'
import { refuseWhileHeld } from '../service/held.ts'
import type { Seen } from '../version.ts'
import { type CampaignView, requireSeenCampaign, viewById, viewOf } from './campaign-view.ts'
import { rateOf, readRules } from './claim-rules.ts'
import { checkReferences } from './drafts.ts'
import { leftOutWarnings } from './left-out.ts'
import { refuseUnless } from './lifecycle.ts'
import { type Preflight, preflight, refuseUnfit } from './preflight.ts'
import { type Confirmed, firstReachWarning, type Reach, reachOf, refuseUnconfirmed } from './reach.ts'
import { type ScheduleStart, startSchedule } from './schedule-start.ts'

export interface LaunchOptions extends Confirmed {
  /** What was reviewed: a campaign that was changed meanwhile is not launched. */
  seen?: Seen
  /** Start now although the time of the schedule is past. */
  isSendNow?: boolean
  onProgress?: OnProgress
}

export interface LaunchedView extends CampaignView {
  /** Whom it reaches; null when it was launched before. */
  reach: Reach | null
}

/** draft → scheduled, after every recipient was checked. Repeated, it does nothing. */
export async function launchByOperator(
  ctx: Context,
  idOrName: string,
  options: LaunchOptions = {},
): Promise<LaunchedView> {
  await ctx.db.read(refuseWhileHeld)
  // What was launched before is not looked at again: a list of it may be busy or gone.
  const row = await ctx.db.read((tx) => getCampaign(tx, idOrName))
  requireSeenCampaign(options.seen, row)
  if (refuseUnless(row, 'launch') === 'none')
    return { ...(await ctx.db.read((tx) => viewById(ctx, tx, row.id))), reach: null }
  const found = await ctx.db.read((tx) => readForLaunch(ctx, tx, idOrName))
  const { campaign, sender } = found
  const doubts = await ctx.db.read((tx) => checkTemplateOf(tx, sender, campaign.definition.content))
  const { checked, forecast } = await lookAtAll(ctx, found, options.onProgress)
  const reach = reachOf(forecast)
  refuseUnfit(campaign, checked)
  const launchedAt = ctx.clock.now()
  const first = firstOccurrence(campaign, launchedAt, checked, options.isSendNow ?? false)
  refuseUnconfirmed(campaign, reach, options)
  const warnings = [...reachWarnings(campaign, forecast), ...(await warningsOf(ctx, found, checked)), ...doubts]
  return ctx.db.write(async (tx) => {
    const row = await lockCampaign(tx, found.row.id)
    refuseIfEdited(row, found.row)
    if (refuseUnless(row, 'launch') === 'move')
      await launchCampaign(tx, row.id, {
        launchedAt,
        decidedUntil: first.decidedUntil,
        nextTickAt: first.nextTickAt,
      })
    const view = await viewOf(tx, await getCampaign(tx, found.row.id), campaign)
    return { ...view, warnings: [...view.warnings, ...warnings], reach }
  })
}

/** What was checked is what is launched: not what someone wrote into it while everybody was checked. */
function refuseIfEdited(now: CampaignRow, checked: CampaignRow): void {
  if (now.revisionId === checked.revisionId) return
  throw new AppError(
    'campaign.changed',
    `campaign "${now.name}" was edited while it was checked: nothing is launched`,
    {
      hint: 'Look at what it is now, then launch it again.',
    },
  )
}

/** Everybody of the audience, gone through once: what speaks against the launch, and what would become of it. */
async function lookAtAll(
  ctx: Context,
  found: LaunchFacts,
  onProgress: OnProgress | undefined,
): Promise<{ checked: Preflight; forecast: Forecast }> {
  const { visit, finish } = await forecastBeside(ctx, formatId('campaign', found.row.id))
  const checked = await preflight(ctx, found, { onProgress, visit })
  return { checked, forecast: await finish(onProgress) }
}

function reachWarnings(campaign: Campaign, forecast: Forecast): string[] {
  const first = firstReachWarning(campaign, reachOf(forecast)) ?? verdictText(forecast, isRecurring(campaign.schedule))
  return first === undefined ? forecast.warnings : [first, ...forecast.warnings]
}

/** Everything that would speak against a launch or should be known before it, without launching. */
export interface LaunchReview extends Reach {
  /** Those among them who get nothing, whatever the campaign says: they refuse nothing. */
  suppressed: number
  /** Each would refuse the launch. */
  refusals: LaunchRefusal[]
  /** Without what the verdict of the forecast says. */
  warnings: string[]
  forecast: Forecast
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
    await ctx.db.read(refuseWhileHeld)
  } catch (error) {
    note(error)
  }
  try {
    warnings.push(...(await ctx.db.read((tx) => checkTemplateOf(tx, sender, campaign.definition.content))))
  } catch (error) {
    note(error)
  }
  const { checked, forecast } = await lookAtAll(ctx, found, onProgress)
  const reach = reachOf(forecast)
  const steps = [
    () => refuseUnfit(campaign, checked),
    () => firstOccurrence(campaign, ctx.clock.now(), checked, false),
    () => refuseUnconfirmed(campaign, reach, {}),
  ]
  for (const step of steps) {
    try {
      step()
    } catch (error) {
      note(error)
    }
  }
  warnings.unshift(...reachWarnings(campaign, forecast))
  warnings.push(...(await warningsOf(ctx, found, checked)))
  return { ...reach, suppressed: checked.suppressed, refusals, warnings, forecast }
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
  rules: ClaimRules
  audience: ResolvedAudience
  sender: Sender
}

/** Everything that a launch and a test look at. */
export async function readForLaunch(ctx: Context, tx: ReadTx, idOrName: string): Promise<LaunchFacts> {
  const row = await getCampaign(tx, idOrName)
  const { campaign, sender, rules } = await readRules(tx, row, row.revisionId ?? 0, ctx.config.timeZone)
  await checkReferences(tx, campaign)
  return { row, campaign, sender, rules, audience: await resolveAudience(tx, campaign.definition.audience) }
}

/** Where the schedule begins, with the limits of past and future checked. */
function firstOccurrence(
  { schedule }: Campaign,
  launchedAt: number,
  { zones, audienceZones }: Preflight,
  isSendNow: boolean,
): ScheduleStart {
  return startSchedule(schedule, {
    launchedAt,
    committedAt: launchedAt,
    zones: audienceZones,
    people: zones,
    isSendNow,
  })
}

/** What the launch does not refuse, but a user should know before it. */
async function warningsOf(
  ctx: Context,
  { campaign, sender, audience }: LaunchFacts,
  checked: Preflight,
): Promise<string[]> {
  const latencyMs = await ctx.db.read((tx) => readLatencyMs(tx, sender.id))
  const ratePerSecond = rateOf(campaign, sender)
  const left = checked.missing.count + checked.unfit.count
  const { capabilities } = getProvider(sender.provider, sender.credentials)
  const isSkipping = left > 0 && campaign.definition.missingVariable === 'skip'
  return [
    latencyWarning({ ratePerSecond, concurrency: sender.concurrency, latencyMs }),
    lateDeliveryWarning(campaign.validityMs, capabilities.hasValidity),
    isSkipping
      ? `${counted(left, 'person is', 'people are')} left out because the text cannot be filled in for them`
      : undefined,
    groupsWarning(checked.groups, sender),
    ...(await leftOutWarnings(ctx, audience)),
    ...checked.deadLinks.warnings(),
  ].filter((warning) => warning !== undefined)
}

function groupsWarning({ count, named }: Preflight['groups'], sender: Sender): string | undefined {
  if (count === 0) return undefined
  const more = count > named.length ? ` and ${count - named.length} more` : ''
  return `${counted(count, 'group is', 'groups are')} left out, because sender "${sender.name}" does not write to groups (\`groups: true\`): ${named.join(', ')}${more}`
}

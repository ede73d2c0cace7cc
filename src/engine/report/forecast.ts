// What planning and sending would do, computed without doing it: planning's own decision about every person, then the
// claim's on a clock that jumps. Reads only.
import type { AppError } from '../../domain/errors.ts'
import { counted } from '../../domain/plural.ts'
import { type ReachVerdict, reachVerdict } from '../../domain/reach-verdict.ts'
import { isRecurring } from '../../domain/schedule.ts'
import { inSentences } from '../../domain/sentence.ts'
import { latencyWarning } from '../../domain/validity.ts'
import { type ZoneData, zoneDataAt } from '../../domain/zone-data.ts'
import { rateOf } from '../campaigns/claim-rules.ts'
import type { Context, OnProgress } from '../context.ts'
import { Forecasting, type ForecastPlan, readPlan } from './forecasting.ts'
import type { KnownBefore } from './foreknowledge.ts'
import { leftOutText, shortfallText, verdictText } from './reach-words.ts'
import { quietWindowText } from './reasons.ts'
import type { Outcomes } from './simulation.ts'

export interface Forecast extends Outcomes {
  /** People who will get it. */
  recipients: number
  /** People who will not, by reason; with the recipients it adds up to the audience. */
  leftOutBy: Record<string, number>
  verdict: ReachVerdict
  warnings: string[]
  /** What nobody can know before the first message, by what the provider tells. */
  knownBefore: KnownBefore
  /** Its times as written, with the instants that they are. */
  understood: string[]
  /** The rules by which local times became instants. */
  zoneData: ZoneData
}

/** Computes what would become of a campaign if it were launched now, or of what still waits when it runs. */
export async function forecastFor(ctx: Context, idOrName: string, onProgress?: OnProgress): Promise<Forecast> {
  const plan = await ctx.db.read((tx) => readPlan(ctx, tx, idOrName))
  const forecasting = await Forecasting.begin(ctx, plan)
  await forecasting.addRuns(onProgress)
  const isOver = forecasting.size === 0 && !(await forecasting.addNextRun(onProgress))
  const forecast = forecastOf(ctx, plan, await forecasting.run(onProgress))
  const { sender, campaign, latencyMs } = plan
  const refusal = await forecasting.startRefusal()
  const warnings = [
    isOver ? noTimeWarning(refusal) : nobodyWarning(forecast, forecasting.had),
    verdictText(forecast, isRecurring(campaign.schedule)),
    plan.row.status === 'paused' ? 'the campaign is paused: nothing is sent until it is resumed' : undefined,
    ...campaign.warnings,
    ...forecast.warnings,
    latencyWarning({ ratePerSecond: rateOf(campaign, sender), concurrency: sender.concurrency, latencyMs }),
    ...forecasting.leftOut,
    ...forecasting.deadLinks.warnings(),
    refusalWarning(plan, forecasting.unfillable),
    startWarning(refusal),
  ]
  return { ...forecast, warnings: warnings.filter((warning) => warning !== undefined) }
}

/** A launch that goes through everybody anyway, and the forecast that comes of it. */
export interface LaunchForecast {
  visit: Awaited<ReturnType<Forecasting['visitNextRun']>>
  /** When everybody was visited. Says of its own what a launch does not say. */
  finish(onProgress?: OnProgress): Promise<Forecast>
}

export async function forecastBeside(ctx: Context, idOrName: string): Promise<LaunchForecast> {
  const plan = await ctx.db.read((tx) => readPlan(ctx, tx, idOrName))
  const forecasting = await Forecasting.begin(ctx, plan)
  return {
    visit: await forecasting.visitNextRun(),
    finish: async (onProgress) => forecastOf(ctx, plan, await forecasting.run(onProgress)),
  }
}

function forecastOf(
  ctx: Context,
  { campaign, sender, rules, now, knownBefore }: ForecastPlan,
  outcomes: Outcomes,
): Forecast {
  const { byOutcome, skippedBy } = outcomes
  const shortfall = shortfallText(outcomes, {
    dailyLimit: sender.dailyLimit,
    ratePerSecond: rateOf(campaign, sender),
    validityMs: campaign.validityMs,
    pairIntervalMs: rules.pairIntervalMs,
    quietWindow: rules.quietHours === null ? 'quiet hours' : `quiet hours ${quietWindowText(rules.quietHours)}`,
  })
  return {
    ...outcomes,
    recipients: byOutcome.sent + byOutcome.deferred,
    leftOutBy: { ...skippedBy, ...(byOutcome.expired > 0 && { expired: byOutcome.expired }) },
    verdict: reachVerdict(byOutcome),
    warnings: [shortfall, sender.status === 'paused' ? `sender ${sender.name} is paused` : undefined].filter(
      (warning) => warning !== undefined,
    ),
    knownBefore,
    understood: campaign.understood.map(({ text }) => text),
    zoneData: zoneDataAt(ctx.zoneDataVersion, now),
  }
}

function nobodyWarning({ recipients, leftOutBy }: Forecast, had: number): string | undefined {
  if (recipients > 0) return undefined
  const why = leftOutText({ ...leftOutBy, had_it: had })
  if (why === '') return 'nobody will get it: its audience is empty (campaign.audience_empty)'
  return `nobody will get it: ${why} (campaign.reaches_nobody)`
}

/** Told once: a refused launch says it. */
function noTimeWarning(refusal: AppError | undefined): string | undefined {
  return refusal === undefined ? 'the schedule has no time left' : undefined
}

function startWarning(refusal: AppError | undefined): string | undefined {
  if (refusal === undefined) return undefined
  const { message, hint, code } = refusal
  return `the launch will be refused: ${inSentences(message, hint).replace(/\.$/, '')} (${code})`
}

/** What the first launch refuses is counted as left out here, because later occurrences leave it out. */
function refusalWarning({ row, campaign }: ForecastPlan, count: number): string | undefined {
  if (count === 0 || row.status !== 'draft' || (campaign.definition.missingVariable ?? 'fail') !== 'fail')
    return undefined
  return `the launch will be refused: the text of ${counted(count, 'person', 'people')} cannot be rendered. Fill in the fields, give the text a default, or leave these people out (\`missingVariable: skip\`)`
}

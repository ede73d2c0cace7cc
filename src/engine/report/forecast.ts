// What planning and sending would do, computed without doing it: planning's own decision about every person, then the
// claim's on a clock that jumps. Reads only.
import type { Campaign } from '../../domain/campaign.ts'
import { type CompiledContent, compileContent } from '../../domain/content.ts'
import { AppError } from '../../domain/errors.ts'
import { type ClaimRules, decidePerson } from '../../domain/message-rules.ts'
import type { PlanRules } from '../../domain/planned-time.ts'
import { counted } from '../../domain/plural.ts'
import { latencyWarning, throughputWarning } from '../../domain/validity.ts'
import { type ZoneData, zoneDataAt } from '../../domain/zone-data.ts'
import { readFields, resolveAudience } from '../../store/audience.ts'
import { type CampaignRow, getCampaign } from '../../store/campaigns.ts'
import { listCounted, listWaitingFacts, type MessageFact, type PersonOfAudience } from '../../store/claim-facts.ts'
import type { ReadTx } from '../../store/database.ts'
import { listOpenRuns, type RunRow } from '../../store/runs.ts'
import { readLatencyMs } from '../../store/sender-health.ts'
import type { Sender } from '../../store/senders.ts'
import { zonesOf } from '../campaigns/audience-zones.ts'
import { rateOf, readRules } from '../campaigns/claim-rules.ts'
import { leftOutWarnings } from '../campaigns/left-out.ts'
import {
  decidingFields,
  missingFor,
  nextPlanRules,
  plannedRunOf,
  planPeople,
  planRulesOf,
} from '../campaigns/plan-rules.ts'
import { peopleOf } from '../campaigns/preflight.ts'
import type { Context, OnProgress } from '../context.ts'
import { type Outcomes, Simulation } from './simulation.ts'

const SLICE = 500

export interface Forecast extends Outcomes {
  warnings: string[]
  /** Its times as written, with the instants that they are. */
  understood: string[]
  /** The rules by which local times became instants. */
  zoneData: ZoneData
}

/** A campaign as one of its revisions says. */
interface Revision {
  campaign: Campaign
  content: CompiledContent
  sender: Sender
  rules: ClaimRules
}

interface Plan extends Revision {
  row: CampaignRow
  now: number
  counted: number[]
  latencyMs: number | undefined
  /** Its runs at work. */
  runs: RunRow[]
}

export interface ForecastOptions {
  onProgress?: OnProgress
  /** A review stands beside it, which says itself what refuses the launch and what the rate cannot do. */
  isReviewed?: boolean
}

/** Computes what would become of a campaign if it were launched now, or of what still waits when it runs. */
export async function forecastFor(ctx: Context, idOrName: string, options: ForecastOptions = {}): Promise<Forecast> {
  const plan = await ctx.db.read((tx) => readPlan(ctx, tx, idOrName))
  const forecasting = new Forecasting(ctx, plan, options.onProgress)
  await forecasting.addRuns()
  if (forecasting.size === 0) await forecasting.addNextRun()
  const outcomes = await forecasting.run()
  const own = options.isReviewed ? [] : [...warningsOf(plan, outcomes), ...forecasting.leftOut]
  const warnings = [...forecasting.warnings, ...own]
  if (!options.isReviewed && forecasting.unfillable > 0) warnings.push(...refusalOf(plan, forecasting.unfillable))
  if (plan.sender.status === 'paused') warnings.push(`sender ${plan.sender.name} is paused`)
  return {
    ...outcomes,
    warnings: [...(options.isReviewed ? [] : plan.campaign.warnings), ...warnings],
    understood: plan.campaign.understood.map(({ text }) => text),
    zoneData: zoneDataAt(ctx.zoneDataVersion, plan.now),
  }
}

async function readPlan(ctx: Context, tx: ReadTx, idOrName: string): Promise<Plan> {
  const row = await getCampaign(tx, idOrName)
  if (row.status === 'finished' || row.status === 'cancelled' || row.status === 'archived')
    throw new AppError(
      `campaign.${row.status}`,
      `campaign "${row.name}" is ${row.status}: there is nothing to forecast`,
      { hint: 'See herald report.' },
    )
  const now = ctx.clock.now()
  const revision = await readRevision(ctx, tx, row, row.revisionId ?? 0)
  const { sender } = revision
  const runs = [...(await listOpenRuns(tx, 'sending')), ...(await listOpenRuns(tx, 'planning'))]
  return {
    ...revision,
    row,
    now,
    counted: sender.dailyLimit === null ? [] : await listCounted(tx, sender.id, now),
    latencyMs: await readLatencyMs(tx, sender.id),
    runs: runs.filter((run) => run.campaignId === row.id && run.kind === 'scheduled'),
  }
}

async function readRevision(ctx: Context, tx: ReadTx, row: CampaignRow, revisionId: number): Promise<Revision> {
  const read = await readRules(tx, row, revisionId, ctx.config.timeZone)
  return { ...read, content: compileContent(read.campaign.definition.content) }
}

/** Everybody whom a forecast is about, brought into its simulation. */
class Forecasting {
  readonly #ctx: Context
  readonly #plan: Plan
  readonly #onProgress: OnProgress | undefined
  readonly #simulation: Simulation
  readonly warnings: string[] = []
  /** Whom comparisons of the filter leave out. */
  leftOut: readonly string[] = []
  /** People whose text cannot be filled in, who would otherwise get it. */
  unfillable = 0

  constructor(ctx: Context, plan: Plan, onProgress: OnProgress | undefined) {
    this.#ctx = ctx
    this.#plan = plan
    this.#onProgress = onProgress
    this.#simulation = new Simulation({ ...plan, ratePerSecond: rateOf(plan.campaign, plan.sender) })
  }

  get size(): number {
    return this.#simulation.size
  }

  run(): Promise<Outcomes> {
    return this.#simulation.run(this.#onProgress)
  }

  /** What waits in runs that are sent, and what a run in planning has still to plan. */
  async addRuns(): Promise<void> {
    const { row, runs, now } = this.#plan
    for (const run of runs) {
      const revision = await this.#ctx.db.read((tx) => readRevision(this.#ctx, tx, row, run.revisionId))
      const order = overlapsByPerson(runs) ? run.id : null
      await this.#addWaiting(run, revision, order)
      if (run.status !== 'planning') continue
      const rules = planRulesOf(revision.campaign, plannedRunOf(run), now)
      await this.#addAudience(revision, rules, { after: run.plannedThrough, order })
    }
  }

  async addNextRun(): Promise<void> {
    const { row, campaign, now } = this.#plan
    const audience = await this.#ctx.db.read((tx) => resolveAudience(tx, campaign.definition.audience))
    const people = await zonesOf(this.#ctx, audience, campaign.schedule)
    const next = nextPlanRules(row, campaign, { now, zones: [...people.keys()] })
    if (next === undefined) this.warnings.push('the schedule has no time left')
    else await this.#addAudience(this.#plan, next, { after: 0, order: null })
  }

  async #addWaiting({ id }: RunRow, { rules, content }: Revision, order: number | null): Promise<void> {
    const { sender, now } = this.#plan
    const request = { senderId: sender.id, capRules: rules.capRules, now }
    for (let after = 0; ; ) {
      const facts = await this.#ctx.db.read((tx) => listWaitingFacts(tx, request, { runId: id, after, limit: SLICE }))
      for (const fact of facts) {
        const { scheduledAt, dueAt, waitReason } = fact
        const wait = waitReason === 'schedule' ? null : waitReason
        const isUnfit = !canRender(content, variablesOf(fact))
        this.#simulation.add({ fact, rules, scheduledAt, dueAt, wait, isUnfit, order })
      }
      const last = facts.at(-1)
      if (last === undefined) return
      after = last.contactId
    }
  }

  async #addAudience(
    revision: Revision,
    rules: PlanRules,
    { after, order }: { after: number; order: number | null },
  ): Promise<void> {
    const { campaign, content } = revision
    const audience = await this.#ctx.db.read((tx) => resolveAudience(tx, campaign.definition.audience))
    this.leftOut = await leftOutWarnings(this.#ctx, audience)
    const request = {
      senderId: this.#plan.sender.id,
      capRules: revision.rules.capRules,
      now: this.#plan.now,
      fields: decidingFields(campaign, content),
      onceOf: campaign.definition.oncePerContact === true ? this.#plan.row.id : undefined,
      after,
    }
    const decide = planPeople(campaign, content, rules)
    for await (const people of peopleOf(this.#ctx, audience, request)) {
      for (const person of people)
        if (!person.hadIt)
          this.#addPerson(person, { ...revision, planned: decide(person), createdAt: rules.now, order })
      this.#onProgress?.({ done: this.size, what: 'people read' })
    }
  }

  #addPerson(person: PersonOfAudience, about: Revision & Looked): void {
    const { planned, rules, content, campaign, createdAt, order } = about
    const isMissing = missingFor(campaign, content, person.variables).length > 0
    const isUnfit = !isMissing && !canRender(content, person.variables)
    const wouldGetIt = planned.act === 'plan' || (planned.act === 'skip' && planned.reason === 'missing_variable')
    if ((isMissing || isUnfit) && wouldGetIt && decidePerson(person, rules) === undefined) this.unfillable++
    if (planned.act === 'skip') return this.#simulation.skip(planned.reason)
    if (planned.act === 'expire') return this.#simulation.expire()
    const { scheduledAt, expiresAt } = planned
    const fact = { ...person, messageId: 0, createdAt, scheduledAt, expiresAt, hasCapUse: false, earlier: null }
    this.#simulation.add({ fact, rules, scheduledAt, dueAt: scheduledAt, wait: null, isUnfit, order })
  }
}

/** Runs in recipients' zones last longer than a day, and overlap person by person. */
function overlapsByPerson(runs: readonly RunRow[]): boolean {
  return runs.length > 1 && runs.some(({ occurrenceKey }) => occurrenceKey.endsWith('@recipient'))
}

interface Looked {
  planned: Planned
  createdAt: number
  order: number | null
}

type Planned = ReturnType<ReturnType<typeof planPeople>>

function variablesOf({ variables, phone }: MessageFact): Record<string, string> {
  return { ...(variables === null ? {} : readFields(variables)), phone }
}

function canRender(content: CompiledContent, variables: Record<string, string>): boolean {
  try {
    content.render(variables)
    return true
  } catch (error) {
    if (error instanceof AppError) return false
    throw error
  }
}

function warningsOf(plan: Plan, { byOutcome }: Outcomes): string[] {
  const { campaign, sender, latencyMs } = plan
  const ratePerSecond = rateOf(campaign, sender)
  const count = byOutcome.sent + byOutcome.deferred + byOutcome.expired
  const { validityMs } = campaign
  return [
    byOutcome.expired > 0 ? throughputWarning({ count, ratePerSecond, validityMs }) : undefined,
    latencyWarning({ ratePerSecond, concurrency: sender.concurrency, latencyMs }),
  ].filter((warning) => warning !== undefined)
}

/** What the first launch refuses is counted as left out here, because later occurrences leave it out. */
function refusalOf({ row, campaign }: Plan, count: number): string[] {
  if (row.status !== 'draft' || (campaign.definition.missingVariable ?? 'fail') !== 'fail') return []
  return [
    `the launch will be refused: the text of ${counted(count, 'person', 'people')} cannot be rendered. Fill in the fields, give the text a default, or leave these people out (\`missingVariable: skip\`)`,
  ]
}

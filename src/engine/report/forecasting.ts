// Everybody whom a forecast is about, brought into its simulation: by planning's own decision about each, or as they wait.
import type { Campaign } from '../../domain/campaign.ts'
import { type CompiledContent, type Content, compileContent } from '../../domain/content.ts'
import { AppError } from '../../domain/errors.ts'
import { DeadLinks } from '../../domain/link-suffix.ts'
import { type ClaimRules, decidePerson } from '../../domain/message-rules.ts'
import type { PlanRules } from '../../domain/planned-time.ts'
import { readFields, resolveAudience } from '../../store/audience.ts'
import { type CampaignRow, getCampaign } from '../../store/campaigns.ts'
import { listCounted, listWaitingFacts, type MessageFact, type PersonOfAudience } from '../../store/claim-facts.ts'
import type { ReadTx } from '../../store/database.ts'
import { listOpenRunsOf, type RunRow } from '../../store/runs.ts'
import { readLatencyMs } from '../../store/sender-health.ts'
import type { Sender } from '../../store/senders.ts'
import { zonesOf } from '../campaigns/audience-zones.ts'
import { readRules } from '../campaigns/claim-rules.ts'
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
import { startSchedule } from '../campaigns/schedule-start.ts'
import type { Context, OnProgress } from '../context.ts'
import { type KnownBefore, readKnownBefore } from './foreknowledge.ts'
import { addInFront } from './in-front.ts'
import { type Outcomes, Simulation } from './simulation.ts'

const SLICE = 500

/** A campaign as one of its revisions says. */
interface Revision {
  campaign: Campaign
  content: CompiledContent
  sender: Sender
  rules: ClaimRules
}

export interface ForecastPlan extends Revision {
  row: CampaignRow
  now: number
  counted: number[]
  latencyMs: number | undefined
  /** Its runs at work. */
  runs: RunRow[]
  /** What nobody can know before the first message. */
  knownBefore: KnownBefore
}

export async function readPlan(ctx: Context, tx: ReadTx, idOrName: string): Promise<ForecastPlan> {
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
  const runs = await listOpenRunsOf(tx, row.id)
  return {
    ...revision,
    row,
    now,
    counted: sender.dailyLimit === null ? [] : await listCounted(tx, sender.id, now),
    latencyMs: await readLatencyMs(tx, sender.id),
    knownBefore: await readKnownBefore(tx, sender, revision.campaign),
    runs: runs.filter(({ kind }) => kind === 'scheduled'),
  }
}

async function readRevision(ctx: Context, tx: ReadTx, row: CampaignRow, revisionId: number): Promise<Revision> {
  const read = await readRules(tx, row, revisionId, ctx.config.timeZone)
  return { ...read, content: compileContent(read.campaign.definition.content) }
}

export class Forecasting {
  readonly #ctx: Context
  readonly #plan: ForecastPlan
  readonly #simulation: Simulation
  /** The campaign's own place among those at its sender. */
  readonly #lane: number
  /** People with another message that waits. */
  #met = new Set<number>()
  /** People whose text cannot be filled in, who would otherwise get it. */
  unfillable = 0
  /** People who have had a campaign that goes to each person once. */
  had = 0
  /** Whom comparisons of the filter leave out. */
  leftOut: readonly string[] = []
  /** Whose URL button would open a dead page. */
  readonly deadLinks: DeadLinks

  private constructor(ctx: Context, plan: ForecastPlan) {
    this.#ctx = ctx
    this.#plan = plan
    this.deadLinks = new DeadLinks(plan.campaign.definition.content)
    this.#simulation = new Simulation(plan)
    const { priority, lastStartAtUs } = plan.row
    const ratePerSecond = plan.campaign.definition.limits?.ratePerSecond ?? null
    this.#lane = this.#simulation.addLane({ priority, ratePerSecond, lastStartAtUs, isAsked: true })
  }

  /** Begins with what other campaigns have at the sender. */
  static async begin(ctx: Context, plan: ForecastPlan): Promise<Forecasting> {
    const forecasting = new Forecasting(ctx, plan)
    const request = { senderId: plan.sender.id, campaignId: plan.row.id, now: plan.now }
    forecasting.#met = await addInFront(ctx, request, forecasting.#simulation)
    return forecasting
  }

  get size(): number {
    return this.#simulation.size
  }

  run(onProgress?: OnProgress): Promise<Outcomes> {
    return this.#simulation.run(onProgress)
  }

  /** What waits in runs that are sent, and what a run in planning has still to plan. */
  async addRuns(onProgress?: OnProgress): Promise<void> {
    const { row, runs, now } = this.#plan
    for (const run of runs) {
      const revision = await this.#ctx.db.read((tx) => readRevision(this.#ctx, tx, row, run.revisionId))
      const order = overlapsByPerson(runs) ? run.id : null
      await this.#addWaiting(run, revision, order)
      if (run.status !== 'planning') continue
      const rules = planRulesOf(revision.campaign, plannedRunOf(run), now)
      await this.#addAudience({ revision, rules, after: run.plannedThrough, order, onProgress })
    }
  }

  /** The people of the next run. False when the schedule has no time left. */
  async addNextRun(onProgress?: OnProgress): Promise<boolean> {
    const rules = await this.#nextRules()
    if (rules === undefined) return false
    await this.#addAudience({ revision: this.#plan, rules, after: 0, order: null, onProgress })
    return true
  }

  /** Takes the people of the next run from a caller that goes through them anyway. */
  async visitNextRun(): Promise<((person: PersonOfAudience) => void) | undefined> {
    const rules = await this.#nextRules()
    return rules && this.#adder(this.#plan, rules, null)
  }

  /** Why the schedule of a draft cannot begin now; undefined when it can. */
  async startRefusal(): Promise<AppError | undefined> {
    const { row, campaign, now } = this.#plan
    if (row.status !== 'draft') return undefined
    const people = await this.#zones()
    try {
      const zones = [...people.keys()]
      startSchedule(campaign.schedule, { launchedAt: now, committedAt: now, zones, people, isSendNow: false })
      return undefined
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      return error
    }
  }

  async #nextRules(): Promise<PlanRules | undefined> {
    const { row, campaign, now } = this.#plan
    return nextPlanRules(row, campaign, { now, zones: [...(await this.#zones()).keys()] })
  }

  /** People of each zone, where the schedule asks for them. */
  async #zones(): Promise<Map<string, number>> {
    const { schedule, definition } = this.#plan.campaign
    const audience = await this.#ctx.db.read((tx) => resolveAudience(tx, definition.audience))
    return zonesOf(this.#ctx, audience, schedule)
  }

  async #addWaiting({ id }: RunRow, { rules, content }: Revision, order: number | null): Promise<void> {
    const { sender, now } = this.#plan
    const request = { senderId: sender.id, capRules: rules.capRules, now }
    for (let after = 0; ; ) {
      const facts = await this.#ctx.db.read((tx) => listWaitingFacts(tx, request, { runId: id, after, limit: SLICE }))
      for (const fact of facts) {
        const { scheduledAt, dueAt, waitReason, contactId } = fact
        const wait = waitReason === 'schedule' ? null : waitReason
        const rendered = renderIfFit(content, variablesOf(fact))
        const isUnfit = rendered === undefined
        if (rendered !== undefined) this.deadLinks.add(fact.phone, rendered)
        this.#met.add(contactId)
        const about = { isUnfit, order, isPlain: false, count: 1 }
        this.#simulation.add(this.#lane, { fact, rules, scheduledAt, dueAt, wait, ...about })
      }
      const last = facts.at(-1)
      if (last === undefined) return
      after = last.contactId
    }
  }

  async #addAudience(about: {
    revision: Revision
    rules: PlanRules
    after: number
    order: number | null
    onProgress: OnProgress | undefined
  }): Promise<void> {
    const { revision, rules, after, order, onProgress } = about
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
    const add = this.#adder(revision, rules, order)
    for await (const people of peopleOf(this.#ctx, audience, request)) {
      for (const person of people) add(person)
      onProgress?.({ done: this.size, what: 'people read' })
    }
  }

  #adder(revision: Revision, rules: PlanRules, order: number | null): (person: PersonOfAudience) => void {
    const decide = planPeople(revision.campaign, revision.content, rules)
    return (person) => {
      if (person.hadIt) this.had++
      else this.#addPerson(person, { ...revision, planned: decide(person), createdAt: rules.now, order })
    }
  }

  #addPerson(person: PersonOfAudience, about: Revision & Looked): void {
    const { planned, rules, content, campaign, createdAt, order } = about
    const isMissing = missingFor(campaign, content, person.variables).length > 0
    const rendered = isMissing ? undefined : renderIfFit(content, person.variables)
    const isUnfit = !isMissing && rendered === undefined
    const wouldGetIt = planned.act === 'plan' || (planned.act === 'skip' && planned.reason === 'missing_variable')
    if ((isMissing || isUnfit) && wouldGetIt && decidePerson(person, rules) === undefined) this.unfillable++
    if (planned.act === 'skip') return this.#simulation.skip(planned.reason)
    if (planned.act === 'expire') return this.#simulation.expire()
    if (rendered !== undefined && decidePerson(person, rules) === undefined) this.deadLinks.add(person.phone, rendered)
    const { scheduledAt, expiresAt } = planned
    const fact = {
      ...factsOf(person),
      messageId: 0,
      createdAt,
      scheduledAt,
      expiresAt,
      hasCapUse: false,
      earlier: null,
    }
    const isPlain = !isUnfit && order === null && isUnknown(person) && !this.#met.has(person.contactId)
    this.#simulation.add(this.#lane, {
      fact: isPlain ? { ...fact, contactId: 0 } : fact,
      rules,
      scheduledAt,
      dueAt: scheduledAt,
      wait: null,
      isUnfit,
      order,
      isPlain,
      count: 1,
    })
  }
}

type Planned = ReturnType<ReturnType<typeof planPeople>>

/** Runs in recipients' zones last longer than a day, and overlap person by person. */
function overlapsByPerson(runs: readonly RunRow[]): boolean {
  return runs.length > 1 && runs.some(({ occurrenceKey }) => occurrenceKey.endsWith('@recipient'))
}

interface Looked {
  planned: Planned
  createdAt: number
  order: number | null
}

/** What the rules ask about a person, without what only the text needs. */
function factsOf(person: PersonOfAudience) {
  const { contactId, zone, suppression, isGroup, capUses, lastClaimAt, lastInboundAt, blockedUntil } = person
  return { contactId, zone, suppression, isGroup, capUses, lastClaimAt, lastInboundAt, blockedUntil }
}

/** Nothing of what the rules ask about is known of a person, but the zone. */
function isUnknown({
  suppression,
  isGroup,
  capUses,
  lastClaimAt,
  lastInboundAt,
  blockedUntil,
}: PersonOfAudience): boolean {
  return (
    suppression === null &&
    !isGroup &&
    capUses.length === 0 &&
    lastClaimAt === null &&
    lastInboundAt === null &&
    blockedUntil === null
  )
}

function variablesOf({ variables, phone }: MessageFact): Record<string, string> {
  return { ...(variables === null ? {} : readFields(variables)), phone }
}

function renderIfFit(content: CompiledContent, variables: Record<string, string>): Content | undefined {
  try {
    return content.render(variables)
  } catch (error) {
    if (error instanceof AppError) return undefined
    throw error
  }
}

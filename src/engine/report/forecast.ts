// What planning and sending would do, computed without doing it: the claim's own decisions on a clock that jumps from
// start slot to start slot. Reads only.
import type { Campaign } from '../../domain/campaign.ts'
import { type CompiledContent, compileContent } from '../../domain/content.ts'
import { AppError } from '../../domain/errors.ts'
import { isGroup } from '../../domain/group.ts'
import { formatInstant } from '../../domain/instant.ts'
import { type ClaimFact, type ClaimRules, decideClaim, type Taken, takeClaim } from '../../domain/message-rules.ts'
import { counted } from '../../domain/plural.ts'
import { nextSlotUs } from '../../domain/rate.ts'
import { dueInZone, type Occurrence, occurrencesAfter } from '../../domain/schedule.ts'
import { DAY_MS, HOUR_MS } from '../../domain/time-zone.ts'
import { readValidUntil, throughputWarning } from '../../domain/validity.ts'
import { nextRange, type ResolvedAudience, resolveAudience } from '../../store/audience.ts'
import { type CampaignRow, getCampaign } from '../../store/campaigns.ts'
import type { ReadTx } from '../../store/database.ts'
import { type ForecastFacts, listForecastMessages, listForecastPeople } from '../../store/forecast.ts'
import { listOpenRuns } from '../../store/runs.ts'
import type { Sender } from '../../store/senders.ts'
import { readRules } from '../campaigns/claim-rules.ts'
import type { Context, OnProgress } from '../context.ts'

const SLICE = 500
/** Decisions between two turns of the event loop. */
const DECISIONS_PER_TURN = 1_000

export interface Forecast {
  audience: number
  /** Adds up to the audience. `sent` goes at its time, `deferred` goes later than planned, by rule. */
  byOutcome: { sent: number; deferred: number; skipped: number; expired: number }
  deferredBy: Record<string, number>
  skippedBy: Record<string, number>
  firstAt: string | null
  lastAt: string | null
  /** Messages that start in each hour, UTC. */
  perHour: { hour: string; count: number }[]
  warnings: string[]
}

interface Candidate {
  fact: ClaimFact
  scheduledAt: number
  dueAt: number
  wait: string | null
}

interface Plan {
  row: CampaignRow
  campaign: Campaign
  sender: Sender
  rules: ClaimRules
  content: CompiledContent
  now: number
}

export interface ForecastOptions {
  onProgress?: OnProgress
  /** A review stands beside it, which says itself what refuses the launch and what the rate cannot do. */
  isReviewed?: boolean
}

/** Computes what would become of a campaign if it were launched now, or of what still waits when it runs. */
export async function forecastFor(ctx: Context, idOrName: string, options: ForecastOptions = {}): Promise<Forecast> {
  const { onProgress } = options
  const plan = await ctx.db.read((tx) => readPlan(ctx, tx, idOrName))
  const simulation = new Simulation(plan)
  const isPlanned = plan.row.status === 'running' || plan.row.status === 'paused'
  if (isPlanned) await addPending(ctx, plan, simulation)
  if (simulation.size === 0) await addAudience(ctx, plan, simulation, onProgress)
  return simulation.run(options)
}

async function readPlan(ctx: Context, tx: ReadTx, idOrName: string): Promise<Plan> {
  const row = await getCampaign(tx, idOrName)
  if (row.status === 'finished' || row.status === 'cancelled' || row.status === 'archived')
    throw new AppError(
      `campaign.${row.status}`,
      `campaign "${row.name}" is ${row.status}: there is nothing to forecast`,
      { hint: 'See herald report.' },
    )
  const { campaign, sender, rules } = await readRules(tx, row, row.revisionId ?? 0, ctx.config.timeZone)
  return {
    row,
    campaign,
    sender,
    rules,
    content: compileContent(campaign.definition.content),
    now: ctx.clock.now(),
  }
}

async function addPending(ctx: Context, { row, sender }: Plan, simulation: Simulation): Promise<void> {
  const runs = (await ctx.db.read((tx) => listOpenRuns(tx, 'sending'))).filter(
    (run) => run.campaignId === row.id && run.kind === 'scheduled',
  )
  for (const run of runs) {
    for (let after = 0; ; ) {
      const messages = await ctx.db.read((tx) => listForecastMessages(tx, run.id, sender.id, after, SLICE))
      if (messages.length === 0) break
      after = messages.at(-1)?.contactId ?? after
      for (const message of messages)
        simulation.add({
          fact: { ...message, hasCapUse: false, isGroup: isGroup(message.phone) },
          scheduledAt: message.scheduledAt,
          dueAt: message.dueAt,
          wait: null,
        })
    }
  }
}

async function addAudience(
  ctx: Context,
  plan: Plan,
  simulation: Simulation,
  onProgress: OnProgress | undefined,
): Promise<void> {
  const occurrence = nextOccurrence(plan)
  if (occurrence === undefined) return simulation.warn('the schedule has no time left')
  const audience = await ctx.db.read((tx) => resolveAudience(tx, plan.campaign.definition.audience))
  const fields = fieldsOf(plan, audience)
  for (let after = 0; ; ) {
    const slice = await ctx.db.read(async (tx) => {
      const range = await nextRange(tx, audience, after, SLICE)
      if (range === undefined) return undefined
      const people = await listForecastPeople(tx, {
        audience,
        range: { after, through: range.through },
        senderId: plan.sender.id,
        fields,
      })
      return { through: range.through, people }
    })
    if (slice === undefined) break
    after = slice.through
    for (const person of slice.people) addPerson(plan, occurrence, person, simulation)
    onProgress?.({ done: simulation.size, what: 'people read' })
    await new Promise((resolve) => setImmediate(resolve))
  }
}

function nextOccurrence({ row, campaign, now }: Plan): Occurrence | undefined {
  const launchedAt = row.launchedAt ?? now
  const after = row.launchedAt === null ? now - 1 : row.decidedUntil
  const [next] = occurrencesAfter(campaign.schedule, after, 1, launchedAt)
  // A time that is just past counts as now.
  return (
    next ??
    (campaign.schedule.timing.kind === 'once' ? { at: now, key: '', local: campaign.schedule.timing.local } : undefined)
  )
}

function fieldsOf({ content, campaign }: Plan, audience: ResolvedAudience): string[] {
  const until = campaign.definition.limits?.validUntilField
  const named = [...content.fields.map((use) => use.field), ...(until === undefined ? [] : [until])]
  return [...new Set(named)].filter((field) => audience.fields.includes(field))
}

function addPerson(
  plan: Plan,
  occurrence: Occurrence,
  person: ForecastFacts & { variables: Record<string, string> },
  simulation: Simulation,
): void {
  const { campaign, content, now } = plan
  const variables = { ...person.variables, phone: person.phone }
  if (campaign.definition.missingVariable !== 'fallback' && content.missing(variables).length > 0)
    return simulation.skip('missing_variable')
  try {
    content.render(variables)
  } catch (error) {
    if (error instanceof AppError) return simulation.skip('missing_variable')
    throw error
  }
  const { schedule } = campaign
  const own = schedule.isRecipientLocal ? dueInZone(person.zone ?? schedule.zone, occurrence.local) : occurrence.at
  const isPassed = own < now && schedule.isRecipientLocal
  if (isPassed && schedule.zonePassed === 'skip') return simulation.skip('zone_passed')
  const scheduledAt = isPassed ? (schedule.zonePassed === 'nextDay' ? own + DAY_MS : now) : own
  const field = campaign.definition.limits?.validUntilField
  const until = field === undefined ? null : readValidUntil(person.variables[field] ?? '', schedule.zone)
  const expiresAt = Math.min(scheduledAt + campaign.validityMs, until ?? Number.POSITIVE_INFINITY)
  const fact: ClaimFact = {
    ...person,
    messageId: 0,
    createdAt: now,
    expiresAt,
    hasCapUse: false,
    isGroup: isGroup(person.phone),
  }
  simulation.add({ fact, scheduledAt, dueAt: scheduledAt, wait: null })
}

/** The claim on a virtual clock, for one campaign alone. */
class Simulation {
  readonly #plan: Plan
  readonly #waiting = new DueQueue()
  readonly #taken: Taken
  readonly #perHour = new Map<number, number>()
  /** When people written to stop counting against the daily limit, oldest first from #firstCounted on. */
  readonly #countedUntil: number[] = []
  #firstCounted = 0
  /** People who were decided about at least once. */
  #looked = 0
  readonly #forecast: Forecast = {
    audience: 0,
    byOutcome: { sent: 0, deferred: 0, skipped: 0, expired: 0 },
    deferredBy: {},
    skippedBy: {},
    firstAt: null,
    lastAt: null,
    perHour: [],
    warnings: [],
  }

  constructor(plan: Plan) {
    this.#plan = plan
    this.#taken = { capUses: new Map(), claimedContacts: new Set(), dailyUsed: plan.sender.dailyUsed }
  }

  get size(): number {
    return this.#forecast.audience
  }

  warn(text: string): void {
    this.#forecast.warnings.push(text)
  }

  add(candidate: Candidate): void {
    this.#forecast.audience++
    this.#waiting.push(candidate)
  }

  skip(reason: string): void {
    this.#forecast.audience++
    this.#looked++
    this.#countSkip(reason)
  }

  #countSkip(reason: string): void {
    const { byOutcome, skippedBy } = this.#forecast
    byOutcome.skipped++
    skippedBy[reason] = (skippedBy[reason] ?? 0) + 1
  }

  async run({ onProgress, isReviewed = false }: ForecastOptions): Promise<Forecast> {
    const { sender, now } = this.#plan
    let slotUs = sender.lastStartAtUs
    let decisions = 0
    for (let next = this.#waiting.pop(); next !== undefined; next = this.#waiting.pop()) {
      const atUs = nextSlotUs(slotUs, this.#rate(), Math.max(now, next.dueAt) * 1000)
      if (this.#decide(next, Math.floor(atUs / 1000))) slotUs = atUs
      if (++decisions % DECISIONS_PER_TURN !== 0) continue
      onProgress?.({ done: this.#decided(), total: this.size, what: 'people decided about' })
      await new Promise((resolve) => setImmediate(resolve))
    }
    if (!isReviewed) this.#warnOfLaunch()
    if (sender.status === 'paused') this.warn(`sender ${sender.name} is paused`)
    this.#forecast.perHour = [...this.#perHour]
      .sort(([a], [b]) => a - b)
      .map(([hour, count]) => ({ hour: formatInstant(hour), count }))
    return this.#forecast
  }

  /** Whoever waits first is decided about again later: each of both is half of it. */
  #decided(): number {
    return Math.floor((this.#looked + this.size - this.#waiting.size) / 2)
  }

  #warnOfLaunch(): void {
    const { audience, byOutcome } = this.#forecast
    const { validityMs } = this.#plan.campaign
    const warning = throughputWarning({ count: audience, ratePerSecond: this.#rate(), validityMs })
    if (warning !== undefined && byOutcome.expired > 0) this.warn(warning)
    this.#warnOfRefusal()
  }

  /** What the first launch refuses is counted as left out here, because later occurrences leave it out. */
  #warnOfRefusal(): void {
    const { row, campaign } = this.#plan
    const left = this.#forecast.skippedBy.missing_variable ?? 0
    if (left === 0 || row.status !== 'draft' || (campaign.definition.missingVariable ?? 'fail') !== 'fail') return
    this.warn(
      `the launch will be refused: the text of ${counted(left, 'person', 'people')} cannot be rendered. Fill in the fields, give the text a default, or leave these people out (\`missingVariable: skip\`)`,
    )
  }

  #rate(): number {
    const { sender, campaign } = this.#plan
    return Math.min(sender.ratePerSecond, campaign.definition.limits?.ratePerSecond ?? sender.ratePerSecond)
  }

  /** Decides one candidate at an instant. True when it took a start slot. */
  #decide(candidate: Candidate, at: number): boolean {
    const { rules, sender } = this.#plan
    this.#forgetCounted(at)
    if (candidate.wait === null) this.#looked++
    const decision = decideClaim(candidate.fact, { ...rules, dailyLimit: sender.dailyLimit }, this.#taken, at)
    switch (decision.act) {
      case 'send':
        this.#send(candidate, at)
        return true
      case 'defer':
        this.#waiting.push({ ...candidate, dueAt: decision.dueAt, wait: decision.waitReason })
        return false
      case 'leave':
        this.#waiting.push({
          ...candidate,
          dueAt: Math.max(at + 1000, this.#countedUntil[this.#firstCounted] ?? at + HOUR_MS),
          wait: 'daily_limit',
        })
        return false
      case 'skip':
        this.#countSkip(decision.reason)
        return false
      case 'expire':
        this.#forecast.byOutcome.expired++
        return false
    }
  }

  #send(candidate: Candidate, at: number): void {
    const { byOutcome, deferredBy } = this.#forecast
    takeClaim(candidate.fact, this.#plan.rules, this.#taken, at)
    this.#countedUntil.push(at + DAY_MS)
    if (candidate.wait === null) byOutcome.sent++
    else {
      byOutcome.deferred++
      deferredBy[candidate.wait] = (deferredBy[candidate.wait] ?? 0) + 1
    }
    this.#forecast.firstAt ??= formatInstant(at)
    this.#forecast.lastAt = formatInstant(at)
    const hour = Math.floor(at / HOUR_MS) * HOUR_MS
    this.#perHour.set(hour, (this.#perHour.get(hour) ?? 0) + 1)
  }

  /** People whose message is a day old no longer count against the sender's daily limit. */
  #forgetCounted(at: number): void {
    while ((this.#countedUntil[this.#firstCounted] ?? Number.POSITIVE_INFINITY) <= at) {
      this.#firstCounted++
      this.#taken.dailyUsed--
    }
  }
}

/** Candidates by due time, then planned time, then arrival: a binary heap. */
class DueQueue {
  readonly #heap: { candidate: Candidate; order: number }[] = []
  #arrivals = 0

  get size(): number {
    return this.#heap.length
  }

  push(candidate: Candidate): void {
    const heap = this.#heap
    heap.push({ candidate, order: this.#arrivals++ })
    for (let i = heap.length - 1; i > 0; ) {
      const parent = (i - 1) >> 1
      if (!this.#isBefore(i, parent)) return
      this.#swap(i, parent)
      i = parent
    }
  }

  pop(): Candidate | undefined {
    const heap = this.#heap
    const top = heap[0]
    const last = heap.pop()
    if (top === undefined || last === undefined || heap.length === 0) return top?.candidate
    heap[0] = last
    for (let i = 0; ; ) {
      const child = this.#earlierChild(i)
      if (child === undefined || !this.#isBefore(child, i)) return top.candidate
      this.#swap(i, child)
      i = child
    }
  }

  #earlierChild(i: number): number | undefined {
    const left = 2 * i + 1
    if (left >= this.#heap.length) return undefined
    return left + 1 < this.#heap.length && this.#isBefore(left + 1, left) ? left + 1 : left
  }

  #isBefore(i: number, j: number): boolean {
    const a = this.#heap[i]
    const b = this.#heap[j]
    if (a === undefined || b === undefined) return false
    return (
      (a.candidate.dueAt - b.candidate.dueAt ||
        a.candidate.scheduledAt - b.candidate.scheduledAt ||
        a.order - b.order) < 0
    )
  }

  #swap(i: number, j: number): void {
    const a = this.#heap[i]
    const b = this.#heap[j]
    if (a === undefined || b === undefined) return
    this.#heap[i] = b
    this.#heap[j] = a
  }
}

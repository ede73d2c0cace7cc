// What planning asks of the people of one run: of one that is being planned, or of the one that comes next.
import type { Campaign } from '../../domain/campaign.ts'
import type { CompiledContent } from '../../domain/content.ts'
import {
  type DueDecision,
  type DueQuestion,
  decideDue,
  latestDecided,
  type ScheduleState,
  startMark,
} from '../../domain/due-occurrences.ts'
import { CATCH_UP_ALL_MAX } from '../../domain/lateness.ts'
import { decidePlanned, type PlannedDecision } from '../../domain/message-rules.ts'
import { dueOf, type PlanRules } from '../../domain/planned-time.ts'
import { type Occurrence, occurrencesAfter, planAt, type Schedule } from '../../domain/schedule.ts'
import { DAY_MS } from '../../domain/time-zone.ts'
import { validUntilOf } from '../../domain/validity.ts'
import type { CampaignRow } from '../../store/campaigns.ts'
import type { PersonOfAudience } from '../../store/claim-facts.ts'
import type { RunRow } from '../../store/runs.ts'

/** A run that planning looks at, made already or to be made. */
export interface PlannedRun {
  occurrence: Pick<Occurrence, 'at' | 'local'>
  createdAt: number
  committedAt: number
  pausedFrom: number | null
}

/** What planning asks of a stored run. */
export function plannedRunOf({
  occurrenceAt,
  occurrenceLocal,
  createdAt,
  committedAt,
  pausedFrom,
}: RunRow): PlannedRun {
  return { occurrence: { at: occurrenceAt, local: occurrenceLocal }, createdAt, committedAt, pausedFrom }
}

export function planRulesOf({ definition, schedule, validityMs }: Campaign, run: PlannedRun, now: number): PlanRules {
  const later = schedule.isRecipientLocal
    ? occurrencesAfter(schedule, run.occurrence.at, CATCH_UP_ALL_MAX).map(({ local }) => local)
    : []
  return { useCase: definition.useCase, schedule, validityMs, ...run, later, now }
}

/** What of a campaign says how far its schedule has come. */
export type ScheduleRow = Pick<
  CampaignRow,
  'status' | 'launchedAt' | 'committedAt' | 'decidedUntil' | 'runsStarted' | 'pausedAt'
>

/**
 * The rules of the next run of a campaign, launched or resumed now or at work; undefined when its schedule has no time
 * left. `zones` are those of its people.
 */
export function nextPlanRules(
  row: ScheduleRow,
  campaign: Campaign,
  { now, zones }: { now: number; zones: readonly string[] },
): PlanRules | undefined {
  const { schedule, validityMs } = campaign
  const state = stateOf(row, schedule, { now, zones })
  const { decided, nextTickAt } = decideNewest({ schedule, validityMs, state, now, letsGo: 'resume' })
  const { committedAt } = state
  const due = decided.find((decision) => decision.act === 'run')
  if (due !== undefined) {
    const { occurrence, asOf: createdAt, pausedFrom } = due
    return planRulesOf(campaign, { occurrence, createdAt, committedAt, pausedFrom }, now)
  }
  if (nextTickAt === null) return undefined
  const after = decided.at(-1)?.occurrence.at ?? state.decidedUntil
  const [occurrence] = occurrencesAfter(schedule, after, 1, state.launchedAt)
  if (occurrence === undefined) return undefined
  const createdAt = Math.max(now, planAt(schedule, occurrence))
  return planRulesOf(campaign, { occurrence, createdAt, committedAt, pausedFrom: null }, createdAt)
}

/** A draft is looked at as if it were launched now. */
function stateOf(
  { status, launchedAt, committedAt, decidedUntil, runsStarted, pausedAt }: ScheduleRow,
  schedule: Schedule,
  { now, zones }: { now: number; zones: readonly string[] },
): ScheduleState {
  const since = launchedAt === null ? { launchedAt: now, committedAt: now } : { launchedAt, committedAt }
  const isKnown = launchedAt !== null && decidedUntil <= latestDecided(schedule, now)
  return {
    ...since,
    decidedUntil: isKnown ? decidedUntil : startMark(schedule, since, zones),
    runsStarted,
    unfinished: 0,
    pausedAt: status === 'paused' ? (pausedAt ?? now) : null,
  }
}

/** Of a long downtime only the newest occurrences can still run. */
function decideNewest(question: DueQuestion): DueDecision {
  let decision = decideDue(question)
  for (let backMs = 4096 * DAY_MS; decision.hasMore && backMs >= DAY_MS; backMs /= 2) {
    const decidedUntil = question.now - backMs
    if (decidedUntil > question.state.decidedUntil)
      decision = decideDue({ ...question, state: { ...question.state, decidedUntil } })
  }
  return decision
}

/** Fields of a contact that decide about it: those that the text names, and the one that limits its validity. */
export function decidingFields({ definition }: Campaign, content: CompiledContent): string[] {
  const until = definition.limits?.validUntilField
  return [...new Set([...content.fields.map((use) => use.field), ...(until === undefined ? [] : [until])])]
}

/** Fields that the text needs and this person does not have; none where the campaign sends it without. */
export function missingFor(
  { definition }: Campaign,
  content: CompiledContent,
  variables: PersonOfAudience['variables'],
): string[] {
  return definition.missingVariable === 'fallback' ? [] : content.missing(variables)
}

/** Asks decidePlanned for one person after the other; each zone is worked out once. */
export function planPeople(
  campaign: Campaign,
  content: CompiledContent,
  plan: PlanRules,
): (person: Pick<PersonOfAudience, 'zone' | 'suppression' | 'variables'>) => PlannedDecision {
  const dues = new Map<string, ReturnType<typeof dueOf>>()
  const field = campaign.definition.limits?.validUntilField
  return ({ zone, suppression, variables }) => {
    const due = dues.get(zone ?? '') ?? dueOf(zone ?? '', plan)
    dues.set(zone ?? '', due)
    const isMissingField = missingFor(campaign, content, variables).length > 0
    const validUntil = field === undefined ? null : validUntilOf(variables[field] ?? '', zone ?? '', campaign.schedule)
    return decidePlanned({ suppression, isMissingField, validUntil }, plan, due)
  }
}

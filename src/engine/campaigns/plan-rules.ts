// What planning asks of the people of one run: of one that is being planned, or of the one that comes next.
import type { Campaign } from '../../domain/campaign.ts'
import type { CompiledContent } from '../../domain/content.ts'
import { decidePlanned, type PlannedDecision } from '../../domain/message-rules.ts'
import { dueOf, type PlanRules } from '../../domain/planned-time.ts'
import { type Occurrence, occurrencesAfter, planAt } from '../../domain/schedule.ts'
import { readValidUntil } from '../../domain/validity.ts'
import type { CampaignRow } from '../../store/campaigns.ts'
import type { PersonOfAudience } from '../../store/claim-facts.ts'

/** A run that planning looks at, made already or to be made. */
export interface PlannedRun {
  occurrence: Pick<Occurrence, 'at' | 'local'>
  createdAt: number
}

export function planRulesOf({ definition, schedule, validityMs }: Campaign, run: PlannedRun, now: number): PlanRules {
  return { useCase: definition.useCase, schedule, validityMs, ...run, now }
}

/** The rules of the next run of a campaign, launched now or earlier; undefined when its schedule has no time left. */
export function nextPlanRules(
  row: Pick<CampaignRow, 'launchedAt' | 'decidedUntil'>,
  campaign: Campaign,
  now: number,
): PlanRules | undefined {
  const { schedule } = campaign
  const after = row.launchedAt === null ? now - 1 : row.decidedUntil
  const [next] = occurrencesAfter(schedule, after, 1, row.launchedAt ?? now)
  // A single time that is just past counts when it is launched.
  const occurrence: Occurrence | undefined = next ?? (schedule.timing.kind === 'once' ? schedule.timing : undefined)
  if (occurrence === undefined) return undefined
  const plannedAt = Math.max(now, planAt(schedule, occurrence))
  return planRulesOf(campaign, { occurrence, createdAt: plannedAt }, plannedAt)
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
    const validUntil = field === undefined ? null : readValidUntil(variables[field] ?? '', campaign.schedule.zone)
    return decidePlanned({ suppression, isMissingField, validUntil }, plan, due)
  }
}

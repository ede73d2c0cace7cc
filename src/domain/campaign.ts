// A campaign as people write it, and as the engine reads it: content, audience, sender, schedule, limits.
import { z } from 'zod'
import { audienceSchema } from './audience.ts'
import { contentSchema, textProblems } from './content.ts'
import { contentWarnings } from './content-whole.ts'
import { type CodeTable, type Reading, readDefinition } from './definition.ts'
import { AppError, detailOf, type Problem, problemsError } from './errors.ts'
import { failedShareOf } from './failed-share.ts'
import { givenName } from './given-name.ts'
import { writtenLinkWarnings } from './link-suffix.ts'
import { fieldName, plainName, tagName, tagPattern } from './name.ts'
import { parseQuietHours, type QuietHours, quietHoursSchema } from './quiet-hours.ts'
import { checkRate } from './rate.ts'
import { parseSchedule, type Schedule, type ScheduleDefinition, scheduleSchema } from './schedule.ts'
import { storedSchedule } from './stored-schedule.ts'
import { useCases } from './suppression.ts'
import { type UnderstoodTime, understoodValidUntil } from './understood-time.ts'
import { checkWrittenValidity, parseValidity } from './validity.ts'

export const deliveryPolicies = ['atMostOnce', 'reconcile', 'atLeastOnce'] as const
export type DeliveryPolicy = (typeof deliveryPolicies)[number]

/** Of a name that is stored; older ones are longer than what may be given. */
const STORED_NAME_LENGTH_MAX = 200
/** Of a name that is given: it has to fit a heading, a table and a note. */
export const CAMPAIGN_NAME_LENGTH_MAX = 80

/** Tags as Bird stores them: at most ten, lower case. */
const tagSchema = z.string().overwrite(tagName).regex(tagPattern, 'may have up to 50 letters, digits, spaces, - and _')

export const campaignSchema = z.strictObject({
  name: z.string().overwrite(plainName).min(1).max(STORED_NAME_LENGTH_MAX),
  useCase: z.enum(useCases),
  sender: z.string().overwrite(plainName).min(1).max(100),
  audience: audienceSchema,
  content: contentSchema,
  schedule: scheduleSchema.optional(),
  limits: z
    .strictObject({
      validity: z.string().max(20).optional(),
      validUntilField: z.string().overwrite(fieldName).min(1).max(64).optional(),
      ratePerSecond: z.number().optional(),
      frequencyCap: z.enum(['respect', 'ignore']).optional(),
      quietHours: z.union([z.enum(['respect', 'skip', 'ignore']), quietHoursSchema]).optional(),
      pauseWhenFailed: z.string().max(20).optional(),
    })
    .optional(),
  delivery: z.enum(deliveryPolicies).optional(),
  tags: z
    .array(tagSchema)
    .max(10)
    .overwrite((tags) => [...new Set(tags)])
    .optional(),
  priority: z.int().min(0).max(100).optional(),
  oncePerContact: z.boolean().optional(),
  session: z.enum(['respect', 'assume']).optional(),
  missingVariable: z.enum(['fail', 'skip', 'fallback']).optional(),
})
export type CampaignDefinition = z.output<typeof campaignSchema>

const codes: CodeTable = {
  '': 'campaign.invalid',
  unknown: 'campaign.unknown_field',
  '/audience': 'campaign.audience_missing',
  '/audience/filter': 'filter.invalid',
  '/content': 'content.invalid',
  '/delivery': 'policy.unknown',
  '/limits/ratePerSecond': 'rate.out_of_range',
  '/limits/validity': 'validity.out_of_range',
  '/limits/quietHours': 'quiet_hours.invalid',
  '/schedule': 'schedule.invalid',
}

/** A campaign whose every part was read and checked as far as that is possible without the database. */
export interface Campaign {
  definition: CampaignDefinition
  schedule: Schedule
  validityMs: number
  /** What the campaign says itself; `null` for `respect`, which means the installation's setting. */
  quietHours: { mode: 'respect' | 'skip' | 'ignore' } | { mode: 'own'; policy: QuietHours }
  respectsCaps: boolean
  priority: number
  delivery: DeliveryPolicy
  tags: readonly string[]
  /** Share of failed results at which the campaign pauses; null for never. */
  pauseWhenFailed: number | null
  warnings: string[]
  /** Its times as written, with the instants that they are. */
  understood: UnderstoodTime[]
}

/** A campaign that is to be stored: the name is newly given. */
export const newCampaignSchema = campaignSchema.extend({ name: givenName().min(1).max(CAMPAIGN_NAME_LENGTH_MAX) })

/** Reads a campaign that is stored. Throws one AppError that carries all problems. */
export function parseCampaign(value: unknown, defaultZone: string): Campaign {
  return readParts(readCampaign(value, campaignSchema), defaultZone, { storedSchedule: (given) => given })
}

/**
 * Reads a campaign that is to be stored: its definition is what to store. Throws as parseCampaign; where its form is wrong
 * somewhere, the parts that are whole are looked at all the same, so that everything is said at once.
 */
export function parseNewCampaign(value: unknown, defaultZone: string): Campaign {
  const reading = readForm(value, newCampaignSchema)
  if ('value' in reading) return readParts(reading.value, defaultZone, newRules)
  const { problems: more } = lookAtParts(withoutParts(value as object, reading.problems), defaultZone, newRules)
  throw problemsError([...reading.problems, ...more], 'campaign')
}

const newRules: Rules = { storedSchedule, checkWrittenValidity, textProblems }

/** What is left of a definition without what is wrong in it; of the parts that only make sense as a whole nothing. */
function withoutParts(value: object, problems: readonly Problem[]): CampaignDefinition {
  const left = structuredClone(value) as Record<string, unknown>
  for (const { pointer } of problems) {
    const [, part = '', key] = pointer.split('/')
    const inside = left[part]
    if (part === 'limits' && key !== undefined && typeof inside === 'object' && inside !== null)
      delete (inside as Record<string, unknown>)[key]
    else delete left[part]
  }
  return { useCase: 'marketing', ...left } as CampaignDefinition
}

/** What is asked of a campaign that is to be stored, and not of one that is. */
interface Rules {
  storedSchedule(given: ScheduleDefinition): ScheduleDefinition
  checkWrittenValidity?(text: string): void
  textProblems?(content: unknown): Problem[]
}

/** Everything that is wrong with the parts of a definition, and what was read where nothing is. */
function lookAtParts(definition: CampaignDefinition, defaultZone: string, rules: Rules) {
  const problems: Problem[] = []
  const collect = <T>(pointer: string, read: () => T): T | undefined => {
    try {
      return read()
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      problems.push({
        pointer: `${pointer}${error.details?.pointer ?? ''}`,
        code: error.code,
        detail: detailOf(error),
      })
      return undefined
    }
  }
  const limits = definition.limits ?? {}
  const timed = collect('/schedule', () => {
    const given = definition.schedule && rules.storedSchedule(definition.schedule)
    return { given, schedule: parseSchedule(given, defaultZone) }
  })
  const validityMs = collect('/limits/validity', () => {
    if (limits.validity !== undefined) rules.checkWrittenValidity?.(limits.validity)
    return parseValidity(limits.validity, definition.useCase)
  })
  const quietHours = collect('/limits/quietHours', () => readQuietHours(definition))
  if (limits.ratePerSecond !== undefined) collect('/limits/ratePerSecond', () => checkRate(limits.ratePerSecond ?? 0))
  collect('/limits/frequencyCap', () => checkCapUse(definition))
  collect('/limits/pauseWhenFailed', () => failedShareOf(definition))
  problems.push(...(rules.textProblems?.(definition.content) ?? []))
  return { problems, timed, validityMs, quietHours }
}

function readParts(definition: CampaignDefinition, defaultZone: string, rules: Rules): Campaign {
  const { problems, timed, validityMs, quietHours } = lookAtParts(definition, defaultZone, rules)
  const limits = definition.limits ?? {}
  if (problems.length > 0 || timed === undefined || validityMs === undefined || quietHours === undefined)
    throw problemsError(problems, 'campaign')
  const { given, schedule } = timed
  const field = limits.validUntilField
  return {
    definition: given === undefined ? definition : { ...definition, schedule: given },
    schedule,
    validityMs,
    quietHours,
    respectsCaps: definition.useCase === 'marketing' && limits.frequencyCap !== 'ignore',
    priority: definition.priority ?? 50,
    delivery: definition.delivery ?? 'atMostOnce',
    tags: definition.tags ?? [],
    pauseWhenFailed: failedShareOf(definition),
    warnings: [
      ...schedule.warnings,
      ...contentWarnings(definition.content),
      ...writtenLinkWarnings(definition.content),
    ],
    understood: [...schedule.understood, ...(field === undefined ? [] : [understoodValidUntil(field, schedule)])],
  }
}

function readCampaign(value: unknown, schema: typeof campaignSchema): CampaignDefinition {
  const reading = readForm(value, schema)
  if ('value' in reading) return reading.value
  throw problemsError(reading.problems, 'campaign')
}

function readForm(value: unknown, schema: typeof campaignSchema): Reading<CampaignDefinition> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new AppError(
      'campaign.not_an_object',
      'a campaign is an object with name, useCase, sender, audience and content',
      {
        hint: 'See samples/campaigns, or herald schema campaign.',
      },
    )
  const reading = readDefinition(schema, value, codes)
  return 'value' in reading ? reading : { problems: reading.problems.map(explainPolicy).map(explainShare) }
}

function explainPolicy(problem: Problem): Problem {
  if (problem.code !== 'policy.unknown') return problem
  return {
    ...problem,
    detail: `${problem.detail}; exactly once is not offered, because no provider can prove that a lost answer was no acceptance`,
  }
}

function explainShare(problem: Problem): Problem {
  if (problem.pointer !== '/limits/pauseWhenFailed') return problem
  return { ...problem, detail: `${problem.detail}; write a percentage such as 25%` }
}

/** Caps and quiet hours are for marketing; quiet hours elsewhere only when asked. */
function readQuietHours(definition: CampaignDefinition): Campaign['quietHours'] {
  const asked = definition.limits?.quietHours
  if (asked === undefined) return { mode: definition.useCase === 'marketing' ? 'respect' : 'ignore' }
  return typeof asked === 'string' ? { mode: asked } : { mode: 'own', policy: parseQuietHours(asked) }
}

function checkCapUse(definition: CampaignDefinition): void {
  if (definition.limits?.frequencyCap !== 'respect' || definition.useCase === 'marketing') return
  throw new AppError('cap.requires_marketing', `frequency caps are for marketing, and this is ${definition.useCase}`, {
    hint: 'Let the installation decide (leave `frequencyCap` out).',
  })
}

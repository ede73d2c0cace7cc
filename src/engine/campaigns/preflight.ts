// Before a launch every recipient's text is rendered: a missing field, a value that breaks a limit or a time that
// cannot be kept is found now and named, not discovered message by message. A person who would get nothing anyway is no reason
// to refuse it.
import { conditionsIn } from '../../domain/audience.ts'
import type { Campaign } from '../../domain/campaign.ts'
import { type CompiledContent, compileContent, placeOfField } from '../../domain/content.ts'
import { AppError, nearestHint } from '../../domain/errors.ts'
import { DeadLinks } from '../../domain/link-suffix.ts'
import { type ClaimRules, decidePerson, type PlannedDecision, type SkipReason } from '../../domain/message-rules.ts'
import { unknownField } from '../../domain/personalisation.ts'
import { counted } from '../../domain/plural.ts'
import { readValidUntil } from '../../domain/validity.ts'
import type { Provider } from '../../providers/provider.ts'
import { checkContent as checkProviderContent, getProvider } from '../../providers/registry.ts'
import { nextRange, type ResolvedAudience } from '../../store/audience.ts'
import type { CampaignRow } from '../../store/campaigns.ts'
import { listPeople, type PeopleRequest, type PersonOfAudience } from '../../store/claim-facts.ts'
import type { Sender } from '../../store/senders.ts'
import type { Context, OnProgress } from '../context.ts'
import { zonesOf } from './audience-zones.ts'
import { decidingFields, missingFor, nextPlanRules, planPeople } from './plan-rules.ts'

/** Contacts read in one slice; a slice must not hold the thread long. */
const SLICE = 500
/** People named in an error. */
const NAMED_MAX = 20

export interface Preflight {
  audience: number
  /** People who get nothing of any campaign of this use case. */
  suppressed: number
  /** People without a field that the text needs, at most NAMED_MAX of them named. */
  missing: { count: number; named: { phone: string; fields: string[] }[] }
  /** People whose text breaks a limit. */
  unfit: { count: number; named: { phone: string; code: string; detail: string }[]; longest: number }
  unreadableValidUntil: { count: number; named: { phone: string; value: string }[] }
  /** People whose URL button would open a dead page. */
  deadLinks: DeadLinks
  /** Groups that the sender does not write to. */
  groups: { count: number; named: string[] }
  /** People per stored zone who would be planned; empty for those without one. */
  zones: Map<string, number>
  /** Every stored zone of the audience, where the schedule asks for it. */
  audienceZones: readonly string[]
}

export interface PreflightFacts {
  row: CampaignRow
  campaign: Campaign
  rules: ClaimRules
  audience: ResolvedAudience
  sender: Pick<Sender, 'id' | 'provider' | 'credentials'>
}

/** What is asked about every person. */
interface Check {
  campaign: Campaign
  rules: ClaimRules
  content: CompiledContent
  provider: Provider
  /** Undefined when there is no run to come, which refuses the launch by itself. */
  plan: ((person: PersonOfAudience) => PlannedDecision) | undefined
  result: Preflight
}

export interface PreflightOptions {
  onProgress?: OnProgress | undefined
  /** Is shown everybody too. */
  visit?: ((person: PersonOfAudience) => void) | undefined
}

/** Goes through the whole audience in slices. */
export async function preflight(
  ctx: Context,
  facts: PreflightFacts,
  { onProgress, visit }: PreflightOptions = {},
): Promise<Preflight> {
  const { audience, campaign: asked } = facts
  const zones = [...(await zonesOf(ctx, audience, asked.schedule)).keys()]
  const check = checkOf(facts, { now: ctx.clock.now(), zones })
  const { campaign, content, result } = check
  const request = {
    senderId: facts.sender.id,
    capRules: facts.rules.capRules,
    now: ctx.clock.now(),
    onceOf: undefined,
    fields: decidingFields(campaign, content),
  }
  for await (const people of peopleOf(ctx, facts.audience, request)) {
    for (const person of people) {
      checkPerson(person, check)
      visit?.(person)
    }
    onProgress?.({ done: result.audience, what: 'checked' })
  }
  return result
}

function checkOf({ row, campaign, rules, sender }: PreflightFacts, when: { now: number; zones: string[] }): Check {
  const content = compileContent(campaign.definition.content)
  const planRules = nextPlanRules(row, campaign, when)
  return {
    campaign,
    rules,
    content,
    provider: getProvider(sender.provider, sender.credentials),
    plan: planRules && planPeople(campaign, content, planRules),
    result: {
      audience: 0,
      suppressed: 0,
      missing: { count: 0, named: [] },
      unfit: { count: 0, named: [], longest: 0 },
      unreadableValidUntil: { count: 0, named: [] },
      deadLinks: new DeadLinks(campaign.definition.content),
      groups: { count: 0, named: [] },
      zones: new Map(),
      audienceZones: when.zones,
    },
  }
}

/** The people of an audience with what decides about them, slice by slice. */
export async function* peopleOf(
  ctx: Context,
  audience: ResolvedAudience,
  request: PeopleRequest & { after?: number },
): AsyncGenerator<PersonOfAudience[]> {
  for (let after = request.after ?? 0; ; ) {
    const slice = await ctx.db.read(async (tx) => {
      const range = await nextRange(tx, audience, after, SLICE)
      if (range === undefined) return undefined
      return { ...range, people: await listPeople(tx, request, audience, { after, through: range.through }) }
    })
    if (slice === undefined) return
    after = slice.through
    yield slice.people
    await new Promise((resolve) => setImmediate(resolve))
  }
}

/** Only people who would otherwise get it are counted as what speaks against a launch. */
function checkPerson(person: PersonOfAudience, check: Check): void {
  const { result, rules } = check
  result.audience++
  const stopped = decidePerson(person, rules)
  if (stopped !== undefined) return noteStopped(person, stopped, result)
  const planned = check.plan?.(person) ?? { act: 'plan' }
  if (planned.act === 'skip' && planned.reason === 'missing_variable') noteMissing(person, check)
  if (planned.act !== 'plan') return
  const zone = person.zone ?? ''
  result.zones.set(zone, (result.zones.get(zone) ?? 0) + 1)
  checkValidUntil(person, check)
  checkText(person, check)
}

function noteStopped({ phone, suppression }: PersonOfAudience, reason: SkipReason, result: Preflight): void {
  if (suppression?.reason === reason) result.suppressed++
  else note(result.groups, phone)
}

/** Counts what was found, and names the first. */
function note<T>(found: { count: number; named: T[] }, who: T): void {
  found.count++
  if (found.named.length < NAMED_MAX) found.named.push(who)
}

function noteMissing({ phone, variables }: PersonOfAudience, { campaign, content, result }: Check): void {
  note(result.missing, { phone, fields: missingFor(campaign, content, variables) })
}

function checkText({ phone, variables }: PersonOfAudience, { content, provider, result }: Check): void {
  try {
    const rendered = content.render(variables)
    // What is the same for everybody was checked when the campaign was saved.
    if (content.fields.length > 0) checkProviderContent(provider, rendered)
    result.deadLinks.add(phone, rendered)
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    const { unfit } = result
    unfit.longest = Math.max(unfit.longest, Number(/has (\d+) characters/.exec(error.message)?.[1] ?? 0))
    note(unfit, { phone, code: error.code, detail: error.message })
  }
}

function checkValidUntil({ phone, variables }: PersonOfAudience, { campaign, result }: Check): void {
  const field = campaign.definition.limits?.validUntilField
  const value = field === undefined ? '' : (variables[field] ?? '')
  if (value.trim() === '' || readValidUntil(value, campaign.schedule.zone) !== null) return
  note(result.unreadableValidUntil, { phone, value })
}

/** Refuses a text or a filter that names a field which no list of the audience ever had. */
export function checkFields(campaign: Campaign, audience: ResolvedAudience): void {
  const known = [...audience.fields, 'phone']
  const { content } = campaign.definition
  for (const { field } of compileContent(content).fields)
    if (!known.includes(field)) throw unknownField(field, known, placeOfField(content, field))
  const { filter } = audience
  const comparable = [...known, 'zone', 'consent']
  for (const { condition, pointer } of filter === undefined ? [] : conditionsIn(filter))
    if ('field' in condition) checkField(condition.field, comparable, `/audience/filter${pointer}/field`)
  const until = campaign.definition.limits?.validUntilField
  if (until !== undefined) checkField(until, comparable, '/limits/validUntilField')
}

function checkField(field: string, known: readonly string[], pointer: string): void {
  if (known.includes(field)) return
  const message = `no contact of the audience has a field "${field}"`
  const hint = nearestHint(field, known, `Known fields: ${known.join(', ')}.`)
  throw new AppError('filter.invalid', message, {
    hint,
    details: { errors: [{ pointer, code: 'filter.invalid', detail: `${message}. ${hint}` }] },
  })
}

/** Refuses a launch that would lose or surprise people; says whom and why. */
export function refuseUnfit(campaign: Campaign, result: Preflight): void {
  const policy = campaign.definition.missingVariable ?? 'fail'
  if (policy === 'fail' && result.missing.count > 0)
    throw new AppError(
      'campaign.missing_variables',
      `${result.missing.count} of ${people(result.audience)} ${result.missing.count === 1 ? 'has' : 'have'} no value for ${missingNames(result)}`,
      {
        hint: 'Fill in the fields, give the text a default, or leave these people out (`missingVariable: skip`).',
        details: { count: result.missing.count, people: result.missing.named },
      },
    )
  const [first] = result.unfit.named
  if (policy === 'fail' && first !== undefined)
    throw new AppError(
      first.code as AppError['code'],
      `the text of ${result.unfit.count} of ${people(result.audience)} cannot be sent: ${first.detail}`,
      {
        hint: 'Shorten or correct the fields, or leave these people out (`missingVariable: skip`).',
        details: { count: result.unfit.count, people: result.unfit.named, longest: result.unfit.longest },
      },
    )
  const [unreadable] = result.unreadableValidUntil.named
  if (unreadable !== undefined)
    throw new AppError(
      'campaign.valid_until_unreadable',
      `the validity of ${people(result.unreadableValidUntil.count)} cannot be read, such as "${unreadable.value.slice(0, 40)}"`,
      {
        hint: 'Write it as 2026-12-01T18:00 or leave it empty.',
        details: { count: result.unreadableValidUntil.count, people: result.unreadableValidUntil.named },
      },
    )
}

function people(count: number): string {
  return counted(count, 'person', 'people')
}

function missingNames(result: Preflight): string {
  return [...new Set(result.missing.named.flatMap((person) => person.fields))].join(', ')
}

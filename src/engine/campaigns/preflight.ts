// Before a launch every recipient's text is rendered: a missing field, a value that breaks a limit or a time that
// cannot be kept is found now and named, not discovered message by message.

import { conditionsIn } from '../../domain/audience.ts'
import type { Campaign } from '../../domain/campaign.ts'
import { type CompiledContent, compileContent } from '../../domain/content.ts'
import { AppError, nearestWord } from '../../domain/errors.ts'
import { isGroup } from '../../domain/group.ts'
import { HORIZON_MS } from '../../domain/horizon.ts'
import { formatInstant, formatLocal } from '../../domain/instant.ts'
import { unknownField } from '../../domain/personalisation.ts'
import { counted } from '../../domain/plural.ts'
import { dueInZone, type Occurrence } from '../../domain/schedule.ts'
import { readValidUntil } from '../../domain/validity.ts'
import type { Provider } from '../../providers/provider.ts'
import { checkContent as checkProviderContent, getProvider } from '../../providers/registry.ts'
import { type Recipient, type ResolvedAudience, readRecipients } from '../../store/audience.ts'
import type { Sender } from '../../store/senders.ts'
import type { Context, OnProgress } from '../context.ts'

/** Contacts read in one slice; a slice must not hold the thread long. */
const SLICE = 500
/** People named in an error. */
const NAMED_MAX = 20

export interface Preflight {
  audience: number
  /** People without a field that the text needs, at most NAMED_MAX of them named. */
  missing: { count: number; named: { phone: string; fields: string[] }[] }
  /** People whose text breaks a limit. */
  unfit: { count: number; named: { phone: string; code: string; detail: string }[]; longest: number }
  unreadableValidUntil: { count: number; named: { phone: string; value: string }[] }
  /** Groups, which only a sender with `groups: true` writes to. */
  groups: { count: number; named: string[] }
  /** People per stored zone; empty for those without one. */
  zones: Map<string, number>
}

export interface PreflightFacts {
  campaign: Campaign
  audience: ResolvedAudience
  sender: Pick<Sender, 'provider' | 'credentials'>
}

/** Goes through the whole audience in slices. */
export async function preflight(
  ctx: Context,
  { campaign, audience, sender }: PreflightFacts,
  onProgress?: OnProgress,
): Promise<Preflight> {
  const result: Preflight = {
    audience: 0,
    missing: { count: 0, named: [] },
    unfit: { count: 0, named: [], longest: 0 },
    unreadableValidUntil: { count: 0, named: [] },
    groups: { count: 0, named: [] },
    zones: new Map(),
  }
  const content = compileContent(campaign.definition.content)
  const check = { campaign, content, provider: getProvider(sender.provider, sender.credentials), result }
  const untilField = campaign.definition.limits?.validUntilField
  const fields = [
    ...new Set([...content.fields.map((use) => use.field), ...(untilField === undefined ? [] : [untilField])]),
  ]
  for await (const slice of recipients(ctx, audience, fields)) {
    for (const recipient of slice) {
      result.audience++
      result.zones.set(recipient.zone, (result.zones.get(recipient.zone) ?? 0) + 1)
      if (isGroup(recipient.phone)) noteGroup(recipient, result)
      checkContent(recipient, check)
      if (untilField !== undefined) checkValidUntil(recipient, untilField, campaign, result)
    }
    onProgress?.({ done: result.audience, what: 'checked' })
  }
  return result
}

/** The people of an audience, slice by slice, with the fields that are asked for. */
export async function* recipients(
  ctx: Context,
  audience: ResolvedAudience,
  fields: readonly string[],
): AsyncGenerator<Recipient[]> {
  let after = 0
  for (;;) {
    const slice = await ctx.db.read((tx) => readRecipients(tx, audience, fields, after, SLICE))
    if (slice === undefined) return
    after = slice.through
    yield slice.recipients
    await new Promise((resolve) => setImmediate(resolve))
  }
}

function noteGroup({ phone }: Recipient, { groups }: Preflight): void {
  groups.count++
  if (groups.named.length < NAMED_MAX) groups.named.push(phone)
}

interface ContentCheck {
  campaign: Campaign
  content: CompiledContent
  provider: Provider
  result: Preflight
}

function checkContent(recipient: Recipient, { campaign, content, provider, result }: ContentCheck): void {
  const missing = campaign.definition.missingVariable === 'fallback' ? [] : content.missing(recipient.variables)
  if (missing.length > 0) {
    result.missing.count++
    if (result.missing.named.length < NAMED_MAX) result.missing.named.push({ phone: recipient.phone, fields: missing })
    return
  }
  try {
    const rendered = content.render(recipient.variables)
    // What is the same for everybody was checked when the campaign was saved.
    if (content.fields.length > 0) checkProviderContent(provider, rendered)
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    result.unfit.count++
    result.unfit.longest = Math.max(result.unfit.longest, Number(/has (\d+) characters/.exec(error.message)?.[1] ?? 0))
    if (result.unfit.named.length < NAMED_MAX)
      result.unfit.named.push({ phone: recipient.phone, code: error.code, detail: error.message })
  }
}

function checkValidUntil(recipient: Recipient, field: string, campaign: Campaign, result: Preflight): void {
  const value = recipient.variables[field] ?? ''
  if (value.trim() === '' || readValidUntil(value, campaign.schedule.zone) !== null) return
  result.unreadableValidUntil.count++
  if (result.unreadableValidUntil.named.length < NAMED_MAX)
    result.unreadableValidUntil.named.push({ phone: recipient.phone, value })
}

/** Refuses a text or a filter that names a field which no list of the audience ever had. */
export function checkFields(campaign: Campaign, audience: ResolvedAudience): void {
  const known = [...audience.fields, 'phone']
  for (const { field } of compileContent(campaign.definition.content).fields)
    if (!known.includes(field)) throw unknownField(field, known)
  const { filter } = audience
  const comparable = [...known, 'zone', 'consent']
  for (const { condition, pointer } of filter === undefined ? [] : conditionsIn(filter))
    if ('field' in condition) checkField(condition.field, comparable, `/audience/filter${pointer}/field`)
  const until = campaign.definition.limits?.validUntilField
  if (until !== undefined) checkField(until, comparable, '/limits/validUntilField')
}

function checkField(field: string, known: readonly string[], pointer: string): void {
  if (known.includes(field)) return
  const nearest = nearestWord(field, known)
  const message = `no contact of the audience has a field "${field}"`
  const hint = nearest === undefined ? `Known fields: ${known.join(', ')}.` : `Did you mean "${nearest}"?`
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
        hint: 'Shorten or mend the fields, or leave these people out (`missingVariable: skip`).',
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

/** Refuses a launch when people in far zones would come out of the 35 days, with their number (HZ-05). */
export function checkZoneHorizon(
  occurrence: Occurrence,
  zones: ReadonlyMap<string, number>,
  fallbackZone: string,
  launchedAt: number,
): void {
  const limit = launchedAt + HORIZON_MS
  let outside = 0
  let latestLocal = Number.POSITIVE_INFINITY
  for (const [zone, count] of zones) {
    const dueAt = dueInZone(zone === '' ? fallbackZone : zone, occurrence.local)
    if (dueAt > limit) outside += count
    latestLocal = Math.min(latestLocal, occurrence.local + (limit - dueAt))
  }
  if (outside === 0) return
  const latest = formatLocal(Math.floor(latestLocal / 60_000) * 60_000)
  throw new AppError(
    'schedule.too_far',
    `${people(outside)} would get the message more than 35 days after the launch`,
    {
      hint: `The latest possible local time for everybody is ${latest}.`,
      details: { people: outside, latest, limit: formatInstant(limit) },
    },
  )
}

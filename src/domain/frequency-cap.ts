// How many marketing messages one person gets, over all campaigns. Several rules are ANDed: the tightest wins and
// every rule that blocks is named. Windows are half-open: a message as old as the window is outside it.
import { z } from 'zod'
import { durationMs, isWrittenDuration } from './duration.ts'
import { AppError } from './errors.ts'
import { nameKey, tagName, tagPattern } from './name.ts'
import { possiblePast } from './possible-instant.ts'
import { clocksOf, DAY_MS, type LocalMs, localTime, resolveLocal, startOfLocalDay, weekdayOf } from './time-zone.ts'

/** A rule as settings store it and `herald limits cap` writes it. */
export const capRuleSchema = z.strictObject({
  id: z
    .string()
    .overwrite(nameKey)
    .regex(/^[a-z0-9][a-z0-9_-]{0,39}$/, 'is no short name of a-z, 0-9, - and _'),
  isEnabled: z.boolean().default(true),
  /** Whose messages are counted together: all marketing, one campaign, or all with a tag. */
  scope: z
    .string()
    .overwrite(scopeName)
    .regex(/^(?:all|campaign|tag:.{1,50})$/, 'is neither all nor campaign nor tag: with the name of a tag')
    .default('all'),
  max: z.int().min(1, 'must be at least 1; switch the rule off instead of 0').max(1000),
  /** `24h` for a rolling window, or a calendar day, week or month of the recipient. */
  window: z
    .string()
    .refine(
      (text) => calendarUnits.has(text) || durationMs(text) !== undefined,
      'is neither a duration such as 24h nor day, week, month',
    ),
  weekStart: z.enum(['monday', 'sunday']).default('monday'),
  onCap: z.enum(['defer', 'skip']).default('defer'),
  /** Whether a message that was accepted and failed later keeps its place. */
  countFailed: z.boolean().default(false),
})

/** `tag: Sale` → `tag:sale`. */
function scopeName(scope: string): string {
  const [, tag] = /^\s*tag:(.*)$/is.exec(scope) ?? []
  return tag === undefined ? nameKey(scope) : `tag:${tagName(tag)}`
}

export type CapRule = z.output<typeof capRuleSchema>

const calendarUnits = new Set(['day', 'week', 'month'])

/** Longest window that is looked back over. */
const WINDOW_MAX_MS = 92 * DAY_MS

/** A message that took a place of a person's caps. */
export interface CapUse {
  at: number
  messageId: number
  campaignId: number
  tags: readonly string[]
  isFailed: boolean
}

/** The message that asks for a place. */
export interface CapRequest {
  campaignId: number
  tags: readonly string[]
  /** The recipient's zone, for calendar windows. */
  zone: string
}

export interface CapBlock {
  rule: CapRule
  count: number
  /** Messages that hold the places. */
  uses: CapUse[]
  /** When enough of them have left the window. */
  freeAt: number
}

/** Reads a rule. Throws AppError cap.invalid. */
export function parseCapRule(value: unknown): CapRule {
  const result = capRuleSchema.safeParse(value)
  if (result.success) return checkTag(checkWindow(result.data))
  const [issue] = result.error.issues
  throw new AppError('cap.invalid', `cap rule: ${issue?.path.join('/') ?? ''} ${issue?.message ?? 'is not valid'}`)
}

function checkWindow(rule: CapRule): CapRule {
  const ms = durationMs(rule.window)
  if (ms !== undefined && (!isWrittenDuration(rule.window) || ms < 1000 || ms > WINDOW_MAX_MS))
    throw new AppError('cap.invalid', `cap rule ${rule.id}: window ${rule.window} is not between 1s and 92d`)
  return rule
}

/** Stored rules may name tags that no campaign can have: they concern nobody. */
function checkTag(rule: CapRule): CapRule {
  if (!rule.scope.startsWith('tag:') || tagPattern.test(rule.scope.slice(4))) return rule
  throw new AppError('cap.invalid', `cap rule ${rule.id}: no campaign can have the tag "${rule.scope.slice(4)}"`, {
    hint: 'Tags have up to 50 letters a to z, digits, spaces, - and _.',
  })
}

/** How far back uses must be known for these rules. */
export function capLookBackMs(rules: readonly CapRule[]): number {
  const calendarMs = { day: 2 * DAY_MS, week: 8 * DAY_MS, month: 32 * DAY_MS } as Record<string, number>
  return Math.max(0, ...rules.map((rule) => durationMs(rule.window) ?? calendarMs[rule.window] ?? 0))
}

/** Every enabled rule that has no place left at `now`. Empty when the message may go. */
export function blockingCaps(
  rules: readonly CapRule[],
  uses: readonly CapUse[],
  request: CapRequest,
  now: number,
): CapBlock[] {
  const blocks: CapBlock[] = []
  for (const rule of rules) {
    if (!rule.isEnabled || !concerns(rule, request)) continue
    const block = blockOf(
      rule,
      uses.filter((use) => counts(rule, use, request)),
      request,
      now,
    )
    if (block !== undefined) blocks.push(block)
  }
  return blocks
}

function concerns(rule: CapRule, request: CapRequest): boolean {
  return !rule.scope.startsWith('tag:') || request.tags.includes(rule.scope.slice(4))
}

function counts(rule: CapRule, use: CapUse, request: CapRequest): boolean {
  if (use.isFailed && !rule.countFailed) return false
  if (rule.scope === 'campaign') return use.campaignId === request.campaignId
  return !rule.scope.startsWith('tag:') || use.tags.includes(rule.scope.slice(4))
}

function blockOf(rule: CapRule, uses: CapUse[], request: CapRequest, now: number): CapBlock | undefined {
  const rollingMs = durationMs(rule.window)
  const window =
    rollingMs === undefined ? calendarWindow(rule, request.zone, now) : { start: now - rollingMs + 1, end: 0 }
  // A place in the impossible future was taken while a clock was wrong: it keeps nobody waiting for years.
  const inside = uses
    .filter((use) => use.at >= window.start && possiblePast(use.at, now) !== null)
    .sort((a, b) => b.at - a.at)
  if (inside.length < rule.max) return undefined
  const last = inside[rule.max - 1]
  const freeAt = rollingMs === undefined ? window.end : (last?.at ?? now) + rollingMs
  return { rule, count: inside.length, uses: inside.slice(0, rule.max), freeAt }
}

/** Local midnight to local midnight, 23 or 25 hours long where the clock changes (FC-23). */
function calendarWindow(rule: CapRule, zone: string, now: number): { start: number; end: number } {
  const clock = clocksOf(zone)[0] ?? 'UTC'
  const today = startOfLocalDay(localTime(clock, now))
  const [first, next] = localBounds(rule, today)
  return { start: resolveLocal(clock, first).at, end: resolveLocal(clock, next).at }
}

function localBounds(rule: CapRule, today: LocalMs): [LocalMs, LocalMs] {
  if (rule.window === 'week') {
    const firstDay = rule.weekStart === 'monday' ? 1 : 0
    const first = today - ((weekdayOf(today) - firstDay + 7) % 7) * DAY_MS
    return [first, first + 7 * DAY_MS]
  }
  if (rule.window === 'month') {
    const date = new Date(today)
    return [
      Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1),
      Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1),
    ]
  }
  return [today, today + DAY_MS]
}

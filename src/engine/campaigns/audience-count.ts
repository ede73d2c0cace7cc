// How many people an audience has now, before anything is planned. Reads only, in slices.
import { type Audience, audienceSchema, comparisonsIn } from '../../domain/audience.ts'
import { readDefinition } from '../../domain/definition.ts'
import { problemsError } from '../../domain/errors.ts'
import type { UseCase } from '../../domain/suppression.ts'
import { nextRange, resolveAudience } from '../../store/audience.ts'
import { countPeople } from '../../store/claim-facts.ts'
import { countLeftOut, type LeftOut } from '../../store/left-out.ts'
import { getSender } from '../../store/senders.ts'
import type { Context } from '../context.ts'
import { LeftOutCount } from './left-out.ts'

/** Contacts counted in one transaction: fewer where a filter of many conditions makes each of them dear. */
const SLICE_START = 500
const SLICE_MIN = 50
const SLICE_MAX = 5_000
const SLICE_AIM_MS = 5

export interface AudienceCount {
  people: number
  /** Those among them whom a suppression would stop. */
  suppressed: number
  /** Those among them who wrote to the sender within 24 hours; null when no sender was named. */
  inSession: number | null
  /** People whom a comparison of the filter leaves out, because what they have is no date, or no number. */
  leftOut: LeftOut[]
  /** Attributes that texts and filters may name. */
  fields: string[]
}

export function readAudience(value: unknown): Audience {
  const reading = readDefinition(audienceSchema, value, {
    '': 'campaign.audience_missing',
    unknown: 'campaign.unknown_field',
    '/filter': 'filter.invalid',
  })
  if ('problems' in reading) throw problemsError(reading.problems, 'audience')
  return reading.value
}

export interface CountOptions {
  useCase?: UseCase | undefined
  /** Name or id: whose open sessions are counted. */
  sender?: string | undefined
}

/** Throws AppError filter.*, campaign.audience_missing, list.not_found, list.busy, sender.not_found. */
export async function countAudience(
  ctx: Context,
  value: unknown,
  { useCase = 'marketing', sender }: CountOptions = {},
): Promise<AudienceCount> {
  const { audience, senderId } = await ctx.db.read(async (tx) => ({
    audience: await resolveAudience(tx, readAudience(value)),
    senderId: sender === undefined ? 0 : (await getSender(tx, sender)).id,
  }))
  const { fields } = audience
  const count = { people: 0, suppressed: 0, inSession: 0 }
  const now = ctx.clock.now()
  const comparisons = comparisonsIn(audience.filter)
  const leftOut = new LeftOutCount()
  let size = SLICE_START
  for (let after = 0; ; ) {
    const slice = await ctx.db.read(async (tx) => {
      const startedAt = ctx.clock.monotonic()
      const range = await nextRange(tx, audience, after, size)
      if (range === undefined) return undefined
      const found = await countPeople(tx, audience, {
        range: { after, through: range.through },
        useCase,
        senderId,
        now,
      })
      leftOut.add(await countLeftOut(tx, audience, { after, through: range.through }, comparisons))
      return { ...range, ...found, tookMs: ctx.clock.monotonic() - startedAt }
    })
    if (slice === undefined)
      return { ...count, inSession: senderId === 0 ? null : count.inSession, leftOut: leftOut.all, fields }
    after = slice.through
    count.people += slice.people
    count.suppressed += slice.suppressed
    count.inSession += slice.inSession
    const share = SLICE_AIM_MS / Math.max(1, slice.tookMs)
    size = Math.min(SLICE_MAX, Math.max(SLICE_MIN, Math.round(size * Math.min(2, share))))
    await new Promise((resolve) => setImmediate(resolve))
  }
}

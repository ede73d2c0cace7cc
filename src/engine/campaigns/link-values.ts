// Whose URL buttons would open a dead page, as far as a saved campaign can say so at once. Reads only, in slices; the forecast and
// the launch look at everybody.
import type { Campaign } from '../../domain/campaign.ts'
import { compileContent } from '../../domain/content.ts'
import { AppError } from '../../domain/errors.ts'
import { DeadLinks } from '../../domain/link-suffix.ts'
import { resolveAudience } from '../../store/audience.ts'
import type { PersonOfAudience } from '../../store/claim-facts.ts'
import type { Context } from '../context.ts'
import { peopleOf } from './preflight.ts'

/** People looked at when a campaign is saved. */
const LOOKED_MAX = 2_000

/** Warnings about the fields of the first people of an audience. */
export async function linkWarnings(ctx: Context, { definition }: Campaign): Promise<string[]> {
  const content = compileContent(definition.content)
  const dead = new DeadLinks(definition.content)
  if (!dead.isAsked) return []
  const audience = await ctx.db.read((tx) => resolveAudience(tx, definition.audience))
  const fields = content.fields.map(({ field }) => field)
  const request = { senderId: 0, capRules: [], now: ctx.clock.now(), onceOf: undefined, fields }
  let looked = 0
  for await (const people of peopleOf(ctx, audience, request)) {
    for (const person of people) lookAt(person)
    looked += people.length
    if (looked >= LOOKED_MAX) return dead.warnings(` of the first ${looked}`)
  }
  return dead.warnings()

  function lookAt({ phone, variables }: PersonOfAudience): void {
    try {
      dead.add(phone, content.render(variables))
    } catch (error) {
      if (!(error instanceof AppError)) throw error
    }
  }
}

// The installation's quiet hours and caps. A change holds from the next claim on, and what the old ones had deferred is
// looked at again at once.
import { AppError } from '../../domain/errors.ts'
import { type CapRule, parseCapRule } from '../../domain/frequency-cap.ts'
import { CAPS_MAX, defaultLimits, type Limits, readLimits } from '../../domain/limits.ts'
import type { WaitReason } from '../../domain/message-status.ts'
import { parseQuietHours, type QuietHoursDefinition } from '../../domain/quiet-hours.ts'
import { CountChanges } from '../../store/counts.ts'
import { redatePending } from '../../store/messages.ts'
import { findSetting, setSetting } from '../../store/settings.ts'
import type { Context } from '../context.ts'

export async function showLimits(ctx: Context): Promise<Limits> {
  return ctx.db.read(async (tx) => readLimits(await findSetting(tx, 'limits')))
}

/** Null switches quiet hours off. Throws AppError quiet_hours.invalid. */
export async function setQuietHours(ctx: Context, quietHours: QuietHoursDefinition | null): Promise<Limits> {
  if (quietHours !== null) parseQuietHours(quietHours)
  const limits = await changeLimits(ctx, (known) => ({ ...known, quietHours }))
  await lookAgain(ctx, 'quiet_hours')
  return limits
}

/** Adds a rule or changes the one of the same name. Throws AppError cap.invalid. */
export async function setCap(ctx: Context, change: { id: string } & Partial<CapRule>): Promise<Limits> {
  const limits = await changeLimits(ctx, (known) => {
    const before = known.caps.find((rule) => rule.id === change.id)
    const rule = parseCapRule({ ...before, ...change })
    if (before === undefined && known.caps.length >= CAPS_MAX)
      throw new AppError('cap.invalid', `there are ${known.caps.length} caps already, at most ${CAPS_MAX}`, {
        hint: 'Change or remove one of them.',
      })
    return {
      ...known,
      caps:
        before === undefined ? [...known.caps, rule] : known.caps.map((other) => (other.id === rule.id ? rule : other)),
    }
  })
  await lookAgain(ctx, 'frequency_cap')
  return limits
}

export async function removeCap(ctx: Context, id: string): Promise<Limits> {
  const limits = await changeLimits(ctx, (known) => {
    if (!known.caps.some((rule) => rule.id === id))
      throw new AppError('cap.not_found', `there is no cap "${id}"`, {
        hint: `Caps: ${known.caps.map((rule) => rule.id).join(', ') || 'none'}.`,
      })
    return { ...known, caps: known.caps.filter((rule) => rule.id !== id) }
  })
  await lookAgain(ctx, 'frequency_cap')
  return limits
}

async function changeLimits(ctx: Context, change: (limits: Limits) => Limits): Promise<Limits> {
  return ctx.db.write(async (tx) => {
    const limits = change(readLimits((await findSetting(tx, 'limits')) ?? defaultLimits))
    await setSetting(tx, 'limits', limits)
    return limits
  })
}

/** Messages re-dated in one transaction. */
const REDATE_CHUNK = 2_000

/** What waits for this reason is due now: the next claim decides anew. */
async function lookAgain(ctx: Context, reason: WaitReason): Promise<void> {
  const now = ctx.clock.now()
  const nodeId = await ctx.node.id()
  const redate = () =>
    ctx.db.write(async (tx) => {
      const counts = new CountChanges()
      const redated = await redatePending(tx, reason, now, REDATE_CHUNK, counts)
      await counts.write(tx, nodeId)
      return redated
    })
  while ((await redate()) > 0);
}

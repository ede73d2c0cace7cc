// The installation's quiet hours and caps. A change holds from the next claim on, and what the old ones had deferred is
// looked at again at once.
import { AppError, nearestHint } from '../../domain/errors.ts'
import { type CapRule, parseCapRule } from '../../domain/frequency-cap.ts'
import { CAPS_MAX, defaultLimits, type Limits, readLimits } from '../../domain/limits.ts'
import { isSameName } from '../../domain/name.ts'
import { parseQuietHours, type QuietHoursDefinition } from '../../domain/quiet-hours.ts'
import { findSetting, setSetting } from '../../store/settings.ts'
import type { Context } from '../context.ts'
import { requireSeen, type Seen, versionOf } from '../version.ts'
import { finishRedating, orderRedating, type RedatedReason } from './redating.ts'

export async function showLimits(ctx: Context): Promise<Limits> {
  return ctx.db.read(async (tx) => readLimits(await findSetting(tx, 'limits')))
}

/** Changes with every limit: quiet hours and caps are changed by the same few people. */
export function versionOfLimits({ quietHours, caps }: Limits): string {
  return versionOf([quietHours, caps])
}

/** Null switches quiet hours off. Throws AppError quiet_hours.invalid, version.changed. */
export async function setQuietHours(
  ctx: Context,
  quietHours: QuietHoursDefinition | null,
  seen?: Seen,
): Promise<Limits> {
  // Stored as it is applied, what is left out included.
  const whole = quietHours && { ...quietHours, action: parseQuietHours(quietHours).action }
  return changeLimits(ctx, { reason: 'quiet_hours', seen }, (known) => ({ ...known, quietHours: whole }))
}

/** Adds a rule or changes the one of the same name. Throws AppError cap.invalid, version.changed. */
export async function setCap(ctx: Context, change: { id: string } & Partial<CapRule>, seen?: Seen): Promise<Limits> {
  return changeLimits(ctx, { reason: 'frequency_cap', seen }, (known) => {
    const before = known.caps.find((rule) => isSameName(rule.id, change.id))
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
}

export async function removeCap(ctx: Context, id: string, seen?: Seen): Promise<Limits> {
  return changeLimits(ctx, { reason: 'frequency_cap', seen }, (known) => {
    if (!known.caps.some((rule) => isSameName(rule.id, id)))
      throw new AppError('cap.not_found', `there is no cap "${id}"`, {
        hint: nearestHint(
          id,
          known.caps.map((rule) => rule.id),
          `Caps: ${known.caps.map((rule) => rule.id).join(', ') || 'none'}.`,
        ),
      })
    return { ...known, caps: known.caps.filter((rule) => !isSameName(rule.id, id)) }
  })
}

/** The change and the order to look again at what waits for the old limits are one transaction. */
async function changeLimits(
  ctx: Context,
  { reason, seen }: { reason: RedatedReason; seen: Seen },
  change: (limits: Limits) => Limits,
): Promise<Limits> {
  const nodeId = await ctx.node.id()
  const limits = await ctx.db.write(async (tx) => {
    const known = readLimits((await findSetting(tx, 'limits')) ?? defaultLimits)
    requireSeen(seen, versionOfLimits(known), 'the limits')
    const changed = change(known)
    await setSetting(tx, 'limits', changed)
    await orderRedating(tx, reason, { at: await tx.now(), nodeId })
    return changed
  })
  await finishRedating(ctx, reason)
  return limits
}

// The installation's quiet hours and frequency caps: what `herald limits` shows and sets.
import { z } from 'zod'
import { type CapRule, capRuleSchema } from './frequency-cap.ts'
import { parseQuietHours, type QuietHours, type QuietHoursDefinition, quietHoursSchema } from './quiet-hours.ts'

/** Rules of frequency caps of an installation: each is asked for every message. */
export const CAPS_MAX = 10

/** As stored: null switches quiet hours off. */
export const limitsSchema = z.strictObject({
  quietHours: quietHoursSchema.nullable(),
  caps: z.array(capRuleSchema).max(CAPS_MAX),
})

export interface Limits {
  quietHours: QuietHoursDefinition | null
  caps: CapRule[]
}

/** What ships: nobody is written to at night, and nobody gets more than one marketing message in 24 hours. */
export const defaultLimits: Limits = {
  quietHours: { from: '21:00', to: '08:00', action: 'defer' },
  caps: [capRuleSchema.parse({ id: 'daily', max: 1, window: '24h' })],
}

export function readLimits(stored: unknown): Limits {
  return stored === undefined ? defaultLimits : (limitsSchema.parse(stored) as Limits)
}

export function quietHoursOf(limits: Limits): QuietHours | null {
  return limits.quietHours === null ? null : parseQuietHours(limits.quietHours)
}

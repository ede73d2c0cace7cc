// What the gates of domain/message-rules.ts tell about a message, as values; engine/report/reasons.ts has the words.
import type { CapBlock, CapRule } from './frequency-cap.ts'
import type { OverlapRules } from './overlap.ts'
import type { QuietHours } from './quiet-hours.ts'
import type { Suppression } from './suppression.ts'

/** What a gate knows about a message, as values; `check` is the name under which `why` shows it. */
export type GateSays =
  | { check: 'validity'; expiresAt: number; leftMs: number }
  | { check: 'suppression'; suppression: Suppression | null }
  | { check: 'group'; takesGroups: boolean }
  | { check: 'overlap'; overlap: OverlapRules['overlap']; isSentMeanwhile: boolean }
  | { check: 'session'; isNeeded: boolean; openSince: number | null }
  | {
      check: 'quiet_hours'
      policy: QuietHours | null
      zone: string
      isInSession: boolean
      at: number
    }
  | { check: 'frequency_cap'; rules: readonly CapRule[]; block: CapBlock | null; holdsPlace: boolean }
  | { check: 'pair_limit'; intervalMs: number; lastClaimAt: number | null; isBlocked: boolean }
  | { check: 'daily_limit'; limit: number | null; used: number; isCounted: boolean }

/** The same with what comes of it, and when a wait ends. */
export type GateTold = GateSays & { result: 'pass' | 'wait' | 'stop'; until?: number | undefined }

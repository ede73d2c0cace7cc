// Questions to a provider about one message after the other, at the pace of the sender: nothing that is asked takes the
// place of what is sent.
import { possibleHold, possibleSlotUs } from '../../domain/possible-instant.ts'
import { MINUTE_MS } from '../../domain/time-zone.ts'
import type { Sender } from '../../store/senders.ts'
import type { Context } from '../context.ts'
import { DutyLost } from '../duties/duty.ts'

/** A sender at rest may be asked at its whole rate, one at work at a tenth of it. */
const REST_MS = MINUTE_MS
const SHARE_AT_WORK = 0.1
/** So many failures in a row are the sender's, not the messages'. */
const FAILURES_MAX = 5

/** Whether a provider takes questions now: it does not while it refuses the account or asks for patience. */
export function canBeAskedNow({ clock }: Context, { status, pauseReason, holdUntil }: Sender): boolean {
  const isRefused = status === 'paused' && pauseReason === 'account_error'
  const now = clock.now()
  return !isRefused && (possibleHold(holdUntil, now) ?? 0) <= now
}

export interface InTurn<T> {
  items: readonly T[]
  /** Between two of them. */
  spaceMs: number
  signal: AbortSignal
}

/**
 * Does something for each item, one after the other. What fails is passed over and returned; throws when many in a row
 * fail, and DutyLost at once.
 */
export async function eachInTurn<T>(
  { clock }: Context,
  { items, spaceMs, signal }: InTurn<T>,
  act: (item: T) => Promise<void>,
): Promise<unknown[]> {
  const failures: unknown[] = []
  let inARow = 0
  let next = 0
  for (const item of items) {
    await clock.wait(next, signal)
    if (signal.aborted) return failures
    next = clock.now() + spaceMs
    try {
      await act(item)
      inARow = 0
    } catch (error) {
      if (error instanceof DutyLost) throw error
      failures.push(error)
      if (++inARow >= FAILURES_MAX) throw error
    }
  }
  return failures
}

/** Milliseconds between two questions. */
export function questionSpaceMs({ clock }: Context, { lastStartAtUs, ratePerSecond }: Sender): number {
  const lastStartAt = (possibleSlotUs(lastStartAtUs, clock.nowUs(), ratePerSecond) ?? 0) / 1000
  const share = clock.now() - lastStartAt < REST_MS ? SHARE_AT_WORK : 1
  return 1000 / (ratePerSecond * share)
}

/** Resolves with undefined when the process ends first: an answer that nobody waits for any more. */
export function unlessAborted<T>(work: Promise<T> | undefined, signal: AbortSignal): Promise<T | undefined> {
  if (signal.aborted) return Promise.resolve(undefined)
  return new Promise((resolve, reject) => {
    const stop = () => resolve(undefined)
    signal.addEventListener('abort', stop, { once: true })
    Promise.resolve(work)
      .then(resolve, reject)
      .finally(() => signal.removeEventListener('abort', stop))
  })
}

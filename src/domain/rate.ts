// Messages per second as start slots: each one interval after the one before and none before now. The last slot
// stands in the database, so that no restart and no second process can exceed the limit.
import { AppError } from './errors.ts'

/** Largest rate, messages a second. */
export const RATE_MAX = 10_000
/** Above this many a second we pace at 99.5 %, so that a provider that counts by its own clock agrees. */
const EXACT_RATE_MAX = 10
const PACE = 0.995
/** A limiter starts some 200 jobs a second: above this rate, what is due together starts together. */
const SINGLE_RATE_MAX = 200
/** Of the rate, where processes share it: a fiftieth of a second is how late a call may be. */
const SHARED_PACE = 0.98
/** Another process that was met is reckoned with for this long. */
const SHARED_FOR_US = 2_000_000
/** A claim takes slots at most this far ahead. */
export const CLAIM_AHEAD_US = 50_000
/** The next claim comes when the slots of the last one reach no further than this: not one claim for every slot. */
export const CLAIM_WHEN_US = 25_000
/** Most slots of one claim. */
export const CLAIM_SLOTS_MAX = 500

/** Throws AppError rate.out_of_range. */
export function checkRate(rate: number): number {
  if (Number.isFinite(rate) && rate > 0 && rate <= RATE_MAX) return rate
  throw new AppError('rate.out_of_range', `${rate} is not above 0 and at most ${RATE_MAX}`, {
    hint: 'Write messages per second; 0.1 is one every ten seconds.',
  })
}

/** Microseconds between two starts at a rate in messages per second. */
export function slotIntervalUs(ratePerSecond: number): number {
  if (ratePerSecond > EXACT_RATE_MAX) return Math.ceil(1_000_000 / (PACE * ratePerSecond))
  return Math.ceil(1_000_000 / ratePerSecond) + latenessMaxUs(ratePerSecond)
}

/**
 * How late a call may begin at its slot (µs); a later one takes a new slot first. A process that sends alone counts its
 * starts and may be as late as a busy event loop is; where processes share a sender, lateness must fit into the slack
 * between the slots.
 */
export function latenessMaxUs(ratePerSecond: number, isShared = false): number {
  if (ratePerSecond <= EXACT_RATE_MAX) return 2_000
  return isShared && !startsTogether(ratePerSecond) ? 4_000 : 20_000
}

/** Whether the starts of a process are counted: at slow rates each slot is exact instead. */
export function isCounted(ratePerSecond: number): boolean {
  return ratePerSecond > EXACT_RATE_MAX
}

/** Above 200 a second a limiter's own pace is too coarse: what is due together starts together. */
export function startsTogether(ratePerSecond: number): boolean {
  return ratePerSecond > SINGLE_RATE_MAX
}

/**
 * Least milliseconds between two starts, or groups of starts, inside one process. The slots pace single calls; a limiter
 * that is as slow as they are would carry one late start on to all that follow, so it only keeps them apart.
 */
export function startSpacingMs(ratePerSecond: number): number {
  return startsTogether(ratePerSecond) ? 1000 / SINGLE_RATE_MAX : 500 / ratePerSecond
}

/**
 * Starts of the last second. A process that was held up may catch up with its slots, but never with more calls than
 * the rate in any second.
 */
export class StartWindow {
  readonly #startsUs: number[] = []

  /** How many calls may start now. */
  room(ratePerSecond: number, nowUs: number): number {
    if (!isCounted(ratePerSecond)) return 1
    while (this.#startsUs[0] !== undefined && this.#startsUs[0] <= nowUs - 1_000_000) this.#startsUs.shift()
    return Math.max(0, Math.ceil(ratePerSecond) - this.#startsUs.length)
  }

  /** A call began. */
  add(nowUs: number): void {
    this.#startsUs.push(nowUs)
  }
}

/** What a process knows about other processes that take slots of the same sender. */
export interface SlotSharing {
  /** The last slot that this process took. */
  lastOwnUs: number | null
  isShared: boolean
}

/**
 * Notices other processes at work for the same sender. The window of starts bounds one process; two that were late in
 * turns would exceed the rate together. Who meets a slot that is not its own leaves a gap as long as anybody may have been
 * late, and from then on takes slots so far apart that lateness fits between them.
 */
export class SharingWatch {
  #lastOwnUs: number | null = null
  #metAtUs = Number.NEGATIVE_INFINITY

  at(nowUs: number): SlotSharing {
    return { lastOwnUs: this.#lastOwnUs, isShared: nowUs - this.#metAtUs < SHARED_FOR_US }
  }

  /** This process took slots, the last of them given; `metOthers`: behind one of another process. */
  took(lastUs: number, metOthers: boolean, nowUs: number): void {
    this.#lastOwnUs = lastUs
    if (metOthers) this.#metAtUs = nowUs
  }
}

/** Whether the last slot of a sender is that of another process. */
export function meetsOthers(lastStartAtUs: number | null, sharing: SlotSharing): boolean {
  return lastStartAtUs !== null && lastStartAtUs !== sharing.lastOwnUs
}

/** The last slot as the next one has to take it: later by a gap where another process is met for the first time. */
export function lastSlotUs(lastStartAtUs: number | null, ratePerSecond: number, sharing: SlotSharing): number | null {
  if (lastStartAtUs === null || sharing.isShared || !meetsOthers(lastStartAtUs, sharing)) return lastStartAtUs
  return isCounted(ratePerSecond) ? lastStartAtUs + latenessMaxUs(ratePerSecond) : lastStartAtUs
}

/** The rate at which slots are taken: a little less where processes share a sender whose calls may be late. */
export function sharedRate(ratePerSecond: number, isShared: boolean): number {
  return isShared && startsTogether(ratePerSecond) ? ratePerSecond * SHARED_PACE : ratePerSecond
}

/** The next start slot (µs): one interval after the last one, never in the past. */
export function nextSlotUs(lastStartAtUs: number | null, ratePerSecond: number, nowUs: number): number {
  return lastStartAtUs === null ? nowUs : Math.max(nowUs, lastStartAtUs + slotIntervalUs(ratePerSecond))
}

/** Most messages that one claim may take at a rate. */
export function claimSize(ratePerSecond: number): number {
  return Math.min(CLAIM_SLOTS_MAX, Math.max(1, Math.ceil(ratePerSecond * (CLAIM_AHEAD_US / 1_000_000))))
}

/** Calls in flight at once: twice what the rate needs at the observed latency, 8 to 1,000 (64 up to 80 a second). */
export function inFlightWindow(ratePerSecond: number, latencyP99Ms: number): number {
  const needed = Math.ceil(ratePerSecond * (latencyP99Ms / 1000) * 2)
  return Math.min(ratePerSecond <= 80 ? 64 : 1000, Math.max(8, needed))
}

// Messages per second as start slots, each one interval after the one before. The newest slot is in the database, so that
// no restart and no second process exceeds the limit; the starts of this process are counted besides.
//
// A process that sends alone for a sender ("sole") may begin a call as late as its claim lives: its own count of starts
// keeps the rate, so that a busy event loop costs nothing. Processes that share a sender ("shared") know nothing of each
// other's starts: a call begins at its slot or not at all. Who finds another process at work first waits until nothing that
// was claimed alone can begin any more; from then on both share.
import { AppError } from './errors.ts'

/** Largest rate, messages a second. */
export const RATE_MAX = 10_000
const SECOND_US = 1_000_000
/** Above this many a second we pace at 99.5 %, so that a provider that counts by its own clock agrees. */
const EXACT_RATE_MAX = 10
const PACE = 0.995
/** Of the rate, where processes share it: a fiftieth of a second is how late a call may be. */
const SHARED_PACE = 0.98
/** Another process that was met is reckoned with for this long. */
const SHARED_FOR_US = 2 * SECOND_US
/** A process that waits for its turn is reckoned with until it had it. */
const ASKED_FOR_US = 3 * SECOND_US
/** Starts are counted over a second and this: two clocks that read the same starts differ a little. */
const COUNT_MARGIN_US = 1_000
/** A process that sends alone makes up for slots that a stall of up to this long let pass. */
const CATCH_UP_US = 200_000

/** No slot of a claim is farther from it: caught up with at most, ahead at most. */
export const SLOT_NEAR_CLAIM_MS = CATCH_UP_US / 1000 + 50

/** A claim is a permission to begin within this time of the transaction that checked it; the promise of the README. */
export const CLAIM_LAPSE_MS = 1_000
/** What is between the last look at the clock and the system call stays within the promise. */
export const BEGIN_WITHIN_MS = 900
/** A claim takes slots at most this far ahead. */
export const CLAIM_AHEAD_US = 50_000
/** The next claim comes when the slots of the last one reach no further than this: not one claim for every slot. */
export const CLAIM_WHEN_US = 25_000
/** Of how long a claim takes until it is committed, what is below this is within the slack between processes. */
const LEAD_FROM_MS = 10
/** Twice this is within the life of a claim. */
const LEAD_MAX_MS = 400
/** Most slots of one claim. */
export const CLAIM_SLOTS_MAX = 500

/** Throws AppError rate.out_of_range. */
export function checkRate(rate: number): number {
  if (Number.isFinite(rate) && rate > 0 && rate <= RATE_MAX) return rate
  throw new AppError('rate.out_of_range', `${rate} is not above 0 and at most ${RATE_MAX}`, {
    hint: 'Write messages per second; 0.1 is one every ten seconds.',
  })
}

/** Whether starts are counted by the second; at slow rates each start keeps its distance instead. */
function isCounted(ratePerSecond: number): boolean {
  return ratePerSecond > EXACT_RATE_MAX
}

/** Microseconds between two slots at a rate in messages per second. */
export function slotIntervalUs(ratePerSecond: number): number {
  if (isCounted(ratePerSecond)) return Math.ceil(SECOND_US / (PACE * ratePerSecond))
  return Math.ceil(SECOND_US / ratePerSecond) + latenessMaxUs(ratePerSecond)
}

/** How late (µs) a call of processes that share a sender may begin at its slot; the slack between slots covers it. */
export function latenessMaxUs(ratePerSecond: number): number {
  return isCounted(ratePerSecond) ? 20_000 : 2_000
}

/** The next slot (µs): one interval after the last one, never before `earliestUs`. */
export function nextSlotUs(lastStartAtUs: number | null, ratePerSecond: number, earliestUs: number): number {
  return lastStartAtUs === null ? earliestUs : Math.max(earliestUs, lastStartAtUs + slotIntervalUs(ratePerSecond))
}

/**
 * How long (µs) after its transaction began the first call of a claim can begin, by what the last ones took. Where processes
 * share a sender, slots before that would be lost.
 */
export function leadUs(claimTakesMs: number): number {
  return claimTakesMs < LEAD_FROM_MS ? 0 : Math.ceil(Math.min(claimTakesMs, LEAD_MAX_MS) * 1000)
}

/** Most messages that one claim may take at a rate: the slots until the next claim can be there. */
export function claimSize(ratePerSecond: number, lead = 0): number {
  const aheadUs = Math.max(CLAIM_AHEAD_US, lead)
  return Math.min(CLAIM_SLOTS_MAX, Math.max(1, Math.ceil(ratePerSecond * (aheadUs / SECOND_US))))
}

/** What the row of a sender says about its slots. Instants in µs. */
export interface PaceState {
  ratePerSecond: number
  /** The newest slot given out. */
  lastStartAtUs: number | null
  /** The node that took it; null when that node has stopped in good order. */
  nodeId: number | null
  /** Until when calls that a node claimed alone may still begin. */
  soleUntilUs: number | null
  /** Until when processes share. */
  sharedUntilUs: number | null
}

/** The clock by which instants of a row were written. */
export interface PaceClock {
  /** The life of the machine on which it ran. */
  boot: string
  /** How far (µs) it was ahead of the machine's monotonic clock, which all its processes share. */
  aheadUs: number
}

/** What two clocks that read the same instant may differ by (µs); the slack between slots covers it. */
const CLOCKS_DIFFER_US = 5_000

/**
 * What (µs) to add to instants of a row so that they mean the same moment by this clock: it was set since, or another
 * process has another one. 0 where that cannot be known: after the machine was started anew, or from another machine.
 */
export function clockShiftUs(written: PaceClock | null, own: PaceClock): number {
  if (written === null || written.boot !== own.boot) return 0
  const shiftUs = own.aheadUs - written.aheadUs
  return Math.abs(shiftUs) <= CLOCKS_DIFFER_US ? 0 : shiftUs
}

/** The row of a sender by another clock. */
export function shifted<State extends PaceState>(state: State, byUs: number): State {
  const move = (instantUs: number | null) => (instantUs === null ? null : instantUs + byUs)
  return {
    ...state,
    lastStartAtUs: move(state.lastStartAtUs),
    soleUntilUs: move(state.soleUntilUs),
    sharedUntilUs: move(state.sharedUntilUs),
  }
}

/** How a node takes slots in one claim. */
export interface Pace {
  mode: 'sole' | 'shared'
  /** At which slots are spaced: a little less where processes share. */
  ratePerSecond: number
  lastStartAtUs: number | null
  /** Another node took the newest slots: its calls may have begun later than they say. */
  isTakenOver: boolean
  /** What the row says from now on. */
  after: Pick<PaceState, 'soleUntilUs' | 'sharedUntilUs'>
}

/**
 * The row of a sender, its instants cut to what a claim can have written: a clock that ran ahead may have left later ones.
 * The caller stores them: an instant that is cut anew at each look stays ahead for ever.
 */
export function cutAhead<State extends PaceState>(stored: State, nowUs: number): State {
  return {
    ...stored,
    lastStartAtUs: cutSlotUs(stored.lastStartAtUs, nowUs),
    soleUntilUs: cutSlotUs(stored.soleUntilUs, nowUs),
    sharedUntilUs: atMost(stored.sharedUntilUs, nowUs + ASKED_FOR_US),
  }
}

/** The same for the last slot of a campaign. */
export function cutSlotUs(lastStartAtUs: number | null, nowUs: number): number | null {
  return atMost(lastStartAtUs, nowUs + CLAIM_LAPSE_MS * 1000)
}

/** The pace of a claim, or until when this node takes no slot (µs) and what it leaves in the row meanwhile. */
export function decidePace(
  state: PaceState,
  nodeId: number,
  nowUs: number,
): Pace | { waitUntilUs: number; sharedUntilUs: number | null } {
  const isOwn = state.nodeId === nodeId
  if (!isOwn && state.soleUntilUs !== null) {
    const freeAtUs = state.soleUntilUs + spanUs(state.ratePerSecond)
    const sharedUntilUs = state.nodeId === null ? state.sharedUntilUs : nowUs + ASKED_FOR_US
    if (nowUs < freeAtUs) return { waitUntilUs: freeAtUs, sharedUntilUs }
  }
  const isShared = nowUs < (state.sharedUntilUs ?? 0) || (!isOwn && isJustStarted(state, nowUs))
  if (isShared)
    return {
      mode: 'shared',
      ratePerSecond: pacedRate(state.ratePerSecond, 'shared'),
      lastStartAtUs: state.lastStartAtUs,
      isTakenOver: !isOwn,
      after: { soleUntilUs: state.soleUntilUs, sharedUntilUs: isOwn ? state.sharedUntilUs : nowUs + SHARED_FOR_US },
    }
  const { ratePerSecond, lastStartAtUs } = state
  const after = { soleUntilUs: nowUs + CLAIM_LAPSE_MS * 1000, sharedUntilUs: null }
  return { mode: 'sole', ratePerSecond, lastStartAtUs, isTakenOver: !isOwn, after }
}

/** Another node's newest calls still count within this second: who knows nothing of them keeps to slots as they did. */
function isJustStarted({ lastStartAtUs, ratePerSecond }: PaceState, nowUs: number): boolean {
  return lastStartAtUs !== null && nowUs < lastStartAtUs + latenessMaxUs(ratePerSecond) + spanUs(ratePerSecond)
}

function atMost(instantUs: number | null, mostUs: number): number | null {
  return instantUs === null ? null : Math.min(instantUs, mostUs)
}

/** The same for a campaign that has its own rate. */
export function paceOfCampaign(
  pace: Pace,
  { ratePerSecond, lastStartAtUs }: { ratePerSecond: number; lastStartAtUs: number | null },
): Pace {
  const isLater = lastStartAtUs !== null && pace.isTakenOver
  const last = isLater ? lastStartAtUs + CLAIM_LAPSE_MS * 1000 : lastStartAtUs
  return { ...pace, ratePerSecond: pacedRate(ratePerSecond, pace.mode), lastStartAtUs: last }
}

/** Slots lie a little farther apart where processes share. */
function pacedRate(ratePerSecond: number, mode: Pace['mode']): number {
  return mode === 'shared' && isCounted(ratePerSecond) ? ratePerSecond * SHARED_PACE : ratePerSecond
}

/** No slot of a claim is earlier. A node that sends alone catches up with slots that passed a moment ago. */
export function earliestSlotUs(
  { mode, ratePerSecond, lastStartAtUs }: Omit<Pace, 'after' | 'isTakenOver'>,
  nowUs: number,
): number {
  if (mode === 'shared' || !isCounted(ratePerSecond) || lastStartAtUs === null) return nowUs
  const next = lastStartAtUs + slotIntervalUs(ratePerSecond)
  return next >= nowUs - CATCH_UP_US ? Math.min(next, nowUs) : nowUs
}

/**
 * Within which the starts of one process are counted (µs). Shorter than as many slots take: what is left lets late calls be
 * made up for.
 */
function spanUs(ratePerSecond: number): number {
  return isCounted(ratePerSecond) ? SECOND_US + COUNT_MARGIN_US : Math.ceil(SECOND_US / ratePerSecond)
}

/**
 * The starts of one process for one sender or campaign: never more than the rate in any second, however late the calls
 * begin.
 */
export class StartWindow {
  #startsUs: Float64Array
  #next = 0
  #spanUs: number
  /** The last start; null before the first one. */
  lastUs: number | null = null

  constructor(ratePerSecond: number) {
    this.#startsUs = new Float64Array(startsMax(ratePerSecond)).fill(Number.NEGATIVE_INFINITY)
    this.#spanUs = spanUs(ratePerSecond)
  }

  /** From when on another call may begin (µs). */
  get freeAtUs(): number {
    return (this.#startsUs[this.#next] ?? 0) + this.#spanUs
  }

  add(startUs: number): void {
    this.#startsUs[this.#next] = startUs
    this.#next = (this.#next + 1) % this.#startsUs.length
    this.lastUs = startUs
  }

  /** Another rate from now on; the starts so far count. */
  follow(ratePerSecond: number): void {
    const before = [...this.#startsUs.subarray(this.#next), ...this.#startsUs.subarray(0, this.#next)]
    const after = new StartWindow(ratePerSecond)
    for (const at of before) if (at > Number.NEGATIVE_INFINITY) after.add(at)
    this.#startsUs = after.#startsUs
    this.#next = after.#next
    this.#spanUs = after.#spanUs
  }
}

function startsMax(ratePerSecond: number): number {
  return isCounted(ratePerSecond) ? Math.ceil(ratePerSecond) : 1
}

export const WINDOW_MIN = 8
export const WINDOW_MAX = 1_000

/** Calls in flight at once: twice what the rate needs at the latency seen. */
export function inFlightWindow(ratePerSecond: number, latencyMs: number): number {
  return Math.min(WINDOW_MAX, Math.max(WINDOW_MIN, Math.ceil(ratePerSecond * (latencyMs / 1000) * 2)))
}

/** Places of a window that calls on the wire will have left by the time that a claim is ready to send. */
export function placesFreeSoon(onTheWire: number, latencyMs: number): number {
  return Math.floor(onTheWire * Math.min(1, CLAIM_AHEAD_US / 1000 / Math.max(1, latencyMs)))
}

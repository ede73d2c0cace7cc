// The background work of a process: schedules, planning, sending, callbacks, and the care for what others left behind.
// `herald start` runs all of it, `herald run` only what one campaign needs.
import { setMaxListeners } from 'node:events'
import { referenceOf } from '../../domain/ids.ts'
import { Loop, type LoopOptions, nextTurn } from '../../runtime/loop.ts'
import { SideBySide } from '../../runtime/side-by-side.ts'
import { readOrigin } from '../../store/incarnation.ts'
import { listSendersToProve } from '../../store/proof-runs.ts'
import { listSenders } from '../../store/senders.ts'
import { findSetting } from '../../store/settings.ts'
import { endTroublesGone } from '../../store/troubles.ts'
import { finishCancels } from '../campaigns/cancel.ts'
import { finishErasures } from '../contacts/erasure.ts'
import { finishListRemovals } from '../contacts/lists.ts'
import type { Context } from '../context.ts'
import { eachAlone } from '../duties/each-alone.ts'
import { recoverImports } from '../import/apply-import.ts'
import { planRuns } from '../plan/planner.ts'
import { tickAll, tickCampaign } from '../plan/tick.ts'
import { proveSender } from '../send/prove.ts'
import { recoverLostNodes } from '../send/recover.ts'
import type { SenderConnections } from '../senders/sender-connections.ts'
import { askForTemplates, listSendersToAsk } from '../senders/templates.ts'
import { applyEvents } from '../track/apply-events.ts'
import { ReadMarks } from '../track/mark-read.ts'
import { pollSender } from '../track/poll.ts'
import { finishRedatings } from './redating.ts'
import { forgetOld } from './retention.ts'
import { SendersAtWork } from './senders-at-work.ts'

const TICK_MS = 1_000
const ALL_TICK_MS = 600_000
const PLAN_MS = 250
const APPLY_MS = 250
/** Stored callbacks wait so long for others to be applied with them. */
const APPLY_GATHER_MS = 20
/** After a pass of applying, the thread is left to what is urgent (answers, calls) for so many times as long. */
const APPLY_REST = 3
/** A turn of the event loop that takes longer had something to do. */
const OTHERS_MS = 1
const CARE_MS = 5_000
const PROOF_MS = 60_000
const POLL_MS = 60_000
/** A new sender is asked for its templates within it. */
const TEMPLATES_MS = 60_000
const RETENTION_MS = 600_000

export interface ServiceOptions {
  /** Only what this campaign needs: a command in the foreground. */
  campaignId?: number
  /** Only test messages of it. */
  isTestOnly?: boolean
}

/** Senders whose providers are asked at the same time, of each kind of question. */
const ASKED_AT_ONCE_MAX = 32

export class Service {
  readonly #ctx: Context
  readonly #connections: SenderConnections
  readonly #options: ServiceOptions
  readonly #loops: Loop[]
  readonly #applier: Loop
  readonly #planner: Loop
  readonly #senders: SendersAtWork
  readonly #readMarks: ReadMarks
  readonly #proofs = new SideBySide(ASKED_AT_ONCE_MAX)
  readonly #polls = new SideBySide(ASKED_AT_ONCE_MAX)
  readonly #templates = new SideBySide(ASKED_AT_ONCE_MAX)
  readonly #stop = new AbortController()
  #allTickedAt: number | undefined
  #wakeUp: NodeJS.Timeout | undefined

  constructor(ctx: Context, connections: SenderConnections, options: ServiceOptions = {}) {
    // Every question that is on the wire waits on it.
    setMaxListeners(0, this.#stop.signal)
    this.#ctx = ctx
    this.#connections = connections
    this.#options = options
    this.#readMarks = new ReadMarks(ctx.log)
    this.#senders = new SendersAtWork(ctx, connections, options)
    this.#applier = this.#loop('callbacks', APPLY_MS, async (signal) => {
      const startedAt = performance.now()
      const next = await applyEvents(ctx, connections, { readMarks: this.#readMarks, signal })
      if (next === true) await giveWay(APPLY_REST * (performance.now() - startedAt))
      return next === true ? true : Math.min(next ?? Number.POSITIVE_INFINITY, ctx.clock.now() + APPLY_MS)
    })
    this.#planner = this.#loop('planning', PLAN_MS, (signal) => this.#plan(signal))
    this.#loops = [
      this.#loop('schedules', TICK_MS, (signal) => this.#tick(signal)),
      this.#planner,
      this.#applier,
      this.#loop('care', CARE_MS, (signal) => this.#care(signal)),
      this.#loop('imports', CARE_MS, async (signal) => {
        await recoverImports(ctx, { closing: signal, isSending: () => this.onTheWire > 0 })
        return false
      }),
      this.#loop('proof', PROOF_MS, () => this.#prove()),
      this.#loop('polling', POLL_MS, () => this.#poll()),
      this.#loop('templates', TEMPLATES_MS, () => this.#askForTemplates()),
      this.#loop('retention', RETENTION_MS, () => forgetOld(ctx)),
    ]
  }

  #loop(name: string, idleMs: number, runOnce: LoopOptions['runOnce']): Loop {
    return new Loop({ name, clock: this.#ctx.clock, log: this.#ctx.log, idleMs, runOnce })
  }

  async start(): Promise<void> {
    await recoverLostNodes(this.#ctx)
    this.#senders.start()
    for (const loop of this.#loops) loop.start()
  }

  /** A callback was stored: it is applied soon, with those that are stored meanwhile. */
  wakeApplier(): void {
    this.#wakeUp ??= setTimeout(() => {
      this.#wakeUp = undefined
      this.#applier.wake()
    }, APPLY_GATHER_MS).unref()
  }

  get onTheWire(): number {
    return this.#senders.onTheWire
  }

  /** Claims no more, lets calls on the wire end and records them; then everything stands still. */
  async stop(): Promise<void> {
    this.#stop.abort()
    clearTimeout(this.#wakeUp)
    await Promise.all([
      this.#senders.stop(),
      ...this.#loops.map((loop) => loop.stop()),
      this.#proofs.settled(),
      this.#polls.settled(),
      this.#templates.settled(),
    ])
    // The last pass of a loop may have begun some.
    await Promise.all([
      this.#proofs.settled(),
      this.#polls.settled(),
      this.#templates.settled(),
      this.#readMarks.stop(),
    ])
  }

  /** A file that is not the one used last may have lived through its schedules already: it plans nothing either. */
  async #isHeld(): Promise<boolean> {
    return (await this.#ctx.db.read((tx) => findSetting(tx, 'hold'))) !== undefined
  }

  async #tick(signal: AbortSignal): Promise<false> {
    const { campaignId, isTestOnly } = this.#options
    if (isTestOnly || (await this.#isHeld())) return false
    if (campaignId === undefined) await tickAll(this.#ctx, { isEvery: this.#isTimeForAll(), signal })
    else await tickCampaign(this.#ctx, campaignId, signal)
    this.#planner.wake()
    return false
  }

  /** Now and then every schedule is looked at, so that a wrong clock which is right again has lost nothing. */
  #isTimeForAll(): boolean {
    const now = this.#ctx.clock.monotonic()
    if (this.#allTickedAt !== undefined && now - this.#allTickedAt < ALL_TICK_MS) return false
    this.#allTickedAt = now
    return true
  }

  async #plan(signal: AbortSignal): Promise<boolean> {
    const { campaignId, isTestOnly } = this.#options
    if (isTestOnly || (await this.#isHeld())) return false
    return planRuns(this.#ctx, {
      isSending: () => this.onTheWire > 0,
      signal,
      ...(campaignId !== undefined && { campaignId }),
    })
  }

  /** What other processes left: what they had on the wire, and what they were ordered to do. */
  async #care(signal: AbortSignal): Promise<boolean> {
    await recoverLostNodes(this.#ctx)
    await this.#ctx.db.write(async (tx) => endTroublesGone(tx, await tx.now()))
    let hasDone = false
    for (const finish of [finishCancels, finishListRemovals, finishErasures, finishRedatings])
      if (await finish(this.#ctx, signal)) hasDone = true
    return hasDone
  }

  /** Each sender at its own pace: one that is slow, or asks for patience, keeps no other one waiting. */
  async #prove(): Promise<false> {
    for (const senderId of await this.#ctx.db.read(listSendersToProve))
      this.#proofs.begin(senderId, () =>
        this.#ask('proof', senderId, (options) => proveSender(this.#ctx, this.#connections, options)),
      )
    return false
  }

  async #poll(): Promise<false> {
    if (this.#options.campaignId !== undefined) return false
    for (const { id } of await this.#ctx.db.read(listSenders))
      this.#polls.begin(id, () =>
        this.#ask('polling', id, (options) => pollSender(this.#ctx, this.#connections, options)),
      )
    return false
  }

  async #askForTemplates(): Promise<false> {
    if (this.#options.campaignId !== undefined) return false
    for (const id of await listSendersToAsk(this.#ctx))
      this.#templates.begin(id, () =>
        this.#ask('templates', id, () => askForTemplates(this.#ctx, this.#connections, id)),
      )
    return false
  }

  async #ask(
    work: 'proof' | 'polling' | 'templates',
    senderId: number,
    ask: (options: SenderQuestions) => Promise<unknown>,
  ): Promise<void> {
    const { log } = this.#ctx
    const { signal } = this.#stop
    try {
      await eachAlone(this.#ctx, { work, items: [senderId], idOf: (id) => id, signal }, async () => {
        const origin = await this.#ctx.db.read(readOrigin)
        await ask({ senderId, reference: (attemptId) => referenceOf(origin, attemptId), signal })
        return true
      })
    } catch (error) {
      log.error({ err: error, sender: senderId }, `${work} failed; it goes on`)
    }
  }
}

/** Leaves the thread to others for so long, if there are any: they had to wait, so they show within a turn. */
async function giveWay(ms: number): Promise<void> {
  const startedAt = performance.now()
  await nextTurn()
  await nextTurn()
  if (performance.now() - startedAt > OTHERS_MS) await new Promise((resolve) => setTimeout(resolve, ms))
}

interface SenderQuestions {
  senderId: number
  reference: (attemptId: number) => string
  signal: AbortSignal
}

// The background work of a process: schedules, planning, sending, callbacks, and the care for what others left behind.
// `herald start` runs all of it, `herald run` only what one campaign needs.
import { formatReference } from '../../domain/ids.ts'
import { Loop, type LoopOptions, nextTurn } from '../../runtime/loop.ts'
import type { RecordOutcome } from '../../store/record.ts'
import { listSendersAtWork, type Sender } from '../../store/senders.ts'
import { findSetting } from '../../store/settings.ts'
import type { Context } from '../context.ts'
import { type ApplyOptions, recoverImports } from '../import/apply-import.ts'
import { planRuns } from '../plan/planner.ts'
import { Ticker, tickCampaign } from '../plan/tick.ts'
import { seekProof } from '../send/prove.ts'
import { recoverLostNodes } from '../send/recover.ts'
import { SenderLoop } from '../send/sender-loop.ts'
import type { SenderConnections } from '../senders/sender-connections.ts'
import { applyEvents } from '../track/apply-events.ts'
import { ReadMarks } from '../track/mark-read.ts'
import { pollStatuses } from '../track/poll.ts'
import { forgetOld } from './retention.ts'

const TICK_MS = 1_000
const PLAN_MS = 250
const APPLY_MS = 250
/** Stored callbacks wait so long for others to be applied with them. */
const APPLY_GATHER_MS = 20
/** After a pass of applying, the thread is left to what is urgent (answers, calls) for so many times as long. */
const APPLY_REST = 3
/** A turn of the event loop that takes longer had something to do. */
const OTHERS_MS = 1
const SENDERS_MS = 250
const CARE_MS = 5_000
const PROOF_MS = 60_000
const POLL_MS = 60_000
const RETENTION_MS = 600_000

export interface ServiceOptions {
  /** Only what this campaign needs: a command in the foreground. */
  campaignId?: number
  /** Only test messages of it. */
  isTestOnly?: boolean
}

interface RunningSender {
  loop: SenderLoop
  /** What the loop was made of: a changed sender gets a new one. */
  made: string
}

export class Service {
  readonly #ctx: Context
  readonly #connections: SenderConnections
  readonly #options: ServiceOptions
  readonly #loops: Loop[]
  readonly #applier: Loop
  readonly #planner: Loop
  readonly #senders = new Map<number, RunningSender>()
  readonly #readMarks: ReadMarks
  readonly #stop = new AbortController()
  #wakeUp: NodeJS.Timeout | undefined
  #reference: (attemptId: number) => string = () => ''

  constructor(ctx: Context, connections: SenderConnections, options: ServiceOptions = {}) {
    this.#ctx = ctx
    this.#connections = connections
    this.#options = options
    const ticker = new Ticker(ctx)
    this.#readMarks = new ReadMarks(ctx.log)
    this.#applier = this.#loop('callbacks', APPLY_MS, async () => {
      const startedAt = performance.now()
      const next = await applyEvents(ctx, connections, this.#readMarks)
      if (next === true) await giveWay(APPLY_REST * (performance.now() - startedAt))
      return next === true ? true : Math.min(next ?? Number.POSITIVE_INFINITY, ctx.clock.now() + APPLY_MS)
    })
    this.#planner = this.#loop('planning', PLAN_MS, async () => {
      const { campaignId, isTestOnly } = this.#options
      if (isTestOnly) return false
      return planRuns(ctx, {
        isSending: () => this.onTheWire > 0,
        signal: this.#stop.signal,
        ...(campaignId !== undefined && { campaignId }),
      })
    })
    this.#loops = [
      this.#loop('schedules', TICK_MS, async () => {
        if (this.#options.isTestOnly) return false
        if (this.#options.campaignId === undefined) await ticker.runOnce()
        else await tickCampaign(ctx, this.#options.campaignId)
        this.#planner.wake()
        return false
      }),
      this.#planner,
      this.#loop('senders', SENDERS_MS, async () => {
        await this.#followSenders()
        return false
      }),
      this.#applier,
      this.#loop('care', CARE_MS, async () => {
        await recoverLostNodes(ctx)
        return false
      }),
      this.#loop('imports', CARE_MS, async (signal) => {
        await continueImports(ctx, { closing: signal, isSending: () => this.onTheWire > 0 })
        return false
      }),
      this.#loop('proof', PROOF_MS, async () => {
        await seekProof(ctx, connections, this.#reference)
        return false
      }),
      this.#loop('polling', POLL_MS, async (signal) => {
        if (this.#options.campaignId !== undefined) return false
        return pollStatuses(ctx, connections, { reference: this.#reference, signal })
      }),
      this.#loop('retention', RETENTION_MS, () => forgetOld(ctx)),
    ]
  }

  #loop(name: string, idleMs: number, runOnce: LoopOptions['runOnce']): Loop {
    return new Loop({ name, clock: this.#ctx.clock, log: this.#ctx.log, idleMs, runOnce })
  }

  async start(): Promise<void> {
    const [installation, epoch] = await this.#ctx.db.read(
      async (tx) => [await findSetting(tx, 'installation'), await findSetting(tx, 'epoch')] as const,
    )
    this.#reference = (attemptId) => formatReference(installation ?? '', epoch ?? 1, attemptId)
    await recoverLostNodes(this.#ctx)
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
    return [...this.#senders.values()].reduce((sum, { loop }) => sum + loop.onTheWire, 0)
  }

  /** Claims no more, lets calls on the wire end and records them; then everything stands still. */
  async stop(): Promise<void> {
    this.#stop.abort()
    clearTimeout(this.#wakeUp)
    await Promise.all(this.#loops.map((loop) => loop.stop()))
    await Promise.all([...this.#senders.values()].map(({ loop }) => loop.stop()))
    await this.#readMarks.stop()
    this.#senders.clear()
  }

  /** One loop per sender that has messages to send. */
  async #followSenders(): Promise<void> {
    const senders = await this.#ctx.db.read((tx) => listSendersAtWork(tx, this.#options.campaignId))
    for (const sender of senders) {
      const running = this.#senders.get(sender.id)
      const made = JSON.stringify([sender.baseUrl, sender.credentials, sender.concurrency, sender.account])
      if (running !== undefined && running.made === made) continue
      if (running !== undefined) await running.loop.stop()
      this.#senders.set(sender.id, { loop: await this.#startSender(sender), made })
    }
  }

  async #startSender(sender: Sender): Promise<SenderLoop> {
    const { provider, driver } = await this.#connections.get(sender.id)
    const { campaignId } = this.#options
    const loop = new SenderLoop(this.#ctx, {
      sender,
      provider,
      driver,
      reference: (attemptId) => this.#reference(attemptId),
      onRecorded: (outcome) => this.#tell(sender, outcome),
      ...(campaignId !== undefined && { campaignId }),
      ...(this.#options.isTestOnly && { isTestOnly: true }),
    })
    loop.start()
    return loop
  }

  #tell(sender: Sender, { isSenderPaused, pausedCampaigns }: RecordOutcome): void {
    if (isSenderPaused)
      this.#ctx.log.error({ sender: sender.name }, `sender ${sender.name} was paused: the provider refuses the account`)
    for (const campaign of pausedCampaigns)
      this.#ctx.log.error({ campaign }, `campaign cmp_${campaign} was paused after errors of its template`)
  }
}

/** Leaves the thread to others for so long, if there are any: they had to wait, so they show within a turn. */
async function giveWay(ms: number): Promise<void> {
  const startedAt = performance.now()
  await nextTurn()
  await nextTurn()
  if (performance.now() - startedAt > OTHERS_MS) await new Promise((resolve) => setTimeout(resolve, ms))
}

/** What an ended process left half applied or half taken back; when this one ends too, the next goes on. */
async function continueImports(ctx: Context, options: ApplyOptions & { closing: AbortSignal }): Promise<void> {
  try {
    await recoverImports(ctx, options)
  } catch (error) {
    if (!options.closing.aborted) throw error
  }
}

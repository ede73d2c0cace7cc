// The senders that have something to send, a loop each: started, stopped and made anew one by one, so that none waits for
// another.
// Reads runs at work and their senders. Safe to kill: the loops are.
import { Loop } from '../../runtime/loop.ts'
import type { RecordOutcome } from '../../store/record.ts'
import { listSendersAtWork, type Sender } from '../../store/senders.ts'
import type { Context } from '../context.ts'
import { eachAlone } from '../duties/each-alone.ts'
import { SenderLoop } from '../send/sender-loop.ts'
import { connectionOf, type SenderConnections } from '../senders/sender-connections.ts'

const FOLLOW_MS = 250

export interface SendersOptions {
  /** Only what this campaign needs. */
  campaignId?: number
  /** Only test messages of it. */
  isTestOnly?: boolean
}

interface AtWork {
  loop: SenderLoop
  /** What the loop was made of: a changed sender gets a new one. Its limits are read by every claim. */
  made: string
  /** It lets its calls end; afterwards the sender may start again. */
  isStopping: boolean
  stopped: Promise<void>
}

export class SendersAtWork {
  readonly #ctx: Context
  readonly #connections: SenderConnections
  readonly #options: SendersOptions
  readonly #follower: Loop
  readonly #atWork = new Map<number, AtWork>()

  constructor(ctx: Context, connections: SenderConnections, options: SendersOptions) {
    this.#ctx = ctx
    this.#connections = connections
    this.#options = options
    const { clock, log } = ctx
    const runOnce = (signal: AbortSignal) => this.#follow(signal)
    this.#follower = new Loop({ name: 'senders', clock, log, idleMs: FOLLOW_MS, runOnce })
  }

  start(): void {
    this.#follower.start()
  }

  get onTheWire(): number {
    return [...this.#atWork.values()].reduce((sum, { loop }) => sum + loop.onTheWire, 0)
  }

  /** Claims no more, lets calls on the wire end and records them. */
  async stop(): Promise<void> {
    const following = this.#follower.stop()
    for (const [id] of this.#atWork) this.#end(id)
    await following
    // The last pass may have started one.
    for (const [id] of this.#atWork) this.#end(id)
    await Promise.all([...this.#atWork.values()].map(({ stopped }) => stopped))
  }

  async #follow(signal: AbortSignal): Promise<false> {
    const { campaignId } = this.#options
    const items = await this.#ctx.db.read((tx) => listSendersAtWork(tx, campaignId))
    const wanted = new Set(items.map(({ id }) => id))
    for (const id of this.#atWork.keys()) if (!wanted.has(id)) this.#end(id)
    const isAll = campaignId === undefined
    await eachAlone(this.#ctx, { work: 'sending', items, idOf: ({ id }) => id, isAll, signal }, (sender) =>
      this.#followOne(sender),
    )
    return false
  }

  async #followOne(sender: Sender): Promise<boolean> {
    const known = this.#atWork.get(sender.id)
    const made = madeOf(sender)
    if (known === undefined) {
      const loop = await this.#start(sender)
      this.#atWork.set(sender.id, { loop, made, isStopping: false, stopped: Promise.resolve() })
      return true
    }
    if (known.made !== made) this.#end(sender.id)
    return false
  }

  /** Begins to stop a loop, and forgets it when it has stopped. */
  #end(id: number): void {
    const known = this.#atWork.get(id)
    if (known === undefined || known.isStopping) return
    known.isStopping = true
    known.stopped = known.loop
      .stop()
      .catch((error: unknown) => this.#ctx.log.error({ err: error, sender: id }, 'a sender did not stop in good order'))
      .finally(() => {
        this.#atWork.delete(id)
        this.#follower.wake()
      })
  }

  async #start(sender: Sender): Promise<SenderLoop> {
    const { provider, driver } = await this.#connections.get(sender.id)
    const { campaignId, isTestOnly } = this.#options
    const loop = new SenderLoop(this.#ctx, {
      sender,
      provider,
      driver,
      onRecorded: (outcome) => this.#tell(sender, outcome),
      ...(campaignId !== undefined && { campaignId }),
      ...(isTestOnly && { isTestOnly: true }),
    })
    loop.start()
    return loop
  }

  #tell(sender: Sender, { isSenderPaused, pausedCampaigns }: RecordOutcome): void {
    if (isSenderPaused)
      this.#ctx.log.error({ sender: sender.name }, `sender ${sender.name} was paused: the provider refuses the account`)
    for (const campaign of pausedCampaigns)
      this.#ctx.log.error(
        { campaign },
        `campaign cmp_${campaign} was paused: its template, or too many of its messages, failed`,
      )
  }
}

function madeOf(sender: Sender): string {
  const { concurrency, account } = sender
  return JSON.stringify([connectionOf(sender), concurrency, account])
}

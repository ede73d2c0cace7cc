// One process of the program: the real sender, planner, receiver and every other loop, over the shared file. It is started,
// stopped in good order or killed; a new one takes its place under the same name and another life.
import type { Context } from '../../../src/engine/context.ts'
import { NodeLife } from '../../../src/engine/node-life.ts'
import { SenderConnections } from '../../../src/engine/senders/sender-connections.ts'
import { Service } from '../../../src/engine/service/service.ts'
import { Receiver } from '../../../src/engine/track/receive.ts'
import type { OpenPool } from '../../../src/providers/http-client.ts'
import { SystemClock } from '../../../src/runtime/clock.ts'
import { readConfig } from '../../../src/runtime/config.ts'
import type { Log } from '../../../src/runtime/log.ts'
import { openSecrets } from '../../../src/runtime/secrets.ts'
import { holdUnlessLastUsed } from '../../../src/store/incarnation.ts'
import { NodeDatabase, type NodeDatabaseOptions } from './node-database.ts'
import type { Template } from './template.ts'
import { Owner, type VirtualTime } from './virtual-time.ts'
import { type SenderName, wordsOfSender } from './words.ts'

export interface ProcessOptions extends Pick<NodeDatabaseOptions, 'onWrite' | 'changeSql' | 'disk'> {
  name: string
  time: VirtualTime
  template: Template
  callDeadlineSeconds: number
  turnMs: () => number
  syncMs: () => number
  random: () => number
  openPool: OpenPool
  note: (line: string) => void
}

export class Process {
  readonly name: string
  readonly owner: Owner
  readonly ctx: Context
  readonly #time: VirtualTime
  readonly #db: NodeDatabase
  readonly #connections: SenderConnections
  readonly #receiver: Receiver
  readonly #service: Service
  readonly #webhookTokens: Template['webhookTokens']
  /** It serves: its doors are open. */
  isUp = false
  /** Orders that are being carried out: a process in good order ends them before it ends. */
  readonly #orders = new Set<Promise<unknown>>()
  /** The next sync of its disk fails. */
  isDiskFailing = false

  constructor(options: ProcessOptions) {
    const { name, time, disk, template, note } = options
    this.name = name
    this.owner = new Owner(name, options.turnMs)
    this.#time = time
    this.#webhookTokens = template.webhookTokens
    time.addOwner(this.owner)
    const clock = new SystemClock(time.source)
    const log = logOf((line) => note(`${name}: ${line}`))
    this.#db = new NodeDatabase({
      disk,
      now: () => clock.now(),
      onWrite: options.onWrite,
      changeSql: options.changeSql,
      sync: (done) => {
        time.after(this.owner, options.syncMs(), () => {
          const error = this.isDiskFailing ? Object.assign(new Error('EIO: i/o error'), { code: 'EIO' }) : null
          this.isDiskFailing = false
          done(error)
        })
      },
    })
    const appVersion = '0.0.0-test'
    const config = readConfig({
      env: {},
      flags: { databaseUrl: disk.path, callDeadlineSeconds: options.callDeadlineSeconds },
    })
    this.ctx = {
      db: this.#db,
      clock,
      random: options.random,
      config,
      log,
      secrets: openSecrets({ key: template.secretKey, keyFile: undefined, defaultKeyFile: '' }),
      node: new NodeLife({ db: this.#db, clock, log, appVersion }),
      appVersion,
      zoneDataVersion: 'test',
    }
    this.#connections = new SenderConnections(this.ctx, { openPool: options.openPool })
    this.#receiver = new Receiver(this.ctx, this.#connections, () => this.#service.wakeApplier())
    this.#service = new Service(this.ctx, this.#connections)
  }

  get isAlive(): boolean {
    return !this.owner.isDead
  }

  get hasFailed(): boolean {
    return this.#db.failure !== undefined
  }

  get hasOrders(): boolean {
    return this.isAlive && this.#orders.size > 0
  }

  /** Work in this process; what it comes to is told outside of it. */
  do<T>(work: (ctx: Context) => Promise<T>, onEnd: (error: unknown, value?: T) => void): void {
    this.#time.after(this.owner, 0, () => {
      work(this.ctx).then(
        (value) => onEnd(undefined, value),
        (error) => onEnd(error ?? new Error('failed')),
      )
    })
  }

  /** What an operator asked this process for. */
  order(work: (ctx: Context) => Promise<unknown>, onEnd: (error: unknown) => void): void {
    this.do((ctx) => {
      const order = work(ctx)
      const settled = order.then(
        () => {},
        () => {},
      )
      this.#orders.add(settled)
      void settled.then(() => this.#orders.delete(settled))
      return order
    }, onEnd)
  }

  start(onEnd: (error: unknown) => void): void {
    this.do(async ({ db }) => {
      await holdUnlessLastUsed(db)
      await this.#service.start()
      this.isUp = true
    }, onEnd)
  }

  stop(onEnd: (error: unknown) => void): void {
    this.isUp = false
    this.do(async ({ node, db }) => {
      await this.#service.stop()
      await this.#receiver.close()
      await Promise.all(this.#orders)
      await this.#connections[Symbol.asyncDispose]()
      await node[Symbol.asyncDispose]()
      await node.noteWritten()
      await db[Symbol.asyncDispose]()
      this.#time.kill(this.owner)
    }, onEnd)
  }

  kill(): void {
    if (!this.isAlive) return
    this.isUp = false
    this.#time.kill(this.owner)
    this.#db.kill()
  }

  /** A callback of a provider at the address of a sender; `onEnd` when it is answered with 200, or not. */
  receive({ sender, body }: { sender: SenderName; body: string }, onEnd: (error: unknown) => void): void {
    this.do(async () => {
      const door = await this.#receiver.find(sender, this.#webhookTokens[sender])
      if (door === undefined) throw new Error('the address for callbacks is not known')
      const headers = wordsOfSender[sender].sign(body, this.#time.wallMs)
      await door.receive({ body: Buffer.from(body), header: (name) => headers[name.toLowerCase()], url: '' })
    }, onEnd)
  }
}

/** What the program finds worth a warning is part of the story. */
function logOf(note: (line: string) => void): Log {
  const line = (values: unknown, text?: string) => {
    const error = (values as { err?: unknown }).err
    note(`${text ?? String(values)}${error === undefined ? '' : ` (${String(error)})`}`)
  }
  const silent = () => {}
  return { trace: silent, debug: silent, info: silent, warn: line, error: line, fatal: line } as unknown as Log
}

// This process as a node: a row with a heartbeat, a lock that dies with the process, and the care for nodes that died.
// Only work that holds something (planning, sending, applying an import) makes a process a node.
import { hostname } from 'node:os'
import { AppError } from '../domain/errors.ts'
import { formatInstant } from '../domain/instant.ts'
import { CLOCK_BEHIND_MAX_MS, type Clock } from '../runtime/clock.ts'
import type { Log } from '../runtime/log.ts'
import { Loop } from '../runtime/loop.ts'
import type { Database } from '../store/database.ts'
import { HEARTBEAT_MS, insertNode, listLivingNodes, newestHeartbeat, renewLease, stopNode } from '../store/nodes.ts'

export interface NodeOptions {
  db: Database
  clock: Clock
  log: Log
  appVersion: string
}

export class NodeLife implements AsyncDisposable {
  readonly #options: NodeOptions
  readonly #heartbeat: Loop
  #current: { id: number; lock: Disposable } | undefined
  #starting: Promise<number> | undefined
  readonly #onLost = new Set<() => void>()

  constructor(options: NodeOptions) {
    this.#options = options
    const { clock, log } = options
    this.#heartbeat = new Loop({
      name: 'heartbeat',
      clock,
      log,
      idleMs: HEARTBEAT_MS,
      runOnce: () => this.beat(),
    })
  }

  /** The id of this node; the first call makes the process one. */
  async id(): Promise<number> {
    if (this.#current !== undefined) return this.#current.id
    this.#starting ??= this.#start().finally(() => {
      this.#starting = undefined
    })
    return this.#starting
  }

  /** Called when the lease was lost: what this node holds is not its own any more. */
  onLost(listener: () => void): () => void {
    this.#onLost.add(listener)
    return () => this.#onLost.delete(listener)
  }

  async #start(): Promise<number> {
    const { db, clock, appVersion } = this.#options
    await checkClock(db, clock)
    await this.#refuseOtherVersions()
    const id = await db.write((tx) => insertNode(tx, { host: hostname(), pid: process.pid, appVersion }, clock.now()))
    this.#current = { id, lock: db.lockNode(id) }
    this.#heartbeat.start()
    return id
  }

  /** Programs of two versions may disagree on what a row means: they read side by side, but do not work so. */
  async #refuseOtherVersions(): Promise<void> {
    const { db, clock, appVersion } = this.#options
    const living = await db.read((tx) => listLivingNodes(tx, clock.now()))
    const other = living.find((node) => node.appVersion !== appVersion && !db.isNodeGone(node.id))
    if (other === undefined) return
    throw new AppError(
      'instance.version_mismatch',
      `Herald ${other.appVersion} is at work on this database (process ${other.pid} on ${other.host}), this is ${appVersion}`,
      { hint: 'Stop the other one, or use its version.' },
    )
  }

  /** One heartbeat. A node that finds its lease over gives up its id and goes on under a new one. */
  async beat(): Promise<boolean> {
    const current = this.#current
    if (current === undefined) return false
    const { db, clock, log } = this.#options
    if (await db.write((tx) => renewLease(tx, current.id, clock.now()))) return false
    log.warn({ node: current.id }, `node ${current.id} was silent for too long and starts again under a new id`)
    current.lock[Symbol.dispose]()
    this.#current = undefined
    for (const listener of this.#onLost) listener()
    return false
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#heartbeat.stop()
    const current = this.#current
    if (current === undefined) return
    const { db, clock } = this.#options
    await db.write((tx) => stopNode(tx, current.id, clock.now()))
    current.lock[Symbol.dispose]()
    this.#current = undefined
  }
}

/** A wall clock far behind the newest sign of life would plan and send at wrong times. */
export async function checkClock(db: Database, clock: Clock): Promise<void> {
  const newest = await db.read(newestHeartbeat)
  const now = clock.now()
  if (now >= newest - CLOCK_BEHIND_MAX_MS) return
  throw new AppError(
    'clock.behind',
    `the clock shows ${formatInstant(now)}, but the database was in use at ${formatInstant(newest)}`,
    {
      hint: 'Set the clock of this machine, then start again.',
    },
  )
}

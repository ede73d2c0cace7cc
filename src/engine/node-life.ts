// This process as a node: a row with a heartbeat, a lock that dies with the process, and the care for nodes that died.
// Only work that holds something (planning, sending, applying an import) makes a process a node.
import { hostname } from 'node:os'
import { AppError } from '../domain/errors.ts'
import type { Beside } from '../domain/incarnation.ts'
import { formatInstant } from '../domain/instant.ts'
import { possibleLease } from '../domain/possible-instant.ts'
import type { TroubleWork } from '../domain/trouble.ts'
import type { Clock } from '../runtime/clock.ts'
import type { Log } from '../runtime/log.ts'
import { Loop } from '../runtime/loop.ts'
import { ageMs, type Moment, momentOf } from '../runtime/moment.ts'
import type { Database } from '../store/database.ts'
import { epochName, raiseIncarnation, readOrigin } from '../store/incarnation.ts'
import { Journal } from '../store/journal.ts'
import {
  findNode,
  HEARTBEAT_MS,
  insertNode,
  LEASE_MS,
  listLivingNodes,
  listNodesAhead,
  renewLease,
  stopNode,
} from '../store/nodes.ts'

export interface NodeOptions {
  db: Database
  clock: Clock
  log: Log
  appVersion: string
}

/** No call begins in the last second of a lease: a successor takes over when it ends. */
const LEASE_HELD_MS = LEASE_MS - 1_000

/** This process under one id. */
export class HeldNode {
  readonly id: number
  readonly journal: Journal
  readonly #lock: Disposable
  readonly #clock: Clock
  #renewedAt: Moment
  #isOver = false

  constructor(clock: Clock, parts: { id: number; journal: Journal; lock: Disposable; renewedAt: Moment }) {
    this.id = parts.id
    this.journal = parts.journal
    this.#lock = parts.lock
    this.#clock = clock
    this.#renewedAt = parts.renewedAt
  }

  /** Whether what the node claimed is still its own: asked before every call, by clocks that a stopped process sees. */
  isHeld(): boolean {
    return !this.#isOver && ageMs(this.#clock, this.#renewedAt) < LEASE_HELD_MS
  }

  renewed(at: Moment): void {
    this.#renewedAt = at
  }

  end(): void {
    this.#isOver = true
    this.journal.close()
    this.#lock[Symbol.dispose]()
  }
}

export class NodeLife implements AsyncDisposable {
  readonly #options: NodeOptions
  readonly #heartbeat: Loop
  #current: HeldNode | undefined
  #starting: Promise<HeldNode> | undefined
  #isNoted = false
  readonly #failedAt = new Set<TroubleWork>()

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

  /** Whether this process is one already. */
  get isOne(): boolean {
    return this.#current !== undefined
  }

  /** Whether anything of this work failed here: a node's troubles are noted by itself alone, so others have none to read. */
  hasFailedAt(work: TroubleWork): boolean {
    return this.#failedAt.has(work)
  }

  failsAt(work: TroubleWork): void {
    this.#failedAt.add(work)
  }

  /** The id of this node; the first call makes the process one. */
  async id(): Promise<number> {
    return (await this.held()).id
  }

  /** This process as a node, with its lease and its journal. */
  async held(): Promise<HeldNode> {
    if (this.#current !== undefined) return this.#current
    this.#starting ??= this.#start().finally(() => {
      this.#starting = undefined
    })
    return this.#starting
  }

  async #start(): Promise<HeldNode> {
    const { db, clock, appVersion } = this.#options
    await checkClock(db, clock)
    await this.#refuseOtherVersions()
    const renewedAt = momentOf(clock)
    const { id, startedAt, epoch, note } = await db.write(async (tx) => ({
      startedAt: await tx.now(),
      id: await insertNode(tx, { host: hostname(), pid: process.pid, appVersion }, await tx.now()),
      epoch: epochName(await readOrigin(tx)),
      note: await raiseIncarnation(tx, db.notes),
    }))
    const lock = db.lockNode(id)
    this.#noteBeside(note)
    const journal = new Journal(db.journalPath(id), { nodeId: id, startedAt, epoch })
    const held = new HeldNode(clock, { id, journal, lock, renewedAt })
    this.#current = held
    this.#heartbeat.start()
    return held
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
    const renewed = await db.write(async (tx) => {
      const at = momentOf(clock)
      if (!(await renewLease(tx, current.id, await tx.now()))) return undefined
      return { at, note: await raiseIncarnation(tx, db.notes) }
    })
    if (renewed !== undefined) {
      current.renewed(renewed.at)
      this.#noteBeside(renewed.note)
      return false
    }
    log.warn({ node: current.id }, `node ${current.id} was silent for too long and starts again under a new id`)
    this.#current = undefined
    current.end()
    return false
  }

  /** A note that is missing holds nobody's sending falsely: the one before is behind the file. */
  #noteBeside(note: Beside | undefined): void {
    const { db, log } = this.#options
    if (note === undefined) return
    try {
      db.notes.write(note)
    } catch (error) {
      log.warn({ err: error }, 'the incarnation of the database cannot be noted beside it')
    }
  }

  /** What this process wrote is part of the database that is used last. */
  async noteWritten(): Promise<void> {
    const { db } = this.#options
    if (this.#isNoted || !db.hasWritten || db.failure !== undefined) return
    this.#isNoted = true
    this.#noteBeside(await db.write((tx) => raiseIncarnation(tx, db.notes)))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#heartbeat.stop()
    const current = this.#current
    if (current === undefined) return
    const { db } = this.#options
    this.#current = undefined
    // Where nothing can be written any more, the lock alone tells that this node has gone.
    if (db.failure === undefined) await db.write(async (tx) => stopNode(tx, current.id, await tx.now()))
    current.end()
  }
}

/**
 * A wall clock far behind that of a process that still runs would plan and send at wrong times. What dead ones left in
 * the future refuses nothing.
 */
export async function checkClock(db: Database, clock: Clock): Promise<void> {
  const now = clock.now()
  const ahead = await db.read((tx) => listNodesAhead(tx, now))
  const other = ahead.find(({ id, heartbeatAt }) => heartbeatAt > now && db.isNodeAlive(id))
  if (other === undefined) return
  throw new AppError(
    'clock.behind',
    `the clock shows ${formatInstant(now)}, but Herald (process ${other.pid} on ${other.host}) runs at ${formatInstant(other.heartbeatAt)}`,
    { hint: `If the clock of this machine is right, restart process ${other.pid}; else set the clock.` },
  )
}

/**
 * Whether another node may go on with what this one holds: its process is gone, or its lease is over. Where no lock can
 * tell, a lease that is longer than any can be is none.
 */
export async function isNodeOver({ db, clock }: Pick<NodeOptions, 'db' | 'clock'>, nodeId: number): Promise<boolean> {
  if (db.isNodeGone(nodeId)) return true
  const node = await db.read((tx) => findNode(tx, nodeId))
  if (node === undefined || node.stoppedAt !== null) return true
  const leaseUntil = possibleLease(node.leaseUntil, clock.now(), LEASE_MS)
  return leaseUntil === null ? !db.isNodeAlive(nodeId) : leaseUntil <= clock.now()
}

// Time, timers and turns of the event loop of a whole machine, in one thread and without waiting: the next thing that
// happens is the one that is due first. Each process has a queue of its own, so that it can stand still, be slow or die while
// the others go on. What a process begins (a timer, a turn) belongs to it, because nothing else runs until it rests.
import type { TimeSource } from '../../../src/runtime/clock.ts'
import { Chance } from './chance.ts'

/** One process, or the world outside. */
export class Owner {
  readonly name: string
  readonly events = new EventHeap()
  /** The thread has its next turn then (ms). */
  busyUntil = 0
  /** What one turn takes, in ms. */
  turnMs: () => number
  isDead = false

  constructor(name: string, turnMs: () => number = () => 0) {
    this.name = name
    this.turnMs = turnMs
  }
}

/** A timer as Node hands it out. */
export class Event {
  dueAt: number
  order: number
  readonly run: () => void
  readonly everyMs: number | undefined
  isOver = false

  constructor(dueAt: number, order: number, run: () => void, everyMs?: number) {
    this.dueAt = dueAt
    this.order = order
    this.run = run
    this.everyMs = everyMs
  }

  ref(): this {
    return this
  }

  unref(): this {
    return this
  }

  hasRef(): boolean {
    return true
  }
}

/** Events in the order in which they are due. */
class EventHeap {
  readonly #items: Event[] = []

  get first(): Event | undefined {
    while (this.#items[0]?.isOver) this.#take()
    return this.#items[0]
  }

  push(event: Event): void {
    const items = this.#items
    let at = items.push(event) - 1
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!isBefore(event, items[parent] as Event)) break
      items[at] = items[parent] as Event
      at = parent
    }
    items[at] = event
  }

  take(): Event | undefined {
    return this.first === undefined ? undefined : this.#take()
  }

  #take(): Event | undefined {
    const items = this.#items
    const [first] = items
    const last = items.pop()
    if (last === undefined || items.length === 0) return first
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= items.length) break
      if (child + 1 < items.length && isBefore(items[child + 1] as Event, items[child] as Event)) child++
      if (!isBefore(items[child] as Event, last)) break
      items[at] = items[child] as Event
      at = child
    }
    items[at] = last
    return first
  }

  clear(): void {
    this.#items.length = 0
  }
}

function isBefore(one: Event, other: Event): boolean {
  return one.dueAt < other.dueAt || (one.dueAt === other.dueAt && one.order < other.order)
}

/** Runs what was promised (ticks and promises) until nothing is left of it; deprecated, but nothing else does it. */
export const settlePromises = (process as unknown as { _tickCallback(): void })._tickCallback

export class VirtualTime {
  /** Milliseconds since the machine was started, without its sleep. */
  nowMs = 1_000
  /** For how long the machine has slept. */
  asleepMs = 0
  /** How far the wall clock is ahead of the time that has really passed. */
  wallOffsetMs: number
  events = 0
  readonly world = new Owner('world')
  #current: Owner = this.world
  readonly #owners: Owner[] = [this.world]
  readonly #chance: Chance
  #order = 0

  constructor(seed: number, startsAt: number) {
    this.#chance = new Chance(seed, 'order')
    this.wallOffsetMs = startsAt - this.trueMs
  }

  /** The time that has really passed, asleep or not (ms). */
  get trueMs(): number {
    return this.nowMs + this.asleepMs
  }

  /** What a wall clock shows that nobody ever set. */
  get wallMs(): number {
    return this.trueMs + this.wallOffsetMs
  }

  get source(): TimeSource {
    return {
      wall: () => Math.floor(this.wallMs),
      monotonic: () => this.nowMs,
      sinceBoot: () => this.nowMs,
      uptime: () => this.trueMs / 1000,
    }
  }

  get current(): Owner {
    return this.#current
  }

  addOwner(owner: Owner): void {
    this.#owners.push(owner)
  }

  /** A process dies: nothing of it happens any more. */
  kill(owner: Owner): void {
    if (owner.isDead) return
    owner.isDead = true
    owner.events.clear()
    this.#owners.splice(this.#owners.indexOf(owner), 1)
  }

  stall(owner: Owner, ms: number): void {
    owner.busyUntil = Math.max(owner.busyUntil, this.nowMs) + ms
  }

  after(owner: Owner, ms: number, run: () => void, everyMs?: number): Event {
    const event = new Event(this.nowMs + ms, this.#order++, run, everyMs)
    if (!owner.isDead) owner.events.push(event)
    return event
  }

  /** Work of a process that begins now, in the turn of somebody else. */
  within<T>(owner: Owner, work: () => T): T {
    const before = this.#current
    this.#current = owner
    try {
      return work()
    } finally {
      this.#current = before
    }
  }

  /** Lets time pass until `isOver`, asked after every turn, or until nothing is left to happen. */
  run(isOver: () => boolean): void {
    settlePromises()
    while (!isOver()) {
      const owner = this.#next()
      const event = owner?.events.take()
      if (owner === undefined || event === undefined) return
      this.nowMs = Math.max(this.nowMs, event.dueAt, owner.busyUntil)
      this.#turn(owner, event)
      this.events++
    }
  }

  /** Nothing of what was to come happens; what was promised before is settled. */
  endWorld(): void {
    this.world.events.clear()
    this.run(() => false)
  }

  #turn(owner: Owner, event: Event): void {
    this.#current = owner
    event.isOver = event.everyMs === undefined
    try {
      event.run()
      settlePromises()
    } finally {
      this.#current = this.world
    }
    if (event.everyMs !== undefined && !event.isOver && !owner.isDead) {
      event.dueAt = this.nowMs + event.everyMs
      event.order = this.#order++
      owner.events.push(event)
    }
    owner.busyUntil = Math.max(owner.busyUntil, this.nowMs + owner.turnMs())
  }

  /** Who is next; among several that could be, the seed decides. */
  #next(): Owner | undefined {
    let next: Owner | undefined
    let nextAt = Number.POSITIVE_INFINITY
    let equals = 1
    for (const owner of this.#owners) {
      const first = owner.events.first
      if (first === undefined) continue
      const readyAt = Math.max(this.nowMs, first.dueAt, owner.busyUntil)
      if (readyAt > nextAt) continue
      if (readyAt < nextAt) equals = 1
      else if (this.#chance.next() >= 1 / ++equals) continue
      next = owner
      nextAt = readyAt
    }
    return next
  }

  /** Puts this time in the place of the process's own, for as long as `work` takes; nothing may be awaited in it. */
  instead<T>(work: () => T): T {
    const random = new Chance(Math.floor(this.#chance.next() * 2 ** 31), 'Math.random')
    const timer = (run: (...args: unknown[]) => void, ms = 0, ...args: unknown[]) =>
      this.after(this.#current, Math.max(1, ms), () => run(...args))
    const interval = (run: (...args: unknown[]) => void, ms = 0, ...args: unknown[]) =>
      this.after(this.#current, Math.max(1, ms), () => run(...args), Math.max(1, ms))
    const immediate = (run: (...args: unknown[]) => void, ...args: unknown[]) =>
      this.after(this.#current, 0, () => run(...args))
    const clear = (event: unknown) => {
      if (event instanceof Event) event.isOver = true
    }
    return replacing(
      [
        [globalThis, 'setTimeout', timer],
        [globalThis, 'setInterval', interval],
        [globalThis, 'setImmediate', immediate],
        [globalThis, 'clearTimeout', clear],
        [globalThis, 'clearInterval', clear],
        [globalThis, 'clearImmediate', clear],
        [Date, 'now', () => Math.floor(this.wallMs)],
        [performance, 'now', () => this.nowMs],
        [Math, 'random', () => random.next()],
      ],
      work,
    )
  }
}

function replacing<T>(replacements: [object, string, unknown][], work: () => T): T {
  const before = replacements.map(([holder, name]) => Object.getOwnPropertyDescriptor(holder, name))
  try {
    for (const [holder, name, value] of replacements)
      Object.defineProperty(holder, name, { value, configurable: true, writable: true })
    return work()
  } finally {
    for (const [index, [holder, name]] of replacements.entries()) {
      const descriptor = before[index]
      if (descriptor === undefined) delete (holder as Record<string, unknown>)[name]
      else Object.defineProperty(holder, name, descriptor)
    }
  }
}

/** Runs what must not be within a promise: there, promises would not be settled. */
export function inTurnOfItsOwn<T>(work: () => T): Promise<T> {
  return new Promise((resolve, reject) => {
    setImmediate(() => {
      try {
        resolve(work())
      } catch (error) {
        reject(error)
      }
    })
  })
}

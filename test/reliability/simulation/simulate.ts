// One scenario, played: several processes over one file, a provider, people and accidents, in virtual time and in one go.
// What is promised is asked at each call and after each step; the same scenario always tells the same story.
import { createHash } from 'node:crypto'
import { AppError } from '../../../src/domain/errors.ts'
import { formatId } from '../../../src/domain/ids.ts'
import { PROOF_EXPIRED_REASON } from '../../../src/domain/message-status.ts'
import { launchByOperator } from '../../../src/engine/campaigns/launch.ts'
import { cancelByOperator, pauseByOperator, resumeByOperator } from '../../../src/engine/campaigns/lifecycle.ts'
import { eraseContactByOperator } from '../../../src/engine/contacts/erasure.ts'
import { addSuppression } from '../../../src/engine/contacts/suppressions.ts'
import type { Context } from '../../../src/engine/context.ts'
import { undoImport } from '../../../src/engine/import/undo-import.ts'
import { resolveUnknown } from '../../../src/engine/report/unknown.ts'
import { verify } from '../../../src/engine/report/verify.ts'
import { pauseSenderByOperator, resumeSenderByOperator, setSender } from '../../../src/engine/senders/senders.ts'
import { setCap } from '../../../src/engine/service/limits.ts'
import type { Connection } from '../../../src/store/sqlite-connection.ts'
import { phoneNumber } from '../../support/open-test-app.ts'
import { isFinal } from '../final-statuses.ts'
import { Chance, chanceOf } from './chance.ts'
import type { Disk } from './disk.ts'
import { type Call, Ledger, nameOf } from './ledger.ts'
import { Process } from './process.ts'
import { Provider } from './provider.ts'
import { type CampaignKind, campaignKinds, type Scenario, type Step, wordsOf } from './scenario.ts'
import { BEGINNING, type Template } from './template.ts'
import { settlePromises, VirtualTime } from './virtual-time.ts'
import { senderNames } from './words.ts'

/** A planted bug, for tests of the simulation itself. */
export interface Plant {
  changeSql?: (sql: string) => string
  ignoresBegin?: boolean
}

/** What one world leaves to the next. */
export interface Stage {
  disk: Disk
  template: Template
}

export interface Outcome {
  /** What was broken first, and when (ms after the beginning); undefined when nothing was. */
  failure: { what: string; at: number } | undefined
  trace: string[]
  /** Of the trace and the final state. */
  hash: string
  calls: number
  events: number
}

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
/** Halves of a day after which everything has ended: longer than any validity, and than proof is sought. */
const NIGHTS_MAX = 10
/** Turns in which a world that goes on has long come to its end: most take a thousand. */
const EVENTS_MAX = 200_000

/** To be called outside of promises: `inTurnOfItsOwn`. */
export function simulate(scenario: Scenario, { disk, template }: Stage, plant: Plant = {}): Outcome {
  const time = new VirtualTime(scenario.world.seed, BEGINNING)
  const before = process.listeners('unhandledRejection')
  process.removeAllListeners('unhandledRejection')
  const machine = time.instead(() => {
    disk.restore((connection) => prepare(connection, scenario))
    return new Machine(scenario, { disk, template, plant, time })
  })
  process.on('unhandledRejection', machine.onUnhandled)
  try {
    return time.instead(() => machine.play())
  } finally {
    time.instead(() => machine.end())
    process.removeListener('unhandledRejection', machine.onUnhandled)
    for (const listener of before) process.on('unhandledRejection', listener)
  }
}

function prepare(connection: Connection, { world }: Scenario): void {
  connection
    .prepare(`UPDATE senders SET rate_per_second = ?, pair_interval_ms = ?, daily_limit = ?`)
    .run(world.ratePerSecond, world.pairIntervalSeconds * 1000, world.dailyLimit)
}

interface Parts extends Stage {
  plant: Plant
  time: VirtualTime
}

class Machine {
  readonly #scenario: Scenario
  readonly #parts: Parts
  readonly #time: VirtualTime
  readonly #ledger: Ledger
  readonly #provider: Provider
  readonly #processes: (Process | undefined)[] = []
  readonly #lives: number[] = []
  readonly #trace: string[] = []
  readonly #syncs: Chance
  #failure: Outcome['failure']
  #hasWritten = false
  #isCalm = false
  #isLocked = false
  #unlock = (): void => {}
  /** Steps of the clock that was set, added up. */
  #clockSetMs = 0
  readonly #startedMs: number

  constructor(scenario: Scenario, parts: Parts) {
    const { world } = scenario
    const { time, disk, plant } = parts
    this.#scenario = scenario
    this.#parts = parts
    this.#time = time
    this.#startedMs = time.trueMs
    this.#syncs = new Chance(world.seed, 'sync')
    this.#ledger = new Ledger(disk.lease(disk.path, 'read'), time, (what) => this.#fail(what))
    this.#provider = new Provider({
      world,
      time,
      ledger: this.#ledger,
      note: (line) => this.#note(line),
      listProcesses: () => this.#up,
      ignoresBegin: plant.ignoresBegin,
    })
  }

  onUnhandled = (error: unknown): void => this.#fail(`a promise was rejected and nobody heard it: ${String(error)}`)

  get #up(): Process[] {
    return this.#processes.filter((process) => process?.isUp === true) as Process[]
  }

  #note(line: string): void {
    const ms = this.#time.trueMs - this.#startedMs
    // What differs from one run of a seed to the next.
    const told = line.replaceAll(this.#parts.disk.path, 'herald.db').replaceAll(`process ${process.pid}`, 'the process')
    this.#trace.push(`${(ms / 1000).toFixed(3).padStart(10)} s  ${told}`)
  }

  #fail(what: string): void {
    if (this.#failure !== undefined) return
    this.#failure = { what, at: this.#time.trueMs - this.#startedMs }
    this.#note(`BROKEN: ${what}`)
  }

  play(): Outcome {
    const { world, steps } = this.#scenario
    for (let index = 0; index < world.nodes; index++) this.#start(index)
    for (const step of steps) this.#time.after(this.#time.world, step.at, () => this.#step(step))
    this.#runFor(world.durationMs)
    this.#calm()
    if (world.isToEnd) this.#bringToEnd()
    else this.#runFor(800)
    this.#verify()
    return this.#outcome()
  }

  end(): void {
    this.#unlock()
    for (const process of this.#processes) process?.kill()
    // What is left to do of the dead: promises.
    this.#time.endWorld()
    this.#ledger.close()
  }

  #outcome(): Outcome {
    const state = this.#ledger.all<object>('SELECT id, status, reason, attempts, due_at FROM messages ORDER BY id')
    const hash = createHash('sha256')
      .update(JSON.stringify([this.#trace, state, this.#time.events]))
      .digest('hex')
    return {
      failure: this.#failure,
      trace: this.#trace,
      hash,
      calls: this.#ledger.calls.length,
      events: this.#time.events,
    }
  }

  #isBroken = (): boolean => {
    if (this.#hasWritten) {
      this.#hasWritten = false
      this.#ledger.look()
    }
    if (this.#time.events > EVENTS_MAX) this.#fail('the program runs in circles')
    return this.#failure !== undefined
  }

  #runFor(ms: number): void {
    let isOver = this.#failure !== undefined
    this.#time.after(this.#time.world, ms, () => {
      isOver = true
    })
    this.#time.run(() => this.#isBroken() || isOver)
  }

  /** Runs until something has happened, within a minute. */
  #await(what: string, begin: (done: () => void) => void): void {
    if (this.#failure !== undefined) return
    let isOver = false
    let isLate = false
    begin(() => {
      isOver = true
    })
    this.#time.after(this.#time.world, 60_000, () => {
      isLate = true
    })
    this.#time.run(() => this.#isBroken() || isOver || isLate)
    if (!isOver) this.#fail(`${what} does not end within a minute`)
  }

  #untilOrdersEnd(): void {
    let isLate = false
    this.#time.after(this.#time.world, 60_000, () => {
      isLate = true
    })
    this.#time.run(() => this.#isBroken() || isLate || !this.#up.some(({ hasOrders }) => hasOrders))
    if (isLate) this.#fail('an order does not end within a minute')
  }

  #start(index: number): void {
    if (this.#processes[index]?.isAlive === true) return
    const life = (this.#lives[index] ?? 0) + 1
    this.#lives[index] = life
    const { world } = this.#scenario
    const { time, disk, template, plant } = this.#parts
    const name = `${'ABC'[index]}${life}`
    const random = new Chance(world.seed, `random ${name}`)
    const turns = new Chance(world.seed, `turns ${name}`)
    const started: Process = new Process({
      name,
      time,
      disk,
      template,
      callDeadlineSeconds: world.callDeadlineSeconds,
      // Now and then a turn takes a hundred times as long: the garbage is collected.
      turnMs: () => world.turnMs * (0.5 + turns.next()) * (turns.is(0.002) ? 100 : 1),
      syncMs: () => this.#syncMs(),
      random: () => random.next(),
      openPool: () => this.#provider.poolOf(() => started),
      note: (line) => this.#note(line),
      onWrite: () => {
        this.#hasWritten = true
      },
      changeSql: plant.changeSql,
    })
    this.#processes[index] = started
    this.#note(`${name} starts`)
    started.start((error) => {
      if (error !== undefined) {
        this.#note(`${name} does not start: ${String(error)}`)
        started.kill()
        this.#time.after(this.#time.world, 1_000, () => this.#start(index))
      }
    })
  }

  #syncMs(): number {
    const isSlow = !this.#isCalm && this.#syncs.next() < this.#scenario.world.faults.slowSync
    return isSlow ? this.#syncs.spread(20, 1_500) : this.#syncs.spread(0.1, 4)
  }

  #step(step: Step): void {
    this.#note(`STEP ${wordsOf(step)}`)
    this.#act(step)
    this.#ledger.checkBooks()
  }

  #act(step: Step): void {
    const { list } = this.#scenario.world
    switch (step.act) {
      case 'launch':
        return this.#operate(step, (ctx) => launchByOperator(ctx, `${step.campaign} ${list}`, { isEvenIfNobody: true }))
      case 'pause':
        return this.#operate(step, (ctx) => pauseByOperator(ctx, `${step.campaign} ${list}`))
      case 'resume':
        return this.#operate(step, (ctx) => resume(ctx, `${step.campaign} ${list}`))
      case 'cancel':
        return this.#operate(step, (ctx) => cancelByOperator(ctx, `${step.campaign} ${list}`))
      case 'suppress':
        return this.#operate(step, (ctx) => addSuppression(ctx, phoneNumber(step.person)))
      case 'optOut':
        return this.#provider.write(phoneNumber(step.person), 'STOP')
      case 'erase':
        return this.#operate(step, (ctx) => eraseContactByOperator(ctx, phoneNumber(step.person)))
      case 'strayCallback':
        return this.#provider.tellStray(step.kind, step.status)
      case 'pauseSender':
        return this.#operate(step, (ctx) => pauseSenderByOperator(ctx, step.sender))
      case 'resumeSender':
        return this.#operate(step, (ctx) => resumeSenderByOperator(ctx, step.sender))
      case 'settleUnknown':
        return this.#settleUnknown(step)
      case 'setRate':
        return this.#operate(step, (ctx) => setSender(ctx, step.sender, { ratePerSecond: step.ratePerSecond }))
      case 'setCap':
        this.#ledger.capMaxEver = Math.max(this.#ledger.capMaxEver, step.max)
        return this.#operate(step, (ctx) => setCap(ctx, { id: 'daily', max: step.max }))
      case 'undoImport':
        return this.#undoImport(step)
      case 'powerCut':
        return this.#cutPower(step)
      case 'kill':
        this.#processes[step.node]?.kill()
        return this.#startLater(step.node, step.againAfterMs)
      case 'killStarts':
        return this.#killStarts(step.node, step)
      case 'stop':
        return this.#stop(step.node, step.againAfterMs)
      case 'stall': {
        const process = this.#processes[step.node]
        return process && this.#time.stall(process.owner, step.ms)
      }
      case 'sleep':
        this.#time.asleepMs += step.ms
        return
      case 'setClock':
        this.#time.wallOffsetMs += step.ms
        this.#ledger.clockSetMs = this.#time.trueMs
        this.#clockSetMs += Math.abs(step.ms)
        return
      case 'lockDatabase':
        return this.#lockDatabase(step.ms)
      case 'failSync': {
        const process = this.#processes[step.node]
        if (process !== undefined) process.isDiskFailing = true
        return void this.#time.after(this.#time.world, step.againAfterMs, () => this.#restartIfFailed(step.node))
      }
    }
  }

  #killStarts(index: number, { times, everyMs }: { times: number; everyMs: number }): void {
    this.#processes[index]?.kill()
    this.#start(index)
    if (times > 0 && !this.#isCalm)
      this.#time.after(this.#time.world, everyMs, () => this.#killStarts(index, { times: times - 1, everyMs }))
  }

  /** The newest one into the list of this world. */
  #undoImport(step: Step): void {
    const [newest] = this.#ledger.all<{ id: number }>(
      `SELECT max(i.id) AS id FROM imports i JOIN lists l ON l.id = i.list_id WHERE l.name = '${this.#scenario.world.list}'`,
    )
    if (newest !== undefined) this.#operate(step, (ctx) => undoImport(ctx, formatId('import', newest.id)))
  }

  #cutPower({ at, againAfterMs }: { at: number; againAfterMs: number }): void {
    const { disk } = this.#parts
    this.#unlock()
    for (const process of this.#processes) process?.kill()
    settlePromises()
    disk.cutPower((name, bytes) => Math.floor(bytes * chanceOf(this.#scenario.world.seed, 'torn', name, at)))
    this.#ledger.connect(disk.lease(disk.path, 'read'))
    this.#ledger.checkDurable()
    for (const index of this.#processes.keys()) this.#startLater(index, againAfterMs)
  }

  #startLater(index: number, ms: number): void {
    this.#time.after(this.#time.world, ms, () => this.#start(index))
  }

  #stop(index: number, againAfterMs: number): void {
    const process = this.#processes[index]
    if (process === undefined || !process.isUp) return
    process.stop((error) => {
      this.#note(`${process.name} has stopped${error === undefined ? '' : `: ${String(error)}`}`)
      process.kill()
      this.#startLater(index, againAfterMs)
    })
  }

  #restartIfFailed(index: number): void {
    const process = this.#processes[index]
    if (process === undefined || !process.hasFailed) return
    this.#note(`${process.name} is restarted`)
    process.kill()
    this.#start(index)
  }

  #lockDatabase(ms: number): void {
    if (this.#isLocked) return
    this.#isLocked = true
    const { disk } = this.#parts
    const connection = disk.lease(disk.path, 'write')
    connection.exec('BEGIN IMMEDIATE')
    this.#unlock = () => {
      this.#isLocked = false
      this.#unlock = () => {}
      connection.close()
    }
    this.#time.after(this.#time.world, ms, () => this.#unlock())
  }

  /** An order of an operator, by any process that serves. What it is refused is no matter here. */
  #operate(
    step: { act: string; at: number },
    work: (ctx: Context) => Promise<unknown>,
    onDone: () => void = () => {},
  ): void {
    const up = this.#up
    const process = up[step.at % Math.max(1, up.length)]
    if (process === undefined) {
      this.#note(`nobody takes the order: ${step.act}`)
      return onDone()
    }
    process.order(work, (error) => {
      const refused = error === undefined ? '' : `, refused: ${(error as AppError).code ?? String(error)}`
      this.#note(`${process.name} has done: ${step.act}${refused}`)
      if (error !== undefined && !(error instanceof AppError)) this.#fail(`${step.act} failed: ${String(error)}`)
      onDone()
    })
  }

  /** By somebody who knows what the provider knows, and only when it is decided there. */
  #settleUnknown(step: Step): void {
    const unknown = this.#ledger.all<{ id: number }>(`SELECT id FROM messages WHERE status = 'unknown' ORDER BY id`)
    const row = unknown.find(({ id }) => this.#ledger.callsOf(id).every((call) => call.isAccepted !== undefined))
    if (row === undefined) return
    const calls = this.#ledger.callsOf(row.id)
    const isAccepted = calls.some((call) => call.isAccepted)
    const resolution = isAccepted ? 'accepted' : step.at % 2 === 0 ? 'failed' : 'resend'
    this.#ledger.settledByOperator.add(row.id)
    if (resolution === 'resend') for (const call of calls) call.mayBeRepeated = true
    this.#note(`message ${row.id} is settled: ${resolution}`)
    this.#operate(step, (ctx) => resolveUnknown(ctx, formatId('message', row.id), resolution))
  }

  /** Faults stop, and whoever is away comes back. */
  #calm(): void {
    this.#note('faults stop')
    this.#isCalm = true
    this.#unlock()
    this.#provider.isCalm = true
    for (const [index, process] of this.#processes.entries()) {
      if (process === undefined) continue
      process.owner.busyUntil = this.#time.nowMs
      process.isDiskFailing = false
      if (process.hasFailed) process.kill()
      this.#start(index)
    }
  }

  #bringToEnd(): void {
    const { list } = this.#scenario.world
    this.#runFor(1_000)
    // A launch that a slow disk holds up would come after the last words.
    this.#untilOrdersEnd()
    const last = (act: string, work: (ctx: Context) => Promise<unknown>) =>
      this.#await(act, (done) => this.#operate({ act, at: 0 }, work, done))
    for (const sender of senderNames) {
      last(`resumeSender ${sender}`, (ctx) => resumeSenderByOperator(ctx, sender))
      last(`setSender ${sender}`, (ctx) => setSender(ctx, sender, { ratePerSecond: 200, dailyLimit: null }))
    }
    for (const kind of campaignKinds) last(`resume ${kind}`, (ctx) => resume(ctx, `${kind} ${list}`))
    // It has no end of its own: it lives through a night.
    if (this.#hours() !== undefined) this.#night()
    this.#checkHours()
    last('cancel Hourly', (ctx) => cancelByOperator(ctx, `Hourly ${list}`))
    this.#runFor(1_000)
    for (let night = 0; night < NIGHTS_MAX && this.#failure === undefined && this.#left().length > 0; night++)
      this.#night()
    for (const what of this.#left()) this.#fail(what)
  }

  /** Everything is stopped for half a day, and one process begins again: it looks after everything when it starts. */
  #night(): void {
    for (const [index, process] of this.#processes.entries()) {
      if (process?.isAlive !== true) continue
      this.#await(`the stop of ${process.name}`, (done) =>
        process.stop((error) => {
          if (error !== undefined) this.#fail(`${process.name} does not stop in good order: ${String(error)}`)
          done()
        }),
      )
      this.#processes[index]?.kill()
    }
    this.#time.asleepMs += 13 * HOUR_MS
    this.#note('half a day passes')
    this.#start(0)
    this.#runFor(1_500)
  }

  /** When the hourly campaign began, while it goes on. */
  #hours(): { campaignId: number; since: number } | undefined {
    const name = `Hourly ${this.#scenario.world.list}`
    const [campaign] = this.#ledger.all<{ campaignId: number; since: number }>(
      `SELECT id AS campaignId, launched_at AS since FROM campaigns WHERE name = '${name}' AND status IN ('scheduled', 'running')`,
    )
    return campaign
  }

  /** Each hour of a schedule has one run or one row that says why not, however late it was looked at. */
  #checkHours(): void {
    const hours = this.#hours()
    if (hours === undefined || this.#ledger.isClockSet) return
    const runs = this.#ledger.all<{ at: number }>(
      `SELECT occurrence_at AS at FROM runs WHERE campaign_id = ${hours.campaignId} AND kind = 'scheduled' ORDER BY occurrence_at`,
    )
    const due: number[] = []
    for (let at = Math.ceil((hours.since + 1) / HOUR_MS) * HOUR_MS; at <= this.#time.wallMs; at += HOUR_MS) due.push(at)
    const found = runs.map(({ at }) => at).filter((at) => at > hours.since)
    if (found.join() !== due.join())
      this.#fail(`${due.length} hours have passed, and the schedule has ${found.length} of them`)
  }

  /** What has not come to its end. */
  #left(): string[] {
    const messages = this.#ledger.all<{ id: number; status: string; reason: string | null }>(
      'SELECT id, status, reason FROM messages',
    )
    const runs = this.#ledger.all<{ id: number; status: string }>(
      `SELECT id, status FROM runs WHERE status IN ('planning', 'sending')`,
    )
    const campaigns = this.#ledger.all<{ name: string }>(
      `SELECT name FROM campaigns WHERE launched_at IS NOT NULL AND status NOT IN ('finished', 'cancelled')`,
    )
    const troubles = this.#ledger.all<{ work: string; message: string }>('SELECT work, message FROM troubles')
    return [
      ...messages.flatMap(({ id, status, reason }) => {
        if (!isFinal(status)) return `message ${id} is still ${status}`
        return status === 'unknown' && reason !== PROOF_EXPIRED_REASON ? `message ${id} is unknown without an end` : []
      }),
      ...runs.map(({ id, status }) => `run ${id} is still ${status}`),
      ...campaigns.map(({ name }) => `campaign ${name} has not ended`),
      ...troubles.map(({ work, message }) => `trouble is left with ${work}: ${message}`),
    ]
  }

  #verify(): void {
    this.#ledger.checkBooks()
    this.#checkTruth()
    this.#checkCaps()
    const [process] = this.#up
    if (process === undefined || this.#failure !== undefined) return
    this.#await('verify', (done) =>
      process.do(verify, (error, value) => {
        if (error !== undefined) this.#fail(`verify failed: ${String(error)}`)
        // Two processes may tell another time after the clock was set, each its own.
        const ofClocks = ['suppressions', 'validity', 'callbacks']
        for (const { name, ok, broken } of value?.checks ?? [])
          if (!ok && !(this.#ledger.isClockSet && ofClocks.includes(name))) this.#fail(`verify: ${name}: ${broken[0]}`)
        done()
      }),
    )
  }

  /** What we say of a message is what the provider knows, or that we do not know. */
  #checkTruth(): void {
    const rows = this.#ledger.all<{ id: number; status: string }>('SELECT id, status FROM messages')
    for (const { id, status } of rows) {
      const calls = this.#ledger.callsOf(id)
      const accepted = calls.filter((call) => call.isAccepted)
      if (accepted.length === 0 && ['accepted', 'sent', 'delivered', 'read'].includes(status))
        this.#fail(`message ${id} is ${status}, but was never accepted`)
      if (this.#ledger.settledByOperator.has(id)) continue
      const standing = accepted.filter((call) => !call.told.has('failed'))
      if (standing.length > 0 && ['pending', 'skipped', 'expired', 'cancelled', 'failed'].includes(status))
        this.#fail(`message ${id} is ${status}, but the provider has accepted it`)
      if (standing.length > 1) this.#fail(`message ${id} was accepted ${standing.length} times`)
    }
  }

  /** Nobody gets more marketing in a day than a cap ever allowed. */
  #checkCaps(): void {
    if (this.#clockSetMs > 1_000) return
    const kinds: CampaignKind[] = ['Once', 'Again', 'Hourly', 'Night']
    const counted = this.#ledger.calls.filter(
      (call) => call.isAccepted && !call.told.has('failed') && kinds.some((kind) => call.campaign.startsWith(kind)),
    )
    const byPerson = new Map<number, Call[]>()
    for (const call of counted) byPerson.set(call.contactId, [...(byPerson.get(call.contactId) ?? []), call])
    for (const calls of byPerson.values())
      for (const first of calls) {
        const within = calls.filter(({ trueMs }) => trueMs >= first.trueMs && trueMs < first.trueMs + DAY_MS - 5_000)
        if (within.length > this.#ledger.capMaxEver)
          this.#fail(`${nameOf(first)} got ${within.length} marketing messages within a day`)
      }
  }
}

async function resume(ctx: Context, name: string): Promise<unknown> {
  return resumeByOperator(ctx, name, { isAcknowledged: true })
}

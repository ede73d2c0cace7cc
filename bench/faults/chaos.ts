// Herald as one to six processes on one database, killed and stopped at random moments until its campaign is over: nobody
// gets a message twice, nobody is forgotten, and who opted out gets nothing, nor anybody while the campaign is paused.
import { setTimeout as sleep } from 'node:timers/promises'
import { type Program, patienceSeconds } from '../../test/reliability/faults/program.ts'
import { brokenIn, campaign, Stage, type Template, type Verdict } from '../../test/reliability/faults/stage.ts'

/** Between two disturbances. */
const CALM_MS = { from: 100, until: 900 }
/** Shorter than any lease. */
const SHORT_STOP_MS = { from: 50, until: 2_500 }
/** Longer than the lease of a node and the deadline of its calls. */
const LONG_STOP_MS = { from: 18_000, until: 20_000 }
/** Of the campaign, long enough for calls that come too late. */
const PAUSE_MS = 3_000
/** How often one that starts is left alone: some are killed before they are up, and most come up. */
const SPARED = 0.7

export interface ChaosOptions {
  processes: number
  /** Kills in the round. */
  kills: number
  stops: number
  longStops: number
  /** Of the server, where the database is on one; and of all connections to it. */
  crashes?: number
  cuts?: number
  random: () => number
  onStep: (step: string) => void
}

export interface ChaosOutcome {
  kills: number
  stops: number
  verdict: Verdict
  broken: string[]
}

export async function chaosRound(template: Template, options: ChaosOptions): Promise<ChaosOutcome> {
  await using stage = await Stage.open(template, {
    latency: 0.03,
    seed: Math.floor(options.random() * 1e6),
    env: { HERALD_CALL_DEADLINE_SECONDS: '2' },
  })
  const { random } = options
  const between = ({ from, until }: { from: number; until: number }) => from + random() * (until - from)
  const crowd = new Crowd(stage, options.processes)
  await crowd.started()
  await stage.ask('campaigns', 'launch', campaign)
  const done = { kills: 0, stops: 0, longStops: 0, crashes: 0, cuts: 0 }
  const { server } = template.options
  const stops: { at: number; to?: string[]; until?: number }[] = []
  const isOver = () => stage.values(`SELECT 1 FROM runs WHERE status IN ('planning', 'sending')`).length === 0
  const patience = { asked: 0, since: performance.now() }
  const look = () => {
    const asked = stage.sink.requests().length
    const { people } = template.options
    options.onStep(`${asked} of ${people} calls, ${done.kills} kills, ${done.stops + done.longStops} stops`)
    if (asked > patience.asked) Object.assign(patience, { asked, since: performance.now() })
    if (performance.now() - patience.since > patienceSeconds * 1000) throw new Error(`standstill after ${asked} calls`)
  }
  const disturbServer = () => {
    if (server === undefined || random() < 0.5) return false
    if (done.cuts < (options.cuts ?? 0)) {
      done.cuts++
      server.cutConnections(stage.database)
    } else if (done.crashes < (options.crashes ?? 0)) {
      done.crashes++
      server.crash()
    } else return false
    return true
  }
  const disturb = async () => {
    if (disturbServer()) return
    const at = Math.floor(random() * options.processes)
    if (crowd.isAsleep(at) || (crowd.isStarting(at) && random() < SPARED)) return
    const isToBeKilled = done.kills < options.kills && random() < 0.5
    if (done.longStops < options.longStops) {
      done.longStops++
      crowd.stopFor(at, between(LONG_STOP_MS))
    } else if (done.stops < options.stops && !isToBeKilled) {
      done.stops++
      crowd.stopFor(at, between(SHORT_STOP_MS))
    } else if (done.kills < options.kills) {
      done.kills++
      await crowd.kill(at)
    }
  }

  await stage.sink.asked(5)
  await optOut(stage, stops)
  const pause = pauseForAWhile(stage, stops).catch(({ message }: Error) => [message])
  while (!isOver()) {
    await sleep(between(CALM_MS))
    look()
    await disturb()
  }
  const pauseFailed = await pause
  const codes = await crowd.end()
  const { ratePerSecond: rate, concurrency: window = 8 } = template.options
  const verdict = await stage.check({
    rate,
    stops,
    kills: done.kills,
    unsent: stops.filter(({ to }) => to !== undefined).length,
    unknownMax: window * (done.kills + done.longStops + done.stops),
  })
  const verified = await stage.herald(['verify']).ended()
  return {
    kills: done.kills,
    stops: done.stops + done.longStops,
    verdict,
    broken: [
      ...brokenIn(verdict),
      ...pauseFailed,
      ...codes.filter((code) => code !== 0).map((code) => `a service ended with ${code}`),
      ...(verified.code === 0 ? [] : ['verify finds something']),
    ],
  }
}

/** The services of a round. One that is killed is started again at once, and others are disturbed while it starts. */
class Crowd {
  readonly #stage: Stage
  readonly #services: Program[]
  readonly #asleep = new Set<Program>()
  readonly #starting = new Map<Program, Promise<void>>()
  readonly #wakeUps: Promise<void>[] = []

  constructor(stage: Stage, processes: number) {
    this.#stage = stage
    this.#services = Array.from({ length: processes }, () => this.#start())
  }

  #start(): Program {
    const program = this.#stage.herald(['start', '--port', '0'])
    const isUp = () => void this.#starting.delete(program)
    this.#starting.set(program, program.answered().then(isUp, isUp))
    return program
  }

  isAsleep(at: number): boolean {
    return this.#asleep.has(this.#at(at))
  }

  isStarting(at: number): boolean {
    return this.#starting.has(this.#at(at))
  }

  #at(at: number): Program {
    const program = this.#services[at]
    if (program === undefined) throw new Error(`no process ${at}`)
    return program
  }

  async started(): Promise<void> {
    await Promise.all(this.#starting.values())
  }

  async kill(at: number): Promise<void> {
    await this.#at(at).kill9()
    this.#services[at] = this.#start()
  }

  stopFor(at: number, ms: number): void {
    const program = this.#at(at)
    program.signal('SIGSTOP')
    this.#asleep.add(program)
    const wakeUp = () => {
      this.#asleep.delete(program)
      program.signal('SIGCONT')
    }
    this.#wakeUps.push(sleep(ms).then(wakeUp))
  }

  /** In good order, once all are up and awake; their exit codes. */
  async end(): Promise<(number | null)[]> {
    await Promise.all(this.#wakeUps)
    await this.started()
    return Promise.all(this.#services.map((service) => service.stop()))
  }
}

/** What comes later than a second after the pause and before the resumption is broken. */
async function pauseForAWhile(stage: Stage, stops: { at: number; until?: number }[]): Promise<string[]> {
  await stage.ask('campaigns', 'pause', campaign)
  const at = Date.now() / 1000
  await sleep(PAUSE_MS)
  stops.push({ at, until: Date.now() / 1000 })
  await stage.ask('campaigns', 'resume', campaign)
  return []
}

/** Two people opt out while it is sent. */
async function optOut(stage: Stage, stops: { at: number; to?: string[] }[]): Promise<void> {
  const waiting = `SELECT c.phone FROM messages m JOIN contacts c ON c.id = m.contact_id
    WHERE m.status = 'pending' ORDER BY m.id DESC LIMIT 2`
  for (const phone of stage.values<string>(waiting)) {
    await stage.ask('suppress', 'add', phone)
    stops.push({ at: Date.now() / 1000, to: [phone] })
  }
}

// Launches that a page looks on at: first what a review finds out before, then the launch itself. Both go through
// everybody, and those who ask meanwhile see how far they are. What was found is lost with the process; a launch that is
// given up has launched nothing.
import { AppError } from '../../domain/errors.ts'
import { formatId } from '../../domain/ids.ts'
import { paceOf } from '../../domain/pace.ts'
import { getCampaign, getRevision } from '../../store/campaigns.ts'
import type { Context, OnProgress } from '../context.ts'
import { countAudience } from './audience-count.ts'
import { type LaunchedView, type LaunchOptions, type LaunchReview, launchByOperator, reviewLaunch } from './launch.ts'
import { refuseOtherCount } from './reach.ts'

/** Up to so many people are gone through before the caller gets an answer: some 60 ms of work. */
const AT_ONCE_MAX = 2_000
/** What came of it is shown so long; then everybody is looked at again. */
const SHOWN_MS = 60_000
/** How often everybody is gone through: their texts and facts, then what becomes of them. */
const rounds = ['checked', 'people decided about']

/** Work on everybody of an audience. */
export interface Watched<T> {
  people: number
  state: 'running' | 'done' | 'failed'
  /** How much of it is done, from 0 to 1. */
  share: number
  /** Null while nobody can say. */
  restMs: number | null
  /** Null until it is done. */
  result: T | null
  /** Why it came to nothing. */
  error: unknown
  /** Null while it runs. */
  endedAt: number | null
}

interface Asked {
  /** Another one after each edit. */
  key: string
  campaignId: string
  people: number
}

interface Work<T> {
  known: Map<string, Watched<T>>
  run(onProgress: OnProgress): Promise<T>
}

export class WatchedLaunches {
  readonly #ctx: Context
  readonly #atOnceMax: number
  readonly #checks = new Map<string, Watched<LaunchReview>>()
  readonly #launches = new Map<string, Watched<LaunchedView>>()
  /** One after the other: a check holds everybody of its audience in memory. */
  #queue: Promise<void> = Promise.resolve()
  #isClosed = false

  constructor(ctx: Context, atOnceMax = AT_ONCE_MAX) {
    this.#ctx = ctx
    this.#atOnceMax = atOnceMax
  }

  /**
   * How the check of a campaign stands; it is begun when there is none, or none that is still true. `isAnew` forgets
   * what was found before. Throws what the check of few people throws.
   */
  async check(idOrName: string, { isAnew = false } = {}): Promise<Watched<LaunchReview>> {
    const { key } = await this.#find(idOrName)
    const known = this.#checks.get(key)
    if (known !== undefined && (known.state === 'running' || !isAnew)) return known
    const asked = await this.#ask(idOrName)
    return this.#begin(asked, {
      known: this.#checks,
      run: (onProgress) => reviewLaunch(this.#ctx, asked.campaignId, onProgress),
    })
  }

  /** Launches a campaign, or joins the launch that runs. Throws what the launch to few people throws. */
  async launch(idOrName: string, options: Omit<LaunchOptions, 'onProgress'>): Promise<Watched<LaunchedView>> {
    const asked = await this.#ask(idOrName)
    // A person who mistyped the number need not wait for it.
    const shown = this.#checks.get(asked.key)?.result
    if (shown != null) refuseOtherCount(shown, options.confirmedCount)
    return this.#begin(asked, {
      known: this.#launches,
      run: (onProgress) => launchByOperator(this.#ctx, asked.campaignId, { ...options, onProgress }),
    })
  }

  /** The launch of a campaign as it is now; undefined when there was none, or none that anybody still asks for. */
  async launchOf(idOrName: string): Promise<Watched<LaunchedView> | undefined> {
    const { key } = await this.#find(idOrName)
    return this.#launches.get(key)
  }

  async #find(idOrName: string) {
    for (const known of [this.#checks, this.#launches]) this.#forgetOld(known)
    return this.#ctx.db.read(async (tx) => {
      const row = await getCampaign(tx, idOrName)
      const { definition } = await getRevision(tx, row.revisionId ?? 0)
      return { key: `${row.id} ${row.revisionId}`, campaignId: formatId('campaign', row.id), definition }
    })
  }

  async #ask(idOrName: string): Promise<Asked> {
    const { definition, ...found } = await this.#find(idOrName)
    const { people } = await countAudience(this.#ctx, definition.audience)
    return { ...found, people }
  }

  async #begin<T>(asked: Asked, work: Work<T>): Promise<Watched<T>> {
    const { people, key } = asked
    const watched: Watched<T> = {
      people,
      state: 'running',
      share: 0,
      restMs: null,
      result: null,
      error: null,
      endedAt: null,
    }
    if (people <= this.#atOnceMax) {
      await this.#run(watched, work)
      return watched
    }
    // Another user may have begun it while people were counted.
    const begun = work.known.get(key)
    if (begun?.state === 'running') return begun
    work.known.set(key, watched)
    this.#queue = this.#queue.then(() => this.#runOrFail(asked, watched, work))
    return watched
  }

  async #runOrFail<T>({ campaignId }: Asked, watched: Watched<T>, work: Work<T>): Promise<void> {
    try {
      await this.#run(watched, work)
    } catch (error) {
      Object.assign(watched, { state: 'failed', error, endedAt: this.#ctx.clock.now() })
      if (!(error instanceof AppError)) this.#ctx.log.error({ err: error }, `the check of ${campaignId} failed`)
    }
  }

  async #run<T>(watched: Watched<T>, { run }: Work<T>): Promise<void> {
    const beganAt = this.#ctx.clock.monotonic()
    watched.result = await run(({ done, what }) => {
      if (this.#isClosed) throw new AppError('interrupted', 'the service stops')
      const round = rounds.indexOf(what) + Math.min(1, done / Math.max(1, watched.people))
      watched.share = round / rounds.length
      const elapsedMs = this.#ctx.clock.monotonic() - beganAt
      watched.restMs = paceOf({ from: 0, elapsedMs, done: round, total: rounds.length })?.restMs ?? null
    })
    Object.assign(watched, { state: 'done', share: 1, restMs: 0, endedAt: this.#ctx.clock.now() })
  }

  #forgetOld(known: Map<string, Watched<unknown>>): void {
    const before = this.#ctx.clock.now() - SHOWN_MS
    for (const [key, { endedAt }] of known) if (endedAt !== null && endedAt < before) known.delete(key)
  }

  /** What runs is given up at its next step. */
  async close(): Promise<void> {
    this.#isClosed = true
    await this.#queue
  }
}

// What a review says of a campaign before its launch, found out while a page looks on: everybody is checked and decided
// about, and whoever asks meanwhile sees how far that is. Reads only; what was found is lost with the process.
import { AppError } from '../domain/errors.ts'
import { formatId } from '../domain/ids.ts'
import { paceOf } from '../domain/pace.ts'
import { getCampaign, getRevision } from '../store/campaigns.ts'
import { countAudience } from './audience-count.ts'
import { type LaunchReview, reviewLaunch } from './campaigns.ts'
import type { Context, Progress } from './context.ts'
import { type Forecast, forecastFor } from './report/forecast.ts'

/** Up to so many people are checked before whoever asks gets an answer: less than a second. */
const AT_ONCE_MAX = 10_000
/** What was found is shown so long; then everybody is looked at again. */
const SHOWN_MS = 60_000
/** Everybody is gone through three times: their texts, their facts, what becomes of them. */
const rounds = ['checked', 'people read', 'people decided about']

export interface LaunchCheck {
  people: number
  state: 'running' | 'done' | 'failed'
  /** How much of it is done, from 0 to 1. */
  share: number
  /** Null while nobody can say. */
  restMs: number | null
  /** Null until it is done. */
  found: { review: LaunchReview; forecast: Forecast } | null
  /** Why it came to nothing. */
  error: unknown
  /** Null while it runs. */
  endedAt: number | null
}

interface Running {
  campaignId: string
  check: LaunchCheck
}

export class LaunchChecks {
  readonly #ctx: Context
  readonly #atOnceMax: number
  readonly #checks = new Map<string, LaunchCheck>()
  /** One after the other: each holds everybody of its audience in memory. */
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
  async look(idOrName: string, { isAnew = false } = {}): Promise<LaunchCheck> {
    this.#forgetOld()
    const { key, campaignId, definition } = await this.#ctx.db.read(async (tx) => {
      const row = await getCampaign(tx, idOrName)
      const revision = await getRevision(tx, row.revisionId ?? 0)
      return {
        key: `${row.id} ${row.revisionId}`,
        campaignId: formatId('campaign', row.id),
        definition: revision.definition,
      }
    })
    const known = this.#checks.get(key)
    if (known !== undefined && (known.state === 'running' || !isAnew)) return known
    const { people } = await countAudience(this.#ctx, definition.audience, definition.useCase)
    const check: LaunchCheck = {
      people,
      state: 'running',
      share: 0,
      restMs: null,
      found: null,
      error: null,
      endedAt: null,
    }
    const running = { campaignId, check }
    if (people <= this.#atOnceMax) {
      await this.#find(running)
      return check
    }
    // Somebody else may have begun it while people were counted.
    const begun = this.#checks.get(key)
    if (begun?.state === 'running') return begun
    this.#checks.set(key, check)
    this.#queue = this.#queue.then(() => this.#run(running))
    return check
  }

  async #run(running: Running): Promise<void> {
    const { check } = running
    try {
      await this.#find(running)
    } catch (error) {
      Object.assign(check, { state: 'failed', error, endedAt: this.#ctx.clock.now() })
      if (!(error instanceof AppError)) this.#ctx.log.error({ err: error }, `the check of ${running.campaignId} failed`)
    }
  }

  async #find({ campaignId, check }: Running): Promise<void> {
    const beganAt = this.#ctx.clock.monotonic()
    const onProgress = ({ done, what }: Progress) => {
      if (this.#isClosed) throw new AppError('interrupted', 'the service stops')
      const round = rounds.indexOf(what) + Math.min(1, done / Math.max(1, check.people))
      check.share = round / rounds.length
      const elapsedMs = this.#ctx.clock.monotonic() - beganAt
      check.restMs = paceOf({ from: 0, elapsedMs, done: round, total: rounds.length })?.restMs ?? null
    }
    const review = await reviewLaunch(this.#ctx, campaignId, onProgress)
    const forecast = await forecastFor(this.#ctx, campaignId, { onProgress, isReviewed: true })
    Object.assign(check, { state: 'done', share: 1, restMs: 0, found: { review, forecast } })
    check.endedAt = this.#ctx.clock.now()
  }

  #forgetOld(): void {
    const before = this.#ctx.clock.now() - SHOWN_MS
    for (const [key, { endedAt }] of this.#checks) if (endedAt !== null && endedAt < before) this.#checks.delete(key)
  }

  /** What runs is given up at its next step. */
  async close(): Promise<void> {
    this.#isClosed = true
    await this.#queue
  }
}

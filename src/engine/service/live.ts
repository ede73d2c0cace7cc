// Live numbers: those who watch a campaign hear when they change. One look a second for each watched campaign,
// shared by all who watch it, and none while the database stands still and nothing is due by the clock.
import { AppError } from '../../domain/errors.ts'
import type { Context } from '../context.ts'
import { type LiveReport, liveReportOf } from '../report/live-report.ts'

const LOOK_MS = 1_000
/** A rate falls although nothing is written: so many looks in a row may be skipped. */
const SKIPPED_MAX = 5
/** Watchers of one process. */
const WATCHERS_MAX = 200
/** When a viewer who was sent away may come again. */
const RETRY_AFTER_S = 30

export interface Watcher {
  tell(report: LiveReport): void
  /** Nothing more will be told: the service stops. */
  end(): void
}

interface Watched {
  watchers: Set<Watcher>
  timer: NodeJS.Timeout
  /** The last thing that was told, as text. */
  told: string
  dataVersion: number
  skipped: number
  isLooking: boolean
}

export class LiveReports {
  readonly #ctx: Context
  readonly #watched = new Map<string, Watched>()
  readonly #watchersMax: number
  #isClosed = false

  constructor(ctx: Context, watchersMax = WATCHERS_MAX) {
    this.#ctx = ctx
    this.#watchersMax = watchersMax
  }

  get watchers(): number {
    return [...this.#watched.values()].reduce((sum, { watchers }) => sum + watchers.size, 0)
  }

  /**
   * Tells the numbers now and after every change, until the returned function is called. Throws AppError
   * campaign.not_found, live.too_many_watchers.
   */
  async watch(campaign: string, watcher: Watcher): Promise<() => void> {
    if (this.#isClosed || this.watchers >= this.#watchersMax)
      throw new AppError('live.too_many_watchers', `${this.#watchersMax} people watch already`, {
        hint: 'Reload the page instead, or come again.',
        details: { retryAfterSeconds: RETRY_AFTER_S },
      })
    const report = await liveReportOf(this.#ctx, campaign)
    const { id } = report.campaign
    watcher.tell(report)
    if (this.#isClosed) {
      watcher.end()
      return () => {}
    }
    const watched = this.#watched.get(id) ?? this.#begin(id)
    watched.watchers.add(watcher)
    return () => {
      watched.watchers.delete(watcher)
      if (watched.watchers.size > 0 || this.#watched.get(id) !== watched) return
      clearInterval(watched.timer)
      this.#watched.delete(id)
    }
  }

  #begin(id: string): Watched {
    const timer = setInterval(() => void this.look(id), LOOK_MS)
    timer.unref()
    const watched = { watchers: new Set<Watcher>(), timer, told: '', dataVersion: -1, skipped: 0, isLooking: false }
    this.#watched.set(id, watched)
    return watched
  }

  /** One look at a watched campaign; the timer does it once a second. */
  async look(id: string): Promise<void> {
    const watched = this.#watched.get(id)
    if (watched === undefined || watched.isLooking) return
    watched.isLooking = true
    try {
      const dataVersion = await this.#ctx.db.dataVersion()
      if (dataVersion === watched.dataVersion && ++watched.skipped <= SKIPPED_MAX) return
      watched.dataVersion = dataVersion
      watched.skipped = 0
      const report = await liveReportOf(this.#ctx, id)
      const text = JSON.stringify(report)
      if (text === watched.told) return
      watched.told = text
      for (const watcher of watched.watchers) watcher.tell(report)
    } catch (error) {
      this.#ctx.log.warn({ err: error }, 'a watched campaign could not be read')
    } finally {
      watched.isLooking = false
    }
  }

  close(): void {
    this.#isClosed = true
    for (const { timer, watchers } of this.#watched.values()) {
      clearInterval(timer)
      for (const watcher of watchers) watcher.end()
    }
    this.#watched.clear()
  }
}

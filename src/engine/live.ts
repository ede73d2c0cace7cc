// Live numbers: whoever watches a campaign is told when they change. One look a second for each watched campaign,
// shared by all who watch it, and none while the database stands still.
import type { Context } from './context.ts'
import { type Report, reportOf } from './report/report.ts'

const LOOK_MS = 1_000
/** Watchers of one process. */
const WATCHERS_MAX = 200

type Listener = (report: Report) => void

interface Watched {
  listeners: Set<Listener>
  timer: NodeJS.Timeout
  /** The last thing that was told, as text. */
  told: string
  dataVersion: number
  isLooking: boolean
}

export class LiveReports {
  readonly #ctx: Context
  readonly #watched = new Map<string, Watched>()

  constructor(ctx: Context) {
    this.#ctx = ctx
  }

  get isFull(): boolean {
    return [...this.#watched.values()].reduce((sum, { listeners }) => sum + listeners.size, 0) >= WATCHERS_MAX
  }

  /** Tells `listener` the report now and after every change, until the returned function is called. */
  async watch(campaign: string, listener: Listener): Promise<() => void> {
    listener(await reportOf(this.#ctx, campaign))
    const watched = this.#watched.get(campaign) ?? this.#begin(campaign)
    watched.listeners.add(listener)
    return () => {
      watched.listeners.delete(listener)
      if (watched.listeners.size > 0) return
      clearInterval(watched.timer)
      this.#watched.delete(campaign)
    }
  }

  #begin(campaign: string): Watched {
    const timer = setInterval(() => void this.#look(campaign), LOOK_MS)
    timer.unref()
    const watched = { listeners: new Set<Listener>(), timer, told: '', dataVersion: -1, isLooking: false }
    this.#watched.set(campaign, watched)
    return watched
  }

  async #look(campaign: string): Promise<void> {
    const watched = this.#watched.get(campaign)
    if (watched === undefined || watched.isLooking) return
    watched.isLooking = true
    try {
      const dataVersion = await this.#ctx.db.dataVersion()
      if (dataVersion === watched.dataVersion) return
      watched.dataVersion = dataVersion
      const report = await reportOf(this.#ctx, campaign)
      const text = JSON.stringify(report)
      if (text === watched.told) return
      watched.told = text
      for (const listener of watched.listeners) listener(report)
    } catch (error) {
      this.#ctx.log.warn({ err: error }, 'a watched campaign could not be read')
    } finally {
      watched.isLooking = false
    }
  }

  close(): void {
    for (const { timer } of this.#watched.values()) clearInterval(timer)
    this.#watched.clear()
  }
}

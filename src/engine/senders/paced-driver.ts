// Everything that is asked of a provider beside the messages themselves: look-ups, templates, the account, files, marks. It
// waits in a line of the sender's own, so that no job of ours overruns a provider. Messages have their slots and the places
// of the window instead: a limiter takes some 2 ms for each job (docs/decisions/0018-a-claim-lapses.md).
import Bottleneck from 'bottleneck'
import type { Driver, TemplateCalls } from '../../providers/provider.ts'

/** Calls at once, and the least time between two of them at a fast sender and at a slow one. */
const CALLS_MAX = 4
const SPACE_MAX_MS = 250

/** Waits for the line, then calls. */
type Calls<A extends unknown[], T> = (...args: A) => Promise<T>

export interface PacedDriver {
  driver: Driver
  /** The sender's rate was changed. */
  follow(ratePerSecond: number): void
}

export function pacedDriver(driver: Driver, ratePerSecond: number): PacedDriver {
  const spaceOf = (rate: number) => Math.min(SPACE_MAX_MS, 1000 / rate)
  let rate = ratePerSecond
  const line = new Bottleneck({ maxConcurrent: CALLS_MAX, minTime: spaceOf(rate) })
  const inLine = <A extends unknown[], T>(call: Calls<A, T> | undefined): Calls<A, T> | undefined =>
    call && ((...args) => line.schedule(() => call(...args)))
  const follow = (changed: number) => {
    if (changed !== rate) line.updateSettings({ minTime: spaceOf(changed) })
    rate = changed
  }
  const paced = withDefined(driver, {
    lookUp: inLine(driver.lookUp),
    checkAccount: inLine(driver.checkAccount),
    setWebhook: inLine(driver.setWebhook),
    clearWebhook: inLine(driver.clearWebhook),
    uploadMedia: inLine(driver.uploadMedia),
    markRead: inLine(driver.markRead),
    templates: driver.templates && pacedTemplates(driver.templates, inLine),
  })
  return { driver: paced, follow }
}

function pacedTemplates(
  { list, find, create, delete: remove }: TemplateCalls,
  inLine: <A extends unknown[], T>(call: Calls<A, T> | undefined) => Calls<A, T> | undefined,
): TemplateCalls {
  return withDefined<TemplateCalls>(
    {},
    { list: inLine(list), find: inLine(find), create: inLine(create), delete: inLine(remove) },
  )
}

/** What a driver does not have stays absent: its absence says what the provider cannot do. */
function withDefined<T extends object>(whole: T, parts: { [K in keyof T]?: T[K] | undefined }): T {
  const known = Object.entries(parts).filter(([, part]) => part !== undefined)
  return { ...whole, ...Object.fromEntries(known) }
}

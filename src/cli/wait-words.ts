// What a campaign waits for, as lines of the terminal, and what to do about it.
import { reasonWords } from '../engine/report/reasons.ts'
import type { Report, Waiting } from '../engine/report/report.ts'

/** `waiting for daily_limit: 2, until 2027-06-02T10:00:00.000Z; they wait because …` */
export function waitLine({ reason, count, until }: Waiting): string {
  const how = count === 0 ? 'not planned yet' : String(count)
  const end = until === null ? '' : `, until ${until}`
  const why = Object.hasOwn(reasonWords, reason) ? `; they ${reasonWords[reason as keyof typeof reasonWords]}` : ''
  return `waiting for ${reason}: ${how}${end}${count === 0 ? '' : why}`
}

/** Waits that end only when a person acts. */
const waysOut: Record<string, (name: string) => string> = {
  campaign_paused: (name) => `Resume it: herald campaigns resume "${name}".`,
  sender_paused: () => 'See why its sender is paused, and resume it: herald senders list, herald senders resume.',
  sender_failing: () => 'See what keeps its sender from sending: herald doctor.',
  failing: () => 'See what fails: herald doctor.',
  database_held: () => 'See what holds the database: herald unlock.',
}

/** What is left to do for a campaign that a command in the foreground leaves behind; none when nothing waits. */
export function leftLines({ campaign: { name }, waitingFor }: Pick<Report, 'campaign' | 'waitingFor'>): string[] {
  const lines = waitingFor.flatMap(({ reason }) => waysOut[reason]?.(name) ?? [])
  const byTime = waitingFor.filter(({ reason }) => !Object.hasOwn(waysOut, reason))
  if (byTime.length === 0) return lines
  const [first] = byTime.flatMap(({ until }) => until ?? []).sort()
  const after = first === undefined ? 'later' : `after ${first}`
  return [...lines, `Nothing more is due within a minute. Leave the rest to herald start, or run this again ${after}.`]
}

// Numbers and times as the reader writes them, with the zone named.
import type { Child } from 'hono/jsx'
import { remembered } from '../domain/remembered.ts'
import { localTime } from '../domain/time-zone.ts'
import { Time } from './elements/times.tsx'
import type { PageContext } from './page.ts'
import { readerZone, zoneTitle } from './reader-zone.ts'

export interface Format {
  locale: string
  number(value: number): string
  /** A number with its noun: 1 person, 2,000 people. */
  counted(count: number, one: string, many: string): string
  percent(share: number): string
  /** In whole percents, as progress is told. */
  share(share: number): string
  /** In which times are shown. */
  timeZone: string
  /** With the name of the zone, and in UTC on hover; an em dash for none. */
  instant(at: number | string | null): Child
  /** Another text for an instant, with UTC on hover. */
  at(at: number | string, text: string): Child
  /** On the reader's clock as `local` writes it, without the zone. */
  localOf(at: number | string): string
  /** The same within a sentence. */
  instantText(at: number | string): string
  day(at: number | string): string
  /** Of an occurrence as runs name it: an instant, or a time on clocks, `2027-03-01T09:00@recipient`. */
  occurrence(key: string): string
  /** A time on a clock whose zone stands elsewhere: 2027-03-01T09:00 with its weekday. */
  local(text: string): string
  /** A sentence of the program with its instants and occurrences as the reader writes them. */
  inText(text: string): string
  bytes(count: number): string
  /** Rounded up to what people say: 3 min, 2 h. */
  duration(ms: number): string
}

const DEFAULT_LOCALE = 'en-GB'

/** The locale and the time zone of the reader. */
export function formatFor(c: PageContext): Format {
  const locale = localeOf(c.req.header('accept-language'))
  return formatOf(`${locale} ${readerZone(c)}`)
}

/** To make the formatters of one takes some milliseconds, and a page asks for them several times. Browsers say more than people have. */
const formatOf = remembered(makeFormat, { most: 50, longest: 100 })

/** No locale has a blank. */
export function makeFormat(localeAndZone: string): Format {
  const [locale = DEFAULT_LOCALE, timeZone = 'UTC'] = localeAndZone.split(' ')
  const numbers = new Intl.NumberFormat(locale)
  const percents = new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 1 })
  const shares = new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 0 })
  // What a clock shows is formatted as if it were in UTC: not every runtime formats fixed offsets such as +05:30.
  const instants = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short', timeZone: 'UTC' })
  const locals = new Intl.DateTimeFormat(locale, {
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    timeZone: 'UTC',
  })
  const days = new Intl.DateTimeFormat(locale, { dateStyle: 'full', timeZone: 'UTC' })
  const shownAt = (at: number | string) => localTime(timeZone, new Date(at).getTime())
  const sizes = new Intl.NumberFormat(locale, { maximumFractionDigits: 1 })
  const instantText = (at: number | string) => `${instants.format(shownAt(at))} ${zoneTitle(timeZone)}`
  const time = (at: number | string, text: string) => Time({ at: new Date(at), text, isUtc: text.endsWith(' UTC') })
  const instant = (at: number | string | null) => (at === null ? '—' : time(at, instantText(at)))
  const local = (text: string) => locals.format(new Date(`${text}Z`))
  const occurrence = (key: string) => {
    const [text = '', clocks] = key.split('@')
    if (clocks === undefined) return instantText(text)
    return `${local(text)} ${clocks === 'recipient' ? 'on each recipient’s clock' : zoneTitle(clocks)}`
  }
  return {
    locale,
    number: (value) => numbers.format(value),
    counted: (count, one, many) => `${numbers.format(count)} ${count === 1 ? one : many}`,
    percent: (share) => honest(share, { step: 0.001, round: Math.round }, percents),
    share: (share) => honest(share, { step: 0.01, round: Math.floor }, shares),
    timeZone,
    instant,
    instantText,
    at: time,
    localOf: (at) => locals.format(shownAt(at)),
    occurrence,
    inText: (text) => text.replace(/\b\d{4}-\d\d-\d\dT\d\d:\d\d(?:(?::[\d.]+)?Z|@[\w/+-]+)/g, occurrence),
    local,
    day: (at) => days.format(shownAt(at)),
    bytes: (count) => (count < 1e6 ? `${sizes.format(count / 1e3)} kB` : `${sizes.format(count / 1e6)} MB`),
    duration: (ms) => durationText(ms, numbers),
  }
}

interface Rounding {
  step: number
  round(value: number): number
}

/** Never rounds to 0% or 100% unless it is exact: one of two thousand is "<1%". */
function honest(share: number, { step, round }: Rounding, format: Intl.NumberFormat): string {
  if (share > 0 && share < step) return `<${format.format(step)}`
  if (share < 1 && share > 1 - step) return `>${format.format(1 - step)}`
  return format.format(round(share / step + 1e-9) * step)
}

function localeOf(header: string | undefined): string {
  const first = (header ?? '').split(/[,;]/)[0]?.trim() ?? ''
  try {
    return Intl.NumberFormat.supportedLocalesOf(first)[0] ?? DEFAULT_LOCALE
  } catch {
    return DEFAULT_LOCALE
  }
}

function durationText(ms: number, numbers: Intl.NumberFormat): string {
  const minutes = Math.ceil(ms / 60_000)
  if (ms < 60_000) return `${numbers.format(Math.ceil(ms / 1000))} s`
  if (minutes < 120) return `${numbers.format(minutes)} min`
  const hours = Math.ceil(ms / 3_600_000)
  return hours < 48 ? `${numbers.format(hours)} h` : `${numbers.format(Math.ceil(hours / 24))} d`
}

// The names of time zones: which one is stored of several, which know no daylight saving, what a misspelt one means.
// What is stored keeps its spelling for good, so that the key of an occurrence never changes.
import { getAllCountries, getAllTimezones } from 'countries-and-timezones'
import { AppError, nearestWord } from './errors.ts'
import { fixedOffsetMs, HOUR_MS, isTimeZone, MINUTE_MS } from './time-zone.ts'
import { zoneLinks } from './zone-links.ts'

/** Names that fit no rule of this file: short names that know no daylight saving, and what they are taken for. */
const withoutDaylightSaving: Record<string, string> = {
  EST: 'America/New_York',
  MST: 'America/Denver',
  HST: 'Pacific/Honolulu',
  'Etc/GMT': 'Europe/London',
}

/** Abbreviations that are no names of zones, and the place that is mostly meant. */
const abbreviations: Record<string, string> = {
  ACST: 'Australia/Adelaide',
  AEDT: 'Australia/Sydney',
  AEST: 'Australia/Sydney',
  AST: 'America/Halifax',
  AWST: 'Australia/Perth',
  BRT: 'America/Sao_Paulo',
  BST: 'Europe/London',
  CAT: 'Africa/Maputo',
  CDT: 'America/Chicago',
  CEST: 'Europe/Berlin',
  CST: 'America/Chicago',
  EAT: 'Africa/Nairobi',
  EDT: 'America/New_York',
  EEST: 'Europe/Athens',
  GST: 'Asia/Dubai',
  HKT: 'Asia/Hong_Kong',
  IST: 'Asia/Kolkata',
  JST: 'Asia/Tokyo',
  KST: 'Asia/Seoul',
  MDT: 'America/Denver',
  MSK: 'Europe/Moscow',
  NZDT: 'Pacific/Auckland',
  NZST: 'Pacific/Auckland',
  PDT: 'America/Los_Angeles',
  PKT: 'Asia/Karachi',
  PST: 'America/Los_Angeles',
  SAST: 'Africa/Johannesburg',
  SGT: 'Asia/Singapore',
  TRT: 'Europe/Istanbul',
  WAT: 'Africa/Lagos',
  WEST: 'Europe/Lisbon',
  WIB: 'Asia/Jakarta',
  Z: 'UTC',
}

/** The place that most people mean by hours ahead of UTC. */
const placesByHours: Record<number, string> = {
  [-11]: 'Pacific/Pago_Pago',
  [-10]: 'Pacific/Honolulu',
  [-9]: 'America/Anchorage',
  [-8]: 'America/Los_Angeles',
  [-7]: 'America/Denver',
  [-6]: 'America/Chicago',
  [-5]: 'America/New_York',
  [-4]: 'America/Halifax',
  [-3.5]: 'America/St_Johns',
  [-3]: 'America/Sao_Paulo',
  [-2]: 'America/Noronha',
  [-1]: 'Atlantic/Azores',
  0: 'Europe/London',
  1: 'Europe/Berlin',
  2: 'Europe/Athens',
  3: 'Europe/Istanbul',
  3.5: 'Asia/Tehran',
  4: 'Asia/Dubai',
  4.5: 'Asia/Kabul',
  5: 'Asia/Karachi',
  5.5: 'Asia/Kolkata',
  5.75: 'Asia/Kathmandu',
  6: 'Asia/Dhaka',
  6.5: 'Asia/Yangon',
  7: 'Asia/Jakarta',
  8: 'Asia/Singapore',
  9: 'Asia/Tokyo',
  9.5: 'Australia/Adelaide',
  10: 'Australia/Sydney',
  11: 'Pacific/Noumea',
  12: 'Pacific/Auckland',
  13: 'Pacific/Tongatapu',
  14: 'Pacific/Kiritimati',
}

const links = new Map(
  Object.entries(zoneLinks).flatMap(([name, others]) => others.split(' ').map((other) => [other.toLowerCase(), name])),
)

/** Every name by its lower case; Factory names no place. */
const names = new Map(
  [...Object.keys(getAllTimezones({ deprecated: true })), ...Intl.supportedValuesOf('timeZone')]
    .filter((name) => name !== 'Factory')
    .map((name) => [name.toLowerCase(), name]),
)

/**
 * The name to store for a zone as a person wrote it: in its own case, the present one of several, an offset as
 * `+05:30`. Undefined for what names no zone.
 */
export function canonicalZone(written: string): string | undefined {
  const offset = readOffset(written)
  if (offset !== undefined) return offset
  if (written.length > 64) return undefined
  const name = written.toLowerCase()
  const stored = links.get(name) ?? names.get(name)
  return stored !== undefined && isTimeZone(stored) ? stored : undefined
}

/** `+05:30` of `+5:30`, `+0530`, `UTC+5:30`; UTC itself for none. The offsets in use are quarters of an hour. */
function readOffset(written: string): string | undefined {
  const match = /^(?:UTC ?)?([+\-−])(\d{1,2})(?::?(00|15|30|45))?$/i.exec(written)
  if (match === null) return undefined
  const [, sign, hours = '', minutes = '00'] = match
  const isAhead = sign === '+'
  const size = Number(hours) * 60 + Number(minutes)
  if (size > (isAhead ? 14 : 12) * 60) return undefined
  return size === 0 ? 'UTC' : `${isAhead ? '+' : '-'}${hours.padStart(2, '0')}:${minutes}`
}

/** The name to store. Throws AppError zone.unknown with the one that is probably meant. */
export function checkTimeZone(written: string): string {
  const zone = canonicalZone(written)
  if (zone !== undefined) return zone
  const known = names.get(written.toLowerCase())
  if (known !== undefined)
    throw new AppError('zone.unknown', `the time zone data of this Node does not know ${known} yet`, {
      hint: 'Use a newer Node, or a zone with the same clock.',
    })
  throw new AppError('zone.unknown', `the time zone "${written.slice(0, 64)}" is unknown`, { hint: hintFor(written) })
}

/** Every spelling of a zone: the stored name first, then its former and second names. */
export function spellingsOf(zone: string): string[] {
  const stored = canonicalZone(zone) ?? zone
  return [...new Set([stored, ...(zoneLinks[stored]?.split(' ') ?? []), zone])]
}

/** What to know about a zone whose clock never changes although the one of its place does; undefined for others. */
export function fixedZoneWarning(zone: string): string | undefined {
  const hours = hoursAhead(zone)
  if (hours === undefined) return undefined
  const place = withoutDaylightSaving[zone] ?? placesByHours[hours]
  const advice = place === undefined ? 'name a place to have it' : `for a place, name it, for example ${place}`
  return `time zone ${zone} is ${offsetText(hours)} all year, without daylight saving; ${advice}`
}

/** Hours ahead of UTC of a zone that names no place, all year; undefined for a place and for UTC. */
function hoursAhead(zone: string): number | undefined {
  const offset = fixedOffsetMs(zone)
  if (offset !== undefined) return offset / HOUR_MS
  const etc = /^Etc\/GMT([+-]\d{1,2})$/.exec(zone)
  // The sign of these names is the other way round: Etc/GMT+5 is behind UTC.
  if (etc !== null) return -Number(etc[1])
  return { EST: -5, MST: -7, HST: -10, 'Etc/GMT': 0 }[zone]
}

function offsetText(hours: number): string {
  const minutes = Math.round(Math.abs(hours) * (HOUR_MS / MINUTE_MS))
  const pad = (value: number) => String(value).padStart(2, '0')
  return `UTC${hours < 0 ? '−' : '+'}${pad(Math.floor(minutes / 60))}:${pad(minutes % 60)}`
}

const EXAMPLE = 'Write an IANA name such as Europe/Berlin or UTC.'

function hintFor(written: string): string {
  const gmt = /^GMT ?([+-])(\d{1,2}(?::?\d{2})?)$/i.exec(written)
  if (gmt !== null) {
    const offset = readOffset(`${gmt[1]}${gmt[2]}`)
    const place = offset === undefined ? undefined : placesByHours[(fixedOffsetMs(offset) ?? 0) / HOUR_MS]
    if (offset !== undefined && place !== undefined)
      return `Write ${offset} for a fixed offset, or a place that has daylight saving, such as ${place}.`
  }
  const place = abbreviations[written.toUpperCase()] ?? countryZone(written) ?? nearestZone(written)
  return place === undefined ? EXAMPLE : `Did you mean ${place}?`
}

function countryZone(written: string): string | undefined {
  const name = written.trim().toLowerCase()
  const country = Object.values(getAllCountries()).find((each) => each.name.toLowerCase() === name)
  return country?.timezones[0]
}

/** By its city, written with or without its continent, or by the whole name. */
function nearestZone(written: string): string | undefined {
  if (written.length > 64) return undefined
  const wanted = written.trim().replace(/\s+/g, '_')
  // One or two letters are near to too much.
  if (wanted.length < 3) return undefined
  const cities = new Map([...names.values()].map((name) => [name.slice(name.lastIndexOf('/') + 1).toLowerCase(), name]))
  const city = wanted.includes('/') ? undefined : nearestWord(wanted, cities.keys())
  const nearest = (city === undefined ? undefined : cities.get(city)) ?? nearestWord(wanted, names.values())
  return nearest === undefined ? undefined : canonicalZone(nearest)
}

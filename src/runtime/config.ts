// Every setting of the process, from the environment and one optional file; wrong ones are refused with their place.

import { existsSync, readFileSync } from 'node:fs'
import { AppError, nearestHint, nearestWord } from '../domain/errors.ts'
import { decimalIn, wholeIn } from '../domain/number-text.ts'
import { withoutEnd } from '../domain/text-end.ts'
import { checkTimeZone } from '../domain/zone-name.ts'
import { type LogLevel, logLevels } from './log.ts'
import { loadYaml } from './yaml.ts'

/** What is wrong with a value follows the name of its setting. */
type Reading<T> = { value: T } | { problem: string }

/** Read without zod, which is a quarter of the start of a small command. */
interface Setting<T> {
  read(given: unknown): Reading<T>
  /** What holds where nothing is set. */
  fallback: T
}

function setting<T>(read: (given: unknown) => Reading<T>, fallback: T): Setting<T> {
  return { read, fallback }
}

function optional<T>(read: (given: unknown) => Reading<T>): Setting<T | undefined> {
  return { read, fallback: undefined }
}

function text(given: unknown): Reading<string> {
  return typeof given === 'string' && given !== '' ? { value: given } : { problem: 'must be a text' }
}

/** Of the environment come texts, of the file numbers. */
function number(what: string, readText: (text: string) => number | undefined, isOne: (value: number) => boolean) {
  return (min: number, max: number) =>
    (given: unknown): Reading<number> => {
      const value = typeof given === 'string' ? readText(given.trim()) : given
      return typeof value === 'number' && isOne(value) && value >= min && value <= max
        ? { value }
        : { problem: `must be ${what} from ${min} to ${max}` }
    }
}
const whole = number('a whole number', wholeIn, Number.isSafeInteger)
const decimal = number('a number', decimalIn, Number.isFinite)

const yesWords = ['true', '1', 'yes', 'on', 'y', 'enabled']
const noWords = ['false', '0', 'no', 'off', 'n', 'disabled']

function yesOrNo(given: unknown): Reading<boolean> {
  if (typeof given === 'boolean') return { value: given }
  const word = typeof given === 'string' ? given.toLowerCase() : ''
  if (yesWords.includes(word)) return { value: true }
  return noWords.includes(word) ? { value: false } : { problem: 'must be true or false' }
}

function logLevel(given: unknown): Reading<LogLevel> {
  const value = logLevels.find((level) => level === given)
  if (value !== undefined) return { value }
  return { problem: `must be one of ${logLevels.join(', ')}. ${nearestHint(String(given), logLevels, '')}`.trim() }
}

/** Without a trailing slash. */
function webAddress(given: unknown): Reading<string> {
  const address = typeof given === 'string' ? given.trim() : ''
  if (!URL.canParse(address) || !/^https?:$/.test(new URL(address).protocol))
    return { problem: 'must be an address such as https://herald.example.com' }
  return { value: withoutEnd(address, /\//) }
}

/** The name to store. */
function zone(given: unknown): Reading<string> {
  const written = text(given)
  if ('problem' in written) return written
  try {
    return { value: checkTimeZone(written.value) }
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    return { problem: `${error.message}. ${error.hint}` }
  }
}

/** Two letters of a region that exists. The plans of its numbers are not loaded for this. */
function country(given: unknown): Reading<string> {
  const code = typeof given === 'string' ? given.trim().toUpperCase() : ''
  const isKnown = /^[A-Z]{2}$/.test(code) && new Intl.DisplayNames('en', { type: 'region' }).of(code) !== code
  return isKnown ? { value: code } : { problem: 'must be the two letters of a country, for example DE' }
}

/** Names, defaults and units. In the file as written here, in the environment as HERALD_DATABASE_URL. */
export const settings = {
  /** A path, sqlite:… or postgres://… */
  databaseUrl: setting(text, './data/herald.db'),
  /** Where files go that are no rows, when the database is on a server: beside a file of SQLite they have their place. */
  filesFolder: setting(text, './data'),
  /** The installation's zone, for schedules and people without one. */
  timeZone: setting(zone, 'UTC'),
  /** The country of numbers that people type without a calling code. */
  defaultCountry: optional(country),
  /** What providers reach our webhooks by. */
  publicUrl: optional(webAddress),
  host: setting(text, '127.0.0.1'),
  /** A proxy in front speaks TLS and passes requests on: needed to listen beyond this machine. */
  trustsProxy: setting(yesOrNo, false),
  /** Proxies in front, each of which adds the address of its caller: the visitor is so many entries from the right. */
  trustedHops: setting(whole(0, 10), 0),
  port: setting(whole(0, 65535), 8080),
  logLevel: setting(logLevel, 'info'),
  secretKey: optional(text),
  secretKeyFile: optional(text),
  /** Messages a second of a sender that names no rate. */
  senderRatePerSecond: setting(decimal(0.001, 10_000), 20),
  /** Between two messages of one sender to one phone. */
  pairIntervalSeconds: setting(decimal(0, 3600), 6),
  /** One call to a provider, from connecting to the last byte. */
  callDeadlineSeconds: setting(whole(1, 600), 30),
  /** How long proof is sought for a message whose outcome is unknown. */
  unknownProofHours: setting(whole(1, 24 * 30), 72),
  /** How long a callback without its message waits. */
  orphanDays: setting(whole(1, 30), 7),
  /** A login ends after so long without a request, and after so long in all. */
  sessionIdleMinutes: setting(whole(1, 24 * 60), 30),
  sessionHours: setting(whole(1, 24 * 30), 12),
  /** Of one key or one login to API and pages, in each process. */
  requestsPerSecond: setting(whole(1, 100_000), 100),
  /** How long callbacks, rejected lines and what messages said to each person are kept. */
  retentionDays: setting(whole(1, 3650), 90),
}

type Values = { [Key in keyof typeof settings]: (typeof settings)[Key]['fallback'] }
type Optional = 'defaultCountry' | 'publicUrl' | 'secretKey' | 'secretKeyFile'
export type Config = Omit<Values, Optional> & Partial<Pick<Values, Optional>>

const DEFAULT_FILE = 'herald.yaml'
/** Every variable of the environment that begins so is a setting. */
const ENV_BEGINS = 'HERALD_'

export interface ConfigSources {
  env: Record<string, string | undefined>
  /** Overrides of the command line. */
  flags?: Partial<Record<keyof Config, unknown>>
}

/** Reads the configuration: flags over environment over file over defaults. Throws AppError config.*. */
export function readConfig({ env, flags = {} }: ConfigSources): Config {
  const file = readFile(env.HERALD_CONFIG)
  const fromEnv = readEnv(env)
  const given: Record<string, unknown> = { ...file.values, ...fromEnv, ...dropUndefined(flags) }
  const config: Record<string, unknown> = {}
  for (const key of keys) {
    const value = given[key]
    const reading: Reading<unknown> =
      value === undefined ? { value: settings[key].fallback } : settings[key].read(value)
    if ('problem' in reading)
      throw new AppError(
        'config.invalid',
        `${placeOf(key, flags, fromEnv, file)}: ${reading.problem} (found ${JSON.stringify(value)})`,
      )
    if (reading.value !== undefined) config[key] = reading.value
  }
  return config as Config
}

/** databaseUrl → HERALD_DATABASE_URL. */
function envName(key: string): string {
  return `${ENV_BEGINS}${key.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`
}

const keys = Object.keys(settings) as (keyof typeof settings)[]

const envNames = new Map<string, keyof Config | undefined>([
  ...keys.map((key) => [envName(key), key] as const),
  ['HERALD_CONFIG', undefined],
])
/** What the tests of this program are told by. */
const ofTests = ['HERALD_UPDATE_DOCS', 'HERALD_TEST_POSTGRES_URL']
/** What people call a setting that has another name. */
const otherNames: Record<string, keyof Config> = {
  db: 'databaseUrl',
  database: 'databaseUrl',
  url: 'publicUrl',
  tz: 'timeZone',
}

function readEnv(env: Record<string, string | undefined>): Record<string, string> {
  const values: Record<string, string> = {}
  for (const [name, text] of Object.entries(env)) {
    if (text === undefined || !name.startsWith(ENV_BEGINS) || ofTests.includes(name)) continue
    if (!envNames.has(name)) throw unknownVariable(name)
    if (text.trim() === '')
      throw new AppError('config.empty_value', `${name} is set but empty`, {
        hint: 'Give it a value or unset it.',
      })
    const key = envNames.get(name)
    if (key !== undefined) values[key] = text
  }
  return values
}

/** Kubernetes and old Docker tell every container of services beside it, by variables that begin with their names. */
const ofNeighbours = /^HERALD_(?:SERVICE_(?:HOST|PORT)|PORT_\d+_(?:TCP|UDP))/

/** Compared without what all of them begin with. */
function nearestVariable(name: string, otherwise: string): string {
  const rests = [...envNames.keys()].map((known) => known.slice(ENV_BEGINS.length))
  const nearest = nearestWord(name.slice(ENV_BEGINS.length), rests)
  return nearest === undefined ? otherwise : `Did you mean "${ENV_BEGINS}${nearest}"?`
}

function unknownVariable(name: string): AppError {
  const other = otherNames[name.slice(ENV_BEGINS.length).toLowerCase()]
  const all = [...envNames.keys()]
  const known = `Known are ${all.join(', ')}. Give secrets of senders names that do not begin with ${ENV_BEGINS}.`
  const hint = ofNeighbours.test(name)
    ? 'Kubernetes sets it for a service with the name herald: set enableServiceLinks: false for the pod.'
    : other === undefined
      ? nearestVariable(name, known)
      : `Did you mean "${envName(other)}"?`
  return new AppError('config.unknown_key', `${name} in the environment is an unknown setting`, { hint })
}

interface ConfigFile {
  path: string | undefined
  values: Record<string, unknown>
  lines: Record<string, number>
}

function readFile(named: string | undefined): ConfigFile {
  const path = named ?? (existsSync(DEFAULT_FILE) ? DEFAULT_FILE : undefined)
  if (path === undefined) return { path, values: {}, lines: {} }
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    throw new AppError('config.invalid', `cannot read the configuration ${path}`, {
      hint: 'Check HERALD_CONFIG.',
      cause: error,
    })
  }
  const { LineCounter, isMap, isScalar, parseDocument } = loadYaml()
  const lineCounter = new LineCounter()
  const document = parseDocument(text, { lineCounter, strict: true })
  const [error] = document.errors
  if (error !== undefined)
    throw new AppError(
      'config.invalid',
      `${path}:${lineCounter.linePos(error.pos[0]).line}: ${error.message.split('\n')[0]}`,
    )
  const values = (document.toJS({ maxAliasCount: 0 }) ?? {}) as Record<string, unknown>
  if (typeof values !== 'object' || Array.isArray(values))
    throw new AppError('config.invalid', `${path}:1: the configuration is no mapping`)
  const lines: Record<string, number> = {}
  const pairs = isMap(document.contents) ? document.contents.items : []
  const offsets = new Map(
    pairs.flatMap(({ key }) => (isScalar(key) ? [[String(key.value), key.range?.[0] ?? 0] as const] : [])),
  )
  for (const key of Object.keys(values)) {
    lines[key] = lineCounter.linePos(offsets.get(key) ?? 0).line
    if ((keys as string[]).includes(key)) continue
    const other = otherNames[key.toLowerCase()]
    throw new AppError('config.unknown_key', `${path}:${lines[key]}: "${key}" is no setting`, {
      hint:
        other === undefined
          ? nearestHint(key, keys, `Known settings: ${keys.join(', ')}.`)
          : `Did you mean "${other}"?`,
    })
  }
  return { path, values, lines }
}

function placeOf(key: string, flags: object, env: Record<string, string>, file: ConfigFile): string {
  if (Object.hasOwn(dropUndefined(flags), key))
    return `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
  if (key in env) return envName(key)
  return `${file.path ?? 'configuration'}:${file.lines[key] ?? 1}: ${key}`
}

function dropUndefined(values: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined))
}

// Every setting of the process, from the environment and one optional file; wrong ones are refused with their place.

import { existsSync, readFileSync } from 'node:fs'
import { z } from 'zod'
import { AppError, nearestHint, nearestWord } from '../domain/errors.ts'
import { decimalIn, wholeIn } from '../domain/number-text.ts'
import { withoutEnd } from '../domain/text-end.ts'
import { checkTimeZone } from '../domain/zone-name.ts'
import { logLevels } from './log.ts'
import { loadYaml } from './yaml.ts'

/** Of the environment come texts, of the file numbers. */
const whole = (min: number, max: number) => {
  const error = `must be a whole number from ${min} to ${max}`
  return readWith(wholeIn, z.int({ error }).min(min, { error }).max(max, { error }))
}
const decimal = (min: number, max: number) => {
  const error = `must be a number from ${min} to ${max}`
  return readWith(decimalIn, z.number({ error }).min(min, { error }).max(max, { error }))
}

function readWith<S extends z.ZodType<number>>(read: (text: string) => number | undefined, schema: S) {
  return z.preprocess((given) => (typeof given === 'string' ? (read(given.trim()) ?? given) : given), schema)
}

/** The name to store, or what is wrong with the one that was written. */
function toZone(written: string, ctx: z.RefinementCtx<string>): string {
  try {
    return checkTimeZone(written)
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    ctx.issues.push({ code: 'custom', message: `${error.message}. ${error.hint}`, input: written })
    return z.NEVER
  }
}

/** Names, defaults and units. In the file as written here, in the environment as HERALD_DATABASE_URL. */
export const configSchema = z.strictObject({
  /** A path, or sqlite:… */
  databaseUrl: z.string().default('./data/herald.db'),
  /** The installation's zone, for schedules and people without one. */
  timeZone: z.string().transform(toZone).default('UTC'),
  /** What providers reach our webhooks by, without a trailing slash. */
  publicUrl: z
    .url({ protocol: /^https?$/, error: 'must be an address such as https://herald.example.com' })
    .transform((url) => withoutEnd(url, /\//))
    .optional(),
  host: z.string().min(1).default('127.0.0.1'),
  /** A proxy in front speaks TLS and passes requests on: needed to listen beyond this machine. */
  trustsProxy: z.union([z.stringbool(), z.boolean()], { error: 'must be true or false' }).default(false),
  /** Proxies in front, each of which adds the address of its caller: the visitor is so many entries from the right. */
  trustedHops: whole(0, 10).default(0),
  port: whole(0, 65535).default(8080),
  logLevel: z
    .enum(logLevels, {
      error: ({ input }) =>
        `must be one of ${logLevels.join(', ')}. ${nearestHint(String(input), logLevels, '')}`.trim(),
    })
    .default('info'),
  secretKey: z.string().optional(),
  secretKeyFile: z.string().optional(),
  /** Messages a second of a sender that names no rate. */
  senderRatePerSecond: decimal(0.001, 10_000).default(20),
  /** Between two messages of one sender to one phone. */
  pairIntervalSeconds: decimal(0, 3600).default(6),
  /** One call to a provider, from connecting to the last byte. */
  callDeadlineSeconds: whole(1, 600).default(30),
  /** How long proof is sought for a message whose outcome is unknown. */
  unknownProofHours: whole(1, 24 * 30).default(72),
  /** How long a callback without its message waits. */
  orphanDays: whole(1, 30).default(7),
  /** A login ends after so long without a request, and after so long in all. */
  sessionIdleMinutes: whole(1, 24 * 60).default(30),
  sessionHours: whole(1, 24 * 30).default(12),
  /** Of one key or one login to API and pages, in each process. */
  requestsPerSecond: whole(1, 100_000).default(100),
  /** How long callbacks, rejected lines and what messages said to each person are kept. */
  retentionDays: whole(1, 3650).default(90),
})
export type Config = z.output<typeof configSchema>

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
  const given = { ...file.values, ...fromEnv, ...dropUndefined(flags) }
  const result = configSchema.safeParse(given)
  if (result.success) return result.data
  const [issue] = result.error.issues
  const key = String(issue?.path[0] ?? '')
  throw new AppError(
    'config.invalid',
    `${placeOf(key, flags, fromEnv, file)}: ${issue?.message ?? 'is not valid'} (found ${JSON.stringify(given[key as keyof typeof given])})`,
  )
}

/** databaseUrl → HERALD_DATABASE_URL. */
function envName(key: string): string {
  return `${ENV_BEGINS}${key.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`
}

const keys = Object.keys(configSchema.shape) as (keyof Config)[]

const envNames = new Map<string, keyof Config | undefined>([
  ...keys.map((key) => [envName(key), key] as const),
  ['HERALD_CONFIG', undefined],
])
/** What the tests of this program are told by. */
const ofTests = ['HERALD_UPDATE_DOCS']
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

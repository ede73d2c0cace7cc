// The composition root: the only file that knows every layer. Opening an app opens its database; nothing runs yet.
import { join } from 'node:path'
import { AppError } from './domain/errors.ts'
import type { Preparation } from './domain/preparation.ts'
import type { EmulatorOptions, RunningEmulator } from './emulator/emulator.ts'
import type { WatchedLaunches } from './engine/campaigns/watched-launches.ts'
import type { Context } from './engine/context.ts'
import type { WatchedImports } from './engine/import/watched-imports.ts'
import { NodeLife } from './engine/node-life.ts'
import type { ProviderAccess } from './engine/senders/provider-access.ts'
import type { SenderConnections } from './engine/senders/sender-connections.ts'
import type { LiveReports } from './engine/service/live.ts'
import type { Service } from './engine/service/service.ts'
import type { Receiver } from './engine/track/receive.ts'
import type { RunningServer } from './http/server.ts'
import { appVersion } from './runtime/app-version.ts'
import { type Clock, machine, SystemClock } from './runtime/clock.ts'
import { type Config, readConfig } from './runtime/config.ts'
import { createLog, type Log } from './runtime/log.ts'
import { processEnv } from './runtime/process-env.ts'
import { openSecrets } from './runtime/secrets.ts'
import { startThread } from './runtime/thread.ts'
import type { Database } from './store/database.ts'
import type { SyncFile } from './store/durability.ts'
import { holdUnlessLastUsed, refuseHalfMoved } from './store/incarnation.ts'
import type { Moved } from './store/move.ts'
import { databasePath, openDatabase } from './store/open-database.ts'
import type { RestoredDatabase, RestoreOptions } from './store/restore/restore-database.ts'

export interface AppOptions {
  /** Settings of the command line; they win over environment and file. */
  flags?: Partial<Record<keyof Config, unknown>>
  env?: Record<string, string | undefined>
  clock?: Clock
  random?: () => number
  /** Replaces the version of the runtime's time zone rules. */
  zoneDataVersion?: string
  log?: Log
  /** Replaces the sync of the database's log. */
  sync?: SyncFile
  /** Stands between the program and its database; tests run each write twice. */
  between?: (db: Database) => Database
  /** Makes the database, its folder and its key where there is none. */
  mayCreate?: boolean
  /** Called when the database was made or changed to be opened. */
  onPrepared?: (preparation: Preparation) => void
}

export interface App extends AsyncDisposable {
  readonly ctx: Context
  /** The drivers of the senders; loaded when they are first asked for, as is everything that calls or serves. */
  connections(): Promise<SenderConnections>
  receiver(): Promise<Receiver>
  /** Runs schedules, sending and callbacks, and listens; dispose drains and stops. */
  serve(): Promise<RunningApp>
}

export interface RunningApp extends AsyncDisposable {
  url: string
  /** Where the first visitor becomes the administrator; null once there is one. */
  setupUrl: string | null
}

/** Opens everything a command needs. Throws AppError config.*, db.*. */
export async function openApp(options: AppOptions = {}): Promise<App> {
  const config = readConfig({ env: options.env ?? processEnv(), flags: options.flags ?? {} })
  const log = options.log ?? createLog({ level: config.logLevel, isPretty: process.stderr.isTTY === true })
  let clock = options.clock ?? new SystemClock()
  const onSlow = (ms: number) => log.warn({ ms: Math.round(ms) }, `a transaction took ${Math.round(ms)} ms`)
  const { sync, mayCreate, onPrepared, between = (opened: Database) => opened } = options
  const now = () => clock.now()
  const opened = await openDatabase(config.databaseUrl, {
    appVersion,
    filesFolder: config.filesFolder,
    onSlow,
    startThread,
    sync,
    mayCreate,
    onPrepared,
    now,
    // The clock of a server is its own, unless tests bring one.
    serverNow: options.clock && now,
  })
  // All nodes go by the clock of the server, however wrong those of their machines are.
  if (options.clock === undefined && opened.clockAheadMs !== undefined)
    clock = new SystemClock({ ...machine, wall: () => Date.now() + (opened.clockAheadMs ?? 0) })
  const db = between(opened)
  await refuseHalfMoved(db)
  await holdUnlessLastUsed(db)
  const secrets = openSecrets({
    key: config.secretKey,
    keyFile: config.secretKeyFile,
    defaultKeyFile: join(db.filesFolder, 'herald.key'),
  })
  const node = new NodeLife({ db, clock, log, appVersion })
  const ctx: Context = {
    db,
    clock,
    random: options.random ?? Math.random,
    config,
    log,
    secrets,
    node,
    appVersion,
    zoneDataVersion: options.zoneDataVersion ?? process.versions.tz ?? 'unknown',
  }
  const calls = new Calls(ctx)
  return {
    ctx,
    connections: async () => (await calls.open()).connections,
    receiver: async () => (await calls.open()).receiver,
    serve: async () => serve(ctx, calls),
    [Symbol.asyncDispose]: async () => {
      await calls.close()
      await node[Symbol.asyncDispose]()
      await node.noteWritten()
      await db[Symbol.asyncDispose]()
    },
  }
}

interface OpenCalls {
  connections: SenderConnections
  receiver: Receiver
}

/** What calls providers and is called by them: opened once, when it is first needed. */
class Calls {
  readonly #ctx: Context
  #open: Promise<OpenCalls> | undefined
  /** A callback was stored. */
  onStored = () => {}

  constructor(ctx: Context) {
    this.#ctx = ctx
  }

  open(): Promise<OpenCalls> {
    this.#open ??= this.#make()
    return this.#open
  }

  async #make(): Promise<OpenCalls> {
    const [{ SenderConnections }, { Receiver }] = await Promise.all([
      import('./engine/senders/sender-connections.ts'),
      import('./engine/track/receive.ts'),
    ])
    const connections = new SenderConnections(this.#ctx)
    const receiver = new Receiver(this.#ctx, connections, () => this.onStored())
    connections.receive = (senderId, body) => receiver.store(senderId, body)
    return { connections, receiver }
  }

  async close(): Promise<void> {
    const open = await this.#open
    await open?.connections[Symbol.asyncDispose]()
    await open?.receiver.close()
  }
}

/** The service and its faces are loaded here only: commands start twice as fast without them. */
async function serve(ctx: Context, calls: Calls): Promise<RunningApp> {
  const [
    { Service },
    { ProviderAccess },
    { LiveReports },
    { WatchedLaunches },
    { WatchedImports },
    { makeSetupToken },
  ] = await Promise.all([
    import('./engine/service/service.ts'),
    import('./engine/senders/provider-access.ts'),
    import('./engine/service/live.ts'),
    import('./engine/campaigns/watched-launches.ts'),
    import('./engine/import/watched-imports.ts'),
    import('./engine/accounts/setup.ts'),
  ])
  const { connections, receiver } = await calls.open()
  const service = new Service(ctx, connections)
  calls.onStored = () => service.wakeApplier()
  refuseExposure(ctx.config)
  await ensureFirstSender(ctx)
  const faces = {
    ctx,
    providers: new ProviderAccess(connections, ctx.clock),
    live: new LiveReports(ctx),
    launches: new WatchedLaunches(ctx),
    imports: new WatchedImports(ctx, () => service.onTheWire > 0),
  }
  const server = await listen(faces, receiver)
  const token = await makeSetupToken(ctx)
  await service.start()
  return running({ server, service, receiver, faces }, token)
}

export type Restored = RestoredDatabase
export type { Moved }

export interface RestoreRequest extends Pick<RestoreOptions, 'file' | 'from' | 'isNothingSent' | 'onStep'> {
  flags: Partial<Record<keyof Config, unknown>>
}

/** A backup takes the place of the configured database, which nobody may have open. Throws AppError config.*, db.*. */
export async function restoreBackup({ flags, ...request }: RestoreRequest): Promise<Restored> {
  const { databaseUrl } = readConfig({ env: processEnv(), flags })
  const now = new SystemClock().now()
  const { restoreDatabase } = await import('./store/restore/restore-database.ts')
  return restoreDatabase({ ...request, path: databasePath(databaseUrl), appVersion, now })
}

export interface MoveRequest {
  from: string
  to: string
  onStep: (table: string, rows: number) => void
  flags: Partial<Record<keyof Config, unknown>>
}

/** An installation goes into another database. Throws AppError config.*, db.*, check.failed. */
export async function moveInstallation({ from, to, onStep, flags }: MoveRequest): Promise<Moved> {
  const { filesFolder } = readConfig({ env: processEnv(), flags })
  const open = (url: string, mayCreate: boolean) =>
    openDatabase(url, { appVersion, filesFolder, startThread, mayCreate, onSlow: () => {} })
  const moveDatabase = await loadMove()
  await using source = await open(from, false)
  await using target = await open(to, true)
  return await moveDatabase(source, target, { now: new SystemClock().now(), onStep })
}

/** Apart, because the compiler does not rewrite the `.ts` of an import() in a function with `await using`. */
async function loadMove() {
  const { moveDatabase } = await import('./store/move.ts')
  return moveDatabase
}

/** What API and pages work with. */
interface Faces {
  ctx: Context
  providers: ProviderAccess
  live: LiveReports
  launches: WatchedLaunches
  imports: WatchedImports
}

async function listen(faces: Faces, receiver: Receiver): Promise<RunningServer> {
  const { config, log } = faces.ctx
  const { host, port } = config
  const [{ startServer }, { apiDocument }, { webPages }] = await Promise.all([
    import('./http/server.ts'),
    import('./http/api-v1.ts'),
    import('./web/pages.tsx'),
  ])
  return startServer({
    ...faces,
    host,
    port,
    log,
    pages: webPages({ ...faces, describeApi: () => apiDocument(faces) }),
    webhooks: receiver,
    publicUrl: config.publicUrl ?? `http://${host}:${port}`,
  })
}

/** Pages and keys cross the network in clear text: beyond this machine only behind a proxy that speaks TLS. */
function refuseExposure({ host, publicUrl, trustsProxy }: Config): void {
  if (isLoopback(host) || (trustsProxy && publicUrl?.startsWith('https:') === true)) return
  // In a container the machine outside decides who comes in. Names of other machines get nothing (checkHost).
  if (publicUrl !== undefined && isLoopback(new URL(publicUrl).hostname)) return
  throw new AppError('config.exposed', `listening on ${host} would offer logins without TLS`, {
    hint: 'Put a proxy that speaks TLS in front, set HERALD_PUBLIC_URL=https://… and HERALD_TRUSTS_PROXY=true; or listen on 127.0.0.1. In a container on your own machine, set HERALD_PUBLIC_URL=http://localhost:8080.',
  })
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(host)
}

/** A fresh installation can send at once, to nobody real. */
async function ensureFirstSender(ctx: Context): Promise<void> {
  const { countSenders } = await import('./store/senders.ts')
  if ((await ctx.db.read(countSenders)) > 0) return
  const { addSender } = await import('./engine/senders/senders.ts')
  await addSender(ctx, { name: 'sandbox', provider: 'sandbox' })
}

interface Parts {
  server: RunningServer
  service: Service
  receiver: Receiver
  faces: Faces
}

function running({ server, service, receiver, faces }: Parts, setupToken: string | undefined): RunningApp {
  // Behind a proxy people come by its name; without one, by the port that was taken.
  const base = faces.ctx.config.publicUrl ?? server.url
  return {
    url: server.url,
    setupUrl: setupToken === undefined ? null : `${base}/setup/${setupToken}`,
    [Symbol.asyncDispose]: async () => {
      faces.live.close()
      await faces.imports.close()
      await faces.launches.close()
      await service.stop()
      await server[Symbol.asyncDispose]()
      await receiver.close()
    },
  }
}

/** The stand-in for providers' APIs; loaded only when it is asked for. */
export async function startEmulator(options: EmulatorOptions): Promise<RunningEmulator> {
  const emulator = await import('./emulator/emulator.ts')
  return emulator.startEmulator(options)
}

// What every page, every GET of the API and every command that reads (measured-pages.ts) take on a large database: of each the best,
// the median, the least time of the processor, and the longest that the thread was held. The limit is 100 ms of the processor for a
// page. Pages and API are asked without the loops of a service, whose work is not theirs.
// `npm run bench:pages -- --campaigns 10000 --messages 5000000`; `--dir folder` keeps the database there and uses it again; `--only text`
// measures what has the text in its name.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createReadStream, existsSync } from 'node:fs'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import SqliteConnection from 'better-sqlite3'
import { roleRights } from '../dist/domain/access.js'
import { addKey } from '../dist/engine/accounts/keys.js'
import { logIn, sessionCookie } from '../dist/engine/accounts/sessions.js'
import { addUser } from '../dist/engine/accounts/users.js'
import { WatchedLaunches } from '../dist/engine/campaigns/watched-launches.js'
import { storeUpload } from '../dist/engine/import/uploads.js'
import { WatchedImports } from '../dist/engine/import/watched-imports.js'
import { showUnknown } from '../dist/engine/report/unknown.js'
import { ProviderAccess } from '../dist/engine/senders/provider-access.js'
import { addSender } from '../dist/engine/senders/senders.js'
import { LiveReports } from '../dist/engine/service/live.js'
import { apiDocument } from '../dist/http/api-v1.js'
import { startServer } from '../dist/http/server.js'
import { webPages } from '../dist/web/pages.js'
import { fillCrowd } from './crowd.ts'
import { bench, median, numberFlag, textFlag, writePeople } from './measure.ts'
import { type Listed, measuredCommands, measuredPages } from './measured-pages.ts'

const size = {
  campaigns: numberFlag('campaigns', 10_000),
  lists: numberFlag('lists', 1_000),
  senders: numberFlag('senders', 1_000),
  people: numberFlag('people', 1_000_000),
  messages: numberFlag('messages', 5_000_000),
  replies: numberFlag('replies', 166_000),
  at: Date.now(),
}
const rounds = numberFlag('rounds', 5)
const LIMIT_MS = 100
const password = 'violet anchor pebble'

/** A process says at its end what it took of the processor. */
const saysCpu =
  "data:text/javascript,process.on('exit',()=>{const{user,system}=process.cpuUsage();process.stderr.write('\\ncpu='+Math.round((user+system)/1000))})"
const only = textFlag('only') ?? ''
await using place = bench(textFlag('dir'))
const file = join(place.dir, 'herald.db')
const isKept = existsSync(file)
const app = await place.open({ port: 0, requestsPerSecond: 100_000 })
if (!isKept) await fill()

const { key } = await addKey(app.ctx, { name: `bench ${Date.now()}`, user: 'ada', rights: [...roleRights.admin] })
const client = { address: '127.0.0.1', network: '127.0.0.0/24', isShared: true }
const { sessionToken, principal } = await logIn(app.ctx, { name: 'ada', password, client, deviceToken: undefined })
const cookie = { cookie: `${sessionCookie}=${sessionToken}` }
const bearer = { authorization: `Bearer ${key}` }
await measurePages()
await measureFirst()
for (const command of [['--version'], ['--help'], ...commandLines()]) run(command)

/** API and pages as a service offers them. */
async function measurePages(): Promise<void> {
  const { ctx } = app
  const facts = {
    ctx,
    providers: new ProviderAccess(await app.connections(), ctx.clock),
    live: new LiveReports(ctx),
    launches: new WatchedLaunches(ctx),
    imports: new WatchedImports(ctx, () => false),
  }
  const document = apiDocument(facts) as Listed['document']
  const pages = webPages({ ...facts, describeApi: () => document })
  const publicUrl = 'http://127.0.0.1'
  const webhooks = await app.receiver()
  await using server = await startServer({
    ...facts,
    pages,
    webhooks,
    publicUrl,
    host: '127.0.0.1',
    port: 0,
    log: ctx.log,
  })
  const made = { message: await findUnknownMessage(), upload: await makeUpload() }
  for (const { face, path } of measuredPages({ document, pages: pages.routes }, made))
    await measure(`GET ${path}`, `${server.url}${path}`, face === 'api' ? bearer : cookie)
}

async function findUnknownMessage(): Promise<string> {
  const [first] = await showUnknown(app.ctx, undefined, { limit: 1 })
  return first?.id ?? 'msg_1'
}

/** A file of the user who asks for the pages. */
async function makeUpload(): Promise<string> {
  const path = join(place.dir, 'people.csv')
  await writePeople(path, 20_000)
  const { id } = await storeUpload(
    app.ctx,
    { userId: principal.userId, fileName: 'people.csv' },
    createReadStream(path),
  )
  return id
}

function commandLines(): string[][] {
  return Object.entries(measuredCommands).flatMap(([name, lines]) => lines.map((args) => [...name.split(' '), ...args]))
}

async function fill(): Promise<void> {
  const began = performance.now()
  await addUser(app.ctx, { name: 'ada', role: 'admin', password })
  for (let n = 1; n <= size.senders; n++)
    await addSender(app.ctx, { name: `Sender ${String(n).padStart(5, '0')}`, provider: 'sandbox' })
  const db = new SqliteConnection(file)
  fillCrowd(db, size)
  db.close()
  console.log(`filled in ${Math.round((performance.now() - began) / 1000)} s`)
}

async function measure(name: string, url: string, headers: Record<string, string>): Promise<void> {
  if (!name.includes(only)) return
  const times: number[] = []
  const work: number[] = []
  const delay = monitorEventLoopDelay({ resolution: 1 })
  let status = 0
  let bytes = 0
  delay.enable()
  for (let round = 0; round < rounds; round++) {
    const [startedAt, cpu] = [performance.now(), process.cpuUsage()]
    const response = await fetch(url, { headers, redirect: 'manual' })
    bytes = (await response.arrayBuffer()).byteLength
    times.push(performance.now() - startedAt)
    work.push(cpuMs(process.cpuUsage(cpu)))
    status = response.status
  }
  delay.disable()
  print(name, { times, work, held: delay.max / 1e6, about: `${status} ${Math.round(bytes / 1024)} KiB` })
}

function run(command: string[]): void {
  const name = `herald ${command.join(' ')}`
  if (!name.includes(only)) return
  const times: number[] = []
  const work: number[] = []
  let about = ''
  for (let round = 0; round < Math.min(rounds, 3); round++) {
    const startedAt = performance.now()
    const args = ['--import', saysCpu, 'dist/main.js', '--db', file, ...command]
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', maxBuffer: 2 ** 30 })
    times.push(performance.now() - startedAt)
    work.push(Number(/cpu=(\d+)$/.exec(stderr)?.[1]))
    about = `exit ${status} ${Math.round(stdout.length / 1024)} KiB ${status === 0 ? '' : stderr.slice(0, 100)}`
  }
  print(name, { times, work, held: Number.NaN, about })
}

/** The service in its own process, as it is when nothing was asked of it yet. */
async function measureFirst(): Promise<void> {
  const name = 'first page after a start'
  if (!name.includes(only)) return
  const times: number[] = []
  const starts: number[] = []
  for (let round = 0; round < Math.min(rounds, 3); round++) {
    const startedAt = performance.now()
    const child = spawn(process.execPath, ['dist/main.js', '--db', file, '--json', 'start'], {
      env: { ...process.env, HERALD_PORT: '0' },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const url = await addressOf(child)
    const listensAt = performance.now()
    const response = await fetch(`${url}/`, { headers: cookie })
    await response.arrayBuffer()
    starts.push(listensAt - startedAt)
    times.push(performance.now() - listensAt)
    child.kill('SIGTERM')
    await once(child, 'exit')
  }
  print(name, {
    times,
    work: [Number.NaN],
    held: Number.NaN,
    about: `listens after ${Math.round(Math.min(...starts))} ms`,
  })
}

async function addressOf({ stdout }: ChildProcess): Promise<string> {
  let text = ''
  for await (const chunk of stdout ?? []) {
    text += chunk
    const url = /http:\/\/[\w.:[\]]+/.exec(text)?.[0]
    if (url !== undefined) return url
  }
  throw new Error(`the service did not start: ${text}`)
}

function cpuMs({ user, system }: NodeJS.CpuUsage): number {
  return (user + system) / 1000
}

interface Figures {
  times: number[]
  work: number[]
  held: number
  about: string
}

function print(name: string, { times, work, held, about }: Figures): void {
  const figures = [Math.min(...times), median(times), Math.min(...work), held]
  // A command that reads the whole program takes longer than its page: it is judged beside a bare start (README.md).
  const slowest = name.startsWith('GET ') ? Math.min(...work) : 0
  const texts = figures.map((ms) => (Number.isNaN(ms) ? '–' : `${Math.round(ms)}`).padStart(7))
  console.log(`${slowest > LIMIT_MS ? 'SLOW ' : '     '}${name.padEnd(52)}${texts.join('')}  ${about}`)
}

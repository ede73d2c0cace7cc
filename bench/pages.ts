// What pages, API routes and commands take on a large database: of each the best, the median, the least
// time of the processor, and the longest that the thread was held. The limit is 100 ms. `npm run bench:pages -- --campaigns 10000 --messages 5000000`
// `--dir folder` keeps the database there and uses it again; `--only text` measures what has the text in its name.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import SqliteConnection from 'better-sqlite3'
import { addKey } from '../dist/engine/accounts/keys.js'
import { logIn, sessionCookie } from '../dist/engine/accounts/sessions.js'
import { addUser } from '../dist/engine/accounts/users.js'
import { addSender } from '../dist/engine/senders/senders.js'
import { fillCrowd } from './crowd.ts'
import { bench, median, numberFlag, textFlag } from './measure.ts'

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

const pages = [
  '/',
  '/campaigns',
  '/campaigns?q=4999',
  '/campaigns?status=finished',
  '/campaigns/new',
  '/campaigns/cmp_2',
  '/campaigns/cmp_4',
  '/campaigns/cmp_4/live',
  '/campaigns/cmp_4/report',
  '/campaigns/cmp_2/report',
  '/campaigns/cmp_3/edit',
  '/campaigns/cmp_7/review',
  '/lists',
  '/lists/lst_1',
  '/lists/lst_1?search=zzz',
  '/senders',
  '/senders/snd_1',
  '/templates',
  '/limits',
  '/replies',
  '/replies?reading=opt_out',
  '/lists/lst_2?search=44740',
  '/contacts/con_5',
  '/suppressions',
  '/unknown',
  '/unknown?campaign=cmp_2',
  '/suppressions?phone=44740',
  '/suppressions?scope=all',
  '/imports',
  '/imports/imp_1',
  '/import',
  '/users',
  '/keys',
]
const routes = [
  '/campaigns',
  '/campaigns?limit=1000',
  '/campaigns/cmp_4',
  '/campaigns/cmp_4/report',
  '/campaigns/cmp_2/report',
  '/campaigns/cmp_2/runs',
  '/lists',
  '/senders',
  '/templates',
  '/replies',
  '/suppressions',
  '/unknown',
  '/imports',
  '/limits',
]
const commands = [
  ['--version'],
  ['campaigns', 'list'],
  ['campaigns', 'list', '--json'],
  ['lists', 'list'],
  ['senders', 'list'],
  ['templates', 'list'],
  ['imports', 'list'],
  ['replies', 'list'],
  ['unknown', 'list'],
  ['report', 'cmp_4'],
]

/** A process says at its end what it took of the processor. */
const saysCpu =
  "data:text/javascript,process.on('exit',()=>{const{user,system}=process.cpuUsage();process.stderr.write('\\ncpu='+Math.round((user+system)/1000))})"
const only = textFlag('only') ?? ''
await using place = bench(textFlag('dir'))
const file = join(place.dir, 'herald.db')
const isKept = existsSync(file)
const app = await place.open({ port: 0 })
if (!isKept) await fill()

const running = await app.serve()
const { key } = await addKey(app.ctx, { name: `bench ${Date.now()}`, user: 'ada', rights: ['read', 'edit', 'export'] })
const client = { address: '127.0.0.1', network: '127.0.0.0/24', isShared: true }
const { sessionToken } = await logIn(app.ctx, { name: 'ada', password, client, deviceToken: undefined })
const cookie = { cookie: `${sessionCookie}=${sessionToken}` }
const bearer = { authorization: `Bearer ${key}` }
for (const path of pages) await measure(path, `${running.url}${path}`, cookie)
for (const path of routes) await measure(`GET ${path}`, `${running.url}/api/v1${path}`, bearer)
await running[Symbol.asyncDispose]()
await measureFirst()
for (const command of commands) run(command)

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

/** The service in a process of its own, as it is when nothing was asked of it yet. */
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
  const texts = figures.map((ms) => (Number.isNaN(ms) ? '–' : `${Math.round(ms)}`).padStart(7))
  console.log(`${Math.min(...times) > LIMIT_MS ? 'SLOW ' : '     '}${name.padEnd(36)}${texts.join('')}  ${about}`)
}

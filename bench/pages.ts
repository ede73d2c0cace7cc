// What pages, API routes and commands take on a large database: of each the best, the worst, and the longest that the
// thread was held. The limit is 100 ms. `npm run bench:pages -- --campaigns 10000 --messages 5000000`
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import SqliteConnection from 'better-sqlite3'
import { addKey } from '../dist/engine/accounts/keys.js'
import { logIn, sessionCookie } from '../dist/engine/accounts/sessions.js'
import { addUser } from '../dist/engine/accounts/users.js'
import { addSender } from '../dist/engine/senders/senders.js'
import { fillCrowd } from './crowd.ts'
import { bench, numberFlag } from './measure.ts'

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
  '/people?q=44740',
  '/contacts/con_5',
  '/suppressions',
  '/unknown',
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

await using place = bench()
const app = await place.open({ port: 0 })
await addUser(app.ctx, { name: 'ada', role: 'admin', password })
for (let n = 1; n <= size.senders; n++)
  await addSender(app.ctx, { name: `Sender ${String(n).padStart(5, '0')}`, provider: 'sandbox' })
const file = join(place.dir, 'herald.db')
const db = new SqliteConnection(file)
const began = performance.now()
fillCrowd(db, size)
db.close()
console.log(`filled in ${Math.round((performance.now() - began) / 1000)} s`)

const running = await app.serve()
const { key } = await addKey(app.ctx, { name: 'bench', user: 'ada', rights: ['read', 'edit', 'export'] })
const client = { address: '127.0.0.1', network: '127.0.0.0/24', isShared: true }
const { sessionToken } = await logIn(app.ctx, { name: 'ada', password, client, deviceToken: undefined })
const cookie = { cookie: `${sessionCookie}=${sessionToken}` }
const bearer = { authorization: `Bearer ${key}` }
for (const path of pages) await measure(path, `${running.url}${path}`, cookie)
for (const path of routes) await measure(`GET ${path}`, `${running.url}/api/v1${path}`, bearer)
await running[Symbol.asyncDispose]()
for (const command of commands) run(command)

async function measure(name: string, url: string, headers: Record<string, string>): Promise<void> {
  const times: number[] = []
  const delay = monitorEventLoopDelay({ resolution: 1 })
  let status = 0
  let bytes = 0
  delay.enable()
  for (let round = 0; round < rounds; round++) {
    const startedAt = performance.now()
    const response = await fetch(url, { headers, redirect: 'manual' })
    bytes = (await response.arrayBuffer()).byteLength
    times.push(performance.now() - startedAt)
    status = response.status
  }
  delay.disable()
  print(name, { times, held: delay.max / 1e6, about: `${status} ${Math.round(bytes / 1024)} KiB` })
}

function run(command: string[]): void {
  const times: number[] = []
  let about = ''
  for (let round = 0; round < Math.min(rounds, 3); round++) {
    const startedAt = performance.now()
    const { status, stdout, stderr } = spawnSync(process.execPath, ['dist/main.js', '--db', file, ...command], {
      encoding: 'utf8',
      maxBuffer: 2 ** 30,
    })
    times.push(performance.now() - startedAt)
    about = `exit ${status} ${Math.round(stdout.length / 1024)} KiB ${status === 0 ? '' : stderr.slice(0, 100)}`
  }
  print(`herald ${command.join(' ')}`, { times, held: Number.NaN, about })
}

function print(name: string, { times, held, about }: { times: number[]; held: number; about: string }): void {
  const figures = [Math.min(...times), Math.max(...times), held].map((ms) => `${Math.round(ms)}`.padStart(7))
  console.log(`${Math.min(...times) > LIMIT_MS ? 'SLOW ' : '     '}${name.padEnd(36)}${figures.join('')}  ${about}`)
}

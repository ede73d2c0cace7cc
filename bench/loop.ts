// How long the event loop keeps others waiting while a service does everything at once: imports, plans, sends, serves pages.
// `npm run bench -- loop`
import { once } from 'node:events'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { logIn, sessionCookie } from '../dist/engine/accounts/sessions.js'
import { addUser } from '../dist/engine/accounts/users.js'
import { launchByOperator } from '../dist/engine/campaigns/launch.js'
import { importCsv } from '../dist/engine/import/import-csv.js'
import { Service } from '../dist/engine/service/service.js'
import { tell } from './figures.ts'
import { bench, numberFlag, startScript } from './measure.ts'
import { addCampaignTo, addPeople, addSenderAt } from './stage.ts'

const people = numberFlag('people', 50_000)
const rate = numberFlag('rate', 500)
const seconds = numberFlag('seconds', 20)
const HELD_MAX_MS = 20
const PAGES = ['/', '/campaigns', '/lists', '/campaigns/cmp_1', '/campaigns/cmp_1/live']
const PAGES_AT_ONCE = 4
const password = 'violet anchor pebble'

const sink = await startScript('./sink.ts', ['50'])
await using place = bench()
const app = await place.open({ port: 0, requestsPerSecond: 100_000 })
const { ctx } = app
const csv = await addPeople(app, place.dir, people)
await addSenderAt(app, { baseUrl: sink.line, ratePerSecond: rate })
await addUser(ctx, { name: 'ada', role: 'admin', password })
const client = { address: '127.0.0.1', network: '127.0.0.0/24', isShared: true }
const { sessionToken } = await logIn(ctx, { name: 'ada', password, client, deviceToken: undefined })
const server = await app.serve()
const service = new Service(ctx, await app.connections())
await service.start()
await launch('Sent')

const delay = monitorEventLoopDelay({ resolution: 1 })
const until = performance.now() + seconds * 1000
const isOver = () => performance.now() >= until
let pages = 0
let imports = 0
let plans = 0
delay.enable()
await Promise.all([importing(), planning(), ...Array.from({ length: PAGES_AT_ONCE }, readPages)])
delay.disable()
await service.stop()
await server[Symbol.asyncDispose]()
sink.child.stdin?.end()
await once(sink.child, 'exit')

const sent = await ctx.db.read((tx) =>
  tx.get<{ count: number }>(`SELECT count(*) AS count FROM attempts WHERE outcome = 'accepted'`),
)
const p99 = delay.percentile(99) / 1e6
tell({
  bench: 'loop',
  what: 'event loop while importing, planning, sending and serving pages',
  found: `p99 ${p99.toFixed(1)} ms, longest ${(delay.max / 1e6).toFixed(0)} ms`,
  beside: `${imports} imports and ${plans} plans of ${people.toLocaleString('en')} people, ${sent?.count} messages and ${pages} pages in ${seconds} s`,
  aim: `p99 ≤ ${HELD_MAX_MS} ms`,
  isReached: p99 <= HELD_MAX_MS,
})

async function launch(name: string): Promise<void> {
  await addCampaignTo(app, { name })
  await launchByOperator(ctx, name, { isSendNow: true })
}

async function importing(): Promise<void> {
  for (; !isOver(); imports++) await importCsv(ctx, { path: csv, list: `people ${imports}`, rejectsPath: null })
}

async function planning(): Promise<void> {
  for (; !isOver(); plans++) await launch(`Planned ${plans}`)
}

async function readPages(): Promise<void> {
  for (; !isOver(); pages++) {
    const path = PAGES[pages % PAGES.length]
    const response = await fetch(`${server.url}${path}`, { headers: { cookie: `${sessionCookie}=${sessionToken}` } })
    await response.arrayBuffer()
    if (response.status !== 200) throw new Error(`${path}: ${response.status}`)
  }
}

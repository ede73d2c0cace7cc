// Callbacks beside their limit: stored ones a second, against a bare node:http server that appends the same bodies to
// SQLite in groups with the same durability; then the wait for an answer at a steady rate, at rest and while sending.
// `npm run bench:track -- --messages 40000 --rate 3000 --seconds 10 --rounds 3 --sending 1000`
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import SqliteConnection from 'better-sqlite3'
import type { App } from '../dist/app.js'
import { launchByOperator } from '../dist/engine/campaigns/launch.js'
import { setSender } from '../dist/engine/senders/senders.js'
import { runInForeground } from '../dist/engine/service/foreground.js'
import type { CallbackFigures } from './callbacks.ts'
import { tell as tellFigure, tellRatio } from './figures.ts'
import { bench, numberFlag, startScript } from './measure.ts'
import { addCampaignTo, addPeople, addSenderAt } from './stage.ts'

const messages = numberFlag('messages', 40_000)
const rounds = numberFlag('rounds', 3)
const rate = numberFlag('rate', 3_000)
const seconds = numberFlag('seconds', 10)
const sendingPerSecond = numberFlag('sending', 1_000)
const closedCount = Math.min(20_000, Math.floor((3 * messages - 2 * rate * seconds) / (rounds + 1)))
const APP_SECRET = 'bench-secret'
const GROUP_MS = 5
const GROUP_MAX = 200
const STORED_MIN = 0.6
const WAIT_MAX_MS = 50

interface Figures extends CallbackFigures {
  /** Of this process for each callback: the machine may be loaded by others. */
  cpuUs: number
}

async function callBack(
  url: string,
  path: string,
  span: { from: number; count: number; rate: number },
): Promise<Figures> {
  const before = process.cpuUsage()
  const script = new URL('./callbacks.ts', import.meta.url).pathname
  const args = [script, url, APP_SECRET, path, ...[span.from, span.count, span.rate].map(String)]
  const child = spawn(process.execPath, ['--import', 'tsx', ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [chunk] = (await once(child.stdout, 'data')) as [Buffer]
  const { user, system } = process.cpuUsage(before)
  return { ...(JSON.parse(chunk.toString()) as CallbackFigures), cpuUs: Math.round((user + system) / span.count) }
}

/** The limit: a server that only reads and stores. */
function bareServer(dir: string) {
  const connection = new SqliteConnection(join(dir, 'bare.db'))
  connection.pragma('journal_mode = WAL')
  connection.pragma('synchronous = FULL')
  connection.exec('CREATE TABLE bodies (id INTEGER PRIMARY KEY, received_at INTEGER NOT NULL, body TEXT NOT NULL)')
  const insert = connection.prepare('INSERT INTO bodies (received_at, body) VALUES (?, ?)')
  let waiting: { body: string; response: ServerResponse }[] = []
  let timer: NodeJS.Timeout | undefined
  const flush = () => {
    clearTimeout(timer)
    timer = undefined
    const group = waiting
    waiting = []
    connection.exec('BEGIN IMMEDIATE')
    for (const { body } of group) insert.run(Date.now(), body)
    connection.exec('COMMIT')
    for (const { response } of group) response.writeHead(200, { 'content-length': 0 }).end()
  }
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      waiting.push({ body: Buffer.concat(chunks).toString('utf8'), response })
      if (waiting.length >= GROUP_MAX) flush()
      else timer ??= setTimeout(flush, GROUP_MS)
    })
  })
  return new Promise<{ url: string; close: () => void }>((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
      const close = () => {
        server.close()
        server.closeAllConnections()
        connection.close()
      }
      resolve({ url, close })
    })
  })
}

/** Messages that the provider has accepted, as it names them in its callbacks. */
async function sendMessages(app: App, dir: string, path: string): Promise<void> {
  await addPeople(app, dir, messages)
  await addCampaignTo(app, { name: 'Sent before' })
  await runInForeground(app.ctx, await app.connections(), 'Sent before')
  const rows = await app.ctx.db.read((tx) =>
    tx.all<{ line: string }>(
      `SELECT a.tracking_id || ' ' || replace(c.phone, '+', '') AS line FROM attempts a
       JOIN messages m ON m.id = a.message_id JOIN contacts c ON c.id = m.contact_id ORDER BY a.id`,
    ),
  )
  writeFileSync(path, rows.map(({ line }) => line).join('\n'))
}

/** Waits until everything that was stored is applied; returns the seconds it took. */
async function applied(app: App): Promise<number> {
  const startedAt = performance.now()
  for (;;) {
    const left = await app.ctx.db.read((tx) =>
      tx.get('SELECT 1 FROM webhook_events WHERE next_try_at IS NOT NULL LIMIT 1'),
    )
    if (left === undefined) return (performance.now() - startedAt) / 1000
    await app.ctx.clock.wait(app.ctx.clock.now() + 50)
  }
}

function tell(what: string, { stored, refused, p50Ms, p99Ms, ...figures }: Figures): void {
  const pace = Math.round(stored / figures.seconds)
  const waits = `p50 ${p50Ms} ms, p99 ${p99Ms} ms`
  console.log(`${what}: ${stored} stored, ${refused} not, ${pace}/s, ${waits}, CPU ${figures.cpuUs} µs each`)
}

await using place = bench()
const app = await place.open({ port: 0 })
const sink = await startScript('./sink.ts', ['20'])
const { webhookUrl } = await addSenderAt(app, {
  baseUrl: sink.line,
  ratePerSecond: 10_000,
  concurrency: 100,
  appSecret: APP_SECRET,
})
const path = join(place.dir, 'messages.txt')
await sendMessages(app, place.dir, path)
const running = await app.serve()
const url = `${running.url}${new URL(webhookUrl).pathname}`
const bare = await bareServer(place.dir)

let from = 0
const next = (count: number, perSecond: number) => {
  const span = { from, count, rate: perSecond }
  from += count
  return span
}

/** Callbacks that were stored, in the database's words. */
async function countStored(): Promise<number> {
  const row = await app.ctx.db.read((tx) => tx.get<{ count: number }>('SELECT count(*) AS count FROM webhook_events'))
  return row?.count ?? 0
}

const ratios: [number, number][] = []
for (let round = 0; round <= rounds; round++) {
  const span = next(closedCount, 0)
  const limit = await callBack(bare.url, path, span)
  const ours = await callBack(url, path, span)
  const applySeconds = await applied(app)
  // The first round warms both.
  if (round > 0) ratios.push([ours.stored / ours.seconds, limit.stored / limit.seconds])
  tell(`round ${round}: bare  `, limit)
  tell(`round ${round}: Herald`, ours)
  console.log(`  all applied ${applySeconds.toFixed(1)} s later`)
}
bare.close()
tellRatio({
  bench: 'track',
  what: 'callbacks of Meta stored, 100 connections',
  rounds: ratios,
  beside: 'a bare server that appends to SQLite in groups',
  atLeast: STORED_MIN,
})

tell(`${rate}/s offered, at rest`, await callBack(url, path, next(rate * seconds, rate)))
console.log(`  all applied ${(await applied(app)).toFixed(1)} s later`)

await setSender(app.ctx, 'main', { ratePerSecond: sendingPerSecond })
await addCampaignTo(app, { name: 'Sent meanwhile' })
await launchByOperator(app.ctx, 'Sent meanwhile', { isSendNow: true })
const sentCount = async () =>
  (
    await app.ctx.db.read((tx) =>
      tx.get<{ count: number }>('SELECT count(*) AS count FROM attempts WHERE ended_at IS NOT NULL'),
    )
  )?.count ?? 0
while ((await sentCount()) < messages + sendingPerSecond) await app.ctx.clock.wait(app.ctx.clock.now() + 50)
const before = await sentCount()
const sendingFrom = performance.now()
const meanwhile = await callBack(url, path, next(rate * seconds, rate))
tell(`${rate}/s offered, while sending`, meanwhile)
const sent = ((await sentCount()) - before) / ((performance.now() - sendingFrom) / 1000)
console.log(`  sent meanwhile ${Math.round(sent)}/s of ${sendingPerSecond}/s`)
console.log(`  all applied ${(await applied(app)).toFixed(1)} s later`)
console.log(`stored ${await countStored()} of ${from}`)
tellFigure({
  bench: 'track',
  what: `${rate} callbacks a second for ${seconds} s while sending`,
  found: `p50 ${meanwhile.p50Ms} ms, p99 ${meanwhile.p99Ms} ms, ${meanwhile.refused} refused`,
  beside: `${Math.round(sent)}/s sent of ${sendingPerSecond}/s`,
  aim: `all, p99 ≤ ${WAIT_MAX_MS} ms`,
  isReached: meanwhile.refused === 0 && meanwhile.p99Ms <= WAIT_MAX_MS,
})
await running[Symbol.asyncDispose]()
sink.child.stdin?.end()
await once(sink.child, 'exit')

// How quick it is to the hand: commands beside a bare start of Node, in turns; and a service at rest. `npm run bench -- hand`
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import SqliteConnection from 'better-sqlite3'
import { addSender } from '../dist/engine/senders/senders.js'
import { fillCrowd } from './crowd.ts'
import { tell } from './figures.ts'
import { bench, median, numberFlag } from './measure.ts'

const rounds = numberFlag('rounds', 7)
const messages = numberFlag('messages', 1_000_000)
const campaigns = numberFlag('campaigns', 10_000)
const restSeconds = numberFlag('rest', 10)
/** Each with what it may take beyond a bare start (s), and its largest memory (MB). */
const commands: [line: string[], moreSeconds: number, mostMb?: number][] = [
  [['--version'], 0.1, 60],
  [['--help'], 0.3],
  [['lists', 'list'], 0.3],
  [['campaigns', 'list'], 0.3],
  [['report', 'Campaign 00005'], 0.3],
]
const START_MAX_S = 2
const IDLE_MAX = 0.01

/** A process says at its end how large it was. */
const saysSize =
  "data:text/javascript,process.on('exit',()=>process.stderr.write('\\nmb='+Math.round(process.resourceUsage().maxRSS/1024)))"

function run(args: string[]): { took: number; mb: number } {
  const startedAt = performance.now()
  const { status, stderr } = spawnSync(process.execPath, ['--import', saysSize, ...args], {
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  })
  if (status !== 0) throw new Error(`${args.join(' ')}: exit ${status}, ${stderr}`)
  return { took: (performance.now() - startedAt) / 1000, mb: Number(/mb=(\d+)$/.exec(stderr)?.[1]) }
}

await using place = bench()
const file = join(place.dir, 'herald.db')
const size = { campaigns, lists: 1_000, senders: 50, people: 100_000, messages, replies: 1_000, at: Date.now() }
await fill()
for (const [line, moreSeconds, mostMb] of commands) {
  const found = Array.from({ length: rounds }, () => ({
    bare: run(['-e', '0']).took,
    ours: run(['dist/main.js', '--db', file, ...line]),
  }))
  const more = median(found.map(({ bare, ours }) => ours.took - bare))
  const mb = median(found.map(({ ours }) => ours.mb))
  tell({
    bench: 'hand',
    what: `\`herald ${line.join(' ')}\``,
    found: `${more.toFixed(2)} s more, ${mb} MB`,
    beside: `a bare start of Node (${median(found.map(({ bare }) => bare)).toFixed(2)} s, ${rounds} rounds)`,
    aim: `≤ ${moreSeconds} s more${mostMb === undefined ? '' : `, ≤ ${mostMb} MB`}`,
    isReached: more <= moreSeconds && mb <= (mostMb ?? Number.POSITIVE_INFINITY),
  })
}
await measureService()

async function fill(): Promise<void> {
  const app = await place.open()
  for (let n = 1; n <= size.senders; n++)
    await addSender(app.ctx, { name: `Sender ${String(n).padStart(5, '0')}`, provider: 'sandbox' })
  await app[Symbol.asyncDispose]()
  const db = new SqliteConnection(file)
  fillCrowd(db, size)
  // Nothing is due while it rests: of ten thousand schedules some fire each minute.
  db.exec(
    `UPDATE campaigns SET status = 'paused', pause_reason = 'operator', paused_at = ${size.at} WHERE status IN ('scheduled', 'running')`,
  )
  db.close()
}

/** Until it listens, and then what it takes of a core while nobody asks. */
async function measureService(): Promise<void> {
  const startedAt = performance.now()
  const child = spawn(process.execPath, ['dist/main.js', '--db', file, '--json', 'start', '--port', '0'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  await once(child.stdout, 'data')
  const listens = (performance.now() - startedAt) / 1000
  await passed(restSeconds)
  const before = ticksOf(child.pid)
  await passed(restSeconds)
  const idle = (ticksOf(child.pid) - before) / 100 / restSeconds
  child.kill('SIGTERM')
  await once(child, 'exit')
  const beside = `${campaigns.toLocaleString('en')} campaigns, ${messages.toLocaleString('en')} messages`
  tell({
    bench: 'hand',
    what: 'start of a service',
    found: `${listens.toFixed(2)} s`,
    beside,
    aim: `≤ ${START_MAX_S} s`,
    isReached: listens <= START_MAX_S,
  })
  tell({
    bench: 'hand',
    what: 'a service at rest',
    found: `${(idle * 100).toFixed(1)} % of a core`,
    beside,
    aim: `≤ ${IDLE_MAX * 100} %`,
    isReached: idle <= IDLE_MAX,
  })
}

function passed(seconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1000))
}

/** Hundredths of a second on a processor, as Linux counts them. */
function ticksOf(pid: number | undefined): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  return Number(fields[11]) + Number(fields[12])
}

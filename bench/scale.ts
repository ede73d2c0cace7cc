// Nodes on one PostgreSQL server, each its own process, beside one node and beside the rate that was asked: calls a second over
// all of them, and the most in any second. `npm run bench:scale -- --nodes 1,2,4 --senders 1 --rate 200 --seconds 10 --answer 50`
import { once } from 'node:events'
import { launchByOperator } from '../dist/engine/campaigns/launch.js'
import { Program } from '../test/reliability/faults/program.ts'
import { askServer, ServerPlace } from '../test/reliability/faults/server-place.ts'
import { builtMain } from '../test/reliability/faults/stage.ts'
import { hasServer } from '../test/support/postgres-programs.ts'
import { bench, numberFlag, startScript, textFlag } from './measure.ts'
import { addCampaignTo, addPeople, addSenderAt } from './stage.ts'

const counts = (textFlag('nodes') ?? '1,2,4').split(',').map(Number)
const senders = numberFlag('senders', 1)
const rate = numberFlag('rate', 200)
const seconds = numberFlag('seconds', 10)
const answerMs = numberFlag('answer', 50)
/** Left out at the beginning: planning, the first answers, and until nodes have met each other. */
const WARM_UP_SECONDS = 4

interface Figures {
  perSecond: number
  mostInASecond: number
  nodes: number
}

if (!hasServer) throw new Error('the programs of PostgreSQL are not installed')
const server = await ServerPlace.start()
let alone: number | undefined
for (const nodes of counts) {
  const { perSecond, mostInASecond, nodes: taking } = await measure(nodes)
  alone ??= perSecond
  const asked = senders * rate
  console.log(
    `${nodes} ${nodes === 1 ? 'node' : 'nodes'} (${taking} at work), ${senders} × ${rate}/s, answers after ${answerMs} ms: ${perSecond.toFixed(0)}/s, ${(perSecond / alone).toFixed(2)} × of ${counts[0]}, ${((100 * perSecond) / asked).toFixed(0)} % of the rate, at most ${mostInASecond} of a sender in a second`,
  )
}

async function measure(nodes: number): Promise<Figures> {
  const sink = await startScript('./sink.ts', [String(answerMs)])
  await using place = bench()
  const databaseUrl = server.makeDatabase()
  const settings = { databaseUrl, filesFolder: place.dir }
  await prepare(await place.open(settings), place.dir, sink.line)
  const services = Array.from(
    { length: nodes },
    () =>
      new Program([process.execPath, builtMain, 'start', '--port', '0', '--json'], {
        cwd: place.dir,
        env: { HERALD_DATABASE_URL: databaseUrl, HERALD_FILES_FOLDER: place.dir },
      }),
  )
  await Promise.all(services.map((service) => service.answered()))
  await new Promise((resolve) => setTimeout(resolve, (WARM_UP_SECONDS + seconds) * 1000))
  await Promise.all(services.map((service) => service.stop()))
  sink.child.stdin?.end()
  await once(sink.child, 'exit')
  return figuresOf(databaseUrl)
}

async function prepare(
  app: Awaited<ReturnType<ReturnType<typeof bench>['open']>>,
  dir: string,
  line: string,
): Promise<void> {
  await addPeople(app, dir, Math.ceil(rate * (seconds + WARM_UP_SECONDS + 4)))
  for (let number = 1; number <= senders; number++) {
    const sender = `sender ${number}`
    await addSenderAt(app, { name: sender, baseUrl: line, ratePerSecond: rate, number })
    const { id } = await addCampaignTo(app, { name: `Bench ${number}`, sender })
    await launchByOperator(app.ctx, id)
  }
}

function figuresOf(url: string): Figures {
  const starts = askServer(
    url,
    `SELECT sender_id || ' ' || node_id || ' ' || start_at_us / 1000.0 FROM attempts WHERE outcome = 'accepted' ORDER BY start_at_us`,
  ).map((line) => line.split(' ').map(Number))
  const from = (starts[0]?.[2] ?? 0) + WARM_UP_SECONDS * 1000
  const until = from + (seconds - 1) * 1000
  const counted = starts.filter(([, , at = 0]) => at >= from && at < until)
  const mosts = [...new Set(starts.map(([sender]) => sender))].map((sender) =>
    mostInASecond(starts.filter(([own]) => own === sender).map(([, , at = 0]) => at)),
  )
  return {
    perSecond: counted.length / (seconds - 1),
    mostInASecond: Math.max(...mosts),
    nodes: new Set(counted.map(([, node]) => node)).size,
  }
}

function mostInASecond(sorted: readonly number[]): number {
  let most = 0
  for (let first = 0, next = 0; next < sorted.length; next++) {
    while ((sorted[next] ?? 0) - (sorted[first] ?? 0) >= 1000) first++
    most = Math.max(most, next - first + 1)
  }
  return most
}

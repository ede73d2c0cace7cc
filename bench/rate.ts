// Rates beside what was asked: the share that each sender reaches, the most starts in any second at our sockets, and how
// long the event loop kept others waiting meanwhile. `npm run bench:rate -- --senders 10 --rate 80 --seconds 20 --answer 50`
import { once } from 'node:events'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { launchByOperator } from '../dist/engine/campaigns/launch.js'
import { Service } from '../dist/engine/service/service.js'
import { tell } from './figures.ts'
import { bench, median, numberFlag, startScript } from './measure.ts'
import { addCampaignTo, addPeople, addSenderAt } from './stage.ts'

const senders = numberFlag('senders', 10)
const rate = numberFlag('rate', 80)
const seconds = numberFlag('seconds', 20)
const answerMs = numberFlag('answer', 50)
/** Left out at the beginning: planning, and the first answers. */
const WARM_UP_MS = 1_000
const SHARE_MIN = 0.99

const sink = await startScript('./sink.ts', [String(answerMs)])
await using place = bench()
const app = await place.open()
await addPeople(app, place.dir, Math.ceil(rate * (seconds + 2)))
for (let number = 1; number <= senders; number++) {
  const sender = `sender ${number}`
  await addSenderAt(app, { name: sender, baseUrl: sink.line, ratePerSecond: rate, number })
  const { id } = await addCampaignTo(app, { name: `Bench ${number}`, sender })
  await launchByOperator(app.ctx, id)
}
const service = new Service(app.ctx, await app.connections())
await service.start()
await new Promise((resolve) => setTimeout(resolve, WARM_UP_MS))
const delay = monitorEventLoopDelay({ resolution: 1 })
delay.enable()
await new Promise((resolve) => setTimeout(resolve, seconds * 1000))
delay.disable()
await service.stop()
sink.child.stdin?.end()
await once(sink.child, 'exit')

const starts = await app.ctx.db.read((tx) =>
  tx.all<{ senderId: number; at: number }>(
    `SELECT sender_id AS senderId, start_at_us / 1000.0 AS at FROM attempts WHERE outcome = 'accepted' ORDER BY 2`,
  ),
)
const shares: number[] = []
const mosts: number[] = []
for (const sender of new Set(starts.map(({ senderId }) => senderId))) {
  const own = starts.filter(({ senderId }) => senderId === sender).map(({ at }) => at)
  const from = (own[0] ?? 0) + WARM_UP_MS
  const until = from + (seconds - 1) * 1000
  shares.push(own.filter((at) => at >= from && at < until).length / (rate * (seconds - 1)))
  mosts.push(mostInASecond(own))
}
const percent = (share: number) => `${(share * 100).toFixed(1)} %`
const most = Math.max(...mosts)
tell({
  bench: 'rate',
  what: `${senders} × ${rate}/s for ${seconds} s`,
  found: `${percent(Math.min(...shares))} to ${percent(Math.max(...shares))} (median ${percent(median(shares))}), at most ${most} starts in a second, event loop p99 ${(delay.percentile(99) / 1e6).toFixed(1)} ms`,
  beside: `the rate, answers after ${answerMs} ms`,
  aim: '99 to 100 % each, no second above the rate',
  isReached: Math.min(...shares) >= SHARE_MIN && most <= rate,
})

function mostInASecond(sorted: readonly number[]): number {
  let most = 0
  for (let first = 0, next = 0; next < sorted.length; next++) {
    while ((sorted[next] ?? 0) - (sorted[first] ?? 0) >= 1000) first++
    most = Math.max(most, next - first + 1)
  }
  return most
}

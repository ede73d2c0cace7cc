// The claim alone: every check, an attempt row and a start slot for each message, in transactions of at most 50 ms of
// sending; and the record of results. No provider, and a clock that does not wait.
// `npm run bench:claim -- --messages 100000`
import { join } from 'node:path'
import { RuleBook } from '../dist/engine/campaigns/claim-rules.js'
import { addCampaign } from '../dist/engine/campaigns/drafts.js'
import { launchByOperator } from '../dist/engine/campaigns/launch.js'
import { importCsv } from '../dist/engine/import/import-csv.js'
import { planRuns } from '../dist/engine/plan/planner.js'
import { tickCampaign } from '../dist/engine/plan/tick.js'
import { addSender } from '../dist/engine/senders/senders.js'
import { getProvider } from '../dist/providers/registry.js'
import { type ClaimedMessage, claimMessages } from '../dist/store/claim.js'
import type { Present } from '../dist/store/database.js'
import { recordResults } from '../dist/store/record.js'
import { getSender } from '../dist/store/senders.js'
import { bench, numberFlag, writePeople } from './measure.ts'

const messages = numberFlag('messages', 100_000)

await using place = bench()
const { ctx } = await place.open()
const csv = join(place.dir, 'people.csv')
await writePeople(csv, messages)
await importCsv(ctx, { path: csv, list: 'people', rejectsPath: null })
await addSender(ctx, { name: 'main', provider: 'sandbox', ratePerSecond: 10_000 })
const { id } = await addCampaign(ctx, {
  name: 'Bench',
  useCase: 'marketing',
  sender: 'main',
  audience: { lists: ['people'] },
  content: { type: 'template', template: 'hello', language: 'en', body: ['{{ first_name }}', '{{ voucher }}'] },
  limits: { quietHours: { from: '00:00', to: '00:01' }, validity: '30d' },
})
await launchByOperator(ctx, id)
await tickCampaign(ctx, Number(id.split('_')[1]))
await planRuns(ctx)

const nodeId = await ctx.node.id()
const sender = await ctx.db.read((tx) => getSender(tx, 'main'))
const book = new RuleBook(sender, getProvider('sandbox').capabilities, ctx.config.timeZone)
await ctx.db.read((tx) => book.refresh(tx, [1]))
const { account } = sender

/** A clock of its own, far enough from quiet hours, moved on by what the claim says. */
let now = (ctx.clock.now() + 2 * 60_000) as Present
let claims = 0
let claimMs = 0
let recordMs = 0

async function timed<T>(work: () => Promise<T>): Promise<[T, number]> {
  const startedAt = performance.now()
  return [await work(), performance.now() - startedAt]
}

async function record(claimed: readonly ClaimedMessage[]): Promise<void> {
  const results = claimed.map((message) => ({
    message,
    result: { kind: 'accepted' as const, trackingId: `t${message.attemptId}` },
    endedAt: now,
  }))
  const request = { senderId: sender.id, nodeId, now, results, random: () => 0.5 }
  const [, took] = await timed(() => ctx.db.write((tx) => recordResults(tx, request)))
  recordMs += took
}

for (let done = 0; done < messages; ) {
  const request = { senderId: sender.id, nodeId, now, room: 500, rules: book.inForce, account }
  const [result, took] = await timed(() => ctx.db.write((tx) => claimMessages(tx, request)))
  claims++
  claimMs += took
  if (result.claimed.length > 0) await record(result.claimed)
  else if (result.nextLookAt === null) throw new Error(`nothing more to claim after ${done}`)
  now = Math.max(now + 1, result.nextLookAt ?? 0) as Present
  done += result.claimed.length
}
const each = (ms: number) => `${((ms * 1000) / messages).toFixed(1)} µs a message`
console.log(
  `${messages} messages in ${claims} claims: claim ${each(claimMs)} (${Math.round((messages / claimMs) * 1000)}/s), record ${each(recordMs)}`,
)

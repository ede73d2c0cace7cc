// What callbacks come to: stored events applied in groups, each the status of a message that was accepted. No network, no
// signature; every group is committed. `npm run bench:apply -- --messages 20000`
import { join } from 'node:path'
import { RuleBook } from '../dist/engine/campaigns/claim-rules.js'
import { addCampaign } from '../dist/engine/campaigns/drafts.js'
import { launchByOperator } from '../dist/engine/campaigns/launch.js'
import { importCsv } from '../dist/engine/import/import-csv.js'
import { planRuns } from '../dist/engine/plan/planner.js'
import { tickCampaign } from '../dist/engine/plan/tick.js'
import { addSender } from '../dist/engine/senders/senders.js'
import { applyEvents } from '../dist/engine/track/apply-events.js'
import { getProvider } from '../dist/providers/registry.js'
import { claimMessages } from '../dist/store/claim.js'
import type { Present } from '../dist/store/database.js'
import { recordResults } from '../dist/store/record.js'
import { getSender } from '../dist/store/senders.js'
import { bench, numberFlag, writePeople } from './measure.ts'

const messages = numberFlag('messages', 20_000)

await using place = bench()
const app = await place.open()
const { ctx } = app
const csv = join(place.dir, 'people.csv')
await writePeople(csv, messages)
await importCsv(ctx, { path: csv, list: 'people', rejectsPath: null })
await addSender(ctx, { name: 'main', provider: 'sandbox', ratePerSecond: 10_000 })
const { id } = await addCampaign(ctx, {
  name: 'Bench',
  useCase: 'marketing',
  sender: 'main',
  audience: { lists: ['people'] },
  content: { type: 'template', template: 'hello', language: 'en' },
  limits: { quietHours: 'ignore', validity: '30d' },
})
await launchByOperator(ctx, id)
await tickCampaign(ctx, Number(id.split('_')[1]))
await planRuns(ctx)

const nodeId = await ctx.node.id()
const sender = await ctx.db.read((tx) => getSender(tx, 'main'))
const book = new RuleBook(sender, getProvider('sandbox').capabilities, ctx.config.timeZone)
await ctx.db.read((tx) => book.refresh(tx, [1]))
const { account } = sender
const sent: { trackingId: string; phone: string }[] = []
let now = ctx.clock.now() as Present
while (sent.length < messages) {
  const request = { senderId: sender.id, nodeId, now, room: 500, rules: book.inForce, account }
  const { claimed, nextLookAt } = await ctx.db.write((tx) => claimMessages(tx, request))
  const results = claimed.map((message) => ({
    message,
    result: { kind: 'accepted' as const, trackingId: `t${message.attemptId}` },
    endedAt: now,
  }))
  if (results.length > 0)
    await ctx.db.write((tx) => recordResults(tx, { senderId: sender.id, nodeId, now, results, random: () => 0.5 }))
  sent.push(...claimed.map(({ attemptId, phone }) => ({ trackingId: `t${attemptId}`, phone })))
  now = Math.max(now + 1, nextLookAt ?? 0) as Present
}

const receiver = await app.receiver()
for (const status of ['sent', 'delivered', 'read']) {
  const at = ctx.clock.now()
  const bodies = sent.map(({ trackingId, phone }) => JSON.stringify({ trackingId, to: phone, status, at }))
  for (let i = 0; i < bodies.length; i += 200)
    await Promise.all(bodies.slice(i, i + 200).map((body) => receiver.store(sender.id, body)))
  const [startedAt, cpu] = [performance.now(), process.cpuUsage()]
  while ((await applyEvents(ctx, await app.connections())) === true);
  const ms = performance.now() - startedAt
  const used = process.cpuUsage(cpu)
  const perSecond = Math.round((messages / ms) * 1000)
  const cpuUs = ((used.user + used.system) / messages).toFixed(1)
  console.log(`${messages} × ${status}: ${perSecond}/s, ${cpuUs} µs of processor each`)
}

// Sending beside its limit: messages a second through claim, call and record, against a bare loop of the same HTTP
// client with the same connections and bodies. `npm run bench:send -- --messages 20000 --answer 20 --rounds 3`
import { once } from 'node:events'
import { Pool } from 'undici'
import { runInForeground } from '../dist/engine/service/foreground.js'
import { tellRatio } from './figures.ts'
import { bench, numberFlag, startScript, textFlag } from './measure.ts'
import { peerNames, runPeer } from './peers.ts'
import { addCampaignTo, addPeople, addSenderAt } from './stage.ts'

const messages = numberFlag('messages', 20_000)
const answerMs = numberFlag('answer', 0)
const rounds = numberFlag('rounds', 3)
const CONNECTIONS = 100
/** Of the bare loop: at once the thread is the limit, and with a provider as far away as any its latency. */
const OF_BARE_MIN = answerMs === 0 ? 0.6 : 0.95
const OF_PEERS_MIN = 1.5

/** The limit: the same number of calls in flight, nothing else. */
async function bareLoop(url: string): Promise<number> {
  const pool = new Pool(url, { connections: CONNECTIONS, pipelining: 1 })
  const body = JSON.stringify({
    messaging_product: 'whatsapp',
    recipient_type: 'individual',
    to: '447700900123',
    type: 'text',
    text: { body: 'Hello First123, your voucher V-abc is waiting for you in City 42 until Sunday evening.' },
    biz_opaque_callback_data: 'h1.abcdefgh.123456',
  })
  const headers = { authorization: 'Bearer none', 'content-type': 'application/json' }
  let left = messages
  const startedAt = performance.now()
  await Promise.all(
    Array.from({ length: CONNECTIONS }, async () => {
      while (left-- > 0) {
        const answer = await pool.request({ method: 'POST', path: '/v24.0/1060000000000001/messages', headers, body })
        await answer.body.text()
      }
    }),
  )
  const rate = messages / ((performance.now() - startedAt) / 1000)
  await pool.close()
  return rate
}

/** Everything of ours, from the start of the first call to the record of the last. */
async function herald(url: string): Promise<number> {
  await using place = bench()
  const app = await place.open()
  await addPeople(app, place.dir, messages)
  await addSenderAt(app, { baseUrl: url, ratePerSecond: 10_000, concurrency: CONNECTIONS })
  await addCampaignTo(app)
  const { report } = await runInForeground(app.ctx, await app.connections(), 'Bench')
  if (report.totals.byStatus.accepted !== messages) throw new Error(JSON.stringify(report.totals))
  const span = await app.ctx.db.read((tx) =>
    tx.get<{ from: number; until: number }>('SELECT min(start_at_us) AS "from", max(ended_at) AS until FROM attempts'),
  )
  return messages / (((span?.until ?? 0) - (span?.from ?? 0) / 1000) / 1000)
}

const sink = await startScript('./sink.ts', [String(answerMs)])
const bare: number[] = []
const ours: number[] = []
const peers = new Map(textFlag('peers') === undefined ? [] : peerNames.map((name): [string, number[]] => [name, []]))
await bareLoop(sink.line)
for (let round = 0; round < rounds; round++) {
  bare.push(await bareLoop(sink.line))
  ours.push(await herald(sink.line))
  console.log(`round ${round + 1}: bare ${Math.round(bare.at(-1) ?? 0)}/s, Herald ${Math.round(ours.at(-1) ?? 0)}/s`)
  for (const [name, rates] of peers) {
    const { perSecond, missing } = await runPeer(name, { sink: sink.line, count: messages, connections: CONNECTIONS })
    if (perSecond === undefined) peers.delete(name)
    else rates.push(perSecond)
    console.log(`  ${name}: ${perSecond === undefined ? `left out, ${missing}` : `${Math.round(perSecond)}/s`}`)
  }
}
sink.child.stdin?.end()
await once(sink.child, 'exit')
const what = `${messages.toLocaleString('en')} messages, answers ${answerMs === 0 ? 'at once' : `after ${answerMs} ms`}`
tellRatio({
  bench: 'send',
  what,
  rounds: ours.map((rate, round) => [rate, bare[round] ?? Number.NaN]),
  beside: `a bare loop of undici, ${CONNECTIONS} connections`,
  atLeast: OF_BARE_MIN,
})
for (const [name, rates] of peers)
  tellRatio({
    bench: 'send',
    what,
    rounds: ours.map((rate, round) => [rate, rates[round] ?? Number.NaN]),
    beside: name,
    atLeast: OF_PEERS_MIN,
  })

// The service that requests.ts asks, in its own process: it notes how long each turn of its loop holds the thread.
// What is counted is the processor time of a turn: neither other programs nor the disk change it.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { roleRights, roles } from '../dist/domain/access.js'
import { addKey } from '../dist/engine/accounts/keys.js'
import { logIn, sessionCookie } from '../dist/engine/accounts/sessions.js'
import { addUser } from '../dist/engine/accounts/users.js'
import { addCampaign } from '../dist/engine/campaigns/drafts.js'
import { WatchedLaunches } from '../dist/engine/campaigns/watched-launches.js'
import { importCsv } from '../dist/engine/import/import-csv.js'
import { WatchedImports } from '../dist/engine/import/watched-imports.js'
import { ProviderAccess } from '../dist/engine/senders/provider-access.js'
import { addSender } from '../dist/engine/senders/senders.js'
import { LiveReports } from '../dist/engine/service/live.js'
import { apiDocument } from '../dist/http/api-v1.js'
import { webPages } from '../dist/web/pages.js'
import type { Served } from './hostile-requests.ts'
import { bench, writePeople } from './measure.ts'

const password = 'violet anchor pebble'
const secrets = {
  meta: { phoneNumberId: '1060000000000001', accessToken: 'x-token', appSecret: 'bench-secret' },
  bird: {
    workspaceId: '5d4c3b2a-0000-4000-8000-000000000001',
    channelId: '7a6b5c4d-0000-4000-8000-000000000002',
    accessKey: 'x-key-of-bird',
    signingKey: 'bench-secret',
  },
  onemsg: { channelId: 'ABC123456789', token: 'x-token' },
  routee: { applicationId: 'x-id', applicationSecret: 'x-secret', from: '302101234567' },
  zixflow: { phoneId: '104000000000000', apiKey: 'x-api-key' },
}

/** Nanoseconds that the main thread had a processor, as Linux counts them; elsewhere what has passed. */
function workedNs(): number {
  try {
    return Number(readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'utf8').split(' ')[0])
  } catch {
    return performance.now() * 1e6
  }
}

let longestMs = 0

/** One turn after another, without rest: each begins when the one before has ended, until no more requests come. */
function watch(): void {
  let before = workedNs()
  const look = () => {
    if (!process.connected) return
    const now = workedNs()
    longestMs = Math.max(longestMs, (now - before) / 1e6)
    before = now
    setImmediate(look)
  }
  look()
}

await using place = bench()
const app = await place.open({ port: 0, requestsPerSecond: 100_000 })
const { ctx } = app
await addUser(ctx, { name: 'ada', role: 'admin', password })
for (const role of roles.filter((one) => one !== 'admin')) await addUser(ctx, { name: `a-${role}`, role, password })
await addSender(ctx, { name: 'main', provider: 'sandbox', pairIntervalSeconds: 0 })
const webhooks: Served['webhooks'] = []
// Nobody answers there: nothing leaves this machine.
for (const [provider, credentials] of Object.entries(secrets)) {
  const { webhookUrl } = await addSender(ctx, {
    name: provider,
    provider,
    credentials,
    baseUrl: 'http://127.0.0.1:9',
  })
  webhooks.push({ provider, path: new URL(webhookUrl).pathname, url: webhookUrl })
}
const file = join(place.dir, 'people.csv')
await writePeople(file, 5_000)
await importCsv(ctx, { path: file, list: 'people', rejectsPath: null })
await addCampaign(ctx, {
  name: 'Spring',
  useCase: 'marketing',
  sender: 'main',
  audience: { lists: ['people'] },
  content: { type: 'text', text: 'Hello {{ first_name }}' },
})

const client = { address: '127.0.0.1', network: '127.0.0.0/24', isShared: true }
const callers: Served['callers'] = {}
for (const role of roles) {
  const name = role === 'admin' ? 'ada' : `a-${role}`
  const { key } = await addKey(ctx, { name: role, user: name, rights: [...roleRights[role]] })
  const { sessionToken, principal } = await logIn(ctx, { name, password, client, deviceToken: undefined })
  const csrf = principal.session?.csrfToken ?? ''
  callers[role] = { key, cookie: `${sessionCookie}=${sessionToken}`, csrf }
}

const facts = {
  ctx,
  providers: new ProviderAccess(await app.connections(), ctx.clock),
  live: new LiveReports(ctx),
  launches: new WatchedLaunches(ctx),
  imports: new WatchedImports(ctx, () => false),
}
const document = apiDocument(facts) as Served['document']
const pages = webPages({ ...facts, describeApi: () => ({}) }).routes.filter(({ method }) => method !== 'ALL')
const running = await app.serve()
const served: Served = {
  url: running.url,
  callers,
  document,
  webhooks,
  pages: pages.map(({ method, path }) => ({ method, path })),
}
watch()
process.on('message', (what) => {
  if (what === 'begin') longestMs = 0
  process.send?.(what === 'begin' ? 0 : longestMs)
})
process.send?.(served)
await new Promise((resolve) => process.once('disconnect', resolve))
await running[Symbol.asyncDispose]()

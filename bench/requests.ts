// How long any request holds the thread: every route of the program, asked by a stranger and by every role with bodies that
// nobody means well with (hostile-requests.ts). The service is its own process (requests-server.ts), which notes its
// longest turn. The limit is 50 ms. `npm run bench:requests -- --only "viewer POST"`
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { type Request, requestsOf, type Served } from './hostile-requests.ts'
import { numberFlag, textFlag } from './measure.ts'

const LIMIT_MS = numberFlag('limit', 50)
const only = textFlag('only') ?? ''
/** Whether a request whose name begins so may be among those that `--only` asks for. */
const isAsked = (begin: string) => begin.startsWith(only) || only.startsWith(begin)

/** What the service answers on its channel: its longest turn in ms since the last `begin`. */
async function tell(server: ChildProcess, what: 'begin' | 'end'): Promise<number> {
  const answered = once(server, 'message')
  server.send(what)
  return Number((await answered)[0])
}

async function heldBy(server: ChildProcess, url: string, { method, path, headers, body, afterMs, isStream }: Request) {
  await tell(server, 'begin')
  let status = 0
  try {
    const response = await fetch(`${url}${path}`, {
      method,
      redirect: 'manual',
      headers,
      signal: AbortSignal.timeout(isStream === true ? 300 : 60_000),
      ...(body !== undefined && { body }),
    })
    status = response.status
    await response.arrayBuffer()
  } catch {
    // A connection that is ended before the body was read is an answer too.
  }
  if (afterMs !== undefined) await new Promise((resolve) => setTimeout(resolve, afterMs))
  return { status, ms: await tell(server, 'end') }
}

const server = fork(new URL('./requests-server.ts', import.meta.url).pathname, { execArgv: ['--import', 'tsx'] })
const [served] = (await once(server, 'message')) as [Served]
let count = 0
/** The longest turn of each route, with the request that made it. */
const longest = new Map<string, { name: string; status: number; ms: number }>()
for (const request of requestsOf(served, isAsked)) {
  if (!request.name.startsWith(only)) continue
  count++
  let best = await heldBy(server, served.url, request)
  // A collection of garbage or a first compilation is not the request's: what holds each time is.
  for (let again = 0; best.ms > LIMIT_MS && again < 3; again++) {
    const next = await heldBy(server, served.url, request)
    if (next.ms < best.ms) best = next
  }
  const { name, route } = request
  if (best.ms >= (longest.get(route)?.ms ?? 0)) longest.set(route, { name, ...best })
  if (best.ms > LIMIT_MS) console.log(`LONG ${Math.round(best.ms)} ms ${best.status} ${name}`)
}
server.disconnect()
const figures = [...longest.values()].sort((a, b) => b.ms - a.ms)
const over = figures.filter(({ ms }) => ms > LIMIT_MS).length
console.log(`${count} requests of ${figures.length} routes, ${over} routes above ${LIMIT_MS} ms; the longest:`)
for (const { name, status, ms } of figures.slice(0, numberFlag('shown', 20)))
  console.log(`${ms.toFixed(1).padStart(8)} ms  ${status}  ${name}`)
if (over > 0) process.exitCode = 1

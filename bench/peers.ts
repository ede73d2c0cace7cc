// Queues that others made, doing what Herald does to a message: taken, posted, recorded. Each in its own process, on a server that
// this process starts and that keeps what it has told, as Herald does. One that is not there is left out, and why.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { hasServer, startServer } from '../test/support/postgres-programs.ts'

export interface PeerRun {
  /** Jobs a second; undefined where it was left out. */
  perSecond?: number
  /** Why it was left out. */
  missing?: string
}

interface Peer {
  name: string
  module: string
  /** A place that is empty. */
  open(): Promise<{ store: string } & AsyncDisposable>
  missing?: string | undefined
}

const redisMissing = hasProgram('redis-server') ? undefined : 'there is no redis-server'
const postgresMissing = hasServer ? undefined : 'there is no PostgreSQL server'

const peers: Peer[] = [
  {
    name: 'BullMQ on Redis, synced always',
    module: 'bullmq',
    open: () => openRedis('always'),
    missing: redisMissing,
  },
  {
    name: 'BullMQ on Redis, synced every second',
    module: 'bullmq',
    open: () => openRedis('everysec'),
    missing: redisMissing,
  },
  { name: 'pg-boss', module: 'pg-boss', open: openPostgres, missing: postgresMissing },
  { name: 'graphile-worker', module: 'graphile-worker', open: openPostgres, missing: postgresMissing },
  { name: 'plainjob', module: 'plainjob', open: openFolder },
]

export const peerNames = peers.map(({ name }) => name)

/** One round of one of them. */
export async function runPeer(
  wanted: string,
  { sink, count, connections }: { sink: string; count: number; connections: number },
): Promise<PeerRun> {
  const peer = peers.find(({ name }) => name === wanted)
  if (peer === undefined) throw new Error(`there is no peer ${wanted}`)
  if (peer.missing !== undefined) return { missing: peer.missing }
  const script = new URL('./peers/send.mjs', import.meta.url).pathname
  if (!existsSync(new URL(`./peers/node_modules/${peer.module}`, import.meta.url)))
    return { missing: 'not installed: npm ci --prefix bench/peers' }
  await using place = await peer.open()
  const args = [script, peer.module, sink, String(count), String(connections), place.store]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  let text = ''
  child.stdout.on('data', (chunk: Buffer) => {
    text += chunk.toString()
  })
  const [code] = (await once(child, 'close')) as [number]
  if (code !== 0) throw new Error(`${peer.name} ended with ${code}`)
  return JSON.parse(text) as PeerRun
}

function hasProgram(name: string): boolean {
  try {
    execFileSync('which', [name], { stdio: 'pipe' })
    return true
  } catch {
    return false
  }
}

async function openFolder() {
  const folder = mkdtempSync(join(tmpdir(), 'herald-bench-peer-'))
  return { store: folder, [Symbol.asyncDispose]: async () => rmSync(folder, { recursive: true, force: true }) }
}

async function openRedis(sync: 'always' | 'everysec') {
  const { store: folder, ...place } = await openFolder()
  const socket = join(folder, 'redis.sock')
  const args = ['--port', '0', '--unixsocket', socket, '--dir', folder, '--appendonly', 'yes', '--appendfsync', sync]
  const server: ChildProcess = spawn('redis-server', [...args, '--save', ''], { stdio: ['ignore', 'pipe', 'inherit'] })
  for await (const chunk of server.stdout ?? []) if (String(chunk).includes('ready to accept')) break
  server.stdout?.resume()
  return {
    store: `redis://localhost${socket}`,
    [Symbol.asyncDispose]: async () => {
      server.kill('SIGTERM')
      await once(server, 'exit')
      await place[Symbol.asyncDispose]()
    },
  }
}

async function openPostgres() {
  const server = await startServer({ fsync: 'on', full_page_writes: 'on' })
  return { store: server.url.href, [Symbol.asyncDispose]: () => server.stop() }
}

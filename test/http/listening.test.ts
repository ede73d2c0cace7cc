// Where the service listens, and how long it listens to one who does not come to the point.
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { Server } from 'node:http'
import { connect } from 'node:net'
import { networkInterfaces } from 'node:os'
import { expect, it, onTestFinished } from 'vitest'
import { serveApi } from '../support/api-client.ts'
import { openTestApp } from '../support/open-test-app.ts'

/** Whether somebody answers at an address. */
function answers(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port })
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}

/** Every address of this machine, with its interface where an address means something only there. */
const addresses = Object.entries(networkInterfaces()).flatMap(([name, found = []]) =>
  found.map(({ address, scopeid }) => (scopeid ? `${address}%${name}` : address)),
)
const others = [...new Set([...addresses, '127.0.0.2', '127.255.255.254', '::1'])].filter(
  (host) => host !== '127.0.0.1',
)

it('SR-01 answers at 127.0.0.1 and at no other address that this machine has', async () => {
  const { base } = await serveApi()
  const port = Number(new URL(base).port)
  expect(others.length).toBeGreaterThan(1)
  expect(await answers('127.0.0.1', port)).toBe(true)
  for (const host of others) expect([host, await answers(host, port)]).toEqual([host, false])
})

it('SR-01 answers beyond this machine only behind a proxy that speaks TLS', async () => {
  const env = { HERALD_HOST: '0.0.0.0', HERALD_PORT: '0', HERALD_TRUSTS_PROXY: 'true' }
  const { app } = await openTestApp({ env: { ...env, HERALD_PUBLIC_URL: 'https://herald.example' } })
  const running = await app.serve()
  onTestFinished(async () => running[Symbol.asyncDispose]())
  const outer = addresses.find((host) => /^\d/.test(host) && !host.startsWith('127.')) ?? '127.0.0.2'
  expect(await answers(outer, Number(new URL(running.url).port))).toBe(true)
})

it('SR-53 gives headers ten seconds and looks for them every two, keeps a quiet connection for five', async () => {
  const client = await serveApi()
  const servers: Server[] = []
  const note = (message: unknown) => servers.push((message as { server: Server }).server)
  subscribe('http.server.request.start', note)
  const answer = await client.api('/me')
  unsubscribe('http.server.request.start', note)
  expect(answer.headers.get('keep-alive')).toBe('timeout=5')
  const [server] = servers
  // Bodies have patience of their own: see the senders that trickle.
  expect(server).toMatchObject({
    headersTimeout: 10_000,
    connectionsCheckingInterval: 2_000,
    keepAliveTimeout: 5_000,
    requestTimeout: 0,
  })
})

// Addresses in spellings that a check and a router read differently, on every route of the program: none is answered with
// more than a refusal, whoever asks.
import { connect } from 'node:net'
import { expect, it } from 'vitest'
import { apiRoutes, fill, pageRoutes } from '../support/all-routes.ts'
import { type ApiClient, serveApi } from '../support/api-client.ts'

async function statusOf({ base, keys }: ApiClient, method: string, target: string): Promise<number> {
  const socket = connect(Number(new URL(base).port), '127.0.0.1')
  const text = await new Promise<string>((resolve) => {
    let said = ''
    socket.on('data', (chunk) => {
      said += chunk.toString('latin1')
      if (said.includes('\r\n\r\n')) resolve(said)
    })
    socket.on('close', () => resolve(said))
    socket.on('error', () => resolve(said))
    socket.write(
      `${method} ${target} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${keys.admin}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`,
    )
  })
  socket.destroy()
  return Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0)
}

it('F11: A-03 no route is reached by a path that climbs or hides a slash', async () => {
  const client = await serveApi({ env: { HERALD_REQUESTS_PER_SECOND: '100000' } })
  const routes = [
    ...apiRoutes(client),
    ...pageRoutes(client),
    { method: 'GET', path: '/healthz' },
    { method: 'GET', path: '/assets/style.css' },
  ]
  const wrong: string[] = []
  for (const { method, path } of routes) {
    const plain = fill(path, 'x')
    const spellings = [
      `/webhooks/..${plain}`,
      `/webhooks/%2e%2e${plain}`,
      `/webhooks/x/.%2E/..${plain}`,
      `/x/..${plain}`,
      `/x/%2e%2e${plain}`,
      `/.${plain}`,
      `/%2e${plain}`,
      `/${plain}`,
      `http://127.0.0.1${plain}`,
      plain.replace(/\/(?=[^/]*$)/, '%2f'),
      plain.replace(/\/(?=[^/]*$)/, '%5c'),
      plain.replace(/\/(?=[^/]*$)/, '\\'),
      `${plain}/%2e`,
      `${plain}/..%2f`,
    ]
    for (const spelling of spellings) {
      if (plain === '/' && ['//', '/%2f', '/%5c', '/\\'].includes(spelling) && spelling === '//') continue
      const status = await statusOf(client, method, spelling)
      if (![400, 404].includes(status)) wrong.push(`${method} ${spelling} ${status}`)
    }
  }
  expect(wrong).toEqual([])
})

// A provider that answers each call with an error that repeats it whole: its address, headers and body.
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { onTestFinished } from 'vitest'

export const mintedToken = 'minted-token-of-an-hour'

export async function repeatingServer(): Promise<string> {
  const server = createServer(async (request, response) => {
    response.setHeader('content-type', 'application/json')
    if (request.url?.startsWith('/oauth/') === true)
      return response.end(JSON.stringify({ access_token: mintedToken, token_type: 'bearer', expires_in: 3600 }))
    const repeated = `repeated ${request.url} ${JSON.stringify(request.headers)} ${await text(request)}`
    const error = { message: repeated, code: 100, type: 'repeated' }
    response.writeHead(400).end(JSON.stringify({ error, message: repeated, code: '400', detail: repeated, repeated }))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

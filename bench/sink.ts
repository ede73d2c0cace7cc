// A server that accepts every message after a fixed time, in its own process: `tsx bench/sink.ts [answerMs]`.
// Prints its address and ends with its standard input.
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

const answerMs = Number(process.argv[2] ?? 0)
let accepted = 0

function answer(response: ServerResponse): void {
  const body = JSON.stringify({ messages: [{ id: `wamid.${++accepted}.${process.hrtime.bigint()}` }] })
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length }).end(body)
}

const server = createServer((request, response) => {
  request.on('end', () => (answerMs === 0 ? answer(response) : setTimeout(answer, answerMs, response))).resume()
})
server.keepAliveTimeout = 60_000
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`))
process.stdin.on('end', () => process.exit(0)).resume()

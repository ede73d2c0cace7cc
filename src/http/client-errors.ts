// What is no request at all (headers too long, both lengths at once, control characters) is answered by one line and
// the end of the connection: nothing of it reaches the program.

import type { Server } from 'node:http'
import type { Socket } from 'node:net'

/** Longest header block, request line included. */
export const HEADER_BYTES_MAX = 16 * 1024

interface ParseError extends Error {
  code?: string
  rawPacket?: Buffer
}

export function answerClientErrors(server: Server): void {
  server.on('clientError', (error: ParseError, socket: Socket) => {
    if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy()
    const status = statusOf(error)
    const body = JSON.stringify({ type: 'about:blank', title: status.slice(4), status: Number(status.slice(0, 3)) })
    socket.end(
      `HTTP/1.1 ${status}\r\ncontent-type: application/problem+json\r\ncontent-length: ${body.length}\r\n` +
        `x-content-type-options: nosniff\r\ncache-control: no-store\r\nconnection: close\r\n\r\n${body}`,
    )
  })
}

function statusOf({ code, rawPacket }: ParseError): string {
  if (code === 'HPE_HEADER_OVERFLOW')
    return isRequestLineTooLong(rawPacket) ? '414 URI Too Long' : '431 Request Header Fields Too Large'
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return '408 Request Timeout'
  if (code === 'HPE_CHUNK_EXTENSIONS_OVERFLOW') return '413 Content Too Large'
  return '400 Bad Request'
}

/** The first line of what came, or all that came, is longer than a whole header may be. */
function isRequestLineTooLong(packet: Buffer | undefined): boolean {
  if (packet === undefined || !/^[A-Z]+ \//.test(packet.subarray(0, 20).toString('latin1'))) return false
  const end = packet.indexOf('\n')
  return end < 0 || end > HEADER_BYTES_MAX - 1024
}

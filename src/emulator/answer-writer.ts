// Writes an answer, whole or broken as planned, down to the socket. Resolves when nothing more will be written.
import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { AnswerPlan } from './answer-plan.ts'
import type { Answer } from './dialect.ts'
import type { ConnectionEnd } from './ledger.ts'
import { wait } from './waiting.ts'

const FLOOD_PIECE = Buffer.alloc(64 * 1024, ' ')

export async function writeAnswer(
  response: ServerResponse,
  { answer, writing }: AnswerPlan,
  signal: AbortSignal,
): Promise<ConnectionEnd> {
  const { socket } = response
  if (socket === null || socket.destroyed) return 'closed_by_client'
  switch (writing.how) {
    case 'whole':
      return writeWhole(response, answer)
    case 'nothing':
      await closed(socket)
      return 'closed_by_client'
    case 'reset':
      if (writing.after === 'half') await writeHalf(response, answer)
      socket.resetAndDestroy()
      return 'reset_by_us'
    case 'close':
      if (writing.after === 'half_status_line') await written(socket, `HTTP/1.1 ${String(answer.status).slice(0, 1)}`)
      else if (writing.after === 'half') await writeHalf(response, answer)
      else writeHead(response, answer).flushHeaders()
      socket.destroySoon()
      await closed(socket)
      return 'closed_by_us'
    case 'trickle':
      return trickle(response, answer, { ...writing, signal })
    case 'flood':
      return flood(response, answer, writing.bytes)
  }
}

async function writeWhole(response: ServerResponse, answer: Answer): Promise<ConnectionEnd> {
  const over = ended(response)
  writeHead(response, answer).end(answer.body)
  return over
}

/** The head of an answer with the length that its body has by right. */
function writeHead(response: ServerResponse, { status, headers, body }: Answer, length = Buffer.byteLength(body)) {
  return response.writeHead(status, { ...headers, 'content-length': length })
}

async function writeHalf(response: ServerResponse, answer: Answer): Promise<void> {
  const bytes = Buffer.from(answer.body)
  await written(writeHead(response, answer), bytes.subarray(0, Math.ceil(bytes.length / 2)))
}

async function trickle(
  response: ServerResponse,
  answer: Answer,
  { everyMs, bytes, signal }: { everyMs: number; bytes: number; signal: AbortSignal },
): Promise<ConnectionEnd> {
  const over = ended(response)
  const body = Buffer.from(answer.body)
  writeHead(response, answer).flushHeaders()
  for (let at = 0; at < body.length && !response.destroyed && !signal.aborted; at += bytes) {
    await wait(everyMs, signal)
    await written(response, body.subarray(at, at + bytes))
  }
  response.end()
  return over
}

async function flood(response: ServerResponse, answer: Answer, bytes: number): Promise<ConnectionEnd> {
  const over = ended(response)
  writeHead(response, answer, bytes)
  for (let left = bytes; left > 0 && !response.destroyed; left -= FLOOD_PIECE.length)
    await written(response, FLOOD_PIECE.subarray(0, Math.min(left, FLOOD_PIECE.length)))
  response.end()
  return over
}

/** Resolves when the piece has left, or when it cannot leave any more. */
function written(stream: ServerResponse | Socket, piece: string | Buffer): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      stream.off('close', end)
      resolve()
    }
    stream.on('close', end)
    stream.write(piece, end)
  })
}

/** Whether the whole answer got out before the connection ended. */
function ended(response: ServerResponse): Promise<ConnectionEnd> {
  return new Promise((resolve) => {
    response.once('finish', () => resolve('complete'))
    response.once('close', () => resolve('closed_by_client'))
  })
}

function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    if (socket.destroyed) resolve()
    else socket.once('close', () => resolve())
  })
}

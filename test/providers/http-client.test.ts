// Whether a request can have left is decided by where it ended, never by an error code.
import { execFileSync, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import { type AddressInfo, createServer as createSocketServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { createServer as createTlsServer, type TlsOptions } from 'node:tls'
import { describe, expect, it, onTestFinished } from 'vitest'
import { HttpClient } from '../../src/providers/http-client.ts'
import { tempDir } from '../support/open-test-app.ts'

async function serverThat(answers: RequestListener): Promise<string> {
  const server = createServer(answers)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** A server below HTTP, for what a connection can do. */
async function socketServer(onSocket: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>()
  const server = createSocketServer((socket) => {
    sockets.add(socket.on('error', () => {}))
    onSocket(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** Whatever asks it over TLS gets no further than its certificate. */
async function tlsServer(options: TlsOptions): Promise<string> {
  const server = createTlsServer(options, (socket) => socket.destroy()).on('tlsClientError', () => {})
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return `https://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const noOpenssl = spawnSync('openssl', ['version']).status !== 0

function clientOf(baseUrl: string, options: { connections?: number; deadlineMs?: number } = {}): HttpClient {
  const http = new HttpClient({ baseUrl, connections: 4, deadlineMs: 5_000, ...options })
  onTestFinished(() => http.destroy())
  return http
}

const post = { method: 'POST', path: '/messages', body: '{}' } as const

describe('a request', () => {
  it('brings the answer with its status, headers and text', async () => {
    const url = await serverThat((_, response) => response.writeHead(201, { 'retry-after': '7' }).end('created'))
    const outcome = await clientOf(url).request(post)
    expect(outcome).toMatchObject({ kind: 'answer', status: 201, text: 'created' })
    expect(outcome.kind === 'answer' && outcome.header('Retry-After')).toBe('7')
  })

  it('H14: that finds no connection has not left, whatever the code of the error', async () => {
    const refused = await clientOf('http://127.0.0.1:1').request(post)
    expect(refused).toMatchObject({ kind: 'not_sent', code: 'econnrefused' })
    const noAddress = await clientOf('http://127.0.0.1:0').request(post)
    expect(noAddress).toMatchObject({ kind: 'not_sent' })
    const noTls = await clientOf((await serverThat(() => {})).replace('http:', 'https:')).request(post)
    expect(noTls).toMatchObject({ kind: 'not_sent' })
  })

  it.skipIf(noOpenssl)('H14: to a server that cannot prove who it is has not left', async () => {
    const dir = tempDir()
    const made = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '1']
    const files = ['-subj', '/CN=another.example', '-keyout', join(dir, 'key.pem'), '-out', join(dir, 'cert.pem')]
    spawnSync('openssl', [...made, ...files])
    const [key, cert] = ['key.pem', 'cert.pem'].map((name) => readFileSync(join(dir, name)))
    expect(await clientOf(await tlsServer({ key, cert })).request(post)).toMatchObject({ kind: 'not_sent' })
    // It has no certificate at all: the handshake ends with an alert.
    expect(await clientOf(await tlsServer({})).request(post)).toMatchObject({ kind: 'not_sent' })
  })

  it('H14: to a name that nobody has, or that takes long to find, has not left', async () => {
    expect(await clientOf('http://nobody.invalid').request(post)).toMatchObject({ kind: 'not_sent' })
    const waiting = await clientOf('http://nobody.invalid', { deadlineMs: 1 }).request(post)
    expect(waiting).toMatchObject({ kind: 'not_sent' })
  })

  it('H14: on a connection that is closed as it is used again may have arrived, and is made once', async () => {
    let arrived = 0
    const url = await socketServer((socket) => {
      socket.once('data', () => {
        arrived++
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}')
        socket.once('data', () => {
          arrived++
          socket.destroy()
        })
      })
    })
    const http = clientOf(url, { connections: 1 })
    for (let n = 0; n < 20; n++) {
      expect(await http.request(post)).toMatchObject({ kind: 'answer' })
      expect(await http.request(post)).toMatchObject({ kind: 'unknown' })
    }
    expect(arrived).toBe(40)
  })

  it('H14: of a process without descriptors has not left', async () => {
    const script = `
      const { openSync } = require('node:fs')
      import(${JSON.stringify(new URL('../../dist/providers/http-client.js', import.meta.url).href)}).then(async ({ HttpClient }) => {
        const http = new HttpClient({ baseUrl: ${JSON.stringify(await serverThat((_, response) => response.end()))}, connections: 4, deadlineMs: 5000 })
        try { for (;;) openSync('/dev/null') } catch {}
        const { kind, code } = await http.request({ method: 'POST', path: '/', body: '{}' })
        process.stdout.write(kind + ' ' + code)
        process.exit()
      })`
    const told = execFileSync('sh', ['-c', 'ulimit -n 80; exec "$0" -e "$1"', process.execPath, script])
    expect(told.toString()).toBe('not_sent emfile')
  })

  it('H14: whose connection breaks after it was written may have arrived', async () => {
    const url = await socketServer((socket) => socket.once('data', () => socket.resetAndDestroy()))
    expect(await clientOf(url).request(post)).toMatchObject({ kind: 'unknown' })
  })

  it('may have arrived when no whole answer comes before the deadline', async () => {
    const url = await serverThat((_, response) => response.write('half'))
    expect(await clientOf(url, { deadlineMs: 50 }).request(post)).toMatchObject({ kind: 'unknown', code: 'deadline' })
  })

  it('may have arrived when the answer is longer than any yes', async () => {
    const url = await serverThat((_, response) => response.end(Buffer.alloc(2 * 1024 * 1024)))
    expect(await clientOf(url).request(post)).toMatchObject({ kind: 'unknown', code: 'answer_too_long' })
  })
})

describe('a call', () => {
  it('H15: is asked whether it may begin in the step that hands it to its socket, not before', async () => {
    let release = () => {}
    const url = await serverThat((_, response) => {
      release = () => response.end()
    })
    const http = clientOf(url, { connections: 1 })
    const begun: string[] = []
    const first = http.request({ ...post, begin: () => begun.push('first') > 0 })
    const second = http.request({ ...post, begin: () => begun.push('second') > 0 })
    while (begun.length === 0) await new Promise((resolve) => setImmediate(resolve))
    await new Promise((resolve) => setImmediate(resolve))
    expect(begun).toEqual(['first'])
    while (begun.length < 2) {
      release()
      await new Promise((resolve) => setImmediate(resolve))
    }
    await first
    release()
    for (let isOver = false; !isOver; release()) isOver = await Promise.race([second.then(() => true), later()])
  })

  it('H1: that may not begin is not written, and its connection serves others', async () => {
    const seen: string[] = []
    const url = await serverThat((request, response) => {
      seen.push(request.url ?? '')
      response.end()
    })
    const http = clientOf(url, { connections: 1 })
    await http.request({ ...post, path: '/before' })
    expect(await http.request({ ...post, path: '/forbidden', begin: () => false })).toMatchObject({ kind: 'not_begun' })
    expect(await http.request({ ...post, path: '/after' })).toMatchObject({ kind: 'answer' })
    expect(seen).toEqual(['/before', '/after'])
  })

  it('H1: that waits a second for a place in a full pool has not left and never does', async () => {
    const url = await serverThat(() => {})
    const http = clientOf(url, { connections: 1 })
    void http.request(post)
    const begun: string[] = []
    const waiting = http.request({ ...post, begin: () => begun.push('second') > 0 })
    expect(await waiting).toMatchObject({ kind: 'not_sent', code: 'no_connection' })
    await http.destroy()
    expect(begun).toEqual([])
  })
})

function later(): Promise<false> {
  return new Promise((resolve) => setImmediate(() => resolve(false)))
}

// A provider that calls back, in its own process: signed statuses of Meta over raw keep-alive sockets, each body
// once. `tsx bench/callbacks.ts URL SECRET MESSAGES FROM COUNT RATE`: MESSAGES is a file of "tracking id, phone" lines,
// RATE 0 sends as fast as answers come. Prints one line of JSON.
import { createHmac } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'

const [url = '', secret = '', path = '', from = '0', count = '0', rate = '0'] = process.argv.slice(2)
const STATUSES = ['sent', 'delivered', 'read']
const CONNECTIONS = 100
/** An open loop opens more when all of them wait. */
const CONNECTIONS_MAX = 1_000

export interface CallbackFigures {
  /** Answered 200. */
  stored: number
  refused: number
  seconds: number
  /** From the instant that a callback was due. */
  p50Ms: number
  p99Ms: number
}

/** The n-th status: all `sent` first, then `delivered`, then `read`. */
function requestOf(address: URL, lines: string[], n: number): Buffer {
  const [id = '', phone = ''] = (lines[n % lines.length] ?? '').split(' ')
  const metadata = { display_phone_number: '15550100100', phone_number_id: '1060000000000001' }
  const status = {
    id,
    status: STATUSES[Math.floor(n / lines.length)],
    timestamp: String(Math.floor(Date.now() / 1000)),
    recipient_id: phone,
    conversation: { id: `c${id}`, origin: { type: 'marketing' } },
    pricing: { billable: true, pricing_model: 'PMP', category: 'marketing', type: 'regular' },
  }
  const value = { messaging_product: 'whatsapp', metadata, statuses: [status] }
  const entry = [{ id: '1000000000000001', changes: [{ value, field: 'messages' }] }]
  const body = JSON.stringify({ object: 'whatsapp_business_account', entry })
  const signature = createHmac('sha256', secret).update(body).digest('hex')
  return Buffer.from(
    `POST ${address.pathname} HTTP/1.1\r\nHost: ${address.host}\r\nUser-Agent: facebookexternalua\r\nAccept: */*\r\n` +
      `Accept-Encoding: deflate, gzip\r\nContent-Type: application/json\r\nX-Hub-Signature-256: sha256=${signature}\r\n` +
      `Content-Length: ${body.length}\r\n\r\n${body}`,
  )
}

interface Connection {
  send(request: Buffer): void
  isOpen(): boolean
}

/** Writes a request, calls back with the status of its answer; 0 when the connection ended instead. */
function openConnection(address: URL, onAnswer: (status: number) => void): Connection {
  const socket = connect(Number(address.port), address.hostname).setNoDelay()
  let text = ''
  let isWaiting = false
  const answered = (status: number) => {
    if (!isWaiting) return
    isWaiting = false
    text = ''
    onAnswer(status)
  }
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1')
    const end = text.indexOf('\r\n\r\n')
    const length = Number(/content-length: (\d+)/i.exec(text)?.[1] ?? 0)
    const isWhole = /transfer-encoding: chunked/i.test(text)
      ? text.endsWith('0\r\n\r\n')
      : text.length >= end + 4 + length
    if (end >= 0 && isWhole) answered(Number(text.slice(9, 12)))
  })
  socket.on('error', () => {})
  socket.on('close', () => answered(0))
  return {
    send: (request) => {
      isWaiting = true
      socket.write(request)
    },
    isOpen: () => socket.writable,
  }
}

interface Caller {
  send(n: number): void
  isOpen(): boolean
}

class Load {
  readonly #address: URL
  readonly #requests: Buffer[]
  readonly #rate: number
  readonly #idle: Caller[] = []
  readonly #waits: number[] = []
  readonly #dueAt: number[] = []
  #startedAt = 0
  #next = 0
  #stored = 0
  #connections = 0
  #end: (figures: CallbackFigures) => void = () => {}

  constructor(address: URL, requests: Buffer[], rate: number) {
    this.#address = address
    this.#requests = requests
    this.#rate = rate
  }

  run(): Promise<CallbackFigures> {
    this.#startedAt = performance.now()
    this.#dispatch()
    return new Promise((resolve) => {
      this.#end = resolve
    })
  }

  #connect(): void {
    this.#connections++
    let current = 0
    const connection = openConnection(this.#address, (status) => {
      this.#waits.push(performance.now() - (this.#dueAt[current] ?? 0))
      if (status === 200) this.#stored++
      this.#idle.push(caller)
      if (this.#waits.length === this.#requests.length) this.#finish()
      else if (this.#rate === 0) this.#dispatch()
    })
    const caller = {
      isOpen: connection.isOpen,
      send: (n: number) => {
        current = n
        connection.send(this.#requests[n] as Buffer)
      },
    }
    this.#idle.push(caller)
  }

  /** A server ends connections that are idle for a while. */
  #idleCaller(): Caller | undefined {
    for (let caller = this.#idle.pop(); caller !== undefined; caller = this.#idle.pop()) {
      if (caller.isOpen()) return caller
      this.#connections--
    }
    if (this.#connections >= (this.#rate === 0 ? CONNECTIONS : CONNECTIONS_MAX)) return undefined
    this.#connect()
    return this.#idle.pop()
  }

  #dispatch(): void {
    const now = performance.now()
    const due = this.#rate === 0 ? this.#requests.length : Math.ceil(((now - this.#startedAt) / 1000) * this.#rate)
    while (this.#next < Math.min(due, this.#requests.length)) {
      const caller = this.#idleCaller()
      if (caller === undefined) break
      const n = this.#next++
      this.#dueAt[n] = this.#rate === 0 ? now : this.#startedAt + (n / this.#rate) * 1000
      caller.send(n)
    }
    if (this.#rate > 0 && this.#next < this.#requests.length) setTimeout(() => this.#dispatch(), 1)
  }

  #finish(): void {
    const waits = this.#waits.sort((a, b) => a - b)
    const at = (part: number) => Math.round((waits[Math.floor(waits.length * part)] ?? 0) * 10) / 10
    this.#end({
      stored: this.#stored,
      refused: waits.length - this.#stored,
      seconds: (performance.now() - this.#startedAt) / 1000,
      p50Ms: at(0.5),
      p99Ms: at(0.99),
    })
  }
}

const lines = readFileSync(path, 'utf8').trim().split('\n')
const address = new URL(url)
if (Number(count) < 1) throw new Error('nothing to send')
const requests = Array.from({ length: Number(count) }, (_, n) => requestOf(address, lines, Number(from) + n))
const figures = await new Load(address, requests, Number(rate)).run()
process.stdout.write(`${JSON.stringify(figures)}\n`, () => process.exit(0))

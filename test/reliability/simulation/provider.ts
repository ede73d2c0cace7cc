// The provider and the network to it, in Meta's words: what it accepts, what becomes of its answers, and the callbacks that
// it sends until one is answered with 200. It shares nothing with the drivers.
import type { Dispatcher } from 'undici'
import type { RequestPool } from '../../../src/providers/http-client.ts'
import { chanceOf } from './chance.ts'
import { type Call, type Ledger, nameOf } from './ledger.ts'
import type { Process } from './process.ts'
import type { Faults, StrayKind, World } from './scenario.ts'
import type { VirtualTime } from './virtual-time.ts'

export interface ProviderOptions {
  world: World
  time: VirtualTime
  ledger: Ledger
  note: (line: string) => void
  /** Processes whose doors are open. */
  listProcesses: () => Process[]
  /** A planted bug: the client sends although it may not begin. */
  ignoresBegin?: boolean | undefined
}

/** Waiting for the answer to a callback; then, and after every one that failed, it is sent again. */
const CALLBACK_PATIENCE_MS = 3_000
const MINUTE_MS = 60_000

type Handler = Required<Dispatcher.DispatchHandler>

interface Verdict {
  isAccepted: boolean
  isDefinite: boolean
  answer?: { status: number; body: unknown; headers?: Record<string, string> }
  error?: string
  words: string
}

export class Provider {
  /** Faults have stopped. */
  isCalm = false
  readonly #options: ProviderOptions
  #callbacks = 0

  constructor(options: ProviderOptions) {
    this.#options = options
  }

  /** The sockets of one process. */
  poolOf(process: () => Process): RequestPool {
    return {
      dispatch: (request: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler) => {
        this.#dispatch(process(), request, handler as Handler)
        return true
      },
      close: async () => {},
      destroy: async () => {},
    } as unknown as RequestPool
  }

  #meets(fault: keyof Faults, ...about: (string | number)[]): boolean {
    const { seed, faults } = this.#options.world
    return !this.isCalm && faults[fault] > 0 && chanceOf(seed, fault, ...about) < faults[fault]
  }

  /** Some way, never the same twice. */
  #latencyMs(...about: (string | number)[]): number {
    const { seed, latencyMs } = this.#options.world
    return latencyMs * (0.2 + chanceOf(seed, 'latency', ...about))
  }

  #dispatch(process: Process, { body }: Dispatcher.DispatchOptions, handler: Handler): void {
    const { time, ledger, note, ignoresBegin } = this.#options
    const request = JSON.parse(String(body)) as { to: string; biz_opaque_callback_data: string }
    const attemptId = Number.parseInt(request.biz_opaque_callback_data.split('-').at(-1) ?? '', 36)
    const row = ledger.find(attemptId)
    const about = [row?.messageId ?? 0, ledger.callsOf(row?.messageId ?? 0).length]
    const socket = new Socket()
    time.after(
      process.owner,
      this.#meets('slowConnection', ...about) ? 200 + 1_800 * chanceOf(attemptId) : 0.05,
      () => {
        if (this.#meets('refusedConnection', ...about)) {
          note(`${process.name}: no connection for message ${about[0]}`)
          return handler.onResponseError(socket, errorOf('ECONNREFUSED'))
        }
        try {
          handler.onRequestStart(socket, {})
        } catch (error) {
          if (!ignoresBegin) return handler.onResponseError(socket, error as Error)
        }
        const call = ledger.begin(attemptId, process.name)
        if (call === undefined) return
        note(
          `${process.name} calls: message ${call.messageId} (attempt ${attemptId}) to ${nameOf(call)}, ${call.campaign}`,
        )
        time.after(time.world, this.#latencyMs('there', ...about), () =>
          this.#decide(process, call, { handler, socket, about }),
        )
      },
    )
  }

  #decide(process: Process, call: Call, wire: Wire): void {
    const { time, note } = this.#options
    const verdict = this.#verdictOn(call, wire.about)
    call.isAccepted = verdict.isAccepted
    note(`provider: message ${call.messageId} (attempt ${call.attemptId}) ${verdict.words}`)
    if (verdict.isAccepted) this.#tellLater(call, wire.about)
    const { handler, socket } = wire
    time.after(process.owner, this.#latencyMs('back', ...wire.about), () => {
      if (socket.aborted) return
      if (verdict.isDefinite) call.mayBeRepeated = true
      if (verdict.error !== undefined) return handler.onResponseError(socket, errorOf(verdict.error))
      if (verdict.answer === undefined) return
      const { status, headers = {}, body } = verdict.answer
      handler.onResponseStart(socket, status, headers)
      handler.onResponseData(socket, Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)))
      handler.onResponseEnd(socket, {})
    })
  }

  #verdictOn({ trackingId }: Call, about: Wire['about']): Verdict {
    const meets = (fault: keyof Faults) => this.#meets(fault, ...about)
    const isTaken = chanceOf(this.#options.world.seed, 'taken', ...about) < 0.5
    if (meets('resetBefore')) return inDoubt(false, 'never arrives: reset', 'ECONNRESET')
    if (meets('silence')) return inDoubt(isTaken, `${isTaken ? 'accepted' : 'lost'}, and no answer`)
    if (meets('serverError'))
      return {
        ...inDoubt(isTaken, `${isTaken ? 'accepted' : 'lost'}, answered with 500`),
        answer: { status: 500, body: '' },
      }
    if (meets('throttle')) {
      const seconds = Math.floor(chanceOf(this.#options.world.seed, 'seconds', ...about) * 4)
      return refused(130429, `throttled for ${seconds} s`, seconds === 0 ? {} : { 'retry-after': String(seconds) })
    }
    if (meets('pairThrottle')) return refused(131056, 'throttled: too many to this person')
    if (meets('coolOff')) return refused(131049, 'refused: too much marketing to this person')
    if (meets('badNumber')) return { ...refused(131026, 'refused: no WhatsApp'), isDefinite: false }
    if (meets('badTemplate')) return { ...refused(132001, 'refused: the template'), isDefinite: false }
    if (meets('badAccount')) return refused(131031, 'refused: the account is locked')
    if (meets('halfAnswer'))
      return { ...inDoubt(true, 'accepted, and the answer has no id'), answer: { status: 200, body: {} } }
    if (meets('resetAfter')) return inDoubt(true, 'accepted, and the answer is lost: reset', 'ECONNRESET')
    const body = { messages: [{ id: trackingId }] }
    return { isAccepted: true, isDefinite: false, answer: { status: 200, body }, words: 'accepted' }
  }

  /** What callbacks will say about an accepted message. */
  #tellLater(call: Call, about: Wire['about']): void {
    const { world } = this.#options
    const chance = (name: string) => chanceOf(world.seed, 'callback', name, ...about)
    const isAccount = this.#meets('accountLater', ...about)
    if (isAccount || this.#meets('failedLater', ...about)) {
      const code = isAccount ? 131031 : chance('code') < 0.3 ? 131049 : 131026
      return this.#tell(call, { status: 'failed', code }, 20 + 800 * chance('failed'))
    }
    const sentMs = 10 + 500 * chance('sent')
    this.#tell(call, { status: 'sent' }, sentMs)
    this.#tell(call, { status: 'delivered' }, sentMs + 1_000 * chance('delivered') - 100)
    if (chance('reads') < 0.4) this.#tell(call, { status: 'read' }, sentMs + 2_000 * chance('read'))
  }

  #tell(call: Call, { status, code }: { status: string; code?: number }, ms: number): void {
    const about = [call.attemptId, status]
    if (this.#meets('callbackLost', ...about)) return
    const lateMs = this.#meets('callbackLate', ...about)
      ? 3_000 * chanceOf(this.#options.world.seed, 'late', ...about)
      : 0
    const at = String(Math.floor((this.#options.time.wallMs + ms) / 1000))
    const told = {
      id: call.trackingId,
      status,
      timestamp: at,
      recipient_id: call.phone.slice(1),
      biz_opaque_callback_data: `h00000000-1-${call.attemptId.toString(36)}`,
      ...(code !== undefined && { errors: [{ code, title: 'failed' }] }),
    }
    const onTold = () => {
      call.told.add(status)
      if (code === 131049 || code === 131031) call.mayBeRepeated = true
    }
    const words = `message ${call.messageId} (attempt ${call.attemptId}) is ${status}${code === undefined ? '' : `: ${code}`}`
    const callback = { body: envelope({ statuses: [told] }), words, onTold }
    for (const times of this.#meets('callbackTwice', ...about) ? [1, 2] : [1])
      this.#post(callback, (ms + lateMs) * times, 0)
  }

  /** About a call that was made, but wrong in one thing: it moves nothing. */
  tellStray(kind: StrayKind, status: 'failed' | 'delivered'): void {
    const call = this.#options.ledger.calls.at(-1)
    if (call === undefined) return
    const installation = kind === 'installation' ? '11111111' : '00000000'
    const told = {
      id: `wamid.stray.${++this.#callbacks}`,
      status,
      timestamp: String(Math.floor(this.#options.time.wallMs / 1000)),
      recipient_id: kind === 'recipient' ? '12015550999' : call.phone.slice(1),
      biz_opaque_callback_data: `h${installation}-${kind === 'epoch' ? 7 : 1}-${call.attemptId.toString(36)}`,
      ...(status === 'failed' && { errors: [{ code: 131026, title: 'failed' }] }),
    }
    const words = `of another ${kind}: attempt ${call.attemptId} is ${status}`
    this.#post({ body: envelope({ statuses: [told] }), words, onTold: () => {} }, 5, 0)
  }

  /** A person writes to the sender. */
  write(phone: string, text: string): void {
    const from = phone.slice(1)
    const id = `wamid.in.${++this.#callbacks}`
    const timestamp = String(Math.floor(this.#options.time.wallMs / 1000))
    const body = envelope({ messages: [{ from, id, timestamp, type: 'text', text: { body: text } }] })
    this.#post({ body, words: `${nameOf({ phone })} writes ${text}`, onTold: () => {} }, 20, 0)
  }

  /** Until it is answered. */
  #post(callback: Callback, ms: number, tries: number): void {
    const { time, note, listProcesses, world } = this.#options
    time.after(time.world, ms, () => {
      const processes = listProcesses()
      const again = () => this.#post(callback, Math.min(MINUTE_MS, 500 * 2 ** tries), tries + 1)
      const process = processes[Math.floor(chanceOf(world.seed, 'door', callback.words, tries) * processes.length)]
      if (process === undefined) return again()
      let isOver = false
      time.after(time.world, CALLBACK_PATIENCE_MS, () => {
        if (!isOver) again()
        isOver = true
      })
      process.receive(callback.body, (error) => {
        if (isOver) return
        isOver = true
        if (error !== undefined) return again()
        note(`${process.name} is told: ${callback.words}`)
        // Said to the program from here on, whatever it makes of it.
        this.#options.ledger.acknowledge(callback.body)
        callback.onTold()
      })
    })
  }
}

interface Wire {
  handler: Handler
  socket: Socket
  about: number[]
}

interface Callback {
  body: string
  words: string
  onTold: () => void
}

class Socket implements Dispatcher.DispatchController {
  aborted = false
  paused = false
  reason: Error | null = null

  abort(reason: Error): void {
    this.aborted = true
    this.reason = reason
  }

  pause(): void {}

  resume(): void {}
}

function inDoubt(isAccepted: boolean, words: string, error?: string): Verdict {
  return { isAccepted, isDefinite: false, words, ...(error !== undefined && { error }) }
}

/** Definitely not accepted; whether it may be tried again is another matter. */
function refused(code: number, words: string, headers: Record<string, string> = {}): Verdict {
  const answer = { status: 400, body: { error: { code, message: words } }, headers }
  return { isAccepted: false, isDefinite: true, words, answer }
}

function envelope(value: Record<string, unknown>): string {
  const change = { field: 'messages', value: { messaging_product: 'whatsapp', ...value } }
  return JSON.stringify({ object: 'whatsapp_business_account', entry: [{ id: '1', changes: [change] }] })
}

function errorOf(code: string): Error {
  return Object.assign(new Error(code), { code })
}

// The providers and the network to them: what they accept, what becomes of their answers, the callbacks that they send
// until one is answered with 200, and what the one that can be asked answers. It shares nothing with the drivers.
import type { Dispatcher } from 'undici'
import type { RequestPool } from '../../../src/providers/http-client.ts'
import { chanceOf } from './chance.ts'
import { type Call, type Ledger, nameOf } from './ledger.ts'
import type { Process } from './process.ts'
import type { Faults, StrayKind, World } from './scenario.ts'
import type { VirtualTime } from './virtual-time.ts'
import {
  birdMessage,
  metaEnvelope,
  type Refusal,
  type SenderName,
  type Status,
  templateOfSender,
  wordsOfSender,
} from './words.ts'

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
/** From when on the provider that can be asked is believed that it has a message not. */
const ABSENT_AFTER_MS = 10 * MINUTE_MS
const LISTED_WITHIN_MS = 8 * MINUTE_MS
/** The name of the installation of every world. */
const INSTALLATION = '00000000'

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
  #questions = 0

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

  #dispatch(process: Process, request: Dispatcher.DispatchOptions, handler: Handler): void {
    const sender = request.path.startsWith('/workspaces/') ? 'other' : 'main'
    if (request.method === 'GET') return this.#answerQuestion(process, request, handler)
    const { time, ledger, note, ignoresBegin } = this.#options
    const attemptId = Number.parseInt(
      wordsOfSender[sender].referenceIn(String(request.body)).split('-').at(-1) ?? '',
      36,
    )
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
        const call = ledger.begin(attemptId, { process: process.name, sender })
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

  /** A question to the provider that can be asked: about one message, about those to a person, or its templates. */
  #answerQuestion(process: Process, { path }: Dispatcher.DispatchOptions, handler: Handler): void {
    const { time, note } = this.#options
    const socket = new Socket()
    const about = ['question', ++this.#questions]
    time.after(process.owner, 0.05, () => {
      if (this.#meets('refusedConnection', ...about)) return handler.onResponseError(socket, errorOf('ECONNREFUSED'))
      handler.onRequestStart(socket, {})
      time.after(time.world, this.#latencyMs('there', ...about), () => {
        const answer = this.#meets('serverError', ...about) ? undefined : this.#answerTo(path)
        if (this.#meets('silence', ...about)) return
        time.after(process.owner, this.#latencyMs('back', ...about), () => {
          if (socket.aborted) return
          if (answer?.words !== undefined) note(`${process.name} asks: ${answer.words}`)
          answer?.onTold?.()
          respond(
            { handler, socket },
            answer === undefined ? { status: 500, body: '' } : { status: 200, body: answer.body },
          )
        })
      })
    })
  }

  /** A list may have a message later than it was accepted, but not by as much as is waited for. */
  #isListed({ messageId, attemptId, state, wallMs }: Call): boolean {
    const { world, time } = this.#options
    const lateMs = LISTED_WITHIN_MS * chanceOf(world.seed, 'listed', messageId, attemptId)
    return state !== undefined && time.wallMs >= wallMs + lateMs
  }

  /** Undefined where it cannot say yet. */
  #answerTo(path: string): Told | undefined {
    const { pathname, searchParams } = new URL(path, 'http://provider')
    const last = pathname.split('/').at(-1) ?? ''
    if (last === 'projects') return { body: { results: [{ id: templateOfSender.other, type: 'channelTemplate' }] } }
    if (last === 'channel-templates')
      return { body: { results: [{ id: 'v1', status: 'active', defaultLocale: 'en' }] } }
    const calls = this.#options.ledger.calls.filter(({ sender }) => sender === 'other')
    if (last === 'messages') return this.#listTo(searchParams.get('to') ?? '', calls)
    const call = calls.find(({ trackingId }) => pathname.split('/').includes(trackingId))
    if (last === 'interactions') {
      const results = call?.state?.status === 'read' ? [{ type: 'read', createdAt: instantOf(call.state.at) }] : []
      return { body: { results } }
    }
    if (call?.state === undefined) return undefined
    const { status } = call.state
    return {
      body: known(call),
      words: `message ${call.messageId} (attempt ${call.attemptId}) is ${status}`,
      onTold: () => call.told.add(status),
    }
  }

  /** The messages to a person. */
  #listTo(to: string, calls: readonly Call[]): Told | undefined {
    const { time } = this.#options
    const toPerson = calls.filter(({ phone }) => phone === to)
    // One that is on its way while the machine sleeps arrives there; here it waits for the machine.
    if (toPerson.some(({ isAccepted }) => isAccepted === undefined)) return undefined
    const absent = toPerson.filter((call) => call.isAccepted === false && time.wallMs - call.wallMs >= ABSENT_AFTER_MS)
    const listed = toPerson.filter((call) => this.#isListed(call))
    const said = listed.map(({ told, state }) => ({ told, status: state?.status ?? '' }))
    return {
      body: { results: listed.map(known) },
      words: `messages to ${nameOf({ phone: to })}`,
      onTold: () => {
        for (const { told, status } of said) told.add(status)
        for (const call of absent) call.mayBeRepeated = true
      },
    }
  }

  #decide(process: Process, call: Call, wire: Wire): void {
    const { time, note } = this.#options
    const verdict = this.#verdictOn(call, wire.about)
    call.isAccepted = verdict.isAccepted
    if (verdict.isAccepted) call.state = { status: 'accepted', at: time.wallMs }
    note(`provider: message ${call.messageId} (attempt ${call.attemptId}) ${verdict.words}`)
    if (verdict.isAccepted) this.#tellLater(call, wire.about)
    const { handler, socket } = wire
    time.after(process.owner, this.#latencyMs('back', ...wire.about), () => {
      if (socket.aborted) return
      if (verdict.isDefinite) call.mayBeRepeated = true
      if (verdict.error !== undefined) return handler.onResponseError(socket, errorOf(verdict.error))
      if (verdict.answer === undefined) return
      respond({ handler, socket }, verdict.answer)
    })
  }

  #verdictOn(call: Call, about: Wire['about']): Verdict {
    const words = wordsOfSender[call.sender]
    const meets = (fault: keyof Faults) => this.#meets(fault, ...about)
    const isTaken = chanceOf(this.#options.world.seed, 'taken', ...about) < 0.5
    if (meets('resetBefore')) return inDoubt(false, 'never arrives: reset', 'ECONNRESET')
    if (meets('silence')) return inDoubt(isTaken, `${isTaken ? 'accepted' : 'lost'}, and no answer`)
    if (meets('serverError'))
      return {
        ...inDoubt(isTaken, `${isTaken ? 'accepted' : 'lost'}, answered with 500`),
        answer: { status: 500, body: '' },
      }
    for (const kind of refusals) {
      const answer = meets(kind) ? words.refused(kind) : undefined
      if (answer === undefined) continue
      const seconds = Math.floor(chanceOf(this.#options.world.seed, 'seconds', ...about) * 4)
      const headers = kind === 'throttle' && seconds > 0 ? { 'retry-after': String(seconds) } : undefined
      return {
        isAccepted: false,
        // Whether it may be tried again is another matter.
        isDefinite: kind !== 'badNumber' && kind !== 'badTemplate',
        words: `refused: ${kind}${headers === undefined ? '' : ` for ${seconds} s`}`,
        answer: { ...answer, ...(headers && { headers }) },
      }
    }
    if (meets('halfAnswer'))
      return {
        ...inDoubt(true, 'accepted, and the answer has no id'),
        answer: { status: 200, body: words.acceptedWithoutId },
      }
    if (meets('resetAfter')) return inDoubt(true, 'accepted, and the answer is lost: reset', 'ECONNRESET')
    return {
      isAccepted: true,
      isDefinite: false,
      answer: { status: 200, body: words.accepted(call) },
      words: 'accepted',
    }
  }

  /** What callbacks will say about an accepted message. */
  #tellLater(call: Call, about: Wire['about']): void {
    const { world } = this.#options
    const chance = (name: string) => chanceOf(world.seed, 'callback', name, ...about)
    const isAccount = this.#meets('accountLater', ...about)
    if (isAccount || this.#meets('failedLater', ...about)) {
      const failure = isAccount ? 'account' : chance('code') < 0.3 ? 'coolOff' : 'person'
      return this.#tell(call, { status: 'failed', failure }, 20 + 800 * chance('failed'))
    }
    const sentMs = 10 + 500 * chance('sent')
    this.#tell(call, { status: 'sent' }, sentMs)
    this.#tell(call, { status: 'delivered' }, sentMs + 1_000 * chance('delivered') - 100)
    if (chance('reads') < 0.4) this.#tell(call, { status: 'read' }, sentMs + 2_000 * chance('read'))
  }

  #tell(call: Call, { status, failure }: Pick<Status, 'status' | 'failure'>, ms: number): void {
    const { time, world } = this.#options
    const about = [call.attemptId, status]
    const at = time.wallMs + ms
    time.after(time.world, ms, () => this.#reach(call, { status, failure, at }))
    if (this.#meets('callbackLost', ...about)) return
    const lateMs = this.#meets('callbackLate', ...about) ? 3_000 * chanceOf(world.seed, 'late', ...about) : 0
    const words = `message ${call.messageId} (attempt ${call.attemptId}) is ${status}${failure === undefined ? '' : `: ${failure}`}`
    const callback = {
      sender: call.sender,
      body: wordsOfSender[call.sender].callback({ ...call, reference: referenceOf(call) }, { status, failure, at }),
      words,
      onTold: () => {
        call.told.add(status)
        if (failure === 'coolOff' || failure === 'account') call.mayBeRepeated = true
      },
    }
    for (const times of this.#meets('callbackTwice', ...about) ? [1, 2] : [1])
      this.#post(callback, (ms + lateMs) * times, 0)
  }

  /** What the provider itself knows of it from here on. */
  #reach(call: Call, reached: Status): void {
    if (call.state?.status !== 'read') call.state = reached
  }

  /** About a call that was made, but wrong in one thing: it moves nothing. */
  tellStray(kind: StrayKind, status: 'failed' | 'delivered'): void {
    const call = this.#options.ledger.calls.at(-1)
    if (call === undefined) return
    const installation = kind === 'installation' ? '11111111' : INSTALLATION
    const about = {
      trackingId: `tracking.stray.${++this.#callbacks}`,
      phone: kind === 'recipient' ? '+12015550999' : call.phone,
      reference: `h${installation}-${kind === 'epoch' ? 7 : 1}-${call.attemptId.toString(36)}`,
    }
    const failure = status === 'failed' ? 'person' : undefined
    const body = wordsOfSender[call.sender].callback(about, { status, failure, at: this.#options.time.wallMs })
    const words = `of another ${kind}: attempt ${call.attemptId} is ${status}`
    this.#post({ sender: call.sender, body, words, onTold: () => {} }, 5, 0)
  }

  /** A person writes to the sender. */
  write(phone: string, text: string): void {
    const from = phone.slice(1)
    const id = `wamid.in.${++this.#callbacks}`
    const timestamp = String(Math.floor(this.#options.time.wallMs / 1000))
    const body = metaEnvelope({ messages: [{ from, id, timestamp, type: 'text', text: { body: text } }] })
    this.#post({ sender: 'main', body, words: `${nameOf({ phone })} writes ${text}`, onTold: () => {} }, 20, 0)
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
      process.receive(callback, (error) => {
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

/** The answer to a question. */
interface Told {
  body: unknown
  /** For the story. */
  words?: string
  onTold?: () => void
}

interface Wire {
  handler: Handler
  socket: Socket
  about: number[]
}

interface Callback {
  sender: SenderName
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

/** In the order in which they are met. */
const refusals: Refusal[] = ['throttle', 'pairThrottle', 'coolOff', 'badNumber', 'badTemplate', 'badAccount']

type Answer = NonNullable<Verdict['answer']>

function respond({ handler, socket }: Pick<Wire, 'handler' | 'socket'>, { status, headers = {}, body }: Answer): void {
  handler.onResponseStart(socket, status, headers)
  handler.onResponseData(socket, Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)))
  handler.onResponseEnd(socket, {})
}

function referenceOf({ attemptId }: Call): string {
  return `h${INSTALLATION}-1-${attemptId.toString(36)}`
}

function known(call: Call): Record<string, unknown> {
  const state = call.state ?? { status: 'accepted' as const, at: call.wallMs }
  return birdMessage({ ...call, reference: referenceOf(call) }, state)
}

function instantOf(at: number): string {
  return new Date(at).toISOString()
}

function errorOf(code: string): Error {
  return Object.assign(new Error(code), { code })
}

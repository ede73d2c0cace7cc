// The independent provider (../sink/sink.py) as a process, its ledger as it grows, and its ways while it runs.
import { closeSync, existsSync, fstatSync, openSync, readSync, watch } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { Program, patienceSeconds } from './program.ts'

export const sinkFolder = new URL('../sink/', import.meta.url).pathname

export const sinkToken = 'sink-token'
export const sinkSecret = 'sink-secret'

export interface SinkOptions {
  /** Seconds until an answer. */
  latency?: number
  /** Seconds after which an idle connection is closed. */
  idle?: number
  seed?: number
  port?: number
}

/** One line of the ledger; `kind` says which of the others are there. */
export interface LedgerEntry {
  n: number
  kind: 'start' | 'request' | 'answer' | 'callback' | 'control' | 'broken' | 'stall' | 'quiet' | 'clock'
  t_wall: number
  t_mono: number
  seq?: number
  to?: string
  reference?: string
  verdict?: 'accepted' | 'refused' | 'dropped'
  tracking_id?: string
  arrived_wall?: number
  status?: number | null
  answer?: number | string
  told?: unknown[]
}

/** A rule of ../sink/fault_script.py. */
export interface FaultRule {
  match?: {
    to?: string[]
    nth?: number[]
    every?: number
    from?: number
    until?: number
    probability?: number
  }
  times?: number
  phase: 'before' | 'after' | 'answer'
  action: { do: 'reset' | 'close' | 'silence' | 'delay' | 'answer'; [fact: string]: unknown }
}

/** A plan of ../sink/callbacks.py. */
export interface CallbackPlan {
  url?: string
  otherUrl?: string
  statuses?: string[]
  delay?: number
  permute?: boolean
  repeat?: number
  lose?: number
  batch?: number
  early?: boolean
  later?: boolean
  forge?: ('epoch' | 'installation' | 'recipient' | 'attempt' | 'nobody' | 'account')[]
}

export class Sink implements AsyncDisposable {
  readonly ledgerPath: string
  readonly #program: Program
  #port = 0
  readonly #entries: LedgerEntry[] = []
  #readBytes = 0
  #rest = ''

  private constructor(ledgerPath: string, program: Program) {
    this.ledgerPath = ledgerPath
    this.#program = program
  }

  static async start(dir: string, { latency = 0.005, idle, seed = 1, port = 0 }: SinkOptions = {}): Promise<Sink> {
    const ledgerPath = join(dir, 'ledger.jsonl')
    const argv = ['--ledger', ledgerPath, '--token', sinkToken, '--secret', sinkSecret, '--seed', String(seed)]
    if (idle !== undefined) argv.push('--idle', String(idle))
    argv.push('--latency', String(latency), '--port', String(port))
    const sink = new Sink(ledgerPath, new Program(['python3', join(sinkFolder, 'sink.py'), ...argv]))
    sink.#port = (await sink.#program.answered<{ port: number }>()).port
    return sink
  }

  get baseUrl(): string {
    return `http://127.0.0.1:${this.#port}`
  }

  follow(rules: FaultRule[]): Promise<unknown> {
    return this.#ask('/-/script', { rules })
  }

  callBack(plan: CallbackPlan): Promise<unknown> {
    return this.#ask('/-/callbacks', plan)
  }

  /** Callbacks that are still to be posted. */
  async openCallbacks(): Promise<number> {
    return (await this.#ask<{ open: number }>('/-/open', {})).open
  }

  #ask<T>(path: string, body: unknown): Promise<T> {
    return new Promise((resolve, reject) => {
      const text = JSON.stringify(body)
      const headers = { 'content-length': Buffer.byteLength(text) }
      const asked = request(`${this.baseUrl}${path}`, { method: 'POST', headers, agent: false }, async (answer) => {
        let said = ''
        for await (const piece of answer) said += piece
        resolve(JSON.parse(said) as T)
      })
      asked.on('error', reject)
      asked.end(text)
    })
  }

  /** What the ledger has so far. */
  entries(): readonly LedgerEntry[] {
    if (!existsSync(this.ledgerPath)) return []
    const file = openSync(this.ledgerPath, 'r')
    const bytes = Buffer.alloc(fstatSync(file).size - this.#readBytes)
    readSync(file, bytes, 0, bytes.length, this.#readBytes)
    closeSync(file)
    this.#readBytes += bytes.length
    const lines = (this.#rest + bytes.toString('latin1')).split('\n')
    this.#rest = lines.pop() ?? ''
    for (const line of lines) this.#entries.push(JSON.parse(Buffer.from(line, 'latin1').toString('utf8')))
    return this.#entries
  }

  requests(): LedgerEntry[] {
    return this.entries().filter(({ kind }) => kind === 'request')
  }

  /** Resolves when something is true of the ledger: asked again whenever it grows. */
  until(isTrue: () => boolean): Promise<void> {
    return becomesTrue(this.ledgerPath, isTrue)
  }

  /** Statuses that were told and acknowledged, repeats and all. */
  acknowledged(): number {
    const taken = this.entries().filter(({ kind, answer }) => kind === 'callback' && answer === 200)
    return taken.reduce((sum, { told = [] }) => sum + told.length, 0)
  }

  /** Whether so many messages were accepted, and everything is told of them. */
  isQuietAfter(accepted: number): boolean {
    const entries = this.entries()
    const last = entries.findLastIndex(({ kind }) => kind === 'request' || kind === 'callback')
    const isQuiet = entries.slice(last).some(({ kind }) => kind === 'quiet')
    return isQuiet && this.requests().filter(({ verdict }) => verdict === 'accepted').length >= accepted
  }

  asked(count: number): Promise<void> {
    return this.until(() => this.requests().length >= count)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#program[Symbol.asyncDispose]()
  }
}

/**
 * Resolves when something has become true, or nobody waits any more: looked at after every change of a file or folder.
 * Throws with what was waited for, so that a bench of many cases goes on to the next.
 */
export function becomesTrue(path: string, isTrue: () => boolean, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const watcher = watch(path, { recursive: true })
    const impatient = AbortSignal.timeout(patienceSeconds * 1000)
    const end = () => {
      watcher.close()
      impatient.onabort = null
      resolve()
    }
    impatient.onabort = () => {
      watcher.close()
      reject(new Error(`waited for ${patienceSeconds} s in vain: ${isTrue}`))
    }
    const look = () => {
      try {
        if (isTrue()) end()
      } catch (error) {
        watcher.close()
        reject(error)
      }
    }
    watcher.on('change', look)
    signal?.addEventListener('abort', end, { once: true })
    if (signal?.aborted) end()
    else look()
  })
}

// Shows people that their messages were read, where a sender asks for it: beside everything else, a few at a time. A mark
// that fails is not repeated: nothing depends on it.
import type { Log } from '../../runtime/log.ts'
import type { ConnectedSender } from '../senders/sender-connections.ts'

const CALLS_MAX = 8
/** More than these are not kept: a provider that hangs must not fill the memory. */
const WAITING_MAX = 10_000

interface ReadMark {
  connected: ConnectedSender
  messageId: string
}

export class ReadMarks {
  readonly #log: Log
  readonly #waiting: ReadMark[] = []
  readonly #calls = new Set<Promise<void>>()

  constructor(log: Log) {
    this.#log = log
  }

  add(mark: ReadMark): void {
    if (this.#waiting.length >= WAITING_MAX) return
    this.#waiting.push(mark)
    this.#begin()
  }

  /** Begins no more and lets calls on the wire end. */
  async stop(): Promise<void> {
    this.#waiting.length = 0
    await Promise.all(this.#calls)
  }

  /** Resolves when every mark was made or given up. */
  async settled(): Promise<void> {
    while (this.#calls.size > 0) await Promise.all(this.#calls)
  }

  #begin(): void {
    while (this.#calls.size < CALLS_MAX) {
      const mark = this.#waiting.shift()
      if (mark === undefined) return
      const call = this.#make(mark).finally(() => {
        this.#calls.delete(call)
        this.#begin()
      })
      this.#calls.add(call)
    }
  }

  async #make({ connected: { driver, sender }, messageId }: ReadMark): Promise<void> {
    try {
      const answer = await driver.markRead?.(messageId)
      if (answer?.ok === false)
        this.#log.warn({ sender: sender.name, code: answer.error.code }, 'a message could not be marked as read')
    } catch (error) {
      this.#log.error({ err: error, sender: sender.name }, 'a message could not be marked as read')
    }
  }
}

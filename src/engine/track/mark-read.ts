// Shows people that their messages were read, where a sender asks for it: beside everything else, a few at a time. A mark
// that fails is not repeated: nothing depends on it.
import type { Log } from '../../runtime/log.ts'
import type { ConnectedSender } from '../senders/sender-connections.ts'

/** Calls of one sender. */
const CALLS_MAX = 4
/** More than these of one sender are not kept: a provider that hangs must not fill the memory. */
const WAITING_MAX = 1_000

interface ReadMark {
  connected: ConnectedSender
  messageId: string
}

/** One sender's marks: a provider that hangs keeps nobody else waiting. */
interface Lane {
  waiting: ReadMark[]
  calls: Set<Promise<void>>
}

export class ReadMarks {
  readonly #log: Log
  readonly #lanes = new Map<number, Lane>()

  constructor(log: Log) {
    this.#log = log
  }

  add(mark: ReadMark): void {
    const { id } = mark.connected.sender
    const lane = this.#lanes.get(id) ?? { waiting: [], calls: new Set() }
    this.#lanes.set(id, lane)
    if (lane.waiting.length >= WAITING_MAX) return
    lane.waiting.push(mark)
    this.#begin(lane)
  }

  /** Begins no more and lets calls on the wire end. */
  async stop(): Promise<void> {
    for (const lane of this.#lanes.values()) lane.waiting.length = 0
    await this.settled()
  }

  /** Resolves when every mark was made or given up. */
  async settled(): Promise<void> {
    for (const { calls } of this.#lanes.values()) while (calls.size > 0) await Promise.all(calls)
  }

  #begin(lane: Lane): void {
    while (lane.calls.size < CALLS_MAX) {
      const mark = lane.waiting.shift()
      if (mark === undefined) return
      const call = this.#make(mark).finally(() => {
        lane.calls.delete(call)
        this.#begin(lane)
      })
      lane.calls.add(call)
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

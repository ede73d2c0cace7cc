// What the channel remembers of the messages that it took: their delivery events and, where switched on, the history.
import { type AcceptedMessage, type Answer, type CallbackEvent, jsonAnswer } from '../dialect.ts'
import { titleOf } from './errors.ts'

type StatusEvent = Extract<CallbackEvent, { kind: 'status' }>

interface Kept {
  message: AcceptedMessage
  at: number
  body: string
  events: Map<string, StatusEvent>
}

const NOTICE = 'Message history is disabled. To enable it, write to technical support.'

export class Books {
  readonly #kept = new Map<string, Kept>()

  reset(): void {
    this.#kept.clear()
  }

  enter(message: AcceptedMessage, at: number, body: string): void {
    this.#kept.set(message.trackingId, { message, at, body, events: new Map() })
  }

  /** A status was told; telling it again adds nothing. */
  note(event: StatusEvent): void {
    this.#kept.get(event.message.trackingId)?.events.set(event.status, event)
  }

  /** GET /hookInfo. */
  events(messageId: string): Answer {
    const kept = this.#kept.get(messageId)
    const hooks = [...(kept?.events.values() ?? [])].map(({ message, status, at, errorCode }) => ({
      id: message.trackingId,
      type: 'message',
      status,
      timestamp: String(Math.floor(at / 1000)),
      recipient_id: message.to,
      pricing: { billable: true, category: message.facts.category, pricing_model: 'PMP' },
      ...(errorCode !== null && { errors: [{ code: Number(errorCode), title: titleOf(errorCode) }] }),
    }))
    return jsonAnswer(200, { hooks })
  }

  /** GET /messages: what the API sent. */
  history(query: URLSearchParams, isOn: boolean): Answer {
    if (!isOn) return jsonAnswer(200, { messages: [], notice: NOTICE })
    const numberOf = (name: string, otherwise: number) => Number(query.get(name) ?? otherwise)
    const limit = numberOf('limit', 100)
    const messages = [...this.#kept.values()]
      .map(({ message, at, body }, index) => ({
        messageNumber: index + 1,
        id: message.trackingId,
        body,
        fromMe: true,
        self: 1,
        isForwarded: 0,
        author: `${message.sender}@c.us`,
        time: Math.floor(at / 1000),
        chatId: `${message.to}@c.us`,
        type: 'chat',
        caption: null,
        quotedMsgId: null,
        metadata: {},
      }))
      .filter(
        (one) =>
          (query.get('chatId') ?? one.chatId) === one.chatId &&
          (query.get('msgId') ?? one.id) === one.id &&
          one.time >= numberOf('min_time', 0) &&
          one.time <= numberOf('max_time', Number.POSITIVE_INFINITY),
      )
    return jsonAnswer(200, { messages: limit === 0 ? messages : messages.slice(0, limit) })
  }
}

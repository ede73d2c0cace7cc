// Server-sent events: one stream for one reader, who gets the newest state and not every one.
import type { Context as HonoContext } from 'hono'
import { stream } from 'hono/streaming'

/** A sign of life, so that proxies do not take the stream for dead. */
const HEARTBEAT_MS = 15_000
/** A stream ends and is opened again by its reader, who then shows anew who they are. */
const STREAM_MS = 300_000
/** Whoever may no longer look is sent away within so long. */
const STANDING_MS = 1_000

interface StreamOptions {
  /** Called when the stream has ended. */
  stop(): void
  /** Whether the reader may still look. */
  mayStay(): Promise<boolean>
}

/** Streams events until their queue ends, the reader goes or may no longer look. */
export function eventStream(c: HonoContext, events: EventQueue, { stop, mayStay }: StreamOptions): Response {
  c.header('content-type', 'text/event-stream; charset=utf-8')
  c.header('x-accel-buffering', 'no')
  return stream(c, async (out) => {
    out.onAbort(() => events.end())
    const beat = setInterval(() => events.beat(), HEARTBEAT_MS)
    const life = setTimeout(() => events.end(), STREAM_MS)
    const standing = setInterval(() => {
      mayStay().then(
        (may) => may || events.end(),
        () => events.end(),
      )
    }, STANDING_MS)
    try {
      for await (const event of events) await out.write(event)
    } finally {
      clearInterval(beat)
      clearTimeout(life)
      clearInterval(standing)
      stop()
    }
  })
}

/** Events not yet written. A slow reader gets the newest one, not all of them. */
export class EventQueue implements AsyncIterable<string> {
  #next: string | undefined
  #isEnded = false
  #wake: () => void = () => {}

  put(name: string, data: unknown): void {
    this.#next = `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`
    this.#wake()
  }

  /** A sign of life never takes the place of numbers. */
  beat(): void {
    this.#next ??= ': still here\n\n'
    this.#wake()
  }

  end(): void {
    this.#isEnded = true
    this.#wake()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<string> {
    for (;;) {
      if (this.#next !== undefined) {
        const event = this.#next
        this.#next = undefined
        yield event
      } else if (this.#isEnded) return
      else
        await new Promise<void>((resolve) => {
          this.#wake = resolve
        })
    }
  }
}

// Server-sent events: one stream for one reader, who gets the newest state and not every one.
import type { Context as HonoContext } from 'hono'
import { stream } from 'hono/streaming'
import type { Principal, Right } from '../domain/access.ts'
import { AppError } from '../domain/errors.ts'
import { requireRight } from '../engine/accounts/guard.ts'
import { watchStanding } from '../engine/accounts/standing.ts'
import type { Context } from '../engine/context.ts'
import { Places } from '../runtime/places.ts'

/** A sign of life, so that proxies do not take the stream for dead. */
const HEARTBEAT_MS = 15_000
/** A stream ends and is opened again by its reader, who then shows anew who they are. */
const STREAM_MS = 300_000
/** A user who may no longer look is sent away within so long. */
const STANDING_MS = 1_000

/** Streams of one user, on whatever devices and keys, and of all users of this process. */
const STREAMS = { max: 200, maxOfOne: 20 }
const RETRY_AFTER_SECONDS = 30
const placesByContext = new WeakMap<Context, Places>()

interface StreamOptions {
  /** What the reader needs, from the first event to the last. */
  right: Right
  /** Puts events until the returned function is called. */
  watch(events: EventQueue, principal: Principal): Promise<() => void> | (() => void)
}

/**
 * Streams events until their queue ends, the reader goes or may no longer look. Throws AppError live.too_many_watchers, and
 * what `watch` throws.
 */
export async function eventStream(ctx: Context, c: HonoContext, { right, watch }: StreamOptions): Promise<Response> {
  const principal = requireRight(c.get('principal') as Principal | undefined, right)
  const leave = enter(ctx, principal)
  const events = new EventQueue()
  const stop = await Promise.resolve()
    .then(() => watch(events, principal))
    .catch((error: unknown) => {
      leave()
      throw error
    })
  const mayStay = watchStanding(ctx, principal, right)
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
      leave()
    }
  })
}

/** Takes a place for a stream; the returned function gives it back. */
function enter(ctx: Context, { userId, name }: Principal): () => void {
  const places = placesByContext.get(ctx) ?? new Places(STREAMS)
  placesByContext.set(ctx, places)
  const caller = `user ${userId}`
  if (places.take(caller)) return () => places.give(caller)
  const what = `${name} watches ${STREAMS.maxOfOne} pages already, or all together ${STREAMS.max}`
  throw new AppError('live.too_many_watchers', what, {
    hint: 'Close some of them, or reload the page instead of watching it.',
    details: { retryAfterSeconds: RETRY_AFTER_SECONDS },
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

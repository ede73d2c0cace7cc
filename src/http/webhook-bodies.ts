// Bodies of callbacks: bounded one by one and all together, and given up when they do not come. What is counted is what
// is held in memory, from the first byte until the callback is answered.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { AppError } from '../domain/errors.ts'
import type { Clock } from '../runtime/clock.ts'

export interface WebhookBodyLimits {
  /** Meta sends up to 3 MiB. */
  bodyBytesMax: number
  /** Of all callbacks that are not answered yet. */
  bytesInFlightMax: number
  /** A callback counts as this much at least: many small ones are bounded too. */
  bytesInFlightMin: number
  /** A body is looked at this often; one that brought less than `bytesPerLookMin` since is given up. */
  lookMs: number
  bytesPerLookMin: number
  /** A body that is not whole after so many looks is given up. */
  looksMax: number
}

/** 64 MiB are 21 of the largest bodies or 4,096 small ones; a body has 20 s, and 1,000 bytes a second. */
export const webhookBodyLimits: WebhookBodyLimits = {
  bodyBytesMax: 3 * 1024 * 1024,
  bytesInFlightMax: 64 * 1024 * 1024,
  bytesInFlightMin: 16 * 1024,
  lookMs: 5_000,
  bytesPerLookMin: 5_000,
  looksMax: 4,
}

/** What a provider is asked to wait when too much is in flight: that is over with the next commit. */
const RETRY_AFTER_SECONDS = 1

/** One body on its way. */
interface Intake {
  size: number
  /** Counted among the bytes in flight. */
  held: number
}

export class WebhookBodies {
  readonly #clock: Pick<Clock, 'now' | 'wait'>
  readonly #limits: WebhookBodyLimits
  readonly #endings = new Set<(error: AppError) => void>()
  #inFlight = 0

  constructor(clock: Pick<Clock, 'now' | 'wait'>, limits: WebhookBodyLimits = webhookBodyLimits) {
    this.#clock = clock
    this.#limits = limits
  }

  /**
   * Reads a body, asking for it where it waits to be asked, and holds it until `use` has ended. Throws AppError webhook.too_large, webhook.too_many,
   * request.too_slow, interrupted.
   */
  async take<T>(request: IncomingMessage, response: ServerResponse, use: (body: Buffer) => Promise<T>): Promise<T> {
    const declared = Number(request.headers['content-length'] ?? 0)
    if (declared > this.#limits.bodyBytesMax) throw this.#tooLarge()
    // A body that cannot become whole need not begin.
    if (this.#inFlight + declared > this.#limits.bytesInFlightMax) throw tooMany()
    const intake = { size: 0, held: 0 }
    try {
      this.#hold(intake, 0)
      if (request.headers.expect !== undefined) response.writeContinue()
      return await use(await this.#read(request, intake))
    } finally {
      this.#inFlight -= intake.held
    }
  }

  /** Gives up what is still coming. */
  close(): void {
    for (const end of this.#endings) end(new AppError('interrupted', 'the service stops'))
  }

  async #read(request: IncomingMessage, intake: Intake): Promise<Buffer> {
    // A small callback came with its headers: nothing needs to be waited for.
    if (!request.complete) return this.#gather(request, intake)
    const body = (request.read() as Buffer | null) ?? Buffer.alloc(0)
    this.#hold(intake, body.length)
    return body
  }

  #gather(request: IncomingMessage, intake: Intake): Promise<Buffer> {
    return new Promise<Buffer>((resolve, reject) => {
      const chunks: Buffer[] = []
      const over = new AbortController()
      const end = (error?: unknown) => {
        // A reason of our own is cheaper than the error that an abort makes by itself.
        over.abort('over')
        this.#endings.delete(end)
        request.off('data', onData).pause()
        if (error === undefined) resolve(Buffer.concat(chunks))
        else reject(error)
      }
      const onData = (chunk: Buffer) => {
        try {
          this.#hold(intake, chunk.length)
          chunks.push(chunk)
        } catch (error) {
          end(error)
        }
      }
      this.#endings.add(end)
      request.on('data', onData)
      request.once('end', () => end())
      request.once('error', () => end(new AppError('interrupted', 'the caller has gone')))
      void this.#isGivenUp(intake, over.signal).then((isGivenUp) => isGivenUp && end(tooSlow()))
    })
  }

  /** Adds bytes to what is held. Throws AppError webhook.too_large, webhook.too_many. */
  #hold(intake: Intake, bytes: number): void {
    const { bodyBytesMax, bytesInFlightMax, bytesInFlightMin } = this.#limits
    intake.size += bytes
    if (intake.size > bodyBytesMax) throw this.#tooLarge()
    const more = Math.max(bytesInFlightMin, intake.size) - intake.held
    if (this.#inFlight + more > bytesInFlightMax) throw tooMany()
    intake.held += more
    this.#inFlight += more
  }

  /** Whether patience ended before the body did. */
  async #isGivenUp(intake: Intake, over: AbortSignal): Promise<boolean> {
    const { lookMs, looksMax, bytesPerLookMin } = this.#limits
    for (let look = 0; look < looksMax; look++) {
      const before = intake.size
      await this.#clock.wait(this.#clock.now() + lookMs, over)
      if (over.aborted) return false
      if (intake.size - before < bytesPerLookMin) return true
    }
    return true
  }

  #tooLarge(): AppError {
    return new AppError('webhook.too_large', `a callback may have ${this.#limits.bodyBytesMax} bytes`)
  }
}

function tooMany(): AppError {
  return new AppError('webhook.too_many', 'as many callbacks as can be held are on their way', {
    details: { retryAfterSeconds: RETRY_AFTER_SECONDS },
  })
}

function tooSlow(): AppError {
  return new AppError('request.too_slow', 'the body did not come in time')
}

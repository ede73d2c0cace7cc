// Who knows an address and still signs wrongly is told to wait before a byte is read. Where genuine callbacks come from
// the same place (the provider's own address, or the proxy before us) nobody is told to wait.
import { AppError } from '../domain/errors.ts'
import { Allowance, tooMany } from '../runtime/allowance.ts'
import type { Clock } from '../runtime/clock.ts'

/** Wrong signatures of one caller for one sender: a secret that was just changed brings some. */
const WRONG_PER_SECOND = 10
const WRONG_BURST = 50
/** How long a genuine callback speaks for its caller. */
const TRUSTED_MS = 3_600_000
const TRUSTED_MAX = 10_000

export class SignatureBrake {
  readonly #clock: Pick<Clock, 'now'>
  readonly #wrong: Allowance
  readonly #trustedUntil = new Map<string, number>()

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock
    this.#wrong = new Allowance({ clock, perSecond: WRONG_PER_SECOND, burst: WRONG_BURST })
  }

  /** Takes in a callback. Throws AppError request.too_many before any work, and whatever `receive` throws. */
  async watch(caller: string, senderId: number, receive: () => Promise<void>): Promise<void> {
    const key = `${caller} ${senderId}`
    const waitSeconds = this.#isTrusted(key) ? 0 : this.#wrong.wait(key)
    if (waitSeconds > 0) throw tooMany('too many callbacks with a wrong signature', waitSeconds)
    try {
      await receive()
      this.#trust(key)
    } catch (error) {
      if (isWronglySigned(error)) this.#wrong.take(key)
      throw error
    }
  }

  #isTrusted(key: string): boolean {
    return (this.#trustedUntil.get(key) ?? 0) > this.#clock.now()
  }

  #trust(key: string): void {
    this.#trustedUntil.delete(key)
    this.#trustedUntil.set(key, this.#clock.now() + TRUSTED_MS)
    if (this.#trustedUntil.size > TRUSTED_MAX) this.#trustedUntil.delete(this.#trustedUntil.keys().next().value ?? '')
  }
}

function isWronglySigned(error: unknown): boolean {
  return (
    error instanceof AppError &&
    (error.code === 'webhook.signature_missing' || error.code === 'webhook.signature_wrong')
  )
}

// Messages about which something failed that is no decision: a row that cannot be read or written. Each is told once and
// left alone for a while, so that it keeps no other message waiting.
import { formatId } from '../../domain/ids.ts'
import type { TroubledMessage } from '../../store/claim-choice.ts'
import type { Context } from '../context.ts'

const LEFT_FOR_MS = 60_000

export class LeftAlone {
  readonly #ctx: Context
  readonly #until = new Map<number, number>()

  constructor(ctx: Context) {
    this.#ctx = ctx
  }

  add({ messageId, error }: TroubledMessage): void {
    const { clock, log } = this.#ctx
    if (!this.#until.has(messageId)) {
      const id = formatId('message', messageId)
      log.error({ err: error, message: id }, `${id} cannot be claimed; it is left alone and tried again every minute`)
    }
    this.#until.set(messageId, clock.now() + LEFT_FOR_MS)
  }

  /** Messages that no claim looks at for now. */
  get ids(): ReadonlySet<number> {
    const now = this.#ctx.clock.now()
    return new Set([...this.#until].filter(([, until]) => until > now).map(([id]) => id))
  }
}

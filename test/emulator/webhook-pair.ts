// An emulator with a receiver of its callbacks.
import type { EmulatorOptions, RunningEmulator } from '../../src/emulator/emulator.ts'
import type { WebhookFault } from '../../src/emulator/fault-script.ts'
import type { WebhookOptions } from '../../src/emulator/webhook-queue.ts'
import { appSecret, openEmulator, openReceiver, type Receiver } from './support.ts'

export const noon = Date.UTC(2026, 0, 1, 12)

interface Pair {
  emulator: RunningEmulator
  receiver: Receiver
}

interface PairOptions extends Omit<EmulatorOptions, 'webhooks'> {
  receiver?: Receiver
  webhooks?: Partial<WebhookOptions>
}

export async function openPair(options: PairOptions = {}): Promise<Pair> {
  const { receiver = await openReceiver(), webhooks, ...rest } = options
  const emulator = await openEmulator({
    now: () => noon,
    ...rest,
    webhooks: { url: receiver.url, appSecret, readShare: 1, retryDelayMs: 1, ...webhooks },
  })
  return { emulator, receiver }
}

/** The order for callbacks that an accepted message meets. */
export function orders(order: Omit<Partial<WebhookFault>, 'type'>, match = {}) {
  return [{ match, phase: 'afterAccept' as const, action: { type: 'webhooks' as const, ...order } }]
}

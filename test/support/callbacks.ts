// Callbacks in Meta's form, stored as if they had come in and been verified.

import type { App } from '../../src/app.ts'
import { applyEvents } from '../../src/engine/track/apply-events.ts'
import { getSender } from '../../src/store/senders.ts'
import type { LoadedApp, TestApp } from './open-test-app.ts'

export interface StatusCallback {
  trackingId?: string
  reference?: string
  /** Whom the provider says it went to; it says nothing unless the test does. */
  to?: string
  status: string
  /** Epoch ms; the clock's instant unless the test says otherwise. */
  at?: number
  code?: number
  title?: string
}

export function metaEnvelope(value: Record<string, unknown>, field = 'messages'): Record<string, unknown> {
  return {
    object: 'whatsapp_business_account',
    entry: [{ id: '1000000000000001', changes: [{ field, value: { messaging_product: 'whatsapp', ...value } }] }],
  }
}

export function metaStatus({
  trackingId,
  reference,
  to,
  status,
  at = 0,
  code,
  title,
}: StatusCallback): Record<string, unknown> {
  return {
    id: trackingId ?? 'wamid.unknown',
    status,
    timestamp: String(Math.floor(at / 1000)),
    ...(to !== undefined && { recipient_id: to }),
    ...(reference !== undefined && { biz_opaque_callback_data: reference }),
    ...(code !== undefined && { errors: [{ code, title: title ?? 'title', error_data: { details: 'details' } }] }),
  }
}

/** Stores a callback without applying it. */
export async function storeCallback(test: TestApp, body: unknown, sender = 'main'): Promise<void> {
  const { id } = await test.ctx.db.read((tx) => getSender(tx, sender))
  const stored = test.app.receiver.store(id, JSON.stringify(body))
  await test.app.receiver.close()
  await stored
}

/** Everything that came, on a real clock: a callback that overtook its own message waits for a second. */
export async function applyAll(app: Pick<App | LoadedApp, 'ctx' | 'connections'>): Promise<void> {
  const { ctx } = app
  const connections = typeof app.connections === 'function' ? await app.connections() : app.connections
  for (let next = await applyEvents(ctx, connections); next !== null; next = await applyEvents(ctx, connections)) {
    if (next === true) continue
    if (next > ctx.clock.now() + 1_000) return
    await ctx.clock.wait(next)
  }
}

/** Applies every callback that is due. */
export async function applyDue(test: TestApp): Promise<void> {
  while ((await applyEvents(test.ctx, test.app.connections)) === true);
}

export async function applyStatus(test: TestApp, ...statuses: StatusCallback[]): Promise<void> {
  const now = test.clock.now()
  await storeCallback(test, metaEnvelope({ statuses: statuses.map((status) => metaStatus({ at: now, ...status })) }))
  await applyDue(test)
}

export async function applyInbound(test: TestApp, phone: string, text: string): Promise<void> {
  const from = phone.replace('+', '')
  const message = {
    from,
    id: `wamid.in.${from}.${text}`,
    timestamp: String(Math.floor(test.clock.now() / 1000)),
    type: 'text',
    text: { body: text },
  }
  await storeCallback(test, metaEnvelope({ messages: [message] }))
  await applyDue(test)
}

/** Messages in Meta's form, as they come from one person or several. */
export async function applyMessages(
  test: TestApp,
  messages: Record<string, unknown>[],
  beside: Record<string, unknown> = {},
): Promise<void> {
  const timestamp = String(Math.floor(test.clock.now() / 1000))
  await storeCallback(test, metaEnvelope({ ...beside, messages: messages.map((one) => ({ timestamp, ...one })) }))
  await applyDue(test)
}

export async function applyPreference(test: TestApp, phone: string, value: 'stop' | 'resume'): Promise<void> {
  const preference = {
    wa_id: phone.replace('+', ''),
    category: 'marketing_messages',
    value,
    detail: 'detail',
    timestamp: 1,
  }
  await storeCallback(test, metaEnvelope({ user_preferences: [preference] }, 'user_preferences'))
  await applyDue(test)
}

// Callbacks as long as providers may send them: a pass reads a few of them, a transaction applies a few items, and none is
// left.
import { expect, it } from 'vitest'
import { applyEvents, partsOf } from '../../../src/engine/track/apply-events.ts'
import type { WebhookItem } from '../../../src/providers/provider.ts'
import { metaEnvelope, metaStatus, storeCallback } from '../../support/callbacks.ts'
import { addMeta, openTestApp } from '../../support/open-test-app.ts'

it('F1: reads some megabytes of callbacks at a time, the first of them however long', async () => {
  const test = await openTestApp()
  await addMeta(test)
  for (let n = 0; n < 4; n++) {
    const status = metaStatus({ trackingId: `wamid.${n}`, status: 'delivered', at: test.clock.now() })
    await storeCallback(test, metaEnvelope({ statuses: [{ ...status, padding: 'x'.repeat(2_500_000) }] }))
  }
  const tried = () =>
    test.ctx.db.read((tx) => tx.all<{ tries: number }>('SELECT tries FROM webhook_events ORDER BY id'))
  expect(await applyEvents(test.ctx, test.app.connections)).toBe(true)
  expect((await tried()).map(({ tries }) => tries)).toEqual([1, 1, 0, 0])
  expect(await applyEvents(test.ctx, test.app.connections)).toBe(true)
  expect((await tried()).map(({ tries }) => tries)).toEqual([1, 1, 1, 1])
})

it('F1: applies a hundred statuses in a transaction, and a fifth as many of what writes more', () => {
  const status: WebhookItem = { kind: 'status', trackingId: 'x', status: 'sent', at: 0 } as never
  const inbound: WebhookItem = { kind: 'ignored', why: 'x' }
  const events = [
    { items: Array<WebhookItem>(250).fill(status) },
    { items: [] },
    { items: Array<WebhookItem>(45).fill(inbound) },
    ...Array.from({ length: 30 }, () => ({ items: [inbound] })),
  ]
  const groups = partsOf(events)
  const costOf = (items: readonly WebhookItem[]) =>
    items.length === 0 ? 1 : items.reduce((sum, { kind }) => sum + (kind === 'status' ? 1 : 5), 0)
  for (const group of groups) {
    const cost = group.reduce((sum, { items }) => sum + costOf(items), 0)
    expect(cost).toBeGreaterThan(0)
    expect(cost).toBeLessThan(105)
  }
  const parts = groups.flat()
  expect(parts.flatMap(({ items }) => items)).toEqual(events.flatMap(({ items }) => items))
  expect(parts.filter(({ isLast }) => isLast).map(({ open }) => open)).toEqual(events)
})

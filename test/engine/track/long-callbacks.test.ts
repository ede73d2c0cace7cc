// Callbacks as long as providers may send them: a pass reads a few of them, and none is left.
import { expect, it } from 'vitest'
import { applyEvents } from '../../../src/engine/track/apply-events.ts'
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

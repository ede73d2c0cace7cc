// kill -9 while messages are on the wire, at several points of one campaign: nobody gets a message twice, nobody is
// forgotten, and what nobody can know is called unknown until the provider's callbacks tell.
import { describe, expect, it } from 'vitest'
import { launchByOperator } from '../../src/engine/campaigns/launch.ts'
import { showUnknown } from '../../src/engine/report/unknown.ts'
import { showSender } from '../../src/engine/senders/senders.ts'
import { expectDelivered } from './delivery-proof.ts'
import { appSecret, emulatedMeta, preparedFolder, withApp } from './emulated-meta.ts'
import { becameTrue, herald, lookInto } from './herald-process.ts'

const PEOPLE = 160
const RATE = 200
/** One claim of 50 ms, and what the window lets onto the wire. */
const AT_ONCE = 10 + 80

describe('killed while sending', () => {
  it('sends the rest after every kill, nobody twice, and names what is in doubt', async () => {
    const meta = await emulatedMeta({ latencyMs: 30 })
    const dir = await preparedFolder(meta, { people: PEOPLE, ratePerSecond: RATE })
    const points = [1, 30, 80]
    for (const point of points) {
      const running = herald(dir, 'run', 'Spring sale')
      await Promise.race([meta.asked(point), running.ended()])
      await running.kill9()
    }
    expect(await herald(dir, 'run', 'Spring sale').ended()).toBe(0)
    const { accepted = 0, unknown = 0, ...others } = await expectDelivered(dir, meta, PEOPLE)
    expect(others).toEqual({})
    expect(accepted + unknown).toBe(PEOPLE)
    expect(unknown).toBeGreaterThan(0)
    expect(unknown).toBeLessThanOrEqual(points.length * AT_ONCE)
    const listed = await withApp(dir, ({ ctx }) => showUnknown(ctx, undefined, { limit: 1000 }))
    expect(listed.map((one) => one.reason)).toEqual(Array.from({ length: unknown }, () => 'node_lost'))
  })

  it('settles what is in doubt by the callbacks that come after the restart', async () => {
    const meta = await emulatedMeta({ latencyMs: 30, statusDelayMs: 20 })
    const dir = await preparedFolder(meta, { people: PEOPLE, ratePerSecond: RATE })
    // Nobody takes the callbacks while nobody listens: the provider repeats them.
    meta.emulator.setWebhooks({ url: 'http://127.0.0.1:9/webhooks/main/nobody', appSecret, retryDelayMs: 200 })
    await withApp(dir, ({ ctx }) => launchByOperator(ctx, 'Spring sale'))
    const first = herald(dir, 'start', '--port', '0')
    await meta.asked(50)
    await first.kill9()
    const second = herald(dir, 'start', '--port', '0')
    const { url } = await second.answered()
    const { webhookUrl } = await withApp(dir, ({ ctx }) => showSender(ctx, 'main'))
    meta.emulator.setWebhooks({ url: `${url}${new URL(webhookUrl).pathname}`, appSecret, retryDelayMs: 200 })
    const db = lookInto(dir)
    const open = db.prepare(`SELECT count(*) FROM runs WHERE status <> 'finished'`).pluck()
    await becameTrue(dir, () => open.get() === 0)
    await meta.emulator.settled()
    const left = db.prepare('SELECT count(*) FROM webhook_events WHERE next_try_at IS NOT NULL').pluck()
    await becameTrue(dir, () => left.get() === 0)
    expect(await second.stop()).toBe(0)
    const { delivered = 0, read = 0, unknown = 0 } = await expectDelivered(dir, meta, PEOPLE)
    expect(delivered + read).toBe(meta.sends().filter((entry) => entry.verdict === 'accepted').length)
    expect(delivered + read + unknown).toBe(PEOPLE)
  })

  it('ends and records its calls when it is asked to stop, so that nothing is in doubt', async () => {
    const meta = await emulatedMeta({ latencyMs: 100 })
    const dir = await preparedFolder(meta, { people: 60, ratePerSecond: RATE })
    const running = herald(dir, 'run', 'Spring sale')
    await meta.asked(20)
    expect(await running.stop()).toBe(130)
    const stopped = await expectDelivered(dir, meta, 60)
    const sent = meta.sends().length
    // On a slow machine everybody may have been sent to by then.
    expect(stopped).toEqual({ accepted: sent, ...(sent < 60 && { pending: 60 - sent }) })
    expect(await herald(dir, 'run', 'Spring sale').ended()).toBe(0)
    expect(await expectDelivered(dir, meta, 60)).toEqual({ accepted: 60 })
  })
})

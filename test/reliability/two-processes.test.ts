// Two services and the command line at work on one file: they share the work, and together they keep what one alone
// would keep.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { launchByOperator } from '../../src/engine/campaigns/launch.ts'
import { pauseByOperator, resumeByOperator } from '../../src/engine/campaigns/lifecycle.ts'
import { addSuppression } from '../../src/engine/contacts/suppressions.ts'
import { importCsv } from '../../src/engine/import/import-csv.ts'
import { acceptedPhones, expectDelivered, mostArrivedInASecond, mostInASecond } from './delivery-proof.ts'
import { emulatedMeta, manyPhones, preparedFolder, withApp } from './emulated-meta.ts'
import { becameTrue, herald, lookInto } from './herald-process.ts'

const PEOPLE = 250
const RATE = 100

it('two services start one run, send each message once and hold one rate', async () => {
  const meta = await emulatedMeta({ latencyMs: 40 })
  const dir = await preparedFolder(meta, { people: PEOPLE, ratePerSecond: RATE })
  const services = [herald(dir, 'start', '--port', '0'), herald(dir, 'start', '--port', '0')]
  await Promise.all(services.map((service) => service.answered()))
  const suppressed = manyPhones(PEOPLE).at(-1) ?? ''
  await withApp(dir, async ({ ctx }) => {
    await launchByOperator(ctx, 'Spring sale')
    await meta.asked(30)
    // The command line is a third process at work meanwhile.
    await addSuppression(ctx, suppressed)
    const paused = await pauseByOperator(ctx, 'Spring sale')
    const asked = meta.sends().length
    const more = join(dir, 'more.csv')
    writeFileSync(more, 'phone\n+442079460000\n')
    await importCsv(ctx, { path: more, list: 'other' })
    expect(meta.sends().length).toBeLessThanOrEqual(asked + paused.onTheWire)
    await resumeByOperator(ctx, 'Spring sale')
  })
  const db = lookInto(dir)
  const open = db.prepare(`SELECT count(*) FROM runs WHERE status <> 'finished'`).pluck()
  await becameTrue(dir, () => open.get() === 0)
  expect(await Promise.all(services.map((service) => service.stop()))).toEqual([0, 0])

  expect(await expectDelivered(dir, meta, PEOPLE)).toEqual({ accepted: PEOPLE - 1, skipped: 1 })
  expect(acceptedPhones(meta)).not.toContain(suppressed)
  expect(db.prepare('SELECT count(*) FROM runs').pluck().get()).toBe(1)
  expect(mostInASecond(dir)).toBeLessThanOrEqual(RATE)
  expect(mostArrivedInASecond(meta)).toBeLessThanOrEqual(RATE)
})

it('a service that dies leaves its share to the other, and its calls in doubt', async () => {
  const meta = await emulatedMeta({ latencyMs: 60 })
  const dir = await preparedFolder(meta, { people: 150, ratePerSecond: RATE })
  const [dying, staying] = [herald(dir, 'start', '--port', '0'), herald(dir, 'start', '--port', '0')]
  await Promise.all([dying.answered(), staying.answered()])
  await withApp(dir, ({ ctx }) => launchByOperator(ctx, 'Spring sale'))
  await meta.asked(40)
  await dying.kill9()
  const db = lookInto(dir)
  const open = db.prepare(`SELECT count(*) FROM runs WHERE status <> 'finished'`).pluck()
  await becameTrue(dir, () => open.get() === 0)
  expect(await staying.stop()).toBe(0)
  const { accepted = 0, unknown = 0, ...others } = await expectDelivered(dir, meta, 150)
  expect([accepted + unknown, others]).toEqual([150, {}])
  expect(unknown).toBeLessThanOrEqual(64)
})

// Two copies of one database at work: somebody copied the folder of a service that runs, and started another one on the copy. The
// provider's ledger decides whether anybody got a message twice.
import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { launchByOperator } from '../../src/engine/campaigns/launch.ts'
import { acceptedPhones } from '../reliability/delivery-proof.ts'
import { emulatedMeta, preparedFolder, withApp } from '../reliability/emulated-meta.ts'
import { herald as heraldProcess } from '../reliability/herald-process.ts'
import { herald } from '../support/cli.ts'
import { tempDir } from '../support/open-test-app.ts'

const PEOPLE = 200

it('H6: of two copies that run, only the one that was used last sends', { timeout: 180_000 }, async () => {
  const meta = await emulatedMeta({ latencyMs: 20 })
  const dir = await preparedFolder(meta, { people: PEOPLE, ratePerSecond: 40 })
  await withApp(dir, ({ ctx }) => launchByOperator(ctx, 'Spring sale'))
  const first = heraldProcess(dir, 'start', '--port', '0')
  await first.answered()
  await meta.asked(20)
  await first.stop()
  const copied = join(tempDir(), 'copy')
  cpSync(dir, copied, { recursive: true })

  const again = heraldProcess(dir, 'start', '--port', '0')
  const second = heraldProcess(copied, 'start', '--port', '0')
  await Promise.all([again.answered(), second.answered()])
  await meta.asked(PEOPLE)
  const refused = await herald({ dir: copied, dbPath: join(copied, 'herald.db') }, '--json', 'run', 'Spring sale')
  expect([refused.exitCode, refused.json.error?.code]).toEqual([5, 'db.held'])
  expect(await again.stop()).toBe(0)
  expect(await second.stop()).toBe(0)
  const accepted = acceptedPhones(meta)
  expect(new Set(accepted).size).toBe(accepted.length)
  expect(accepted.length).toBe(PEOPLE)
})

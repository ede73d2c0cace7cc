// What is asked of a provider beside the messages waits in a line of the sender's own, at the rate that it has.
import { expect, it } from 'vitest'
import { pacedDriver } from '../../../src/engine/senders/paced-driver.ts'
import type { Driver } from '../../../src/providers/provider.ts'

it('H18: follows a changed rate', async () => {
  const answers = { markRead: async () => ({ ok: true, value: undefined }) }
  const { driver, follow } = pacedDriver(answers as unknown as Driver, 1)
  follow(1_000)
  // At the pace of before it would be 50 s.
  await Promise.all(Array.from({ length: 200 }, () => driver.markRead?.('a message')))
  follow(1_000)
  expect(driver.lookUp).toBeUndefined()
})

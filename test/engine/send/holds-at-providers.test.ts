// A throttled answer among calls that are on the wire, at every provider: what it asks for holds until it is over, however many
// older calls are answered after it.
import { expect, it, onTestFinished } from 'vitest'
import type { SendResult } from '../../../src/domain/send-result.ts'
import { startEmulator } from '../../../src/emulator/emulator.ts'
import { addSender } from '../../../src/engine/senders/senders.ts'
import { getSenderBrake } from '../../../src/store/senders.ts'
import { outgoing } from '../../providers/connected.ts'
import { claim, launchAndPlan, record, storedMessages } from '../../support/claims.ts'
import { addTestCampaign, importPeople, openTestApp } from '../../support/open-test-app.ts'
import { accounts } from '../../support/provider-accounts.ts'

const ON_THE_WIRE = 12
const aiAccount = { ...accounts.zixflow, api: 'ai', workspaceId: 'workspace-1' }

const senders = [
  ['meta', accounts.meta],
  ['bird', accounts.bird],
  ['onemsg', accounts.onemsg],
  ['routee', accounts.routee],
  ['zixflow', accounts.zixflow],
  ['zixflow', aiAccount],
] as const

it.each(senders)('V1: keeps a hold of %s that older answers follow', async (provider, credentials) => {
  const test = await openTestApp()
  const emulator = await startEmulator({
    dialects: [provider],
    latencyMs: 20,
    script: [{ match: { nth: 3 }, phase: 'before', action: { type: 'throttle', retryAfter: 5 } }],
  })
  onTestFinished(() => emulator[Symbol.asyncDispose]())
  await addSender(test.ctx, {
    name: 'main',
    provider,
    baseUrl: emulator.baseUrl(provider),
    ratePerSecond: 1_000,
    pairIntervalSeconds: 0,
    credentials,
  })
  await importPeople(test, 2 * ON_THE_WIRE)
  await addTestCampaign(test, { session: 'assume' })
  await launchAndPlan(test, 'Spring sale')
  const { claimed } = await claim(test, { room: ON_THE_WIRE })
  const { driver } = await test.app.connections.getByName('main')
  const expiresAt = test.clock.now() + 3_600_000
  const answers = await Promise.all(
    claimed.map(async (message) => ({
      message,
      result: await driver.send(outgoing({ to: message.phone, expiresAt })),
    })),
  )
  const isThrottled = ({ result }: { result: SendResult }) => result.kind === 'throttled'
  expect(answers.filter(isThrottled)).toMatchObject([{ result: { kind: 'throttled', retryAfterMs: 5_000 } }])
  const [first, ...older] = [...answers].sort((a, b) => Number(isThrottled(b)) - Number(isThrottled(a)))
  if (first === undefined) throw new Error('nothing was claimed')
  await record(test, [first.message], () => first.result)
  const until = test.clock.now() + 5_000
  for (const { message, result } of older) {
    test.clock.advance(100)
    await record(test, [message], () => result)
    expect(await test.ctx.db.read((tx) => getSenderBrake(tx, 1))).toMatchObject({ holdUntil: until, throttles: 1 })
    expect(await claim(test)).toMatchObject({ claimed: [], gate: 'hold', nextLookAt: until })
  }
  const statuses = (await storedMessages(test)).map(({ status }) => status)
  expect(statuses.filter((status) => status === 'accepted')).toHaveLength(older.length)
  // One call asks whether it is over; its answer ends the hold.
  test.clock.set(until)
  const probe = (await claim(test, { nodeId: 1 })).claimed
  expect(probe).toHaveLength(1)
  await record(test, probe, () => older[0]?.result ?? first.result)
  expect(await test.ctx.db.read((tx) => getSenderBrake(tx, 1))).toMatchObject({ holdUntil: null, throttles: 0 })
})

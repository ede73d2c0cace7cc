// Work for one at a time: what fails waits, less and less often, and says so; the others go on.
import { expect, it } from 'vitest'
import { AppError } from '../../../src/domain/errors.ts'
import { eachAlone } from '../../../src/engine/duties/each-alone.ts'
import { showTroubles } from '../../../src/engine/duties/show-troubles.ts'
import { openTestApp, type TestApp } from '../../support/open-test-app.ts'

async function setup() {
  const test = await openTestApp()
  const logged: unknown[] = []
  const ctx = {
    ...test.ctx,
    log: Object.assign(test.ctx.log, { error: (_: unknown, text: string) => logged.push(text) }),
  }
  await ctx.node.id()
  const done: number[] = []
  const tried: number[] = []
  let failing: Record<number, Error> = {}
  const pass = (items = [1, 2, 3]) =>
    eachAlone(ctx, { work: 'sending', items, idOf: (id) => id, isAll: true }, async (id) => {
      tried.push(id)
      const error = failing[id]
      if (error !== undefined) throw error
      done.push(id)
      return true
    })
  const fail = (errors: Record<number, Error>) => {
    failing = errors
  }
  return { test, ctx, pass, fail, done, tried, logged }
}

const troublesOf = async ({ ctx }: TestApp) => (await showTroubles(ctx)).map(({ id, message }) => `${id}: ${message}`)
const lost = new AppError('config.secret_missing', 'the secret is missing', { hint: 'Set it.' })

it('H5: goes on with the others, and shows what fails with what to do', async () => {
  const { test, pass, fail, done } = await setup()
  fail({ 2: lost })
  expect(await pass()).toBe(true)
  expect(done).toEqual([1, 3])
  expect(await showTroubles(test.ctx)).toEqual([
    {
      work: 'sending',
      id: 'snd_2',
      code: 'config.secret_missing',
      message: 'the secret is missing',
      hint: 'Set it.',
      since: '2027-06-01T10:00:00Z',
      nextTryAt: '2027-06-01T10:00:01Z',
    },
  ])
})

it('H5: waits twice as long after each failure, at most five minutes, and keeps since when it fails', async () => {
  const { test, pass, fail, tried } = await setup()
  fail({ 2: lost })
  const waits: number[] = []
  for (let last = test.clock.now(), n = 0; n < 11; n++) {
    while (tried.filter((id) => id === 2).length <= n) {
      await pass([2])
      test.clock.advance(500)
      // The heartbeat has its turn too: a process without one would go on under a new id.
      await test.ctx.node.beat()
    }
    waits.push(Math.round((test.clock.now() - last) / 1000))
    last = test.clock.now()
  }
  expect(waits.slice(1)).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 300])
  expect((await showTroubles(test.ctx))[0]?.since).toBe('2027-06-01T10:00:00Z')
})

it('H5: logs a failure once until it is another one', async () => {
  const { test, pass, fail, logged } = await setup()
  fail({ 2: lost })
  for (const waitMs of [1_000, 2_000, 4_000]) {
    await pass()
    test.clock.advance(waitMs)
  }
  expect(logged).toHaveLength(1)
  fail({ 2: new Error('another one') })
  await pass()
  expect(logged).toHaveLength(2)
})

it('H5: forgets what works again, and what has nothing left to do', async () => {
  const { test, pass, fail } = await setup()
  fail({ 1: lost, 2: lost })
  await pass()
  expect(await troublesOf(test)).toHaveLength(2)
  fail({})
  await pass()
  expect(await troublesOf(test)).toHaveLength(2)
  test.clock.advance(1_000)
  await pass([1])
  expect(await troublesOf(test)).toEqual([])
})

it('H5: keeps the words of a fault for the log', async () => {
  const { test, pass, fail } = await setup()
  fail({ 1: new Error('no such column: phone_of_ann') })
  await pass()
  expect(await troublesOf(test)).toEqual(['snd_1: an unexpected error; the log of Herald has it'])
})

it('takes trouble of the storage for everybody’s', async () => {
  const { test, pass, fail } = await setup()
  fail({ 1: new AppError('db.full', 'the disk is full') })
  await expect(pass()).rejects.toMatchObject({ code: 'db.full' })
  expect(await troublesOf(test)).toEqual([])
})

it('tries again at once what a wrong clock put off for a year', async () => {
  const { test, pass, fail, done } = await setup()
  fail({ 1: lost })
  await pass([1])
  await test.ctx.db.write((tx) => tx.run('UPDATE troubles SET next_try_at = next_try_at + 31536000000'))
  fail({})
  await pass([1])
  expect(done).toEqual([1])
})

it('lets another node try by itself', async () => {
  const { test, pass, fail } = await setup()
  fail({ 1: lost })
  await pass([1])
  const other = await openTestApp({ dir: test.dir, clock: test.clock })
  await other.ctx.node.id()
  const items = { work: 'sending', items: [1], idOf: (id: number) => id, isAll: true } as const
  expect(await eachAlone(other.ctx, items, async () => true)).toBe(true)
  expect(await troublesOf(test)).toHaveLength(1)
})

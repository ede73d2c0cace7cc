// A background chore: one pass after another, no error ends it, and it stops when it is asked.
import { describe, expect, it, onTestFinished } from 'vitest'
import { createLog, type Log } from '../../src/runtime/log.ts'
import { Loop } from '../../src/runtime/loop.ts'
import { FakeClock, turn } from '../support/fake-clock.ts'

interface Chore {
  loop: Loop
  clock: FakeClock
  passes: number[]
  errors: unknown[]
}

function chore(runOnce: (pass: number, clock: FakeClock) => Promise<boolean | number> | boolean | number): Chore {
  const clock = new FakeClock(0)
  const passes: number[] = []
  const errors: unknown[] = []
  const log: Log = Object.assign(createLog({ level: 'silent' }), { error: (fields: unknown) => errors.push(fields) })
  const loop = new Loop({
    name: 'chore',
    clock,
    log,
    idleMs: 500,
    runOnce: async () => {
      passes.push(clock.now())
      return runOnce(passes.length, clock)
    },
  })
  onTestFinished(() => loop.stop())
  return { loop, clock, passes, errors }
}

async function turns(count: number): Promise<void> {
  for (let n = 0; n < count; n++) await turn()
}

describe('a loop', () => {
  it('does nothing before it is started', async () => {
    const { passes } = chore(() => false)
    await turns(3)
    expect(passes).toEqual([])
  })

  it('rests after a pass that found nothing', async () => {
    const { loop, clock, passes } = chore(() => false)
    loop.start()
    await turns(5)
    expect(passes).toEqual([0])
    clock.advance(499)
    await turns(5)
    expect(passes).toEqual([0])
    clock.advance(1)
    await turns(5)
    expect(passes).toEqual([0, 500])
  })

  it('goes on at once while there is more to do', async () => {
    const { loop, passes } = chore((pass) => pass < 4)
    loop.start()
    await turns(20)
    expect(passes).toEqual([0, 0, 0, 0])
  })

  it('looks again at the instant that a pass names', async () => {
    const { loop, clock, passes } = chore((pass) => (pass === 1 ? 90 : false))
    loop.start()
    await turns(5)
    clock.set(90)
    await turns(5)
    expect(passes).toEqual([0, 90])
  })

  it('is woken out of its rest', async () => {
    const { loop, passes } = chore(() => false)
    loop.start()
    await turns(5)
    loop.wake()
    await turns(5)
    expect(passes).toEqual([0, 0])
  })

  it('house 10: remembers a wake that comes while a pass is at work', async () => {
    let finish = (_: boolean) => {}
    const { loop, passes } = chore((pass) => (pass > 1 ? false : new Promise<boolean>((resolve) => (finish = resolve))))
    loop.start()
    await turns(2)
    loop.wake()
    finish(false)
    await turns(5)
    expect(passes).toEqual([0, 0])
  })

  it('rests after an error, however often it is woken', async () => {
    const { loop, clock, passes } = chore(() => {
      throw new Error('disk')
    })
    loop.start()
    await turns(2)
    loop.wake()
    await turns(5)
    expect(passes).toEqual([0])
    clock.advance(1000)
    await turns(5)
    expect(passes).toEqual([0, 1000])
  })

  it('logs an error once and goes on a second later', async () => {
    const { loop, clock, passes, errors } = chore((pass) => {
      if (pass === 1) throw new Error('disk')
      return false
    })
    loop.start()
    await turns(5)
    expect(errors).toHaveLength(1)
    clock.advance(999)
    await turns(5)
    expect(passes).toEqual([0])
    clock.advance(1)
    await turns(5)
    expect(passes).toEqual([0, 1000])
    expect(errors).toHaveLength(1)
  })

  it('lets the pass at work end when it is stopped, and starts no other', async () => {
    let finish = (_: boolean) => {}
    const { loop, passes } = chore(() => new Promise<boolean>((resolve) => (finish = resolve)))
    loop.start()
    await turns(2)
    const stopped = loop.stop()
    finish(true)
    await stopped
    await turns(5)
    expect(passes).toHaveLength(1)
  })

  it('may be stopped twice, stopped before it was started, and started again', async () => {
    const { loop, passes } = chore(() => false)
    await loop.stop()
    loop.start()
    loop.start()
    await turns(3)
    await loop.stop()
    await loop.stop()
    loop.start()
    await turns(3)
    expect(passes).toHaveLength(2)
  })
})

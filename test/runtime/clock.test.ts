// Time as the program sees it: it never goes back, whatever the wall does, and follows it forward.
import { afterEach, describe, expect, it, vi } from 'vitest'
import { SystemClock } from '../../src/runtime/clock.ts'

const START = Date.parse('2027-06-01T10:00:00Z')

/** The wall and the monotonic clock, set by the test. */
function setClocks(): { wall: number; monotonic: number } {
  const time = { wall: START, monotonic: 1_000 }
  vi.spyOn(Date, 'now').mockImplementation(() => time.wall)
  vi.spyOn(performance, 'now').mockImplementation(() => time.monotonic)
  return time
}

afterEach(() => {
  vi.restoreAllMocks()
})

describe('the clock', () => {
  it('shows the wall clock', () => {
    setClocks()
    const clock = new SystemClock()
    expect(clock.now()).toBe(START)
    expect(clock.nowUs()).toBe(START * 1000)
  })

  it('goes on at its own pace when the wall is set back, until the wall has caught up', () => {
    const time = setClocks()
    const clock = new SystemClock()
    clock.now()
    time.wall -= 3_600_000
    time.monotonic += 5_000
    expect(clock.now()).toBe(START + 5_000)
    time.wall += 3_600_000
    time.monotonic += 10_000
    expect(clock.now()).toBe(START + 15_000)
    time.wall = START + 20_000
    expect(clock.now()).toBe(START + 20_000)
  })

  it('never goes back, whatever the wall does', () => {
    const time = setClocks()
    const clock = new SystemClock()
    let last = clock.nowUs()
    for (const jump of [
      -7_200_000, -1_000, 1_000, 120_000, 7_200_000, -86_400_000, 315_360_000_000, -315_360_000_000,
    ]) {
      time.wall += jump
      time.monotonic += 3
      const now = clock.nowUs()
      expect(now).toBeGreaterThanOrEqual(last + 3_000)
      last = now
    }
  })

  it('follows the wall when it jumps forward, and lets others tell by the monotonic clock', () => {
    const time = setClocks()
    const clock = new SystemClock()
    const before = [clock.now(), clock.monotonic()] as const
    time.wall += 600_000
    time.monotonic += 10
    expect(clock.now() - before[0]).toBe(600_000)
    expect(clock.monotonic() - before[1]).toBe(10)
  })

  it('waits no longer than until an instant', async () => {
    const clock = new SystemClock()
    const until = clock.now() + 15
    await clock.wait(until)
    expect(clock.now()).toBeGreaterThanOrEqual(until)
  })

  it('does not wait for an instant that has passed', async () => {
    const clock = new SystemClock()
    await clock.wait(0)
    await clock.wait(clock.now())
  })

  it('stops waiting when it is told to', async () => {
    const clock = new SystemClock()
    const stop = new AbortController()
    const waiting = clock.wait(clock.now() + 3_600_000, stop.signal)
    stop.abort()
    await waiting
    await clock.wait(clock.now() + 3_600_000, stop.signal)
    expect(stop.signal.aborted).toBe(true)
  })
})

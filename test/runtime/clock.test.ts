// Time as the program sees it: it never goes back, it believes a jump forward when it has lasted, and after a step back
// it waits for the wall.
import { describe, expect, it } from 'vitest'
import { SystemClock } from '../../src/runtime/clock.ts'
import { fakeTime } from '../support/fake-clock.ts'

const START = Date.parse('2027-06-01T10:00:00Z')
const MINUTE = 60_000
const HOUR = 60 * MINUTE

describe('the clock', () => {
  it('shows the wall clock', () => {
    const clock = new SystemClock(fakeTime(START))
    expect([clock.now(), clock.nowUs(), clock.wall()]).toEqual([START, START * 1000, START])
  })

  it('counts microseconds within a millisecond of the wall', () => {
    const time = fakeTime(START)
    const clock = new SystemClock(time)
    time.monotonicMs += 0.25
    expect(clock.nowUs()).toBe(START * 1000 + 250)
    time.monotonicMs += 0.5
    expect(clock.nowUs()).toBe(START * 1000 + 750)
  })

  it('H7: takes no notice of a wall clock that is an hour ahead for 30 seconds and right again', () => {
    const time = fakeTime(START)
    const clock = new SystemClock(time)
    time.set(HOUR)
    for (let s = 0; s < 30; s++) {
      time.pass(1_000)
      expect(clock.now()).toBe(START + (s + 1) * 1_000)
    }
    time.set(-HOUR)
    time.pass(1_000)
    expect([clock.now(), clock.wall()]).toEqual([START + 31_000, START + 31_000])
    time.pass(2 * HOUR)
    expect(clock.now()).toBe(START + 2 * HOUR + 31_000)
  })

  it('H7: believes a jump forward when it has lasted for two minutes', () => {
    const time = fakeTime(START)
    const clock = new SystemClock(time)
    time.set(HOUR)
    clock.now()
    time.pass(2 * MINUTE - 1)
    expect(clock.now()).toBe(START + 2 * MINUTE - 1)
    time.pass(1)
    expect([clock.now(), clock.wall()]).toEqual([START + HOUR + 2 * MINUTE, START + HOUR + 2 * MINUTE])
  })

  it('H7: doubts anew when the wall jumps on while it is doubted', () => {
    const time = fakeTime(START)
    const clock = new SystemClock(time)
    for (let jumps = 0; jumps < 5; jumps++) {
      time.set(HOUR)
      clock.now()
      time.pass(MINUTE)
    }
    expect(clock.now()).toBe(START + 5 * MINUTE)
  })

  it('follows small steps forward at once', () => {
    const time = fakeTime(START)
    const clock = new SystemClock(time)
    time.set(2 * MINUTE)
    expect(clock.now()).toBe(START + 2 * MINUTE)
  })

  it('follows at once when the machine has slept, and knows that sleep from a later jump', () => {
    const time = fakeTime(START)
    const clock = new SystemClock(time)
    for (let naps = 0; naps < 90; naps++) {
      time.sleep(MINUTE)
      clock.now()
    }
    time.sleep(8 * HOUR)
    const awake = START + 90 * MINUTE + 8 * HOUR
    expect([clock.now(), clock.wall()]).toEqual([awake, awake])
    time.set(HOUR)
    expect(clock.now()).toBe(awake)
  })

  it('H7: goes at half speed after a step back until the wall has caught up, and the schedules follow the wall', () => {
    const time = fakeTime(START)
    const clock = new SystemClock(time)
    time.set(-HOUR)
    expect([clock.now(), clock.wall()]).toEqual([START, START - HOUR])
    for (let minutes = 0; minutes < 120; minutes++) {
      time.pass(MINUTE)
      clock.now()
    }
    expect([clock.now(), clock.wall()]).toEqual([START + HOUR, START + HOUR])
    time.pass(MINUTE)
    expect(clock.now()).toBe(START + HOUR + MINUTE)
  })

  it('H7: never goes back and never runs ahead of both, whatever the wall does', () => {
    const time = fakeTime(START)
    const clock = new SystemClock(time)
    const jumps = [-2 * HOUR, -1_000, 1_000, 2 * MINUTE, 2 * HOUR, -24 * HOUR, 315_360_000_000, -315_360_000_000]
    for (let n = 0, last = clock.nowUs(); n < 400; n++) {
      time.set(jumps[n % jumps.length] ?? 0)
      time.pass((n * 7919) % 40_000)
      const now = clock.nowUs()
      expect(now).toBeGreaterThanOrEqual(last)
      expect(now).toBeLessThanOrEqual(Math.max(time.wallMs * 1000, last + ((n * 7919) % 40_000) * 1000) + 1_000)
      last = now
    }
  })

  it.each(['monotonic', 'wall', 'uptime'] as const)(
    'H7: is never ahead of the wall after a stop of the process before or after a look at %s',
    (look) => {
      for (const stoppedMs of [60, 900, 20_000, 3 * HOUR])
        for (const isBefore of [true, false]) {
          const time = fakeTime(START)
          let isStopped = false
          const shown = time[look].bind(time)
          time[look] = () => {
            if (isStopped && isBefore) time.pass(stoppedMs)
            const value = shown()
            if (isStopped && !isBefore) time.pass(stoppedMs)
            isStopped = false
            return value
          }
          const clock = new SystemClock(time)
          isStopped = true
          for (let n = 0; n < 3; n++) {
            expect(clock.nowUs() / 1000).toBeLessThanOrEqual(time.wall())
            time.pass(10)
          }
          expect(clock.now()).toBe(time.wall())
        }
    },
  )

  it('H7: is known to be ahead of what all processes of the machine share, by every step and by no time that passes', () => {
    const time = fakeTime(START)
    const clock = new SystemClock(time)
    const before = clock.aheadOfBootUs()
    time.pass(5_000)
    expect(new SystemClock(time).aheadOfBootUs()).toBe(before)
    expect(clock.aheadOfBootUs()).toBe(before)
    time.set(MINUTE)
    expect(clock.aheadOfBootUs() - before).toBe(MINUTE * 1000)
    // It slows down after a step back.
    time.set(-MINUTE)
    time.pass(20_000)
    expect(clock.aheadOfBootUs() - before).toBe((MINUTE - 10_000) * 1000)
  })

  it('is known in the same way to two real clocks, unless the process was stopped while it made them', async () => {
    const apartUs = () => Math.abs(new SystemClock().aheadOfBootUs() - new SystemClock().aheadOfBootUs())
    await expect.poll(apartUs).toBeLessThan(2_000)
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

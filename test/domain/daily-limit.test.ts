// Unique people per rolling 24 hours of a sender.
import { describe, expect, it } from 'vitest'
import { dailyRoom, isCountedToday } from '../../src/domain/daily-limit.ts'
import { DAY_MS } from '../../src/domain/time-zone.ts'

const now = Date.UTC(2027, 5, 1, 10)

describe('the daily limit', () => {
  it('counts a person for exactly 24 hours', () => {
    expect(isCountedToday(now, now)).toBe(true)
    expect(isCountedToday(now - DAY_MS + 1, now)).toBe(true)
    expect(isCountedToday(now - DAY_MS, now)).toBe(false)
    expect(isCountedToday(null, now)).toBe(false)
  })

  it('has room for what is left of it, and always room where there is none', () => {
    expect(dailyRoom(1000, 999)).toBe(1)
    expect(dailyRoom(1000, 1000)).toBe(0)
    expect(dailyRoom(250, 1000)).toBe(0)
    expect(dailyRoom(null, 1e9)).toBe(Number.POSITIVE_INFINITY)
  })
})

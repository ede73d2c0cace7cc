// The installation's quiet hours and frequency caps.
import { describe, expect, it } from 'vitest'
import { defaultLimits, limitsSchema, quietHoursOf, readLimits } from '../../src/domain/limits.ts'

describe('the limits', () => {
  it('are a quiet night and one marketing message a day until somebody sets them', () => {
    expect(readLimits(undefined)).toBe(defaultLimits)
    expect(quietHoursOf(defaultLimits)).toMatchObject({ fromMinute: 21 * 60, toMinute: 8 * 60, action: 'defer' })
    expect(defaultLimits.caps).toMatchObject([{ id: 'daily', max: 1, window: '24h', onCap: 'defer', isEnabled: true }])
  })

  it('may have no quiet hours and no caps', () => {
    const none = readLimits({ quietHours: null, caps: [] })
    expect(quietHoursOf(none)).toBeNull()
    expect(none.caps).toEqual([])
  })

  it('have ten caps at most and no other keys', () => {
    const cap = { id: 'a', max: 1, window: '24h' }
    expect(limitsSchema.safeParse({ quietHours: null, caps: Array(10).fill(cap) }).success).toBe(true)
    expect(limitsSchema.safeParse({ quietHours: null, caps: Array(11).fill(cap) }).success).toBe(false)
    expect(limitsSchema.safeParse({ quietHours: null, caps: [], cap: [] }).success).toBe(false)
  })

  it('are read as they were stored', () => {
    expect(readLimits(JSON.parse(JSON.stringify(defaultLimits)))).toEqual(defaultLimits)
  })
})

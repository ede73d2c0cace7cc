// Dates and times as people write them: read exactly, or refused with the reason.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { AppError } from '../../src/domain/errors.ts'
import {
  checkTimeZone,
  formatInstant,
  formatLocal,
  parseWrittenTime,
  resolveWrittenTime,
} from '../../src/domain/instant.ts'

function refusal(read: () => unknown): AppError {
  try {
    read()
  } catch (error) {
    if (error instanceof AppError) return error
    throw error
  }
  throw new Error('was not refused')
}

describe('a written time', () => {
  it.each([
    ['2026-12-01', 'Europe/Berlin', '2026-11-30T23:00:00Z'],
    ['2026-12-01T09:00', 'Europe/Berlin', '2026-12-01T08:00:00Z'],
    ['2026-12-01 09:00', 'Europe/Berlin', '2026-12-01T08:00:00Z'],
    ['2026-12-01T09:00:30', 'Asia/Kolkata', '2026-12-01T03:30:30Z'],
    ['2026-12-01T09:00:30.5', 'UTC', '2026-12-01T09:00:30.500Z'],
    ['2026-12-01T09:00:30.1239', 'UTC', '2026-12-01T09:00:30.123Z'],
    ['2026-12-01T09:00Z', 'Europe/Berlin', '2026-12-01T09:00:00Z'],
    ['2026-12-01T09:00z', undefined, '2026-12-01T09:00:00Z'],
    ['2026-12-01T09:00+05:30', 'Europe/Berlin', '2026-12-01T03:30:00Z'],
    ['2026-12-01T09:00-0330', undefined, '2026-12-01T12:30:00Z'],
    ['  2026-12-01T09:00Z  ', undefined, '2026-12-01T09:00:00Z'],
    ['2028-02-29', 'UTC', '2028-02-29T00:00:00Z'],
  ])('%s in %s is %s', (text, zone, at) => {
    expect(formatInstant(resolveWrittenTime(text, zone).at)).toBe(at)
    expect(resolveWrittenTime(text, zone).warning).toBeUndefined()
  })

  it('HZ-13 without offset and without zone is refused', () => {
    expect(refusal(() => resolveWrittenTime('2026-12-01T09:00', undefined)).code).toBe('date.zone_missing')
  })

  it('DS-09 in a gap is refused with the times beside it', () => {
    const error = refusal(() => resolveWrittenTime('2027-03-28T02:30', 'Europe/Berlin'))
    expect(error.code).toBe('date.nonexistent_local_time')
    expect(error.details).toEqual({ before: '2027-03-28T01:59', after: '2027-03-28T03:00' })
    expect(error.hint).toContain('2027-03-28T01:59')
    expect(error.hint).toContain('2027-03-28T03:00')
  })

  it('DS-10 that comes twice takes the first pass and names the second', () => {
    const { at, warning } = resolveWrittenTime('2027-10-31T02:30', 'Europe/Berlin')
    expect(formatInstant(at)).toBe('2027-10-31T00:30:00Z')
    expect(warning).toContain('2027-10-31T01:30:00Z')
  })

  it.each([
    [121, '2026-02-30', 'date.invalid'],
    [121, '2026-13-01', 'date.invalid'],
    [121, '2026-1-1', 'date.invalid'],
    [121, '26-01-01', 'date.invalid'],
    [121, '2026-02-29', 'date.invalid'],
    [121, '2026-04-31T09:00', 'date.invalid'],
    [121, '2026-12-01T24:00', 'date.invalid'],
    [121, '2026-12-01T09:60', 'date.invalid'],
    [121, '2026-12-01T9:00', 'date.invalid'],
    [121, '2026-12-01T09:00+15:00', 'date.invalid'],
    [121, '2026-12-01T09:00+05:99', 'date.invalid'],
    [121, '2026-00-10', 'date.invalid'],
    [121, '2026-01-00', 'date.invalid'],
    [121, '', 'date.invalid'],
    [122, '2026-03-29T02:30', 'date.nonexistent_local_time'],
    [125, '2026-12-31T23:59:60Z', 'date.leap_second'],
    [126, 'tomorrow', 'date.ambiguous'],
    [126, 'next friday', 'date.ambiguous'],
    [126, '12/11/2026', 'date.ambiguous'],
    [126, '12.11.2026', 'date.ambiguous'],
    [126, '12-11-2026', 'date.ambiguous'],
    [126, '03/04/05', 'date.ambiguous'],
    [126, 'Dec 1, 2026', 'date.ambiguous'],
    [127, '0000-01-01', 'date.out_of_range'],
    [127, '1969-12-31', 'date.out_of_range'],
    [127, '1999-12-31', 'date.out_of_range'],
    [127, '9999-01-01', 'date.out_of_range'],
    [127, '275760-09-13', 'date.out_of_range'],
    [127, '+275760-09-13T00:00:00.000Z', 'date.out_of_range'],
    [127, '-271821-04-20', 'date.out_of_range'],
    [127, '1700000000', 'date.out_of_range'],
    [127, '1700000000000000', 'date.out_of_range'],
  ])('bad input %i: %j is refused as %s', (_row, text, code) => {
    expect(refusal(() => resolveWrittenTime(text, 'Europe/Berlin')).code).toBe(code)
  })

  it('bad input 123: that comes twice is accepted with a warning, and exact with its offset', () => {
    expect(resolveWrittenTime('2026-10-25T02:30', 'Europe/Berlin').warning).toContain('twice')
    expect(resolveWrittenTime('2026-10-25T02:30+01:00', 'Europe/Berlin')).toEqual({
      at: Date.parse('2026-10-25T01:30:00Z'),
    })
  })

  it('bad input 125: of a leap second is offered the second before', () => {
    expect(refusal(() => parseWrittenTime('2026-12-31T23:59:60Z')).hint).toContain('2026-12-31T23:59:59Z')
  })

  it('is an instant or a refusal, whatever is written', () => {
    const text = fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom(...'0123456789-:TZ+./ ae'), maxLength: 30 }))
    fc.assert(
      fc.property(text, (written) => {
        try {
          expect(Number.isInteger(parseWrittenTime(written).local)).toBe(true)
        } catch (error) {
          expect(error).toBeInstanceOf(AppError)
          expect((error as AppError).code).toMatch(/^date\./)
        }
      }),
      { numRuns: 1000 },
    )
  })

  it('reads back every instant and every local time that is shown', () => {
    const instant = fc.integer({ min: Date.UTC(2000, 0, 1), max: Date.UTC(2100, 11, 31) })
    fc.assert(
      fc.property(instant, (at) => {
        expect(parseWrittenTime(formatInstant(at))).toEqual({ local: at, at })
        expect(parseWrittenTime(formatLocal(at))).toEqual({ local: at, at: undefined })
      }),
    )
  })
})

describe('an instant that is shown', () => {
  it('has no needless zeros', () => {
    expect(formatInstant(Date.UTC(2026, 10, 1, 1, 30))).toBe('2026-11-01T01:30:00Z')
    expect(formatInstant(Date.UTC(2026, 10, 1, 1, 30, 0, 7))).toBe('2026-11-01T01:30:00.007Z')
    expect(formatLocal(Date.UTC(2026, 10, 1, 1, 30))).toBe('2026-11-01T01:30')
    expect(formatLocal(Date.UTC(2026, 10, 1, 1, 30, 15))).toBe('2026-11-01T01:30:15')
    expect(formatLocal(Date.UTC(2026, 10, 1, 1, 30, 0, 7))).toBe('2026-11-01T01:30:00.007')
  })
})

describe('a zone that is named', () => {
  it('is refused when the runtime does not know it', () => {
    expect(checkTimeZone('Europe/Berlin')).toBe('Europe/Berlin')
    const error = refusal(() => checkTimeZone('Mars/Phobos'))
    expect(error.code).toBe('zone.unknown')
    expect(error.message).toContain('time zone "Mars/Phobos"')
    expect(refusal(() => checkTimeZone('x'.repeat(10_000))).message.length).toBeLessThan(200)
  })
})

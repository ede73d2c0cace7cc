// Dates and times as people write them: read exactly, or refused with the reason.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { AppError } from '../../src/domain/errors.ts'
import { formatInstant, formatLocal, parseWrittenTime, resolveWrittenTime } from '../../src/domain/instant.ts'
import { DAY_MS, localTime } from '../../src/domain/time-zone.ts'

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
    expect(formatInstant(resolveWrittenTime(text, zone, 'start').at)).toBe(at)
    expect(resolveWrittenTime(text, zone, 'start').warning).toBeUndefined()
  })

  it('HZ-13 without offset and without zone is refused', () => {
    expect(refusal(() => resolveWrittenTime('2026-12-01T09:00', undefined, 'start')).code).toBe('date.zone_missing')
  })

  it('DS-09 in a gap is refused with the times beside it', () => {
    const error = refusal(() => resolveWrittenTime('2027-03-28T02:30', 'Europe/Berlin', 'start'))
    expect(error.code).toBe('date.nonexistent_local_time')
    expect(error.details).toEqual({ before: '2027-03-28T01:59', after: '2027-03-28T03:00' })
    expect(error.hint).toContain('2027-03-28T01:59')
    expect(error.hint).toContain('2027-03-28T03:00')
  })

  it('DS-10 that comes twice takes the first pass and names the second', () => {
    const { at, warning } = resolveWrittenTime('2027-10-31T02:30', 'Europe/Berlin', 'start')
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
    expect(refusal(() => resolveWrittenTime(text, 'Europe/Berlin', 'start')).code).toBe(code)
  })

  it('bad input 123: that comes twice is accepted with a warning, and exact with its offset', () => {
    expect(resolveWrittenTime('2026-10-25T02:30', 'Europe/Berlin', 'start').warning).toContain('twice')
    expect(resolveWrittenTime('2026-10-25T02:30+01:00', 'Europe/Berlin', 'start')).toEqual({
      at: Date.parse('2026-10-25T01:30:00Z'),
      understood: '2026-10-25T02:30+01:00 (2026-10-25T01:30:00Z)',
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
        expect(parseWrittenTime(formatInstant(at))).toEqual({ local: at, hasTime: true, at })
        expect(parseWrittenTime(formatLocal(at))).toEqual({ local: at, hasTime: true, at: undefined })
      }),
    )
  })
})

describe('a date without a time', () => {
  it.each([
    ['2027-06-02', 'Europe/Berlin', '2027-06-01T22:00:00Z', '2027-06-02T21:59:59.999Z'],
    ['2027-06-02', 'UTC', '2027-06-02T00:00:00Z', '2027-06-02T23:59:59.999Z'],
    ['2027-06-02', '+05:30', '2027-06-01T18:30:00Z', '2027-06-02T18:29:59.999Z'],
    // Days of 23 and 25 hours, and days whose midnight the clocks skip or show twice.
    ['2027-03-28', 'Europe/Berlin', '2027-03-27T23:00:00Z', '2027-03-28T21:59:59.999Z'],
    ['2027-10-31', 'Europe/Berlin', '2027-10-30T22:00:00Z', '2027-10-31T22:59:59.999Z'],
    ['2027-03-14', 'America/Havana', '2027-03-14T05:00:00Z', '2027-03-15T03:59:59.999Z'],
    ['2027-03-13', 'America/Havana', '2027-03-13T05:00:00Z', '2027-03-14T04:59:59.999Z'],
    ['2027-11-07', 'America/Havana', '2027-11-07T04:00:00Z', '2027-11-08T04:59:59.999Z'],
    ['2027-10-28', 'Africa/Cairo', '2027-10-27T21:00:00Z', '2027-10-28T21:59:59.999Z'],
    ['2028-02-29', 'America/New_York', '2028-02-29T05:00:00Z', '2028-03-01T04:59:59.999Z'],
    ['2027-06-02Z', 'Europe/Berlin', '2027-06-02T00:00:00Z', '2027-06-02T23:59:59.999Z'],
    ['2027-06-02+02:00', undefined, '2027-06-01T22:00:00Z', '2027-06-02T21:59:59.999Z'],
  ])('S12: %s in %s begins with its first millisecond and goes through its last', (text, zone, start, end) => {
    expect(formatInstant(resolveWrittenTime(text, zone, 'start').at)).toBe(start)
    expect(formatInstant(resolveWrittenTime(text, zone, 'end').at)).toBe(end)
  })

  it('S12: ends where the next one begins, in every zone on every day', () => {
    const zone = fc.constantFrom(
      'Africa/Cairo',
      'America/Havana',
      'America/Santiago',
      'Asia/Beirut',
      'Europe/Berlin',
      '-03:30',
    )
    const day = fc.integer({ min: Date.UTC(2024, 0, 1), max: Date.UTC(2035, 0, 1) }).map((at) => at - (at % DAY_MS))
    fc.assert(
      fc.property(zone, day, (name, local) => {
        const [today, tomorrow] = [local, local + DAY_MS].map((at) => formatLocal(at).slice(0, 10)) as [string, string]
        const end = resolveWrittenTime(today, name, 'end').at
        expect(end + 1).toBe(resolveWrittenTime(tomorrow, name, 'start').at)
        expect(formatLocal(localTime(name, end)).slice(0, 10)).toBe(today)
      }),
    )
  })

  it('S12: needs a zone or an offset, as every time does', () => {
    expect(refusal(() => resolveWrittenTime('2027-06-02', undefined, 'end')).code).toBe('date.zone_missing')
  })

  it.each([
    ['2027-06-02', 'end', '2027-06-02 (through 23:59:59.999 Europe/Berlin, 2027-06-02T21:59:59.999Z)'],
    ['2027-06-02', 'start', '2027-06-02 (from 00:00 Europe/Berlin, 2027-06-01T22:00:00Z)'],
    ['2027-06-02T09:00', 'end', '2027-06-02T09:00 (Europe/Berlin, 2027-06-02T07:00:00Z)'],
    ['2027-06-02T09:00+02:00', 'end', '2027-06-02T09:00+02:00 (2027-06-02T07:00:00Z)'],
    ['2027-06-02Z', 'end', '2027-06-02Z (through 23:59:59.999, 2027-06-02T23:59:59.999Z)'],
  ] as const)('S12: %s as the %s is echoed as it was understood', (text, edge, understood) => {
    expect(resolveWrittenTime(text, 'Europe/Berlin', edge).understood).toBe(understood)
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

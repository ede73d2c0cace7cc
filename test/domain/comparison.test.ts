// What comparisons read out of a text: dates among dates, numbers among numbers, nothing else.
import { describe, expect, it } from 'vitest'
import { boundOf, compareText, dateIn, numberIn } from '../../src/domain/comparison.ts'

const notDates = [
  'n/a',
  'never',
  '31.12.1999',
  '03/04/2026',
  '2025-6-1',
  '2025-02-29',
  '2025-13-01',
  '2025-00-10',
  '2025-06-31',
  '20250601',
  '2025-06',
  '2025',
  '2025-06-01T24:00',
  '2025-06-01T09',
  '2025-06-01 9:00',
  '2025-06-01T09:60',
  '2025-06-01 soon',
  '2025-06-01Z',
  '-2025-06-01',
  'x2025-06-01',
  '２０２５-０６-０１',
  '',
]
const notNumbers = [
  'n/a',
  '',
  '-',
  '.',
  '1.000,50',
  '1,5',
  '1 000',
  '1e5',
  '0x10',
  '1.2.3',
  '--1',
  '1-',
  'Infinity',
  '٣',
  '12 €',
]

describe('S7: a comparison', () => {
  it.each(notDates)('reads no date in %j', (text) => {
    expect(dateIn(text)).toBeUndefined()
    for (const bound of ['2025-06-01', '2025-06-01T09:00Z'])
      for (const operator of ['above', 'atLeast', 'below', 'atMost'] as const)
        expect(compareText(text, operator, boundOf(bound) ?? never())).toBeUndefined()
  })

  it.each(notNumbers)('reads no number in %j', (text) => {
    expect(numberIn(text)).toBeUndefined()
    expect(compareText(text, 'atMost', { kind: 'number', number: 1e9 })).toBeUndefined()
  })

  it.each([
    ['2025-06-01', '2025-06-01', '2025-06-01T00:00:00.000Z'],
    [' 2024-02-29 ', '2024-02-29', '2024-02-29T00:00:00.000Z'],
    ['1958-01-31', '1958-01-31', '1958-01-31T00:00:00.000Z'],
    ['0099-01-01', '0099-01-01', '0099-01-01T00:00:00.000Z'],
    ['2025-06-01 09:30', '2025-06-01', '2025-06-01T09:30:00.000Z'],
    ['2025-06-01T09:30:15.1234567', '2025-06-01', '2025-06-01T09:30:15.123Z'],
    ['2025-06-01t09:30:15z', '2025-06-01', '2025-06-01T09:30:15.000Z'],
    ['2025-06-01T23:30:00-05:00', '2025-06-01', '2025-06-02T04:30:00.000Z'],
    ['2025-06-01 00:10:00+0530', '2025-06-01', '2025-05-31T18:40:00.000Z'],
    ['2025-06-01 00:00:00+00', '2025-06-01', '2025-06-01T00:00:00.000Z'],
  ])('reads %j as a day and an instant', (text, day, at) => {
    const date = dateIn(text)
    expect([date?.day, new Date(date?.at ?? 0).toISOString()]).toEqual([day, at])
  })

  it.each([
    ['12', 12],
    [' -3.5 ', -3.5],
    ['+7', 7],
    ['.5', 0.5],
    ['5.', 5],
    ['007', 7],
    ['0', 0],
  ])('reads %j as %d', (text, number) => {
    expect(numberIn(text)).toBe(number)
  })

  it.each<[string, 'above' | 'atLeast' | 'below' | 'atMost', string | number, boolean]>([
    ['2025-06-01T18:00', 'atMost', '2025-06-01', true],
    ['2025-06-01T18:00', 'above', '2025-06-01', false],
    ['2025-06-01', 'atLeast', '2025-06-01', true],
    ['2025-05-31T23:59', 'below', '2025-06-01', true],
    ['2025-06-01T09:00', 'below', '2025-06-01T09:00Z', false],
    ['2025-06-01T09:00+02:00', 'below', '2025-06-01T09:00Z', true],
    ['2025-06-01', 'below', '2025-06-01T00:00:01Z', true],
    ['10', 'above', 9, true],
    ['10', 'above', '9', true],
    ['9.99', 'atMost', 9.99, true],
    ['-1', 'below', 0, true],
  ])('finds that %j is %s %j: %s', (value, operator, bound, answer) => {
    expect(compareText(value, operator, boundOf(bound) ?? never())).toBe(answer)
  })
})

function never(): never {
  throw new Error('the bound of the test is none')
}

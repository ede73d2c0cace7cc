// Forms of dates and numbers that somebody declares at an import.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { declaredForms, parseDateForm, parseNumberForm } from '../../src/domain/local-form.ts'

describe('S7: a declared form of dates', () => {
  it.each([
    ['DD.MM.YYYY', '31.12.1999', '1999-12-31'],
    ['dd.mm.yyyy', '1.6.2025', '2025-06-01'],
    ['DD/MM/YYYY', '03/04/2026', '2026-04-03'],
    ['MM/DD/YYYY', '03/04/2026', '2026-03-04'],
    ['YYYY/MM/DD', '2026/03/04', '2026-03-04'],
    ['D-M-YY', '3-4-26', '2026-04-03'],
    ['DD.MM.YY', '03.04.75', '1975-04-03'],
    ['DD MM YYYY', '03 04 2026', '2026-04-03'],
    ['DD.MM.YYYY', '31.12.2025 9:05', '2025-12-31T09:05'],
    ['DD.MM.YYYY', '31.12.2025 23:59:59', '2025-12-31T23:59:59'],
  ])('reads with %s %s as %s', (form, cell, iso) => {
    expect(parseDateForm(form)(cell)).toBe(iso)
  })

  it.each([
    ['DD.MM.YYYY', '03/04/2026'],
    ['DD.MM.YYYY', '31.02.2025'],
    ['MM/DD/YYYY', '13/01/2025'],
    ['DD.MM.YYYY', '31.12.99'],
    ['DD.MM.YYYY', '31.12.2025 25:00'],
    ['DD.MM.YYYY', 'about 31.12.2025'],
    ['DD.MM.YYYY', 'n/a'],
    ['DD.MM.YYYY', '2025-12-31'],
  ])('leaves with %s %s as it is', (form, cell) => {
    expect(parseDateForm(form)(cell)).toBeUndefined()
  })

  it.each(['', 'dmy', 'DD.MM', 'DD.MM.YYYY HH:MM', 'DD.DD.YYYY', 'DD.MM/YYYY', 'TT.MM.JJJJ', 'DD.MM.YYY'])(
    'refuses %j',
    (form) => {
      expect(() => parseDateForm(form)).toThrow(
        expect.objectContaining({ code: 'csv.unknown_form', hint: expect.stringContaining('DD.MM.YYYY') }),
      )
    },
  )

  it('finds every day of the calendar again', () => {
    const read = parseDateForm('MM/DD/YYYY')
    fc.assert(
      fc.property(
        fc.date({ min: new Date('1000-01-01'), max: new Date('9999-12-31'), noInvalidDate: true }),
        (date) => {
          const iso = date.toISOString().slice(0, 10)
          const [year, month, day] = iso.split('-')
          expect(read(`${month}/${day}/${year}`)).toBe(iso)
        },
      ),
    )
  })
})

describe('S7: a declared form of numbers', () => {
  it.each([
    ['1.234,56', '1.000,50', '1000.50'],
    ['1.234,56', '-1.234.567,8', '-1234567.8'],
    ['1.234,56', '12,5', '12.5'],
    ['1.234,56', '1.234', '1234'],
    ['1,234.56', '1,234', '1234'],
    ['1,234.56', '999.5', '999.5'],
    ['1 234,56', '1\u00a0234,5', '1234.5'],
    ['1 234,56', '1\u202f234 567', '1234567'],
    ["1'234.56", '1’234.56', '1234.56'],
    ['1234,56', '1234,5', '1234.5'],
    ['1234,56', '007', '007'],
  ])('reads with %s %s as %s', (form, cell, number) => {
    expect(parseNumberForm(form)(cell)).toBe(number)
  })

  it.each([
    ['1.234,56', '1,234.56'],
    ['1.234,56', '1.5'],
    ['1.234,56', '1.23.456'],
    ['1.234,56', '12 €'],
    ['1.234,56', 'n/a'],
    ['1,234.56', '1.234,56'],
    ['1 234,56', '030 123 456'],
    ['1234,56', '1.234,5'],
  ])('leaves with %s %s as it is', (form, cell) => {
    expect(parseNumberForm(form)(cell)).toBeUndefined()
  })

  it.each(['', 'german', '1.234.56', '1,234,56', '1.234,5', '12.34', '0,00'])('refuses %j', (form) => {
    expect(() => parseNumberForm(form)).toThrow(expect.objectContaining({ code: 'csv.unknown_form' }))
  })
})

it('S7: forms are declared for the file or for columns', () => {
  expect(declaredForms('DD.MM.YYYY')).toEqual([{ column: undefined, form: 'DD.MM.YYYY' }])
  expect(declaredForms(' since = DD.MM.YYYY ; a=b=MM/DD/YYYY;')).toEqual([
    { column: 'since', form: 'DD.MM.YYYY' },
    { column: 'a=b', form: 'MM/DD/YYYY' },
  ])
})

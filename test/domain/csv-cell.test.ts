// Cells of exports: none runs as a formula, and an import takes back exactly what was written.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { neutraliseCell, restoreCell } from '../../src/domain/csv-cell.ts'

describe('an exported cell', () => {
  it.each([
    ["=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"],
    ['+cmd', "'+cmd"],
    ['-2+3+cmd', "'-2+3+cmd"],
    ['@SUM(1+1)', "'@SUM(1+1)"],
    ['\t=1', "'\t=1"],
    ['\r=1', "'\r=1"],
    ['\n=1', "'\n=1"],
    ['＝1+1', "'＝1+1"],
    ['＋1', "'＋1"],
    ['－1', "'－1"],
    ['＠SUM', "'＠SUM"],
    ["'=1+1", "''=1+1"],
  ])('%j is written as %j', (text, cell) => {
    expect(neutraliseCell(text)).toBe(cell)
  })

  it.each(['', 'Ada', '1+1', 'a=b', "O'Neil", "'quoted'", '+4915112345678', '-12.5', '+49 (151) 123-456'])(
    '%j stays as it is',
    (text) => {
      expect(neutraliseCell(text)).toBe(text)
    },
  )

  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string({ unit: fc.constantFrom(...`'=+-@\t\r\n＝＋－＠ a1("`), maxLength: 8 }),
  )

  it('SR-31 never begins like a formula unless it is a plain number', () => {
    fc.assert(
      fc.property(text, (written) => {
        const cell = neutraliseCell(written)
        if (!/^[+-][\d\s().-]*$/.test(cell)) expect(cell).not.toMatch(/^[=+\-@\t\r\n＝＋－＠]/)
      }),
      { numRuns: 1000 },
    )
  })

  it('gives back its text when it is imported again', () => {
    fc.assert(
      fc.property(text, (written) => {
        expect(restoreCell(neutraliseCell(written))).toBe(written)
      }),
      { numRuns: 1000 },
    )
  })

  it('that a person wrote with an apostrophe loses it when it guards a formula only', () => {
    expect(restoreCell("'+4915112345678")).toBe('+4915112345678')
    expect(restoreCell("'quoted'")).toBe("'quoted'")
    expect(restoreCell("'")).toBe("'")
  })
})

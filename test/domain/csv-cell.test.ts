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
    ['\t=1', "'\t'=1"],
    ['\r=1', "'\r'=1"],
    ['\n=1', "'\n'=1"],
    ['＝1+1', "'＝1+1"],
    ['＋1', "'＋1"],
    ['－1', "'－1"],
    ['＠SUM', "'＠SUM"],
    ["'=1+1", "''=1+1"],
    [' =1', "' =1"],
    ['\ufeff=1', "'\ufeff=1"],
    ['\u3000＝1', "'\u3000＝1"],
  ])('%j is written as %j', (text, cell) => {
    expect(neutraliseCell(text)).toBe(cell)
  })

  it.each([
    ['=1;=2', "'=1;'=2"],
    ['x;=2', "x;'=2"],
    ['x; "@SUM(1)', `x; "'@SUM(1)`],
    ['x|=2', "x|'=2"],
    ['x\t+cmd', "x\t'+cmd"],
    ['x\n=2\r\n=3', "x\n'=2\r\n'=3"],
    ['x;＝2', "x;'＝2"],
    ['x;\ufeff=2', "x;\ufeff'=2"],
    ["x;'=2", "x;''=2"],
  ])('F11: %j does not run where another program separates cells: it is written as %j', (text, cell) => {
    expect(neutraliseCell(text)).toBe(cell)
    expect(restoreCell(cell)).toBe(text)
  })

  it.each(['tea, -20%', 'a;b', 'one; two', '1;-2;+3', '18:00|19:00', 'x;-5'])('F11: %j stays as it is', (text) => {
    expect(neutraliseCell(text)).toBe(text)
  })

  it('F11: has no part that begins like a formula behind a semicolon, a bar, a tab or a line break', () => {
    fc.assert(
      fc.property(text, (written) => {
        for (const part of neutraliseCell(written)
          .split(/[;|\t\r\n]/)
          .slice(1))
          if (!/^[ "\u3000\ufeff]*[+-][\d ().-]*$/.test(part))
            expect(part).not.toMatch(/^[ "\u3000\ufeff]*[=+\-@＝＋－＠]/)
      }),
      { numRuns: 1000 },
    )
  })

  it.each(['', 'Ada', '1+1', 'a=b', "O'Neil", "'quoted'", '+4915112345678', '-12.5', '+49 (151) 123-456'])(
    '%j stays as it is',
    (text) => {
      expect(neutraliseCell(text)).toBe(text)
    },
  )

  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string({ unit: fc.constantFrom(...`'=+-@\t\r\n＝＋－＠ a1(";|\u3000\ufeff`), maxLength: 8 }),
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

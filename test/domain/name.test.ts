// Two spellings of one name are one name.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fieldName, findNamed, isSameName, nameKey, nameProblem, plainName, tagName } from '../../src/domain/name.ts'

const text = fc.string({ unit: 'grapheme', maxLength: 30 })

describe('S9: a name', () => {
  it.each([
    ['Müller', 'Mu\u0308ller'],
    ['Sale', 'sale '],
    ['Spring sale', '  spring \u00a0 SALE\t'],
    ['Straße 1', 'STRAßE\u20031'],
    ['Ångström', 'A\u030angstro\u0308m'],
    ['Sale', 'Sa\u200ble'],
    ['Sale', '\ufeffSale'],
    ['हिन्दी', ' हिन्दी '],
  ])('%j is the same as %j', (one, other) => {
    expect(isSameName(one, other)).toBe(true)
    expect(nameKey(one)).toBe(nameKey(other))
  })

  it.each([
    ['Sale', 'Sale 2'],
    ['Muller', 'Müller'],
    ['Spring sale', 'Springsale'],
  ])('%j is another one than %j', (one, other) => {
    expect(isSameName(one, other)).toBe(false)
  })

  it('is stored composed, with its case, without spaces around and with single ones inside', () => {
    expect(plainName('  Mu\u0308ller \n  Söhne ')).toBe('Müller Söhne')
  })

  it('has one form, however often it is made', () => {
    fc.assert(
      fc.property(text, (name) => {
        expect(plainName(plainName(name))).toBe(plainName(name))
        expect(nameKey(nameKey(name))).toBe(nameKey(name))
        expect(nameKey(plainName(name))).toBe(nameKey(name))
        expect(tagName(tagName(name))).toBe(tagName(name))
        expect(fieldName(fieldName(name))).toBe(fieldName(name))
      }),
    )
  })

  it('is the same in any Unicode form and with any spaces around', () => {
    fc.assert(
      fc.property(
        text,
        fc.constantFrom('NFC', 'NFD'),
        fc.constantFrom(' ', '\t', '\u00a0', ''),
        (name, form, space) => {
          expect(isSameName(name, `${space}${name.normalize(form)}${space}`)).toBe(true)
        },
      ),
    )
  })

  it('finds among rows that differ in nothing but their case the one that is spelled so, else the first', () => {
    const rows = [{ name: 'Sale' }, { name: 'sale' }]
    expect(findNamed(rows, 'sale')).toBe(rows[1])
    expect(findNamed(rows, 'SALE')).toBe(rows[0])
    expect(findNamed(rows, 'sales')).toBeUndefined()
  })

  it.each(['cmp_1', 'CMP_12', ' lst_3 ', 'snd_00', 'usr_7', 'cm\u200bp_1'])('is not %j: that is an id', (name) => {
    expect(nameProblem(name)).toMatch(/reads as an id/)
  })

  it.each(['cmp', 'cmp_', 'cmp_1a', 'cmp_1 spring', 'abc_1', '2027', '1_1', 'cmp_1_1'])('may be %j', (name) => {
    expect(nameProblem(name)).toBeUndefined()
  })
})

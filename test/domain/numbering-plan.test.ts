// Verdicts of our compiled plans against those of the library that the metadata comes from.
import fc from 'fast-check'
import examples from 'libphonenumber-js/examples.mobile.json'
import {
  type CountryCode,
  getCountries,
  getCountryCallingCode,
  parsePhoneNumberFromString,
} from 'libphonenumber-js/max'
import { describe, expect, it } from 'vitest'
import {
  callingCodeOf,
  callingCodeOfCountry,
  isCountry,
  judgeNumber,
  mainCountryOf,
  trunkPrefixOf,
} from '../../src/domain/numbering-plan.ts'

const countries = getCountries()

function exampleOf(country: CountryCode): string {
  return `${getCountryCallingCode(country)}${(examples as Record<string, string>)[country] ?? ''}`
}

/** What the library says of a number that it reads as it stands; undefined when it reads another one. */
function libraryVerdict(digits: string) {
  const number = parsePhoneNumberFromString(`+${digits}`)
  if (number?.number !== `+${digits}`) return undefined
  return number.isValid() ? { country: number.country, type: number.getType() } : 'not valid'
}

describe('the plan of a country', () => {
  it.each(countries.filter((country) => country in examples))("knows the library's example number of %s", (country) => {
    const digits = exampleOf(country)
    expect(judgeNumber(digits)).toEqual(libraryVerdict(digits))
    expect(judgeNumber(digits)).toBeDefined()
  })

  it('tells each calling code from the digits that follow', () => {
    for (const country of countries) {
      const code = getCountryCallingCode(country)
      expect(callingCodeOfCountry(country)).toBe(code)
      expect(callingCodeOf(`${code}0123456789`)).toBe(code)
    }
    expect(callingCodeOf('0123')).toBeUndefined()
    expect(callingCodeOf('')).toBeUndefined()
  })

  it('names the main country of a shared calling code', () => {
    expect([mainCountryOf('12025550123'), mainCountryOf('447700900123'), mainCountryOf('79000000000')]).toEqual([
      'US',
      'GB',
      'RU',
    ])
    expect(mainCountryOf('0')).toBeUndefined()
  })

  it('knows which countries write a trunk prefix', () => {
    expect([trunkPrefixOf('DE'), trunkPrefixOf('GB'), trunkPrefixOf('FR'), trunkPrefixOf('RU')]).toEqual([
      '0',
      '0',
      '0',
      '8',
    ])
    expect([trunkPrefixOf('US'), trunkPrefixOf('ES'), trunkPrefixOf('IT')]).toEqual([undefined, undefined, undefined])
  })

  it('takes no inherited name for a country', () => {
    expect(isCountry('DE')).toBe(true)
    for (const name of ['XX', 'de', '', 'constructor', '__proto__', 'toString']) expect(isCountry(name)).toBe(false)
  })
})

describe('a verdict', () => {
  const digit = fc.integer({ min: 0, max: 9 }).map(String)
  const country = fc.constantFrom(...countries.filter((name) => name in examples))
  /** An example number of a country with some of its digits drawn again: often valid, often just not. */
  const near = fc
    .tuple(country, fc.integer({ min: 0, max: 12 }), fc.array(digit, { maxLength: 13 }))
    .map(([name, kept, drawn]) => {
      const example = exampleOf(name)
      const start = example.slice(0, Math.max(getCountryCallingCode(name).length, example.length - kept))
      return (start + drawn.join('')).slice(0, 15)
    })
  const sameLength = fc.tuple(country, fc.integer({ min: 1, max: 8 }), fc.array(digit, { minLength: 8, maxLength: 8 }))
  const nearAndLong = sameLength.map(([name, count, drawn]) => {
    const example = exampleOf(name)
    return example.slice(0, -count) + drawn.slice(0, count).join('')
  })
  const anything = fc.array(digit, { minLength: 1, maxLength: 15 }).map((all) => all.join(''))

  it("is the library's for every number that the library reads as it stands", () => {
    fc.assert(
      fc.property(fc.oneof(near, nearAndLong, anything), (digits) => {
        // Codes of no country (800, 870 …) are none of ours: no WhatsApp account has one.
        fc.pre(callingCodeOf(digits) !== undefined)
        const library = libraryVerdict(digits)
        fc.pre(library !== undefined)
        expect(judgeNumber(digits) ?? 'not valid').toEqual(library)
      }),
      { numRuns: 3000 },
    )
  })
})

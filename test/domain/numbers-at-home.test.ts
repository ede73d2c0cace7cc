// Numbers as people of a country write them: with trunk prefixes, calling codes without +, both at once, and in the forms of before
// a renumbering. What is right comes from libphonenumber's own metadata and example numbers.
import fc from 'fast-check'
import examples from 'libphonenumber-js/examples.mobile.json'
import { type CountryCode, getCountryCallingCode, parsePhoneNumberFromString } from 'libphonenumber-js/max'
import { describe, expect, it } from 'vitest'
import { judgeNumber, mobileLengthsOf, trunkPrefixOf } from '../../src/domain/numbering-plan.ts'
import { parsePhone } from '../../src/domain/phone.ts'

const countries = Object.keys(examples) as CountryCode[]

/** The national digits of the library's example of a mobile number. */
function nationalOf(country: CountryCode): string {
  return (examples as Record<string, string>)[country] ?? ''
}

function outcome(cell: string, defaultCountry?: string): string {
  const { phone, reject } = parsePhone(cell, defaultCountry === undefined ? {} : { defaultCountry })
  return phone?.phone ?? `${reject?.code}: ${reject?.detail}`
}

/** What the library reads at home; undefined for digits that are in no plan. */
function validAtHome(digits: string, country: CountryCode): string | undefined {
  const trunk = trunkPrefixOf(country)
  const isWrittenAtHome = trunk !== undefined && digits.startsWith(trunk)
  const number = isWrittenAtHome
    ? parsePhoneNumberFromString(digits, { defaultCountry: country, extract: false })
    : parsePhoneNumberFromString(`+${getCountryCallingCode(country)}${digits}`, { extract: false })
  return number?.isValid() ? number.number : undefined
}

/** `0918123456789` in India: one number where the plans know only one, else a refusal that names both. */
function expectOneOrBoth(cell: string, country: CountryCode, meant: string): void {
  const other = validAtHome(cell, country)
  const said = outcome(cell, country)
  if (other === undefined || other === meant) expect(said).toBe(meant)
  else {
    expect(said).toMatch(/^phone\.ambiguous: /)
    expect(said).toContain(other)
    expect(said).toContain(meant)
  }
}

describe('I6: every country', () => {
  it.each(countries)('I6: reads a mobile number of %s however it is written', (country) => {
    const code = getCountryCallingCode(country)
    const national = nationalOf(country)
    const meant = `+${code}${national}`
    expect(outcome(meant)).toBe(meant)
    expect(outcome(`00${code} ${national}`)).toBe(meant)
    const trunk = trunkPrefixOf(country)
    const atHome = `${trunk ?? ''}${national}`
    const valid = validAtHome(atHome, country)
    if (valid === undefined) expect(outcome(atHome, country)).toMatch(/^phone\./)
    else expect(outcome(atHome, country)).toBe(valid)
    for (const prefix of new Set(['', '0', trunk ?? '0']))
      expectOneOrBoth(`${prefix}${code}${national}`, country, meant)
    if (trunk === '0') {
      expect(outcome(`+${code} (0) ${national}`)).toBe(meant)
      const withTrunk = parsePhoneNumberFromString(`+${code}0${national}`)
      if (withTrunk?.isValid()) expect(outcome(`+${code} 0${national}`)).toBe(withTrunk.number)
    }
  })

  it('I6: never becomes another number than one that is written', () => {
    const digit = fc.integer({ min: 0, max: 9 }).map(String)
    const cell = fc.tuple(
      fc.constantFrom(...countries),
      fc.constantFrom('', '0', '00', 'code', '0code', 'code0', '1', '8', '06'),
      fc.array(digit, { minLength: 3, maxLength: 12 }),
      fc.boolean(),
    )
    fc.assert(
      fc.property(cell, ([country, prefix, rest, isNear]) => {
        const national = nationalOf(country)
        const tail = isNear
          ? national.slice(0, Math.max(0, national.length - 3)) + rest.slice(0, 3).join('')
          : rest.join('')
        const written = prefix.replace('code', getCountryCallingCode(country)) + tail
        const { phone } = parsePhone(written, { defaultCountry: country })
        if (phone === undefined) return
        const digits = phone.phone.slice(1)
        // In the plan, or as long as a mobile number and told so.
        const isInPlan = judgeNumber(digits) !== undefined
        expect(phone.notes.includes('not_in_plan')).toBe(!isInPlan)
        // What was written ends as what is called: no digit is made up but those that a rule names.
        expect(digits.slice(-4)).toBe(written.slice(-4))
      }),
      { numRuns: 3000 },
    )
  })
})

describe('I6: trunk prefixes that people keep', () => {
  const traps: [CountryCode, string, string][] = [
    ['IN', '0918123456789', '+918123456789'],
    ['IN', '9108123456789', '+918123456789'],
    ['TR', '0905321234567', '+905321234567'],
    ['AT', '0436641234567', '+436641234567'],
    ['PK', '0923001234567', '+923001234567'],
    ['NG', '02348031234567', '+2348031234567'],
    ['KE', '0254712345678', '+254712345678'],
    ['VN', '084912345678', '+84912345678'],
    ['IT', '0393331234567', '+393331234567'],
    ['IT', '06 1234 5678', '+390612345678'],
    ['SG', '06591234567', '+6591234567'],
    ['RU', '8 916 123-45-67', '+79161234567'],
    ['RU', '8 7 916 123-45-67', '+79161234567'],
    ['KZ', '8 701 123 45 67', '+77011234567'],
    ['GB', '0447700900123', '+447700900123'],
    ['GB', '+44 07700 900123', '+447700900123'],
    ['FR', '+33 06 39 98 12 34', '+33639981234'],
    ['CO', '03 300 123 4567', '+573001234567'],
    ['BR', '0 15 11 98765-4321', '+5511987654321'],
    ['AR', '011 15 2345-6789', '+5491123456789'],
    ['AR', '+54 11 15 2345 6789', '+5491123456789'],
    ['US', '1 202 555 0123', '+12025550123'],
    ['CA', '(416) 555-0123', '+14165550123'],
    ['HU', '06 20 123 4567', '+36201234567'],
    ['MX', '044 222 123 4570', '+522221234570'],
    ['MX', '045 222 123 4571', '+522221234571'],
    ['MX', '01 222 123 4572', '+522221234572'],
    ['MX', '+52 1 222 123 4568', '+522221234568'],
    ['MX', '+52 044 222 123 4568', '+522221234568'],
  ]
  it.each(traps)('I6: %s %s is %s', (country, cell, meant) => {
    expect(outcome(cell, country)).toBe(meant)
  })

  it.each([
    ['DE', '04915112345678', '+494915112345678', '+4915112345678'],
    ['DE', '4915112345678', '+494915112345678', '+4915112345678'],
    ['ID', '062812345678', '+6262812345678', '+62812345678'],
    // In no plan as it stands, but as long as a British mobile number; the landline would be somebody else's.
    ['DE', '447700900123', '+49447700900123', '+447700900123'],
  ])('I6: %s %s can be %s and %s, and both are named', (country, cell, one, other) => {
    const said = outcome(cell, country)
    expect(said).toMatch(/^phone\.ambiguous: /)
    expect(said).toContain(one)
    expect(said).toContain(other)
  })

  it('I6: a file whose people are of one country guesses nothing for a number without one', () => {
    expect(outcome('0918123456789')).toMatch(/^phone\.no_country: /)
    expect(outcome('8123456789')).toMatch(/^phone\.no_country: /)
  })
})

describe('I6: numbers of before a renumbering', () => {
  /** The numbers of today are the library's examples; how they were before is what the country changed. */
  const before: [CountryCode, (national: string) => string][] = [
    ['BJ', (national) => national.slice(2)],
    ['CM', (national) => national.slice(1)],
    ['EC', (national) => national.slice(1)],
  ]
  it.each(before)('I6: an old number of %s is refused, and the one of today is named', (country, old) => {
    const code = getCountryCallingCode(country)
    const today = `+${code}${nationalOf(country)}`
    const was = old(nationalOf(country))
    for (const said of [outcome(`+${code}${was}`), outcome(was, country)])
      expect(said).toBe(`phone.legacy_format: +${code}${was} is an old form; today it is ${today}`)
    // WhatsApp goes on writing it as it was: an opt-out must find the person.
    expect(parsePhone(`+${code}${was}`, { isExisting: true }).phone?.phone).toBe(today)
  })

  it.each([
    ['CI', '07123456', '+2250707123456'],
    ['CI', '+225 05 12 34 56', '+2250505123456'],
    ['VN', '0120 123 4567', '+84701234567'],
    ['VN', '+84 168 123 4567', '+84381234567'],
    ['CL', '+56 8 123 4567', '+56981234567'],
    ['CO', '+57 1 234 5678', '+576012345678'],
    ['BJ', '95 12 34 56', '+2290195123456'],
    ['MU', '+230 749 1234', '+23057491234'],
  ])('I6: %s %s is refused, and %s is named', (country, cell, today) => {
    expect(outcome(cell, country)).toMatch(/^phone\.legacy_format: /)
    expect(outcome(cell, country)).toContain(today)
    expect(judgeNumber(today.slice(1))).toBeDefined()
  })

  it('I6: the forms of today are no old ones', () => {
    for (const country of countries) {
      const { phone } = parsePhone(`+${getCountryCallingCode(country)}${nationalOf(country)}`)
      expect(phone?.notes ?? []).not.toContain('modernised')
    }
  })

  it('I6: an operator of the Ivory Coast is not guessed for an opt-out', () => {
    expect(parsePhone('+22507123456', { isExisting: true }).reject?.code).toBe('phone.legacy_format')
  })
})

describe('D15: a number that is in no plan', () => {
  it('D15: is refused as too short when no mobile number of its country is so short', () => {
    const { reject } = parsePhone('12345', { defaultCountry: 'DE' })
    expect(reject?.code).toBe('phone.too_short')
    expect(reject?.detail).toContain('5 digits after +49, where mobile numbers have 10 to 11')
  })

  it('D15: is accepted with a note only when it is as long as a mobile number', () => {
    const digit = fc.integer({ min: 0, max: 9 }).map(String)
    const rest = fc.array(digit, { minLength: 2, maxLength: 13 }).map((all) => all.join(''))
    fc.assert(
      fc.property(fc.constantFrom(...countries), rest, (country, national) => {
        const code = getCountryCallingCode(country)
        const { phone } = parsePhone(`+${code}${national}`)
        if (!phone?.notes.includes('not_in_plan')) return
        expect(mobileLengthsOf(code)).toContain(phone.phone.length - 1 - code.length)
      }),
      { numRuns: 2000 },
    )
  })
})

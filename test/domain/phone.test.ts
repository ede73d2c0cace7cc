// What a phone cell becomes: one key for every spelling of a number, or a refusal that says why.
import fc from 'fast-check'
import { parsePhoneNumberFromString } from 'libphonenumber-js/max'
import { describe, expect, it } from 'vitest'
import { rejectCodes } from '../../src/domain/errors.ts'
import { maskPhone, type PhoneOptions, parsePhone, rejectHint } from '../../src/domain/phone.ts'

/** The code of a refusal, or the number in E.164. */
function outcome(cell: string, options: PhoneOptions = {}): string {
  const result = parsePhone(cell, options)
  return result.phone?.phone ?? result.reject?.code ?? ''
}

function keyOf(cell: string, options: PhoneOptions = {}): string | undefined {
  return parsePhone(cell, options).phone?.key
}

function notesOf(cell: string, options: PhoneOptions = {}): readonly string[] | undefined {
  return parsePhone(cell, options).phone?.notes
}

const germany = { defaultCountry: 'DE' }

describe('one number, many spellings', () => {
  it.each([
    ['011 44 7400 123456', 'US', '+447400123456'],
    ['011-52-55-1234-5678', 'CA', '+525512345678'],
    ['0011 44 7400 123456', 'AU', '+447400123456'],
    ['010 1 202 555 0100', 'JP', '+12025550100'],
    ['810 44 7400 123456', 'RU', '+447400123456'],
    ['001 44 7400 123456', 'HK', '+447400123456'],
    ['0021 44 7400 123456', 'BR', '+447400123456'],
    // At home it is something else.
    ['011 4567 8901', 'AR', '+541145678901'],
    ['011 44 7400 123456', 'DE', 'phone.too_long'],
    // 00 and a number of +1, or the prefix 001 and one of +20: only the first is in a plan.
    ['001 202 555 0100', 'HK', '+12025550100'],
    ['011 999 7400 123456', 'US', 'phone.too_long'],
  ])('I6: reads %s as people of %s dial it abroad', (cell, defaultCountry, phone) => {
    expect(outcome(cell, { defaultCountry })).toBe(phone)
  })

  it.each([
    ['+39 (0)6 69812345', '+390669812345'],
    ['0039 (0)6 69812345', '+390669812345'],
    ['+39 (0)2 12345678', '+390212345678'],
    ['+378 (0)549 886377', '+3780549886377'],
    ['+44 (0)20 7946 0018', '+442079460018'],
    ['+1 (0) 202 555 0100', '+12025550100'],
    ['+34 (0) 612 34 56 78', '+34612345678'],
  ])('I6: gives %s without the 0 in brackets, and keeps it where it is dialled from everywhere', (cell, phone) => {
    expect(parsePhone(cell).phone?.phone).toBe(phone)
  })

  it.each([
    ['+49 151 12345678', {}],
    ['+4915112345678', {}],
    ['0049 151 12345678', {}],
    ['0049 (0)151 12345678', {}],
    ['00 49 (0)151 12345678', {}],
    ['+49 (0) 151 / 123-456.78', {}],
    ['+49–151–12345678', {}],
    ['+49\u00a0151\u00a012345678', {}],
    ['+49 151 1234\u200b5678', {}],
    ['0151 12345678', germany],
    ['(0151) 12345678', germany],
    ['15112345678', germany],
    ['0151 12345678', { defaultCountry: 'de' }],
    ['4915112345678', { isInternational: true }],
  ] as const)('IM-04 gives %j with %j the one key', (cell, options) => {
    expect(parsePhone(cell, options).phone).toMatchObject({
      key: '4915112345678',
      phone: '+4915112345678',
      country: 'DE',
    })
  })

  it('IM-05 refuses a national number when no country is named', () => {
    expect(outcome('0151 12345678')).toBe('phone.no_country')
    expect(outcome('2025550123')).toBe('phone.no_country')
    expect(outcome('0151 12345678', { defaultCountry: 'XX' })).toBe('phone.no_country')
    expect(parsePhone('0151 12345678').reject?.hint).toContain('default country')
  })

  it.each(['4.91512E+12', '4,91512E+12', '+4.91512E+12', '4.91511e12', '491512E6'])(
    'IM-06 refuses %s, which a spreadsheet shortened, and says to format the column as text',
    (cell) => {
      const { reject } = parsePhone(cell)
      expect(reject?.code).toBe('phone.scientific')
      expect(reject?.hint).toContain('format the column as text')
    },
  )

  it('IM-20 gives the old and the new spelling of a Mexican mobile one key', () => {
    expect(keyOf('+5215512345678')).toBe('525512345678')
    expect(keyOf('+525512345678')).toBe('525512345678')
    expect(notesOf('+5215512345678')).toEqual(['modernised'])
    expect(outcome('+5215512345678')).toBe('+525512345678')
  })

  it('IM-21 leaves a Brazilian landline as it is', () => {
    expect(parsePhone('+551133334444').phone).toEqual({
      key: '551133334444',
      phone: '+551133334444',
      country: 'BR',
      notes: ['landline'],
    })
  })

  it('gives a Brazilian mobile its ninth digit', () => {
    expect(parsePhone('+551187654321').phone).toMatchObject({
      key: '5511987654321',
      phone: '+5511987654321',
      notes: ['modernised'],
    })
    expect(keyOf('+5511987654321')).toBe('5511987654321')
    expect(keyOf('11 8765-4321', { defaultCountry: 'BR' })).toBe('5511987654321')
  })

  it('gives an Argentine mobile one key with and without its 9 and its 15', () => {
    const keys = ['+54 9 11 2345 6789', '+54 11 2345 6789', '+54 11 15 2345 6789'].map((cell) => keyOf(cell))
    expect([...keys, keyOf('011 15 2345 6789', { defaultCountry: 'AR' })]).toEqual(Array(4).fill('541123456789'))
    expect(outcome('+54 9 11 2345 6789')).toBe('+5491123456789')
  })

  it.each(['120363025246125486@g.us', '4915112345678-1390000000@g.us'])('IM-26 refuses the group id %s', (cell) => {
    expect(outcome(cell)).toBe('phone.looks_like_wa_id')
  })
})

describe('cells that hold no usable number', () => {
  it('I6: is refused where its country makes more than fifteen digits of it', () => {
    expect(outcome('(202) 5(202) 555-0101', { defaultCountry: 'DE' })).toBe('phone.too_long')
  })

  it.each([
    [47, 'an empty cell', '', 'phone.missing'],
    [47, 'spaces', '   ', 'phone.missing'],
    [47, 'a dash', '-', 'phone.missing'],
    [47, 'n/a', 'n/a', 'phone.missing'],
    [47, 'N/A', 'N/A', 'phone.missing'],
    [47, 'a zero', '0', 'phone.missing'],
    [47, 'invisible characters only', '\u200b\ufeff', 'phone.missing'],
    [49, 'twenty digits', '+49151123456789012345', 'phone.too_long'],
    [50, 'a national number without a country', '0151 12345678', 'phone.no_country'],
    [53, '911', '911', 'phone.emergency'],
    [53, '112', '112', 'phone.emergency'],
    [53, '911 with a calling code', '+1911', 'phone.emergency'],
    [54, 'an American premium number', '+1 900 555 0123', 'phone.type_not_reachable'],
    [54, 'a British premium number', '+44 909 879 0123', 'phone.type_not_reachable'],
    [54, 'a German shared-cost number', '+49 180 1234567', 'phone.type_not_reachable'],
    [54, 'a British pager', '+44 7640 123456', 'phone.type_not_reachable'],
    [54, 'a Portuguese voicemail', '+351 600 000 000', 'phone.type_not_reachable'],
    [59, '+ before 00', '+0015112345678', 'phone.invalid_prefix'],
    [59, 'two plus signs', '++4915112345678', 'phone.invalid_prefix'],
    [59, 'a second plus sign', '+49+15112345678', 'phone.invalid_prefix'],
    [59, 'a calling code of no country', '+999 1234567', 'phone.invalid_prefix'],
    [62, 'two numbers with a slash', '+49 151 12345678 / +49 151 12345679', 'phone.multiple'],
    [62, 'two numbers with a semicolon', '+4915112345678;+4915112345679', 'phone.multiple'],
    [62, 'two numbers on two lines', '+4915112345678\n+4915112345679', 'phone.multiple'],
    [62, 'two numbers with "or"', '+4915112345678 or +4915112345679', 'phone.multiple'],
    [66, 'SQL', "+49' OR 1=1--", 'phone.invalid_character'],
    [66, 'a NUL', '+49151\u000012345678', 'phone.invalid_character'],
    [66, 'emoji digits', '1️⃣5️⃣1️⃣', 'phone.invalid_character'],
    [69, 'a group id', '120363025246125486@g.us', 'phone.looks_like_wa_id'],
    [69, 'a personal id', '4915112345678@s.whatsapp.net', 'phone.looks_like_wa_id'],
    [33, 'a spreadsheet error', '#REF!', 'phone.invalid'],
    [33, 'a spreadsheet gap', '#N/A', 'phone.invalid'],
    [34, 'a number in scientific form', '4.91511E+12', 'phone.scientific'],
    [35, 'a number with a decimal', '491511234567.0', 'phone.decimal'],
    [61, 'a Brazilian number of no known form', '+552087654321', 'phone.legacy_format'],
  ] as const)('bad input %i: refuses %s', (_row, _what, cell, code) => {
    const result = parsePhone(cell)
    expect(result.phone).toBeUndefined()
    expect(result.reject?.code).toBe(code)
    expect(result.reject?.detail).not.toBe('')
    expect(result.reject?.hint).not.toBe('')
  })

  it.each([
    [51, 'a national number', '0151 12345678', germany, []],
    [51, 'a trunk zero in brackets', '+49 (0)151 12345678', {}, []],
    [51, '00 and a space in the wrong place', '00491511234567 8', {}, []],
    [51, 'a tel: address with an extension', 'tel:+4915112345678;ext=5', {}, ['cleaned', 'extension_ignored']],
    [58, 'direction marks', '\u202a+4915112345678\u202c', {}, ['cleaned']],
    [57, 'full-width digits', '＋４９１５１１２３４５６７８', {}, ['cleaned']],
    [63, 'a formula', '=+4915112345678', {}, ['cleaned']],
    [63, 'a quoted formula', '="+4915112345678"', {}, ['cleaned']],
    [63, 'an apostrophe', "'+4915112345678", {}, ['cleaned']],
  ] as const)('bad input %i: accepts %s', (_row, _what, cell, options, notes) => {
    expect(parsePhone(cell, options).phone).toEqual({
      key: '4915112345678',
      phone: '+4915112345678',
      country: 'DE',
      notes,
    })
  })

  it('bad input 57: reads Arabic-Indic digits', () => {
    expect(parsePhone('٠١٠٠١٢٣٤٥٦٧', { defaultCountry: 'EG' }).phone).toMatchObject({
      phone: '+201001234567',
      notes: ['cleaned'],
    })
  })

  it('bad input 55: accepts a landline with a note, and refuses it when asked to', () => {
    expect(parsePhone('+4930123456').phone).toMatchObject({ phone: '+4930123456', notes: ['landline'] })
    expect(outcome('+4930123456', { rejectLandline: true })).toBe('phone.landline')
    expect(outcome('+4915112345678', { rejectLandline: true })).toBe('+4915112345678')
  })

  it('bad input 66: names the character and its position', () => {
    expect(parsePhone("+49' OR 1=1--").reject?.detail).toBe(`character "'" at position 4`)
    expect(parsePhone('+49151\u000012345678').reject?.detail).toBe('character "\\u0000" at position 7')
  })

  // A millisecond each is what the test's own time allows.
  it('bad input 67: refuses 10,000 characters at once', { timeout: 20_000 }, () => {
    const cells = ['1'.repeat(10_000), `+${'1 '.repeat(5_000)}`, '('.repeat(10_000), '+4915112345678 ext '.repeat(600)]
    for (const cell of cells) for (let i = 0; i < 5_000; i++) expect(outcome(cell)).toBe('phone.too_long')
  })

  it('bad input 69: offers the digits of the id', () => {
    expect(parsePhone('4915112345678@s.whatsapp.net').reject?.hint).toContain('4915112345678')
  })

  it('refuses digits that read as two numbers and names both', () => {
    const { reject } = parsePhone('4915112345678', germany)
    expect(reject?.code).toBe('phone.ambiguous')
    expect(reject?.detail).toContain('+4915112345678')
    expect(reject?.detail).toContain('+494915112345678')
  })

  it('accepts numbers that are long enough but in no plan, with a note', () => {
    expect(parsePhone('+44 7700 900123').phone).toMatchObject({ phone: '+447700900123', notes: ['not_in_plan'] })
    expect(parsePhone('06 39 98 12 34', { defaultCountry: 'FR' }).phone).toMatchObject({
      phone: '+33639981234',
      country: 'FR',
      notes: ['not_in_plan'],
    })
  })

  it('refuses numbers that are too short or of a length that the country does not use', () => {
    expect(outcome('+49151')).toBe('phone.too_short')
    expect(outcome('+1 202 555 01')).toBe('phone.too_short')
    expect(outcome('+1 202 555 01234')).toBe('phone.invalid')
  })

  it('has a hint for every code of a refused line', () => {
    for (const code of rejectCodes) expect(rejectHint(code)).toMatch(/^[A-Z].{10,}$/)
  })

  it('shows a phone in logs by its calling code and its last three digits', () => {
    expect(maskPhone('+4915112345678')).toBe('+49•••678')
    expect(maskPhone('+12025550123')).toBe('+1•••123')
    expect(maskPhone('110')).toBe('+•••')
  })
})

/** Examples of real plans with some digits changed: most are near a number, few are one. */
const digits = (min: number, max: number) =>
  fc.array(fc.integer({ min: 0, max: 9 }), { minLength: min, maxLength: max }).map((all) => all.join(''))
const starts = fc.constantFrom(
  '1202555',
  '1900',
  '44',
  '447',
  '49',
  '4915',
  '4930',
  '52',
  '521',
  '54',
  '549',
  '55',
  '5511',
  '61',
  '614',
  '7',
  '79',
  '33',
  '39',
  '91',
  '971',
  '225',
  '20',
  '81',
  '62',
)
const written = fc.tuple(starts, digits(3, 11)).map(([start, rest]) => `${start}${rest}`.slice(0, 15))

describe('every number', () => {
  it('is judged as the library judges it when it is valid as it stands', () => {
    fc.assert(
      fc.property(written, (number) => {
        const library = parsePhoneNumberFromString(`+${number}`)
        const hasTwoSpellings = number.startsWith('52') || number.startsWith('55')
        fc.pre(library?.isValid() === true && library.number === `+${number}` && !hasTwoSpellings)
        const type = library?.getType()
        const result = parsePhone(`+${number}`)
        if (type !== undefined && ['PREMIUM_RATE', 'SHARED_COST', 'PAGER', 'VOICEMAIL'].includes(type))
          expect(result.reject?.code).toBe('phone.type_not_reachable')
        else expect(result.phone).toMatchObject({ phone: library?.number, country: library?.country })
        expect(result.phone?.notes.includes('landline') ?? false).toBe(type === 'FIXED_LINE')
      }),
      { numRuns: 800 },
    )
  })

  it('that the library finds impossible is refused', () => {
    fc.assert(
      fc.property(written, (number) => {
        const library = parsePhoneNumberFromString(`+${number}`)
        fc.pre(library?.isPossible() !== true && !/^(?:521|55)/.test(number))
        expect(parsePhone(`+${number}`).phone).toBeUndefined()
      }),
      { numRuns: 800 },
    )
  })

  it('keeps its key when its own spelling is read again', () => {
    fc.assert(
      fc.property(written, (number) => {
        const { phone } = parsePhone(`+${number}`)
        fc.pre(phone !== undefined)
        expect(phone?.phone).toMatch(/^\+[1-9]\d{6,14}$/)
        expect(phone?.key).toMatch(/^[1-9]\d{6,14}$/)
        expect(parsePhone(phone?.phone ?? '').phone).toMatchObject({ key: phone?.key, phone: phone?.phone })
      }),
      { numRuns: 800 },
    )
  })

  it('is refused when a second trunk prefix follows the one that it loses', () => {
    expect(outcome('+5509030000000')).toBe('phone.invalid')
  })

  it('has one key in every way of writing it internationally', () => {
    const gaps = fc.array(fc.constantFrom('', '', ' ', '-', '\u00a0', '\u200e'), { minLength: 15, maxLength: 15 })
    fc.assert(
      fc.property(written, gaps, fc.constantFrom('+', '00', '＋', "'+", '=+'), (number, between, prefix) => {
        const plain = parsePhone(`+${number}`)
        const spelled = prefix + [...number].map((digit, i) => digit + (between[i] ?? '')).join('')
        expect(parsePhone(spelled).phone?.key).toBe(plain.phone?.key)
        expect(parsePhone(spelled).reject?.code).toBe(plain.reject?.code)
      }),
      { numRuns: 800 },
    )
  })

  it('is a number or a refusal with a reason, whatever the cell holds', () => {
    const cell = fc.oneof(
      fc.string({ maxLength: 120 }),
      fc.string({ unit: fc.constantFrom(...'+0123456789 ()-./;,#xe\u202a\u0660\uff11@'), maxLength: 40 }),
    )
    fc.assert(
      fc.property(
        cell,
        fc.constantFrom(undefined, 'DE', 'US', 'BR', 'AR', 'MX', 'IT', '__proto__'),
        (text, country) => {
          const result = parsePhone(text, country === undefined ? {} : { defaultCountry: country })
          if (result.phone === undefined) expect(rejectCodes).toContain(result.reject?.code)
          else expect(result.phone.phone).toMatch(/^\+[1-9]\d{6,14}$/)
        },
      ),
      { numRuns: 1500 },
    )
  })
})

// Groups as recipients: an id is no number, and no number's key is a group's.
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { isGroup, parseGroup, parseRecipient } from '../../src/domain/group.ts'
import { parsePhone } from '../../src/domain/phone.ts'

it('keeps the id as the provider writes it, with and without the word before it', () => {
  const phone = {
    key: 'group:120363019502650977@g.us',
    phone: '120363019502650977@g.us',
    country: undefined,
    notes: [],
  }
  expect(parseGroup(' 120363019502650977@g.us ')).toEqual({ phone })
  expect(parseGroup('group:120363019502650977@g.us')).toEqual({ phone })
})

it.each([
  ['', 'phone.missing'],
  ['group:', 'phone.missing'],
  ['+306900000001', 'phone.invalid_character'],
  ['my group', 'phone.invalid_character'],
  ['x'.repeat(129), 'phone.too_long'],
  ['306900000001', 'phone.invalid'],
  ['00306900000001', 'phone.invalid'],
])('refuses "%s" as %s', (cell, code) => {
  expect(parseGroup(cell)).toMatchObject({ reject: { code, hint: expect.stringMatching(/./) } })
})

it('reads a group where a person names one, and numbers otherwise', () => {
  expect(parseRecipient('group:team-7').phone?.key).toBe('group:team-7')
  expect(parseRecipient('+12025550101')).toEqual(parsePhone('+12025550101'))
  expect(parseRecipient('0301234567', { defaultCountry: 'DE' })).toEqual(
    parsePhone('0301234567', { defaultCountry: 'DE' }),
  )
})

it('never takes a number for a group, or a group for a number', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[A-Za-z0-9._:@-]{1,40}$/), (id) => {
      const { phone } = parseGroup(id)
      if (phone !== undefined) {
        expect(isGroup(phone.phone)).toBe(true)
        expect(phone.key).toMatch(/^group:/)
      }
      const number = parsePhone(`+1${id}`).phone
      if (number !== undefined) {
        expect(isGroup(number.phone)).toBe(false)
        expect(number.key).toMatch(/^\d+$/)
      }
    }),
  )
  expect(isGroup('')).toBe(false)
})

// Whether a provider's word for a recipient means a contact.
import { describe, expect, it } from 'vitest'
import { isRecipient, parseGroup } from '../../src/domain/group.ts'
import { parsePhone } from '../../src/domain/phone.ts'

function contactOf(cell: string) {
  const { phone } = parsePhone(cell)
  if (phone === undefined) throw new Error(`${cell} is no number`)
  return { key: phone.key, phone: phone.phone }
}

describe('a recipient that a provider names', () => {
  it.each([
    ['as it was sent', '+12025550100', '+12025550100'],
    ['without +', '+12025550100', '12025550100'],
    ['Brazilian, without the ninth digit', '+5511998765432', '551198765432'],
    ['Brazilian, with it', '+5511998765432', '5511998765432'],
    ['Mexican, with the 1 of before 2019', '+525512345678', '5215512345678'],
    ['Argentine, with the 9', '+541123456789', '5491123456789'],
    ['Argentine, without the 9', '+5491123456789', '541123456789'],
    ['of Ivory Coast, with eight digits', '+2250708123456', '22508123456'],
    ['of Benin, with eight digits', '+2290197123456', '22997123456'],
  ])('S16: is the contact: %s', (_, cell, told) => {
    expect(isRecipient(told, contactOf(cell))).toBe(true)
  })

  it.each([
    ['+12025550100', '12025550101'],
    ['+12025550100', '13025550100'],
    ['+5511998765432', '5511998765433'],
    ['+491711234567', '4917112345670'],
    ['+12025550100', '2025550100'],
    ['+12025550100', 'US.13491208655302741918'],
    ['+12025550100', ''],
  ])('S16: is not the contact %s when it is %s', (cell, told) => {
    expect(isRecipient(told, contactOf(cell))).toBe(false)
  })

  it('S16: of a group is the group or one of its members, but no other group', () => {
    const { phone } = parseGroup('team@g.example')
    if (phone === undefined) throw new Error('no group')
    expect(isRecipient('team@g.example', phone)).toBe(true)
    expect(isRecipient('12025550100', phone)).toBe(true)
    expect(isRecipient('other@g.example', phone)).toBe(false)
  })
})

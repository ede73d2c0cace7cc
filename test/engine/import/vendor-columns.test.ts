// Columns of other programs that decide about people: who said no, and in which country a number is at home.
import { describe, expect, it } from 'vitest'
import { importLines, openTestApp } from '../../support/open-test-app.ts'

async function consentsOf(lines: string[]) {
  const test = await openTestApp()
  const result = await importLines(test, lines)
  const people = await test.ctx.db.read((tx) =>
    tx.all<{ phone: string; consent: string | null; scope: string | null }>(
      `SELECT c.phone, c.consent, s.scope FROM contacts c LEFT JOIN suppressions s ON s.key = c.key ORDER BY c.id`,
    ),
  )
  return { result, people: people.map(({ phone, consent, scope }) => [phone.slice(-1), consent, scope]) }
}

describe('a column that says who refused', () => {
  it.each([
    ['Do Not Contact', 'TRUE', 'FALSE'],
    ['unsubscribed', 'yes', ''],
    ['Opt-Out', '2026-01-31', '0'],
    ['Opted out of WhatsApp', 'X', 'no'],
    ['Abgemeldet', 'ja', 'nein'],
    ['Dado de baja', 'sí', 'no'],
    ['Désabonné', 'oui', 'non'],
  ])('I15: %s with %s is a refusal, with %s none', async (name, refused, none) => {
    const { people } = await consentsOf([`phone,${name}`, `+447700900151,${refused}`, `+447700900152,${none}`])
    expect(people).toEqual([
      ['1', 'denied', 'marketing'],
      ['2', null, null],
    ])
  })

  it.each([
    ['Accepts SMS Marketing', 'no', 'yes'],
    ['WhatsApp Consent', 'UNSUBSCRIBED', 'SUBSCRIBED'],
  ])('I15: %s with %s is a refusal, with %s a consent', async (name, refused, given) => {
    const { people } = await consentsOf([`phone,${name}`, `+447700900151,${refused}`, `+447700900152,${given}`])
    expect(people).toEqual([
      ['1', 'denied', 'marketing'],
      ['2', 'granted', null],
    ])
  })

  it('I15: outweighs every other column that says yes', async () => {
    const { people } = await consentsOf([
      'phone,opt in,opt out,whatsapp consent',
      '+447700900151,yes,yes,',
      '+447700900152,yes,no,no',
      '+447700900153,yes,,never_subscribed',
    ])
    expect(people).toEqual([
      ['1', 'denied', 'marketing'],
      ['2', 'denied', 'marketing'],
      ['3', 'granted', null],
    ])
  })

  it('I15: is named when its name only resembles one, and can be mapped', async () => {
    const lines = ['phone,Kunde hat Widerspruch', '+447700900151,ja']
    const { result, people } = await consentsOf(lines)
    expect(result.notes.join()).toContain('"Kunde hat Widerspruch" is taken as a field')
    expect(people).toEqual([['1', null, null]])
    const other = await openTestApp()
    const mapped = await importLines(other, lines, { mapping: { 'Kunde hat Widerspruch': 'opt_out' } })
    expect(mapped.notes.join()).not.toContain('is taken as a field')
    expect(await other.ctx.db.read((tx) => tx.all('SELECT consent FROM contacts'))).toEqual([{ consent: 'denied' }])
  })

  it('I15: about e-mail alone is no word about messages', async () => {
    const { people } = await consentsOf(['phone,Accepts Email Marketing', '+447700900151,no'])
    expect(people).toEqual([['1', null, null]])
  })
})

describe('a column with the country of a line', () => {
  const phonesOf = async (lines: string[], defaultCountry?: string) => {
    const test = await openTestApp()
    const { rejectedBy, examples } = await importLines(test, lines, {
      isForced: true,
      ...(defaultCountry && { defaultCountry }),
    })
    const rows = await test.ctx.db.read((tx) => tx.all<{ phone: string }>('SELECT phone FROM contacts ORDER BY id'))
    return { phones: rows.map(({ phone }) => phone), rejectedBy, examples }
  }

  it('I6: decides before the default country, by name, code or calling code', async () => {
    const lines = [
      'name,phone,country',
      'A,07700 900158,United Kingdom',
      'B,06 12 34 56 78,Frankreich',
      'C,0151 23456789,',
      'D,07700 900159,uk',
      'E,07700 900160,+44',
      'F,+447700900161,DE',
    ]
    const { phones, rejectedBy } = await phonesOf(lines, 'DE')
    expect(rejectedBy).toEqual({})
    expect(phones.toSorted()).toEqual(
      ['+447700900158', '+33612345678', '+4915123456789', '+447700900159', '+447700900160', '+447700900161'].toSorted(),
    )
  })

  it('I6: that nobody knows leaves a number without a country, whatever the default is', async () => {
    const lines = ['phone,country', '0151 23456789,Atlantis', '+447700900151,Atlantis']
    const { phones, rejectedBy, examples } = await phonesOf(lines, 'DE')
    expect([phones, rejectedBy]).toEqual([['+447700900151'], { 'phone.no_country': 1 }])
    expect(examples[0]?.detail).toContain('"Atlantis" is no country')
  })

  it('I12: joins the calling code of one column with the number of another', async () => {
    const lines = ['Name,CountryCode,Phone', 'Ann,44,7700900151', 'Bea,91,8123456789']
    expect((await phonesOf(lines)).phones.toSorted()).toEqual(['+447700900151', '+918123456789'])
  })

  it('I6: is left alone where a person maps it to nothing', async () => {
    const test = await openTestApp()
    const result = await importLines(test, ['phone,country', '0151 23456789,Atlantis'], {
      defaultCountry: 'DE',
      mapping: { country: '-' },
    })
    expect(result).toMatchObject({ added: 1, rejected: 0 })
  })
})

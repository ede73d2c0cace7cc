// A cell in which there is nothing to see is missing: in an import, for a text's fallback, for a filter and for a rule that needs it.
import { describe, expect, it } from 'vitest'
import { isBlankText } from '../../../src/domain/blank-text.ts'
import { compileContent } from '../../../src/domain/content.ts'
import { compileText, missingFields } from '../../../src/domain/personalisation.ts'
import { exportContacts, readSelection } from '../../../src/engine/contacts/export-contacts.ts'
import { importLines, openTestApp } from '../../support/open-test-app.ts'
import { contactsOf } from './import-support.ts'

const unseen = [
  '\u200b',
  '\ufeff',
  '\u00ad',
  '\u2060',
  '\u3164',
  '\u115f',
  '\u2800',
  '\u00a0',
  '\u200e \u200f',
  '\u180e',
]

describe('I11: a text of invisible characters', () => {
  it.each(unseen)('I11: %j is no value in a cell, whatever the column', async (cell) => {
    const test = await openTestApp()
    await importLines(test, ['phone,name,consent,time_zone,city', `+447700900123,${cell},${cell},${cell},Leeds`])
    expect(await contactsOf(test)).toEqual([{ phone: '+447700900123', city: 'Leeds' }])
    const { lines } = await exportContacts(test.ctx, readSelection({ filter: { field: 'name', isEmpty: true } }), false)
    const phones: unknown[] = []
    for await (const slice of lines) phones.push(...slice.map(([phone]) => phone))
    expect(phones).toEqual(['447700900123'])
  })

  it.each(unseen)('I11: %j gets the fallback of a text, and is missing where there is none', (value) => {
    expect(isBlankText(value)).toBe(true)
    expect(compileText("Hi {{ name | default: 'there' }}").render({ name: value })).toBe('Hi there')
    expect(missingFields(compileText('Hi {{ name }}').fields, { name: value })).toEqual(['name'])
    const content = compileContent({ type: 'text', text: 'Hi {{ name }}' })
    expect(content.missing({ name: value })).toEqual(['name'])
  })

  it.each(unseen)('I11: %j in the phone column is a missing number', async (cell) => {
    const test = await openTestApp()
    const result = await importLines(test, [
      'phone,name',
      '+447700900123,Ada',
      `${cell},Bea`,
      '+447700900124,C',
      '+447700900125,D',
    ])
    expect(result).toMatchObject({ rejected: 1, rejectedBy: { 'phone.missing': 1 } })
  })

  it('I11: text with an invisible character in it keeps it', async () => {
    const test = await openTestApp()
    await importLines(test, ['phone,name', '+447700900123,می\u200cخواهم'])
    expect(await contactsOf(test)).toMatchObject([{ name: 'می\u200cخواهم' }])
  })
})

// What columns and cells say about who agreed and who refused.
import { describe, expect, it } from 'vitest'
import { readConsent, readOptOut, resemblesConsent } from '../../src/domain/consent-columns.ts'

describe('a consent', () => {
  it.each([
    ['ja', 'granted'],
    ['✓', 'granted'],
    ['1.0', 'granted'],
    ['TRUE ', 'granted'],
    ['Yes', 'granted'],
    ['نعم', 'granted'],
    ['nein', 'denied'],
    ['0', 'denied'],
    ['FALSE', 'denied'],
    ['Unsubscribed', 'denied'],
    ['', undefined],
    ['   ', undefined],
    ['maybe', 'unclear'],
    ['2', 'unclear'],
    ['yes no', 'unclear'],
    ['constructor', 'unclear'],
    ['never_subscribed', undefined],
    ['Not subscribed', 'denied'],
  ])('bad input 45: %j is read as %j', (cell, consent) => {
    expect(readConsent(cell)).toBe(consent)
  })
})

describe('a cell of a column of opt-outs', () => {
  it.each(['yes', 'TRUE', 'x', '2026-01-31', 'asked by phone', 'unsubscribed', 'opted out', 'constructor'])(
    'I15: refuses with %j',
    (cell) => {
      expect(readOptOut(cell)).toBe('denied')
    },
  )

  it.each(['', ' ', 'no', 'FALSE', '0', 'nein', 'N/A', '-', 'subscribed', 'opted in'])(
    'I15: refuses nothing with %j',
    (cell) => {
      expect(readOptOut(cell)).toBeUndefined()
    },
  )
})

describe('the name of a column', () => {
  it('I15: resembles one about consent, or does not', () => {
    const near = ['Opt-out reason code (SMS)', 'Marketing permission 2', 'unsub list', 'Hat Widerspruch']
    expect(near.map(resemblesConsent)).toEqual([false, true, true, true])
    expect(['name', 'city', 'Accepts Email Marketing', 'Newsletter opt in'].map(resemblesConsent)).toEqual([
      false,
      false,
      false,
      false,
    ])
  })
})

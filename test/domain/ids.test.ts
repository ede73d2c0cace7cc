// Ids as people see them, and the reference that a provider gives back.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  findIdIn,
  formatId,
  formatReference,
  type IdKind,
  idPrefixes,
  parseId,
  parseReference,
} from '../../src/domain/ids.ts'

const kinds = Object.keys(idPrefixes) as IdKind[]

describe('an id', () => {
  it('is read back from its shown form and from its bare number', () => {
    fc.assert(
      fc.property(fc.constantFrom(...kinds), fc.integer({ min: 1, max: 999_999_999_999_999 }), (kind, id) => {
        expect(parseId(kind, formatId(kind, id))).toBe(id)
        expect(findIdIn(kind, String(id))).toBe(id)
      }),
    )
  })

  it('has a prefix of its own for each kind', () => {
    expect(new Set(Object.values(idPrefixes)).size).toBe(kinds.length)
    expect(formatId('message', 1042)).toBe('msg_1042')
  })

  it.each([
    '',
    '0',
    'msg_0',
    'msg_',
    'cmp_12',
    '-1',
    '1e3',
    '01',
    ' 12',
    '12 ',
    '12\n',
    '1.0',
    '0x1f',
    '１２',
    '1'.repeat(16),
  ])('is not found in %j', (text) => {
    expect(findIdIn('message', text)).toBeUndefined()
    expect(() => parseId('message', text)).toThrow(expect.objectContaining({ code: 'id.invalid' }))
  })

  it('of bad input 146 is refused with a short message', () => {
    expect(() => parseId('campaign', '9'.repeat(100_000))).toThrow(/^"9{40}" is not the id of a campaign$/)
  })
})

describe('a reference', () => {
  it('names its installation, epoch and attempt again', () => {
    const installation = fc.string({
      unit: fc.constantFrom(...'0123456789abcdefghijklmnopqrstuvwxyz'),
      minLength: 6,
      maxLength: 32,
    })
    fc.assert(
      fc.property(
        installation,
        fc.integer({ min: 0, max: 999_999_999 }),
        fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
        (name, epoch, attemptId) => {
          expect(parseReference(formatReference(name, epoch, attemptId))).toEqual({
            installation: name,
            epoch,
            attemptId,
          })
        },
      ),
    )
  })

  it.each([
    '',
    'h',
    'habcdef-1',
    'xabcdef-1-a',
    'habcde-1-a',
    'habcdef--a',
    'habcdef-1-',
    'habcdef-1-A',
    'habcdef-1-zzzzzzzzzzz',
    'habcdef-1-a\n',
  ])('of somebody else is not read: %j', (text) => {
    expect(parseReference(text)).toBeUndefined()
  })
})

// Codes of refusals, several problems in one error, and the word that somebody meant.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  AppError,
  isErrorCode,
  kindOf,
  nearestWord,
  type Problem,
  problemsError,
  rejectCodes,
} from '../../src/domain/errors.ts'

describe('a code', () => {
  it('has one kind', () => {
    expect(kindOf('phone.invalid')).toBe('input')
    expect(kindOf('campaign.running')).toBe('conflict')
    expect(kindOf('usage.needs_yes')).toBe('usage')
    expect(kindOf('fault')).toBe('fault')
    for (const code of rejectCodes) expect(kindOf(code)).toBe('input')
  })

  it('is known by its exact name', () => {
    expect(isErrorCode('cron.syntax')).toBe(true)
    for (const text of ['', 'cron', 'CRON.SYNTAX', 'constructor', '__proto__']) expect(isErrorCode(text)).toBe(false)
  })
})

describe('an error', () => {
  it('carries its code, its hint, its details and its cause', () => {
    const cause = new Error('below')
    const error = new AppError('cron.syntax', 'is wrong', { hint: 'Write it anew.', details: { caret: '^' }, cause })
    expect(error).toMatchObject({ name: 'AppError', code: 'cron.syntax', message: 'is wrong', hint: 'Write it anew.' })
    expect(error.details).toEqual({ caret: '^' })
    expect(error.cause).toBe(cause)
    expect(new AppError('fault', 'x')).not.toHaveProperty('cause')
  })

  it('of several problems has the first one as its own and lists a hundred at most', () => {
    const problems = Array.from(
      { length: 150 },
      (_, i): Problem => ({ pointer: `/a/${i}`, code: 'content.invalid', detail: 'is bad' }),
    )
    const error = problemsError(problems, 'campaign')
    expect(error.code).toBe('content.invalid')
    expect(error.message).toBe('campaign/a/0: is bad (and 149 more)')
    expect(error.details?.errors).toHaveLength(100)
    expect(problemsError([{ pointer: '', code: 'campaign.invalid', detail: 'is bad' }], 'campaign').message).toBe(
      'campaign: is bad',
    )
    expect(() => problemsError([], 'campaign')).toThrow('at least one problem')
  })
})

describe('the nearest word', () => {
  const known = ['template', 'audience', 'first_name', 'name', 'schedule', 'sender']

  it.each([
    ['templete', 'template'],
    ['frist_name', 'first_name'],
    ['FIRST_NAME', 'first_name'],
    ['nmae', 'name'],
    ['audiense', 'audience'],
    ['shedule', 'schedule'],
    ['send', undefined],
    ['zzz', undefined],
    ['', undefined],
  ])('to %j is %j', (word, nearest) => {
    expect(nearestWord(word, known)).toBe(nearest)
  })

  const word = fc.string({ unit: fc.constantFrom(...'abcdefghijklmnopqrstuvwxyz_'), minLength: 4, maxLength: 20 })

  it('to a known word is that word', () => {
    fc.assert(
      fc.property(fc.uniqueArray(word, { minLength: 1, maxLength: 20 }), fc.nat(), (words, pick) => {
        const wanted = words[pick % words.length]!
        expect(nearestWord(wanted, words)).toBe(wanted)
        expect(nearestWord(wanted.toUpperCase(), words)).toBe(wanted)
      }),
    )
  })

  it('is found after one slip: a letter left out, doubled, changed, or swapped with its neighbour', () => {
    const slip = fc.constantFrom('drop', 'double', 'change', 'swap')
    fc.assert(
      fc.property(word, fc.nat(), slip, (wanted, pick, kind) => {
        const at = pick % (wanted.length - 1)
        const [before, letter, next, after] = [wanted.slice(0, at), wanted[at], wanted[at + 1], wanted.slice(at + 2)]
        const mistyped = {
          drop: `${before}${next}${after}`,
          double: `${before}${letter}${letter}${next}${after}`,
          change: `${before}9${next}${after}`,
          swap: `${before}${next}${letter}${after}`,
        }[kind]
        expect(nearestWord(mistyped, ['0000000000', wanted])).toBe(wanted)
      }),
      { numRuns: 500 },
    )
  })

  it('is never further away than a third of the word, and the same for every order of equal candidates but the first', () => {
    fc.assert(
      fc.property(word, fc.array(word, { maxLength: 20 }), (wanted, words) => {
        const found = nearestWord(wanted, words)
        if (found === undefined) return
        expect(words).toContain(found)
        expect(Math.abs(found.length - wanted.length)).toBeLessThanOrEqual(Math.max(1, Math.floor(wanted.length / 3)))
      }),
    )
  })

  it('to a text of 100,000 characters is found at once', () => {
    expect(nearestWord('x'.repeat(100_000), known)).toBeUndefined()
  })
})

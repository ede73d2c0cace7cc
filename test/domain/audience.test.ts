// The rule that selects contacts: every shape that is accepted, and what is wrong with the rest.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { audienceSchema, conditionsIn, type Filter, fieldOperators, filterLimits } from '../../src/domain/audience.ts'
import { type CodeTable, readDefinition } from '../../src/domain/definition.ts'
import type { Problem } from '../../src/domain/errors.ts'

const codes: CodeTable = {
  '': 'campaign.audience_missing',
  '/filter': 'filter.invalid',
  unknown: 'campaign.unknown_field',
}

function problemsOf(audience: unknown): Problem[] {
  const reading = readDefinition(audienceSchema, audience, codes)
  return 'problems' in reading ? reading.problems : []
}

/** The first problem of a filter: its code and its place. */
function problemOf(filter: unknown): [string, string] | undefined {
  const [problem] = problemsOf({ lists: ['customers'], filter })
  return problem && [problem.code, problem.pointer]
}

function accepted(filter: unknown): unknown {
  return audienceSchema.parse({ lists: ['customers'], filter }).filter
}

describe('an audience', () => {
  it('needs a list', () => {
    expect(problemsOf({ lists: ['customers'], exclude: ['vip'] })).toEqual([])
    for (const audience of [{}, { lists: [] }, { lists: [''] }, { lists: 'customers' }, null, [], 'customers'])
      expect(problemsOf(audience)[0]?.code).toBe('campaign.audience_missing')
  })

  it('has no other keys', () => {
    const [problem] = problemsOf({ lists: ['customers'], filtr: {} })
    expect(problem).toMatchObject({ code: 'campaign.unknown_field', pointer: '/filtr' })
    expect(problem?.detail).toContain('did you mean "filter"?')
  })
})

describe('a filter', () => {
  it('compares a field in every way', () => {
    const values = {
      is: 'Berlin',
      isNot: 'Berlin',
      in: ['a', 'b'],
      notIn: ['a'],
      contains: 'er',
      startsWith: 'B',
      endsWith: 'n',
      above: 18,
      atLeast: '2027-01-01',
      below: '10.5',
      atMost: '2027-01-01T09:00:00Z',
      isEmpty: true,
    }
    expect(Object.keys(values)).toEqual([...fieldOperators])
    for (const [operator, value] of Object.entries(values))
      expect(problemOf({ field: 'city', [operator]: value })).toBeUndefined()
  })

  it('takes numbers and truth for the text that they are stored as', () => {
    expect(accepted({ field: 'age', is: 42 })).toEqual({ field: 'age', is: '42' })
    expect(accepted({ field: 'vip', in: [true, 1, 'x'] })).toEqual({ field: 'vip', in: ['true', '1', 'x'] })
  })

  it('joins conditions, turns them around, and asks what became of people in a campaign', () => {
    const filter: Filter = {
      all: [
        { field: 'city', is: 'Berlin' },
        { any: [{ field: 'age', above: 18 }, { not: { field: 'vip', is: 'no' } }] },
        { campaign: 'Spring', status: ['delivered', 'read'] },
      ],
    }
    expect(accepted(filter)).toEqual(filter)
    expect(conditionsIn(filter).map(({ pointer }) => pointer)).toEqual([
      '/all/0',
      '/all/1/any/0',
      '/all/1/any/1/not',
      '/all/2',
    ])
  })

  it.each<[string, unknown, [string, string]]>([
    ['an unknown operator', { field: 'age', matches: '(a+)+$' }, ['filter.invalid', '/filter']],
    ['no operator', { field: 'age' }, ['filter.invalid', '/filter']],
    ['a word where a number is compared', { field: 'age', above: 'x' }, ['filter.invalid', '/filter/above']],
    ['a value of the wrong kind', { field: 'age', is: { $gt: 1 } }, ['filter.invalid', '/filter/is']],
    ['an empty list of values', { field: 'age', in: [] }, ['filter.invalid', '/filter/in']],
    ['an empty group', { all: [] }, ['filter.invalid', '/filter/all']],
    ['a group that is no list', { any: { field: 'a', is: 'b' } }, ['filter.invalid', '/filter/any']],
    ['a group with other keys', { all: [{ field: 'a', is: 'b' }], any: [] }, ['filter.invalid', '/filter']],
    [
      'a mistake deep inside',
      { all: [{ not: { any: [{ field: 'a', is: 'b' }, { field: 'a' }] } }] },
      ['filter.invalid', '/filter/all/0/not/any/1'],
    ],
    ['a negation with other keys', { not: { field: 'a', is: 'b' }, field: 'c' }, ['filter.invalid', '/filter']],
    ['nothing', null, ['filter.invalid', '/filter']],
    ['text', 'age > 18', ['filter.invalid', '/filter']],
    ['a list', [{ field: 'a', is: 'b' }], ['filter.invalid', '/filter']],
    ['an unknown status', { campaign: 'Spring', status: ['opened'] }, ['filter.invalid', '/filter/status/0']],
    ['no status', { campaign: 'Spring', status: [] }, ['filter.invalid', '/filter/status']],
    ['a long value', { field: 'a', is: 'x'.repeat(1025) }, ['filter.invalid', '/filter/is']],
    ['a field without a name', { field: '', is: 'x' }, ['filter.invalid', '/filter/field']],
  ])('bad input 139: of %s is refused at its place', (_name, filter, problem) => {
    expect(problemOf(filter)).toEqual(problem)
  })

  const condition = { field: 'a', is: 'b' }
  const nested = (depth: number, inner: unknown = condition): unknown => {
    let filter = inner
    for (let i = 1; i < depth; i++) filter = { not: filter }
    return filter
  }

  it('may stand eight deep and hold a hundred conditions', () => {
    expect(problemOf(nested(filterLimits.depth))).toBeUndefined()
    expect(problemOf({ any: Array(filterLimits.conditions - 1).fill(condition) })).toBeUndefined()
  })

  it('F1: counts each comparison of a condition, because each is work', () => {
    const dear = { field: 'a', atLeast: 1, below: 5 }
    expect(problemOf({ any: Array(filterLimits.conditions / 2 - 1).fill(dear) })).toBeUndefined()
    expect(problemOf({ any: Array(filterLimits.conditions / 2).fill(dear) })?.[0]).toBe('filter.too_large')
  })

  it('bad input 139: of 1,000 conditions or a depth of 50 is refused, and of a depth of 50,000 too', () => {
    expect(problemOf({ any: Array(1000).fill(condition) })?.[0]).toBe('filter.too_large')
    expect(problemOf(nested(filterLimits.depth + 1))?.[0]).toBe('filter.too_large')
    expect(problemOf(nested(50))?.[0]).toBe('filter.too_large')
    expect(problemOf(nested(50_000))?.[0]).toBe('filter.too_large')
    expect(problemOf({ any: Array(200_000).fill(condition) })?.[0]).toBe('filter.too_large')
  })

  it('is accepted or refused with a code, whatever it is', () => {
    const key = fc.constantFrom(
      'all',
      'any',
      'not',
      'field',
      'is',
      'in',
      'above',
      'campaign',
      'status',
      '__proto__',
      'x',
    )
    const { filter } = fc.letrec((tie) => ({
      filter: fc.oneof(
        { maxDepth: 5 },
        fc.anything(),
        fc.constant(condition),
        fc.dictionary(key, tie('filter'), { maxKeys: 3 }),
        fc.array(tie('filter'), { maxLength: 3 }),
      ),
    }))
    fc.assert(
      fc.property(filter, (value) => {
        fc.pre(value !== undefined)
        const problem = problemOf(value)
        if (problem !== undefined) expect(['filter.invalid', 'filter.too_large']).toContain(problem[0])
      }),
      { numRuns: 500 },
    )
  })
})

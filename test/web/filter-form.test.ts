// The filter as rows and groups: nothing that a definition says is lost in the form, and every problem finds its row.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { audienceSchema, type Filter, filterLimits } from '../../src/domain/audience.ts'
import { messageStatuses } from '../../src/domain/message-status.ts'
import { editFilter, filterForm, readFilterForm, splitValues } from '../../src/web/filter-form.ts'

function read(form: Record<string, string>): unknown {
  return readFilterForm(form, '/audience/filter', new Map())
}

/** The rows and groups that a form has, by path. */
function shapeOf(form: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(form).filter(([name]) => !/\/(?:value|operator|written)$/.test(name)))
}

const text = fc.string({ maxLength: 8 })
const number = fc.double({ noNaN: true, noDefaultInfinity: true }).filter((value) => !Object.is(value, -0))
const date = fc.constantFrom('2027-01-31', '2027-01-31T09:00:00Z')
const field = fc.constantFrom('city', 'age', 'a b', 'zone', '__proto__').map((name) => ({ field: name }))
const comparison = fc.oneof(
  ...['is', 'isNot', 'contains', 'startsWith', 'endsWith'].map((key) => text.map((value) => ({ [key]: value }))),
  ...['in', 'notIn'].map((key) => fc.array(text, { minLength: 1, maxLength: 4 }).map((value) => ({ [key]: value }))),
  ...['above', 'atLeast', 'below', 'atMost'].map((key) => fc.oneof(number, date).map((value) => ({ [key]: value }))),
  fc.boolean().map((isEmpty) => ({ isEmpty })),
)
const condition = fc
  .tuple(field, fc.array(comparison, { minLength: 1, maxLength: 3 }))
  .map(([named, comparisons]) => Object.assign({}, named, ...comparisons) as Filter)
const outcome = fc.record({
  campaign: fc.constantFrom('Spring', 'A, "B"'),
  status: fc.array(fc.constantFrom(...messageStatuses), { minLength: 1, maxLength: 3 }),
})
const { filter } = fc.letrec<{ filter: Filter }>((tie) => ({
  filter: fc.oneof(
    { maxDepth: filterLimits.depth - 1, depthSize: 'medium' },
    condition,
    outcome,
    fc.array(tie('filter'), { minLength: 1, maxLength: 3 }).map((all) => ({ all })),
    fc.array(tie('filter'), { minLength: 1, maxLength: 3 }).map((any) => ({ any })),
    tie('filter').map((not) => ({ not })),
  ),
}))

describe('the form of a filter', () => {
  it('says the same again of every filter', () => {
    let deepest = 0
    fc.assert(
      fc.property(filter, (value) => {
        const reading = audienceSchema.safeParse({ lists: ['a'], filter: value })
        fc.pre(reading.success)
        const form = filterForm(value)
        deepest = Math.max(deepest, ...Object.keys(form).map((name) => name.split('/').length))
        expect(read(form)).toEqual(value)
      }),
      { numRuns: 1000 },
    )
    expect(deepest).toBeGreaterThan(5)
  })

  it('has a field for the place of every part of every filter', () => {
    const placesIn = (value: unknown, at: string): string[] =>
      typeof value !== 'object' || value === null
        ? [at]
        : [at, ...Object.entries(value).flatMap(([key, part]) => placesIn(part, `${at}/${key}`))]
    fc.assert(
      fc.property(filter, (value) => {
        const form = filterForm(value)
        const fields = new Map<string, string>()
        readFilterForm(form, '', fields)
        for (const place of placesIn(value, '')) {
          const [of] = [place, place.replace(/\/\d+$/, ''), place.replace(/\/\w+$/, '')].flatMap(
            (at) => fields.get(at) ?? [],
          )
          expect(of).toBeDefined()
        }
      }),
    )
  })

  it('takes a number that a definition wrote as text for the number', () => {
    expect(read(filterForm({ field: 'age', above: '18' }))).toEqual({ field: 'age', above: 18 })
  })

  it('shows one of these and all of those as a group within the rows', () => {
    const value: Filter = {
      all: [
        { any: [{ field: 'city', is: 'Berlin' }, { not: { field: 'city', is: 'Bonn' } }] },
        {
          not: {
            any: [
              { field: 'age', below: 18 },
              { campaign: 'Spring', status: ['read', 'failed'] },
            ],
          },
        },
      ],
    }
    expect(shapeOf(filterForm(value))).toEqual({
      'filter/match': 'all',
      'filter/0/match': 'any',
      'filter/0/0/field': 'city',
      'filter/0/1/field': 'city',
      'filter/0/1/not': 'yes',
      'filter/1/match': 'none',
      'filter/1/0/field': 'age',
      'filter/1/1/campaign': 'Spring',
      'filter/1/1/status': 'read\nfailed',
    })
  })

  it('leaves out rows and groups that nobody filled in, and keeps a value without a field to be refused', () => {
    const empty = { 'filter/match': 'all', 'filter/0/field': '', 'filter/1/match': 'any', 'filter/1/0/field': '' }
    expect(read(empty)).toBeUndefined()
    expect(read({ ...empty, 'filter/1/1/value': 'x' })).toEqual({ field: '', is: 'x' })
  })

  it('is no longer one condition when its comparisons are joined another way', () => {
    const form = filterForm({ field: 'age', atLeast: 18, below: 30 })
    expect(read({ ...form, 'filter/match': 'any' })).toEqual({
      any: [
        { field: 'age', atLeast: 18 },
        { field: 'age', below: 30 },
      ],
    })
    const other = { ...form, 'filter/1/field': 'years' }
    expect(read(other)).toMatchObject({ all: [{ field: 'age' }, { field: 'years' }] })
  })

  it('reads values between commas, one per line, and in quotes where they hold either', () => {
    expect(splitValues('Berlin, Hamburg\nBonn\r\n, ,"Halle, Saale" , "a ""b""" ')).toEqual([
      'Berlin',
      'Hamburg',
      'Bonn',
      'Halle, Saale',
      'a "b"',
    ])
    expect(splitValues('a "b", "c')).toEqual(['a "b"', '"c'])
  })
})

describe('the buttons of a filter', () => {
  const form = { 'filter/match': 'all', 'filter/0/field': 'city', 'filter/3/match': 'any', 'filter/3/0/field': 'age' }

  it('add a row, a group and another campaign behind what is there', () => {
    expect(editFilter({ ...form, act: 'add-row filter' })).toMatchObject({
      form: { ...form, 'filter/4/field': '' },
      focus: 'filter/4/field',
    })
    expect(editFilter({ ...form, act: 'add-group filter/3' })).toMatchObject({
      form: { 'filter/3/1/match': 'all', 'filter/3/1/0/field': '' },
    })
    expect(editFilter({ ...form, act: 'add-outcome filter' })).toMatchObject({ form: { 'filter/4/campaign': '' } })
  })

  it('remove a part with all that is in it, and nothing whose path begins alike', () => {
    const wide = { ...form, 'filter/30/field': 'zone' }
    const left = editFilter({ ...wide, act: 'remove filter/3' })
    expect(left?.form).toEqual({
      act: 'remove filter/3',
      'filter/match': 'all',
      'filter/0/field': 'city',
      'filter/30/field': 'zone',
    })
  })

  it('are not those of the page', () => {
    for (const act of ['save', 'check', 'remove name', 'add-row filter/x', ''])
      expect(editFilter({ ...form, act })).toBe(undefined)
  })

  it('hold every part of the largest filters', () => {
    const largest = [
      { any: Array(filterLimits.conditions - 1).fill({ field: 'a', is: 'x' }) },
      { any: Array((filterLimits.conditions - 2) / 2).fill({ field: 'a', atLeast: 1, below: 5 }) },
    ]
    for (const value of largest) {
      expect(audienceSchema.safeParse({ lists: ['a'], filter: value }).success).toBe(true)
      expect(read(filterForm(value as Filter))).toEqual(value)
    }
  })

  it('do not let a form grow beyond what a filter may hold', () => {
    const rows = Object.fromEntries(Array.from({ length: 20_000 }, (_, row) => [`filter/${row}/field`, 'a']))
    const { all } = read(rows) as { all: unknown[] }
    expect(all.length).toBeGreaterThan(filterLimits.conditions)
    expect(all.length).toBeLessThanOrEqual(1.5 * filterLimits.conditions)
    const deep = `filter${'/0'.repeat(500)}/field`
    expect(read({ [deep]: 'a' })).toBeUndefined()
  })
})

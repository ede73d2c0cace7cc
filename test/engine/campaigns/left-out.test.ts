// Comparisons in the database: the same answers as the rule, whichever way round they are asked, and the people whom they leave
// out counted and told.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { filterSchema } from '../../../src/domain/audience.ts'
import { boundOf, type ComparisonOperator, compareText } from '../../../src/domain/comparison.ts'
import { countAudience } from '../../../src/engine/campaigns/audience-count.ts'
import { launchByOperator, reviewLaunch } from '../../../src/engine/campaigns/launch.ts'
import { planRuns } from '../../../src/engine/plan/planner.ts'
import { forecastFor } from '../../../src/engine/report/forecast.ts'
import { whyFor } from '../../../src/engine/report/why.ts'
import { storedMessages, tickAndPlan } from '../../support/claims.ts'
import {
  addSandbox,
  addTestCampaign,
  importLines,
  openTestApp,
  phoneNumber,
  type TestApp,
} from '../../support/open-test-app.ts'

const values = [
  '2025-05-31',
  '2025-06-01',
  '2025-06-01T09:00',
  '2025-06-01 23:59:59.999',
  '2025-06-01T23:30-05:00',
  '2025-06-02',
  '1958-01-31',
  'n/a',
  'never',
  '31.12.1999',
  '03/04/2026',
  '2025-02-30',
  '2025',
  '10',
  '9',
  '-3.5',
  '1.000,50',
  '1e3',
  'Infinity',
  "'; DROP TABLE contacts; --",
  '',
]

async function people(fields: readonly string[], options = {}): Promise<TestApp> {
  const test = await openTestApp()
  const lines = fields.map((value, n) => `${phoneNumber(n)},"${value}"`)
  await importLines(test, ['phone,since', ...lines], options)
  return test
}

const operators: readonly ComparisonOperator[] = ['above', 'atLeast', 'below', 'atMost']

describe('S7: a comparison in the database', () => {
  it('selects whom the rule selects, asked one way or the other', async () => {
    const test = await people(values)
    const bounds = ['2025-06-01', '2025-06-01T09:00', '2025-06-01T09:00:00+02:00', 9, '9.5', -3.5, 2025]
    for (const bound of bounds)
      for (const operator of operators)
        for (const isNegated of [false, true]) {
          const condition = { field: 'since', [operator]: bound }
          const filter = isNegated ? { not: condition } : condition
          const expected = values.filter((value) => {
            const answer = compareText(value, operator, boundOf(bound) ?? { kind: 'number', number: Number.NaN })
            return answer !== undefined && answer !== isNegated
          })
          const { people } = await countAudience(test.ctx, { lists: ['people'], filter })
          expect([filter, people]).toEqual([filter, expected.length])
        }
  })

  it('agrees with the rule about any text', async () => {
    const text = fc.oneof(
      fc.string({ maxLength: 20 }).filter((one) => !/["\p{C}]/u.test(one)),
      fc.stringMatching(/^20\d{2}-[01]\d-[0-3]\d([T ][0-2]\d:[0-5]\d(:[0-5]\d)?(Z|[+-]0\d:?[03]0)?)?$/),
      fc.stringMatching(/^[+-]?\d{0,4}[.,]?\d{0,3}$/),
    )
    await fc.assert(
      fc.asyncProperty(
        fc.array(text, { minLength: 1, maxLength: 30 }),
        fc.constantFrom('2024-06-15', '2024-06-15T12:00Z', 12.5),
        fc.constantFrom(...operators),
        async (cells, bound, operator) => {
          const test = await people(cells)
          const { people: found } = await countAudience(test.ctx, {
            lists: ['people'],
            filter: { field: 'since', [operator]: bound },
          })
          const limit = boundOf(bound) ?? { kind: 'number', number: 0 }
          expect(found).toBe(cells.filter((cell) => compareText(cell.trim(), operator, limit) === true).length)
        },
      ),
      { numRuns: 15 },
    )
  })

  it('keeps the three answers apart in groups of conditions', async () => {
    const test = await people(['2025-07-01', '2024-07-01', 'n/a', ''])
    const later = { field: 'since', atLeast: '2025-01-01' }
    const count = async (filter: unknown) => (await countAudience(test.ctx, { lists: ['people'], filter })).people
    expect(await count({ any: [later, { field: 'since', is: 'n/a' }] })).toBe(2)
    expect(await count({ not: { all: [later, { field: 'since', contains: '07' }] } })).toBe(3)
    expect(await count({ not: { not: later } })).toBe(1)
    expect(await count({ any: [{ not: later }, { field: 'since', isEmpty: true }] })).toBe(2)
  })

  it.each(['2025-13-01', '2025-02-30', 'soon', '1.000,50', '2025-06-01T25:00Z'])(
    'refuses to compare with %j',
    (bound) => {
      expect(filterSchema.safeParse({ field: 'since', above: bound }).success).toBe(false)
    },
  )
})

describe('S7: who is left out by a comparison', () => {
  const fields = ['2025-07-01', 'n/a', 'never', '2024-01-01', '', '31.12.1999']
  const audience = { lists: ['people'], filter: { not: { field: 'since', below: '2025-06-01' } } }
  const said = '3 people have a "since" that is not a date, such as "31.12.1999": the filter leaves them out'

  async function withCampaign(): Promise<TestApp> {
    const test = await people(fields)
    await addSandbox(test)
    await addTestCampaign(test, { audience, content: { type: 'text', text: 'Hello' } })
    return test
  }

  it('is counted with the audience, and empty fields are not', async () => {
    const test = await people(fields)
    expect(await countAudience(test.ctx, audience)).toMatchObject({
      people: 1,
      leftOut: [{ field: 'since', kind: 'date', people: 3, example: '31.12.1999' }],
    })
    const number = { lists: ['people'], filter: { field: 'since', above: 5 } }
    expect((await countAudience(test.ctx, number)).leftOut).toMatchObject([{ kind: 'number', people: 5 }])
    const none = { lists: ['people'], filter: { field: 'since', is: 'n/a' } }
    expect((await countAudience(test.ctx, none)).leftOut).toEqual([])
  })

  it('is told by forecast, review and launch, and gets nothing', async () => {
    const test = await withCampaign()
    const told = expect.arrayContaining([expect.stringContaining(said)])
    expect((await forecastFor(test.ctx, 'Spring sale')).warnings).toEqual(told)
    expect((await reviewLaunch(test.ctx, 'Spring sale')).warnings).toEqual(told)
    expect((await launchByOperator(test.ctx, 'Spring sale')).warnings).toEqual(told)
    await tickAndPlan(test, 'Spring sale')
    await planRuns(test.ctx)
    expect((await storedMessages(test)).map(({ phone }) => phone)).toEqual([phoneNumber(0)])
  })

  it('is told by why, with the text that is no date', async () => {
    const test = await withCampaign()
    const { checks } = await whyFor(test.ctx, 'Spring sale', phoneNumber(1))
    expect(checks.find(({ check }) => check === 'audience')?.detail).toContain('"since" is "n/a", which is not a date')
  })
})

describe('S7: the form of dates and numbers that an import declares', () => {
  const lines = [
    'phone,since,spent,note',
    `${phoneNumber(0)},31.12.2025,"1.000,50",1.234`,
    `${phoneNumber(1)},01.06.2024,"12,5",01.02.2025`,
    `${phoneNumber(2)},03/04/2026,n/a,2025-01-01`,
    `${phoneNumber(3)},2025-01-01,,plain`,
  ]

  async function stored(test: TestApp): Promise<unknown[]> {
    const rows = await test.ctx.db.read((tx) =>
      tx.all<{ attributes: string }>('SELECT attributes FROM contacts ORDER BY id'),
    )
    return rows.map(({ attributes }) => Object.values(JSON.parse(attributes)))
  }

  it('holds for the columns that it names, and says what has another form', async () => {
    const test = await openTestApp()
    const result = await importLines(test, lines, { dates: 'Since=DD.MM.YYYY', numbers: 'spent=1.234,56' })
    expect(result.warnings).toEqual({ not_a_date: 1, not_a_number: 1 })
    expect(await stored(test)).toEqual([
      ['2025-12-31', '1000.50', '1.234'],
      ['2024-06-01', '12.5', '01.02.2025'],
      ['03/04/2026', 'n/a', '2025-01-01'],
      ['2025-01-01', 'plain'],
    ])
    const filter = {
      all: [
        { field: 'since', above: '2025-06-01' },
        { field: 'spent', above: 1000 },
      ],
    }
    expect(await countAudience(test.ctx, { lists: ['people'], filter })).toMatchObject({
      people: 1,
      leftOut: [
        { field: 'since', people: 1, example: '03/04/2026' },
        { field: 'spent', people: 1, example: 'n/a' },
      ],
    })
  })

  it('of dates holds for the whole file when it names no column, of numbers never', async () => {
    const test = await openTestApp()
    await importLines(test, lines, { dates: 'DD.MM.YYYY; since=MM/DD/YYYY', numbers: 'spent=1.234,56' })
    expect(await stored(test)).toEqual([
      ['31.12.2025', '1000.50', '1.234'],
      ['01.06.2024', '12.5', '2025-02-01'],
      ['2026-03-04', 'n/a', '2025-01-01'],
      ['2025-01-01', 'plain'],
    ])
  })

  it('is another reading of the same file, and none is the same as before', async () => {
    const test = await openTestApp()
    await importLines(test, lines)
    expect(await importLines(test, lines)).toMatchObject({ alreadyImported: true })
    expect(await importLines(test, lines, { dates: 'since=DD.MM.YYYY' })).toMatchObject({ updated: 2 })
  })

  it('helps a column of dates, whose other cells are rejected', async () => {
    const test = await openTestApp()
    const options = { mapping: { since: 'since:date' }, dates: 'since=DD.MM.YYYY', isForced: true }
    const result = await importLines(
      test,
      ['phone,since', `${phoneNumber(0)},03.04.2026`, `${phoneNumber(1)},n/a`],
      options,
    )
    expect([result.added, result.rejectedBy]).toEqual([1, { 'date.invalid': 1 }])
    expect(await stored(test)).toEqual([['2026-04-03']])
  })

  it.each([
    [{ dates: 'TT.MM.JJJJ' }, 'csv.unknown_form'],
    [{ numbers: 'spent=german' }, 'csv.unknown_form'],
    [{ numbers: '1.234,56' }, 'csv.unknown_form'],
    [{ dates: 'sinse=DD.MM.YYYY' }, 'csv.unknown_column'],
  ])('is refused when it is none: %j', async (options, code) => {
    await expect(importLines(await openTestApp(), lines, options)).rejects.toMatchObject({ code })
  })
})

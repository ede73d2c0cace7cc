// A campaign as people write it: everything wrong with it at once, each with its place and its code.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseCampaign } from '../../src/domain/campaign.ts'
import { AppError, type Problem } from '../../src/domain/errors.ts'
import { HOUR_MS } from '../../src/domain/time-zone.ts'

const minimal = {
  name: 'Spring sale',
  useCase: 'marketing',
  sender: 'shop',
  audience: { lists: ['customers'] },
  content: { type: 'text', text: 'Hello {{ name }}' },
}

function read(value: unknown) {
  return parseCampaign(value, 'Europe/Berlin')
}

function refusal(value: unknown): AppError {
  try {
    read(value)
  } catch (error) {
    if (error instanceof AppError) return error
    throw error
  }
  throw new Error('was not refused')
}

function listed(value: unknown): Problem[] {
  return (refusal(value).details?.errors ?? []) as Problem[]
}

/** Codes and places of all problems. */
function problemsOf(value: unknown): [string, string][] {
  return listed(value).map(({ code, pointer }) => [code, pointer])
}

describe('a campaign', () => {
  it.each([0.25, 25, '25', '0%', 'a quarter', '101%', true])(
    'that pauses when %j failed is told to write 25%%',
    (share) => {
      const problems = listed({ ...minimal, limits: { pauseWhenFailed: share } })
      expect(problems).toMatchObject([{ pointer: '/limits/pauseWhenFailed', detail: expect.stringContaining('25%') }])
      expect(read({ ...minimal, limits: { pauseWhenFailed: '25%' } }).pauseWhenFailed).toBe(0.25)
      expect(read(minimal).pauseWhenFailed).toBeNull()
    },
  )

  it('that says no more than it must starts at launch, and has every default', () => {
    expect(read(minimal)).toMatchObject({
      schedule: { timing: { kind: 'launch' }, zone: 'Europe/Berlin' },
      validityMs: 36 * HOUR_MS,
      quietHours: { mode: 'respect' },
      respectsCaps: true,
      priority: 50,
      delivery: 'atMostOnce',
      tags: [],
      warnings: [],
    })
  })

  it('asks for quiet hours and caps when it is marketing, and otherwise when told to', () => {
    const utility = { ...minimal, useCase: 'utility' }
    expect(read(utility)).toMatchObject({ quietHours: { mode: 'ignore' }, respectsCaps: false })
    expect(read({ ...utility, limits: { quietHours: 'respect' } }).quietHours).toEqual({ mode: 'respect' })
    expect(read({ ...minimal, limits: { frequencyCap: 'ignore' } }).respectsCaps).toBe(false)
    expect(read({ ...minimal, limits: { quietHours: { from: '20:00', to: '09:00' } } }).quietHours).toEqual({
      mode: 'own',
      policy: { fromMinute: 1200, toMinute: 540, allDay: [], action: 'defer' },
    })
  })

  it('has its name without spaces around it and its tags in lower case', () => {
    const { definition } = read({ ...minimal, name: '  Sale ', tags: ['VIP', 'spring-27'] })
    expect(definition).toMatchObject({ name: 'Sale', tags: ['vip', 'spring-27'] })
  })

  it('warns of what its schedule does on special days', () => {
    expect(read({ ...minimal, schedule: { cron: '0 9 31 * *' } }).warnings).toEqual([
      expect.stringContaining('7 months of 12'),
    ])
  })

  it('FC-09 of another use case that asks for caps is refused', () => {
    for (const useCase of ['utility', 'authentication', 'service'])
      expect(problemsOf({ ...minimal, useCase, limits: { frequencyCap: 'respect' } })).toEqual([
        ['cap.requires_marketing', '/limits/frequencyCap'],
      ])
  })
})

describe('a campaign that is refused', () => {
  it.each([null, undefined, [], 'x', 7, true])('bad input 70: is %j and no object', (value) => {
    expect(refusal(value).code).toBe('campaign.not_an_object')
  })

  it.each<[string, Record<string, unknown>, [string, string]]>([
    ['bad input 71: an unknown key', { audiense: {} }, ['campaign.unknown_field', '/audiense']],
    [
      'bad input 71: an unknown key deep inside',
      { content: { ...minimal.content, previewurl: true } },
      ['campaign.unknown_field', '/content/previewurl'],
    ],
    ['bad input 74: no audience', { audience: undefined }, ['campaign.audience_missing', '/audience']],
    ['bad input 74: no list', { audience: { lists: [] } }, ['campaign.audience_missing', '/audience/lists']],
    ['bad input 82: no content', { content: undefined }, ['content.invalid', '/content']],
    ['bad input 89: a rate of 0', { limits: { ratePerSecond: 0 } }, ['rate.out_of_range', '/limits/ratePerSecond']],
    ['bad input 89: a rate of −1', { limits: { ratePerSecond: -1 } }, ['rate.out_of_range', '/limits/ratePerSecond']],
    [
      'bad input 89: a rate of a milliard',
      { limits: { ratePerSecond: 1e9 } },
      ['rate.out_of_range', '/limits/ratePerSecond'],
    ],
    [
      'bad input 89: a rate that is no number',
      { limits: { ratePerSecond: Number.NaN } },
      ['rate.out_of_range', '/limits/ratePerSecond'],
    ],
    [
      'bad input 89: a rate in words',
      { limits: { ratePerSecond: 'fast' } },
      ['rate.out_of_range', '/limits/ratePerSecond'],
    ],
    [
      'bad input 91: two kinds of schedule',
      { schedule: { at: '2027-06-01T09:00Z', cron: '0 9 * * *' } },
      ['schedule.conflict', '/schedule'],
    ],
    [
      'bad input 93: quiet hours of no length',
      { limits: { quietHours: { from: '22:00', to: '22:00' } } },
      ['quiet_hours.invalid', '/limits/quietHours'],
    ],
    [
      'bad input 93: quiet hours at 25:00',
      { limits: { quietHours: { from: '25:00', to: '08:00' } } },
      ['quiet_hours.invalid', '/limits/quietHours'],
    ],
    [
      'QH-06 quiet hours from midnight to midnight',
      { limits: { quietHours: { from: '00:00', to: '00:00' } } },
      ['quiet_hours.invalid', '/limits/quietHours'],
    ],
    [
      'QH-20 quiet hours on all days',
      {
        limits: {
          quietHours: { from: '21:00', to: '08:00', allDay: ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] },
        },
      },
      ['quiet_hours.invalid', '/limits/quietHours'],
    ],
    ['bad input 102: exactly once', { delivery: 'exactly_once' }, ['policy.unknown', '/delivery']],
    ['VA-10 a validity of 0', { limits: { validity: '0h' } }, ['validity.out_of_range', '/limits/validity']],
    ['VA-10 a negative validity', { limits: { validity: '-1h' } }, ['validity.out_of_range', '/limits/validity']],
    ['VA-10 a fractional validity', { limits: { validity: '1.5h' } }, ['validity.out_of_range', '/limits/validity']],
    ['VA-10 a validity above 30 days', { limits: { validity: '31d' } }, ['validity.out_of_range', '/limits/validity']],
    ['VA-10 a validity that is a number', { limits: { validity: 36 } }, ['validity.out_of_range', '/limits/validity']],
    [
      'bad input 105: a pattern of four fields',
      { schedule: { cron: '* * * *' } },
      ['cron.field_count', '/schedule/cron'],
    ],
    [
      'bad input 106: a pattern of six fields',
      { schedule: { cron: '0 0 9 * * *' } },
      ['cron.field_count', '/schedule/cron'],
    ],
    ['bad input 107: a minute of 60', { schedule: { cron: '60 * * * *' } }, ['cron.out_of_range', '/schedule/cron']],
    ['bad input 109: a backward range', { schedule: { cron: '0 5-1 * * *' } }, ['cron.bad_range', '/schedule/cron']],
    ['bad input 110: a gap in a list', { schedule: { cron: '0 1,,2 * * *' } }, ['cron.syntax', '/schedule/cron']],
    ['bad input 111: a letter', { schedule: { cron: 'H H * * *' } }, ['cron.letter', '/schedule/cron']],
    ['bad input 113: a day that no month has', { schedule: { cron: '0 0 30 2 *' } }, ['cron.never', '/schedule/cron']],
    ['bad input 117: every minute', { schedule: { cron: '* * * * *' } }, ['cron.too_frequent', '/schedule/cron']],
    [
      'bad input 118: a pattern of 10,000 characters',
      { schedule: { cron: '0'.repeat(10_000) } },
      ['cron.syntax', '/schedule/cron'],
    ],
    [
      'bad input 121: a day that no month has',
      { schedule: { at: '2026-02-30', timeZone: 'UTC' } },
      ['date.invalid', '/schedule/at'],
    ],
    [
      'bad input 122: a time in a gap',
      { schedule: { at: '2026-03-29T02:30', timeZone: 'Europe/Berlin' } },
      ['date.nonexistent_local_time', '/schedule/at'],
    ],
    [
      'bad input 125: a leap second',
      { schedule: { at: '2026-12-31T23:59:60Z' } },
      ['date.leap_second', '/schedule/at'],
    ],
    ['bad input 126: a date in words', { schedule: { at: 'next friday' } }, ['date.ambiguous', '/schedule/at']],
    ['bad input 127: the year 9999', { schedule: { at: '9999-01-01' } }, ['date.out_of_range', '/schedule/at']],
    ['HZ-13 a time without a zone', { schedule: { at: '2027-06-01T09:00' } }, ['date.zone_missing', '/schedule/at']],
    [
      'an unknown zone',
      { schedule: { cron: '0 9 * * *', timeZone: 'Mars/Phobos' } },
      ['zone.unknown', '/schedule/timeZone'],
    ],
    ['no name', { name: '   ' }, ['campaign.invalid', '/name']],
    ['an unknown use case', { useCase: 'promo' }, ['campaign.invalid', '/useCase']],
    ['eleven tags', { tags: Array.from({ length: 11 }, (_, i) => `t${i}`) }, ['campaign.invalid', '/tags']],
    ['a tag of signs', { tags: ['a;b'] }, ['campaign.invalid', '/tags/0']],
    ['a priority of 101', { priority: 101 }, ['campaign.invalid', '/priority']],
    ['a priority of a half', { priority: 0.5 }, ['campaign.invalid', '/priority']],
    [
      'a broken filter',
      { audience: { lists: ['a'], filter: { field: 'age' } } },
      ['filter.invalid', '/audience/filter'],
    ],
  ])('%s is refused at its place', (_name, rest, problem) => {
    const value = Object.fromEntries(Object.entries({ ...minimal, ...rest }).filter(([, part]) => part !== undefined))
    expect(problemsOf(value)).toEqual([problem])
    expect(refusal(value).code).toBe(problem[0])
  })

  it('bad input 71: is offered the key that was meant', () => {
    const [problem] = listed({ ...minimal, audiense: {} })
    expect(problem?.detail).toContain('did you mean "audience"?')
    const [inner] = listed({ ...minimal, content: { type: 'template', templete: 'a', template: 'a', language: 'en' } })
    expect(inner).toMatchObject({ code: 'campaign.unknown_field', pointer: '/content/templete' })
    expect(inner?.detail).toContain('did you mean "template"?')
  })

  it('bad input 89: has a rate that is out of range, while 0.1 is not', () => {
    expect(read({ ...minimal, limits: { ratePerSecond: 0.1 } }).definition.limits?.ratePerSecond).toBe(0.1)
  })

  it('bad input 102: is told the three policies and why there is no fourth', () => {
    const { message } = refusal({ ...minimal, delivery: 'exactly_once' })
    expect(message).toContain('atMostOnce, reconcile, atLeastOnce')
    expect(message).toContain('exactly once is not offered')
  })

  it('names all problems at once', () => {
    const value = {
      ...minimal,
      schedule: { cron: '* * * *' },
      limits: { validity: '0h', ratePerSecond: 0, quietHours: { from: '1', to: '2' } },
    }
    expect(problemsOf(value).map(([code]) => code)).toEqual([
      'cron.field_count',
      'validity.out_of_range',
      'quiet_hours.invalid',
      'rate.out_of_range',
    ])
    expect(refusal(value).message).toContain('(and 3 more)')
    expect(problemsOf({}).map(([, pointer]) => pointer)).toEqual([
      '/name',
      '/useCase',
      '/sender',
      '/audience',
      '/content',
    ])
  })

  it('is refused with a code, whatever it is', () => {
    const part = fc.constantFrom(
      'name',
      'useCase',
      'sender',
      'audience',
      'content',
      'schedule',
      'limits',
      'tags',
      '__proto__',
      'x/y~z',
    )
    const value = fc.oneof(
      fc.anything(),
      fc.dictionary(part, fc.anything()).map((rest) => ({ ...minimal, ...rest })),
    )
    fc.assert(
      fc.property(value, (campaign) => {
        try {
          expect(read(campaign).definition.name).not.toBe('')
        } catch (error) {
          expect(error).toBeInstanceOf(AppError)
        }
      }),
      { numRuns: 200 },
    )
  })
})

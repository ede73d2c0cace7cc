// The editor's form and the definition: one made of the other, and every problem beside its field.
import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { campaignSchema, parseCampaign } from '../../src/domain/campaign.ts'
import type { AppError, Problem } from '../../src/domain/errors.ts'
import { formOfDefinition, readCampaignForm } from '../../src/web/campaign-form.ts'

const samples = new URL('../../samples/campaigns/', import.meta.url)

const textForm = {
  '/name': 'Spring sale',
  '/useCase': 'marketing',
  '/sender': 'main',
  '/audience/lists': 'spring',
  '/content/type': 'text',
  '/content/text': 'Hello',
}

function problemsOf(definition: unknown): Problem[] {
  try {
    parseCampaign(definition, 'UTC')
    return []
  } catch (error) {
    return ((error as AppError).details?.errors ?? []) as Problem[]
  }
}

describe('the form of a campaign', () => {
  it.each(readdirSync(samples))('says the same again of %s', (file) => {
    const definition = campaignSchema.parse(parse(readFileSync(new URL(file, samples), 'utf8')))
    const again = campaignSchema.parse(readCampaignForm(formOfDefinition(definition)).definition)
    expect(again).toEqual(definition)
  })

  it('makes a pattern of a day and a time, and finds both in it again', () => {
    const form = { ...textForm, 'schedule/kind': 'weekly', 'schedule/time': '09:30', 'schedule/weekday': 'FRI' }
    const { definition } = readCampaignForm({ ...form, '/schedule/timeZone': 'Europe/Berlin' })
    expect(definition.schedule).toEqual({ cron: '30 9 * * FRI', timeZone: 'Europe/Berlin' })
    expect(formOfDefinition(campaignSchema.parse(definition))).toMatchObject(form)
  })

  it('sends at a time of the recipients own clocks, with a zone for those of whom none is known', () => {
    const form = { 'schedule/kind': 'once', '/schedule/at': '2027-12-01T09:00', 'schedule/recipient': 'yes' }
    const { definition } = readCampaignForm({ ...textForm, ...form, '/schedule/timeZone': 'Europe/Berlin' })
    expect(definition.schedule).toEqual({
      at: '2027-12-01T09:00',
      timeZone: 'recipient',
      fallbackTimeZone: 'Europe/Berlin',
    })
  })

  it('reads rows of a filter, leaves empty ones out and names the row of a problem', () => {
    const { definition, fieldOf } = readCampaignForm({
      ...textForm,
      'filter/match': 'any',
      'filter/0/field': '',
      'filter/1/field': 'city',
      'filter/1/operator': 'in',
      'filter/1/value': 'Berlin, Hamburg',
      'filter/2/field': 'age',
      'filter/2/operator': 'above',
      'filter/2/value': 'old',
    })
    expect(definition.audience).toMatchObject({
      filter: {
        any: [
          { field: 'city', in: ['Berlin', 'Hamburg'] },
          { field: 'age', above: 'old' },
        ],
      },
    })
    expect(problemsOf(definition).map(fieldOf)).toEqual(['filter/2/value'])
  })

  it('keeps a filter that rows cannot say', () => {
    const filter = {
      not: {
        any: [
          { field: 'city', is: 'Berlin' },
          { campaign: 'Spring', status: ['failed'] },
        ],
      },
    }
    const definition = campaignSchema.parse({
      ...readCampaignForm(textForm).definition,
      audience: { lists: ['spring'], filter },
    })
    const form = formOfDefinition(definition)
    expect(readCampaignForm(form).definition.audience).toMatchObject({ filter })
  })

  it('finds the field of a problem behind rows that were left empty', () => {
    const { definition, fieldOf } = readCampaignForm({
      ...textForm,
      '/content/type': 'buttons',
      '/content/text': '',
      '/content/body': 'Choose',
      '/content/buttons/0/title': '',
      '/content/buttons/1/title': 'Yes',
      '/content/buttons/2/title': 'A title that is far too long for a button',
    })
    expect(definition.content).toMatchObject({ buttons: [{ title: 'Yes', id: 'Yes' }, { id: expect.any(String) }] })
    expect(problemsOf(definition).map(fieldOf)).toContain('/content/buttons/2/title')
  })

  it('refuses by name a number that is none', () => {
    const { definition, fieldOf } = readCampaignForm({ ...textForm, '/limits/ratePerSecond': 'fast', '/priority': '7' })
    expect(definition).toMatchObject({ priority: 7 })
    expect(problemsOf(definition).map(fieldOf)).toEqual(['/limits/ratePerSecond'])
  })

  it('SR-28 takes a field named like what every object inherits for a name', () => {
    const form = { ...textForm, '/content/__proto__/polluted': 'yes', '/content/constructor': 'x' }
    const { definition } = readCampaignForm(form)
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false)
    expect(problemsOf(definition).map(({ pointer }) => pointer)).toContain('/content/constructor')
  })
})

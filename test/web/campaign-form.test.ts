// The editor's form and the definition: one made of the other, and every problem beside its field.
import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { campaignSchema, parseCampaign } from '../../src/domain/campaign.ts'
import type { AppError, Problem } from '../../src/domain/errors.ts'
import type { TemplateButtonType, TemplateShape } from '../../src/domain/template.ts'
import { formOfDefinition, readCampaignForm } from '../../src/web/campaign-form.ts'
import { contentFields } from '../../src/web/content-fields.ts'

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

describe('the fields of several files', () => {
  const cdn = 'https://cdn.example.test'
  const two = [{ url: `${cdn}/a.png`, altText: 'Front' }, { url: `${cdn}/b.png` }]
  const papers = [{ url: `${cdn}/p.pdf`, filename: 'prices.pdf', altText: 'Prices' }, { url: `${cdn}/v.mp4` }]
  const buttons = [{ id: 'yes', title: 'Yes' }]

  it.each([
    ['image', { type: 'image', images: two, caption: 'Two views' }, 'Picture 2: its address'],
    ['document', { type: 'document', files: papers, caption: 'Prices' }, 'File 1: its name'],
    [
      'buttons',
      { type: 'buttons', header: { type: 'image', images: two }, body: 'x', buttons },
      'Picture 1: what it shows',
    ],
    [
      'buttons',
      { type: 'buttons', header: { type: 'document', files: papers }, body: 'x', buttons },
      'File 2: its name',
    ],
  ] as const)('V11: of %s have labels, show one more, and say the same again', (type, content, label) => {
    const base = readCampaignForm(textForm).definition
    const definition = campaignSchema.parse({ ...base, content })
    const form = formOfDefinition(definition)
    const groups = contentFields(type, form, null)
    expect(groups.map(({ title }) => title)).not.toContain('More')
    const labels = groups.flatMap(({ fields }) => fields.map((field) => field.label))
    expect(labels).toContain(label)
    expect(labels.join()).toMatch(/(?:Picture|File) 3: its address/)
    expect(campaignSchema.parse(readCampaignForm(form).definition)).toEqual(definition)
  })
})

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

  it.each([
    [{ at: '2027-12-01T09:00:00Z' }, '2027-12-01T10:00', { at: '2027-12-01T10:00', timeZone: 'Europe/Berlin' }],
    [
      { at: '2027-12-01T09:00-05:00', timeZone: 'America/New_York' },
      '2027-12-01T09:00',
      { at: '2027-12-01T09:00', timeZone: 'America/New_York' },
    ],
    [{ at: '2027-12-01T09:00:30Z' }, '2027-12-01T10:00:30', { at: '2027-12-01T10:00:30', timeZone: 'Europe/Berlin' }],
    [
      { every: '2d', from: '2027-06-01T09:00Z' },
      '2027-06-01T11:00',
      { every: '2d', from: '2027-06-01T11:00', timeZone: 'Europe/Berlin' },
    ],
  ])(
    'shows the time of %j on the clock of its zone, else of the installation, and means the same',
    (schedule, shown, read) => {
      const definition = campaignSchema.parse({ ...readCampaignForm(textForm).definition, schedule })
      const form = formOfDefinition(definition, 'Europe/Berlin')
      expect(form['/schedule/at'] ?? form['/schedule/from']).toBe(shown)
      expect(readCampaignForm(form, 'Europe/Berlin').definition.schedule).toEqual(read)
    },
  )

  it.each([
    ['2027-06-02', '2027-06-02T23:59:59.999', 'Europe/Berlin'],
    ['2027-06-02Z', '2027-06-03T01:59:59.999', 'Europe/Berlin'],
    ['2027-06-02T09:00', '2027-06-02T09:00', 'Europe/Berlin'],
  ])('S12: shows until %s as %s, and means the same', (until, shown, timeZone) => {
    const schedule = { cron: '0 9 * * *', timeZone, until }
    const definition = campaignSchema.parse({ ...readCampaignForm(textForm).definition, schedule })
    const form = formOfDefinition(definition)
    expect(form['/schedule/until']).toBe(shown)
    const again = parseCampaign(readCampaignForm(form).definition, 'UTC')
    expect(again.schedule.until).toBe(parseCampaign(definition, 'UTC').schedule.until)
  })

  it.each([
    ['@daily', 'daily'],
    ['@weekly', 'weekly'],
    ['@monthly', 'monthly'],
    ['@hourly', 'cron'],
  ])('I14: shows %s as the choice that it is: %s', (cron, kind) => {
    const definition = campaignSchema.parse({ ...readCampaignForm(textForm).definition, schedule: { cron } })
    expect(formOfDefinition(definition)['schedule/kind']).toBe(kind)
    expect(readCampaignForm(formOfDefinition(definition)).definition.schedule).toBeDefined()
  })

  it.each(['once', 'every', 'cron'])('starts nothing at once when the time of "%s" is left empty', (kind) => {
    const { definition } = readCampaignForm({ ...textForm, 'schedule/kind': kind }, 'Europe/Berlin')
    expect(problemsOf(definition)).toHaveLength(1)
  })

  it('reads rows of a filter, leaves empty ones out and names the row of a problem', () => {
    const { definition, fieldOf } = readCampaignForm({
      ...textForm,
      'filter/match': 'any',
      'filter/0/field': '',
      'filter/1/field': 'city',
      'filter/1/operator': 'in',
      'filter/1/value': 'Berlin, Hamburg',
      'filter/2/match': 'none',
      'filter/2/0/field': '',
      'filter/2/1/field': 'age',
      'filter/2/1/operator': 'above',
      'filter/2/1/value': 'old',
    })
    expect(definition.audience).toMatchObject({
      filter: { any: [{ field: 'city', in: ['Berlin', 'Hamburg'] }, { not: { field: 'age', above: 'old' } }] },
    })
    expect(problemsOf(definition).map(fieldOf)).toEqual(['filter/2/1/value'])
  })

  it.each([
    [{ 'filter/0/match': 'all', 'filter/0/0/value': 'Berlin' }, 'filter/0/0/field'],
    [{ 'filter/0/field': 'age', 'filter/0/operator': 'notIn' }, 'filter/0/value'],
    [{ 'filter/0/campaign': '', 'filter/0/status': 'read' }, 'filter/0/campaign'],
    [{ 'filter/0/campaign': 'Spring', 'filter/0/not': 'yes' }, 'filter/0/status'],
  ])('names the field of what is wrong with %j', (filter, field) => {
    const { definition, fieldOf } = readCampaignForm({ ...textForm, ...filter })
    expect(problemsOf(definition).map(fieldOf)).toEqual([field])
    expect(problemsOf(definition)[0]?.detail).toMatch(
      /^(?:names no|needs at least one) (?:field|value|campaign|status)$/,
    )
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

  it('keeps the button of a template at its place, and needs nothing from a quick reply', () => {
    const button = (index: number, type: TemplateButtonType) => ({ index, type, takesValue: true })
    const shape: TemplateShape = {
      header: { type: 'image', values: [] },
      body: ['1'],
      isNamed: false,
      buttons: [button(0, 'url'), button(1, 'quickReply'), button(2, 'copyCode')],
      cards: [],
    }
    const content = {
      type: 'template',
      template: 'sale',
      language: 'en',
      header: { type: 'image', url: 'https://x.test/a.png' },
      body: ['{{ first_name }}'],
      buttons: [
        { index: 0, type: 'url', value: 'x' },
        { index: 2, type: 'copyCode', value: 'SPRING20' },
      ],
    }
    const definition = campaignSchema.parse({ ...readCampaignForm(textForm).definition, content })
    const form = formOfDefinition(definition)
    // What the page sends: every field that it shows or hides, with what is fixed.
    const fields = contentFields('template', form, shape).flatMap((group) => group.fields)
    const sent = Object.fromEntries(fields.map(({ name, fixed }) => [name, fixed ?? form[name] ?? '']))
    expect(sent).toMatchObject({ '/content/buttons/1/type': 'quickReply', '/content/buttons/1/value': '' })
    expect(readCampaignForm({ ...form, ...sent }).definition.content).toEqual(content)
    const none = { ...sent, '/content/buttons/0/type': 'quickReply', '/content/buttons/0/value': '' }
    const bare = { ...none, '/content/buttons/2/type': 'quickReply', '/content/buttons/2/value': '' }
    expect(readCampaignForm({ ...form, ...bare }).definition.content).not.toHaveProperty('buttons')
  })

  it('I5: declares a button as an opt-out; a quick reply then carries a payload that says so', () => {
    const template = { '/content/type': 'template', '/content/template': 'sale', '/content/language': 'en' }
    const quickReply = { '/content/buttons/1/index': '1', '/content/buttons/1/type': 'quickReply' }
    const ticked = { ...textForm, ...template, ...quickReply, '/content/buttons/1/optOut': 'yes' }
    const { definition } = readCampaignForm({ ...ticked, '/content/text': '' })
    const content = {
      type: 'template',
      template: 'sale',
      language: 'en',
      buttons: [{ index: 1, type: 'quickReply', value: 'optout', optOut: true }],
    }
    expect(definition.content).toEqual(content)
    const form = formOfDefinition(campaignSchema.parse({ ...definition, content }))
    expect(form['/content/buttons/1/optOut'] ?? form['/content/buttons/0/optOut']).toBe('yes')
    const reply = { '/content/type': 'buttons', '/content/body': 'b', '/content/buttons/0/title': 'No' }
    const asked = { ...textForm, ...reply, '/content/text': '', '/content/buttons/0/optOut': 'yes' }
    expect(readCampaignForm(asked).definition.content).toEqual({
      type: 'buttons',
      body: 'b',
      buttons: [{ id: 'No', title: 'No', optOut: true }],
    })
  })

  it('V11: keeps a button that answers as a text, and makes one', () => {
    const content = { type: 'buttons', body: 'Sure?', buttons: [{ title: 'Yes' }, { id: 'n', title: 'No' }] }
    const form = formOfDefinition(campaignSchema.parse({ ...readCampaignForm(textForm).definition, content }))
    expect(form['/content/buttons/0/asText']).toBe('yes')
    expect(readCampaignForm(form).definition.content).toEqual(content)
    expect(readCampaignForm({ ...form, '/content/buttons/1/asText': 'yes' }).definition.content).toMatchObject({
      buttons: [{ title: 'Yes' }, { title: 'No' }],
    })
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

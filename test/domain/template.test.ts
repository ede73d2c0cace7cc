// Whether a campaign's content fits a template, and what a launch may do with what is known of it.
import { describe, expect, it } from 'vitest'
import type { TemplateContent } from '../../src/domain/content.ts'
import {
  checkTemplate,
  type KnownTemplates,
  type TemplateShape,
  type TemplateStatus,
  templateProblems,
} from '../../src/domain/template.ts'

const bare: TemplateShape = { header: null, body: [], isNamed: false, buttons: [], cards: [] }
const shape = (change: Partial<TemplateShape>): TemplateShape => ({ ...bare, ...change })
const content = (change: Partial<TemplateContent> = {}): TemplateContent => ({
  type: 'template',
  template: 'spring_sale',
  language: 'en',
  ...change,
})

describe('values of a template', () => {
  it.each<[string, Partial<TemplateContent>, Partial<TemplateShape>]>([
    ['nothing for nothing', {}, {}],
    ['two values for two places', { body: ['Ada', '20%'] }, { body: ['1', '2'] }],
    ['names for names', { body: { day: 'Monday', name: 'Ada' } }, { body: ['name', 'day'], isNamed: true }],
    ['a picture for a picture', { header: { type: 'image', mediaId: '1' } }, { header: { type: 'image', values: [] } }],
    ['nothing for a fixed text above', {}, { header: { type: 'text', values: [] } }],
    ['a text for a text above', { header: { type: 'text', text: 'Ada' } }, { header: { type: 'text', values: ['1'] } }],
    [
      'the end of a link, and no payload for a quick reply',
      { buttons: [{ index: 0, type: 'url', value: 'x' }] },
      {
        buttons: [
          { index: 0, type: 'url', takesValue: true },
          { index: 1, type: 'quickReply', takesValue: true },
          { index: 2, type: 'other', takesValue: false },
        ],
      },
    ],
    [
      'cards for cards',
      { cards: [{ body: ['a'] }, { body: ['b'] }] },
      { cards: [shape({ body: ['1'] }), shape({ body: ['1'] })] },
    ],
  ])('fit: %s', (_, given, taken) => {
    expect(templateProblems(content(given), shape(taken))).toEqual([])
  })

  it.each<[string, Partial<TemplateContent>, Partial<TemplateShape>, string]>([
    [
      'two for three',
      { body: ['a', 'b'] },
      { body: ['1', '2', '3'] },
      'body: the template takes 3 values, the campaign gives 2',
    ],
    [
      'four for three',
      { body: ['a', 'b', 'c', 'd'] },
      { body: ['1', '2', '3'] },
      'body: the template takes 3 values, the campaign gives 4',
    ],
    ['none for one', {}, { body: ['1'] }, 'body: the template takes 1 values, the campaign gives 0'],
    [
      'places for names',
      { body: ['Ada'] },
      { body: ['name'], isNamed: true },
      'body: the template takes values by name: name',
    ],
    [
      'names for places',
      { body: { name: 'Ada' } },
      { body: ['1'] },
      'body: the template takes its 1 values in order, without names',
    ],
    [
      'another name',
      { body: { nam: 'Ada' } },
      { body: ['name'], isNamed: true },
      'body: the template takes name, the campaign does not give it',
    ],
    ['no picture', {}, { header: { type: 'image', values: [] } }, 'header: the template needs one (image)'],
    [
      'a picture for nothing',
      { header: { type: 'image', mediaId: '1' } },
      {},
      'header: the template takes no value there',
    ],
    [
      'a text for a picture',
      { header: { type: 'text', text: 'Ada' } },
      { header: { type: 'image', values: [] } },
      'header: the template takes image, the campaign gives text',
    ],
    [
      'no end for a link',
      {},
      { buttons: [{ index: 0, type: 'url', takesValue: true }] },
      'buttons: button 0 of the template (url) needs a value',
    ],
    [
      'a code for a link',
      { buttons: [{ index: 0, type: 'copyCode', value: 'x' }] },
      { buttons: [{ index: 0, type: 'url', takesValue: true }] },
      'buttons: button 0 of the template is url, not copyCode',
    ],
    [
      'a button too much',
      { buttons: [{ index: 3, type: 'url', value: 'x' }] },
      {},
      'buttons: the template has no button 3',
    ],
    [
      'too few cards',
      { cards: [{}, {}] },
      { cards: [bare, bare, bare] },
      'cards: the template has 3, the campaign gives 2',
    ],
    [
      'a value missing in a card',
      { cards: [{ body: ['a'] }, {}] },
      { cards: [shape({ body: ['1'] }), shape({ body: ['1'] })] },
      'cards/1/body: the template takes 1 values, the campaign gives 0',
    ],
  ])('do not fit: %s', (_, given, taken, problem) => {
    expect(templateProblems(content(given), shape(taken))).toContain(problem)
  })
})

describe('a template before a launch', () => {
  const known = (change: Partial<KnownTemplates['templates'][number]> = {}, isComplete = true): KnownTemplates => ({
    templates: [
      {
        name: 'spring_sale',
        language: 'en',
        status: 'approved',
        statusDetail: 'APPROVED',
        namespace: null,
        shape: bare,
        ...change,
      },
    ],
    isComplete,
    syncCommand: 'herald templates sync "main"',
  })

  it('may be used when it is approved and its values fit', () => {
    expect(checkTemplate(content(), known())).toBeUndefined()
    expect(checkTemplate(content(), known({ status: 'unknown' }))).toBeUndefined()
    expect(checkTemplate(content({ body: ['anything'] }), known({ shape: null }))).toBeUndefined()
  })

  it.each<TemplateStatus>(['pending', 'rejected', 'paused', 'disabled'])('may not be used when it is %s', (status) => {
    const told = known({ status, statusDetail: `${status.toUpperCase()}: low quality` })
    expect(() => checkTemplate(content(), told)).toThrow(
      expect.objectContaining({
        code: 'template.not_usable',
        message: `the template "spring_sale" (en) is ${status}: ${status.toUpperCase()}: low quality`,
      }),
    )
  })

  it('names which value is wrong, and all of them for programs', () => {
    const told = known({ shape: shape({ body: ['1'], header: { type: 'image', values: [] } }) })
    expect(() => checkTemplate(content(), told)).toThrow(
      expect.objectContaining({
        code: 'template.parameter_count',
        message: 'content/header: the template needs one (image)',
        details: expect.objectContaining({ problems: expect.arrayContaining([expect.stringContaining('body')]) }),
      }),
    )
  })

  it('is refused with the nearest name when the account does not have it', () => {
    const refused = (given: Partial<TemplateContent>, hint: RegExp) =>
      expect(() => checkTemplate(content(given), known())).toThrow(
        expect.objectContaining({ code: 'template.not_usable', hint: expect.stringMatching(hint) }),
      )
    refused({ template: 'sprnig_sale' }, /Did you mean "spring_sale"\? If it is new: herald templates sync "main"$/)
    refused({ template: 'winter' }, /^If it is new/)
    refused({ language: 'de' }, /It exists in en/)
  })

  it('is warned of when nothing is known, or only some are', () => {
    expect(checkTemplate(content({ template: 'winter' }), known({}, false))).toBe(
      'nothing is known of the template "winter" (en); ask the provider for it: herald templates sync "main"',
    )
  })

  it('finds the language however it is written', () => {
    const told = known({ language: 'pt-BR' })
    expect(checkTemplate(content({ language: 'pt_BR' }), told)).toBeUndefined()
    expect(() => checkTemplate(content({ language: 'pt' }), told)).toThrow(
      expect.objectContaining({ hint: 'It exists in pt-BR.' }),
    )
  })

  it('holds values only against the version that is known', () => {
    const told = known({ namespace: 'v2', shape: shape({ body: ['1'] }) })
    for (const namespace of ['v2', 'latest'])
      expect(() => checkTemplate(content({ namespace }), told)).toThrow(/takes 1 values/)
    expect(checkTemplate(content({ namespace: 'v1' }), told)).toBe(
      'what is known of the template "spring_sale" (en) is about v2, not v1',
    )
    const paused = known({ namespace: 'v2', status: 'paused' })
    expect(() => checkTemplate(content({ namespace: 'v1' }), paused)).toThrow(/is paused/)
  })
})

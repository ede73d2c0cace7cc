// Whether a campaign's content fits a template, and what a launch may do with what is known of it.
import { describe, expect, it } from 'vitest'
import type { TemplateContent } from '../../src/domain/content.ts'
import {
  checkTemplate,
  type KnownTemplates,
  type ProviderTemplate,
  readTemplate,
  type TemplateShape,
  type TemplateStatus,
  type TemplateText,
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
    refused(
      { template: 'sprnig_sale' },
      /Did you mean "spring_sale"\? If it is new, ask the provider for it \(`herald templates sync "main"`\)\.$/,
    )
    refused({ template: 'winter' }, /^If it is new/)
    refused({ language: 'de' }, /It exists in en/)
  })

  it('is warned of when nothing is known, or only some are', () => {
    expect(checkTemplate(content({ template: 'winter' }), known({}, false))).toBe(
      'nothing is known of the template "winter" (en); ask the provider for it (`herald templates sync "main"`)',
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

describe('what a person reads of a template', () => {
  const empty: TemplateText = { header: null, body: 'Hello', footer: null, buttons: [], cards: [] }
  const known = (text: Partial<TemplateText> | null, change: Partial<ProviderTemplate> = {}) => [
    {
      name: 'spring_sale',
      language: 'en',
      namespace: null,
      text: text === null ? null : { ...empty, ...text },
      ...change,
    },
  ]
  const read = (given: Partial<TemplateContent>, text: Partial<TemplateText>) =>
    readTemplate(content(given), known(text))

  it('holds values in the places of the body, in order or by name', () => {
    expect(read({ body: ['Ada', '20%'] }, { body: '{{2}} for {{1}}, {{ 1 }}!' })?.body).toBe('20% for Ada, Ada!')
    expect(read({ body: ['a', 'b'] }, { body: '{{3}} {{1}}' })?.body).toBe('b a')
    expect(read({ body: { name: 'Ada' } }, { body: 'Hi {{ name }}' })?.body).toBe('Hi Ada')
  })

  it('shows the braces of a place without a value, and never renders a value again', () => {
    expect(read({ body: ['{{2}}'] }, { body: '{{1}} {{2}} {{constructor}}' })?.body).toBe('{{2}} {{2}} {{constructor}}')
    expect(read({}, { body: 'Hi {{1}}' })?.body).toBe('Hi {{1}}')
  })

  it('has a text above with its own value, or with one of the body where values have names', () => {
    const header = { type: 'text', text: 'For {{name}}' } as const
    expect(read({ header: { type: 'text', text: 'Ada' } }, { header })?.header).toEqual({
      type: 'text',
      text: 'For Ada',
    })
    expect(read({ body: { name: 'Bo' } }, { header })?.header).toEqual({ type: 'text', text: 'For Bo' })
  })

  it.each<[string, TemplateContent['header'], string | null, string | null]>([
    ['the file of the campaign', { type: 'image', url: 'https://x.test/a.png' }, null, 'https://x.test/a.png'],
    ['its id', { type: 'image', mediaId: '42' }, null, '42'],
    ['its own file', undefined, 'https://x.test/{{1}}', 'https://x.test/{{1}}'],
    ['nothing that is known', undefined, null, null],
  ])('has above: %s', (_, header, own, shown) => {
    expect(read(header === undefined ? {} : { header }, { header: { type: 'image', text: own } })?.header).toEqual({
      type: 'image',
      text: shown,
    })
  })

  it('leads where the end of the link says, and shows the code that a button copies', () => {
    const buttons = [
      { index: 0, title: 'Shop', url: 'https://x.test/{{1}}' },
      { index: 1, title: 'Stop', url: null },
      { index: 2, title: 'Copy code', url: null },
    ]
    const given = [
      { index: 0, type: 'url', value: 'ada?x=1' },
      { index: 1, type: 'quickReply', value: 'secret' },
      { index: 2, type: 'copyCode', value: 'SPRING20' },
    ] as const
    expect(read({ buttons: [...given] }, { buttons })?.buttons).toEqual([
      { index: 0, title: 'Shop', url: 'https://x.test/ada?x=1', code: null },
      { index: 1, title: 'Stop', url: null, code: null },
      { index: 2, title: 'Copy code', url: null, code: 'SPRING20' },
    ])
  })

  it('D28: the end of a link is shown as the button opens it', () => {
    const buttons = [{ index: 0, title: 'Shop', url: 'https://x.test/?c={{1}}' }]
    const given = [{ index: 0, type: 'url', value: 'دبي 1' }] as const
    const [button] = read({ buttons: [...given] }, { buttons })?.buttons ?? []
    expect(button?.url).toBe('https://x.test/?c=%D8%AF%D8%A8%D9%8A%201')
  })

  it('has cards with values of their own', () => {
    const cards = [
      { ...empty, body: 'Card {{1}}' },
      { ...empty, body: 'Card {{1}}' },
    ]
    const filled = read({ cards: [{ body: ['a'] }, { body: ['b'] }] }, { cards })
    expect(filled?.cards.map(({ body }) => body)).toEqual(['Card a', 'Card b'])
  })

  it('is not known of another template, language or version, or where the provider does not tell', () => {
    expect(readTemplate(content({ language: 'en_US' }), known({}))).toBeNull()
    expect(readTemplate(content({ template: 'other' }), known({}))).toBeNull()
    expect(readTemplate(content({ namespace: 'v1' }), known({}, { namespace: 'v2' }))).toBeNull()
    expect(readTemplate(content(), known(null))).toBeNull()
    expect(readTemplate(content({ language: 'pt_BR' }), known({}, { language: 'pt-BR' }))?.body).toBe('Hello')
  })
})

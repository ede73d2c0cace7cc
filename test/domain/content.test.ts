// Content as campaigns write it: every kind within WhatsApp's limits, and the same limits again once it is rendered.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Content, compileContent, contentSchema, contentTypes } from '../../src/domain/content.ts'
import { contentLimits } from '../../src/domain/content-shape.ts'
import { contentWarnings } from '../../src/domain/content-whole.ts'
import { readDefinition } from '../../src/domain/definition.ts'
import { mediaUrlProblem, plainAddress } from '../../src/domain/media-url.ts'

const image = { type: 'image', url: 'https://example.com/a.png' } as const
const reply = { id: 'yes', title: 'Yes' }
const row = { id: '1', title: 'One' }

/** One content of every kind. */
const samples = {
  text: { type: 'text', text: 'Hello' },
  image,
  video: { type: 'video', mediaId: '123', caption: 'Look' },
  audio: { type: 'audio', mediaId: '123' },
  document: { type: 'document', url: 'https://example.com/a.pdf', filename: 'a.pdf' },
  sticker: { type: 'sticker', mediaId: '123' },
  location: { type: 'location', latitude: 52.5, longitude: '13.4', name: 'Berlin' },
  contacts: { type: 'contacts', contacts: [{ name: { formattedName: 'Ada' }, phones: [{ phone: '+12025550123' }] }] },
  buttons: { type: 'buttons', body: 'Coming?', buttons: [reply, { id: 'no', title: 'No' }] },
  list: { type: 'list', body: 'Choose', button: 'Open', sections: [{ rows: [row] }] },
  locationRequest: { type: 'locationRequest', body: 'Where are you?' },
  carousel: {
    type: 'carousel',
    body: 'New',
    cards: [
      { header: image, buttons: [reply] },
      { header: image, body: 'Lamp', buttons: [{ id: 'like', title: 'Like' }] },
    ],
  },
  product: { type: 'product', catalogId: '1', productId: 'sku' },
  reaction: { type: 'reaction', messageId: 'wamid.1', emoji: '👍' },
  template: {
    type: 'template',
    template: 'sale',
    language: 'en',
    body: ['{{ name }}', 'today'],
    buttons: [{ index: 0, type: 'url', value: 'x' }],
  },
} satisfies Record<(typeof contentTypes)[number], unknown>

/** Codes and places of all problems of a content. */
function problemsOf(content: unknown): [string, string][] {
  const reading = readDefinition(contentSchema, content, { '': 'content.invalid', unknown: 'campaign.unknown_field' })
  return 'problems' in reading ? reading.problems.map(({ code, pointer }) => [code, pointer]) : []
}

function compile(content: unknown) {
  return compileContent(contentSchema.parse(content))
}

describe('content', () => {
  it.each(contentTypes)('of the kind %s is accepted', (type) => {
    expect(problemsOf(samples[type])).toEqual([])
    expect(compile(samples[type]).render({ name: 'Ada' }).type).toBe(type)
  })

  it('takes an empty emoji: it takes a reaction back', () => {
    const content = { ...samples.reaction, emoji: '' }
    expect(problemsOf(content)).toEqual([])
    expect(compile(content).render({ name: 'Ada' })).toMatchObject({ type: 'reaction', emoji: '' })
  })

  it.each<[string, unknown, string, string]>([
    ['an unknown kind', { type: 'poll' }, 'content.invalid', '/type'],
    ['no kind', { text: 'x' }, 'content.invalid', '/type'],
    ['an unknown key', { type: 'text', txt: 'a' }, 'content.invalid', '/text'],
    ['an empty text', { type: 'text', text: '' }, 'content.invalid', '/text'],
    [
      'bad input 85: a text of 70,000 characters',
      { type: 'text', text: 'x'.repeat(70_000) },
      'message.too_long',
      '/text',
    ],
    ['bad input 85: a long caption', { ...image, caption: 'x'.repeat(1025) }, 'message.too_long', '/caption'],
    ['neither url nor media id', { type: 'image' }, 'content.invalid', '/url'],
    ['both url and media id', { ...image, mediaId: '1' }, 'content.invalid', '/url'],
    ['bad input 86: a private url', { type: 'image', url: 'http://localhost/x' }, 'media.url_not_allowed', '/url'],
    [
      'four buttons',
      { ...samples.buttons, buttons: ['a', 'b', 'c', 'd'].map((id) => ({ id, title: id })) },
      'content.invalid',
      '/buttons',
    ],
    ['a button twice', { ...samples.buttons, buttons: [reply, reply] }, 'content.invalid', '/buttons/1/id'],
    [
      'a long button',
      { ...samples.buttons, buttons: [{ id: 'a', title: 'x'.repeat(21) }] },
      'content.invalid',
      '/buttons/0/title',
    ],
    [
      'a place as the header of buttons',
      { ...samples.buttons, header: { type: 'location', latitude: 1, longitude: 1 } },
      'content.invalid',
      '/header',
    ],
    [
      'a coupon code of 16 characters',
      {
        type: 'template',
        template: 'a',
        language: 'en',
        buttons: [{ index: 0, type: 'copyCode', value: 'x'.repeat(16) }],
      },
      'content.invalid',
      '/buttons/0/value',
    ],
    ['a header without media', { ...samples.buttons, header: { type: 'image' } }, 'content.invalid', '/header/url'],
    [
      'eleven rows in two sections',
      {
        ...samples.list,
        sections: [0, 1].map((s) => ({
          title: `${s}`,
          rows: Array.from({ length: 6 - s }, (_, i) => ({ id: `${s}${i}`, title: 'x' })),
        })),
      },
      'content.invalid',
      '/sections',
    ],
    [
      'two sections without titles',
      { ...samples.list, sections: [{ rows: [row] }, { rows: [{ id: '2', title: 'Two' }] }] },
      'content.invalid',
      '/sections',
    ],
    [
      'a row id twice',
      { ...samples.list, sections: [{ rows: [row, row] }] },
      'content.invalid',
      '/sections/0/rows/1/id',
    ],
    ['one card', { ...samples.carousel, cards: [{ buttons: [reply] }] }, 'content.invalid', '/cards'],
    [
      'a card without image or video',
      { ...samples.carousel, cards: [{ buttons: [reply] }, { header: image, buttons: [reply] }] },
      'content.invalid',
      '/cards/0/header',
    ],
    [
      'cards with an image and a video',
      {
        ...samples.carousel,
        cards: [
          { header: image, buttons: [reply] },
          { header: { ...image, type: 'video' }, buttons: [reply] },
        ],
      },
      'content.invalid',
      '/cards/1/header',
    ],
    [
      'cards with different buttons',
      {
        ...samples.carousel,
        cards: [
          { header: image, buttons: [reply] },
          { header: image, buttons: [{ title: 'Shop', url: 'https://example.com' }] },
        ],
      },
      'content.invalid',
      '/cards/1/buttons',
    ],
    ['one image in images', { type: 'image', images: [{ url: image.url }] }, 'content.invalid', '/images'],
    [
      'images beside an image',
      { ...image, images: [{ url: image.url }, { url: image.url }] },
      'content.invalid',
      '/images',
    ],
    ['a latitude of 91', { ...samples.location, latitude: 91 }, 'content.invalid', '/latitude'],
    ['a latitude in words', { ...samples.location, latitude: 'north' }, 'content.invalid', '/latitude'],
    ['a blank longitude', { ...samples.location, longitude: ' ' }, 'content.invalid', '/longitude'],
    ['neither product nor sections', { type: 'product', catalogId: '1' }, 'content.invalid', '/productId'],
    [
      'sections without header and body',
      { type: 'product', catalogId: '1', sections: [{ title: 'a', productIds: ['1'] }] },
      'content.invalid',
      '',
    ],
    [
      'a placeholder in the name of a template',
      { ...samples.template, template: '{{ name }}' },
      'content.invalid',
      '/template',
    ],
    [
      'bad input 81: a line break in a template value',
      { ...samples.template, body: ['a\nb'] },
      'template.value_not_allowed',
      '/body/0',
    ],
    [
      'bad input 81: a tab in a template value',
      { ...samples.template, body: { name: 'a\tb' } },
      'template.value_not_allowed',
      '/body/name',
    ],
    [
      'bad input 81: five spaces in a template value',
      { ...samples.template, body: ['a     b'] },
      'template.value_not_allowed',
      '/body/0',
    ],
    [
      'a button index of ten',
      { ...samples.template, buttons: [{ index: 10, type: 'url', value: 'x' }] },
      'content.invalid',
      '/buttons/0/index',
    ],
  ])('%s is refused at its place', (_name, content, code, pointer) => {
    expect(problemsOf(content)).toContainEqual([code, pointer])
  })

  it('with a mistyped key is offered the key of its kind', () => {
    const reading = readDefinition(
      contentSchema,
      { type: 'template', templete: 'sale', template: 'a', language: 'en' },
      { '': 'content.invalid', unknown: 'campaign.unknown_field' },
    )
    expect(reading).toEqual({
      problems: [
        {
          pointer: '/templete',
          code: 'campaign.unknown_field',
          detail: '"templete" is no key; did you mean "template"?',
        },
      ],
    })
  })

  it('with four spaces in a template value is accepted', () => {
    expect(problemsOf({ ...samples.template, body: ['a    b'] })).toEqual([])
  })

  it('is accepted or refused, whatever it is', () => {
    const type = fc.constantFrom(...contentTypes)
    const broken = fc.tuple(
      type,
      fc.dictionary(
        fc.constantFrom('text', 'body', 'buttons', 'sections', 'cards', 'url', 'header', '__proto__'),
        fc.anything(),
      ),
    )
    fc.assert(
      fc.property(
        fc.oneof(
          fc.anything(),
          broken.map(([name, rest]) => ({ ...samples[name], ...rest })),
        ),
        (value) => {
          for (const [code] of problemsOf(value)) expect(code).toMatch(/^(?:content|message|media|template|campaign)\./)
        },
      ),
      { numRuns: 200 },
    )
  })
})

describe('rendered content', () => {
  it('names its fields over all of its parts', () => {
    const { fields } = compile({
      type: 'buttons',
      header: { type: 'text', text: '{{ city }}' },
      body: 'Hi {{ name | default: "you" }}',
      footer: '{{ name }}',
      buttons: [{ id: '{{ code }}', title: 'OK' }],
    })
    expect(fields).toEqual([
      { field: 'city', isRequired: true },
      { field: 'name', isRequired: true },
      { field: 'code', isRequired: true },
    ])
  })

  it('misses what a person has not', () => {
    const { missing } = compile({ type: 'text', text: '{{ name }} {{ city | default: "x" }}' })
    expect(missing({})).toEqual(['name'])
    expect(missing({ name: 'Ada' })).toEqual([])
  })

  it('leaves out an optional part that comes out empty, and refuses a required one', () => {
    expect(compile({ ...image, caption: '{{ caption }}' }).render({})).toEqual(image)
    expect(() => compile({ type: 'text', text: '{{ name }}' }).render({})).toThrow(
      expect.objectContaining({ code: 'content.invalid' }),
    )
  })

  it.each<[string, unknown, string, string]>([
    [
      'a text that grows too long',
      { type: 'text', text: '{{ a }}' },
      'x'.repeat(contentLimits.text + 1),
      'message.too_long',
    ],
    [
      'a caption that grows too long',
      { ...image, caption: '{{ a }}' },
      'x'.repeat(contentLimits.caption + 1),
      'message.too_long',
    ],
    ['a private url', { type: 'image', url: '{{ a }}' }, 'http://169.254.169.254/latest', 'media.url_not_allowed'],
    [
      'a url that goes on to a private host',
      { type: 'image', url: 'https://{{ a }}/x' },
      'localhost',
      'media.url_not_allowed',
    ],
    [
      'a template value with a line break',
      { ...samples.template, body: ['{{ a }}'] },
      'a\nb',
      'template.value_not_allowed',
    ],
    ['a latitude that is no number', { type: 'location', latitude: '{{ a }}', longitude: 1 }, 'x', 'content.invalid'],
    [
      'a button that grows too long',
      { ...samples.buttons, buttons: [{ id: '1', title: '{{ a }}' }] },
      'x'.repeat(21),
      'content.invalid',
    ],
  ])('is refused with %s', (_name, content, a, code) => {
    expect(() => compile(content).render({ a })).toThrow(expect.objectContaining({ code }))
  })

  it('holds the data of a person as it is', () => {
    const braces = fc.string({
      unit: fc.constantFrom('{{', '}}', '{%', ' name ', '7*7', 'x'),
      minLength: 1,
      maxLength: 10,
    })
    fc.assert(
      fc.property(braces, (name) => {
        const content: Content = compile({ type: 'text', text: 'Hi {{ name }}' }).render({ name })
        expect(content).toEqual({ type: 'text', text: `Hi ${name}` })
      }),
      { numRuns: 300 },
    )
  })

  it('is the content itself when it has no fields', () => {
    const content = contentSchema.parse(samples.text)
    expect(compileContent(content).render({})).toBe(content)
  })
})

describe('a media url', () => {
  it.each([
    'http://169.254.169.254/',
    'file:///etc/passwd',
    'http://localhost:6379',
    'http://LOCALHOST/',
    'http://localhost./',
    'http://2130706433',
    'http://0x7f.1',
    'http://017700000001',
    'http://127.1',
    'http://[::ffff:127.0.0.1]',
    'http://[::1]:80/',
    'http://①②⑦.⓪.⓪.①',
    'http://8.8.8.8/a.png',
    'http://intranet/a.png',
    'https://printer.local/a.png',
    'https://db.internal/a.png',
    'https://app.localhost/a.png',
    'https://user:secret@example.com/a.png',
    'ftp://example.com/a.png',
    'javascript:alert(1)',
    'data:image/png;base64,AAAA',
    'gopher://example.com',
    '//example.com/a.png',
    'example.com/a.png',
    '',
    'https://',
    'http://exa mple.com',
  ])('bad input 86: %s is refused', (url) => {
    expect(mediaUrlProblem(url)).toBeDefined()
  })

  it.each([
    'https://example.com/a.png',
    'http://cdn.example.co.uk:8080/a?b=c#d',
    'https://münchen.example/a',
    'https://example.com./a',
  ])('%s is accepted', (url) => {
    expect(mediaUrlProblem(url)).toBeUndefined()
  })

  it('of more than 2,000 characters is refused', () => {
    expect(mediaUrlProblem(`https://example.com/${'a'.repeat(2000)}`)).toContain('characters')
    expect(problemsOf({ type: 'image', url: `https://example.com/${'a'.repeat(1_000_000)}` })[0]?.[0]).toBe(
      'media.url_not_allowed',
    )
  })
})

describe('forms', () => {
  const isTaken = (content: unknown) => contentSchema.safeParse(content).success

  it('V10: counts characters as people write them, not units of memory', () => {
    expect(isTaken({ type: 'text', text: '🎉'.repeat(contentLimits.text) })).toBe(true)
    expect(isTaken({ type: 'text', text: '🎉'.repeat(contentLimits.text + 1) })).toBe(false)
  })

  it.each(['👍', '❤️', '🇬🇷', '👩‍👩‍👧‍👦', '👋🏽', '3️⃣', '', '{{ emoji }}'])('V10: takes %s as a reaction', (emoji) => {
    expect(isTaken({ type: 'reaction', messageId: 'wamid.A', emoji })).toBe(true)
  })

  it.each(['yes', '1', '👍👍', '👍!', ' ', ':)'])('V10: takes %s as no reaction', (emoji) => {
    expect(isTaken({ type: 'reaction', messageId: 'wamid.A', emoji })).toBe(false)
  })

  it('V10: takes days that exist as birthdays', () => {
    const card = (birthday: string) => ({ type: 'contacts', contacts: [{ name: { formattedName: 'Ada' }, birthday }] })
    for (const day of ['1990-12-31', '2000-02-29', '{{ born }}']) expect(isTaken(card(day)), day).toBe(true)
    for (const day of ['1990-02-30', '31.12.1990', '1990', 'yes']) expect(isTaken(card(day)), day).toBe(false)
  })

  it('V9: warns of an address that nobody sees', () => {
    const place = { type: 'location', latitude: 1, longitude: 2, address: '1 Example Street' } as const
    expect(contentWarnings(place)).toEqual([expect.stringContaining('people will not see the address')])
    expect(contentWarnings({ ...place, name: 'Shop' })).toEqual([])
    const template = { type: 'template', template: 'shop', language: 'en' } as const
    expect(contentWarnings({ ...template, header: place })).toHaveLength(1)
  })

  it('V7: writes any address in percent-encoded ASCII that leads to the same place, once and for all', () => {
    expect(plainAddress('https://münchen.example/Preise 2026.pdf')).toBe(
      'https://xn--mnchen-3ya.example/Preise%202026.pdf',
    )
    expect(plainAddress('https://example.com/100%?q="a"|[b]')).toBe('https://example.com/100%25?q=%22a%22%7C%5Bb%5D')
    expect(plainAddress('https://example.com/a%20b?x=1#y')).toBe('https://example.com/a%20b?x=1#y')
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (path) => {
        const plain = plainAddress(`https://example.com/${path}`)
        expect(plain).toMatch(/^https:\/\/example\.com(?:[\w.~:/?#@!$&'()*+,;=-]|%[\dA-F]{2})*$/i)
        expect(plainAddress(plain)).toBe(plain)
      }),
    )
  })
})

describe('values of a template that WhatsApp writes itself', () => {
  const isTaken = (value: unknown) =>
    contentSchema.safeParse({ type: 'template', template: 'invoice', language: 'en', body: [value] }).success
  const fallback = 'about twenty'

  it.each([
    { type: 'currency', code: 'EUR', amount: 19.9, fallback },
    { type: 'currency', code: 'EUR', amount: '{{ total }}', fallback: '{{ total }} €' },
    { type: 'dateTime', at: '2026-12-01T18:00', fallback },
    { type: 'dateTime', at: '2026-12-01T18:00:00Z', fallback },
    { type: 'dateTime', at: '{{ due }}', fallback },
  ])('V6: takes %j', (value) => expect(isTaken(value)).toBe(true))

  it.each([
    { type: 'currency', code: 'euro', amount: 1, fallback },
    { type: 'currency', code: 'EUR', amount: 'much', fallback },
    { type: 'currency', code: 'EUR', amount: 1 },
    { type: 'dateTime', at: '2026-12-01', fallback },
    { type: 'dateTime', at: 'tomorrow', fallback },
  ])('V6: takes %j for nothing', (value) => expect(isTaken(value)).toBe(false))

  it("V6: fills each person's amount in, and says when it is none", () => {
    const value = { type: 'currency', code: 'EUR', amount: '{{ total }}', fallback: '{{ total }} €' } as const
    const { render } = compileContent({ type: 'template', template: 'invoice', language: 'en', body: [value] })
    expect(render({ total: '19.90' })).toMatchObject({ body: [{ amount: '19.90', fallback: '19.90 €' }] })
    expect(() => render({ total: 'nineteen' })).toThrow(/is not an amount/)
  })
})

it('V11: takes buttons without an id, told apart by their titles, but no opt-out without one', () => {
  const isTaken = (buttons: object[]) => contentSchema.safeParse({ type: 'buttons', body: 'Sure?', buttons }).success
  expect(isTaken([{ title: 'Yes' }, { title: 'No' }])).toBe(true)
  expect(isTaken([{ title: 'Yes' }, { title: 'Yes' }])).toBe(false)
  expect(isTaken([{ id: 'No', title: 'Yes' }, { title: 'No' }])).toBe(false)
  expect(isTaken([{ title: 'Stop', optOut: true }])).toBe(false)
})

it('V11: takes either one file or several', () => {
  const isTaken = (content: object) => contentSchema.safeParse(content).success
  const files = [{ url: 'https://example.com/a.pdf' }, { url: 'https://example.com/b.pdf' }]
  expect(isTaken({ type: 'document', files })).toBe(true)
  expect(isTaken({ type: 'document', files, url: 'https://example.com/a.pdf' })).toBe(false)
  expect(isTaken({ type: 'document', files: files.slice(1) })).toBe(false)
  const buttons = { type: 'buttons', body: 'Sure?', buttons: [{ title: 'Yes' }] }
  expect(isTaken({ ...buttons, header: { type: 'document', files } })).toBe(true)
  expect(isTaken({ ...buttons, header: { type: 'document', files, mediaId: '1' } })).toBe(false)
  expect(isTaken({ ...buttons, header: { type: 'document' } })).toBe(false)
})

describe('the texts of one content together', () => {
  const card = (text: string) => ({
    header: { type: 'image', link: 'https://cdn.example.com/a.png' },
    text,
    buttons: [],
  })

  it('F11: are bounded before any of them is parsed: a carousel of large cards, thousands of placeholders', () => {
    const carousel = (text: string) => ({ type: 'carousel', text: 'Hi', cards: Array(10).fill(card(text)) }) as never
    for (const text of [`{{ first_name }}${'x'.repeat(69_000)}`, '{{a}}'.repeat(60), '{{ a }} '.repeat(8_000)])
      expect(() => compileContent(carousel(text))).toThrow(expect.objectContaining({ code: 'message.too_long' }))
    expect(() => compileContent(carousel('{{ first_name }} '.repeat(9)))).not.toThrow()
  })
})

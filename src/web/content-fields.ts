// Which fields each kind of content has in the editor. A list shows its filled rows and one more, up to what WhatsApp
// takes; what no field stands for keeps a field of its own, so that an edit loses nothing.
import type { ContentType, Header } from '../domain/content.ts'
import { contentLimits } from '../domain/content-shape.ts'
import type { TemplateButtonType, TemplateShape } from '../domain/template.ts'
import type { Form } from './page.ts'
import { headerWords } from './words.ts'

export interface ContentField {
  name: string
  label: string
  help?: string
  /** Several lines. */
  rows?: number
  isCheck?: boolean
  /** The most characters that WhatsApp allows here, after placeholders are filled in. */
  max?: number
  options?: readonly (readonly [value: string, label: string])[]
  /** Known without asking: sent along, and not shown. */
  fixed?: string
}

export interface FieldGroup {
  title: string
  fields: ContentField[]
}

const at = (path: string) => `/content/${path}`
const url = (path = ''): ContentField => ({
  name: at(`${path}url`),
  label: 'Address of the file',
  help: 'https://… – the provider fetches it.',
})
const mediaId = (path = ''): ContentField => ({
  name: at(`${path}mediaId`),
  label: 'or its id at the provider',
})
const caption: ContentField = {
  name: at('caption'),
  label: 'Caption',
  rows: 3,
  max: contentLimits.caption,
}
const body = (help?: string): ContentField => ({
  name: at('body'),
  label: 'Text',
  rows: 5,
  max: contentLimits.interactiveBody,
  ...(help !== undefined && { help }),
})
const placeFields = (path = ''): ContentField[] => [
  { name: at(`${path}latitude`), label: 'Latitude' },
  { name: at(`${path}longitude`), label: 'Longitude' },
  { name: at(`${path}name`), label: 'Name of the place' },
  { name: at(`${path}address`), label: 'Address' },
]
const footer: ContentField = { name: at('footer'), label: 'Footer (optional)', max: contentLimits.footer }
/** A person who taps it gets no more marketing. */
const optOut = (path: string, what: string): ContentField => ({
  name: at(`${path}optOut`),
  label: `${what} is an opt-out: who taps it gets no more marketing`,
  isCheck: true,
})
const group = (title: string, fields: ContentField[]): FieldGroup => ({ title, fields })

const headerOptions = [
  ['', 'none'],
  ['text', 'text'],
  ['image', 'image'],
  ['video', 'video'],
  ['document', 'document'],
] as const

/** Indexes of a list to show: those that are filled, and one more. */
function rowsOf(form: Form, path: string, min: number, max: number): number[] {
  const begin = `${at(path)}/`
  let filled = 0
  for (const [name, text] of Object.entries(form)) {
    const row = name.startsWith(begin) ? /^\d+(?=\/|$)/.exec(name.slice(begin.length))?.[0] : undefined
    if (row !== undefined && text !== '') filled = Math.max(filled, Number(row) + 1)
  }
  return Array.from({ length: Math.min(max, Math.max(min, filled + 1)) }, (_, index) => index)
}

function headerFields(form: Form, path = ''): ContentField[] {
  const type = form[at(`${path}header/type`)] ?? ''
  const choice: ContentField = { name: at(`${path}header/type`), label: 'Header', options: headerOptions }
  if (type === '') return [choice]
  if (type === 'text')
    return [choice, { name: at(`${path}header/text`), label: 'Header text', max: contentLimits.headerText }]
  return [choice, url(`${path}header/`), mediaId(`${path}header/`)]
}

const shows: ContentField = { name: at('altText'), label: 'What it shows, for those who do not see it' }

/** Several pictures or files in one message: they take the place of the one. */
function severalFields(form: Form, kind: 'images' | 'files', path = ''): FieldGroup {
  const what = kind === 'images' ? 'Picture' : 'File'
  const rows = rowsOf(form, `${path}${kind}`, 2, contentLimits[kind])
  return group(
    `Several ${what.toLowerCase()}s instead (Bird only)`,
    rows.flatMap((row): ContentField[] => [
      { name: at(`${path}${kind}/${row}/url`), label: `${what} ${row + 1}: its address` },
      ...(kind === 'files'
        ? [{ name: at(`${path}${kind}/${row}/filename`), label: `${what} ${row + 1}: its name` }]
        : []),
      { name: at(`${path}${kind}/${row}/altText`), label: `${what} ${row + 1}: what it shows` },
    ]),
  )
}

/** What the header of buttons takes beside the file itself. */
function headerParts(form: Form): { fields: ContentField[]; groups: FieldGroup[] } {
  const type = form[at('header/type')]
  const alt: ContentField = { ...shows, name: at('header/altText') }
  if (type === 'image') return { fields: [alt], groups: [severalFields(form, 'images', 'header/')] }
  if (type !== 'document') return { fields: [], groups: [] }
  const filename: ContentField = { name: at('header/filename'), label: 'File name' }
  return { fields: [filename, alt], groups: [severalFields(form, 'files', 'header/')] }
}

const byType: Record<ContentType, (form: Form) => FieldGroup[]> = {
  text: () => [
    group('', [
      { name: at('text'), label: 'Text', rows: 8, max: contentLimits.text },
      { name: at('previewUrl'), label: 'Show a preview of the first link', isCheck: true },
    ]),
  ],
  image: (form) => [group('', [url(), mediaId(), caption, shows]), severalFields(form, 'images')],
  video: () => [group('', [url(), mediaId(), caption])],
  audio: () => [group('', [url(), mediaId()])],
  document: (form) => [
    group('', [url(), mediaId(), { name: at('filename'), label: 'File name' }, caption]),
    severalFields(form, 'files'),
  ],
  sticker: () => [group('', [url(), mediaId()])],
  location: () => [group('', placeFields())],
  contacts: (form) =>
    rowsOf(form, 'contacts', 1, contentLimits.contacts).map((row) =>
      group(`Card ${row + 1}`, [
        { name: at(`contacts/${row}/name/formattedName`), label: 'Whole name' },
        { name: at(`contacts/${row}/name/firstName`), label: 'First name' },
        { name: at(`contacts/${row}/phones/0/phone`), label: 'Phone' },
        { name: at(`contacts/${row}/org/company`), label: 'Company' },
      ]),
    ),
  buttons: (form) => [
    group('', [...headerFields(form), ...headerParts(form).fields, body(), footer]),
    ...headerParts(form).groups,
    group(
      'Reply buttons',
      rowsOf(form, 'buttons', contentLimits.buttons, contentLimits.buttons).flatMap((row) => [
        { name: at(`buttons/${row}/title`), label: `Button ${row + 1}`, max: contentLimits.buttonTitle },
        optOut(`buttons/${row}/`, `Button ${row + 1}`),
        { name: at(`buttons/${row}/asText`), label: `Button ${row + 1} answers as a text (Bird only)`, isCheck: true },
      ]),
    ),
  ],
  list: (form) => [
    group('', [
      { name: at('header'), label: 'Header (optional)', max: contentLimits.headerText },
      body(),
      footer,
      { name: at('button'), label: 'Text on the button that opens the list', max: contentLimits.listButton },
    ]),
    ...rowsOf(form, 'sections', 1, contentLimits.listSections).map((section) =>
      group(`Section ${section + 1}`, [
        { name: at(`sections/${section}/title`), label: 'Title of the section', max: contentLimits.sectionTitle },
        ...rowsOf(form, `sections/${section}/rows`, 2, contentLimits.listRows).flatMap((row) => [
          { name: at(`sections/${section}/rows/${row}/title`), label: `Row ${row + 1}`, max: contentLimits.rowTitle },
          {
            name: at(`sections/${section}/rows/${row}/description`),
            label: `Row ${row + 1}: what it means`,
            max: contentLimits.rowDescription,
          },
          optOut(`sections/${section}/rows/${row}/`, `Row ${row + 1}`),
        ]),
      ]),
    ),
  ],
  locationRequest: () => [group('', [body()])],
  carousel: (form) => [
    group('', [body()]),
    ...rowsOf(form, 'cards', contentLimits.cardsMin, contentLimits.cards).map((card) =>
      group(`Card ${card + 1}`, [
        {
          name: at(`cards/${card}/header/type`),
          label: 'Shows',
          options: [
            ['', 'nothing'],
            ['image', 'an image'],
            ['video', 'a video'],
          ] as const,
        },
        url(`cards/${card}/header/`),
        { name: at(`cards/${card}/body`), label: 'Text', max: contentLimits.cardBody },
        { name: at(`cards/${card}/buttons/0/title`), label: 'Button', max: contentLimits.buttonTitle },
        { name: at(`cards/${card}/buttons/0/url`), label: 'Link of the button; empty for a reply' },
        optOut(`cards/${card}/buttons/0/`, 'The button'),
      ]),
    ),
  ],
  product: (form) => [
    group('', [
      { name: at('catalogId'), label: 'Id of the catalogue' },
      { name: at('productId'), label: 'Id of the product', help: 'Or sections of several products below.' },
      { name: at('header'), label: 'Header' },
      body('Optional for one product.'),
      footer,
    ]),
    ...rowsOf(form, 'sections', 1, contentLimits.listSections).map((section) =>
      group(`Section ${section + 1}`, [
        { name: at(`sections/${section}/title`), label: 'Title of the section', max: contentLimits.sectionTitle },
        ...rowsOf(form, `sections/${section}/productIds`, 1, contentLimits.products).map((row) => ({
          name: at(`sections/${section}/productIds/${row}`),
          label: `Product ${row + 1}`,
        })),
      ]),
    ),
  ],
  reaction: () => [
    group('', [
      { name: at('messageId'), label: "The provider's id of the message" },
      { name: at('emoji'), label: 'Emoji' },
    ]),
  ],
  template: () => [],
}

const KEPT = 'kept:'

/**
 * The form with the fields of the chosen kind only: what was typed for another kind waits under another name, and comes
 * back when its kind does.
 */
export function sortByKind(form: Form, type: ContentType, shape: TemplateShape | null): Form {
  const names = Object.keys(form).filter((name) => name.startsWith(KEPT))
  const values: Form = {
    ...Object.fromEntries(names.map((name) => [name.slice(KEPT.length), form[name] ?? ''])),
    ...form,
  }
  const shown = new Set(contentFields(type, values, shape).flatMap(({ fields }) => fields.map(({ name }) => name)))
  const isShown = (name: string) => shown.has(name) || shown.has(name.replace(/\/id$/, '/title'))
  const sorted: Record<string, string> = Object.create(null)
  for (const [name, text] of Object.entries(values)) {
    const isOther = name.startsWith('/content/') && name !== '/content/type' && !isShown(name)
    if (!name.startsWith(KEPT)) sorted[isOther ? `${KEPT}${name}` : name] = text
  }
  return sorted
}

/** Fields that no input shows and that the form carries along: kept ones, and ids of replies. */
export function hiddenFields(form: Form, shown: ReadonlySet<string>): (readonly [string, string])[] {
  return Object.entries(form).filter(
    ([name, text]) =>
      text !== '' &&
      !shown.has(name) &&
      (name.startsWith(KEPT) || (/^\/content\/.*\/id$/.test(name) && shown.has(name.replace(/\/id$/, '/title')))),
  )
}

/** The field that the page shows for a place in a content: itself, the first within it, or the first of what it is in. */
export function shownContentField(name: string, shown: readonly string[]): string {
  if (name === '/content') return '/content/type'
  for (let at = name; at !== '/content' && at !== ''; at = at.slice(0, at.lastIndexOf('/'))) {
    const within = shown.find((one) => one === at || one.startsWith(`${at}/`))
    if (within !== undefined) return within
  }
  return '/content/type'
}

/** The known template that a form picks or names, as `name\tlanguage`; empty for one that is not known here. */
export function pickedTemplate(templates: readonly Omit<KnownTemplate, 'shape'>[], form: Form): string {
  const asked = form['template/pick'] ?? `${form['/content/template']}\t${form['/content/language']}`
  return templates.some(({ name, language }) => `${name}\t${language}` === asked) ? asked : ''
}

/** The shape of the template that a form picks or names, as far as it is known. */
export function shapeOf(templates: readonly KnownTemplate[], form: Form): TemplateShape | null {
  const picked = pickedTemplate(templates, form)
  return templates.find(({ name, language }) => `${name}\t${language}` === picked)?.shape ?? null
}

interface KnownTemplate {
  name: string
  language: string
  shape: TemplateShape | null
}

/** The groups of fields of a kind; for a template, of what is known of it. */
export function contentFields(type: ContentType, form: Form, shape: TemplateShape | null): FieldGroup[] {
  const groups = type === 'template' ? templateFields(form, shape) : byType[type](form)
  const known = new Set(['/content/type', ...groups.flatMap(({ fields }) => fields.map(({ name }) => name))])
  const isId = (name: string) => /\/(?:buttons|rows)\/\d+\/id$/.test(name)
  const others = Object.entries(form)
    .filter(([name, text]) => name.startsWith('/content/') && text !== '' && !known.has(name) && !isId(name))
    .map(([name]) => ({ name, label: name.slice('/content/'.length) }))
  const belongs = others.filter(
    ({ name }) => form['content/was'] === undefined || form['content/was'] === type || isShared(name),
  )
  return belongs.length > 0 ? [...groups, group('More', belongs)] : groups
}

/** Every kind may carry these. */
function isShared(name: string): boolean {
  return name === '/content/replyTo' || name === '/content/trackLinks'
}

function templateFields(form: Form, shape: TemplateShape | null): FieldGroup[] {
  // Not typed when the template is picked or known.
  const [name, language] = (form['template/pick'] || `${form[at('template')]}\t${form[at('language')]}`).split('\t')
  const isPicked = shape !== null || Boolean(form['template/pick'])
  const named: ContentField[] = [
    { name: at('template'), label: 'Name of the template', ...(isPicked && { fixed: name ?? '' }) },
    {
      name: at('language'),
      label: 'Language',
      help: 'As the provider writes it: en, pt_BR.',
      ...(isPicked && { fixed: language ?? '' }),
    },
  ]
  if (shape === null)
    return [
      group('', named),
      group('Header', headerFields(form)),
      group(
        'Values of the text',
        rowsOf(form, 'body', 3, 50).map((row) => ({ name: at(`body/${row}`), label: `Value ${row + 1}` })),
      ),
      group('Buttons', rowsOf(form, 'buttons', 1, 10).flatMap(templateButton)),
    ]
  return [group('', named), ...shapeFields(shape, '')]
}

const buttonPlaces = [
  ['', 'none'],
  ...Array.from({ length: 10 }, (_, index) => [String(index), `button ${index + 1}`] as const),
] as const

function templateButton(row: number): ContentField[] {
  return [
    { name: at(`buttons/${row}/index`), label: 'Which button', options: buttonPlaces },
    {
      name: at(`buttons/${row}/type`),
      label: 'Kind',
      options: [
        ['', 'none'],
        ['url', 'link'],
        ['quickReply', 'quick reply'],
        ['copyCode', 'code to copy'],
        ['catalog', 'catalogue'],
      ] as const,
    },
    { name: at(`buttons/${row}/value`), label: 'Value' },
  ]
}

const valueWords: Record<TemplateButtonType, { label: string; help?: string }> = {
  url: { label: 'End of its link' },
  quickReply: { label: 'What its answer carries (optional)', help: 'Nobody sees it; your own programs may.' },
  copyCode: { label: 'Code to copy' },
  catalog: { label: 'Id of the product whose picture is shown (optional)' },
  other: { label: 'Value' },
}

function shownHeader(type: Header['type'], path: string): ContentField[] {
  if (type === 'text') return [{ name: at(`${path}header/text`), label: 'Value of the header' }]
  if (type !== 'location') return [url(`${path}header/`), mediaId(`${path}header/`)]
  return placeFields(`${path}header/`)
}

/** The places that the provider says a template has. */
function shapeFields(shape: TemplateShape, path: string): FieldGroup[] {
  const { header } = shape
  const groups: FieldGroup[] = []
  const takesHeader = header !== null && (header.type !== 'text' || header.values.length > 0)
  if (takesHeader) {
    const type: ContentField = { name: at(`${path}header/type`), label: 'Header', fixed: header.type }
    groups.push(group(`Header: ${headerWords[header.type]}`, [type, ...shownHeader(header.type, path)]))
  }
  if (shape.body.length > 0)
    groups.push(
      group(
        'Values of the text',
        shape.body.map((name, index) => ({
          name: at(`${path}body/${shape.isNamed ? name : index}`),
          label: `Value {{${name}}}`,
        })),
      ),
    )
  const buttons = shape.buttons.filter(({ takesValue, type }) => takesValue && type !== 'other')
  for (const { index, type } of buttons)
    groups.push(
      group(`Button ${index + 1}`, [
        { name: at(`${path}buttons/${index}/index`), label: 'Place', fixed: String(index) },
        { name: at(`${path}buttons/${index}/type`), label: 'Kind', fixed: type },
        { name: at(`${path}buttons/${index}/value`), ...valueWords[type] },
        ...(type === 'quickReply' ? [optOut(`${path}buttons/${index}/`, 'It')] : []),
      ]),
    )
  for (const [index, card] of shape.cards.entries()) {
    const parts = shapeFields(card, `${path}cards/${index}/`)
    groups.push(...parts.map((part) => group(`Card ${index + 1}: ${part.title}`, part.fields)))
  }
  return groups
}

// What a message says: every kind of WhatsApp content as data, with WhatsApp's own limits.
// A provider may have fewer kinds and tighter limits; its driver says so (providers/provider.ts).
import { z } from 'zod'
import { numberIn } from './comparison.ts'
import { AppError } from './errors.ts'
import { type CompiledText, compileText, type FieldUse, missingFields, type Variables } from './personalisation.ts'

/** Lengths in characters, numbers in pieces. Source: Meta Cloud API message objects (docs/providers/meta.md). */
export const contentLimits = {
  text: 4096,
  caption: 1024,
  interactiveBody: 1024,
  headerText: 60,
  footer: 60,
  buttons: 3,
  buttonId: 256,
  buttonTitle: 20,
  listButton: 20,
  listSections: 10,
  listRows: 10,
  rowId: 200,
  rowTitle: 24,
  rowDescription: 72,
  sectionTitle: 24,
  contacts: 5,
  cards: 10,
  cardsMin: 2,
  cardBody: 160,
  images: 10,
  altText: 1000,
  products: 30,
  templateValue: 1024,
  couponCode: 15,
  filename: 240,
  url: 2000,
} as const

export const contentTypes = [
  'text',
  'image',
  'video',
  'audio',
  'document',
  'sticker',
  'location',
  'contacts',
  'buttons',
  'list',
  'locationRequest',
  'carousel',
  'product',
  'reaction',
  'template',
] as const
export type ContentType = (typeof contentTypes)[number]

/** Texts are checked against their limits twice: as written (where a placeholder may still grow) and as rendered. */
type Stage = 'written' | 'rendered'

function makeSchemas(stage: Stage) {
  const isOpen = (text: string) => stage === 'written' && text.includes('{{')
  const text = (max: number, code: 'message.too_long' | 'content.invalid' = 'content.invalid', mayBeEmpty = false) =>
    z.string().superRefine((value, ctx) => {
      if (isOpen(value)) return
      if (value === '' && !mayBeEmpty)
        ctx.addIssue({ code: 'custom', message: 'is empty', params: { code: 'content.invalid' } })
      if (value.length > max)
        ctx.addIssue({
          code: 'custom',
          message: `has ${value.length} characters, at most ${max}`,
          params: { code },
        })
    })
  const url = z.string().superRefine((value, ctx) => {
    if (isOpen(value)) return
    const problem = mediaUrlProblem(value)
    if (problem !== undefined)
      ctx.addIssue({ code: 'custom', message: problem, params: { code: 'media.url_not_allowed' } })
  })
  const degrees = (max: number) =>
    z.union([z.number(), z.string()]).superRefine((value, ctx) => {
      if (typeof value === 'string' && isOpen(value)) return
      const number = typeof value === 'number' ? value : (numberIn(value) ?? Number.NaN)
      if (!(Math.abs(number) <= max))
        ctx.addIssue({ code: 'custom', message: `is not a number from -${max} to ${max}` })
    })
  // What the provider knows the message by; a placeholder here would make every person's template another one.
  const fixed = (max: number) =>
    z
      .string()
      .min(1)
      .max(max)
      .refine((value) => !value.includes('{{'), 'cannot hold a placeholder')

  const limits = contentLimits
  /** What every content may carry. */
  const carried = {
    replyTo: z.string().min(1).max(256).optional(),
    /** Whether the provider counts clicks on links, where it can. */
    trackLinks: z.boolean().optional(),
  }
  const media = { url: url.optional(), mediaId: text(256).optional() }
  const caption = text(limits.caption, 'message.too_long').optional()
  const filename = text(limits.filename).optional()
  const place = {
    latitude: degrees(90),
    longitude: degrees(180),
    name: text(1000).optional(),
    address: text(1000).optional(),
  }
  const header = z.discriminatedUnion('type', [
    z.strictObject({ type: z.literal('text'), text: text(limits.headerText) }),
    z.strictObject({ type: z.literal('image'), ...media }),
    z.strictObject({ type: z.literal('video'), ...media }),
    z.strictObject({ type: z.literal('document'), ...media, filename }),
    z.strictObject({ type: z.literal('location'), ...place }),
  ])
  const body = text(limits.interactiveBody, 'message.too_long')
  const footer = text(limits.footer).optional()
  /** Whether a tap on it is an opt-out. The campaign declares it, because only its author knows what a payload means. */
  const optOut = z.boolean().optional()
  const replyButton = z.strictObject({ id: text(limits.buttonId), title: text(limits.buttonTitle), optOut })
  const linkButton = z.strictObject({ title: text(limits.buttonTitle), url })
  const row = z.strictObject({
    id: text(limits.rowId),
    title: text(limits.rowTitle),
    description: text(limits.rowDescription).optional(),
    optOut,
  })
  const templateValue = text(limits.templateValue, 'content.invalid').superRefine((value, ctx) => {
    if (isOpen(value)) return
    const problem = templateValueProblem(value)
    if (problem !== undefined)
      ctx.addIssue({ code: 'custom', message: problem, params: { code: 'template.value_not_allowed' } })
  })
  const buttonIndex = z.int().min(0).max(9)
  const templateButton = z.discriminatedUnion('type', [
    z.strictObject({ index: buttonIndex, type: z.literal('url'), value: text(2000) }),
    z.strictObject({ index: buttonIndex, type: z.literal('quickReply'), value: text(2000), optOut }),
    z.strictObject({ index: buttonIndex, type: z.literal('copyCode'), value: text(limits.couponCode) }),
  ])
  const values = z.union([z.array(templateValue).max(50), z.record(z.string().min(1).max(64), templateValue)])

  const content = z.discriminatedUnion('type', [
    z.strictObject({
      type: z.literal('text'),
      text: text(limits.text, 'message.too_long'),
      previewUrl: z.boolean().optional(),
      ...carried,
    }),
    z.strictObject({
      type: z.literal('image'),
      ...media,
      altText: text(limits.altText).optional(),
      images: z
        .array(z.strictObject({ url, altText: text(limits.altText).optional() }))
        .min(2)
        .max(limits.images)
        .optional(),
      caption,
      ...carried,
    }),
    z.strictObject({ type: z.literal('video'), ...media, caption, ...carried }),
    z.strictObject({ type: z.literal('audio'), ...media, ...carried }),
    z.strictObject({ type: z.literal('document'), ...media, caption, filename, ...carried }),
    z.strictObject({ type: z.literal('sticker'), ...media, ...carried }),
    z.strictObject({ type: z.literal('location'), ...place, ...carried }),
    z.strictObject({
      type: z.literal('contacts'),
      contacts: z.array(contactCard(text)).min(1).max(limits.contacts),
      ...carried,
    }),
    z.strictObject({
      type: z.literal('buttons'),
      header: header.optional(),
      body,
      footer,
      buttons: z.array(replyButton).min(1).max(limits.buttons),
      ...carried,
    }),
    z.strictObject({
      type: z.literal('list'),
      header: text(limits.headerText).optional(),
      body,
      footer,
      button: text(limits.listButton),
      sections: z
        .array(
          z.strictObject({
            title: text(limits.sectionTitle).optional(),
            rows: z.array(row).min(1).max(limits.listRows),
          }),
        )
        .min(1)
        .max(limits.listSections),
      ...carried,
    }),
    z.strictObject({ type: z.literal('locationRequest'), body, ...carried }),
    z.strictObject({
      type: z.literal('carousel'),
      body,
      cards: z
        .array(
          z.strictObject({
            header: header.optional(),
            body: text(limits.cardBody).optional(),
            buttons: z
              .array(z.union([replyButton, linkButton]))
              .min(1)
              .max(limits.buttons),
          }),
        )
        .min(limits.cardsMin)
        .max(limits.cards),
      ...carried,
    }),
    z.strictObject({
      type: z.literal('product'),
      catalogId: fixed(64),
      productId: text(100).optional(),
      sections: z
        .array(
          z.strictObject({
            title: text(limits.sectionTitle),
            productIds: z.array(text(100)).min(1).max(limits.products),
          }),
        )
        .min(1)
        .max(limits.listSections)
        .optional(),
      header: text(limits.headerText).optional(),
      body: body.optional(),
      footer,
      ...carried,
    }),
    z.strictObject({
      type: z.literal('reaction'),
      messageId: text(256),
      /** Empty takes an earlier reaction back. */
      emoji: text(16, 'content.invalid', true),
      trackLinks: carried.trackLinks,
    }),
    z.strictObject({
      type: z.literal('template'),
      template: fixed(512),
      language: fixed(20),
      namespace: fixed(128).optional(),
      header: header.optional(),
      body: values.optional(),
      buttons: z.array(templateButton).max(10).optional(),
      cards: z
        .array(
          z.strictObject({
            header: header.optional(),
            body: values.optional(),
            buttons: z.array(templateButton).max(10).optional(),
          }),
        )
        .min(limits.cardsMin)
        .max(limits.cards)
        .optional(),
      ...carried,
    }),
  ])
  return content.superRefine((value, ctx) => {
    for (const problem of wholeProblems(value)) ctx.addIssue({ code: 'custom', ...problem })
  })
}

function contactCard(text: (max: number) => z.ZodType<string>) {
  const optional = text(256).optional()
  return z.strictObject({
    name: z.strictObject({
      formattedName: text(256),
      firstName: optional,
      lastName: optional,
      middleName: optional,
      prefix: optional,
      suffix: optional,
    }),
    phones: z.array(z.strictObject({ phone: text(40), type: optional, waId: optional })).optional(),
    emails: z.array(z.strictObject({ email: text(320), type: optional })).optional(),
    org: z.strictObject({ company: optional, department: optional, title: optional }).optional(),
    urls: z.array(z.strictObject({ url: text(2000), type: optional })).optional(),
    addresses: z
      .array(
        z.strictObject({
          street: optional,
          city: optional,
          state: optional,
          zip: optional,
          country: optional,
          countryCode: optional,
          type: optional,
        }),
      )
      .optional(),
    birthday: optional,
  })
}

/** Content as a campaign file writes it: texts may hold placeholders. */
export const contentSchema = makeSchemas('written')
const renderedSchema = makeSchemas('rendered')
export type Content = z.infer<typeof contentSchema>
export type TemplateContent = Extract<Content, { type: 'template' }>
export type Header = NonNullable<TemplateContent['header']>

interface WholeProblem {
  path: (string | number)[]
  message: string
}

/** What no single field can say: one of two, numbers over several parts, ids that must differ. */
function wholeProblems(content: Content): WholeProblem[] {
  const problems: WholeProblem[] = []
  const mediaOnce = (part: object, path: (string | number)[]) => {
    const media = part as { url?: string; mediaId?: string }
    if ((media.url === undefined) === (media.mediaId === undefined))
      problems.push({
        path: [...path, 'url'],
        message: 'needs either the address of a file (`url`) or its id at the provider (`mediaId`)',
      })
  }
  const headerOnce = (header: Header | undefined, path: (string | number)[]) => {
    if (header !== undefined && header.type !== 'text' && header.type !== 'location') mediaOnce(header, path)
  }
  if (content.type === 'image' && content.images !== undefined) {
    if (content.url !== undefined || content.mediaId !== undefined || content.altText !== undefined)
      problems.push({
        path: ['images'],
        message: 'needs either several pictures (`images`) or one (`url` or `mediaId`)',
      })
  } else if (['image', 'video', 'audio', 'document', 'sticker'].includes(content.type)) mediaOnce(content, [])
  if (content.type === 'buttons') {
    headerOnce(content.header, ['header'])
    if (content.header?.type === 'location') problems.push({ path: ['header'], message: 'cannot be a location' })
    problems.push(...repeated(content.buttons.map(({ id }, index) => ({ id, path: ['buttons', index] }))))
  }
  if (content.type === 'list') problems.push(...listProblems(content))
  if (content.type === 'carousel' || content.type === 'template')
    for (const [index, card] of (content.cards ?? []).entries()) headerOnce(card.header, ['cards', index, 'header'])
  if (content.type === 'carousel') problems.push(...carouselProblems(content))
  if (content.type === 'template') headerOnce(content.header, ['header'])
  if (content.type === 'product') problems.push(...productProblems(content))
  const open = optOutPayloads(content).find((payload) => payload.includes('{{'))
  if (open !== undefined)
    problems.push({ path: [], message: `"${open.slice(0, 60)}" of an opt-out (\`optOut\`) cannot hold a placeholder` })
  return problems
}

type Button = Extract<Content, { type: 'buttons' }>['buttons'][number]

/** What a tap on a button carries that this content declares as an opt-out. */
export function optOutPayloads(content: Content): string[] {
  switch (content.type) {
    case 'buttons':
      return idsOf(content.buttons)
    case 'list':
      return content.sections.flatMap(({ rows }) => idsOf(rows))
    case 'carousel':
      return content.cards.flatMap(({ buttons }) => idsOf(buttons))
    case 'template':
      return [content, ...(content.cards ?? [])].flatMap(({ buttons = [] }) =>
        buttons.flatMap((button) => (button.type === 'quickReply' && button.optOut ? [button.value] : [])),
      )
    default:
      return []
  }
}

function idsOf(buttons: readonly (Pick<Button, 'id' | 'optOut'> | { url: string })[]): string[] {
  return buttons.flatMap((button) => ('id' in button && button.optOut ? [button.id] : []))
}

/** What providers are told: what a tap means is between the campaign and us. */
function withoutOptOuts(content: Content): Content {
  return JSON.parse(JSON.stringify(content, (key, value) => (key === 'optOut' ? undefined : value))) as Content
}

function listProblems(content: Extract<Content, { type: 'list' }>): WholeProblem[] {
  const rows = content.sections.flatMap(({ rows: own }, section) =>
    own.map(({ id }, row) => ({ id, path: ['sections', section, 'rows', row] })),
  )
  const problems = repeated(rows)
  if (rows.length > contentLimits.listRows)
    problems.push({
      path: ['sections'],
      message: `has ${rows.length} rows in all, at most ${contentLimits.listRows}`,
    })
  if (content.sections.length > 1 && content.sections.some((section) => section.title === undefined))
    problems.push({ path: ['sections'], message: 'needs a title for each section when there are several' })
  return problems
}

/** WhatsApp shows cards side by side: all with an image or all with a video, and with the same buttons. */
function carouselProblems({ cards }: Extract<Content, { type: 'carousel' }>): WholeProblem[] {
  const [first] = cards
  if (first?.header?.type !== 'image' && first?.header?.type !== 'video')
    return [{ path: ['cards', 0, 'header'], message: 'needs an image or a video' }]
  const kindsOf = (card: (typeof cards)[number]) =>
    card.buttons.map((button) => ('url' in button ? 'url' : 'id')).join()
  const problems: WholeProblem[] = []
  for (const [index, card] of cards.entries()) {
    if (card.header?.type !== first.header.type)
      problems.push({ path: ['cards', index, 'header'], message: `needs a ${first.header.type} as the first card has` })
    if (kindsOf(card) !== kindsOf(first))
      problems.push({ path: ['cards', index, 'buttons'], message: 'needs the same kinds of buttons as the first card' })
    if (card.buttons.length > 1 && card.buttons.some((button) => 'url' in button))
      problems.push({ path: ['cards', index, 'buttons'], message: 'may hold one link or up to three replies' })
  }
  return problems
}

function productProblems(content: Extract<Content, { type: 'product' }>): WholeProblem[] {
  if ((content.productId === undefined) === (content.sections === undefined))
    return [
      { path: ['productId'], message: 'needs either one product (`productId`) or sections of several (`sections`)' },
    ]
  if (content.sections === undefined) return []
  const problems: WholeProblem[] = []
  if (content.header === undefined || content.body === undefined)
    problems.push({ path: [], message: 'needs a header and a text (`header`, `body`) when it shows sections' })
  const count = content.sections.reduce((sum, section) => sum + section.productIds.length, 0)
  if (count > contentLimits.products)
    problems.push({
      path: ['sections'],
      message: `has ${count} products in all, at most ${contentLimits.products}`,
    })
  return problems
}

/** The first id that stands a second time, at its place. */
function repeated(placed: { id: string; path: WholeProblem['path'] }[]): WholeProblem[] {
  const ids = placed.map(({ id }) => id)
  const twice = placed.find(({ id }, index) => ids.indexOf(id) !== index)
  return twice === undefined
    ? []
    : [{ path: [...twice.path, 'id'], message: `says "${twice.id}" twice: each must differ (\`id\`)` }]
}

/** Scheme, host and the rest as every reader of addresses divides them: no backslash, no blank before the path. */
const plainUrl = /^https?:\/\/[^\s\\/?#]+(?:[/?#][^\\\p{Cc}]*)?$/iu
const innerName = /\.(?:localhost|localdomain|local|internal|lan|home|home\.arpa|corp|intranet|private)$/

/** Why a provider must not be given this media URL; undefined when it may. The server itself never fetches it. */
export function mediaUrlProblem(text: string): string | undefined {
  if (text.length > contentLimits.url) return `has ${text.length} characters, at most ${contentLimits.url}`
  let url: URL
  try {
    url = new URL(text)
  } catch {
    return 'is not a URL (https://…)'
  }
  if (url.protocol !== 'https:' && url.protocol !== 'http:')
    return `begins with ${url.protocol}, allowed are https: and http:`
  if (url.username !== '' || url.password !== '') return 'holds a user name or password'
  if (!plainUrl.test(text) || text.trim() !== text)
    return 'is not written as https://host/path, or holds a blank or backslash out of place'
  const host = url.hostname.replace(/\.$/, '')
  if (host.startsWith('[') || /^\d+\.\d+\.\d+\.\d+$/.test(host)) return 'names a network address; name a public host'
  const isPrivate = !host.includes('.') || host.split('.').includes('') || innerName.test(host)
  return isPrivate ? `names "${host}", which is no public host` : undefined
}

/** Meta refuses these in template parameters (error 132012, 132018). */
function templateValueProblem(value: string): string | undefined {
  if (/[\n\r\t]/.test(value)) return 'holds a line break or a tab, which a template value must not'
  return / {5,}/.test(value) ? 'holds more than four spaces in a row, which a template value must not' : undefined
}

/** Content that was parsed once and renders for many people. */
export interface CompiledContent {
  content: Content
  fields: FieldUse[]
  /** What a person would get; throws AppError when the result breaks a limit. */
  render(variables: Variables): Content
  /** Required fields that are empty for a person. */
  missing(variables: Variables): string[]
}

type Render = (variables: Variables) => unknown

export function compileContent(content: Content): CompiledContent {
  const told = optOutPayloads(content).length === 0 ? content : withoutOptOuts(content)
  const fields = new Map<string, boolean>()
  const render = compileValue(told, (text) => {
    for (const use of text.fields) fields.set(use.field, (fields.get(use.field) ?? false) || use.isRequired)
  })
  const uses = [...fields].map(([field, isRequired]) => ({ field, isRequired }))
  return {
    content,
    fields: uses,
    render: (variables) => (uses.length === 0 ? told : checkRendered(render(variables))),
    missing: (variables) => missingFields(uses, variables),
  }
}

function compileValue(value: unknown, visit: (text: CompiledText) => void): Render {
  if (typeof value === 'string') {
    const text = compileText(value)
    visit(text)
    return text.render
  }
  if (Array.isArray(value)) {
    const items = value.map((item) => compileValue(item, visit))
    return (variables) => items.map((item) => item(variables))
  }
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).map(([key, item]) => [key, compileValue(item, visit)] as const)
    // A text that renders to nothing is left out: an optional caption disappears, a required text is missed.
    return (variables) =>
      Object.fromEntries(entries.map(([key, item]) => [key, item(variables)]).filter(([, item]) => item !== ''))
  }
  return () => value
}

function checkRendered(value: unknown): Content {
  const result = renderedSchema.safeParse(value)
  if (result.success) return result.data
  const [issue] = result.error.issues
  const code = issue?.code === 'custom' ? (issue.params?.code as AppError['code'] | undefined) : undefined
  throw new AppError(
    code ?? 'content.invalid',
    `content/${issue?.path.join('/') ?? ''} ${issue?.message ?? 'is not valid'}`,
  )
}

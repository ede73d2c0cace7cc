// The fields of every kind of WhatsApp content, each with WhatsApp's own limits. What the parts of a content must be
// together says content-whole.ts; a provider's own limits, its driver (providers/provider.ts).
import { z } from 'zod'
import { charactersIn, isOneEmoji } from './characters.ts'
import { numberIn } from './comparison.ts'
import { mediaUrlProblem, plainAddressEnd } from './media-url.ts'
import { typedValue } from './template-value.ts'

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
  files: 10,
  altText: 1000,
  products: 30,
  templateValue: 1024,
  couponCode: 15,
  linkEnd: 2000,
  filename: 512,
} as const

/** Texts are checked against their limits twice: as written (where a placeholder may still grow) and as rendered. */
export type Stage = 'written' | 'rendered'

export function contentShape(stage: Stage) {
  const isOpen = (text: string) => stage === 'written' && text.includes('{{')
  const text = (max: number, code: 'message.too_long' | 'content.invalid' = 'content.invalid', mayBeEmpty = false) =>
    z.string().superRefine((value, ctx) => {
      if (isOpen(value)) return
      if (value === '' && !mayBeEmpty)
        ctx.addIssue({ code: 'custom', message: 'is empty', params: { code: 'content.invalid' } })
      const length = charactersIn(value)
      if (length > max)
        ctx.addIssue({ code: 'custom', message: `has ${length} characters, at most ${max}`, params: { code } })
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
  const altText = text(limits.altText).optional()
  /** Several in one message, where a provider has that. */
  const images = z.array(z.strictObject({ url, altText })).min(2).max(limits.images).optional()
  const files = z.array(z.strictObject({ url, filename, altText })).min(2).max(limits.files).optional()
  const textHeader = z.strictObject({ type: z.literal('text'), text: text(limits.headerText) })
  const asValue = (shape: z.ZodString) =>
    shape.superRefine((value, ctx) => {
      const problem = isOpen(value) ? undefined : templateValueProblem(value)
      if (problem !== undefined)
        ctx.addIssue({ code: 'custom', message: problem, params: { code: 'template.value_not_allowed' } })
    })
  /** Of a template: the value in its header. */
  const valueHeader = z.strictObject({ type: z.literal('text'), text: asValue(text(limits.headerText)) })
  const videoHeader = z.strictObject({ type: z.literal('video'), ...media })
  const placeHeader = z.strictObject({ type: z.literal('location'), ...place })
  const header = z.discriminatedUnion('type', [
    valueHeader,
    z.strictObject({ type: z.literal('image'), ...media }),
    videoHeader,
    z.strictObject({ type: z.literal('document'), ...media, filename }),
    placeHeader,
  ])
  const headerOfButtons = z.discriminatedUnion('type', [
    textHeader,
    z.strictObject({ type: z.literal('image'), ...media, altText, images }),
    videoHeader,
    z.strictObject({ type: z.literal('document'), ...media, filename, altText, files }),
    placeHeader,
  ])
  const body = text(limits.interactiveBody, 'message.too_long')
  const footer = text(limits.footer).optional()
  /** Whether a tap on it is an opt-out. The campaign declares it, because only its author knows what a payload means. */
  const optOut = z.boolean().optional()
  const replyButton = z.strictObject({ id: text(limits.buttonId), title: text(limits.buttonTitle), optOut })
  /** Without an id a tap comes back as its title: at Bird as a text of the person, elsewhere with the title as its id. */
  const quickButton = replyButton.extend({ id: text(limits.buttonId).optional() })
  const linkButton = z.strictObject({ title: text(limits.buttonTitle), url })
  const row = z.strictObject({
    id: text(limits.rowId),
    title: text(limits.rowTitle),
    description: text(limits.rowDescription).optional(),
    optOut,
  })
  const templateValue = asValue(text(limits.templateValue, 'content.invalid'))
  const linkEnd = z.string().superRefine((value, ctx) => {
    if (isOpen(value)) return
    const { length } = plainAddressEnd(value)
    if (length === 0) ctx.addIssue({ code: 'custom', message: 'is empty', params: { code: 'content.invalid' } })
    if (length > limits.linkEnd)
      ctx.addIssue({
        code: 'custom',
        message: `has ${length} characters as an address writes them, at most ${limits.linkEnd}`,
      })
  })
  const buttonIndex = z.int().min(0).max(9)
  const templateButton = z.discriminatedUnion('type', [
    z.strictObject({ index: buttonIndex, type: z.literal('url'), value: linkEnd }),
    z.strictObject({ index: buttonIndex, type: z.literal('quickReply'), value: text(2000), optOut }),
    z.strictObject({ index: buttonIndex, type: z.literal('copyCode'), value: text(limits.couponCode) }),
    // Opens the catalogue; the value is the product whose picture is shown.
    z.strictObject({ index: buttonIndex, type: z.literal('catalog'), value: text(100) }),
  ])
  const value = z.union([templateValue, typedValue(templateValue, isOpen)])
  const values = z.union([z.array(value).max(50), z.record(z.string().min(1).max(64), value)])

  return z.discriminatedUnion('type', [
    z.strictObject({
      type: z.literal('text'),
      text: text(limits.text, 'message.too_long'),
      previewUrl: z.boolean().optional(),
      ...carried,
    }),
    z.strictObject({
      type: z.literal('image'),
      ...media,
      altText,
      images,
      caption,
      ...carried,
    }),
    z.strictObject({ type: z.literal('video'), ...media, caption, ...carried }),
    z.strictObject({ type: z.literal('audio'), ...media, ...carried }),
    z.strictObject({ type: z.literal('document'), ...media, caption, filename, files, ...carried }),
    z.strictObject({ type: z.literal('sticker'), ...media, ...carried }),
    z.strictObject({ type: z.literal('location'), ...place, ...carried }),
    z.strictObject({
      type: z.literal('contacts'),
      contacts: z.array(contactCard({ text, url, isOpen })).min(1).max(limits.contacts),
      ...carried,
    }),
    z.strictObject({
      type: z.literal('buttons'),
      header: headerOfButtons.optional(),
      body,
      footer,
      buttons: z.array(quickButton).min(1).max(limits.buttons),
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
      emoji: z
        .string()
        .refine(
          (emoji) => emoji === '' || isOpen(emoji) || isOneEmoji(emoji),
          'is not one emoji; leave it empty to take a reaction back',
        ),
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
}

interface CardFields {
  text: (max: number) => z.ZodType<string>
  url: z.ZodType<string>
  isOpen: (text: string) => boolean
}

function contactCard({ text, url, isOpen }: CardFields) {
  const optional = text(256).optional()
  const waId = z
    .string()
    .refine((value) => isOpen(value) || /^\d{5,20}$/.test(value), 'is not a WhatsApp id: the digits of a number alone')
  const day = z
    .string()
    .refine((value) => isOpen(value) || z.iso.date().safeParse(value).success, 'is not a day such as 1990-12-31')
  return z.strictObject({
    name: z.strictObject({
      formattedName: text(256),
      firstName: optional,
      lastName: optional,
      middleName: optional,
      prefix: optional,
      suffix: optional,
    }),
    phones: z.array(z.strictObject({ phone: text(40), type: optional, waId: waId.optional() })).optional(),
    emails: z.array(z.strictObject({ email: text(320), type: optional })).optional(),
    org: z.strictObject({ company: optional, department: optional, title: optional }).optional(),
    urls: z.array(z.strictObject({ url, type: optional })).optional(),
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
    birthday: day.optional(),
  })
}

/** Meta refuses these in template parameters (error 132012, 132018). */
function templateValueProblem(value: string): string | undefined {
  if (/[\n\r\t]/.test(value)) return 'holds a line break or a tab, which a template value must not'
  return / {5,}/.test(value) ? 'holds more than four spaces in a row, which a template value must not' : undefined
}

export type ContentShape = z.infer<ReturnType<typeof contentShape>>
type Template = Extract<ContentShape, { type: 'template' }>
export type Header = NonNullable<Template['header']>

// What Zixflow's two APIs take: closed objects, one for each kind of message, with WhatsApp's limits. The older API writes
// degrees and the files of headers as texts.
import { z } from 'zod'
import { emojiOrNothing, text, webAddress } from '../strict-fields.ts'

const link = webAddress
const recipient = z.string().regex(/^[1-9]\d{6,14}$/, 'is written with digits alone')

const distinct = (ids: string[]) => new Set(ids).size === ids.length

const contact = z.strictObject({
  name: z.strictObject({
    formatted_name: text(256),
    first_name: text(256).optional(),
    last_name: text(256).optional(),
    middle_name: text(256).optional(),
    prefix: text(256).optional(),
    suffix: text(256).optional(),
  }),
  phones: z
    .array(z.strictObject({ phone: text(40), type: text(20).optional(), wa_id: text(20).optional() }))
    .optional(),
  emails: z.array(z.strictObject({ email: text(320), type: text(20).optional() })).optional(),
  addresses: z.array(z.record(z.string(), z.string())).optional(),
  urls: z.array(z.strictObject({ url: webAddress, type: text(20).optional() })).optional(),
  org: z
    .strictObject({ company: text(256).optional(), department: text(256).optional(), title: text(256).optional() })
    .optional(),
  birthday: z.iso.date().optional(),
})

const body = z.strictObject({ text: text(1024) })
const footer = z.strictObject({ text: text(60) }).optional()
const textHeader = z.strictObject({ type: z.literal('text'), text: text(60) })
const reply = z.strictObject({
  type: z.literal('reply'),
  reply: z.strictObject({ id: text(256), title: text(20) }),
})
const replyAction = z.strictObject({
  buttons: z
    .array(reply)
    .min(1)
    .max(3)
    .refine((buttons) => distinct(buttons.map((button) => button.reply.id)), 'has an id twice'),
})

/** A header with a file: what stands for the file differs between the APIs. */
function header(file: z.ZodType, document: z.ZodType = file) {
  return z.discriminatedUnion('type', [
    textHeader,
    z.strictObject({ type: z.literal('image'), image: file }),
    z.strictObject({ type: z.literal('video'), video: file }),
    z.strictObject({ type: z.literal('document'), document }),
  ])
}

const linkObject = z.strictObject({ link })
const documentObject = z.strictObject({ link, filename: text(240).optional() })
const newHeader = header(linkObject, documentObject)

const buttons = (anyHeader: z.ZodType) =>
  z.strictObject({ type: z.literal('button'), header: anyHeader.optional(), body, footer, action: replyAction })

const list = z.strictObject({
  type: z.literal('list'),
  header: textHeader.optional(),
  body,
  footer,
  action: z.strictObject({
    button: text(20),
    sections: z
      .array(
        z.strictObject({
          title: text(24).optional(),
          rows: z
            .array(z.strictObject({ id: text(200), title: text(24), description: text(72).optional() }))
            .min(1)
            .max(10),
        }),
      )
      .min(1)
      .max(10),
  }),
})

const locationRequest = z.strictObject({
  type: z.literal('location_request_message'),
  body,
  action: z.strictObject({ name: z.literal('send_location') }),
})

const card = z.strictObject({
  card_index: z.int().min(0).max(9),
  type: z.enum(['cta_url', 'quick_reply']),
  header: newHeader,
  body: z.strictObject({ text: text(160) }).optional(),
  action: z.union([
    z.strictObject({
      name: z.literal('cta_url'),
      parameters: z.strictObject({ display_text: text(20), url: link }),
    }),
    z.strictObject({
      buttons: z
        .array(
          z.strictObject({
            type: z.literal('quick_reply'),
            quick_reply: z.strictObject({ id: text(256), title: text(20) }),
          }),
        )
        .min(1)
        .max(3),
    }),
  ]),
})

const carousel = z.strictObject({
  type: z.literal('carousel'),
  body,
  action: z.strictObject({ cards: z.array(card).min(2).max(10) }),
})

const textObject = z.strictObject({ body: text(4096), preview_url: z.boolean().optional() })
const captioned = z.strictObject({ link, caption: text(1024).optional() })
const document = z.strictObject({ link, caption: text(1024).optional(), filename: text(240).optional() })
const place = (degrees: z.ZodType) =>
  z
    .strictObject({
      latitude: degrees,
      longitude: degrees,
      name: text(1000).optional(),
      address: text(1000).optional(),
    })
    .refine(({ name, address }) => address === undefined || name !== undefined, 'an address needs a name')

const textDegrees = z.string().regex(/^-?\d{1,3}(?:\.\d+)?$/)
const numberDegrees = z.number().min(-180).max(180)

const options = {
  source: text(100).optional(),
  linkWithRecord: z.boolean().optional(),
  submissionStatus: z.boolean().optional(),
  reportURL: link.optional(),
}
const address = { to: recipient, phoneId: text(64) }
const session = <Type extends string, Shape extends z.ZodType>(type: Type, shape: Shape) =>
  z.strictObject({ ...address, type: z.literal(type), [type]: shape, ...options })

/** The older API: the file of a header is an address, or an object with one. */
const campaignSession = z.discriminatedUnion('type', [
  session('text', textObject),
  session('image', captioned),
  session('video', captioned),
  session('document', document),
  session('audio', linkObject),
  session('sticker', linkObject),
  session('location', place(textDegrees)),
  session('contacts', z.array(contact).min(1).max(5)),
  session('interactive', z.union([buttons(header(z.union([link, documentObject]))), list])),
])

const variables = z.record(z.string().regex(/^[a-z][a-z0-9_]*$/), text(2000)).superRefine((values, ctx) => {
  for (const [key, value] of Object.entries(values)) {
    const isFile = ['image', 'video', 'document'].includes(key)
    if (isFile && !webAddress.safeParse(value).success)
      ctx.addIssue({ code: 'custom', path: [key], message: 'is no address' })
  }
})

const campaignTemplate = z.strictObject({
  ...address,
  templateName: text(512),
  language: text(20),
  variables,
  ...options,
})

const postBack = { post_back_url: link.optional(), post_back_data: text(512).optional() }
const aiAddress = { recipient, phone_id: text(64), ...postBack }
const kind = <Key extends string, Shape extends z.ZodType>(key: Key, shape: Shape) =>
  z.strictObject({ ...aiAddress, [key]: shape })

/** The newer API, by the part of the path that names the kind. */
const aiKinds: Record<string, z.ZodType> = {
  template: z.strictObject({ ...aiAddress, template_name: text(512), language: text(20), variables }),
  'message/text': kind('text', textObject),
  'message/image': kind('image', captioned),
  'message/video': kind('video', captioned),
  'message/document': kind('document', document),
  'message/audio': kind('audio', linkObject),
  'message/sticker': kind('sticker', linkObject),
  'message/location': kind('location', place(numberDegrees)),
  'message/contacts': kind('contacts', z.array(contact).min(1).max(5)),
  'message/reaction': kind('reaction', z.strictObject({ message_id: text(256), emoji: emojiOrNothing })),
  'message/interactive/reply-buttons': kind('interactive', buttons(newHeader)),
  'message/interactive/list-buttons': kind('interactive', list),
  'message/interactive/location-request': kind('interactive', locationRequest),
  'message/interactive/media-carousel': kind('interactive', carousel),
}

/** What both APIs say of a message, in one form. */
export interface ZixflowMessage {
  to: string
  phoneId: string
  template: { name: string; language: string } | null
  callbackUrl: string | null
  reference: string | null
  /** The older API names the message only on request. */
  isNamed: boolean
}

/** Undefined when the body is not what the page says. */
export function readCampaignMessage(body: unknown, isTemplate: boolean): ZixflowMessage | undefined {
  const result = (isTemplate ? campaignTemplate : campaignSession).safeParse(body)
  if (!result.success) return undefined
  const fields = result.data as z.output<typeof campaignTemplate>
  return {
    to: fields.to,
    phoneId: fields.phoneId,
    template: isTemplate ? { name: fields.templateName, language: fields.language } : null,
    callbackUrl: fields.reportURL ?? null,
    reference: null,
    isNamed: fields.submissionStatus === true,
  }
}

export function hasAiKind(path: string): boolean {
  return Object.hasOwn(aiKinds, path)
}

export function readAiMessage(body: unknown, path: string): ZixflowMessage | undefined {
  const result = aiKinds[path]?.safeParse(body)
  if (result?.success !== true) return undefined
  const fields = result.data as z.output<z.ZodObject<typeof aiAddress>> & Record<string, string>
  return {
    to: fields.recipient,
    phoneId: fields.phone_id,
    template: path === 'template' ? { name: fields.template_name ?? '', language: fields.language ?? '' } : null,
    callbackUrl: fields.post_back_url ?? null,
    reference: fields.post_back_data ?? null,
    isNamed: true,
  }
}

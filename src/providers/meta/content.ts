// Our content → the message objects of the Cloud API. Source: Meta's message object pages, graph v25.0.

import type { Content, Header, TemplateContent } from '../../domain/content.ts'
import { amountIn1000, type TemplateValue } from '../../domain/template-value.ts'
import { whatsappLanguage } from '../content-limits.ts'
import { contactCard, drop, type Json, replyId } from '../message-parts.ts'
import { withPlainAddresses } from '../plain-addresses.ts'

/** The part of a request that says what is sent: `type` and the object of that type. */
export function messageObject(given: Content): Json {
  const content = withPlainAddresses(given)
  const replyTo = 'replyTo' in content ? content.replyTo : undefined
  const context = replyTo === undefined ? {} : { context: { message_id: replyTo } }
  return { ...context, ...kinds[content.type](content as never) }
}

const kinds: { [T in Content['type']]: (content: Extract<Content, { type: T }>) => Json } = {
  text: (content) => ({ type: 'text', text: drop({ body: content.text, preview_url: content.previewUrl }) }),
  image: (content) => ({ type: 'image', image: media(content) }),
  video: (content) => ({ type: 'video', video: media(content) }),
  audio: (content) => ({ type: 'audio', audio: media(content) }),
  sticker: (content) => ({ type: 'sticker', sticker: media(content) }),
  document: (content) => ({ type: 'document', document: media(content) }),
  location: (content) => ({ type: 'location', location: place(content) }),
  contacts: (content) => ({ type: 'contacts', contacts: content.contacts.map(contactCard) }),
  buttons: (content) =>
    interactive(
      'button',
      content,
      { buttons: content.buttons.map(replyButton) },
      content.header && headerObject(content.header),
    ),
  list: (content) =>
    interactive(
      'list',
      content,
      {
        button: content.button,
        sections: content.sections.map((section) => drop({ title: section.title, rows: section.rows })),
      },
      textHeader(content.header),
    ),
  locationRequest: (content) => interactive('location_request_message', content, { name: 'send_location' }),
  carousel: (content) => ({
    type: 'interactive',
    interactive: {
      type: 'carousel',
      body: { text: content.body },
      action: { cards: content.cards.map(carouselCard) },
    },
  }),
  product: (content) =>
    content.sections === undefined
      ? interactive('product', content, {
          catalog_id: content.catalogId,
          product_retailer_id: content.productId,
        })
      : interactive(
          'product_list',
          content,
          { catalog_id: content.catalogId, sections: content.sections.map(productSection) },
          textHeader(content.header),
        ),
  reaction: (content) => ({ type: 'reaction', reaction: { message_id: content.messageId, emoji: content.emoji } }),
  template: (content) => ({ type: 'template', template: templateObject(content) }),
}

interface MediaFields {
  url?: string | undefined
  mediaId?: string | undefined
  caption?: string | undefined
  filename?: string | undefined
}

function media({ url, mediaId, caption, filename }: MediaFields): Json {
  return drop({ id: mediaId, link: url, caption, filename })
}

interface PlaceFields {
  latitude: number | string
  longitude: number | string
  name?: string | undefined
  address?: string | undefined
}

function place({ latitude, longitude, name, address }: PlaceFields): Json {
  return drop({ latitude: Number(latitude), longitude: Number(longitude), name, address })
}

function replyButton(button: { id?: string | undefined; title: string }): Json {
  return { type: 'reply', reply: { id: replyId(button), title: button.title } }
}

interface InteractiveFields {
  body?: string | undefined
  footer?: string | undefined
}

function interactive(type: string, content: InteractiveFields, action: Json, header?: Json): Json {
  return {
    type: 'interactive',
    interactive: drop({
      type,
      header,
      body: content.body === undefined ? undefined : { text: content.body },
      footer: content.footer === undefined ? undefined : { text: content.footer },
      action,
    }),
  }
}

function textHeader(text: string | undefined): Json | undefined {
  return text === undefined ? undefined : { type: 'text', text }
}

function headerObject(header: Header): Json {
  if (header.type === 'text') return { type: 'text', text: header.text }
  return { type: header.type, [header.type]: header.type === 'location' ? place(header) : media(header) }
}

type CarouselCard = Extract<Content, { type: 'carousel' }>['cards'][number]

function carouselCard(card: CarouselCard, index: number): Json {
  const [first] = card.buttons
  const isLink = first !== undefined && 'url' in first
  return drop({
    card_index: index,
    // Meta's page has this type for cards of both kinds; the action tells them apart.
    type: 'cta_url',
    header: card.header && headerObject(card.header),
    body: card.body === undefined ? undefined : { text: card.body },
    action: isLink
      ? { name: 'cta_url', parameters: { display_text: first.title, url: first.url } }
      : {
          buttons: card.buttons.flatMap((button) =>
            'id' in button ? [{ type: 'quick_reply', quick_reply: { id: button.id, title: button.title } }] : [],
          ),
        },
  })
}

function productSection(section: { title: string; productIds: string[] }): Json {
  return {
    title: section.title,
    product_items: section.productIds.map((id) => ({ product_retailer_id: id })),
  }
}

function templateObject(content: TemplateContent): Json {
  const components = [...componentsOf(content)]
  if (content.cards !== undefined)
    components.push({
      type: 'carousel',
      cards: content.cards.map((card, index) => ({ card_index: index, components: componentsOf(card) })),
    })
  return drop({
    name: content.template,
    language: { code: whatsappLanguage(content.language) },
    components: components.length === 0 ? undefined : components,
  })
}

type TemplatePart = Pick<TemplateContent, 'header' | 'body' | 'buttons'>

/** Header, body and buttons of a template or of one card of it, as component objects. */
export function componentsOf(part: TemplatePart): Json[] {
  const components: Json[] = []
  if (part.header !== undefined) components.push({ type: 'header', parameters: [headerObject(part.header)] })
  if (part.body !== undefined) components.push({ type: 'body', parameters: bodyParameters(part.body) })
  for (const button of part.buttons ?? []) components.push(templateButton(button))
  return components
}

/** Values in order for positional templates, with names for named ones. */
function bodyParameters(body: NonNullable<TemplatePart['body']>): Json[] {
  if (Array.isArray(body)) return body.map(valueObject)
  return Object.entries(body).map(([name, value]) => ({ parameter_name: name, ...valueObject(value) }))
}

/** Of a time Meta shows the text alone. */
function valueObject(value: TemplateValue): Json {
  if (typeof value === 'string') return { type: 'text', text: value }
  const { type, fallback: fallback_value } = value
  if (type === 'dateTime') return { type: 'date_time', date_time: { fallback_value } }
  return { type, currency: { fallback_value, code: value.code, amount_1000: amountIn1000(value.amount) } }
}

const buttonTypes = { url: 'url', quickReply: 'quick_reply', copyCode: 'copy_code', catalog: 'catalog' } as const

function templateButton(button: NonNullable<TemplatePart['buttons']>[number]): Json {
  const parameter = {
    url: { type: 'text', text: button.value },
    quickReply: { type: 'payload', payload: button.value },
    copyCode: { type: 'coupon_code', coupon_code: button.value },
    catalog: { type: 'action', action: { thumbnail_product_retailer_id: button.value } },
  }[button.type]
  return {
    type: 'button',
    sub_type: buttonTypes[button.type],
    index: String(button.index),
    parameters: [parameter],
  }
}

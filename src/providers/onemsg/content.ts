// Our content → the method and body of a 1MSG call, without the destination. Source: 1MSG API 2.39 and its current
// contract. Field names stay snake_case on the wire.
import type { Content } from '../../domain/content.ts'
import { contactCard, drop, type Json, replyId } from '../message-parts.ts'
import { withPlainAddresses } from '../plain-addresses.ts'
import type { OneMsgSettings } from './config.ts'
import { fileName } from './file-name.ts'
import { headerObject } from './header-object.ts'
import { templateBody } from './template-body.ts'

export interface OneMsgCall {
  method: string
  body: Json
}

/** The call that sends this content; what it must carry of the message itself is added by the driver. */
export function callOf(given: Content, settings: OneMsgSettings): OneMsgCall {
  const content = withPlainAddresses(given)
  const call = kinds[content.type](content as never, settings)
  const replyTo = 'replyTo' in content ? content.replyTo : undefined
  return { ...call, body: drop({ ...call.body, ...(replyTo !== undefined && { quotedMsgId: replyTo }) }) }
}

type Kind<T extends Content['type']> = (content: Extract<Content, { type: T }>, settings: OneMsgSettings) => OneMsgCall

const kinds: { [T in Content['type']]: Kind<T> } = {
  text: ({ text }) => ({ method: 'sendMessage', body: { body: text } }),
  image: file,
  video: file,
  audio: file,
  document: file,
  sticker: ({ url, mediaId }) => ({ method: 'sendSticker', body: { link: url, mediaId } }),
  location: ({ latitude, longitude, name, address }) => ({
    method: 'sendLocation',
    body: { lat: String(latitude).trim(), lng: String(longitude).trim(), name, address },
  }),
  contacts: ({ contacts }) => ({
    method: 'sendContact',
    body: { contacts: contacts.map((card) => inCapitals(contactCard(card))) },
  }),
  buttons: ({ header, body, footer, buttons }) => ({
    method: 'sendButton',
    body: {
      header: header && headerObject(header),
      body,
      footer,
      sections: buttons.map((button) => ({ type: 'reply', reply: { id: replyId(button), title: button.title } })),
    },
  }),
  list: ({ header, body, footer, button, sections }) => ({
    method: 'sendList',
    body: { header, body, footer, action: button, sections: sections.map(drop) },
  }),
  locationRequest: ({ body }) => ({ method: 'sendLocationRequest', body: { body } }),
  carousel: ({ body, cards }, { replyCardType }) => ({
    method: 'sendCarousel',
    body: { body, cards: cards.map((card) => carouselCard(card, replyCardType)) },
  }),
  product: ({ catalogId, productId, sections, header, body, footer }) => ({
    method: 'sendProduct',
    body: {
      action: drop({
        catalog_id: catalogId,
        product_retailer_id: productId,
        sections: sections?.map(({ title, productIds }) => ({
          title,
          product_items: productIds.map((id) => ({ product_retailer_id: id })),
        })),
      }),
      header,
      body,
      footer,
    },
  }),
  reaction: ({ messageId, emoji }) => ({ method: 'sendReaction', body: { body: emoji, quotedMsgId: messageId } }),
  template: (content, settings) => ({ method: 'sendTemplate', body: templateBody(content, settings) }),
}

/** The kinds of phones, emails, addresses and urls as the page writes them. */
function inCapitals(card: Json): Json {
  return JSON.parse(JSON.stringify(card), (key, value) =>
    key === 'type' && typeof value === 'string' ? value.toUpperCase() : value,
  ) as Json
}

type FileContent = Extract<Content, { type: 'image' | 'video' | 'audio' | 'document' }>

/** An address goes as `body` with a name whose ending tells the kind; a stored file goes by its id and kind. */
function file(content: FileContent): OneMsgCall {
  const caption = content.type === 'audio' ? undefined : content.caption
  const filename = content.type === 'document' ? content.filename : undefined
  const { type, url, mediaId } = content
  return {
    method: 'sendFile',
    body:
      url === undefined
        ? { mediaId, mediaType: type, filename, caption }
        : { body: url, filename: fileName(type, url, filename), caption },
  }
}

type Card = Extract<Content, { type: 'carousel' }>['cards'][number]

function carouselCard({ header, body, buttons }: Card, replyCardType: OneMsgSettings['replyCardType']): Json {
  const [first] = buttons
  const isLink = first !== undefined && 'url' in first
  return drop({
    header: header && headerObject(header),
    body: body === undefined ? undefined : { text: body },
    type: isLink ? 'cta_url' : replyCardType,
    action: isLink
      ? { name: 'cta_url', parameters: { display_text: first.title, url: first.url } }
      : {
          buttons: buttons.flatMap((button) =>
            'id' in button ? [{ type: 'quick_reply', quick_reply: { id: button.id, title: button.title } }] : [],
          ),
        },
  })
}

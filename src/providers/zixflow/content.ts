// Our content → the objects that both of Zixflow's APIs take: WhatsApp's own, with files by address only. What the older
// API writes otherwise (texts for degrees, an address for the file of a header) is told by the form.

import type { Content, Header } from '../../domain/content.ts'
import { contactCard, drop, type Json, replyId } from '../message-parts.ts'
import { withPlainAddresses } from '../plain-addresses.ts'

/** Where the two APIs write the same thing otherwise. */
export interface ContentForm {
  hasTextDegrees: boolean
  headerMedia: 'text' | 'object'
}

type SessionContent = Exclude<Content, { type: 'template' | 'product' }>

/** `{type, [type]: object}` of a message within a session. */
export function sessionObject(given: SessionContent, form: ContentForm): Json {
  const content = withPlainAddresses(given) as SessionContent
  return { type: wireType(content), [wireType(content)]: objectOf(content, form) }
}

function wireType({ type }: SessionContent): string {
  const isInteractive = type === 'buttons' || type === 'list' || type === 'locationRequest' || type === 'carousel'
  return isInteractive ? 'interactive' : type
}

function objectOf(content: SessionContent, form: ContentForm): unknown {
  switch (content.type) {
    case 'text':
      return drop({ body: content.text, preview_url: content.previewUrl })
    case 'image':
    case 'video':
      return drop({ link: content.url, caption: content.caption })
    case 'document':
      return drop({ link: content.url, caption: content.caption, filename: content.filename })
    case 'audio':
    case 'sticker':
      return drop({ link: content.url })
    case 'location':
      return drop({
        latitude: degrees(content.latitude, form),
        longitude: degrees(content.longitude, form),
        name: content.name,
        address: content.address,
      })
    case 'contacts':
      return content.contacts.map(contactCard)
    case 'reaction':
      return { message_id: content.messageId, emoji: content.emoji }
    default:
      return interactive(content, form)
  }
}

function degrees(value: number | string, { hasTextDegrees }: ContentForm): number | string {
  return hasTextDegrees ? String(value).trim() : Number(value)
}

type InteractiveContent = Extract<Content, { type: 'buttons' | 'list' | 'locationRequest' | 'carousel' }>

function interactive(content: InteractiveContent, form: ContentForm): Json {
  const body = { text: content.body }
  switch (content.type) {
    case 'buttons':
      return drop({
        type: 'button',
        header: content.header && headerObject(content.header, form),
        body,
        footer: textObject(content.footer),
        action: { buttons: content.buttons.map(replyButton) },
      })
    case 'list':
      return drop({
        type: 'list',
        header: content.header === undefined ? undefined : { type: 'text', text: content.header },
        body,
        footer: textObject(content.footer),
        action: { button: content.button, sections: content.sections.map(listSection) },
      })
    case 'locationRequest':
      return { type: 'location_request_message', body, action: { name: 'send_location' } }
    case 'carousel':
      return { type: 'carousel', body, action: { cards: content.cards.map(carouselCard) } }
  }
}

function listSection({ title, rows }: Extract<Content, { type: 'list' }>['sections'][number]): Json {
  return drop({ title, rows: rows.map(({ id, title, description }) => drop({ id, title, description })) })
}

function textObject(text: string | undefined): Json | undefined {
  return text === undefined ? undefined : { text }
}

function headerObject(header: Header, { headerMedia }: ContentForm): Json {
  if (header.type === 'text') return { type: 'text', text: header.text }
  if (header.type === 'location') throw new Error('a header of buttons is no location')
  const file = headerMedia === 'text' ? header.url : drop({ link: header.url, filename: filenameOf(header) })
  return { type: header.type, [header.type]: file }
}

function filenameOf(header: Header): string | undefined {
  return header.type === 'document' ? header.filename : undefined
}

function replyButton(button: { id?: string | undefined; title: string }): Json {
  return { type: 'reply', reply: { id: replyId(button), title: button.title } }
}

type CarouselCard = Extract<Content, { type: 'carousel' }>['cards'][number]

function carouselCard(card: CarouselCard, index: number): Json {
  const [first] = card.buttons
  const isLink = first !== undefined && 'url' in first
  return drop({
    card_index: index,
    type: isLink ? 'cta_url' : 'quick_reply',
    header: card.header && headerObject(card.header, { hasTextDegrees: false, headerMedia: 'object' }),
    body: textObject(card.body),
    action: isLink
      ? { name: 'cta_url', parameters: { display_text: first.title, url: first.url } }
      : { buttons: card.buttons.flatMap((button) => ('id' in button ? [quickReply(button)] : [])) },
  })
}

function quickReply({ id, title }: { id: string; title: string }): Json {
  return { type: 'quick_reply', quick_reply: { id, title } }
}

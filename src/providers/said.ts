// What a message of a person says, in WhatsApp's own form: who hands it on as it is (Meta, Zixflow, 1MSG) shares this.
import type { SentKind } from '../domain/reply.ts'
import { parseJson } from './http-result.ts'
import { arrayOf, objectOf, textOf } from './webhook-parts.ts'

type Json = Record<string, unknown>

/** The parts of an inbound item that tell what was said. */
export interface Said {
  text: string | null
  buttonPayload: string | null
  /** Left out for a text and for a tap. */
  content?: SentKind
}

const kinds: Readonly<Record<string, SentKind>> = {
  image: 'image',
  video: 'video',
  document: 'document',
  audio: 'audio',
  voice: 'audio',
  ptt: 'audio',
  sticker: 'sticker',
  reaction: 'reaction',
  location: 'location',
  contacts: 'contacts',
  contact: 'contacts',
  vcard: 'contacts',
  order: 'order',
}

/** A provider's word for what was sent; undefined for one that is not known. */
export function sentKindOf(word: unknown): SentKind | undefined {
  const known = textOf(word)?.trim().toLowerCase() ?? ''
  return Object.hasOwn(kinds, known) ? kinds[known] : undefined
}

/** The first value that is a text with something in it. */
export function firstFilled(...values: unknown[]): string | null {
  return values.map(textOf).find((text) => text !== null && text.trim() !== '') ?? null
}

export function readSaid(message: Json): Said {
  const button = objectOf(message.button)
  const interactive = objectOf(message.interactive)
  const reply = objectOf(interactive.button_reply ?? interactive.list_reply)
  const captions = Object.keys(kinds).map((kind) => objectOf(message[kind]).caption)
  const written = firstFilled(objectOf(message.text).body, button.text, reply.title, ...captions)
  const buttonPayload = textOf(button.payload) ?? textOf(reply.id)
  const isForm = interactive.nfm_reply !== undefined
  const content = sentKindOf(message.type) ?? (isForm ? 'form' : 'other')
  const isPlain = buttonPayload !== null || message.type === 'text' || message.type === 'chat'
  const text = written ?? textBeside(message)
  return { text, buttonPayload, ...(!isPlain && (content !== 'other' || written === null) && { content }) }
}

/** What stands in for a text where nothing is written. */
function textBeside(message: Json): string | null {
  const place = objectOf(message.location)
  return (
    firstFilled(objectOf(message.reaction).emoji, objectOf(message.order).text) ??
    joined(answersOf(objectOf(objectOf(message.interactive).nfm_reply))) ??
    joined(arrayOf(message.contacts).map((contact) => objectOf(objectOf(contact).name).formatted_name)) ??
    joined([place.name, place.address])
  )
}

/** The texts among some values, as one; null when there is none. */
export function joined(values: readonly unknown[]): string | null {
  const texts = values.map(textOf).filter((text) => text !== null && text.trim() !== '')
  return texts.length === 0 ? null : texts.join(', ')
}

/** What a person filled in; the token of the form is ours. */
function answersOf(form: Json): unknown[] {
  const answers = Object.entries(objectOf(parseJson(textOf(form.response_json) ?? '{}')))
  const given = answers.filter(([name]) => name !== 'flow_token').flatMap(([, value]) => value)
  return joined(given) === null ? [form.body] : given
}

// Replies: what came from a person, how it is settled, and what an installation makes of them.
import { z } from 'zod'

/** What people send besides texts and taps. `form`: the answers to a form; `other`: of no known kind. */
export const sentKinds = [
  'image',
  'video',
  'document',
  'audio',
  'sticker',
  'reaction',
  'location',
  'contacts',
  'order',
  'form',
  'other',
] as const
export type SentKind = (typeof sentKinds)[number]

/** `preference`: said to WhatsApp itself; `number_change`: told by WhatsApp. */
export const replyKinds = ['text', 'tap', ...sentKinds, 'preference', 'number_change'] as const
export type ReplyKind = (typeof replyKinds)[number]

/** What a reply is, in a word before its text; a text needs none. */
export const replyKindWords: Record<ReplyKind, string | undefined> = {
  text: undefined,
  tap: 'tapped',
  image: 'picture',
  video: 'video',
  document: 'file',
  audio: 'recording',
  sticker: 'sticker',
  reaction: 'reaction',
  location: 'place',
  contacts: 'contact card',
  order: 'order',
  form: 'filled-in form',
  other: 'something that cannot be shown',
  preference: 'told WhatsApp',
  number_change: 'changed the number',
}

/** What stands for a reply without a text: the payload of its button, or what it is. */
export function textInPlace(kind: ReplyKind, payload: string | null): string {
  if (kind === 'reaction') return 'taken back'
  return payload ?? (kind === 'text' ? 'an empty text' : '')
}

/** What a person decides about a reply. */
export const settlements = ['opt_out', 'not_opt_out'] as const
export type Settlement = (typeof settlements)[number]

/** What START does: nothing, or it lifts the opt-out and is logged as consent. */
export const startActions = ['nothing', 'lift'] as const
export type StartAction = (typeof startActions)[number]

const OWN_MAX = 200
const WORD_MAX = 100
const PAYLOAD_MAX = 256

/** As stored and shown. */
export const replyRulesSchema = z.strictObject({
  words: z
    .array(z.string().trim().min(1).max(WORD_MAX))
    .max(OWN_MAX)
    .describe('whole texts that are opt-outs besides the known ones; case, accents and punctuation are of no account'),
  payloads: z
    .array(z.string().min(1).max(PAYLOAD_MAX))
    .max(OWN_MAX)
    .describe('payloads of buttons that are opt-outs, whatever campaign they came with'),
  onStart: z.enum(startActions).describe('what START does: nothing, or lift the opt-out, logged as consent'),
})
export type ReplyRules = z.infer<typeof replyRulesSchema>

/** What ships: lifting an opt-out takes a person. */
export const defaultReplyRules: ReplyRules = { words: [], payloads: [], onStart: 'nothing' }

export function readReplyRules(stored: unknown): ReplyRules {
  return stored === undefined ? defaultReplyRules : replyRulesSchema.parse(stored)
}

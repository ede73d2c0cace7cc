// A reply in one line of a table.
import { replyKindWords, textInPlace } from '../domain/reply.ts'
import type { ReplyView } from '../engine/replies/replies.ts'

/** One line: what it is, where it is no text, and what it says. */
export function saidIn({ kind, text: said, payload }: Pick<ReplyView, 'kind' | 'text' | 'payload'>): string {
  const shown = said.replace(/\s+/g, ' ').slice(0, 60) || textInPlace(kind, payload)
  if (kind === 'tap') return `[${shown}]`
  return [replyKindWords[kind], shown].filter(Boolean).join(': ')
}

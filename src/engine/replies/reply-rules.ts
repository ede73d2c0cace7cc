// What an installation makes of replies: its own opt-out words and payloads, and what START does.

import { readDefinition } from '../../domain/definition.ts'
import { problemsError } from '../../domain/errors.ts'
import { plainText } from '../../domain/opt-out.ts'
import { type ReplyRules, readReplyRules, replyRulesSchema } from '../../domain/reply.ts'
import type { ReadTx } from '../../store/database.ts'
import { findSetting, setSetting } from '../../store/settings.ts'
import type { Context } from '../context.ts'
import { requireSeen, type Seen, versionOf } from '../version.ts'

export async function findReplyRules(tx: ReadTx): Promise<ReplyRules> {
  return readReplyRules(await findSetting(tx, 'replyRules'))
}

export async function showReplyRules(ctx: Context): Promise<ReplyRules> {
  return ctx.db.read(findReplyRules)
}

export function versionOfReplyRules({ words, payloads, onStart }: ReplyRules): string {
  return versionOf([words, payloads, onStart])
}

/** What is left out stays as it is. Throws AppError reply.rules_invalid, version.changed. */
export async function setReplyRules(ctx: Context, change: Partial<ReplyRules>, seen?: Seen): Promise<ReplyRules> {
  return changeReplyRules(ctx, (known) => {
    requireSeen(seen, versionOfReplyRules(known), 'the rules of replies')
    return { ...known, ...change }
  })
}

export interface ReplyRulesChange {
  addWords?: readonly string[] | undefined
  removeWords?: readonly string[] | undefined
  addPayloads?: readonly string[] | undefined
  removePayloads?: readonly string[] | undefined
  onStart?: ReplyRules['onStart'] | undefined
}

/** Throws AppError reply.rules_invalid. */
export async function editReplyRules(ctx: Context, change: ReplyRulesChange): Promise<ReplyRules> {
  const { addWords = [], removeWords = [], addPayloads = [], removePayloads = [], onStart } = change
  return changeReplyRules(ctx, (known) => {
    const gone = new Set(removeWords.map(plainText))
    return {
      words: [...known.words, ...addWords].filter((word) => !gone.has(plainText(word))),
      payloads: [...known.payloads, ...addPayloads].filter((payload) => !removePayloads.includes(payload)),
      onStart: onStart ?? known.onStart,
    }
  })
}

async function changeReplyRules(ctx: Context, change: (known: ReplyRules) => ReplyRules): Promise<ReplyRules> {
  return ctx.db.write(async (tx) => {
    const rules = checked(change(await findReplyRules(tx)))
    await setSetting(tx, 'replyRules', rules)
    return rules
  })
}

/** Each word once, however it was spelled; a word of nothing but signs would be any text or none. */
function checked(given: ReplyRules): ReplyRules {
  const reading = readDefinition(replyRulesSchema, given, { '': 'reply.rules_invalid' })
  if ('problems' in reading) throw problemsError(reading.problems, 'reply rules')
  const { words, payloads, onStart } = reading.value
  const empty = words.findIndex((word) => plainText(word) === '')
  if (empty >= 0)
    throw problemsError(
      [{ pointer: `/words/${empty}`, code: 'reply.rules_invalid', detail: 'has no letter and no digit' }],
      'reply rules',
    )
  const byPlain = new Map(words.map((word) => [plainText(word), word]))
  return { words: [...byPlain.values()], payloads: [...new Set(payloads)], onStart }
}

// `replies`: what people wrote and tapped, what a person still has to settle, and what is made of words.
import type { Command } from 'commander'
import { type ReplyReading, replyReadings } from '../../domain/opt-out.ts'
import { type ReplyRules, type Settlement, type StartAction, settlements, startActions } from '../../domain/reply.ts'
import { type ReplyView, showReplies } from '../../engine/replies/replies.ts'
import { oneOf, text, texts, wholeNumber } from '../arguments.ts'
import { action, type Host } from '../host.ts'
import { saidIn } from '../reply-text.ts'

// Loaded by the commands that need them: a list reads no number and no word.
const replyRules = () => import('../../engine/replies/reply-rules.ts')
const settling = () => import('../../engine/replies/settle-reply.ts')

interface ListFlags {
  open?: boolean
  reading?: ReplyReading
  phone?: string
  limit?: number
}

interface RulesFlags {
  addWord?: string[]
  removeWord?: string[]
  addPayload?: string[]
  removePayload?: string[]
  onStart?: StartAction
}

export function addReplies(program: Command): void {
  const replies = program.command('replies')
  replies
    .command('list')
    .option('--open', 'only what waits to be settled')
    .option('--reading <reading>', `only ${replyReadings.join(', ')}`, oneOf(replyReadings))
    .option('--phone <phone>', 'only of this number', text)
    .option('--limit <n>', 'at most so many (default 100)', wholeNumber(1, 100_000))
    .description('What waits to be settled first ("probably an opt-out"), then the newest.')
    .action(
      action(async (host, { open, limit, ...filter }: ListFlags) => {
        const found = await host.withApp((app) =>
          showReplies(app.ctx, { ...filter, isOpen: open, limit: limit ?? 100 }),
        )
        host.output.result(found, () =>
          host.output.table(
            ['reply', 'from', 'at', 'what', 'read as', 'settled'],
            found.map((reply) => [reply.id, whoOf(reply), reply.at, saidIn(reply), readingOf(reply), settledAs(reply)]),
            open ? 'Nothing waits to be settled.' : 'Nobody has written yet.',
          ),
        )
      }),
    )
  replies
    .command('settle')
    .argument('<reply>', 'id')
    .requiredOption(
      '--as <meaning>',
      'opt_out stops marketing to the person; not_opt_out does nothing',
      oneOf(settlements),
    )
    .option('--phone <phone>', 'whose it is, where nobody knows', text)
    .description('Say what a reply means.')
    .action(
      action(async (host, id: string, { as, phone }: { as: Settlement; phone?: string }) => {
        const { settleByOperator } = await settling()
        const settled = await host.withApp((app) => settleByOperator(app.ctx, id, { as, by: 'an operator', phone }))
        host.output.result(settled, () =>
          host.output.line(
            as === 'opt_out'
              ? `${settled.phone ?? settled.id} gets no more marketing; ${settled.stopped} waiting messages stopped.`
              : `${settled.id} is no opt-out.`,
          ),
        )
      }),
    )
  const rules = replies.command('rules').description('Your own opt-out words, and what START does.')
  rules
    .command('show')
    .description('What holds now, besides the words that Herald knows in some forty languages.')
    .action(
      action(async (host) => {
        const { showReplyRules } = await replyRules()
        answer(host, await host.withApp((app) => showReplyRules(app.ctx)))
      }),
    )
  rules
    .command('set')
    .option('--add-word <text>', 'a whole text that is an opt-out; repeatable', texts)
    .option('--remove-word <text>', 'one of your own words; repeatable', texts)
    .option('--add-payload <payload>', 'payload of a button that is an opt-out; repeatable', texts)
    .option('--remove-payload <payload>', 'one of your own payloads; repeatable', texts)
    .option(
      '--on-start <what>',
      'what START does: nothing (default), or lift the opt-out, logged as consent',
      oneOf(startActions),
    )
    .description('Change them. It holds for what comes from here on.')
    .action(
      action(async (host, flags: RulesFlags) => {
        const change = {
          addWords: flags.addWord,
          removeWords: flags.removeWord,
          addPayloads: flags.addPayload,
          removePayloads: flags.removePayload,
          onStart: flags.onStart,
        }
        const { editReplyRules } = await replyRules()
        answer(host, await host.withApp((app) => editReplyRules(app.ctx, change)))
      }),
    )
}

const readingWords: Record<ReplyReading, string> = {
  opt_out: 'opt-out',
  probable_opt_out: 'probably an opt-out',
  opt_in: 'wants messages again',
  other: '',
}

function readingOf({ reading }: ReplyView): string {
  return readingWords[reading]
}

function whoOf({ phone, userId }: ReplyView): string {
  return phone ?? userId ?? 'erased'
}

function settledAs({ isOpen, settledAs: as }: ReplyView): string {
  if (isOpen) return 'waits'
  return as === null ? '' : as === 'opt_out' ? 'opt-out' : 'no opt-out'
}

function answer({ output }: Host, rules: ReplyRules): void {
  output.result(rules, () => {
    output.facts([
      ['own opt-out words', rules.words.join(', ') || 'none'],
      ['own opt-out payloads', rules.payloads.join(', ') || 'none'],
      ['START', rules.onStart === 'lift' ? 'lifts the opt-out, logged as consent' : 'changes nothing'],
    ])
  })
}

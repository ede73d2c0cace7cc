// What waits for a person, in words: the same on the overview, in the API and on the command line.
import { counted } from '../../domain/plural.ts'
import { NEEDS_COUNTED_MAX, type Need, type NeedKind } from './needs.ts'
import { campaignPauseText, senderPauseText } from './pause-words.ts'

/** A piece of a sentence; names and what providers said are apart, so that a face can keep their direction of writing to them. */
export type NeedPart = string | { foreign: string }

/** Numbers as the reader writes them. */
interface Numbers {
  number(value: number): string
  /** A number with its noun. */
  counted(count: number, one: string, many: string): string
}

const plainNumbers: Numbers = { number: String, counted }

interface NeedWords {
  /** Of the one thing that is named. */
  one(need: Need, numbers: Numbers): NeedPart[]
  /** Of many alike. */
  many(need: Need, numbers: Numbers): string
}

const needWords: Record<NeedKind, NeedWords> = {
  campaign: {
    one: ({ name, reason }) => [
      'The campaign ',
      { foreign: name ?? '' },
      ` paused itself: ${campaignPauseText(reason ?? '')}.`,
    ],
    many: ({ count }, { counted }) => `${counted(count, 'more campaign', 'more campaigns')} paused by themselves.`,
  },
  sender: {
    one: ({ name, reason, detail }) => [
      'The sender ',
      { foreign: name ?? '' },
      ' is paused, nothing of it is sent: ',
      { foreign: senderPauseText(reason, detail) },
      '.',
    ],
    many: ({ count }, { counted }) => `${counted(count, 'more sender is', 'more senders are')} paused.`,
  },
  unknown: manyWords(
    ['message was', 'messages were'],
    'handed over and never confirmed: look them up, then settle them.',
  ),
  replies: manyWords(['reply is', 'replies are'], 'probably an opt-out: say what they mean.'),
  templates: manyWords(['template was', 'templates were'], 'rejected or stopped by the provider in the last 7 days.'),
  import: {
    one: ({ name, count }, { counted }) => [
      'The import of ',
      { foreign: name ?? '' },
      ` rejected ${counted(count, 'line', 'lines')}: correct and import them.`,
    ],
    many: ({ count }, { counted }) => `${counted(count, 'more import', 'more imports')} rejected lines.`,
  },
}

function manyWords([one, many]: [string, string], what: string): NeedWords {
  const words = ({ count }: Need, { number, counted }: Numbers) =>
    count >= NEEDS_COUNTED_MAX
      ? `${number(NEEDS_COUNTED_MAX - 1)}+ ${many} ${what}`
      : `${counted(count, one, many)} ${what}`
  return { one: (need, numbers) => [words(need, numbers)], many: words }
}

/** The sentence of a need in its pieces. */
export function needParts(need: Need, numbers: Numbers = plainNumbers): NeedPart[] {
  const { one, many } = needWords[need.kind]
  return need.id === null ? [many(need, numbers)] : one(need, numbers)
}

/** The same as one text. */
export function needText(need: Need): string {
  return needParts(need)
    .map((part) => (typeof part === 'string' ? part : part.foreign))
    .join('')
}

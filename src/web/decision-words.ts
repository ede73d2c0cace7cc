// What a launch would do, in the words of the page where it is decided.
import type { CampaignDefinition } from '../domain/campaign.ts'
import type { OutcomeCounts } from '../domain/reach-verdict.ts'
import type { ExampleReader } from '../engine/campaigns/example-readers.ts'
import type { Forecast } from '../engine/report/forecast.ts'
import type { Format } from './format.ts'
import { zoneTitle } from './reader-zone.ts'

/** How it begins: the verb on the button. */
export type Start = 'now' | 'once' | 'recurring'

export function startOf(schedule: CampaignDefinition['schedule'], isPast: boolean): Start {
  if (
    schedule === undefined ||
    (schedule.at === undefined && schedule.cron === undefined && schedule.every === undefined)
  )
    return 'now'
  if (schedule.at !== undefined) return isPast ? 'now' : 'once'
  return 'recurring'
}

const buttonWords = {
  now: (people: string) => `Send now to ${people}`,
  once: (people: string) => `Schedule for ${people}`,
  recurring: () => 'Start schedule',
} satisfies Record<Start, (people: string) => string>

export function buttonText(start: Start, recipients: number, format: Format): string {
  return buttonWords[start](recipients === 0 ? 'nobody' : format.counted(recipients, 'person', 'people'))
}

export const confirmWords = {
  now: 'the number of people who get it',
  once: 'the number of people who get it',
  recurring: 'the number of people who get the first one',
} satisfies Record<Start, string>

interface Said {
  people: string
  isOne: boolean
  /** When it begins; when the last of them gets it. */
  first: string
  last: string
}

const outcomeSentences = {
  sent: ({ people, isOne, first }) => `${people} ${isOne ? 'gets' : 'get'} this ${first}.`,
  deferred: ({ people, isOne, last }) => `${people} ${isOne ? 'waits' : 'wait'} until ${last}.`,
  skipped: ({ people, isOne }) => `${people} ${isOne ? 'is' : 'are'} left out.`,
  expired: ({ people }) => `${people} would get it too late, and will not get it.`,
} satisfies Record<keyof OutcomeCounts, (said: Said) => string>

function withWeekday(at: string, format: Format): string {
  return `${format.localOf(at)} ${zoneTitle(format.timeZone)}`
}

/** `501 people get this on Mon, 30 Nov 2026, 09:00 Berlin. 3 wait until … 1 is left out.` */
export function decisionSentence(forecast: Forecast, start: Start, format: Format): string {
  const { byOutcome, firstAt, lastAt } = forecast
  const first = start === 'now' || firstAt === null ? 'as soon as you send it' : `on ${withWeekday(firstAt, format)}`
  const last = lastAt === null ? '' : withWeekday(lastAt, format)
  const sentences = (Object.keys(outcomeSentences) as (keyof OutcomeCounts)[])
    .filter((outcome) => byOutcome[outcome] > 0)
    .map((outcome, index) => {
      const count = byOutcome[outcome]
      const people = index === 0 ? format.counted(count, 'person', 'people') : format.number(count)
      return outcomeSentences[outcome]({ people, isOne: count === 1, first, last })
    })
  return sentences.length === 0 ? 'Nobody gets this: the audience is empty.' : sentences.join(' ')
}

export const exampleWords: Record<ExampleReader['kind'], string> = {
  longest: 'The longest text',
  shortest: 'The shortest text',
  fallback: 'With a fallback',
}

export const reviewWords = {
  ready: 'Ready to send.',
  readFirst: 'Read this first:',
  refused: 'This can’t be sent yet:',
  fix: 'Fix the problem above, then launch.',
  again: 'Recalculate',
  message: 'The message',
  noExample: 'The message can’t be shown for anyone in this audience.',
  details: 'Who gets it when, and who does not',
  from: 'From',
  to: 'To',
  people: 'People',
  when: 'When',
  next: 'Next times',
  takes: 'Takes about',
  purpose: 'Purpose',
} as const

// Why a sender does not send, as people read it.
import type { SenderHealth, SenderStep } from '../engine/senders/sender-health.ts'
import type { SenderView } from '../engine/senders/senders.ts'
import { senderPauseText } from '../engine/service/pause-words.ts'
import type { Format } from './format.ts'

export const senderStepWords: Record<SenderStep, { title: string; help: string }> = {
  account: { title: 'Save the account', help: 'Name it and enter what the provider gave you.' },
  connection: {
    title: 'Check the connection',
    help: 'Press “Check connection” above to ask the provider about the account.',
  },
  callbacks: {
    title: 'Set the address for callbacks',
    help: 'Without it you never learn what was delivered or read, nor who opted out. The address is below.',
  },
  message: { title: 'Send a test', help: 'Write a campaign and send its test to your own phone.' },
}

/** phoneNumberId → Phone number id. */
export function settingLabel(name: string): string {
  const words = name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
  return words.charAt(0).toUpperCase() + words.slice(1)
}

/** Of a paused sender, as a clause without a full stop. */
export function pausedBecause({ pauseReason, pauseDetail }: Pick<SenderView, 'pauseReason' | 'pauseDetail'>): string {
  return senderPauseText(pauseReason, pauseDetail)
}

/** What keeps a sender from sending at its rate, in a few words. */
export function heldBack(sender: SenderView, health: SenderHealth, format: Format): string {
  if (sender.status === 'paused') return pausedBecause(sender)
  if (sender.troubles.some(({ work }) => work === 'sending')) return 'it cannot be used'
  if (health.holdUntil !== null) return `the provider asks for patience until ${format.instantText(health.holdUntil)}`
  if (sender.dailyLimit !== null && health.peopleInDay >= sender.dailyLimit) return 'the daily limit is used up'
  if (health.throttles === 0) return '—'
  return health.throttles === 1
    ? 'the last answer said “too fast”'
    : `the last ${format.number(health.throttles)} answers said “too fast”`
}

export function dailyUse({ dailyLimit }: SenderView, { peopleInDay }: SenderHealth, format: Format): string {
  const used = format.number(peopleInDay)
  return dailyLimit === null ? used : `${used} of ${format.number(dailyLimit)}`
}

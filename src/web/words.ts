// Statuses, reasons and choices as people read them. The words of the program stay; these explain them.

import type { Right } from '../domain/access.ts'
import type { CampaignStatus } from '../domain/campaign-status.ts'
import type { ContentType, Header } from '../domain/content.ts'
import { type MessageStatus, standingWaits, waitReasons } from '../domain/message-status.ts'
import type { OutcomeCounts } from '../domain/reach-verdict.ts'
import type { NotDelivered, RunSum } from '../domain/report.ts'
import type { ResultPart } from '../domain/results.ts'
import type { RunReason } from '../domain/run-status.ts'
import type { AttemptOutcome } from '../domain/send-result.ts'
import type { TroubleWork } from '../domain/trouble.ts'
import type { CampaignOrder } from '../engine/campaigns/campaign-list.ts'
import type { Used } from '../engine/campaigns/used-last.ts'
import { type ForecastRow, tooLateWords } from '../engine/report/forecast-rows.ts'
import { reasonWords } from '../engine/report/reasons.ts'

export const statusWords: Record<MessageStatus, string> = {
  pending: 'queued',
  sending: 'sending',
  accepted: 'accepted',
  sent: 'sent',
  delivered: 'delivered',
  read: 'read',
  failed: 'failed',
  unknown: 'unconfirmed',
  skipped: 'skipped by a rule',
  expired: 'expired',
  cancelled: 'cancelled',
}

export const campaignStatusWords: Record<CampaignStatus, string> = {
  draft: 'Draft',
  scheduled: 'Scheduled',
  running: 'Running',
  paused: 'Paused',
  finished: 'Finished',
  cancelled: 'Cancelled',
  archived: 'Archived',
}

export const campaignOrderWords: Record<CampaignOrder, string> = {
  newest: 'Newest first',
  oldest: 'Oldest first',
  name: 'Name',
}

/** The parts of a bar. */
export const resultPartWords: Record<ResultPart, string> = {
  read: 'Read',
  delivered: 'Delivered',
  sent: 'Sent',
  waiting: 'Queued',
  unknown: 'Unconfirmed',
  failed: 'Failed',
  notSent: 'Not sent',
}

/** What a new installation needs. */
export const firstStepWords = {
  people: {
    title: 'Add people',
    help: 'Import a CSV or an Excel file. You see what would happen before anything is stored.',
  },
  number: {
    title: 'Connect a number',
    help: 'Or use the sandbox to try everything: it sends nothing and costs nothing.',
  },
  campaign: { title: 'Write a campaign', help: 'Test it on your own phone, then send it to a list.' },
} as const

/** What a reason says of the people whom it is about. */
export function reasonText(reason: string): string {
  return Object.hasOwn(reasonWords, reason)
    ? reasonWords[reason as keyof typeof reasonWords]
    : reason.replaceAll('_', ' ')
}

/** Columns of a run; their numbers add up to its audience. */
export const runSumWords: Record<RunSum, string> = {
  delivered: 'Delivered or read',
  taken: 'Sent, no receipt yet',
  unknown: 'Unconfirmed',
  failed: 'Failed',
  notSent: 'Not sent',
  waiting: 'Queued',
}

/** Why a message was not sent, or whether nobody knows; codes of failures have words of their own. */
export function notSentText(status: NotDelivered, reason: string): string {
  if (status === 'skipped') return `They ${reasonText(reason)}.`
  if (status === 'expired') return 'It was too late to send the message.'
  if (status === 'cancelled') return 'They were cancelled with the campaign.'
  return Object.hasOwn(reasonWords, reason)
    ? `They ${reasonText(reason)}.`
    : 'They were handed over, and the provider has not answered.'
}

/** What a forecast says becomes of people; now is the time of the run. */
export const outcomeWords: Record<keyof OutcomeCounts, { label: string; isBad: boolean }> = {
  sent: { label: 'Sent now', isBad: false },
  deferred: { label: 'Sent later', isBad: false },
  skipped: { label: 'Left out', isBad: true },
  expired: { label: 'Too late', isBad: true },
}

/** Why, after "because they". */
export function forecastReason({ outcome, reason }: ForecastRow): string {
  if (reason === null) return ''
  return outcome === 'expired' ? tooLateWords[reason as keyof typeof tooLateWords] : reasonText(reason)
}

/** The same of one person, as a sentence; a provider's own code stays as it is. */
export function reasonOfOne(reason: string): string {
  return Object.hasOwn(reasonWords, reason) ? `They ${reasonText(reason)}.` : reasonText(reason)
}

/** A person's time zone; of a country with several it may be all that is known. */
export function zoneWords(zone: string, locale: string): string {
  const country = /^country:([A-Z]{2})$/.exec(zone)?.[1]
  return country === undefined
    ? zone
    : `${new Intl.DisplayNames([locale], { type: 'region' }).of(country)} (several zones)`
}

/** What a user or a key may do. */
export const rightWords: Record<Right, string> = {
  read: 'View',
  edit: 'Edit',
  send: 'Send',
  export: 'Export',
  administer: 'Administer',
}

export const rightHelp: Record<Right, string> = {
  read: 'everything but secrets',
  edit: 'lists, imports, drafts',
  send: 'launch, pause, resume, cancel, test',
  export: 'take data out',
  administer: 'senders, limits, users, keys',
}

/** Where a user lacks a right. */
export const forbiddenWords: Record<Right, string> = {
  read: 'You can’t view this. Ask an administrator.',
  edit: 'You can view this but not change it. Ask an administrator.',
  send: 'You can view campaigns but not send them. Ask an administrator.',
  export: 'You can view this but not download it. Ask an administrator.',
  administer: 'Only administrators can do this.',
}

export const consentWords = { granted: 'given', denied: 'refused' } as const

/** Reasons to wait, in the order in which a live page shows them. */
export const waitReasonsShown = [...waitReasons, ...standingWaits] as const

export const contentWords: Record<ContentType, string> = {
  text: 'Text',
  image: 'Image',
  video: 'Video',
  audio: 'Audio',
  document: 'Document',
  sticker: 'Sticker',
  location: 'Location',
  contacts: 'Contact cards',
  buttons: 'Text with reply buttons',
  list: 'Text with a list to choose from',
  locationRequest: 'Ask for the location',
  carousel: 'Carousel of cards',
  product: 'Products of a catalogue',
  reaction: 'Reaction to a message',
  template: 'Approved template',
}

export const headerWords: Record<Header['type'], string> = {
  text: 'a text',
  image: 'an image',
  video: 'a video',
  document: 'a document',
  location: 'a place',
}

export const useCaseWords = {
  marketing: 'Marketing: offers and news',
  utility: 'Utility: about something the person did',
  authentication: 'Authentication: a one-time code',
  service: 'Service: an answer to the person',
} as const

export const operatorWords = {
  is: 'is',
  isNot: 'is not',
  in: 'is one of',
  notIn: 'is none of',
  contains: 'contains',
  startsWith: 'begins with',
  endsWith: 'ends with',
  above: 'is above',
  atLeast: 'is at least',
  below: 'is below',
  atMost: 'is at most',
  isEmpty: 'is empty',
  isFilled: 'is filled in',
} as const
export type FilterOperator = keyof typeof operatorWords

/** How the conditions of a group go together. */
export const groupWords = {
  all: 'all of these are true',
  any: 'at least one of these is true',
  none: 'none of these is true',
  notAll: 'not all of these are true',
} as const
export type GroupMatch = keyof typeof groupWords

/** Fields that every contact has, beside those of its import. */
export const contactFieldWords = { phone: 'phone number', zone: 'time zone', consent: 'consent' } as const

/** The choices of the editor, by what a definition says; an empty definition says the first. */
export const missingVariableWords = {
  fail: 'refuse the launch',
  skip: 'leave them out',
  fallback: 'send it with the place left empty',
} as const

export const deliveryWords = {
  atMostOnce: 'never send twice',
  reconcile: 'send again on proof that it was not taken',
  atLeastOnce: 'send again: people may get it twice',
} as const

export const sessionWords = {
  respect: 'only open conversations',
  assume: 'assume the session is open',
} as const

export const capWords = { respect: 'respect them', ignore: 'ignore them' } as const

export const quietWords = {
  respect: 'respect them: send later',
  skip: 'leave people out who are in their quiet hours',
  ignore: 'ignore them',
} as const

/** What an operator says who resumes a campaign that was paused by itself. */
export function acknowledgement(pauseReason: string | null): string {
  return pauseReason === 'failed_share'
    ? 'I know what they failed for: send the rest'
    : 'I have read the reason and fixed it'
}

/** What becomes, or became, of one person in a campaign. */
const decisionWords: Record<string, string> = {
  not_a_contact: 'Nobody with this number was ever imported.',
  not_in_audience: 'This person does not belong to the audience.',
  not_planned: 'The schedule has no time left.',
  database_held: 'The message waits because the database is not the one used last.',
  campaign_paused: 'The message waits because the campaign is paused.',
  sender_paused: 'The message waits because the sender is paused.',
  sender_failing: 'The message waits because the sender cannot be used.',
  send: 'The message would be sent now.',
  wait: 'The message waits for its time.',
  expire: 'The message is too late to be worth sending.',
  pending: 'The message waits.',
  sending: 'The message is on the wire.',
  accepted: 'The provider took the message.',
  sent: 'The message was sent.',
  delivered: 'The message was delivered.',
  read: 'The message was read.',
  failed: 'The message failed.',
  unknown: 'The message was handed over, and the provider did not answer.',
  skipped: 'The message was not sent: a rule left this person out.',
  expired: 'The message was too late to be worth sending.',
  cancelled: 'The message was cancelled with the campaign.',
}

/** A decision such as `defer:quiet_hours` as a sentence. */
export function decisionText(decision: string): string {
  const [what = '', reason] = decision.split(':')
  if (reason === undefined) return decisionWords[what] ?? what.replaceAll('_', ' ')
  const outcome = what === 'skip' ? 'The message would not be sent' : 'The message waits'
  return `${outcome}: people like this one ${reasonText(reason)}.`
}

export const checkWords = {
  contact: 'Contact',
  audience: 'Audience',
  planning: 'Planning',
  database: 'Database',
  campaign: 'Campaign',
  sender: 'Sender',
  validity: 'Worth sending',
  suppression: 'Suppression',
  group: 'Group',
  overlap: 'Overlap of two runs',
  session: '24-hour session',
  quiet_hours: 'Quiet hours',
  frequency_cap: 'Frequency caps',
  pair_limit: 'Messages to one person',
  daily_limit: 'Daily limit of the sender',
  outcome: 'Outcome',
} as const

/** Why an occurrence of a schedule started nothing. */
const runReasonWords: Record<RunReason, string> = {
  downtime: 'Herald was not running at that time.',
  expired: 'It was too late to be worth sending.',
  policy: 'The schedule leaves out what was missed.',
  paused: 'The campaign was paused at that time.',
  overlap: 'The run before was still sending.',
  past: 'The time was past when the campaign was launched.',
}

export function runReasonText(reason: string): string {
  return Object.hasOwn(runReasonWords, reason) ? runReasonWords[reason as RunReason] : reason.replaceAll('_', ' ')
}

/** What does not work while something is in trouble. */
export const troubleWords: Record<TroubleWork, string> = {
  sending: 'Nothing is sent from this sender',
  claims: 'Nothing new is sent from this sender',
  claim: 'A message waits',
  result: 'What the provider answered to a message is not stored',
  callbacks: 'Callbacks to this sender wait',
  callback: 'A callback waits',
  proof: 'The provider is not asked about messages without an answer',
  polling: 'The provider is not asked about messages that stayed silent',
  templates: 'The provider does not tell of its templates',
  schedule: 'The schedule of this campaign waits',
  planning: 'A run of this campaign waits to be planned',
  import: 'An import waits',
  node: 'What a process that died had in its hands waits',
  cancel: 'Messages of this campaign wait to be cancelled',
  list_removal: 'The members of a removed list wait to be removed',
  erasure: 'Traces of an erased person wait to be removed',
  redating: 'Messages wait although the limits were changed',
  retention: 'Old data waits to be deleted',
}

/** What one call to the provider came to. */
export const attemptWords: Record<AttemptOutcome, string> = {
  accepted: 'the provider took the message',
  refused: 'the provider refused the message',
  account: 'the provider refused the sender',
  throttled: 'the provider asked the sender to slow down',
  throttled_pair: 'there were too many messages to this person',
  cool_off: 'WhatsApp asked to wait with marketing to this person',
  temporary: 'the provider could not take it for the moment',
  not_sent: 'the provider could not be reached',
  unknown: 'no answer came',
  not_started: 'the call was not begun',
}

/** What to tell a user who may not edit a campaign of this status. */
export const editWords: Partial<Record<CampaignStatus, string>> = {
  scheduled: 'To edit it, ask someone who may send to pause it first. They can also edit it as it is.',
  running: 'To edit it, ask someone who may send to pause it first. They can also edit it as it is.',
  finished: 'It is finished. Duplicate it to send it again with changes.',
  cancelled: 'It is cancelled. Duplicate it to send it with changes.',
}

/** What the editor says of times. */
export const scheduleWords = {
  weekdays: 'On',
  atLaunch: 'It is sent as soon as it is launched.',
  untyped: 'Fill in the time to see when it is sent.',
  firings: 'Next times',
  theirClock: 'On each person’s own clock',
  ownClocks: (zone: string) => `People whose time zone is unknown get it at this time in ${zone}.`,
  perPerson: 'Runs may overlap: each person’s messages are compared, not the runs as a whole.',
  noMore: 'It is not sent again.',
} as const

export const limitsWords = {
  fold: 'Show advanced settings: the defaults are good for most campaigns',
  byDefault: 'Use default',
  ownQuietHours: 'custom quiet hours',
} as const

export const contentStepWords = { moreKinds: 'More kinds' } as const

export const templateWords = { pick: 'Template', other: 'Another one, by its name' } as const

/** In place of the preview while there is none. */
export const previewWords = {
  untyped: 'Your text appears here.',
  noList: 'Choose a list to see what its people would read.',
  nobody: 'This audience is empty.',
} as const

/** Below a field whose text may not be longer; scripts count along (campaigns.js). */
export function lengthHelp(max: number): string {
  return `Up to ${max} characters.`
}

/** Fields that ask for a time zone. */
export const zoneFieldWords = {
  team: {
    label: 'Time zone of the team',
    help: 'New schedules use it. Users see times in the zone of their browser or account.',
  },
  unknown: { label: 'Time zone for people whose zone is unknown' },
  own: {
    label: 'Your time zone',
    help: (browser: string | undefined) =>
      `Pages show times in this zone. Empty: the zone of your browser${browser === undefined ? '' : `, ${browser}`}.`,
  },
} as const

/** Behind what there is to choose from. */
export function usedText(used: Used): string {
  return used === undefined ? '' : `, used ${used}`
}

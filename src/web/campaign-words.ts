// A campaign's definition in sentences, for those who did not write it.
import type { Filter } from '../domain/audience.ts'
import { fieldOperators } from '../domain/audience.ts'
import type { CampaignDefinition } from '../domain/campaign.ts'
import { helperOfCron, weekdayOptions, weekdaysIn } from './cron-helper.ts'
import { fieldLabels } from './field-labels.ts'
import {
  capWords,
  contactFieldWords,
  contentWords,
  deliveryWords,
  missingVariableWords,
  operatorWords,
  quietWords,
  sessionWords,
  statusWords,
  useCaseWords,
} from './words.ts'

/** Names and sentences, in the order of the editor's steps. */
export function definitionInWords(definition: CampaignDefinition): (readonly [string, string])[] {
  const { audience, content, limits = {}, tags = [] } = definition
  const facts: (readonly [string, string])[] = [
    [fieldLabels['/useCase'], useCaseWords[definition.useCase]],
    ['Sender', definition.sender],
    ['Goes to', audience.lists.join(', ')],
  ]
  if (audience.exclude !== undefined && audience.exclude.length > 0)
    facts.push(['But not to', audience.exclude.join(', ')])
  if (audience.filter !== undefined) facts.push(['Only people', filterInWords(audience.filter)])
  facts.push(['Content', contentInWords(content)], ['Sent', scheduleInWords(definition.schedule)])
  if (limits.validity !== undefined) facts.push([fieldLabels['/limits/validity'], limits.validity])
  if (limits.ratePerSecond !== undefined) facts.push(['At most', `${limits.ratePerSecond} a second`])
  if (limits.frequencyCap !== undefined)
    facts.push([fieldLabels['/limits/frequencyCap'], capWords[limits.frequencyCap]])
  if (limits.quietHours !== undefined) facts.push(['Quiet hours', quietInWords(limits.quietHours)])
  if (limits.pauseWhenFailed !== undefined)
    facts.push(['Pauses', `when ${limits.pauseWhenFailed} of the last results failed`])
  if (definition.missingVariable !== undefined)
    facts.push([fieldLabels['/missingVariable'], missingVariableWords[definition.missingVariable]])
  if (definition.delivery !== undefined) facts.push([fieldLabels['/delivery'], deliveryWords[definition.delivery]])
  if (definition.session !== undefined) facts.push([fieldLabels['/session'], sessionWords[definition.session]])
  if (definition.oncePerContact === true) facts.push(['Each person', 'gets it once'])
  if (tags.length > 0) facts.push(['Tags', tags.join(', ')])
  return facts
}

function contentInWords(content: CampaignDefinition['content']): string {
  const kind = contentWords[content.type]
  return content.type === 'template' ? `${kind} ${content.template} (${content.language})` : kind
}

function quietInWords(quiet: NonNullable<NonNullable<CampaignDefinition['limits']>['quietHours']>): string {
  return typeof quiet === 'string' ? quietWords[quiet] : `its own: ${quiet.from} to ${quiet.to}`
}

export function filterInWords(filter: Filter): string {
  if ('all' in filter) return filter.all.map(inner).join(' and ')
  if ('any' in filter) return filter.any.map(inner).join(' or ')
  if ('not' in filter) return 'any' in filter.not ? `none of ${inner(filter.not)}` : `not ${inner(filter.not)}`
  if ('campaign' in filter)
    return `whose message of "${filter.campaign}" is ${filter.status.map((status) => statusWords[status]).join(' or ')}`
  const name = Object.hasOwn(contactFieldWords, filter.field)
    ? contactFieldWords[filter.field as keyof typeof contactFieldWords]
    : filter.field
  return fieldOperators
    .filter((operator) => filter[operator] !== undefined)
    .map((operator) => {
      if (operator === 'isEmpty') return `${name} ${filter.isEmpty ? operatorWords.isEmpty : operatorWords.isFilled}`
      const value = filter[operator]
      return `${name} ${operatorWords[operator]} ${Array.isArray(value) ? value.join(', ') : String(value)}`
    })
    .join(' and ')
}

function inner(filter: Filter): string {
  return 'all' in filter || 'any' in filter ? `(${filterInWords(filter)})` : filterInWords(filter)
}

export function scheduleInWords(schedule: CampaignDefinition['schedule']): string {
  if (schedule === undefined) return 'when it is launched'
  const { at, cron, every, from, timeZone, until, maxRuns } = schedule
  const zone =
    timeZone === 'recipient' ? ' on each recipient’s own clock' : timeZone === undefined ? '' : ` (${timeZone})`
  const end = [
    until === undefined ? '' : `, until ${until}`,
    maxRuns === undefined ? '' : `, ${maxRuns} times at most`,
  ].join('')
  if (at !== undefined) return `${at.replace('T', ' ')}${zone}`
  if (every !== undefined) return `every ${every} from ${(from ?? '').replace('T', ' ')}${zone}${end}`
  return `${cronInWords(cron ?? '')}${zone}${end}`
}

function weekdayTitles(form: Record<string, string>): string[] {
  const days = new Set(weekdaysIn(form))
  return weekdayOptions.filter(([name]) => days.has(name)).map(([, title]) => title)
}

/** `Monday, Wednesday and Friday`. */
export function listed(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`
}

function cronInWords(cron: string): string {
  const helper = helperOfCron(cron)
  const time = helper['schedule/time'] ?? ''
  switch (helper['schedule/kind']) {
    case 'daily':
      return `every day at ${time}`
    case 'weekdays':
      return `Monday to Friday at ${time}`
    case 'weekly':
      return `every ${listed(weekdayTitles(helper))} at ${time}`
    case 'monthly':
      return `every month on day ${helper['schedule/day'] ?? ''} at ${time}`
    default:
      return `by the pattern ${cron}`
  }
}

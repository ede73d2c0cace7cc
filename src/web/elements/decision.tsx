// What to look at before a launch: the message as real people will read it, the sender, the recipients and the time.
import type { CampaignView } from '../../engine/campaigns/campaign-view.ts'
import type { ExampleReader } from '../../engine/campaigns/example-readers.ts'
import type { SchedulePreview } from '../../engine/campaigns/schedule-preview.ts'
import type { Forecast } from '../../engine/report/forecast.ts'
import { filterInWords, scheduleInWords } from '../campaign-words.ts'
import { decisionSentence, exampleWords, reviewWords, type Start } from '../decision-words.ts'
import { inPageWords } from '../definition-words.ts'
import { sentence } from '../error-words.ts'
import type { Format } from '../format.ts'
import { useCaseWords } from '../words.ts'
import { ChatMessage } from './chat.tsx'
import { Facts } from './table.tsx'

export function Examples({ examples }: { examples: readonly ExampleReader[] }) {
  return (
    <section aria-label={reviewWords.message}>
      <h2>{reviewWords.message}</h2>
      {examples.length === 0 && <p class="empty">{reviewWords.noExample}</p>}
      {examples.map(({ kind, phone, content, template, warnings }) => (
        <div class="example">
          <p class="look-head">
            {examples.length > 1 && `${exampleWords[kind]}: `}
            <bdi>{phone}</bdi>
          </p>
          {content !== null && <ChatMessage content={content} template={template} />}
          {warnings.map((warning) => (
            <p class="warning">{sentence(inPageWords(warning))}</p>
          ))}
        </div>
      ))}
    </section>
  )
}

interface DecisionProps {
  campaign: CampaignView
  forecast: Forecast
  /** Undefined where its schedule cannot be read. */
  times: SchedulePreview | undefined
  start: Start
  format: Format
}

export function Decision({ campaign, forecast, times, start, format }: DecisionProps) {
  const { sender, useCase, audience, schedule } = campaign.definition
  return (
    <div class="card">
      <p class="headline">{decisionSentence(forecast, start, format)}</p>
      <Facts
        facts={[
          [reviewWords.from, <bdi>{sender}</bdi>],
          [reviewWords.to, <bdi>{audienceText(audience)}</bdi>],
          [reviewWords.people, `${format.number(forecast.recipients)} of ${format.number(forecast.audience)}`],
          [reviewWords.when, <bdi>{scheduleInWords(schedule)}</bdi>],
          ...(start === 'recurring' && times !== undefined
            ? [[reviewWords.next, <Next times={times} format={format} />] as const]
            : []),
          ...durationFact(forecast, format),
          [reviewWords.purpose, useCaseWords[useCase]],
        ]}
      />
    </div>
  )
}

function audienceText({ lists, filter, exclude = [] }: CampaignView['definition']['audience']): string {
  const only = filter === undefined ? '' : `, only people with ${filterInWords(filter)}`
  const without = exclude.length === 0 ? '' : `, but not ${exclude.join(', ')}`
  return `${lists.join(', ')}${only}${without}`
}

function Next({ times, format }: { times: SchedulePreview; format: Format }) {
  return (
    <ol class="plain">
      {times.occurrences.map(({ at, local }) => (
        <li>{times.isRecipientLocal ? format.local(local) : format.instant(at)}</li>
      ))}
    </ol>
  )
}

function durationFact({ firstAt, lastAt }: Forecast, format: Format): [string, string][] {
  if (firstAt === null || lastAt === null) return []
  const ms = Date.parse(lastAt) - Date.parse(firstAt)
  return [[reviewWords.takes, format.duration(Math.max(ms, 1_000))]]
}

// The fourth step of the editor: when it runs, with the next firings on the clock of the schedule and in UTC.
import { ended } from '../../domain/sentence.ts'
import type { SchedulePreview } from '../../engine/campaigns/schedule-preview.ts'
import { weekdayOptions, weekdaysIn } from '../cron-helper.ts'
import { inPageWords } from '../definition-words.ts'
import type { StepProps } from '../editor-looks.ts'
import { sentence } from '../error-words.ts'
import { fieldLabels, labelled } from '../field-labels.ts'
import type { Format } from '../format.ts'
import { zoneTitle } from '../reader-zone.ts'
import { scheduleWords, zoneFieldWords } from '../words.ts'
import { Check, Field, Select } from './form.tsx'
import { Table } from './table.tsx'
import { ZoneDataNote } from './times.tsx'
import { ZoneField } from './zone-field.tsx'

const kinds = [
  ['launch', 'when it is launched'],
  ['once', 'once, at a time'],
  ['daily', 'every day'],
  ['weekdays', 'Monday to Friday'],
  ['weekly', 'every week'],
  ['monthly', 'every month'],
  ['every', 'at an interval'],
  ['cron', 'by a cron pattern'],
] as const
const byTimeOfDay = ['daily', 'weekdays', 'weekly', 'monthly']

interface ScheduleStepProps extends StepProps {
  format: Format
  /** In which a new schedule begins, and those that a field offers first. */
  zone: string
  nearZones: readonly string[]
}

export function ScheduleStep({ form, errors, looks, format, zone, nearZones }: ScheduleStepProps) {
  const kind = form['schedule/kind'] ?? 'launch'
  const isRecurring = kind !== 'launch' && kind !== 'once'
  return (
    <section class="card step" id="step-schedule" data-looks="schedule">
      <h2>4. Schedule</h2>
      <div class="split">
        <div>
          <Select
            {...labelled('schedule/kind')}
            value={kind}
            errors={errors}
            options={kinds}
            extra={{ 'data-redraw': 'step-schedule' }}
          />
          <KindFields form={form} errors={errors} kind={kind} />
          <div id="look-when" class="look" role="status">
            <WhenLook looks={looks} form={form} format={format} />
          </div>
          {kind !== 'launch' && <ZoneFields {...{ form, errors, zone, nearZones }} />}
          {isRecurring && <RecurringFields form={form} errors={errors} />}
        </div>
        <div id="look-schedule" class="look">
          <FiringsLook looks={looks} form={form} format={format} />
        </div>
      </div>
    </section>
  )
}

type Part = Pick<StepProps, 'form' | 'errors'>

function KindFields({ form, errors, kind }: Part & { kind: string }) {
  if (kind === 'once')
    return (
      <Field
        {...labelled('/schedule/at')}
        {...timeField(form['/schedule/at'])}
        errors={errors}
        help="At most 35 days ahead."
      />
    )
  if (kind === 'every')
    return (
      <div class="row">
        <Field
          {...labelled('/schedule/every')}
          value={form['/schedule/every']}
          errors={errors}
          placeholder="2w"
          help="30m, 6h, 1d, 2w, 6mo."
        />
        <Field {...labelled('/schedule/from')} type="datetime-local" value={form['/schedule/from']} errors={errors} />
      </div>
    )
  if (kind === 'cron')
    return (
      <Field
        {...labelled('/schedule/cron')}
        value={form['/schedule/cron']}
        errors={errors}
        placeholder="0 9 * * MON"
        help="Minute, hour, day of the month, month, weekday."
      />
    )
  if (!byTimeOfDay.includes(kind)) return <></>
  return (
    <div class="row">
      <Field {...labelled('schedule/time')} type="time" value={form['schedule/time'] ?? '09:00'} errors={errors} />
      {kind === 'weekly' && <Weekdays form={form} />}
      {kind === 'monthly' && (
        <Field
          {...labelled('schedule/day')}
          value={form['schedule/day'] ?? '1'}
          errors={errors}
          help="1 to 31; months without that day are left out."
        />
      )}
    </div>
  )
}

function Weekdays({ form }: Pick<Part, 'form'>) {
  const chosen = weekdaysIn(form)
  return (
    <fieldset class="weekdays">
      <legend>{scheduleWords.weekdays}</legend>
      {weekdayOptions.map(([name, title]) => (
        <Check name="schedule/weekday" value={name} label={title} isChecked={chosen.includes(name)} />
      ))}
    </fieldset>
  )
}

/** Browsers take seconds only where the field says that it has them. */
function timeField(value: string | undefined) {
  const hasSeconds = /T\d{2}:\d{2}:/.test(value ?? '')
  return { type: 'datetime-local', value, ...(hasSeconds && { extra: { step: 'any' } }) }
}

const passedOnce: [string, string][] = [
  ['', 'get it at once'],
  ['skip', 'are left out'],
  ['nextDay', 'get it the next day'],
]
/** People whose time has passed at the launch have another one to come. */
const passedRecurring: [string, string][] = [
  ['', 'get it at their next time'],
  ['now', 'get it at once'],
  ['nextDay', 'get it the next day'],
]

function ZoneFields({ form, errors, zone, nearZones }: Part & Pick<ScheduleStepProps, 'zone' | 'nearZones'>) {
  const isRecipient = form['schedule/recipient'] === 'yes'
  return (
    <>
      <ZoneField
        name="/schedule/timeZone"
        label={isRecipient ? zoneFieldWords.unknown.label : fieldLabels['/schedule/timeZone']}
        value={form['/schedule/timeZone'] ?? zone}
        near={nearZones}
        errors={errors}
      />
      <Check
        name="schedule/recipient"
        label="At this time on each recipient’s own clock"
        isChecked={isRecipient}
        help="A run then takes a day to go around the world."
      />
      {isRecipient && (
        <Select
          {...labelled('/schedule/zonePassed')}
          value={form['/schedule/zonePassed']}
          errors={errors}
          options={form['schedule/kind'] === 'once' ? passedOnce : passedRecurring}
        />
      )}
    </>
  )
}

function RecurringFields({ form, errors }: Part) {
  return (
    <>
      <div class="row">
        <Field {...labelled('/schedule/until')} {...timeField(form['/schedule/until'])} errors={errors} />
        <Field {...labelled('/schedule/maxRuns')} value={form['/schedule/maxRuns']} errors={errors} />
      </div>
      <div class="row">
        <Select
          {...labelled('/schedule/overlap')}
          value={form['/schedule/overlap']}
          errors={errors}
          options={[
            ['', 'skip this run'],
            ['queue', 'start it afterwards'],
            ['allow', 'run in parallel'],
          ]}
        />
        <Select
          {...labelled('/schedule/missed')}
          value={form['/schedule/missed']}
          errors={errors}
          options={[
            ['', 'is caught up for an hour'],
            ['none', 'is left out'],
            ['all', 'is caught up, the newest three'],
          ]}
        />
      </div>
      {form['/schedule/catchUp'] !== undefined && (
        <Field {...labelled('/schedule/catchUp')} value={form['/schedule/catchUp']} errors={errors} />
      )}
    </>
  )
}

type LookProps = Pick<ScheduleStepProps, 'looks' | 'form' | 'format'>

/** What a kind of schedule cannot do without. */
const neededFields: Record<string, readonly string[]> = {
  once: ['/schedule/at'],
  every: ['/schedule/every', '/schedule/from'],
  cron: ['/schedule/cron'],
}

/** A field that is still empty is not an error yet. */
function isUntyped(form: StepProps['form']): boolean {
  return (neededFields[form['schedule/kind'] ?? ''] ?? []).some((name) => (form[name] ?? '') === '')
}

/** Below the time field: that the time is past, or too far ahead. */
function WhenLook({ looks: { schedule }, form, format }: LookProps) {
  if (schedule === undefined || 'problem' in schedule || isUntyped(form)) return null
  const { problem } = schedule.value
  return problem === null ? null : <p class="error">{format.inText(ended(inPageWords(problem.detail)))}</p>
}

function FiringsLook({ looks: { schedule }, form, format }: LookProps) {
  if ((form['schedule/kind'] ?? 'launch') === 'launch') return <p class="empty">{scheduleWords.atLaunch}</p>
  if (schedule === undefined) return <></>
  if (isUntyped(form)) return <p class="empty">{scheduleWords.untyped}</p>
  if ('problem' in schedule) return <p class="empty error">{schedule.problem}</p>
  const { timeZone, isRecipientLocal, overlap, warnings, zoneData } = schedule.value
  return (
    <>
      {warnings.map((warning) => (
        <p class="warning">{sentence(inPageWords(warning))}</p>
      ))}
      {isRecipientLocal && <p class="soft">{scheduleWords.ownClocks(zoneTitle(timeZone))}</p>}
      {overlap?.judgedBy === 'person' && <p class="soft">{scheduleWords.perPerson}</p>}
      <Firings preview={schedule.value} format={format} />
      <ZoneDataNote zoneData={zoneData} />
    </>
  )
}

/** In the zone of the schedule, and in the reader's zone too if it differs. */
function Firings({ preview, format }: { preview: SchedulePreview; format: Format }) {
  const { occurrences, timeZone, isRecipientLocal } = preview
  const isElsewhere = !isRecipientLocal && timeZone !== format.timeZone
  const hasNotes = occurrences.some(({ note }) => note !== null)
  return (
    <Table
      caption={scheduleWords.firings}
      head={[
        isRecipientLocal ? scheduleWords.theirClock : `Time in ${zoneTitle(timeZone)}`,
        ...(isElsewhere ? [`Time in ${zoneTitle(format.timeZone)}`] : []),
        ...(hasNotes ? ['Note'] : []),
      ]}
      rows={occurrences.map(({ at, local, note }) => [
        isRecipientLocal ? format.local(local) : format.at(at, format.local(local)),
        ...(isElsewhere ? [<span class="soft">{format.at(at, format.localOf(at))}</span>] : []),
        ...(hasNotes ? [note ?? ''] : []),
      ])}
      empty={scheduleWords.noMore}
    />
  )
}

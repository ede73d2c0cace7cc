// The fourth step of the editor: when it runs, with the next firings on the clock of the schedule and in UTC.
import { weekdayOptions } from '../cron-helper.ts'
import type { StepProps } from '../editor-looks.ts'
import { fieldLabels, labelled } from '../field-labels.ts'
import type { Format } from '../format.ts'
import { zoneFieldWords } from '../words.ts'
import { Check, Field, Select } from './form.tsx'
import { Table } from './table.tsx'
import { UnderstoodTimes, ZoneDataNote } from './times.tsx'
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
          {kind !== 'launch' && <ZoneFields {...{ form, errors, zone, nearZones }} />}
          {isRecurring && <RecurringFields form={form} errors={errors} />}
        </div>
        <div id="look-schedule" class="look">
          <FiringsLook looks={looks} kind={kind} format={format} />
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
      {kind === 'weekly' && (
        <Select name="schedule/weekday" label="On" value={form['schedule/weekday']} options={weekdayOptions} />
      )}
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
            ['', 'leave the run out'],
            ['queue', 'start it afterwards'],
            ['allow', 'start it beside'],
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

function FiringsLook({ looks, kind, format }: { looks: StepProps['looks']; kind: string; format: Format }) {
  const { schedule } = looks
  if (kind === 'launch') return <p class="empty">It is sent as soon as it is launched.</p>
  if (schedule === undefined) return <></>
  if ('problem' in schedule) return <p class="empty error">{schedule.problem}</p>
  const { occurrences, timeZone, isRecipientLocal, overlap, warnings, understood, zoneData } = schedule.value
  return (
    <>
      {warnings.map((warning) => (
        <p class="warning">{warning}</p>
      ))}
      <UnderstoodTimes times={understood} />
      {isRecipientLocal && (
        <p class="soft">Shown for {timeZone}; everybody else gets it at the same time of their own day.</p>
      )}
      {overlap?.judgedBy === 'person' && (
        <p class="soft">Runs may overlap: each person’s messages are compared, not the runs as a whole.</p>
      )}
      <Table
        caption="Next firings"
        head={[timeZone, 'UTC', 'Note']}
        rows={occurrences.map(({ at, local, note }) => [
          format.local(local),
          <span class="soft">{at.slice(0, 16).replace('T', ' ')}</span>,
          note ?? '',
        ])}
        empty="It does not fire again."
      />
      <ZoneDataNote zoneData={zoneData} />
    </>
  )
}

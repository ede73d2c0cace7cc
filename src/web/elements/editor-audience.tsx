// The second step of the editor: lists, exclusions and a filter, with the number of people that they leave.
import { formatDuration } from '../../domain/duration.ts'
import { decimalIn } from '../../domain/number-text.ts'
import { parseValidity, type RoomFacts, roomInTime } from '../../domain/validity.ts'
import type { Used } from '../../engine/campaigns/used-last.ts'
import type { StepProps } from '../editor-looks.ts'
import { fieldLabels } from '../field-labels.ts'
import type { Format } from '../format.ts'
import { usedText } from '../words.ts'
import { FilterFields } from './editor-filter.tsx'
import { FindMore } from './find-more.tsx'
import { Check } from './form.tsx'

/** `focus` is the field of the filter in which a person goes on. */
export function AudienceStep(props: StepProps & { format: Format; focus: string | undefined }) {
  const { facts, form, errors, looks, format, focus } = props
  const chosen = new Set((form['/audience/lists'] ?? '').split('\n'))
  const excluded = new Set((form['/audience/exclude'] ?? '').split('\n'))
  const fields = fieldsOf(facts.lists.filter(({ name }) => chosen.has(name)))
  const error = errors.fields['/audience/lists']
  return (
    <section class="card step" id="step-audience" data-looks="audience content session">
      <h2>2. Audience</h2>
      {facts.lists.length === 0 ? (
        <p class="empty">
          There is no list yet. <a href="/import">Import a CSV of your contacts</a>, then come back.
        </p>
      ) : (
        <>
          {(facts.hasMore.lists || form['find/lists']) && (
            <FindMore name="find/lists" label="Find lists" value={form['find/lists']} hasMore={facts.hasMore.lists} />
          )}
          <div class="split even">
            <fieldset
              id="/audience/lists"
              aria-describedby={error === undefined ? undefined : '/audience/lists-error'}
              data-redraw="filter-fields look-audience placeholders look-content look-session"
            >
              <legend>{fieldLabels['/audience/lists']}</legend>
              <div class="choices">
                {facts.lists.map(({ name, isBusy, used }) => (
                  <Check
                    name="/audience/lists"
                    value={name}
                    isChecked={chosen.has(name)}
                    label={
                      <>
                        <ListName name={name} used={used} /> {isBusy && <span class="soft">is being imported</span>}
                      </>
                    }
                  />
                ))}
              </div>
              {error !== undefined && (
                <p class="error" id="/audience/lists-error">
                  {error}
                </p>
              )}
            </fieldset>
            <fieldset id="/audience/exclude">
              <legend>{fieldLabels['/audience/exclude']}</legend>
              <div class="choices">
                {facts.lists.map(({ name, usedToExclude }) => (
                  <Check
                    name="/audience/exclude"
                    value={name}
                    isChecked={excluded.has(name)}
                    label={<ListName name={name} used={usedToExclude} />}
                  />
                ))}
              </div>
            </fieldset>
          </div>
        </>
      )}
      <FilterFields {...{ form, errors, fields, focus }} campaigns={facts.campaigns} />
      <div id="look-audience" class="look" role="status">
        <CountLook looks={looks} room={roomOf(facts, form)} format={format} />
      </div>
    </section>
  )
}

function ListName({ name, used }: { name: string; used: Used }) {
  return (
    <>
      <bdi>{name}</bdi>
      {used !== undefined && <span class="soft">{usedText(used)}</span>}
    </>
  )
}

function fieldsOf(lists: { fields: string[] }[]): string[] {
  return [...new Set(lists.flatMap(({ fields }) => fields))].sort()
}

interface CountLookProps extends Pick<StepProps, 'looks'> {
  room: Room | undefined
  format: Format
}

function CountLook({ looks, room, format }: CountLookProps) {
  const { audience } = looks
  if (audience === undefined) return <p class="soft">Choose a list to see how many people it reaches.</p>
  if ('problem' in audience) return <p class="error">{audience.problem}</p>
  const { people, suppressed, leftOut } = audience.value
  return (
    <>
      <p>
        <strong class="number-big">{format.number(people)}</strong> people now
        {suppressed > 0 && (
          <>
            , <strong>{format.number(suppressed)}</strong> of them suppressed: they get nothing
          </>
        )}
        .
      </p>
      {room !== undefined && room.people < people - suppressed && <RoomNote room={room} format={format} />}
      {leftOut.map(({ field, kind, people: count, example }) => (
        <p class="warning">
          {format.counted(count, 'person has', 'people have')} a field{' '}
          <q>
            <bdi>{field}</bdi>
          </q>{' '}
          that is not a {kind}, such as{' '}
          <q>
            <bdi>{example.slice(0, 40)}</bdi>
          </q>
          : the filter leaves them out. You can say at the import how the file writes its {kind}s.
        </p>
      ))}
    </>
  )
}

/** Whom the limits of the sender leave too little time for. */
function RoomNote({ room, format }: { room: Room; format: Format }) {
  const { people, gate, validityMs, ratePerSecond, dailyLimit } = room
  const why =
    gate === 'daily_limit'
      ? `its sender writes to ${format.counted(dailyLimit ?? 0, 'person', 'people')} in 24 hours`
      : `${format.number(ratePerSecond)} a second leave no time for more`
  return (
    <p class="warning">
      At most <strong>{format.number(people)}</strong> of them can get it before it expires after{' '}
      {formatDuration(validityMs)}: {why}. Choose a longer validity, another sender or fewer people.
    </p>
  )
}

interface Room extends ReturnType<typeof roomInTime>, RoomFacts {}

/** Undefined while the form does not say enough. */
function roomOf({ senders }: StepProps['facts'], form: StepProps['form']): Room | undefined {
  const sender = senders.find(({ name }) => name === form['/sender'])
  const validityMs = validityIn(form)
  if (sender === undefined || validityMs === undefined) return undefined
  const own = decimalIn(form['/limits/ratePerSecond'] ?? '') ?? sender.ratePerSecond
  const ratePerSecond = own > 0 ? Math.min(own, sender.ratePerSecond) : sender.ratePerSecond
  const facts = { ratePerSecond, dailyLimit: sender.dailyLimit, validityMs }
  return { ...facts, ...roomInTime(facts) }
}

function validityIn(form: StepProps['form']): number | undefined {
  try {
    return parseValidity(form['/limits/validity'] || undefined, form['/useCase'] ?? 'marketing')
  } catch {
    return undefined
  }
}

// What speaks against a launch: what it is, what to do about it and where, and some of the people whom it is about.
import type { Child } from 'hono/jsx'
import { ended } from '../../domain/sentence.ts'
import type { LaunchRefusal } from '../../engine/campaigns/launch.ts'
import { reviewWords } from '../decision-words.ts'
import { inPageWords } from '../definition-words.ts'
import { hintOf } from '../error-words.ts'
import { fieldLabels, type LabelledField } from '../field-labels.ts'
import type { Format } from '../format.ts'
import { missingVariableWords } from '../words.ts'

/** People named at once, and behind a click. */
const OPEN_MAX = 5

interface RefusalProps {
  /** Of the campaign. */
  id: string
  refusal: LaunchRefusal
  format: Format
  mayEdit: boolean
}

export function Refusal({ id, refusal, format, mayEdit }: RefusalProps) {
  const { detail, people } = refusal
  return (
    <div class="error whole refusal">
      <p>
        <strong>{reviewWords.refused}</strong> <bdi>{format.inText(ended(inPageWords(detail)))}</bdi>
      </p>
      <p>
        {whatToDo(
          { refusal, format },
          mayEdit ? (place, text) => <a href={`/campaigns/${id}/edit#${place}`}>{text}</a> : asText,
        )}
      </p>
      {people.length > 0 && <People refusal={refusal} format={format} />}
    </div>
  )
}

/** A link to a place of the editor; its words for people who may not edit. */
type Link = (place: string, text: string) => Child

function asText(_place: string, text: string): Child {
  return text
}

function linkOf(field: LabelledField, link: Link): Child {
  return link(field, `“${fieldLabels[field].replace(' (optional)', '')}”`)
}

function whatToDo({ refusal, format }: Pick<RefusalProps, 'refusal' | 'format'>, link: Link): Child {
  const { code, hint, people } = refusal
  const leaveOut = link('/missingVariable', `“${fieldLabels['/missingVariable']}: ${missingVariableWords.skip}”`)
  if (code === 'campaign.missing_variables')
    return <>Fill in the fields, give the text a fallback, or choose {leaveOut}.</>
  if (code === 'campaign.valid_until_unreadable')
    return (
      <>
        Write these times as 2026-12-01T18:00 or leave them empty; the field is the one of{' '}
        {linkOf('/limits/validUntilField', link)}.
      </>
    )
  if (people.length > 0) return <>Shorten or correct the fields of these people, or choose {leaveOut}.</>
  if (code === 'campaign.audience_empty')
    return (
      <>Look at its lists and conditions: {link('step-audience', 'Audience')}. Or confirm below that you want it.</>
    )
  if (code.startsWith('template.'))
    return (
      <>
        Choose or fill in the template again in {link('step-content', 'Content')}; if it was changed at the provider,{' '}
        <a href="/templates">ask the provider for it</a>.
      </>
    )
  const said = hintOf({ code, hint: hint ?? undefined })
  const words = said === undefined ? '' : format.inText(inPageWords(said))
  // Nothing of the campaign is wrong.
  if (code === 'db.held') return words
  const [place, step] = code.startsWith('schedule.') ? ['step-schedule', 'Schedule'] : ['step-content', 'Content']
  return (
    <>
      {words} Look at {link(place, step)}.
    </>
  )
}

function People({ refusal: { people, count }, format }: Pick<RefusalProps, 'refusal' | 'format'>) {
  const [open, behind] = [people.slice(0, OPEN_MAX), people.slice(OPEN_MAX)]
  const unnamed = Math.max(0, (count ?? 0) - people.length)
  return (
    <>
      <PeopleList people={open} />
      {behind.length > 0 && (
        <details>
          <summary>Show {format.counted(behind.length, 'more person', 'more people')}</summary>
          <PeopleList people={behind} />
        </details>
      )}
      {unnamed > 0 && <p>and {format.number(unnamed)} more</p>}
    </>
  )
}

function PeopleList({ people }: { people: LaunchRefusal['people'] }) {
  return (
    <ul>
      {people.map(({ phone, detail }) => (
        <li>
          <bdi>{phone}</bdi>: <bdi>{inPageWords(detail)}</bdi>
        </li>
      ))}
    </ul>
  )
}

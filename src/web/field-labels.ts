// What the fields of the campaign editor are called, for the fields themselves and for everything that speaks of them.
import type { ContentType } from '../domain/content.ts'
import type { TemplateShape } from '../domain/template.ts'
import { contentFields } from './content-fields.ts'
import { FILTER_ROOT, placeOf } from './filter-form.ts'
import type { Form } from './page.ts'

export const fieldLabels = {
  '/name': 'Name',
  '/useCase': 'Purpose',
  '/sender': 'Sender',
  '/audience/lists': 'Send to people of',
  '/audience/exclude': 'But not to people of',
  '/content/type': 'Kind',
  'schedule/kind': 'Sent',
  'schedule/time': 'At',
  'schedule/day': 'On day',
  '/schedule/at': 'At',
  '/schedule/every': 'Every',
  '/schedule/from': 'First time',
  '/schedule/cron': 'Pattern',
  '/schedule/timeZone': 'Time zone',
  '/schedule/zonePassed': 'People whose clock has passed that time',
  '/schedule/until': 'Until (optional)',
  '/schedule/maxRuns': 'At most so many runs (optional)',
  '/schedule/overlap': 'While the run before is still sending',
  '/schedule/missed': 'A time that was missed',
  '/schedule/catchUp': 'Caught up for',
  '/limits/validity': 'Expires after',
  '/limits/ratePerSecond': 'Messages a second',
  '/priority': 'Priority',
  '/limits/frequencyCap': 'Frequency caps',
  '/limits/quietHours': 'Quiet hours',
  '/limits/quietHours/from': 'Quiet from',
  '/limits/quietHours/to': 'until',
  '/limits/quietHours/action': 'People in them',
  '/limits/pauseWhenFailed': 'Pause when so many fail (optional)',
  '/missingVariable': 'If a field is empty',
  '/delivery': 'When an answer is lost',
  '/session': '24-hour session',
  '/oncePerContact': 'Each person gets it once, however often the schedule fires',
  '/tags': 'Tags',
  '/limits/validUntilField': 'Expiry date field (optional)',
} as const
export type LabelledField = keyof typeof fieldLabels

/** Name and label of a field at once. */
export function labelled<N extends LabelledField>(name: N): { name: N; label: (typeof fieldLabels)[N] } {
  return { name, label: fieldLabels[name] }
}

/** What decides which fields the editor shows. */
export interface EditorFields {
  form: Form
  type: ContentType
  shape: TemplateShape | null
}

/** What a field is called; the name itself for one that has no label. */
export function labelOf(name: string, { form, type, shape }: EditorFields): string {
  if (Object.hasOwn(fieldLabels, name)) return fieldLabels[name as LabelledField].replace(' (optional)', '')
  if (name.startsWith(`${FILTER_ROOT}/`)) return filterLabel(name)
  for (const { title, fields } of contentFields(type, form, shape)) {
    const field = fields.find((one) => one.name === name)
    if (field !== undefined) return [title, field.label].filter((part) => part !== '').join(': ')
  }
  return name.replace(/^\//, '').replaceAll('/', ' ')
}

/** Names of the fields of the content that the editor shows. */
export function shownFields({ form, type, shape }: EditorFields): string[] {
  const fields = contentFields(type, form, shape).flatMap((group) => group.fields)
  return fields.filter(({ fixed }) => fixed === undefined).map(({ name }) => name)
}

function filterLabel(name: string): string {
  const path = name.slice(0, name.lastIndexOf('/'))
  if (path === FILTER_ROOT) return 'Only some of them'
  return name.endsWith('/match') ? `Group ${placeOf(path)}` : `Condition ${placeOf(path)}`
}

// The sentence at the bottom of the editor: when it goes out and from whom, and what is missing before it can be saved.

import { readScheduleForm } from './campaign-form.ts'
import { listed, scheduleInWords } from './campaign-words.ts'
import { contentFields } from './content-fields.ts'
import type { EditorFields } from './field-labels.ts'
import type { Form } from './page.ts'

const missingWords = {
  name: 'a name',
  sender: 'a sender',
  lists: 'a list',
  content: 'a text',
  time: 'a time',
} as const
type Missing = keyof typeof missingWords

export function barSentence(form: Form, fields: EditorFields): string {
  const missing = missingIn(form, fields)
  const when = missing.includes('time') ? '' : whenText(form)
  const said = [form['/sender'] ?? '', when].filter((part) => part !== '').join(' · ')
  if (missing.length === 0) return said
  return `${said === '' ? '' : `${said}. `}Still missing: ${listed(missing.map((part) => missingWords[part]))}.`
}

function missingIn(form: Form, fields: EditorFields): Missing[] {
  const isEmpty: Record<Missing, boolean> = {
    name: (form['/name'] ?? '').trim() === '',
    sender: (form['/sender'] ?? '') === '',
    lists: (form['/audience/lists'] ?? '') === '',
    content: !hasContent(form, fields),
    time: form['schedule/kind'] === 'once' && (form['/schedule/at'] ?? '') === '',
  }
  return (Object.keys(missingWords) as Missing[]).filter((part) => isEmpty[part])
}

function hasContent(form: Form, { type, shape }: EditorFields): boolean {
  if (type === 'template' && (shape !== null || (form['template/pick'] ?? '') !== '')) return true
  const shown = contentFields(type, form, shape).flatMap((group) => group.fields)
  return shown.some(
    ({ name, options, isCheck }) => options === undefined && isCheck !== true && (form[name] ?? '') !== '',
  )
}

function whenText(form: Form): string {
  const schedule = readScheduleForm(form)
  return schedule === undefined ? 'sent when it is launched' : scheduleInWords(schedule)
}

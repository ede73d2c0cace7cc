// The form in which a user says what the columns of a file are: its fields by column, and what it means as a request.

import { contactFields } from '../domain/contact.ts'
import { type ImportRequest, importRequestSchema } from '../engine/import/import-request.ts'
import type { Inspection } from '../engine/import/inspection.ts'
import type { Form, FormErrors } from './page.ts'

/** What a column can become besides the phone, which is asked for by itself. */
export const columnRoles = [
  ['field', 'a field'],
  ['date', 'a field with a date'],
  ['zone', 'the time zone'],
  ['consent', 'the consent (yes or no)'],
  ['opt_out', 'a refusal: who has something else than no in it gets no marketing'],
  ['-', 'nothing: left out'],
] as const

/** How the columns were guessed, or were chosen before, as fields of the form. */
export function formOf(inspection: Inspection, request: Partial<ImportRequest> | undefined): Form {
  const { columns, phoneQuestion } = inspection
  const chosen = (name: string) => request?.mapping?.[name]
  const guessed = phoneQuestion === null ? columns.find(({ field }) => field === 'phone')?.name : undefined
  const form: Record<string, string> = {
    list: request?.list ?? '',
    phone: columns.find(({ name }) => chosen(name) === 'phone')?.name ?? guessed ?? '',
    mode: request?.mode ?? 'upsert',
    onDuplicate: request?.onDuplicate ?? 'first',
    defaultCountry: request?.defaultCountry ?? '',
    dateOrder: request?.dateOrder ?? '',
    dates: request?.dates ?? '',
    numbers: request?.numbers ?? '',
    ...flagsOf(request),
  }
  for (const [index, { name, field }] of columns.entries()) {
    const target = chosen(name) ?? field ?? '-'
    const plain = target.replace(/:date$/, '')
    const isPlain = plain !== '-' && plain !== '' && !isContactField(plain)
    form[`as${index}`] = target.endsWith(':date') ? 'date' : isPlain ? 'field' : roleOf(plain)
    form[`name${index}`] = isPlain ? plain : fallbackName(name)
  }
  return form
}

function roleOf(target: string): string {
  return target === 'phone' ? 'field' : isContactField(target) ? target : '-'
}

/** The name that a column gets when it becomes a field after all. */
function fallbackName(name: string): string {
  const plain = name.toLowerCase().replace(/[^\p{L}\p{N}\p{M}_-]+/gu, '_')
  return isContactField(plain) ? `${plain}_2` : plain
}

function isContactField(name: string): boolean {
  return contactFields.some((field) => field === name)
}

const flags = ['international', 'rejectLandline', 'groups', 'overwriteBlanks', 'strictColumns'] as const

function flagsOf(request: Partial<ImportRequest> | undefined): Record<string, string> {
  return Object.fromEntries(flags.map((flag) => [flag, request?.[flag] === true ? 'yes' : '']))
}

export interface Reading {
  upload: string
  encoding: string | undefined
  sheet: string | undefined
  hasHeader: boolean
}

/** The request that a form stands for, or what is wrong with it by field. */
export function requestOf(
  form: Form,
  { columns }: Inspection,
  reading: Reading,
): { request: ImportRequest; errors?: never } | { request?: never; errors: FormErrors } {
  const fields: Record<string, string> = {}
  if ((form.list ?? '').trim() === '') fields.list = 'Which list do they go to?'
  if (!columns.some(({ name }) => name === form.phone)) fields.phone = 'Choose the column that holds the phone.'
  const mapping = Object.fromEntries(columns.map(({ name }, index) => [name, targetOf(form, name, index)]))
  const parsed = importRequestSchema.safeParse({
    upload: reading.upload,
    list: form.list ?? '',
    mapping,
    mode: form.mode,
    onDuplicate: form.onDuplicate,
    header: reading.hasHeader,
    dryRun: true,
    ...Object.fromEntries(flags.map((flag) => [flag, form[flag] === 'yes'])),
    ...(reading.encoding !== undefined && { encoding: reading.encoding }),
    ...(reading.sheet !== undefined && { sheet: reading.sheet }),
    ...(form.defaultCountry && { defaultCountry: form.defaultCountry }),
    ...(form.dateOrder && { dateOrder: form.dateOrder }),
    ...(form.dates && { dates: form.dates }),
    ...(form.numbers && { numbers: form.numbers }),
  })
  for (const { path, message } of parsed.error?.issues ?? []) {
    const name = String(path[0])
    fields[name] ??= name === 'list' ? `The name of a list ${message}.` : message
  }
  if (parsed.data !== undefined && Object.keys(fields).length === 0) return { request: parsed.data }
  // What stands beside no field of its own: names of columns that are longer than any field can be.
  const whole = Object.keys(fields).some((name) => !(name in form))
    ? 'What the columns become cannot be read.'
    : undefined
  return { errors: { fields, ...(whole !== undefined && { whole }) } }
}

function targetOf(form: Form, name: string, index: number): string {
  if (name === form.phone) return 'phone'
  const role = form[`as${index}`] ?? '-'
  const field = (form[`name${index}`] ?? '').trim()
  if (role !== 'phone' && isContactField(role)) return role
  if (field === '' || role === '-') return '-'
  return role === 'date' ? `${field}:date` : field
}

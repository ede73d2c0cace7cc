// A preview of what is typed so far. Where something is missing or too long, the message is still shown, with a mark in
// that place and what to fix beside it.
import { charactersIn } from '../domain/characters.ts'
import { AppError, type Problem } from '../domain/errors.ts'
import type { ContentPreview } from '../engine/campaigns/content-preview.ts'
import { readContentForm } from './campaign-form.ts'
import { type ContentField, contentFields, shownContentField } from './content-fields.ts'
import type { EditorFields } from './field-labels.ts'
import type { Form } from './page.ts'

export interface ShownContent extends ContentPreview {
  /** The refusal of what is typed; undefined where all of it can be sent. */
  refusal: AppError | undefined
}

/** Shown where something is missing or was cut. */
const MARK = '…'
const ADDRESS = 'https://example.com/'
/** Filling one gap can reveal the next: a header, then what is in it. */
const ROUNDS_MAX = 5

/** Undefined while nothing is typed. Throws what cannot be shown with marks. */
export async function previewTyped(
  fields: EditorFields,
  fieldOf: (problem: Problem) => string | undefined,
  preview: (content: Record<string, unknown>) => Promise<ContentPreview>,
): Promise<ShownContent | undefined> {
  const shown = contentFields(fields.type, fields.form, fields.shape).flatMap((group) => group.fields)
  const isTemplate = shown.some(({ name, fixed }) => name === '/content/template' && fixed !== undefined)
  if (!isTemplate && !shown.some((field) => isTyped(field, fields.form))) return undefined
  let form = fields.form
  let refusal: AppError | undefined
  for (let round = 0; ; round++) {
    try {
      return { ...(await preview(readContentForm(form))), refusal }
    } catch (error) {
      if (!(error instanceof AppError) || round === ROUNDS_MAX) throw refusal ?? error
      refusal ??= error
      const marked = markedForm(form, shown, namedBy(error, fieldOf, shown))
      if (marked === undefined) throw refusal
      form = marked
    }
  }
}

function isTyped({ name, fixed, options, isCheck }: ContentField, form: Form): boolean {
  return fixed === undefined && options === undefined && isCheck !== true && (form[name] ?? '') !== ''
}

/** The fields that a refusal is about. */
function namedBy(
  { details }: AppError,
  fieldOf: (problem: Problem) => string | undefined,
  shown: readonly ContentField[],
): string[] {
  const names = shown.map(({ name }) => name)
  return ((details?.errors as Problem[] | undefined) ?? []).map((problem) => {
    const pointer = problem.pointer.startsWith('/content') ? problem.pointer : `/content${problem.pointer}`
    return shownContentField(fieldOf({ ...problem, pointer }) ?? pointer, names)
  })
}

/** The form with something in empty fields, and with long ones cut; undefined where that changes nothing. */
function markedForm(form: Form, shown: readonly ContentField[], names: readonly string[]): Form | undefined {
  const marked: Record<string, string> = { ...form }
  for (const field of shown.filter(({ name }) => names.includes(name))) {
    const typed = form[field.name] ?? ''
    if (typed === '') marked[field.name] = fillOf(field)
    else if (field.max !== undefined && charactersIn(typed) > field.max)
      marked[field.name] = `${[...typed].slice(0, field.max - 1).join('')}${MARK}`
  }
  return names.some((name) => marked[name] !== form[name]) ? marked : undefined
}

function fillOf({ name, options }: ContentField): string {
  if (options !== undefined) return options.find(([value]) => value !== '')?.[0] ?? ''
  return name.endsWith('/url') ? ADDRESS : MARK
}

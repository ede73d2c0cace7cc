// What the editor shows beside its fields: how many people, what one of them reads, when it fires. Each looks at its own
// part of the form, so that a mistake in one hides nothing of the others.
import { AppError, type Problem } from '../domain/errors.ts'
import { ended, inSentences } from '../domain/sentence.ts'
import { useCases } from '../domain/suppression.ts'
import { type AudienceCount, countAudience } from '../engine/campaigns/audience-count.ts'
import type { EditorFacts } from '../engine/campaigns/campaign-editor.ts'
import { type ContentPreview, type PreviewRequest, previewContent } from '../engine/campaigns/content-preview.ts'
import { previewSchedule, type SchedulePreview } from '../engine/campaigns/schedule-preview.ts'
import type { Context } from '../engine/context.ts'
import type { Reading } from './campaign-form.ts'
import { shownContentField } from './content-fields.ts'
import { inPageWords } from './definition-words.ts'
import { sentence, sentencesOf } from './error-words.ts'
import { type EditorFields, labelOf, shownFields } from './field-labels.ts'
import type { Form, FormErrors } from './page.ts'
import { previewTyped } from './typed-preview.ts'

/** What there is to see, why it cannot be seen, or that nobody asked. */
export type Look<T> = { value: T } | { problem: string } | undefined

export interface Looks {
  audience: Look<AudienceCount>
  content: Look<TypedContent>
  /** Asked only where this content goes to people with an open session alone. */
  session: Look<AudienceCount>
  schedule: Look<SchedulePreview>
}

/** Undefined while nothing is typed. */
export type TypedContent = (ContentPreview & { toFix: readonly string[] }) | undefined

/** What each step of the editor is drawn from. */
export interface StepProps {
  facts: EditorFacts
  form: Form
  errors: FormErrors
  looks: Looks
}

/** A form with what it says. */
interface ReadForm {
  senders: EditorFacts['senders']
  reading: Reading
  fields: EditorFields
}

/** `which` names the looks that are asked for. */
export async function readLooks(ctx: Context, read: ReadForm, which: readonly string[]): Promise<Looks> {
  const { form } = read.fields
  const { audience, content, schedule } = read.reading.definition
  const lookAt = <T>(part: Part, look: () => Promise<T>) => lookWith(part, read, look)
  const hasLists = (audience as { lists: string[] }).lists.length > 0
  const useCase = useCases.find((name) => name === form['/useCase']) ?? 'marketing'
  const needsSession = which.includes('session') && hasLists && goesToSessionsOnly(read)
  const sender = needsSession ? form['/sender'] : undefined
  const counted =
    hasLists && (needsSession || which.includes('audience'))
      ? await lookAt('/audience', () => countAudience(ctx, audience, { useCase, sender }))
      : undefined
  return {
    audience: which.includes('audience') ? counted : undefined,
    session: needsSession ? counted : undefined,
    content:
      which.includes('content') && hasLists
        ? await lookAt('/content', () => lookAtContent(ctx, read, { audience, content, useCase }))
        : undefined,
    schedule: which.includes('schedule')
      ? await lookAt('/schedule', async () => previewSchedule(ctx, schedule ?? {}))
      : undefined,
  }
}

function goesToSessionsOnly({ senders, fields: { form, type } }: ReadForm): boolean {
  const sender = senders.find(({ name }) => name === form['/sender'])
  return sender?.leavesOutClosed === true && type !== 'template' && form['/session'] !== 'assume'
}

async function lookAtContent(ctx: Context, read: ReadForm, about: PreviewRequest): Promise<TypedContent> {
  const { fields, reading } = read
  const ask = (content: unknown) => preview(ctx, fields.form, { ...about, content })
  const shown = await previewTyped(fields, (problem) => reading.fieldOf(problem), ask)
  if (shown === undefined) return undefined
  const { refusal, ...rest } = shown
  return { ...rest, toFix: refusal === undefined ? [] : problemTexts(refusal, '/content', read) }
}

/** The person that the buttons beside the preview lead to; the one shown before stays where nothing else was asked. */
async function preview(ctx: Context, form: Form, about: PreviewRequest): Promise<ContentPreview> {
  const shown = form['preview/person']
  const after = form.act === 'next' ? shown : shown === undefined ? undefined : `con_${Number(shown.slice(4)) - 1}`
  const place = form.act === 'previous' ? { before: shown } : { after: after === 'con_0' ? undefined : after }
  const asked = { ...about, sender: form['/sender'] || undefined }
  const found = await previewContent(ctx, { ...asked, ...place })
  return found.person === null && shown !== undefined ? previewContent(ctx, asked) : found
}

type Part = '/audience' | '/content' | '/schedule'

async function lookWith<T>(part: Part, read: ReadForm, look: () => Promise<T>): Promise<Look<T>> {
  try {
    return { value: await look() }
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    const isOfAudience = /^(?:filter|list)\.|^campaign\.(?:audience_missing|not_found)/.test(error.code)
    if (isOfAudience && part !== '/audience') return { problem: 'Fix the audience first.' }
    return { problem: problemText(error, part, read) }
  }
}

function problemText(error: AppError, part: Part, read: ReadForm): string {
  return inSentences(...problemTexts(error, part, read))
}

/** Each problem with the field that it is about, as the page calls it. */
function problemTexts(error: AppError, part: Part, { reading, fields }: ReadForm): string[] {
  const problems = (error.details?.errors as Problem[] | undefined) ?? []
  if (problems.length === 0) return [sentence(inPageWords(sentencesOf(error)))]
  return problems.map((problem) => {
    const pointer = problem.pointer.startsWith(part) ? problem.pointer : `${part}${problem.pointer}`
    const field = reading.fieldOf({ ...problem, pointer }) ?? pointer
    const shown = part === '/content' ? shownContentField(field, shownFields(fields)) : field
    return ended(`${labelOf(shown, fields)}: ${inPageWords(problem.detail)}`)
  })
}

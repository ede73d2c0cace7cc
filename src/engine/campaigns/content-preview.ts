// What one real person of an audience would get, and who comes before and after. Reads only.

import type { Content } from '../../domain/content.ts'
import { compileContent, contentSchema } from '../../domain/content.ts'
import { type CodeTable, readDefinition } from '../../domain/definition.ts'
import { AppError, problemsError } from '../../domain/errors.ts'
import { formatId, parseId } from '../../domain/ids.ts'
import { type FilledTemplate, readTemplate } from '../../domain/template.ts'
import {
  type ContactRange,
  listRecipients,
  nextRange,
  previousRange,
  type Recipient,
  type ResolvedAudience,
  resolveAudience,
} from '../../store/audience.ts'
import { getSender } from '../../store/senders.ts'
import { listTemplates, type TemplateRow } from '../../store/templates.ts'
import type { Context } from '../context.ts'
import { readAudience } from './audience-count.ts'

const SLICE = 500
/** A filter that hardly anybody fits is not searched through to its end. */
const SLICES_MAX = 400

const codes: CodeTable = { '': 'content.invalid', unknown: 'campaign.unknown_field' }

export interface PreviewRequest {
  audience: unknown
  content: unknown
  /** Name or id: whose templates are looked into. */
  sender?: string | undefined
  /** The first person after this one, or the last one before; the first of all without either. */
  after?: string | undefined
  before?: string | undefined
}

export interface ContentPreview {
  /** Null when nobody comes there. */
  person: { id: string; phone: string; variables: Record<string, string> } | null
  /** Null when nothing can be sent to this person; then `problem` says why. */
  content: Content | null
  /** A template as that person reads it; null for every other content, and where the text of the template is not known. */
  template: FilledTemplate | null
  problem: { code: string; detail: string } | null
}

export function readContent(value: unknown): Content {
  const reading = readDefinition(contentSchema, value, codes)
  if ('problems' in reading) throw problemsError(reading.problems, 'content')
  return reading.value
}

/** Throws AppError content.*, template.syntax, filter.*, list.not_found, sender.not_found. */
export async function previewContent(ctx: Context, request: PreviewRequest): Promise<ContentPreview> {
  const compiled = compileContent(readContent(request.content))
  const audience = await ctx.db.read((tx) => resolveAudience(tx, readAudience(request.audience)))
  const fields = compiled.fields.map((use) => use.field)
  const templates = await templatesOf(ctx, request.sender)
  const person = await findPerson(ctx, { audience, fields, after: idOf(request.after), before: idOf(request.before) })
  if (person === undefined) return { person: null, content: null, template: null, problem: null }
  const { id, phone, variables } = person
  const shown = { id: formatId('contact', id), phone, variables }
  const missing = compiled.missing(variables)
  if (missing.length > 0)
    return {
      person: shown,
      content: null,
      template: null,
      problem: { code: 'campaign.missing_variables', detail: `this person has no value for ${missing.join(', ')}` },
    }
  try {
    const content = compiled.render(variables)
    const template = content.type === 'template' ? readTemplate(content, templates) : null
    return { person: shown, content, template, problem: null }
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    return { person: shown, content: null, template: null, problem: { code: error.code, detail: error.message } }
  }
}

async function templatesOf(ctx: Context, sender: string | undefined): Promise<TemplateRow[]> {
  if (sender === undefined) return []
  return ctx.db.read(async (tx) => listTemplates(tx, (await getSender(tx, sender)).id))
}

function idOf(text: string | undefined): number | undefined {
  return text === undefined ? undefined : parseId('contact', text)
}

interface Search {
  audience: ResolvedAudience
  fields: readonly string[]
  after: number | undefined
  before: number | undefined
}

async function findPerson(ctx: Context, search: Search): Promise<Recipient | undefined> {
  const { audience, fields, before } = search
  let edge = before ?? search.after ?? 0
  for (let slices = 0; slices < SLICES_MAX; slices++) {
    const found = await ctx.db.read(async (tx) => {
      const range: ContactRange | undefined =
        before === undefined ? await forward(tx, audience, edge) : await previousRange(tx, audience, edge, SLICE)
      return range && { range, people: await listRecipients(tx, audience, fields, range) }
    })
    if (found === undefined) return undefined
    const person = before === undefined ? found.people[0] : found.people.at(-1)
    if (person !== undefined) return person
    edge = before === undefined ? found.range.through : found.range.after + 1
    await new Promise((resolve) => setImmediate(resolve))
  }
  return undefined
}

async function forward(
  tx: Parameters<typeof nextRange>[0],
  audience: ResolvedAudience,
  after: number,
): Promise<ContactRange | undefined> {
  const range = await nextRange(tx, audience, after, SLICE)
  return range && { after, through: range.through }
}

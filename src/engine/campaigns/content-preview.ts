// What one real person of an audience would get, and who comes before and after. Reads only.

import type { Content } from '../../domain/content.ts'
import { type CompiledContent, compileContent, contentSchema } from '../../domain/content.ts'
import { type CodeTable, readDefinition } from '../../domain/definition.ts'
import { AppError, problemsError } from '../../domain/errors.ts'
import { formatId, parseId } from '../../domain/ids.ts'
import { deadLinkWarning } from '../../domain/link-suffix.ts'
import { decidePerson, type SkipReason } from '../../domain/message-rules.ts'
import type { UseCase } from '../../domain/suppression.ts'
import { type FilledTemplate, readTemplate } from '../../domain/template.ts'
import { getProvider } from '../../providers/registry.ts'
import {
  type ContactRange,
  nextRange,
  previousRange,
  type ResolvedAudience,
  resolveAudience,
} from '../../store/audience.ts'
import { listPeople, type PersonOfAudience } from '../../store/claim-facts.ts'
import type { ReadTx } from '../../store/database.ts'
import { getSender, type Sender } from '../../store/senders.ts'
import { listTemplates, type TemplateRow } from '../../store/templates.ts'
import type { Context } from '../context.ts'
import { readAudience } from './audience-count.ts'
import { takesGroups } from './claim-rules.ts'

const SLICE = 500
/** A filter that hardly anybody fits is not searched through to its end. */
const SLICES_MAX = 400

const codes: CodeTable = { '': 'content.invalid', unknown: 'campaign.unknown_field' }

export interface PreviewRequest {
  audience: unknown
  content: unknown
  /** Name or id: whose templates are looked into. */
  sender?: string | undefined
  useCase?: UseCase | undefined
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
  /** What would not work for this person, although it is sent. */
  warnings: string[]
  /** Why this person gets nothing, whatever the content; null for everybody else. */
  leftOutBy: SkipReason | null
}

export function readContent(value: unknown): Content {
  const reading = readDefinition(contentSchema, value, codes)
  if ('problems' in reading) throw problemsError(reading.problems, 'content')
  return reading.value
}

/** Throws AppError content.*, template.syntax, filter.*, list.not_found, sender.not_found. */
export async function previewContent(ctx: Context, request: PreviewRequest): Promise<ContentPreview> {
  const compiled = compileContent(readContent(request.content))
  const { audience, sender, templates } = await ctx.db.read((tx) => readAsked(tx, request))
  const fields = compiled.fields.map((use) => use.field)
  const [after, before] = [idOf(request.after), idOf(request.before)]
  const person = await findPerson(ctx, { audience, fields, after, before })
  if (person === undefined)
    return { person: null, content: null, template: null, problem: null, warnings: [], leftOutBy: null }
  const { contactId, phone, variables } = person
  return {
    person: { id: formatId('contact', contactId), phone, variables },
    leftOutBy: decidePerson(person, rulesOf(request.useCase, sender)) ?? null,
    ...renderFor(compiled, variables, templates),
  }
}

export function renderFor(
  compiled: CompiledContent,
  variables: PersonOfAudience['variables'],
  templates: readonly TemplateRow[],
): Pick<ContentPreview, 'content' | 'template' | 'problem' | 'warnings'> {
  const nothing = (code: string, detail: string) => ({
    content: null,
    template: null,
    problem: { code, detail },
    warnings: [],
  })
  const missing = compiled.missing(variables)
  if (missing.length > 0)
    return nothing('campaign.missing_variables', `this person has no value for ${missing.join(', ')}`)
  try {
    const content = compiled.render(variables)
    const template = content.type === 'template' ? readTemplate(content, templates) : null
    const warning = deadLinkWarning(content)
    return { content, template, problem: null, warnings: warning === undefined ? [] : [warning] }
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    return nothing(error.code, error.message)
  }
}

/** Without a sender nobody knows whether it writes to groups. */
export function rulesOf(useCase: UseCase = 'marketing', sender: Sender | undefined) {
  if (sender === undefined) return { useCase, takesGroups: true }
  const { capabilities } = getProvider(sender.provider, sender.credentials)
  return { useCase, takesGroups: takesGroups(sender, capabilities) }
}

export async function readAsked(tx: ReadTx, request: PreviewRequest) {
  const audience = await resolveAudience(tx, readAudience(request.audience))
  const sender = request.sender === undefined ? undefined : await getSender(tx, request.sender)
  return { audience, sender, templates: sender === undefined ? [] : await listTemplates(tx, sender.id) }
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

async function findPerson(ctx: Context, search: Search): Promise<PersonOfAudience | undefined> {
  const { audience, before } = search
  const request = { senderId: 0, capRules: [], now: ctx.clock.now(), onceOf: undefined, fields: search.fields }
  let edge = before ?? search.after ?? 0
  for (let slices = 0; slices < SLICES_MAX; slices++) {
    const found = await ctx.db.read(async (tx) => {
      const range: ContactRange | undefined =
        before === undefined ? await forward(tx, audience, edge) : await previousRange(tx, audience, edge, SLICE)
      return range && { range, people: await listPeople(tx, request, audience, range) }
    })
    if (found === undefined) return undefined
    const person = before === undefined ? found.people[0] : found.people.at(-1)
    if (person !== undefined) return person
    edge = before === undefined ? found.range.through : found.range.after + 1
    await new Promise((resolve) => setImmediate(resolve))
  }
  return undefined
}

async function forward(tx: ReadTx, audience: ResolvedAudience, after: number): Promise<ContactRange | undefined> {
  const range = await nextRange(tx, audience, after, SLICE)
  return range && { after, through: range.through }
}

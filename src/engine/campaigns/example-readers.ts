// Three real people by whom a message is judged before it is sent: who reads the shortest text, who the longest, and a person
// whose gaps a fallback fills. Looked for among the first of the audience. Reads only.
import { compileContent } from '../../domain/content.ts'
import { AppError } from '../../domain/errors.ts'
import { decidePerson } from '../../domain/message-rules.ts'
import { nextRange } from '../../store/audience.ts'
import { listPeople, type PersonOfAudience } from '../../store/claim-facts.ts'
import type { Context } from '../context.ts'
import {
  type ContentPreview,
  type PreviewRequest,
  readAsked,
  readContent,
  renderFor,
  rulesOf,
} from './content-preview.ts'

const LOOKED_AT = 500

export const exampleKinds = ['longest', 'shortest', 'fallback'] as const

export interface ExampleReader extends Pick<ContentPreview, 'content' | 'template' | 'warnings'> {
  kind: (typeof exampleKinds)[number]
  phone: string
}

interface Fitting {
  person: PersonOfAudience
  length: number
  hasGap: boolean
}

/** Each person once; fewer than three where all read the same. Throws as previewContent. */
export async function findExampleReaders(
  ctx: Context,
  request: Omit<PreviewRequest, 'after' | 'before'>,
): Promise<ExampleReader[]> {
  const compiled = compileContent(readContent(request.content))
  const { audience, sender, templates } = await ctx.db.read((tx) => readAsked(tx, request))
  const fields = compiled.fields.map(({ field }) => field)
  const asked = { senderId: 0, capRules: [], now: ctx.clock.now(), onceOf: undefined, fields }
  const people = await ctx.db.read(async (tx) => {
    const range = await nextRange(tx, audience, 0, LOOKED_AT)
    return range === undefined ? [] : listPeople(tx, asked, audience, { after: 0, through: range.through })
  })
  const rules = rulesOf(request.useCase, sender)
  const fitting = people
    .filter((person) => decidePerson(person, rules) === undefined)
    .flatMap((person): Fitting[] => {
      const length = lengthFor(compiled, person)
      const hasGap = fields.some((field) => (person.variables[field] ?? '') === '')
      return length === undefined ? [] : [{ person, length, hasGap }]
    })
  return chosenOf(fitting).map(({ kind, person }) => {
    const { content, template, warnings } = renderFor(compiled, person.variables, templates)
    return { kind, phone: person.phone, content, template, warnings }
  })
}

/** Undefined for a person whose text cannot be sent. */
function lengthFor(compiled: ReturnType<typeof compileContent>, { variables }: PersonOfAudience): number | undefined {
  if (compiled.missing(variables).length > 0) return undefined
  try {
    return JSON.stringify(compiled.render(variables)).length
  } catch (error) {
    if (error instanceof AppError) return undefined
    throw error
  }
}

function chosenOf(fitting: readonly Fitting[]): { kind: ExampleReader['kind']; person: PersonOfAudience }[] {
  const byLength = [...fitting].sort((a, b) => a.length - b.length)
  const [shortest, longest] = [byLength[0], byLength.at(-1)]
  const found = { longest, shortest, fallback: fitting.find(({ hasGap }) => hasGap) }
  const seen = new Set<Fitting>()
  return exampleKinds.flatMap((kind) => {
    const one = found[kind]
    if (one === undefined || seen.has(one)) return []
    // Everybody reads the same: one of them is enough.
    if (kind === 'shortest' && one.length === longest?.length) return []
    seen.add(one)
    return [{ kind, person: one.person }]
  })
}

// What messages said, as text: rendered from the definition that each was planned with and the values that are kept with it. Reads
// only.
import { type CompiledContent, type Content, compileContent } from '../../domain/content.ts'
import { AppError } from '../../domain/errors.ts'
import { type FilledTemplate, readTemplate } from '../../domain/template.ts'
import { getRevision } from '../../store/campaigns.ts'
import type { ReadTx } from '../../store/database.ts'
import type { PersonMessage } from '../../store/people.ts'
import { findSender } from '../../store/senders.ts'
import { listTemplates, type TemplateRow } from '../../store/templates.ts'

/** Of one person the newest so many: a definition takes a millisecond to be read. */
const TEXTS_MAX = 20

interface Known {
  compiled: CompiledContent
  templates: readonly TemplateRow[]
}

/** By message; none for one whose values were forgotten with age, and for what has no text. */
export async function sentTexts(tx: ReadTx, messages: readonly PersonMessage[]): Promise<Map<number, string>> {
  const known = new Map<number, Known | undefined>()
  const texts = new Map<number, string>()
  for (const message of messages.slice(0, TEXTS_MAX)) {
    if (!known.has(message.revisionId)) known.set(message.revisionId, await readRevision(tx, message.revisionId))
    const found = known.get(message.revisionId)
    const text = found && textFor(found, message.variables)
    if (text) texts.set(message.id, text)
  }
  return texts
}

/** Undefined for one that cannot be read any more. */
async function readRevision(tx: ReadTx, id: number): Promise<Known | undefined> {
  const { definition } = await getRevision(tx, id)
  const sender = await findSender(tx, definition.sender)
  try {
    const compiled = compileContent(definition.content)
    return { compiled, templates: sender === undefined ? [] : await listTemplates(tx, sender.id) }
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    return undefined
  }
}

function textFor({ compiled, templates }: Known, variables: string | null): string | undefined {
  if (variables === null && compiled.fields.length > 0) return undefined
  try {
    const content = compiled.render(variables === null ? {} : (JSON.parse(variables) as Record<string, string>))
    return content.type === 'template' ? templateText(readTemplate(content, templates)) : contentText(content)
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    return undefined
  }
}

/** Without buttons and files. */
function contentText(content: Exclude<Content, { type: 'template' }>): string {
  const { text, body, caption } = content as { text?: string; body?: string; caption?: string }
  return [text, body, caption].filter((part) => typeof part === 'string').join('\n')
}

function templateText(template: FilledTemplate | null): string | undefined {
  if (template === null) return undefined
  return [template.header?.text, template.body, template.footer]
    .filter((part) => part != null && part !== '')
    .join('\n')
}

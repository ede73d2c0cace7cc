// Templates of a WhatsApp business account. Source: message template pages, graph v25.0.
import type { ProviderTemplate } from '../../domain/template.ts'
import type { AccountAnswer, TemplateCalls } from '../provider.ts'
import { templateShapeOf, templateStatusOf, templateTextOf } from '../template-components.ts'
import { arrayOf, objectOf, textOf } from '../webhook-parts.ts'
import { type Graph, graphAnswer, isDone } from './graph.ts'

const FIELDS = 'name,status,category,language,components,quality_score,parameter_format'
const PAGE = 100
/** An account has at most a few thousand templates; a cursor that runs in a circle must end. */
const PAGES_MAX = 100

export function templateCalls(graph: Graph, wabaId: string): TemplateCalls {
  const path = `${wabaId}/message_templates`
  return {
    list: () => listAll(graph, path),
    create: async (definition) =>
      graphAnswer(await graph.call('POST', path, definition), (body) => {
        const status = textOf(body.status)
        return status === null ? undefined : { name: textOf(definition.name) ?? '', status: status.toLowerCase() }
      }),
    delete: async (name) =>
      graphAnswer(
        await graph.call('DELETE', `${path}?name=${encodeURIComponent(name)}`),
        (body) => isDone(body) && { name },
      ),
  }
}

async function listAll(graph: Graph, path: string): Promise<AccountAnswer<ProviderTemplate[]>> {
  const all: ProviderTemplate[] = []
  let after = ''
  for (let page = 0; page < PAGES_MAX; page++) {
    const answer = graphAnswer(await graph.call('GET', `${path}?fields=${FIELDS}&limit=${PAGE}${after}`), readPage)
    if (!answer.ok) return answer
    all.push(...answer.value.templates)
    if (answer.value.next === null) break
    after = `&after=${encodeURIComponent(answer.value.next)}`
  }
  return { ok: true, value: all }
}

interface Page {
  templates: ProviderTemplate[]
  /** Cursor of the next page; null on the last. */
  next: string | null
}

function readPage(body: Record<string, unknown>): Page | undefined {
  if (!Array.isArray(body.data)) return undefined
  const paging = objectOf(body.paging)
  const next = paging.next === undefined ? null : textOf(objectOf(paging.cursors).after)
  return { templates: arrayOf(body.data).map(objectOf).flatMap(readTemplate), next }
}

function readTemplate(template: Record<string, unknown>): ProviderTemplate[] {
  const name = textOf(template.name)
  const language = textOf(template.language)
  if (name === null || language === null) return []
  const word = textOf(template.status) ?? ''
  return [
    {
      name,
      title: name,
      language,
      status: templateStatusOf(word),
      statusDetail: word,
      category: textOf(template.category),
      namespace: null,
      quality: textOf(objectOf(template.quality_score).score),
      shape: templateShapeOf(template.components),
      text: templateTextOf(template.components),
    },
  ]
}

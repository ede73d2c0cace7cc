// Templates of the channel: listed page by page, submitted, deleted in every language. Definitions are Meta's; some come
// as text, and some lack the namespace that their siblings have.
import type { ProviderTemplate } from '../../domain/template.ts'
import { parseJson } from '../http-result.ts'
import type { AccountAnswer, TemplateCalls } from '../provider.ts'
import { templateShapeOf, templateStatusOf, templateTextOf } from '../template-components.ts'
import { arrayOf, objectOf, textOf } from '../webhook-parts.ts'
import { accountBody, type OneMsgApi } from './api.ts'

const PAGE = 100
/** A channel that always has another page is broken. */
const PAGES_MAX = 100

export function templateCalls(api: OneMsgApi, now: () => number): TemplateCalls {
  return {
    list: () => listTemplates(api, now()),
    create: async (definition) => {
      const answer = accountBody(await api.post('addTemplate', definition), now())
      if (!answer.ok) return answer
      const status = textOf(objectOf(answer.value).status) ?? 'submitted'
      return { ok: true, value: { name: textOf(definition.name) ?? '', status } }
    },
    delete: async (name) => {
      const answer = accountBody(await api.post('removeTemplate', { name }), now())
      return answer.ok ? { ok: true, value: { name } } : answer
    },
  }
}

async function listTemplates(api: OneMsgApi, now: number): Promise<AccountAnswer<ProviderTemplate[]>> {
  const templates = new Map<string, ProviderTemplate>()
  for (let page = 0; page < PAGES_MAX; page++) {
    const query = { limit: String(PAGE), offset: String(page * PAGE) }
    const answer = accountBody(await api.get('templates', query), now)
    if (!answer.ok) return answer
    const { templates: listed, total } = objectOf(answer.value)
    const before = templates.size
    for (const template of arrayOf(listed).map(objectOf).map(readTemplate))
      templates.set(`${template.name} ${template.language}`, template)
    // A channel that knows no pages gives everything each time.
    const isWhole = templates.size === before || (typeof total === 'number' && templates.size >= total)
    if (isWhole || arrayOf(listed).length < PAGE) break
  }
  return { ok: true, value: withNamespaces([...templates.values()].filter(({ name }) => name !== '')) }
}

function readTemplate(template: Record<string, unknown>): ProviderTemplate {
  const name = textOf(template.name) ?? ''
  const components = typeof template.components === 'string' ? parseJson(template.components) : template.components
  const reason = textOf(template.rejected_reason)
  return {
    name,
    title: name,
    language: textOf(template.language) ?? textOf(objectOf(template.language).code) ?? '',
    status: templateStatusOf(template.status),
    statusDetail: [textOf(template.status), reason === 'NONE' ? null : reason].filter(Boolean).join(': '),
    category: textOf(template.category),
    namespace:
      textOf(template.namespace) ??
      textOf(template.message_template_namespace) ??
      textOf(template.messageTemplateNamespace),
    shape: templateShapeOf(components),
    text: templateTextOf(components),
  }
}

/** One channel has one namespace: where all that tell it agree, the others have it too. */
function withNamespaces(templates: ProviderTemplate[]): ProviderTemplate[] {
  const [only, ...others] = new Set(templates.flatMap(({ namespace }) => namespace || []))
  if (only === undefined || others.length > 0) return templates
  return templates.map((template) => ({ ...template, namespace: template.namespace || only }))
}

// Templates at Routee: one can be submitted, and asked after by its id; there is no call that lists them. Source: the
// catalogue of Routee's calls; where it is silent, the API that Routee's follows everywhere else.
import type { ProviderTemplate } from '../../domain/template.ts'
import type { AccountAnswer, TemplateCalls } from '../provider.ts'
import { templateShapeOf, templateStatusOf, templateTextOf } from '../template-components.ts'
import { arrayOf, objectOf, textOf } from '../webhook-parts.ts'
import type { RouteeClient } from './client.ts'
import type { RouteeSettings } from './config.ts'

type Fields = Record<string, unknown>

export function templateCalls(client: RouteeClient, settings: RouteeSettings): TemplateCalls {
  return {
    find: (id) => find(client, settings, id),
    create: (definition) => create(client, settings, definition),
  }
}

async function find(
  client: RouteeClient,
  { pathPrefix }: RouteeSettings,
  id: string,
): Promise<AccountAnswer<ProviderTemplate[]>> {
  const path = `${pathPrefix}/accounts/templates/${encodeURIComponent(id)}`
  const answer = await client.ask({ method: 'GET', path })
  // Routee's own "not found" says that there is no such template; another one says that the path is wrong.
  if (!answer.ok && answer.error.code.startsWith('404') && answer.error.httpStatus === 404)
    return { ok: true, value: [] }
  if (!answer.ok) return answer
  const localizations = arrayOf(answer.value.localizations).map(objectOf)
  return { ok: true, value: localizations.map((localization) => templateOf(id, answer.value, localization)) }
}

async function create(
  client: RouteeClient,
  { pathPrefix, whatsappAccountId }: RouteeSettings,
  definition: Fields,
): Promise<AccountAnswer<{ name: string; status: string }>> {
  if (whatsappAccountId === undefined)
    return {
      ok: false,
      error: {
        code: 'account_id_missing',
        text: 'the sender names no whatsappAccountId',
        advice: 'Set whatsappAccountId in the credentials of the sender.',
        httpStatus: null,
      },
    }
  const path = `${pathPrefix}/accounts/${whatsappAccountId}/templates`
  const answer = await client.ask({ method: 'POST', path, body: definition })
  if (!answer.ok) return answer
  const name = textOf(answer.value.templateName) ?? textOf(definition.templateName) ?? ''
  return { ok: true, value: { name, status: textOf(answer.value.status) ?? 'submitted' } }
}

function templateOf(
  id: string,
  template: Fields,
  { language, status, rejectionReason, components }: Fields,
): ProviderTemplate {
  return {
    name: id,
    title: textOf(template.templateName) ?? id,
    language: textOf(language) ?? '',
    status: templateStatusOf(status),
    statusDetail: [textOf(status), textOf(rejectionReason)].filter(Boolean).join(': '),
    category: textOf(template.templateCategory),
    namespace: null,
    shape: templateShapeOf(arrayOf(components).map(withType)),
    text: templateTextOf(arrayOf(components).map(withType)),
  }
}

/** Requests name the kind of a component `componentType`, answers `type`. */
function withType(component: unknown): Fields {
  const { componentType, ...fields } = objectOf(component)
  return { type: componentType, ...fields }
}

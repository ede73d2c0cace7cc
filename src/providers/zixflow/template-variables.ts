// What the older API tells of a template: the keys of its values, one language at a time. Whether it is approved, and which
// templates there are, nothing tells.
import type { ProviderTemplate, TemplateShape } from '../../domain/template.ts'
import { accountAnswerOf } from '../account-answer.ts'
import { whatsappLanguage } from '../content-limits.ts'
import type { AccountAnswer, Connection } from '../provider.ts'
import { arrayOf, objectOf, textOf } from '../webhook-parts.ts'
import type { ZixflowSettings } from './config.ts'
import { errorOfAnswer } from './errors.ts'

/** Refusals that speak of the template; the others speak of the account or the connection. */
const unknownTemplateCodes = ['invalid_data', 'refused']

interface Asked {
  connection: Connection<ZixflowSettings>
  headers: Record<string, string>
  basePath: string
}

export async function findTemplate(
  asked: Asked,
  name: string,
  languages: readonly string[],
): Promise<AccountAnswer<ProviderTemplate[]>> {
  const templates: ProviderTemplate[] = []
  for (const language of languages.map(whatsappLanguage)) {
    const keys = await keysOf(asked, name, language)
    if (keys.ok) templates.push(templateOf({ name, language, keys: keys.value }, asked.connection.settings))
    else if (!unknownTemplateCodes.includes(keys.error.code)) return keys
  }
  return { ok: true, value: templates }
}

async function keysOf(
  { connection, headers, basePath }: Asked,
  templateName: string,
  language: string,
): Promise<AccountAnswer<string[]>> {
  const query = new URLSearchParams({ phoneId: connection.settings.phoneId, templateName, language })
  const outcome = await connection.http.request({ method: 'GET', path: `${basePath}/variable-keys?${query}`, headers })
  return accountAnswerOf(
    outcome,
    (body) => {
      const { status, data } = objectOf(body)
      return status === true ? arrayOf(data).flatMap((one) => textOf(objectOf(one).keyName) ?? []) : undefined
    },
    errorOfAnswer,
  )
}

interface Told {
  name: string
  language: string
  keys: readonly string[]
}

function templateOf({ name, language, keys }: Told, settings: ZixflowSettings): ProviderTemplate {
  return {
    name,
    title: name,
    language,
    status: 'unknown',
    statusDetail: 'Zixflow tells the values of a template, not whether it is approved',
    category: null,
    namespace: null,
    shape: shapeOf(keys, settings),
  }
}

const fileTypes = ['image', 'video', 'document'] as const

/** By the known keys; a template with any other takes all its values by name. */
function shapeOf(keys: readonly string[], { headerVariable }: ZixflowSettings): TemplateShape {
  const file = fileTypes.find((type) => keys.includes(type))
  const body = keys.filter((key) => /^body_\d+$/.test(key))
  const buttons = keys.filter((key) => /^button_\d+$/.test(key))
  const known = [...fileTypes, headerVariable, 'otp', ...body, ...buttons]
  const isNamed = keys.some((key) => !known.includes(key))
  if (isNamed) return { header: null, body: keys, isNamed, buttons: [], cards: [] }
  const text = keys.includes(headerVariable) ? ({ type: 'text', values: ['1'] } as const) : null
  return {
    header: file === undefined ? text : { type: file, values: [] },
    body: [...(keys.includes('otp') ? ['otp'] : []), ...body].map((_, index) => String(index + 1)),
    isNamed,
    buttons: buttons.map((_, index) => ({ index, type: 'url', takesValue: true })),
    countsValueButtons: true,
    cards: [],
  }
}

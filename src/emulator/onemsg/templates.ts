// The templates of the channel: what a message of one must bring, and the calls that list, create and delete.
import { z } from 'zod'
import { type Answer, jsonAnswer } from '../dialect.ts'
import { notSent, statusAnswer } from './errors.ts'
import { type KnownTemplate, type OneMsgOptions, oneMsgDefaults } from './options.ts'
import { lifeProblem, type TemplateRequest } from './template-request.ts'

type Component = Record<string, unknown>

const definition = z.strictObject({
  name: z.string().regex(/^[a-z0-9_]{1,512}$/),
  category: z.enum(['MARKETING', 'UTILITY', 'AUTHENTICATION']),
  language: z.string().min(2).max(20),
  components: z.array(z.looseObject({ type: z.enum(['HEADER', 'BODY', 'FOOTER', 'BUTTONS', 'CAROUSEL']) })).min(1),
})

export class Templates {
  readonly #options: OneMsgOptions
  #known: KnownTemplate[] = []

  constructor(options: OneMsgOptions) {
    this.#options = options
    this.reset()
  }

  reset(): void {
    this.#known = [...(this.#options.templates ?? [])]
  }

  /** Why a message of this template is not sent; undefined when it may go. */
  problemOf(request: TemplateRequest): Answer | undefined {
    const { namespace, templates } = this.#options
    const template = this.#find(request)
    const life = lifeProblem(template?.category, request.messageSendTtlSeconds)
    if (life !== undefined) return statusAnswer(400, life)
    if (namespace !== undefined && request.namespace !== namespace)
      return notSent('Template is not defined: wrong namespace')
    if (template === undefined)
      return templates === undefined ? undefined : notSent('Template name does not exist', { code: 132001 })
    if (template.status !== undefined && template.status.toLowerCase() !== 'approved')
      return notSent(`Template is ${template.status.toLowerCase()}`, { code: 132015 })
    const given = (request.params ?? []).find(({ type }) => type === 'body')
    const count = given !== undefined && 'parameters' in given ? given.parameters.length : 0
    const expected = placeholders(template.components ?? []).length
    return count === expected ? undefined : notSent(`expected ${expected} values, got ${count}`, { code: 132000 })
  }

  list(query: URLSearchParams): Answer {
    const offset = Number(query.get('offset') ?? 0)
    const limit = Number(query.get('limit') ?? this.#known.length)
    if (!(Number.isInteger(offset) && offset >= 0 && Number.isInteger(limit) && limit >= 0))
      return statusAnswer(400, 'limit and offset must be whole numbers')
    return jsonAnswer(200, {
      total: this.#known.length,
      templates: this.#known.slice(offset, offset + limit).map((template) => ({
        name: template.name,
        namespace: this.#options.namespace ?? oneMsgDefaults.namespace,
        language: template.language,
        category: template.category ?? 'MARKETING',
        status: template.status ?? 'approved',
        rejected_reason: 'NONE',
        components: template.components ?? [],
      })),
    })
  }

  create(body: unknown): Answer {
    const result = definition.safeParse(body)
    if (!result.success) return statusAnswer(400, z.prettifyError(result.error).split('\n')[0])
    const { name, language } = result.data
    if (this.#known.some((one) => one.name === name && one.language === language))
      return jsonAnswer(200, { error: { message: 'There is already content in this language for this template' } })
    this.#known.push({ ...result.data, status: this.#options.createdStatus ?? oneMsgDefaults.createdStatus })
    return jsonAnswer(200, {})
  }

  /** Every language of the name. */
  remove(body: unknown): Answer {
    const result = z.strictObject({ name: z.string().min(1) }).safeParse(body)
    if (!result.success) return statusAnswer(400, 'name is required')
    const { name } = result.data
    if (!this.#known.some((one) => one.name === name))
      return jsonAnswer(200, { error: { message: 'Message template was not found' } })
    this.#known = this.#known.filter((one) => one.name !== name)
    return jsonAnswer(200, { result: 'success' })
  }

  #find({ template, language }: TemplateRequest): KnownTemplate | undefined {
    return this.#known.find((one) => one.name === template && one.language === language.code)
  }
}

/** Of the body: {{1}}, {{2}} … each once. */
function placeholders(components: readonly Component[]): string[] {
  const body = components.find(({ type }) => String(type).toUpperCase() === 'BODY')
  return [...new Set(String(body?.text ?? '').match(/\{\{[^{}]+\}\}/g))]
}

// The templates of the account: what is approved, what a message must bring, and the calls that list, create and delete.
import { type Answer, type IdSource, jsonAnswer } from '../dialect.ts'
import { errorAnswer, type MetaError } from './errors.ts'
import { type KnownTemplate, type MetaOptions, metaDefaults } from './options.ts'
import { readWith } from './requests.ts'
import { knownTemplateOf, type TemplateDefinition, templateDefinition } from './template-definition.ts'
import type { TemplateRequest } from './template-request.ts'

interface StoredTemplate extends Required<Omit<KnownTemplate, 'pacing'>> {
  id: string
  pacing: KnownTemplate['pacing'] | undefined
  definition: TemplateDefinition | undefined
}

const PAGE_MAX = 1000

export class Templates {
  readonly #options: MetaOptions
  readonly #ids: IdSource
  #stored: StoredTemplate[] = []

  constructor(options: MetaOptions, ids: IdSource) {
    this.#options = options
    this.#ids = ids
    this.reset()
  }

  reset(): void {
    this.#stored = (this.#options.templates ?? []).map((template) => this.#store(template, undefined))
  }

  find({ name, language }: TemplateRequest): StoredTemplate | undefined {
    return this.#stored.find((one) => one.name === name && one.language === language.code)
  }

  /** What is wrong with a message of this template; undefined when it may go. */
  problemOf(request: TemplateRequest): MetaError | undefined {
    const template = this.find(request)
    if (template !== undefined) return statusProblem(template) ?? valuesProblem(template, request)
    if (this.#options.templates === undefined) return undefined
    const details = `template name (${request.name}) does not exist in ${request.language.code}`
    return { code: '132001', details }
  }

  list(query: URLSearchParams): Answer {
    const limit = Number(query.get('limit') ?? 25)
    const start = Number(Buffer.from(query.get('after') ?? 'MA', 'base64url').toString())
    const isReadable = Number.isInteger(limit) && limit >= 1 && limit <= PAGE_MAX && Number.isInteger(start)
    if (!isReadable) return errorAnswer(this.#ids, { code: '100', details: 'limit or after is not valid' })
    const matching = this.#stored.filter((template) =>
      (['name', 'status', 'language', 'category'] as const).every(
        (key) => (query.get(key) ?? template[key]) === template[key],
      ),
    )
    const page = matching.slice(start, start + limit)
    const cursor = (at: number) => Buffer.from(String(at)).toString('base64url')
    const after = cursor(start + page.length)
    const hasMore = start + page.length < matching.length
    const fields = query.get('fields')?.split(',') ?? [
      'name',
      'parameter_format',
      'components',
      'language',
      'status',
      'category',
    ]
    return jsonAnswer(200, {
      data: page.map((template) => selected(fieldsOf(template), fields)),
      paging: { cursors: { before: cursor(start), after }, ...(hasMore && { next: `?after=${after}&limit=${limit}` }) },
    })
  }

  create(body: unknown): Answer {
    const reading = readWith(templateDefinition, body)
    if (!reading.isValid) return errorAnswer(this.#ids, reading.error)
    const { name, language, category } = reading.value
    if (this.#stored.some((one) => one.name === name && one.language === language))
      return errorAnswer(this.#ids, {
        code: '100',
        subcode: 2388024,
        details: 'There is already content in this language for this template',
      })
    const status = this.#options.createdStatus ?? metaDefaults.createdStatus
    const template = this.#store({ ...knownTemplateOf(reading.value), status }, reading.value)
    this.#stored.push(template)
    return jsonAnswer(200, { id: template.id, status, category })
  }

  /** By name all languages, with hsm_id one. */
  delete(query: URLSearchParams): Answer {
    const name = query.get('name')
    const id = query.get('hsm_id')
    if (name === null) return errorAnswer(this.#ids, { code: '131008', details: 'Parameter name is required' })
    const isMeant = (template: StoredTemplate) => template.name === name && (id === null || template.id === id)
    if (!this.#stored.some(isMeant))
      return errorAnswer(this.#ids, { code: '100', subcode: 2593002, details: 'Message template was not found' })
    this.#stored = this.#stored.filter((template) => !isMeant(template))
    return jsonAnswer(200, { success: true })
  }

  #store(template: KnownTemplate, definition: TemplateDefinition | undefined): StoredTemplate {
    return {
      id: this.#ids.digits(16),
      category: 'MARKETING',
      status: 'APPROVED',
      bodyParameters: 0,
      header: 'NONE',
      headerParameters: 0,
      buttonParameters: 0,
      definition,
      ...template,
      pacing: template.pacing,
    }
  }
}

function statusProblem({ name, status }: StoredTemplate): MetaError | undefined {
  if (status === 'APPROVED') return undefined
  const code = status === 'PAUSED' ? '132015' : status === 'DISABLED' ? '132016' : '132001'
  return { code, details: `template ${name} is ${status}` }
}

function valuesProblem(template: StoredTemplate, { components = [] }: TemplateRequest): MetaError | undefined {
  return (
    bodyProblem(template.bodyParameters, components) ??
    headerProblem(template, components) ??
    countProblem(
      'buttons',
      template.buttonParameters,
      // Quick replies have a payload of their own even when the message gives none.
      components.filter((part) => part.type === 'button' && !isOptional(part.sub_type)).length,
    )
  )
}

type Components = NonNullable<TemplateRequest['components']>

function isOptional(subType: string): boolean {
  return subType === 'quick_reply' || subType === 'flow' || subType === 'catalog'
}

function bodyProblem(expected: number | readonly string[], components: Components): MetaError | undefined {
  const given = components.flatMap((part) => (part.type === 'body' ? part.parameters : []))
  const names = given.map((parameter) => parameter.parameter_name)
  if (typeof expected === 'number') {
    const isNamed = names.some((name) => name !== undefined)
    if (isNamed) return { code: '132012', details: 'body: the template takes values by position' }
    return countProblem('body', expected, given.length)
  }
  const isKnown = names.every((name) => name !== undefined && expected.includes(name))
  if (!isKnown) return { code: '132012', details: `body: the parameters are named ${expected.join(', ')}` }
  return countProblem('body', expected.length, given.length)
}

function headerProblem({ header, headerParameters }: StoredTemplate, components: Components): MetaError | undefined {
  const given = components.find((part) => part.type === 'header')?.parameters[0]
  const expected = header === 'NONE' ? 0 : header === 'TEXT' ? headerParameters : 1
  const format = given?.type.toUpperCase() ?? header
  if (given !== undefined && expected === 1 && format !== header)
    return { code: '132012', details: `header: Format mismatch, expected ${header}, received ${format}` }
  return countProblem('header', expected, given === undefined ? 0 : 1)
}

function countProblem(part: string, expected: number, given: number): MetaError | undefined {
  if (given === expected) return undefined
  const details = `${part}: number of localizable_params (${given}) does not match the expected number of params (${expected})`
  return { code: '132000', details }
}

/** A definition that asks for as many values as the options say. */
function componentsOf({ header, headerParameters, bodyParameters, buttonParameters }: StoredTemplate): object[] {
  const names =
    typeof bodyParameters === 'number'
      ? Array.from({ length: bodyParameters }, (_, index) => String(index + 1))
      : bodyParameters
  const title = headerParameters === 0 ? 'News' : 'News for {{1}}'
  const url = (index: number) => ({ type: 'URL', text: `Open ${index}`, url: 'https://example.test/s/{{1}}' })
  return [
    ...(header === 'NONE' ? [] : [{ type: 'HEADER', format: header, ...(header === 'TEXT' && { text: title }) }]),
    { type: 'BODY', text: ['Hello', ...names.map((name) => `{{${name}}}`)].join(' ') },
    ...(buttonParameters === 0
      ? []
      : [{ type: 'BUTTONS', buttons: Array.from({ length: buttonParameters }, (_, index) => url(index)) }]),
  ]
}

function fieldsOf(template: StoredTemplate): Record<string, unknown> {
  const { id, name, language, status, category, definition, bodyParameters } = template
  return {
    id,
    name,
    language,
    status,
    category,
    parameter_format: definition?.parameter_format ?? (typeof bodyParameters === 'number' ? 'POSITIONAL' : 'NAMED'),
    components: definition?.components ?? componentsOf(template),
    quality_score: { score: 'UNKNOWN' },
    message_send_ttl_seconds: definition?.message_send_ttl_seconds,
  }
}

/** The named fields; the id always comes along. */
function selected(all: Record<string, unknown>, fields: string[]): Record<string, unknown> {
  return Object.fromEntries(
    ['id', ...fields].filter((field) => all[field] !== undefined).map((field) => [field, all[field]]),
  )
}

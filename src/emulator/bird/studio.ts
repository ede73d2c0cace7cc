// Templates as Studio keeps them: projects with versions; a version is in force once it was activated.
import { type Answer, type IdSource, jsonAnswer } from '../dialect.ts'
import { invalid, notFound, type Problems } from './errors.ts'
import { type BirdTemplate, birdDefaults } from './options.ts'
import { newId } from './people.ts'
import { type CreateMessage, project as projectSchema, readWith } from './requests.ts'

type Json = Record<string, unknown>
type Sent = NonNullable<CreateMessage['template']>

interface Project {
  id: string
  name: string
  versions: Required<Omit<BirdTemplate, 'projectId' | 'name'>>[]
}

export class Studio {
  readonly #ids: IdSource
  readonly #given: readonly BirdTemplate[] | undefined
  readonly #projects = new Map<string, Project>()

  constructor(given: readonly BirdTemplate[] | undefined, ids: IdSource) {
    this.#given = given
    this.#ids = ids
    this.reset()
  }

  reset(): void {
    this.#projects.clear()
    for (const template of this.#given ?? []) {
      const { projectId: id, name = id } = template
      const project = this.#projects.get(id) ?? { id, name, versions: [] }
      project.versions.push(versionOf(template, template.version ?? id))
      this.#projects.set(id, project)
    }
  }

  /** Why a message with this template is not taken; undefined when it is. */
  problemsOf({ projectId, version, locale, parameters = [] }: Sent): Problems | undefined {
    if (this.#given === undefined) return undefined
    const known = this.#projects.get(projectId)
    const found = known?.versions.find((one) =>
      version === 'latest' ? one.status === 'active' : one.version === version,
    )
    if (known === undefined || found === undefined) return { 'template.projectId': ['names no active template'] }
    if (found.status !== 'active') return { 'template.version': [`is ${found.status}`] }
    if (!found.locales.includes(locale)) return { 'template.locale': ['the template has no such language'] }
    const keys = parameters.map(({ key }) => key)
    const missing = found.variables.filter((key) => !keys.includes(key))
    const extra = keys.filter((key) => !found.variables.includes(key))
    if (missing.length === 0 && extra.length === 0) return undefined
    return { 'template.parameters': [...missing.map((key) => `${key} is missing`), ...extra.map((key) => `no ${key}`)] }
  }

  list(query: URLSearchParams): Answer {
    return page([...this.#projects.values()].map(projectObject), query)
  }

  create(value: unknown): Answer {
    const reading = readWith(projectSchema, value)
    if (!reading.isValid) return invalid(reading.problems)
    const id = newId(this.#ids)
    const project = { id, name: reading.value.name ?? id, versions: [] }
    this.#projects.set(id, project)
    return jsonAnswer(201, projectObject(project))
  }

  delete(projectId: string): Answer {
    return this.#projects.delete(projectId) ? { status: 204, headers: {}, body: '' } : notFound('project')
  }

  versions(projectId: string, query: URLSearchParams): Answer {
    const project = this.#projects.get(projectId)
    return project === undefined
      ? notFound('project')
      : page(
          project.versions.map((version) => versionObject(project, version)),
          query,
        )
  }

  createVersion(projectId: string, value: unknown): Answer {
    const project = this.#projects.get(projectId)
    if (project === undefined) return notFound('project')
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return invalid({ body: ['is no object'] })
    const { defaultLocale, variables, deployments, platformContent } = value as Json
    if (typeof defaultLocale !== 'string') return invalid({ defaultLocale: ['is required'] })
    const version = versionOf(
      {
        projectId,
        status: 'draft',
        locales: [defaultLocale],
        variables: rows(variables).map(({ key }) => String(key)),
        category: String(rows(deployments).find(({ key }) => key === 'whatsappCategory')?.value ?? 'MARKETING'),
        platformContent: rows(platformContent),
      },
      newId(this.#ids),
    )
    project.versions.push(version)
    return jsonAnswer(201, versionObject(project, version))
  }

  activate(projectId: string, versionId: string): Answer {
    const project = this.#projects.get(projectId)
    const version = project?.versions.find((one) => one.version === versionId)
    if (project === undefined || version === undefined) return notFound('template')
    version.status = 'active'
    return jsonAnswer(200, versionObject(project, version))
  }
}

function versionOf(template: BirdTemplate, id: string): Project['versions'][number] {
  const { status = 'active', locales = [birdDefaults.locale], variables = [], category = 'MARKETING' } = template
  const { platformContent = [] } = template
  return { version: id, status, locales, variables, category, platformContent }
}

function rows(value: unknown): Json[] {
  return Array.isArray(value) ? (value as Json[]) : []
}

function projectObject({ id, name }: Project): Json {
  return { id, name, type: 'channelTemplate', supportedPlatforms: ['whatsapp'] }
}

function versionObject(project: Project, version: Project['versions'][number]): Json {
  return {
    id: version.version,
    projectId: project.id,
    status: version.status,
    defaultLocale: version.locales[0],
    localeStatuses: Object.fromEntries(version.locales.map((locale) => [locale, version.status])),
    deployments: [{ key: 'whatsappCategory', platform: 'whatsapp', value: version.category }],
    variables: version.variables.map((key) => ({ key, type: 'string' })),
    platformContent: version.platformContent,
  }
}

/** Pages of at most a hundred. */
function page(all: Json[], query: URLSearchParams): Answer {
  const limit = Number(query.get('limit') ?? 10)
  if (!Number.isInteger(limit) || limit < 1 || limit > 100) return invalid({ limit: ['is not from 1 to 100'] })
  const start = Number(query.get('pageToken') ?? 0)
  const isMore = start + limit < all.length
  return jsonAnswer(200, {
    results: all.slice(start, start + limit),
    ...(isMore && { nextPageToken: String(start + limit) }),
  })
}

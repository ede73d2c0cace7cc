// Templates at Bird: projects of Studio with versions. A project's id is what a campaign names; its values have names.
import type { ProviderTemplate, TemplateShape, TemplateStatus, TemplateText } from '../../domain/template.ts'
import type { AccountAnswer, TemplateCalls } from '../provider.ts'
import { arrayOf, objectOf, textOf } from '../webhook-parts.ts'
import type { BirdApi } from './api.ts'

type Json = Record<string, unknown>

/** Largest page of the Touchpoints API, and as many of them as are read. */
const PAGE = 100
const PAGES_MAX = 50
/** The kind of project that holds message templates. */
const PROJECT_TYPE = 'channelTemplate'

export function templateCalls(api: BirdApi): TemplateCalls {
  return {
    list: () => listTemplates(api),
    create: (definition) => createTemplate(api, definition),
    delete: (name) => deleteProject(api, name),
  }
}

async function listTemplates(api: BirdApi): Promise<AccountAnswer<ProviderTemplate[]>> {
  const projects = await listAll(api, `${api.workspacePath}/projects`)
  if (!projects.ok) return projects
  const templates: ProviderTemplate[] = []
  for (const project of projects.value) {
    const id = textOf(project.id)
    if (id === null || (project.type !== undefined && project.type !== PROJECT_TYPE)) continue
    const versions = await listAll(api, `${projectPath(api, id)}/channel-templates`)
    if (!versions.ok) return versions
    templates.push(...templatesOf(project, versions.value))
  }
  return { ok: true, value: templates }
}

async function listAll(api: BirdApi, path: string): Promise<AccountAnswer<Json[]>> {
  const rows: Json[] = []
  let pageToken: string | null = null
  for (let page = 0; page < PAGES_MAX; page++) {
    const query = new URLSearchParams({ limit: String(PAGE) })
    if (pageToken !== null) query.set('pageToken', pageToken)
    const answer = await api.ask({ method: 'GET', path: `${path}?${query}` })
    if (!answer.ok) return answer
    rows.push(...arrayOf(answer.value.results).map(objectOf))
    pageToken = textOf(answer.value.nextPageToken)
    if (pageToken === null || pageToken === '') break
  }
  return { ok: true, value: rows }
}

function projectPath(api: BirdApi, projectId: string): string {
  return `${api.workspacePath}/projects/${encodeURIComponent(projectId)}`
}

/** One for each language: the version that is in force, else the first that Bird names. */
function templatesOf(project: Json, versions: Json[]): ProviderTemplate[] {
  const byLanguage = new Map<string, ProviderTemplate>()
  for (const version of versions)
    for (const template of languagesOf(project, version)) {
      const known = byLanguage.get(template.language)
      if (known === undefined || (known.status !== 'approved' && template.status === 'approved'))
        byLanguage.set(template.language, template)
    }
  return [...byLanguage.values()]
}

const statusWords: Record<string, TemplateStatus> = {
  active: 'approved',
  approved: 'approved',
  draft: 'pending',
  pending: 'pending',
  rejected: 'rejected',
  paused: 'paused',
  inactive: 'disabled',
  disabled: 'disabled',
}

function languagesOf(project: Json, version: Json): ProviderTemplate[] {
  const whole = textOf(version.status) ?? ''
  const named = Object.entries(objectOf(version.localeStatuses))
  const languages = named.length > 0 ? named : [[textOf(version.defaultLocale) ?? '', whole]]
  const name = textOf(project.id) ?? ''
  return languages.map(([language, word]) => ({
    name,
    title: textOf(project.name) ?? name,
    language: String(language),
    // The version as a whole may be switched off while a language of it is still approved.
    status: statusOf(whole === 'inactive' ? whole : (textOf(word) ?? whole)),
    statusDetail: textOf(word) ?? whole,
    category: categoryOf(version),
    namespace: textOf(version.id),
    shape: shapeOf(version),
    text: templateTextOf(version, String(language)),
  }))
}

function statusOf(word: string): TemplateStatus {
  return statusWords[word.toLowerCase()] ?? 'unknown'
}

function categoryOf(version: Json): string | null {
  const deployments = arrayOf(version.deployments).map(objectOf)
  return textOf(deployments.find(({ key }) => key === 'whatsappCategory')?.value)
}

/** Only texts can be given by a campaign; header files and ends of links are texts too. */
function shapeOf(version: Json): TemplateShape | null {
  if (!Array.isArray(version.variables)) return null
  const keys = version.variables.map(objectOf).flatMap(({ key, type }) => {
    const name = textOf(key)
    return name !== null && (type === undefined || type === 'string') ? [name] : []
  })
  return { header: null, body: keys, isNamed: true, buttons: [], cards: [] }
}

/** What people read: the blocks for WhatsApp in a language, else in the language of the template; null for none. */
function templateTextOf(version: Json, language: string): TemplateText | null {
  const contents = arrayOf(version.platformContent)
    .map(objectOf)
    .filter(({ platform }) => platform === undefined || platform === 'whatsapp')
  const content = [language, version.defaultLocale].flatMap((locale) =>
    contents.filter((one) => one.locale === locale),
  )[0]
  const blocks = arrayOf(content?.blocks).map(objectOf)
  if (blocks.length === 0) return null
  const find = (role: string) => blocks.find((block) => block.role === role)
  const text = (block: Json | undefined) => textOf(objectOf(block?.text).text)
  return {
    header: headerOf(find('header')),
    body: text(find('body')),
    footer: text(find('footer')),
    buttons: blocks.flatMap((block) => buttonOf(block) ?? []).map((button, index) => ({ ...button, index })),
    cards: [],
  }
}

function headerOf(block: Json | undefined): TemplateText['header'] {
  if (block === undefined) return null
  if (block.type === 'text') return { type: 'text', text: textOf(objectOf(block.text).text) ?? '' }
  const { mediaUrl, contentType } = objectOf(block[textOf(block.type) ?? ''])
  const kind = block.type === 'image' ? 'image' : /^video\//.test(textOf(contentType) ?? '') ? 'video' : 'document'
  return { type: block.type === 'video' ? 'video' : kind, text: textOf(mediaUrl) }
}

/** A block of an action, `link-action` with its `linkAction`; undefined for every other block. */
function buttonOf(block: Json): { title: string; url: string | null } | undefined {
  const type = textOf(block.type) ?? ''
  if (!type.endsWith('-action')) return undefined
  const action = objectOf(block[type.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase())])
  return { title: textOf(action.text) ?? '', url: textOf(action.url) }
}

/** Project, version, submission: three calls. `definition` is `{name, description?, template: {…}}` in Bird's words. */
async function createTemplate(
  api: BirdApi,
  definition: Record<string, unknown>,
): Promise<AccountAnswer<{ name: string; status: string }>> {
  const { name, description, template } = definition
  const project = await api.ask({
    method: 'POST',
    path: `${api.workspacePath}/projects`,
    body: { name, ...(description !== undefined && { description }), type: PROJECT_TYPE },
  })
  if (!project.ok) return project
  const projectId = textOf(project.value.id)
  if (projectId === null) return nameless('the project')
  const submitted = await submitVersion(api, projectId, objectOf(template))
  if (submitted.ok) return submitted
  // A project without a submitted template is in everyone's way: the next submission makes its own.
  const removed = await deleteProject(api, projectId)
  if (removed.ok) return submitted
  const advice = `${submitted.error.advice} Delete the project ${projectId} in Studio: Herald could not.`
  return { ok: false, error: { ...submitted.error, advice } }
}

async function submitVersion(
  api: BirdApi,
  projectId: string,
  template: Json,
): Promise<AccountAnswer<{ name: string; status: string }>> {
  const path = `${projectPath(api, projectId)}/channel-templates`
  const version = await api.ask({ method: 'POST', path, body: template })
  if (!version.ok) return version
  const versionId = textOf(version.value.id)
  if (versionId === null) return nameless('the template')
  const submitted = await api.ask({
    method: 'PUT',
    path: `${path}/${encodeURIComponent(versionId)}/activate`,
    body: {},
  })
  if (!submitted.ok) return submitted
  return { ok: true, value: { name: projectId, status: textOf(submitted.value.status) ?? 'pending' } }
}

/** With every version and language of it. */
async function deleteProject(api: BirdApi, projectId: string): Promise<AccountAnswer<{ name: string }>> {
  const answer = await api.ask({ method: 'DELETE', path: projectPath(api, projectId) })
  return answer.ok ? { ok: true, value: { name: projectId } } : answer
}

function nameless(what: string): AccountAnswer<never> {
  const advice = 'Look into Studio whether it was made.'
  return { ok: false, error: { code: 'no_id', text: `Bird made ${what} without naming it`, advice, httpStatus: null } }
}

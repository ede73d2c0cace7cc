// The editor's form and the campaign's definition, one made of the other. A field is named by the JSON pointer of what
// it sets, so that a problem finds its field and nothing is typed twice; rows that stay empty count for nothing.
import type { CampaignDefinition } from '../domain/campaign.ts'
import type { TemplateContent } from '../domain/content.ts'
import { AppError, type Problem } from '../domain/errors.ts'
import { type DayEdge, formatLocal, parseWrittenTime, resolveWrittenTime } from '../domain/instant.ts'
import { decimalIn } from '../domain/number-text.ts'
import { localTime } from '../domain/time-zone.ts'
import { cronOfHelper, helperOfCron } from './cron-helper.ts'
import { FILTER_ROOT, filterForm, readFilterForm } from './filter-form.ts'
import type { Form } from './page.ts'

const booleans = /\/(?:previewUrl|optOut|trackLinks|oncePerContact)$/
const numbers = /\/(?:index|ratePerSecond|priority|maxRuns|latitude|longitude)$/

export interface Reading {
  definition: Record<string, unknown>
  /** The name of the field that a pointer speaks of; empty rows have shifted those behind them. */
  fieldOf(problem: Problem): string | undefined
}

type Value = string | Value[] | { [key: string]: Value }

/** What a form says, as a definition that may still be wrong; `timeZone` is the one in which a new schedule begins. */
export function readCampaignForm(form: Form, timeZone?: string): Reading {
  const moved = new Map<string, string>()
  const definition: Record<string, unknown> = {}
  for (const key of [
    'name',
    'useCase',
    'sender',
    'delivery',
    'priority',
    'session',
    'missingVariable',
    'oncePerContact',
  ])
    put(definition, key, scalarOf(`/${key}`, form[`/${key}`] ?? ''))
  const tags = splitTexts(form['/tags'], ',')
  if (tags.length > 0) definition.tags = tags
  const filter = readFilterForm(form, '/audience/filter', moved)
  definition.audience = {
    lists: splitTexts(form['/audience/lists'], '\n'),
    ...(splitTexts(form['/audience/exclude'], '\n').length > 0 && {
      exclude: splitTexts(form['/audience/exclude'], '\n'),
    }),
    ...(filter !== undefined && { filter }),
  }
  definition.content = readContentForm(form, moved)
  put(definition, 'schedule', readScheduleForm(form, timeZone))
  put(definition, 'limits', readLimitsForm(form))
  return { definition, fieldOf: (problem) => fieldOfProblem(problem, form, moved) }
}

function put(target: Record<string, unknown>, key: string, value: unknown): void {
  if (value !== undefined && value !== '') target[key] = value
}

function splitTexts(text: string | undefined, separator: string): string[] {
  return (text ?? '')
    .split(separator)
    .map((part) => part.trim())
    .filter((part) => part !== '')
}

/** A typed text as the value that the schema asks at its place; what is no number stays a text and is refused by name. */
function scalarOf(pointer: string, text: string): string | number | boolean | undefined {
  if (booleans.test(pointer)) return text === 'yes' ? true : undefined
  if (numbers.test(pointer)) return decimalIn(text.trim()) ?? (text === '' ? undefined : text)
  return text === '' ? undefined : text
}

function fieldOfProblem({ pointer }: Problem, form: Form, moved: Map<string, string>): string | undefined {
  if (pointer.startsWith('/audience/filter')) return filterFieldOf(pointer, moved)
  if (pointer.startsWith('/audience/lists') || pointer === '/audience') return '/audience/lists'
  if (pointer.startsWith('/audience/exclude')) return '/audience/exclude'
  if (pointer.startsWith('/tags')) return '/tags'
  if (pointer.startsWith('/schedule')) return scheduleFieldOf(pointer, form)
  return moved.get(pointer) ?? pointer
}

/** The field with which the form asks for a part of a schedule. */
function scheduleFieldOf(pointer: string, form: Form): string {
  const kind = form['schedule/kind']
  if (pointer === '/schedule') return 'schedule/kind'
  if (pointer === '/schedule/fallbackTimeZone') return '/schedule/timeZone'
  if (pointer !== '/schedule/cron' || kind === 'cron') return pointer
  return kind === 'monthly' ? 'schedule/day' : 'schedule/time'
}

/** The field of the smallest part of a filter that holds a pointer. */
function filterFieldOf(pointer: string, moved: Map<string, string>): string {
  for (let at = pointer; at.length > 0; at = at.slice(0, at.lastIndexOf('/'))) {
    const field = moved.get(at)
    if (field !== undefined) return field
  }
  return `${FILTER_ROOT}/match`
}

// Content: every field below /content, brought into objects and lists by its pointer.

export function readContentForm(form: Form, moved = new Map<string, string>()): Record<string, unknown> {
  const root: { [key: string]: Value } = Object.create(null)
  for (const [name, text] of Object.entries(form)) {
    if (!name.startsWith('/content/') || text === '') continue
    place(root, name.slice('/content/'.length).split('/').map(unescapePart), text)
  }
  const [picked, language] = (form['template/pick'] ?? '').split('\t')
  if (root.type === 'template' && picked && language) Object.assign(root, { template: picked, language })
  if (root.type === 'template') leaveOutPayloads(root)
  const content = compact(root, '/content', '/content', moved)
  return (content ?? {}) as Record<string, unknown>
}

/** A quick reply goes without what its answer carries, a catalogue without a product; the form knows its place all the same. */
function leaveOutPayloads(part: { [key: string]: Value }): void {
  const { buttons = {}, cards = {} } = part
  for (const [place, button] of Object.entries(buttons)) {
    if (typeof button !== 'object' || !('type' in button) || button.value) continue
    if (button.type !== 'quickReply' && button.type !== 'catalog') continue
    // A tap that is an opt-out has to carry something that says so.
    if (button.optOut === 'yes') button.value = 'optout'
    else delete (buttons as { [key: string]: Value })[place]
  }
  if (Object.keys(buttons).length === 0) delete part.buttons
  for (const card of Object.values(cards))
    if (typeof card === 'object') leaveOutPayloads(card as { [key: string]: Value })
}

function unescapePart(part: string): string {
  return part.replaceAll('~1', '/').replaceAll('~0', '~')
}

/** Deep enough for every content, and no deeper. */
const DEPTH_MAX = 8

function place(root: { [key: string]: Value }, path: string[], text: string): void {
  let node: { [key: string]: Value } = root
  for (const part of path.slice(0, -1).slice(0, DEPTH_MAX)) {
    const next = Object.hasOwn(node, part) ? node[part] : undefined
    const child = typeof next === 'object' && !Array.isArray(next) ? next : Object.create(null)
    node[part] = child
    node = child
  }
  node[path.at(-1) ?? ''] = text
}

/** Objects whose keys are numbers become lists without gaps; `moved` remembers where each part came from. */
function compact(value: Value, pointer: string, from: string, moved: Map<string, string>): unknown {
  moved.set(pointer, from)
  if (typeof value === 'string') return scalarOf(pointer, value)
  const entries = Object.entries(value)
  const isList = entries.length > 0 && entries.every(([key]) => /^\d+$/.test(key))
  if (isList)
    return entries
      .sort(([a], [b]) => Number(a) - Number(b))
      .map(([key, part], index) => compact(part, `${pointer}/${index}`, `${from}/${key}`, moved))
  const named = withId(Object.fromEntries(entries), pointer)
  const object: Record<string, unknown> = Object.create(null)
  for (const [key, part] of Object.entries(named)) {
    const step = key.replaceAll('~', '~0').replaceAll('/', '~1')
    put(object, key, compact(part, `${pointer}/${step}`, `${from}/${step}`, moved))
  }
  return object
}

/** Replies are told apart by an id that nobody sees: the title does where none was typed. A text has none. */
function withId(part: { [key: string]: Value }, pointer: string): { [key: string]: Value } {
  const { asText, id: _id, ...textOnly } = part
  if (asText === 'yes') return textOnly
  const isReply = /\/(?:buttons|rows)\/\d+$/.test(pointer) && typeof part.title === 'string'
  return isReply && part.id === undefined && part.url === undefined ? { ...part, id: part.title ?? '' } : part
}

// Schedule and limits.

export function readScheduleForm(form: Form, defaultZone?: string): Record<string, unknown> | undefined {
  const kind = form['schedule/kind'] ?? 'launch'
  if (kind === 'launch') return undefined
  const schedule: Record<string, unknown> = {}
  const take = (...keys: string[]) => {
    for (const key of keys) put(schedule, key, scalarOf(`/schedule/${key}`, form[`/schedule/${key}`] ?? ''))
  }
  // What the kind needs is there although it is empty: without it the campaign would start at once.
  if (kind === 'once') schedule.at = form['/schedule/at'] ?? ''
  else if (kind === 'every') {
    schedule.every = form['/schedule/every'] ?? ''
    take('from')
  } else schedule.cron = kind === 'cron' ? (form['/schedule/cron'] ?? '') : cronOfHelper(kind, form)
  if (kind !== 'once') take('until', 'maxRuns', 'overlap')
  take('missed', 'catchUp')
  if (form['schedule/recipient'] === 'yes') {
    schedule.timeZone = 'recipient'
    take('zonePassed')
  }
  const key = schedule.timeZone === 'recipient' ? 'fallbackTimeZone' : 'timeZone'
  // A field that was emptied stays empty, and is refused by name: no zone is meant by it.
  const zone = form['/schedule/timeZone'] ?? defaultZone
  if (zone !== undefined) schedule[key] = zone.trim()
  return schedule
}

function readLimitsForm(form: Form): Record<string, unknown> | undefined {
  const limits: Record<string, unknown> = {}
  for (const key of ['validity', 'validUntilField', 'ratePerSecond', 'frequencyCap', 'pauseWhenFailed'])
    put(limits, key, scalarOf(`/limits/${key}`, form[`/limits/${key}`] ?? ''))
  const quiet = form['/limits/quietHours']
  if (quiet === 'own')
    limits.quietHours = {
      from: form['/limits/quietHours/from'] ?? '',
      to: form['/limits/quietHours/to'] ?? '',
      ...(form['/limits/quietHours/action'] && { action: form['/limits/quietHours/action'] }),
      ...(splitTexts(form['/limits/quietHours/allDay'], '\n').length > 0 && {
        allDay: splitTexts(form['/limits/quietHours/allDay'], '\n'),
      }),
    }
  else put(limits, 'quietHours', quiet)
  return Object.keys(limits).length === 0 ? undefined : limits
}

/** The fields of a definition: what an editor begins with; `timeZone` is the one of the installation. */
export function formOfDefinition(definition: CampaignDefinition, timeZone = 'UTC'): Record<string, string> {
  const { audience, content, schedule, limits, tags, ...rest } = definition
  const form: Record<string, string> = {}
  flatten(rest, '', form)
  flatten(placed(content), '/content', form)
  form['/audience/lists'] = audience.lists.join('\n')
  form['/audience/exclude'] = (audience.exclude ?? []).join('\n')
  form['/tags'] = (tags ?? []).join(', ')
  if (audience.filter !== undefined) Object.assign(form, filterForm(audience.filter))
  Object.assign(form, scheduleForm(schedule, timeZone))
  const { quietHours, ...others } = limits ?? {}
  flatten(others, '/limits', form)
  if (typeof quietHours === 'object') {
    flatten({ ...quietHours, allDay: (quietHours.allDay ?? []).join('\n') }, '/limits/quietHours', form)
    form['/limits/quietHours'] = 'own'
  } else if (quietHours !== undefined) form['/limits/quietHours'] = quietHours
  return form
}

/** Buttons of a template stand where the template has them, also when those before take no value. */
function placed(content: CampaignDefinition['content']): unknown {
  if (content.type === 'buttons')
    return { ...content, buttons: content.buttons.map((button) => ({ ...button, asText: button.id === undefined })) }
  if (content.type !== 'template') return content
  return {
    ...content,
    ...placedButtons(content),
    cards: content.cards?.map((card) => ({ ...card, ...placedButtons(card) })),
  }
}

function placedButtons({ buttons = [] }: Pick<TemplateContent, 'buttons'>): { buttons: unknown } {
  const places = new Set(buttons.map(({ index }) => index))
  if (places.size < buttons.length) return { buttons }
  return { buttons: Object.fromEntries(buttons.map((button) => [button.index, button])) }
}

function flatten(value: unknown, pointer: string, form: Record<string, string>): void {
  if (typeof value === 'object' && value !== null)
    for (const [key, part] of Object.entries(value))
      flatten(part, `${pointer}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`, form)
  else if (value !== undefined && value !== null)
    form[pointer] = value === true ? 'yes' : value === false ? '' : String(value)
}

/** A time as the fields of browsers hold it: on the clock of a zone, without an offset. The end of a day stays its end. */
function wallTime(text: string, zone: string, edge: DayEdge): string {
  try {
    const { local, hasTime, at } = parseWrittenTime(text)
    if (at === undefined && (hasTime || edge === 'start')) return formatLocal(local)
    return formatLocal(localTime(zone, resolveWrittenTime(text, zone, edge).at))
  } catch (error) {
    if (error instanceof AppError) return text
    throw error
  }
}

function scheduleForm(schedule: CampaignDefinition['schedule'], timeZone: string): Record<string, string> {
  if (schedule === undefined) return { 'schedule/kind': 'launch' }
  const form: Record<string, string> = {}
  flatten(schedule, '/schedule', form)
  const zone = schedule.timeZone === undefined || schedule.timeZone === 'recipient' ? timeZone : schedule.timeZone
  for (const key of ['at', 'from', 'until'] as const) {
    const text = schedule[key]
    if (text !== undefined) form[`/schedule/${key}`] = wallTime(text, zone, key === 'until' ? 'end' : 'start')
  }
  if (schedule.timeZone === 'recipient') {
    form['schedule/recipient'] = 'yes'
    form['/schedule/timeZone'] = schedule.fallbackTimeZone ?? timeZone
  } else form['/schedule/timeZone'] = zone
  if (schedule.cron !== undefined) return { ...form, ...helperOfCron(schedule.cron) }
  const kind = schedule.at !== undefined ? 'once' : schedule.every !== undefined ? 'every' : 'launch'
  return { ...form, 'schedule/kind': kind }
}

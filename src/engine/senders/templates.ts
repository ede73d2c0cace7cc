// Templates of a sender's account: asked of the provider, kept, and held against what campaigns want to send.

import type { Content } from '../../domain/content.ts'
import { AppError } from '../../domain/errors.ts'
import { formatInstant } from '../../domain/instant.ts'
import { checkTemplate, type KnownTemplates, type ProviderTemplate, templateStatuses } from '../../domain/template.ts'
import { DAY_MS, HOUR_MS } from '../../domain/time-zone.ts'
import type { TemplateCalls } from '../../providers/provider.ts'
import { getProvider } from '../../providers/registry.ts'
import type { ReadTx, WriteTx } from '../../store/database.ts'
import { getSender, listSenders, type Sender, updateSender } from '../../store/senders.ts'
import {
  deleteTemplate,
  listTemplates,
  listTemplatesInUse,
  noteTemplateSync,
  putTemplate,
  type TemplateRow,
} from '../../store/templates.ts'
import type { Context } from '../context.ts'
import { doDuty, type Writer } from '../duties/duty.ts'
import { cannot, takeValue } from './provider-answer.ts'
import type { ConnectedSender, SenderConnections } from './sender-connections.ts'

export interface TemplateSync {
  sender: string
  templates: number
  added: number
  changed: number
  removed: number
  syncedAt: string
}

/**
 * Asks the provider of one sender, or those of all senders that can tell. Throws AppError provider.* that names the first
 * sender whose provider did not tell; what the others told is kept.
 */
export async function syncTemplates(
  ctx: Context,
  connections: SenderConnections,
  senderName?: string,
): Promise<TemplateSync[]> {
  const senders = await ctx.db.read(async (tx) =>
    senderName === undefined ? (await listSenders(tx)).filter(canTell) : [await getSender(tx, senderName)],
  )
  const results: TemplateSync[] = []
  let failure: AppError | undefined
  for (const { id, name } of senders) {
    try {
      results.push(await syncSender(ctx, await connections.get(id)))
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      failure ??= ofSender(name, error)
    }
  }
  if (failure !== undefined) throw failure
  return results
}

function ofSender(name: string, { code, message, hint, details }: AppError): AppError {
  return new AppError(code, `sender "${name}": ${message}`, { ...(hint && { hint }), ...(details && { details }) })
}

function canTell({ provider, credentials }: Sender): boolean {
  const { templates } = getProvider(provider, credentials).capabilities
  return templates.includes('list') || templates.includes('find')
}

async function syncSender(ctx: Context, connected: ConnectedSender, writer: Writer = ctx.db): Promise<TemplateSync> {
  const { sender, provider } = connected
  const told = await askFor(ctx, connected)
  return writer.write(async (tx) => {
    const now = await tx.now()
    await learnSettings(tx, sender.id, provider.settingsFrom?.(told) ?? {})
    const before = await listTemplates(tx, sender.id)
    const gone = before.filter((row) => !told.some((template) => isSame(template, row)) && !isAwaited(row, told, now))
    for (const row of gone) await deleteTemplate(tx, sender.id, row.name, row.language)
    for (const template of told) {
      const row = before.find((one) => isSame(template, one))
      if (row === undefined || isChanged(template, row)) await putTemplate(tx, sender.id, template, now)
    }
    await noteTemplateSync(tx, sender.id, now)
    const known = told.flatMap((template) => before.find((row) => isSame(template, row)) ?? [])
    return {
      sender: sender.name,
      templates: told.length,
      added: told.length - known.length,
      changed: told.filter((template) => known.some((row) => isSame(template, row) && isChanged(template, row))).length,
      removed: gone.length,
      syncedAt: formatInstant(now),
    }
  })
}

/** What the sender leaves open is set to what its templates tell; what the operator set stays. */
async function learnSettings(tx: WriteTx, senderId: number, told: Readonly<Record<string, string>>): Promise<void> {
  const { credentials } = await getSender(tx, senderId)
  const learned = Object.entries(told).filter(([key]) => (credentials[key] ?? '') === '')
  if (learned.length > 0)
    await updateSender(tx, senderId, { credentials: { ...credentials, ...Object.fromEntries(learned) } })
}

interface TemplateKey {
  name: string
  language: string
}

function isSame(a: TemplateKey, b: TemplateKey): boolean {
  return a.name === b.name && a.language === b.language
}

function isChanged(template: ProviderTemplate, row: TemplateRow): boolean {
  const facts = (one: ProviderTemplate | TemplateRow) => {
    const { title, status, statusDetail, category, namespace, quality = null, shape, text = null } = one
    return JSON.stringify([title, status, statusDetail, category, namespace, quality, shape, text])
  }
  return facts(template) !== facts(row)
}

/** All templates where the provider lists them, else those that campaigns name or that were known before. */
async function askFor(ctx: Context, { sender, provider, driver }: ConnectedSender): Promise<ProviderTemplate[]> {
  const calls: TemplateCalls = driver.templates ?? {}
  if (calls.list !== undefined) return takeValue(await calls.list(), provider)
  if (calls.find === undefined) throw cannot(provider, 'tell of its templates')
  const known = await ctx.db.read(async (tx) => [
    ...(await listTemplatesInUse(tx, sender.id)),
    ...(await listTemplates(tx, sender.id)),
  ])
  const told: ProviderTemplate[] = []
  for (const name of new Set(known.map((template) => template.name))) {
    const languages = new Set(known.flatMap((template) => (template.name === name ? [template.language] : [])))
    told.push(...takeValue(await calls.find(name, [...languages]), provider))
  }
  return told
}

/**
 * Submits a definition in the provider's own words. What was submitted is known at once; then the provider is asked what it
 * makes of it. Throws AppError provider.*, template.not_usable.
 */
export async function createTemplate(
  ctx: Context,
  connections: SenderConnections,
  { sender: senderName, definition }: { sender: string; definition: unknown },
): Promise<{ sender: string; name: string; status: string }> {
  const connected = await connections.getByName(senderName)
  const { sender, provider, driver } = connected
  if (driver.templates?.create === undefined) throw cannot(provider, 'create templates')
  if (typeof definition !== 'object' || definition === null || Array.isArray(definition))
    throw new AppError('template.not_usable', 'a template is an object in the words of the provider', {
      hint: `See docs/providers/${provider.name}.md.`,
    })
  const asked = definition as Record<string, unknown>
  const created = takeValue(await driver.templates.create(asked), provider)
  await ctx.db.write(async (tx) => putTemplate(tx, sender.id, submittedTemplate(asked, created), await tx.now()))
  try {
    await syncSender(ctx, connected)
  } catch (error) {
    // It is asked again within the hour.
    if (!(error instanceof AppError)) throw error
  }
  return { sender: sender.name, ...created }
}

/** Said of a template that its provider has not listed yet. */
const AS_SUBMITTED = ', as submitted'

/** What is known of a template before its provider tells of it. */
function submittedTemplate(
  asked: Record<string, unknown>,
  { name, status }: { name: string; status: string },
): ProviderTemplate {
  const text = (key: string) => (typeof asked[key] === 'string' ? String(asked[key]) : undefined)
  return {
    name,
    title: text('name') ?? name,
    language: text('language') ?? '',
    status: templateStatuses.find((known) => known === status) ?? 'pending',
    statusDetail: `${status}${AS_SUBMITTED}`,
    category: text('category') ?? null,
    namespace: null,
    shape: null,
  }
}

/** A provider may take its time until it lists what it was given. */
const LISTED_WITHIN_MS = DAY_MS

function isAwaited(row: TemplateRow, told: readonly ProviderTemplate[], now: number): boolean {
  const isNew = row.statusDetail.endsWith(AS_SUBMITTED) && row.updatedAt > now - LISTED_WITHIN_MS
  return isNew && !told.some(({ name }) => name === row.name)
}

/** How old what is known of templates may become. */
const ASKED_EVERY_MS = HOUR_MS

/** Senders whose providers are to be asked: never asked yet, or not within the last hour. */
export async function listSendersToAsk(ctx: Context): Promise<number[]> {
  const before = ctx.clock.now() - ASKED_EVERY_MS
  const senders = await ctx.db.read(listSenders)
  return senders
    .filter((sender) => sender.status === 'active' && canTell(sender))
    .filter(({ templatesSyncedAt }) => templatesSyncedAt === null || templatesSyncedAt <= before)
    .map(({ id }) => id)
}

/** One node at a time. Throws AppError provider.*. */
export async function askForTemplates(ctx: Context, connections: SenderConnections, senderId: number): Promise<void> {
  await doDuty(ctx, { work: 'templates', subjectId: senderId }, async (duty) => {
    await syncSender(ctx, await connections.get(senderId), duty)
    return { isDone: true, value: true }
  })
}

/** Deletes every language of a template at the provider and here. Throws AppError provider.*. */
export async function removeTemplate(
  ctx: Context,
  connections: SenderConnections,
  which: { sender: string; name: string },
): Promise<{ sender: string; name: string }> {
  const { sender, provider, driver } = await connections.getByName(which.sender)
  if (driver.templates?.delete === undefined) throw cannot(provider, 'delete templates')
  const { name } = takeValue(await driver.templates.delete(which.name), provider)
  await ctx.db.write((tx) => deleteTemplate(tx, sender.id, which.name))
  return { sender: sender.name, name }
}

/** Warnings before a launch; throws AppError template.* for a template that the provider would refuse. */
export async function checkTemplateOf(tx: ReadTx, sender: Sender, content: Content): Promise<string[]> {
  if (content.type !== 'template') return []
  const known = await knownTemplates(tx, sender)
  if (known === undefined) return []
  const warning = checkTemplate(content, known)
  return warning === undefined ? [] : [warning]
}

/** Undefined where the provider tells nothing and nobody told us. */
async function knownTemplates(tx: ReadTx, sender: Sender): Promise<KnownTemplates | undefined> {
  const { templates: calls } = getProvider(sender.provider, sender.credentials).capabilities
  const templates = await listTemplates(tx, sender.id)
  if (templates.length === 0 && !canTell(sender)) return undefined
  return {
    templates,
    // Of an account that lists none at all nothing can be said: stand-ins take every template.
    isComplete: sender.templatesSyncedAt !== null && calls.includes('list') && templates.length > 0,
    syncCommand: `herald templates sync "${sender.name}"`,
  }
}

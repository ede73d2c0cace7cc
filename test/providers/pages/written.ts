// What a driver really writes: every call that it makes, and the names of every field in them, for contents of every kind.
import type { Content } from '../../../src/domain/content.ts'
import { contentShape } from '../../../src/domain/content-shape.ts'
import { type Connected, connect, lookUpOf, outgoing, type ProviderSpec, pngFile, recipient } from '../connected.ts'

export interface Written {
  /** `METHOD path`, with * for ids. */
  calls: string[]
  keys: string[]
}

/** Sends each content, then makes every other call that the driver has. */
export async function writtenBy(spec: ProviderSpec, contents: readonly Content[]): Promise<Written> {
  const connected = await connect(spec)
  const { driver, emulator, settings } = connected
  // The person has written: a provider that can be asked about sessions then tells of an open one.
  await emulator.sendInbound({ dialect: spec.name as never, from: recipient, text: 'Hi' })
  await driver.send(outgoing({ assumesSession: false, respectsQuietHours: false }))
  const sent = []
  for (const content of contents)
    sent.push(await driver.send(outgoing({ content: contentShape('written').parse(content) })))
  const refused = sent.find(({ kind }) => kind !== 'accepted')
  if (refused !== undefined)
    throw new Error(`not accepted: ${JSON.stringify([refused, contents[sent.indexOf(refused)]])}`)
  const [first] = sent
  await makeOtherCalls(spec, connected, (first?.kind === 'accepted' ? first.trackingId : null) ?? '')
  const ids = Object.values(settings).filter((value) => typeof value === 'string')
  const requests = emulator.ledger.flatMap((entry) => (entry.kind === 'request' ? [entry] : []))
  const calls = requests.map(({ method, path }) => `${method} ${patternOf(path, ids)}`)
  return { calls: distinct(calls), keys: distinct(requests.flatMap(({ body }) => keysIn(parsed(body)))) }
}

async function makeOtherCalls(spec: ProviderSpec, { driver, emulator, webhookUrl }: Connected, trackingId: string) {
  await emulator.settled()
  for (const id of [trackingId, 'not-there', null]) await driver.lookUp?.(lookUpOf(id))
  await driver.checkAccount?.()
  await driver.setWebhook?.(webhookUrl)
  await driver.clearWebhook?.(webhookUrl)
  await driver.uploadMedia?.(pngFile)
  await driver.markRead?.('wamid.IN1')
  const { templates: calls } = driver
  const created = await calls?.create?.(spec.template?.definition ?? {})
  const name = spec.template?.name ?? (created?.ok ? created.value.name : 'spring_sale')
  await calls?.list?.()
  await calls?.find?.(name, ['en'])
  await calls?.delete?.(name)
}

/** Without the prefix of the dialect and the query; whatever names one thing is a star. */
function patternOf(path: string, ids: readonly string[]): string {
  const [plain = ''] = path.split('?')
  const named = (part: string) =>
    ids.includes(part) || /^[0-9a-f]{8}-|^wamid\.|^not-there$|^[0-9a-f]{16,}$|^order_shipped$/i.test(part)
  const parts = plain
    .split('/')
    .slice(2)
    .map((part) => (named(decodeURIComponent(part)) ? '*' : part))
  return `/${parts.join('/')}`
}

function parsed(body: string | null): unknown {
  try {
    return JSON.parse(body ?? '')
  } catch {
    return null
  }
}

function keysIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(keysIn)
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, part]) => [key, ...keysIn(part)])
}

function distinct(words: readonly string[]): string[] {
  return [...new Set(words)].sort()
}

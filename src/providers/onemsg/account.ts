// Calls about the channel: its state and costs, where its callbacks go, files that it keeps.
import type { AccountAnswer, AccountFact, MediaFile } from '../provider.ts'
import { arrayOf, objectOf, textOf } from '../webhook-parts.ts'
import { accountBody, type OneMsgApi } from './api.ts'
import { providerErrorOf } from './errors.ts'

/** Addresses that a channel calls at most. */
const WEBHOOKS_MAX = 5

/** State, costs and the Marketing Messages API. Only the state must be told; the rest is left out where it is not. */
export async function checkAccount(api: OneMsgApi, now: number): Promise<AccountAnswer<AccountFact[]>> {
  const status = accountBody(await api.get('status'), now)
  if (!status.ok) return status
  const month = new Date(now).toISOString().slice(0, 7).split('-').reverse().join('.')
  const costs = accountBody(await api.get('statistics', { date: month }), now)
  const extended = accountBody(await api.get('extendedStatistics'), now)
  const lite = accountBody(await api.get('mmLiteStatus'), now)
  const server = accountBody(await api.get('outputIP'), now)
  return {
    ok: true,
    value: [
      ...stateFacts(objectOf(status.value)),
      ...(costs.ok ? costFacts(objectOf(costs.value), month) : []),
      ...(extended.ok ? periodFacts(arrayOf(extended.value).map(objectOf)) : []),
      ...(lite.ok ? liteFacts(objectOf(lite.value)) : []),
      // Where callbacks come from, for those who let in known addresses only.
      ...(server.ok ? fact('callbacks come from', objectOf(server.value).result) : []),
    ],
  }
}

type Json = Record<string, unknown>

function fact(name: string, value: unknown, isProblem = false): AccountFact[] {
  const text = typeof value === 'boolean' ? (value ? 'yes' : 'no') : textOf(value)
  return text === null ? [] : [{ name, value: text, isProblem }]
}

function stateFacts(status: Json): AccountFact[] {
  const state = textOf(status.status)
  const works = state === 'connected' || state === 'connecting'
  return [
    ...fact('channel', state ?? 'not told', !works),
    ...fact('account', status.accountStatus),
    ...fact('marketing messages API offered', status.mm_lite_available),
  ]
}

function costFacts(statistics: Json, month: string): AccountFact[] {
  return fact(`cost of templates in ${textOf(statistics.date) ?? month}`, statistics.templates_cost)
}

/** The newest period. */
function periodFacts(periods: Json[]): AccountFact[] {
  const [last] = [...periods].sort((a, b) => String(b.period_date).localeCompare(String(a.period_date)))
  if (last === undefined) return []
  const period = String(last.period_date ?? '').slice(0, 10)
  return [
    ...fact(`conversations since ${period}`, last.quantity),
    ...fact(`of these paid since ${period}`, last.paid_quantity),
    ...fact(`total price since ${period}`, last.total_price),
  ]
}

function liteFacts(lite: Json): AccountFact[] {
  const said = [textOf(lite.status), textOf(lite.message)].filter((text) => text !== null && text !== '').join(': ')
  return fact('marketing messages API', said === '' ? lite.available : said)
}

/** Adds our address to those that the channel calls, because a new list replaces the old one, and asks for acks. */
export async function setWebhook(api: OneMsgApi, url: string, now: number): Promise<AccountAnswer<{ url: string }>> {
  const known = await readWebhooks(api, now)
  if (!known.ok) return known
  const urls = known.value.includes(url) ? known.value : [...known.value, url]
  if (urls.length > WEBHOOKS_MAX) return { ok: false, error: tooMany() }
  // Posted also when nothing changes: that is how an address which was given up is called again.
  const set = accountBody(await api.post('webhook', { webhookUrl: urls.length === 1 ? url : urls }), now)
  if (!set.ok) return set
  const settings = accountBody(await api.post('settings', { ackNotificationsOn: true }), now)
  return settings.ok ? { ok: true, value: { url } } : settings
}

/** Takes one address out of the list; without any, the channel calls nobody. */
export async function clearWebhook(
  api: OneMsgApi,
  url: string,
  now: number,
): Promise<AccountAnswer<{ url: string; others: string[] }>> {
  const known = await readWebhooks(api, now)
  if (!known.ok) return known
  const others = known.value.filter((one) => one !== url)
  // An empty address goes through the settings: the call for addresses requires one.
  const answer =
    others.length === 0
      ? await api.post('settings', { webhookUrl: null })
      : await api.post('webhook', { webhookUrl: others.length === 1 ? (others[0] ?? '') : others })
  const cleared = accountBody(answer, now)
  return cleared.ok ? { ok: true, value: { url, others } } : cleared
}

/** Older channels tell their address in the settings only. */
async function readWebhooks(api: OneMsgApi, now: number): Promise<AccountAnswer<string[]>> {
  const webhook = await api.get('webhook')
  const isMissing = webhook.kind === 'answer' && (webhook.status === 404 || webhook.status === 405)
  const answer = accountBody(isMissing ? await api.get('settings') : webhook, now)
  return answer.ok ? { ok: true, value: urlsOf(objectOf(answer.value).webhookUrl) } : answer
}

/** One address, a list, or several with commas. */
function urlsOf(value: unknown): string[] {
  const texts = typeof value === 'string' ? value.split(',') : arrayOf(value).map((one) => textOf(one) ?? '')
  return [...new Set(texts.map((text) => text.trim()).filter((text) => text !== ''))]
}

function tooMany() {
  return {
    ...providerErrorOf({
      code: 'too_many_webhooks',
      text: `the channel has ${WEBHOOKS_MAX} addresses`,
      httpStatus: 200,
    }),
    advice: 'Remove one of the webhook addresses in the 1MSG cabinet, then set ours again.',
  }
}

export async function uploadMedia(
  api: OneMsgApi,
  file: MediaFile,
  now: number,
): Promise<AccountAnswer<{ mediaId: string }>> {
  const body = `data:${file.mimeType};base64,${Buffer.from(file.bytes).toString('base64')}`
  const answer = accountBody(await api.post('uploadMedia', { body }), now)
  if (!answer.ok) return answer
  const mediaId = textOf(objectOf(answer.value).mediaId)
  return mediaId === null || mediaId === ''
    ? { ok: false, error: providerErrorOf({ code: 'unreadable', text: 'the answer has no mediaId', httpStatus: 200 }) }
    : { ok: true, value: { mediaId } }
}

export async function markRead(api: OneMsgApi, messageId: string, now: number): Promise<AccountAnswer<null>> {
  const answer = accountBody(await api.post('readMessage', { messageId }), now)
  return answer.ok ? { ok: true, value: null } : answer
}

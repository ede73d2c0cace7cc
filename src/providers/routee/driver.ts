// Routee. Its "campaign" is one message to one recipient. No field carries a reference and no key makes a call safe to
// repeat: a call whose answer is lost stays unknown until the callback or an operator tells.
import type { SendResult } from '../../domain/send-result.ts'
import { unreadable } from '../account-answer.ts'
import { refusalOf } from '../content-refusal.ts'
import { acceptedWithoutId, type HttpAnswer, parseJson, resultOfFailure, resultOfForeign } from '../http-result.ts'
import type { AccountAnswer, AccountFact, Connection, Driver, LookUpResult, Provider } from '../provider.ts'
import { arrayOf, objectOf, readInstant, textOf } from '../webhook-parts.ts'
import { RouteeClient } from './client.ts'
import { type RouteeSettings, routeeSecretKeys, routeeSettings } from './config.ts'
import { bodyOf, contentProblems, routeeContent } from './content.ts'
import { readError, resultOfRefusal } from './errors.ts'
import { templateCalls } from './templates.ts'
import { TokenSource } from './token.ts'
import { failureOf, parseWebhook, statusNamed } from './webhook.ts'

export const routeeProvider: Provider<RouteeSettings> = {
  name: 'routee',
  title: 'Routee',
  capabilities: {
    content: routeeContent,
    hasReplyTo: false,
    hasLinkTracking: false,
    needsSession: true,
    asksForSession: false,
    hasReference: false,
    lookUp: 'trackingId',
    idempotencyWindowMs: 0,
    hasValidity: false,
    hasScheduling: false,
    hasFrequencyCap: false,
    hasTags: false,
    hasGroups: true,
    statuses: ['delivered', 'read', 'failed'],
    webhookProof: 'address',
    templates: ['find', 'create'],
    hasTemplateStatus: true,
    hasAccountCheck: true,
  },
  settings: routeeSettings,
  secretKeys: routeeSecretKeys,
  baseUrl: 'https://connect.routee.net',
  authBaseUrl: 'https://auth.routee.net',
  contentProblems,
  connect,
}

function connect(connection: Connection<RouteeSettings>): Driver {
  const { settings, http, authHttp = http, shared = new Map(), baseUrl, now } = connection
  const address = authHttp === http ? baseUrl : 'auth'
  const tokens = new TokenSource({ http: authHttp, address, shared, settings, now })
  const client = new RouteeClient(http, tokens)
  return {
    prepare: () => tokens.prepare(),
    async send({ to, content, begin }) {
      const refused = refusalOf(contentProblems(content))
      if (refused !== undefined) return refused
      const body = { from: settings.from, to, ...bodyOf(content, settings) }
      const outcome = await client.call({ method: 'POST', path: `${settings.pathPrefix}/campaign`, body, begin })
      if (outcome.kind === 'no_token') return outcome.refusal
      return outcome.kind === 'answer' ? resultOfAnswer(outcome, now()) : resultOfFailure(outcome)
    },
    verifyWebhook: () => ({ isGenuine: true }),
    parseWebhook,
    lookUp: ({ trackingId }) => lookUp(client, settings.pathPrefix, trackingId),
    templates: templateCalls(client, settings),
    checkAccount: () => checkAccount(client),
    setWebhook: (url) => setWebhook(client, settings, url),
  }
}

function resultOfAnswer(answer: HttpAnswer, now: number): SendResult {
  const isSuccess = answer.status >= 200 && answer.status < 300
  if (!isSuccess || readError(answer.text) !== undefined) return resultOfRefusal(answer, now)
  const body = objectOf(parseJson(answer.text))
  const trackingId = textOf(body.trackingId)?.trim() ?? ''
  const createdAt = textOf(body.createdAt)
  if (trackingId === '' && createdAt === null) return resultOfForeign(answer, now)
  if (trackingId === '' || trackingId.length > 512) return acceptedWithoutId(answer)
  return { kind: 'accepted', trackingId, ...(createdAt !== null && { providerAt: createdAt.slice(0, 64) }) }
}

const order = { accepted: 0, sent: 1, failed: 2, delivered: 3, read: 4 } as const

/** What Routee's books say of a message. That they say nothing proves nothing: they may lag. */
async function lookUp(client: RouteeClient, prefix: string, trackingId: string | null): Promise<LookUpResult> {
  const nothing: LookUpResult = { found: false, isProof: false }
  if (trackingId === null) return nothing
  const path = `${prefix}/tracking/campaign/${encodeURIComponent(trackingId)}`
  const history = await client.ask({ method: 'GET', path: `${path}/history` })
  const steps = history.ok ? stepsIn(history.value) : []
  const last = steps.sort((a, b) => order[a.status] - order[b.status]).at(-1)
  if (last !== undefined) return { found: true, trackingId, ...last }
  const info = await client.ask({ method: 'GET', path })
  if (!info.ok || textOf(info.value.trackingId)?.trim() !== trackingId) return nothing
  return { found: true, trackingId, status: 'accepted', at: readInstant(info.value.date) }
}

function stepsIn({ history }: Record<string, unknown>) {
  return arrayOf(history).flatMap((entry) => {
    const { date, status: word, details } = objectOf(entry)
    const status = statusNamed(textOf(word) ?? '')
    if (status === undefined) return []
    // The page shows no reason in a history; where one is told, it is as in callbacks.
    const isTold = status === 'failed' && details !== undefined
    return [{ status, at: readInstant(date), ...(isTold && { failure: failureOf(objectOf(details)) }) }]
  })
}

/** The balance of the whole account: Routee has no call that tells of one WhatsApp number. */
async function checkAccount(client: RouteeClient): Promise<AccountAnswer<AccountFact[]>> {
  const answer = await client.ask({ method: 'GET', path: '/accounts/me/balance' })
  if (!answer.ok) return answer
  const balance = textOf(answer.value.balance)
  if (balance === null) return unreadable('the answer tells of no balance')
  const currency = textOf(objectOf(answer.value.currency).code) ?? textOf(answer.value.currency)
  const value = [balance, currency].filter(Boolean).join(' ')
  // An account that pays later may owe: no balance says that nothing can be sent.
  return { ok: true, value: [{ name: 'balance', value, isProblem: false }] }
}

/** Every event that Routee publishes for WhatsApp. */
const statusEvents = ['accepted', 'delivered', 'seen', 'failed', 'channelFailed', 'deleted', 'unknown']

async function setWebhook(
  client: RouteeClient,
  { pathPrefix, webhookMethod }: RouteeSettings,
  url: string,
): Promise<AccountAnswer<{ url: string }>> {
  const webhooks = [
    { events: ['MoMessage'], callbackUrl: url },
    { events: statusEvents.map((event) => `MessageStatus::${event}`), callbackUrl: url },
  ]
  const answer = await client.ask({ method: webhookMethod, path: `${pathPrefix}/webhook`, body: { webhooks } })
  return answer.ok ? { ok: true, value: { url } } : answer
}

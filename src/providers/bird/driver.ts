// Bird, Channels API. No idempotency key exists; our reference comes back in every callback and in lists of messages,
// which proves acceptance when an answer was lost. Bird keeps what it accepted in a queue of its own, so the rest of the
// message's life goes along as its validity.
import type { SendResult } from '../../domain/send-result.ts'
import { validitySeconds } from '../../domain/validity.ts'
import { refusalOf } from '../content-refusal.ts'
import { acceptedWithoutId, type HttpAnswer, parseJson, resultOfFailure, resultOfForeign } from '../http-result.ts'
import type { Connection, Driver, OutgoingMessage, Provider } from '../provider.ts'
import { objectOf, textOf } from '../webhook-parts.ts'
import { checkAccount, setWebhook, uploadMedia } from './account.ts'
import { BirdApi, isSuccess } from './api.ts'
import { type BirdSettings, birdSecretKeys, birdSettings } from './config.ts'
import { birdContentTypes, messageParts } from './content.ts'
import { contentProblems } from './content-problems.ts'
import { resultOfFailedMessage, resultOfRefusal } from './errors.ts'
import { lookUp } from './look-up.ts'
import { ServiceWindows } from './session.ts'
import { templateCalls } from './templates.ts'
import { parseWebhook, statusOf, verifySignature } from './webhook.ts'

export const birdProvider: Provider<BirdSettings> = {
  name: 'bird',
  title: 'Bird',
  capabilities: {
    content: birdContentTypes,
    hasReplyTo: true,
    hasLinkTracking: true,
    needsSession: true,
    asksForSession: true,
    hasReference: true,
    lookUp: 'reference',
    idempotencyWindowMs: 0,
    hasValidity: true,
    hasScheduling: true,
    hasFrequencyCap: true,
    hasTags: true,
    hasGroups: false,
    statuses: ['accepted', 'sent', 'delivered', 'read', 'failed'],
    webhookProof: 'signature',
    templates: ['list', 'create', 'delete'],
    hasTemplateStatus: true,
    hasAccountCheck: true,
  },
  settings: birdSettings,
  secretKeys: birdSecretKeys,
  baseUrl: 'https://api.bird.com',
  contentProblems,
  connect,
}

function connect({ settings, http, now }: Connection<BirdSettings>): Driver {
  const api = new BirdApi(settings, http, now)
  const windows = new ServiceWindows(api)
  return {
    async send(message) {
      const unfit = refusalOf(contentProblems(message.content))
      if (unfit !== undefined) return unfit
      const asksFirst = message.content.type !== 'template' && !message.assumesSession
      const refusal = asksFirst ? await windows.refusalFor(message.to) : undefined
      if (refusal !== undefined) return refusal
      // Asking took time.
      if (now() >= message.expiresAt) return { kind: 'not_started', error: null }
      const body = requestBody(message, settings, now())
      const outcome = await api.call({
        method: 'POST',
        path: `${api.channelPath}/messages`,
        body,
        begin: message.begin,
      })
      return outcome.kind === 'answer' ? resultOfAnswer(outcome, now()) : resultOfFailure(outcome)
    },
    verifyWebhook: (request) => verifySignature(request, settings.signingKey),
    parseWebhook,
    lookUp: (query) => lookUp(api, query),
    templates: templateCalls(api),
    checkAccount: () => checkAccount(api),
    setWebhook: (url) => setWebhook(api, url),
    uploadMedia: (file) => uploadMedia(api, file),
  }
}

function requestBody(message: OutgoingMessage, settings: BirdSettings, now: number): Record<string, unknown> {
  const { content, tags, useCase } = message
  const isCapped = useCase === 'marketing' && message.respectsCaps
  return {
    receiver: { contacts: [{ identifierKey: settings.identifierKey, identifierValue: message.to }] },
    ...messageParts(content),
    reference: message.reference,
    // Bird keeps them in lower case: two that differ in case alone are one.
    ...(tags.length > 0 && { tags: [...new Set(tags.map((tag) => tag.toLowerCase()))] }),
    // Without it Bird would give the message another 36 hours.
    validity: validitySeconds(message.expiresAt, now, 1) ?? 1,
    // Bird allows it for marketing only.
    ...(isCapped && { capFrequency: true }),
    ...(!message.respectsQuietHours && { ignoreQuietHours: true }),
    ...(content.trackLinks !== undefined && { enableLinkTracking: content.trackLinks }),
    meta: { extraInformation: { useCase } },
  }
}

function resultOfAnswer(answer: HttpAnswer, now: number): SendResult {
  if (!isSuccess(answer)) return resultOfRefusal(answer, now)
  const message = objectOf(parseJson(answer.text))
  const trackingId = textOf(message.id)
  if (trackingId === null || trackingId === '' || trackingId.length > 512)
    return isBirds(message) ? acceptedWithoutId(answer) : resultOfForeign(answer, now)
  return statusOf(message) === 'failed' ? resultOfFailedMessage(message) : { kind: 'accepted', trackingId }
}

/** Whether a body is a message of Bird: each names its channel or who gets it. */
function isBirds(message: Record<string, unknown>): boolean {
  return message.channelId !== undefined || message.receiver !== undefined
}

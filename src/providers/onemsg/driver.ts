// 1MSG: WhatsApp through a channel. No reference of ours comes back and no key prevents a second send, so an answer that
// was lost is resolved by callbacks and the channel's own books alone.
import { contentTypes } from '../../domain/content.ts'
import { validitySeconds } from '../../domain/validity.ts'
import { refusalOf } from '../content-refusal.ts'
import { resultOfFailure } from '../http-result.ts'
import { drop, type Json } from '../message-parts.ts'
import type { Connection, Driver, OutgoingMessage, Provider } from '../provider.ts'
import { checkAccount, clearWebhook, markRead, setWebhook, uploadMedia } from './account.ts'
import { resultOfAnswer } from './answers.ts'
import { createApi } from './api.ts'
import { type OneMsgSettings, oneMsgSecretKeys, oneMsgSettings } from './config.ts'
import { callOf } from './content.ts'
import { contentProblems } from './content-problems.ts'
import { lookUp } from './look-up.ts'
import { lifeOf } from './template-body.ts'
import { templateCalls } from './templates.ts'
import { parseWebhook } from './webhook.ts'

export const oneMsgProvider: Provider<OneMsgSettings> = {
  name: 'onemsg',
  title: '1MSG',
  capabilities: {
    content: contentTypes,
    hasReplyTo: true,
    hasLinkTracking: false,
    needsSession: true,
    asksForSession: false,
    hasReference: false,
    lookUp: 'trackingId',
    idempotencyWindowMs: 0,
    hasValidity: true,
    hasScheduling: false,
    hasFrequencyCap: false,
    hasTags: false,
    hasGroups: false,
    statuses: ['sent', 'delivered', 'read', 'failed'],
    webhookProof: 'address',
    templates: ['list', 'create', 'delete'],
    hasTemplateStatus: true,
    hasAccountCheck: true,
  },
  settings: oneMsgSettings,
  secretKeys: oneMsgSecretKeys,
  baseUrl: 'https://api.1msg.io',
  contentProblems,
  settingsFrom: (templates) => {
    const [namespace, ...others] = new Set(templates.flatMap((template) => template.namespace || []))
    return namespace === undefined || others.length > 0 ? {} : { namespace }
  },
  connect,
}

function connect({ settings, http, now }: Connection<OneMsgSettings>): Driver {
  const api = createApi(http, settings)
  return {
    async send(message) {
      const refusal = refusalOf(contentProblems(message.content))
      if (refusal !== undefined) return refusal
      const { method, body } = callOf(message.content, settings)
      const parts = { ...destination(message.to, settings), ...body, ...lifePart(message) }
      const outcome = await api.post(method, parts, message.begin)
      return outcome.kind === 'answer' ? resultOfAnswer(outcome, now()) : resultOfFailure(outcome)
    },
    // Nothing is signed; the receiver has compared the secret in the address.
    verifyWebhook: () => ({ isGenuine: true }),
    parseWebhook,
    lookUp: (query) => lookUp(api, query, settings.lookUpByHistory),
    templates: templateCalls(api, now),
    checkAccount: () => checkAccount(api, now()),
    setWebhook: (url) => setWebhook(api, url, now()),
    clearWebhook: (url) => clearWebhook(api, url, now()),
    uploadMedia: (file) => uploadMedia(api, file, now()),
    ...(settings.markRead && { markRead: (messageId: string) => markRead(api, messageId, now()) }),
  }

  /** Only templates can be told how long they are worth sending. */
  function lifePart({ content, useCase, expiresAt }: OutgoingMessage): Json {
    if (content.type !== 'template' || !settings.sendValidity) return {}
    return drop({ messageSendTtlSeconds: lifeOf(useCase, validitySeconds(expiresAt, now(), 1) ?? 0) })
  }
}

function destination(to: string, { phoneFormat }: OneMsgSettings): Json {
  const phone = to.replace(/\D/g, '')
  return { phone: phoneFormat === 'number' ? Number(phone) : phone }
}

// Zixflow's older API: a Bearer key, one path for templates and one for everything within a session.

import { whatsappLanguage } from '../content-limits.ts'
import { refusalOf } from '../content-refusal.ts'
import type { Json } from '../message-parts.ts'
import type { Connection, Driver, OutgoingMessage } from '../provider.ts'
import { objectOf, textOf } from '../webhook-parts.ts'
import { acceptedAs } from './acceptance.ts'
import type { ZixflowSettings } from './config.ts'
import { sessionObject } from './content.ts'
import { contentProblems } from './content-problems.ts'
import { findTemplate } from './template-variables.ts'
import { variablesOf } from './variables.ts'
import { parseWebhook, verifyWebhook } from './webhook.ts'

const BASE_PATH = '/api/v1/campaign/whatsapp'

export function connectCampaignApi(connection: Connection<ZixflowSettings>): Driver {
  const { settings, http, now } = connection
  const headers = { authorization: `Bearer ${settings.apiKey}`, 'content-type': 'application/json' }
  return {
    async send(message) {
      const refusal = refusalOf(contentProblems(message.content, settings.headerMedia === 'object'))
      if (refusal !== undefined) return refusal
      const isTemplate = message.content.type === 'template'
      const outcome = await http.request({
        method: 'POST',
        path: `${BASE_PATH}${isTemplate ? '/send' : '/message/send'}`,
        headers,
        body: JSON.stringify({
          ...addressOf(message, settings),
          ...partOf(message, settings),
          ...extras(connection, isTemplate),
        }),
        begin: message.begin,
      })
      return acceptedAs(outcome, now(), (body) => {
        const { messageId, data } = objectOf(body)
        return textOf(messageId) ?? textOf(objectOf(data).messageId)
      })
    },
    verifyWebhook: (request) => verifyWebhook(request, settings),
    parseWebhook,
    templates: {
      find: (name, languages) => findTemplate({ connection, headers, basePath: BASE_PATH }, name, languages),
    },
  }
}

function addressOf({ to }: OutgoingMessage, { phoneId }: ZixflowSettings): Json {
  return { to: to.replace(/^\+/, ''), phoneId }
}

function partOf({ content, useCase }: OutgoingMessage, settings: ZixflowSettings): Json {
  if (content.type === 'product') throw new Error('this API has no products')
  if (content.type !== 'template')
    return sessionObject(content, { hasTextDegrees: true, headerMedia: settings.headerMedia })
  const { headerVariable } = settings
  const variables = variablesOf(content, { useCase, headerVariable })
  return { templateName: content.template, language: whatsappLanguage(content.language), variables }
}

/** The options of a call that the sender sets. */
function extras({ settings, webhookUrl }: Connection<ZixflowSettings>, isTemplate: boolean): Json {
  const { source, linkWithRecord, submissionStatus, reportSessions } = settings
  return {
    ...(source !== undefined && { source }),
    ...(linkWithRecord !== undefined && { linkWithRecord }),
    ...(submissionStatus && { submissionStatus }),
    ...(webhookUrl !== undefined && (isTemplate || reportSessions) && { reportURL: webhookUrl }),
  }
}

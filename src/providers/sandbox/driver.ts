// A provider inside the process, for first steps: accepts everything and reports sent, delivered and, for every other
// person, read. Nothing leaves the machine.
import { z } from 'zod'
import { contentTypes } from '../../domain/content.ts'
import { validitySeconds } from '../../domain/validity.ts'
import { parseJson } from '../http-result.ts'
import type { Connection, Driver, OutgoingMessage, Provider, WebhookItem } from '../provider.ts'
import { objectOf, readInstant, textOf } from '../webhook-parts.ts'

const settings = z.strictObject({})

/** From acceptance to each status. */
const STATUS_AFTER_MS = { sent: 20, delivered: 60, read: 200 } as const

export const sandboxProvider: Provider<Record<string, never>> = {
  name: 'sandbox',
  title: 'Sandbox',
  capabilities: {
    content: contentTypes,
    hasReplyTo: true,
    hasLinkTracking: true,
    needsSession: false,
    asksForSession: false,
    hasReference: true,
    lookUp: 'none',
    idempotencyWindowMs: 0,
    hasValidity: true,
    hasScheduling: false,
    hasFrequencyCap: false,
    hasTags: true,
    hasGroups: true,
    statuses: ['sent', 'delivered', 'read', 'failed'],
    webhookProof: 'address',
    templates: [],
    hasTemplateStatus: false,
    hasAccountCheck: false,
  },
  settings,
  secretKeys: [],
  baseUrl: 'https://sandbox.invalid',
  contentProblems: () => [],
  connect,
}

function connect(connection: Connection): Driver {
  const reporting = new Set<Promise<void>>()
  return {
    async send(message) {
      if (!message.begin()) return { kind: 'not_started', error: null }
      const trackingId = `sandbox.${message.reference}`
      const reports = reportStatuses(connection, message, trackingId).finally(() => reporting.delete(reports))
      reporting.add(reports)
      return { kind: 'accepted', trackingId }
    },
    settled: async () => {
      await Promise.all(reporting)
    },
    // Callbacks are our own and come through no network; one that does is forged.
    verifyWebhook: () => ({ isGenuine: false, code: 'webhook.not_configured' }),
    parseWebhook,
  }
}

async function reportStatuses(connection: Connection, message: OutgoingMessage, trackingId: string): Promise<void> {
  const startedAt = connection.now()
  const isReader = Number(message.to.at(-1)) % 2 === 0
  const validity = validitySeconds(message.expiresAt, startedAt, 1)
  const lastAt = validity === undefined ? Number.POSITIVE_INFINITY : startedAt + validity * 1000
  for (const status of isReader ? (['sent', 'delivered', 'read'] as const) : (['sent', 'delivered'] as const)) {
    const at = startedAt + STATUS_AFTER_MS[status]
    // As WhatsApp does: what was not delivered in time is dropped without a word.
    if (at > lastAt) return
    await connection.wait(at)
    await connection.receive(JSON.stringify({ trackingId, reference: message.reference, to: message.to, status, at }))
  }
}

function parseWebhook(body: string): WebhookItem[] {
  const { trackingId, reference, to, status, at } = objectOf(parseJson(body))
  if (status !== 'sent' && status !== 'delivered' && status !== 'read')
    return [{ kind: 'unreadable', why: 'no status of the sandbox' }]
  return [
    {
      kind: 'status',
      trackingId: textOf(trackingId),
      reference: textOf(reference),
      to: textOf(to),
      status,
      at: readInstant(at),
    },
  ]
}

// /senders: numbers to send from, with their limits and their health. Secrets go in and never come out; what only the
// machine knows (an address, a file, a variable) cannot be named from here.
import { z } from '@hono/zod-openapi'
import { mayDo, type Principal } from '../../domain/access.ts'
import { addRemoteSender, refuseReach, remoteSenderSchema } from '../../engine/senders/remote-sender.ts'
import { checkSender, clearSenderWebhook, setSenderWebhook } from '../../engine/senders/sender-account.ts'
import { senderHealth } from '../../engine/senders/sender-health.ts'
import { pageSenders } from '../../engine/senders/sender-list.ts'
import {
  pauseSenderByOperator,
  resumeSenderByOperator,
  rotateWebhook,
  type SenderView,
  setSender,
  showSender,
} from '../../engine/senders/senders.ts'
import { FORMER_TOKEN_HOURS, FORMER_TOKEN_HOURS_MAX } from '../../engine/senders/webhook-token.ts'
import { type ApiFacts, answers, apiRouter, jsonBody, operation } from '../api.ts'
import { seenBy, tagged, versionField } from '../condition.ts'
import { page, pageOf, pageQuery, readCursor } from '../paging.ts'
import { troubleViews } from '../trouble-view.ts'

const senderView = z
  .object({
    id: z.string().openapi({ example: 'snd_1' }),
    name: z.string(),
    provider: z.string(),
    account: z.string(),
    status: z.enum(['active', 'paused']),
    pauseReason: z.string().nullable(),
    pauseDetail: z.string().nullable(),
    baseUrl: z.string().nullable(),
    ratePerSecond: z.number(),
    dailyLimit: z.int().nullable(),
    pairIntervalSeconds: z.number(),
    concurrency: z.int().nullable(),
    groups: z.boolean(),
    webhookUrl: z.string().nullable().openapi({ description: 'a secret: shown to administrators only' }),
    formerWebhookUntil: z.iso
      .datetime()
      .nullable()
      .openapi({ description: 'until when callbacks to the address before are taken; null when there is none' }),
    credentials: z.record(z.string(), z.unknown()).openapi({ description: 'settings; secrets are not shown' }),
    untold: z.array(z.string()).openapi({ description: 'what its provider has no call for' }),
    version: versionField,
    troubles: troubleViews,
  })
  .openapi('Sender')

const healthView = z
  .object({
    sender: z.string(),
    waiting: z.int().openapi({ description: 'messages of runs at work' }),
    onTheWire: z.int(),
    ratePerSecond: z.number().openapi({ description: 'calls begun a second, over the last ten seconds' }),
    peopleInDay: z.int().openapi({ description: 'people written to in the last 24 hours' }),
    throttles: z.int().openapi({ description: 'answers in a row that said "too fast"' }),
    holdUntil: z.iso.datetime().nullable(),
    lastCallAt: z.iso.datetime().nullable(),
    steps: z
      .object({ account: z.boolean(), connection: z.boolean(), callbacks: z.boolean(), message: z.boolean() })
      .openapi({ description: 'what a new sender needs, and whether each step has worked' }),
    errors: z.array(z.object({ code: z.string(), text: z.string(), count: z.int() })),
  })
  .openapi('SenderHealth')

const changeBody = z
  .strictObject({
    ratePerSecond: z.number().optional(),
    dailyLimit: z.int().min(1).max(10_000_000).nullable().optional().openapi({ description: 'null for no limit' }),
    pairIntervalSeconds: z.number().min(0).max(3600).optional(),
    concurrency: z
      .int()
      .min(1)
      .max(1000)
      .nullable()
      .optional()
      .openapi({ description: 'null for by rate and latency' }),
    credentials: z
      .record(z.string(), z.unknown())
      .optional()
      .openapi({ description: 'settings of the account by name; null takes one away, what is not named stays' }),
  })
  .openapi('SenderChange')

const rotateQuery = z.object({
  oldForHours: z.coerce
    .number()
    .int()
    .min(0)
    .max(FORMER_TOKEN_HOURS_MAX)
    .default(FORMER_TOKEN_HOURS)
    .openapi({ description: 'how long callbacks to the old address are taken; 0 to refuse them at once' }),
})

const checkView = z
  .object({
    sender: z.string(),
    provider: z.string(),
    ok: z.boolean(),
    facts: z.array(z.object({ name: z.string(), value: z.string(), isProblem: z.boolean() })),
  })
  .openapi('SenderCheck')

/** Names and ids of senders, in the path of everything about one. */
export const bySender = z.object({
  sender: z.string().min(1).max(200).openapi({ description: 'name or id', example: 'snd_1' }),
})

const tags = ['Senders']

export function senderRoutes(facts: ApiFacts) {
  const { ctx } = facts
  return apiRouter(refuseReach)
    .openapi(
      operation('read', {
        operationId: 'listSenders',
        method: 'get',
        path: '/senders',
        tags,
        summary: 'All senders',
        request: { query: z.object(pageQuery) },
        responses: { 200: answers(pageOf(senderView), 'senders by name') },
      }),
      async (c) => {
        const { limit, cursor } = c.req.valid('query')
        const after = readCursor(cursor, 'senders')
        const found = await pageSenders(ctx, { after, limit })
        const shown = found.map((sender) => shownTo(c.get('principal'), sender))
        return c.json(
          page(shown, limit, 'senders', ({ name }) => name),
          200,
        )
      },
    )
    .openapi(
      operation('administer', {
        operationId: 'addSender',
        method: 'post',
        path: '/senders',
        tags,
        summary: 'Add a sender',
        description: 'Secrets are stored sealed and never shown again. A baseUrl is refused: it is set on the machine.',
        request: { body: jsonBody(remoteSenderSchema.clone().openapi('SenderDefinition')) },
        responses: { 201: answers(senderView, 'the sender') },
      }),
      async (c) => c.json(tagged(c, await addRemoteSender(ctx, c.req.valid('json'))), 201),
    )
    .openapi(
      operation('read', {
        operationId: 'getSender',
        'x-conditional': true,
        method: 'get',
        path: '/senders/{sender}',
        tags,
        summary: 'One sender',
        request: { params: bySender },
        responses: { 200: answers(senderView, 'the sender') },
      }),
      async (c) =>
        c.json(shownTo(c.get('principal'), tagged(c, await showSender(ctx, c.req.valid('param').sender))), 200),
    )
    .openapi(
      operation('administer', {
        operationId: 'changeSender',
        'x-conditional': true,
        method: 'patch',
        path: '/senders/{sender}',
        tags,
        summary: 'Change limits, or secrets and settings of the account',
        description:
          'Limits hold within a second, also while sending. Secrets are stored sealed and never shown again.',
        request: { params: bySender, body: jsonBody(changeBody) },
        responses: { 200: answers(senderView, 'the sender') },
      }),
      async (c) => {
        const body = c.req.valid('json')
        refuseReach(body)
        const change = { ...changeOf(body), seen: seenBy(c) }
        return c.json(tagged(c, await setSender(ctx, c.req.valid('param').sender, change)), 200)
      },
    )
    .openapi(
      operation('read', {
        operationId: 'getSenderHealth',
        method: 'get',
        path: '/senders/{sender}/health',
        tags,
        summary: 'How a sender fares',
        request: { params: bySender },
        responses: { 200: answers(healthView, 'queue, rate, throttles, daily use, errors') },
      }),
      async (c) => c.json(await senderHealth(ctx, c.req.valid('param').sender), 200),
    )
    .route('/', actionRoutes(facts))
}

function actionRoutes({ ctx, providers }: ApiFacts) {
  return apiRouter()
    .openapi(
      operation('send', {
        operationId: 'pauseSender',
        'x-conditional': true,
        method: 'post',
        path: '/senders/{sender}/pause',
        tags,
        summary: 'Nothing more leaves from this sender',
        description: 'Its messages wait. Paused already: nothing changes.',
        request: { params: bySender },
        responses: { 200: answers(senderView, 'the sender') },
      }),
      async (c) => {
        const sender = await pauseSenderByOperator(ctx, c.req.valid('param').sender, seenBy(c))
        return c.json(shownTo(c.get('principal'), tagged(c, sender)), 200)
      },
    )
    .openapi(
      operation('send', {
        operationId: 'resumeSender',
        'x-conditional': true,
        method: 'post',
        path: '/senders/{sender}/resume',
        tags,
        summary: 'Go on sending',
        request: { params: bySender },
        responses: { 200: answers(senderView, 'the sender') },
      }),
      async (c) => {
        const sender = await resumeSenderByOperator(ctx, c.req.valid('param').sender, seenBy(c))
        return c.json(shownTo(c.get('principal'), tagged(c, sender)), 200)
      },
    )
    .openapi(
      operation('send', {
        operationId: 'checkSender',
        method: 'post',
        path: '/senders/{sender}/check',
        tags,
        summary: 'Ask the provider for the state of the account',
        request: { params: bySender },
        responses: { 200: answers(checkView, 'what the provider tells') },
      }),
      async (c) => {
        const { sender } = c.req.valid('param')
        const check = await providers.ask(c.get('principal'), (connections) => checkSender(connections, sender))
        return c.json(check, 200)
      },
    )
    .openapi(
      operation('administer', {
        operationId: 'registerWebhook',
        method: 'post',
        path: '/senders/{sender}/webhook',
        tags,
        summary: 'Register the address for callbacks at the provider',
        request: { params: bySender },
        responses: {
          200: answers(z.object({ sender: z.string(), url: z.string() }), 'the address that the provider calls'),
        },
      }),
      async (c) => {
        const { name, webhookUrl } = await showSender(ctx, c.req.valid('param').sender)
        const set = await providers.ask(c.get('principal'), (connections) =>
          setSenderWebhook(connections, { name, url: webhookUrl }),
        )
        return c.json(set, 200)
      },
    )
    .openapi(
      operation('administer', {
        operationId: 'clearWebhook',
        method: 'delete',
        path: '/senders/{sender}/webhook',
        tags,
        summary: 'Take the address for callbacks back at the provider',
        request: { params: bySender },
        responses: {
          200: answers(
            z.object({ sender: z.string(), url: z.string(), others: z.array(z.string()) }),
            'the address that gets no callbacks any more, and those that still do',
          ),
        },
      }),
      async (c) => {
        const { name, webhookUrl } = await showSender(ctx, c.req.valid('param').sender)
        const cleared = await providers.ask(c.get('principal'), (connections) =>
          clearSenderWebhook(connections, { name, url: webhookUrl }),
        )
        return c.json(cleared, 200)
      },
    )
    .openapi(
      operation('administer', {
        operationId: 'rotateWebhook',
        'x-conditional': true,
        method: 'post',
        path: '/senders/{sender}/webhook/rotate',
        tags,
        summary: 'Make a new address for callbacks',
        description:
          'Register the new address at the provider, by `POST /senders/{sender}/webhook` or by hand. Callbacks to the old one are taken for a while. With an Idempotency-Key the repeated answer has no address: read the sender.',
        request: { params: bySender, query: rotateQuery },
        responses: { 200: answers(senderView, 'the sender with its new address') },
      }),
      async (c) => {
        const { oldForHours: hours } = c.req.valid('query')
        const sender = await rotateWebhook(ctx, c.req.valid('param').sender, { hours, seen: seenBy(c) })
        return c.json(tagged(c, sender), 200)
      },
    )
}

/**
 * The address for callbacks is the proof of some providers, and a variable or a file of the machine is named in the
 * credentials: only administrators see them.
 */
function shownTo(principal: Principal | undefined, sender: SenderView) {
  if (principal !== undefined && mayDo(principal, 'administer')) return sender
  const settings = Object.entries(sender.credentials)
  const shown = settings.map(([name, value]) => [name, isNameOfMachine(value) ? '(set on the machine)' : value])
  return { ...sender, webhookUrl: null, credentials: Object.fromEntries(shown) }
}

function isNameOfMachine(value: unknown): boolean {
  return typeof value === 'object' && value !== null && ('env' in value || 'file' in value)
}

/** Only what was given. */
function changeOf(body: z.output<typeof changeBody>) {
  const { ratePerSecond, dailyLimit, pairIntervalSeconds, concurrency, credentials } = body
  return {
    ...(ratePerSecond !== undefined && { ratePerSecond }),
    ...(dailyLimit !== undefined && { dailyLimit }),
    ...(pairIntervalSeconds !== undefined && { pairIntervalSeconds }),
    ...(concurrency !== undefined && { concurrency }),
    ...(credentials !== undefined && { credentials }),
  }
}

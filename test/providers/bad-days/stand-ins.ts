// The five providers of a bad day, written from their pages: Meta's Cloud API, Bird's Channels API, 1MSG, Routee, and both APIs
// of Zixflow.
import { createHash, createHmac } from 'node:crypto'
import { type Asked, bodyOf, type Call, digits, keysOf, type StandIn, same, strict, type Told } from './stand-in.ts'

const project = '3f1d8a5e-6f0e-4a39-9a44-0c5b0d5f1a01'
const workspace = '5d4c3b2a-0000-4000-8000-000000000001'
const channel = '7a6b5c4d-0000-4000-8000-000000000002'
const template = { type: 'template', template: 'spring_sale', language: 'en', body: ['{{ first_name }}'] }
const iso = (at: number) => new Date(at).toISOString()
const other: Asked = { kind: 'other' }

const textParameters = (value: unknown) => {
  if (!Array.isArray(value) || value.length === 0) throw new Error('parameters are missing')
  for (const one of value) same('type', keysOf(one, ['type', 'text']).type, 'text')
}

const meta: StandIn = {
  title: 'Meta',
  provider: 'meta',
  credentials: { phoneNumberId: '1060000000000001', accessToken: 'day-token', appSecret: 'day-secret' },
  content: template,
  tellsWhy: true,
  hasReference: true,
  read: strict((call) => {
    same('authorization', call.headers.authorization, 'Bearer day-token')
    if (!/^\/v\d+\.\d+\/1060000000000001\/messages$/.test(call.path)) return other
    const body = bodyOf(
      call,
      ['messaging_product', 'to', 'type', 'template'],
      ['recipient_type', 'biz_opaque_callback_data'],
    )
    same('messaging_product', body.messaging_product, 'whatsapp')
    const { language, components } = keysOf(body.template, ['name', 'language'], ['components'])
    keysOf(language, ['code'])
    for (const one of components as unknown[]) textParameters(keysOf(one, ['type', 'parameters']).parameters)
    const to = digits(body.to, /^\+?[1-9]\d{6,14}$/)
    return { kind: 'send', to, reference: (body.biz_opaque_callback_data as string) ?? null }
  }),
  accepted: (id) => ({ status: 200, body: { messaging_product: 'whatsapp', contacts: [], messages: [{ id }] } }),
  throttled: () => ({ status: 400, body: { error: { code: 130429, message: '(#130429) Rate limit hit' } } }),
  refusedToken: () => ({ status: 401, body: { error: { code: 190, message: 'Session has expired' } } }),
  failing: () => ({ status: 500, body: { error: { code: 1, message: 'An unknown error occurred' } } }),
  callback: ({ id, to, reference, status, at, code }) => {
    const one = {
      id,
      status,
      timestamp: String(Math.floor(at / 1000)),
      recipient_id: to,
      biz_opaque_callback_data: reference,
      ...(code !== undefined && { errors: [{ code: Number(code), title: 'no' }] }),
    }
    const value = { messaging_product: 'whatsapp', metadata: { phone_number_id: '1060000000000001' }, statuses: [one] }
    const body = JSON.stringify({
      object: 'whatsapp_business_account',
      entry: [{ changes: [{ field: 'messages', value }] }],
    })
    const signature = createHmac('sha256', 'day-secret').update(body).digest('hex')
    return { body, headers: { 'x-hub-signature-256': `sha256=${signature}` } }
  },
}

function birdMessage({ id, to, reference, status, at, code }: Told) {
  const words = { sent: 'sent', delivered: 'delivered', failed: 'delivery_failed' }
  return {
    id,
    channelId: channel,
    reference,
    direction: 'outgoing',
    status: words[status],
    lastStatusAt: iso(at),
    receiver: { contacts: [{ identifierKey: 'phonenumber', identifierValue: `+${to}` }] },
    ...(code !== undefined && { failure: { code: 15001, description: 'no', source: { name: 'whatsapp', code } } }),
  }
}

const bird: StandIn = {
  title: 'Bird',
  provider: 'bird',
  credentials: { workspaceId: workspace, channelId: channel, accessKey: 'day-key', signingKey: 'day-secret' },
  content: { type: 'template', template: project, language: 'en', body: { first_name: '{{ first_name }}' } },
  tellsWhy: true,
  hasReference: true,
  read: strict((call) => {
    same('authorization', call.headers.authorization, 'AccessKey day-key')
    const [path = '', query] = call.path.split('?')
    const messages = `/workspaces/${workspace}/channels/${channel}/messages`
    if (call.method === 'GET' && path.endsWith('/interactions')) return other
    if (call.method === 'GET' && path.startsWith(`${messages}/`))
      return { kind: 'lookUp', id: path.slice(messages.length + 1) }
    if (call.method === 'GET' && path === messages)
      return { kind: 'lookUp', to: digits(new URLSearchParams(query).get('to'), /^\+\d{7,15}$/) }
    if (call.method !== 'POST' || path !== messages) return other
    const body = bodyOf(
      call,
      ['receiver', 'template'],
      ['reference', 'tags', 'validity', 'capFrequency', 'ignoreQuietHours', 'meta'],
    )
    const { projectId, parameters } = keysOf(body.template, ['projectId', 'version', 'locale'], ['parameters'])
    same('projectId', projectId, project)
    for (const one of parameters as unknown[]) same('type', keysOf(one, ['type', 'key', 'value']).type, 'string')
    if (!Number.isInteger(body.validity)) throw new Error('validity is no number of seconds')
    if (body.capFrequency !== undefined) throw new Error('capFrequency although the campaign has none')
    const [contact] = keysOf(body.receiver, ['contacts']).contacts as unknown[]
    const { identifierValue } = keysOf(contact, ['identifierKey', 'identifierValue'])
    return {
      kind: 'send',
      to: digits(identifierValue, /^\+[1-9]\d{6,14}$/),
      reference: (body.reference as string) ?? null,
    }
  }),
  accepted: (id) => ({ status: 202, body: { id, status: 'accepted' } }),
  throttled: () => ({ status: 429, body: { code: 'TooManyRequests', message: 'slow down' } }),
  refusedToken: () => ({ status: 401, body: { code: 'Unauthorized', message: 'the key is not valid' } }),
  failing: () => ({ status: 500, body: { code: 'InternalError', message: 'sorry' } }),
  callback: (told, url) => {
    const body = JSON.stringify({ service: 'channels', event: 'whatsapp.outbound', payload: birdMessage(told) })
    const timestamp = String(Math.floor(told.at / 1000))
    const signature = createHmac('sha256', 'day-secret')
      .update(`${timestamp}\n${url}\n`)
      .update(createHash('sha256').update(body).digest())
      .digest('base64')
    return { body, headers: { 'messagebird-signature': signature, 'messagebird-request-timestamp': timestamp } }
  },
  known: (messages) => {
    const all = messages.map(({ news, ...message }) => birdMessage(news.at(-1) ?? { ...message, status: 'sent' }))
    return { status: 200, body: messages.length === 1 ? { ...all[0], results: all } : { results: all } }
  },
}

const oneMsg: StandIn = {
  title: '1MSG',
  provider: 'onemsg',
  credentials: { channelId: 'ABC123456789', token: 'day-token', namespace: 'aaaa_bbbb' },
  content: template,
  tellsWhy: true,
  hasReference: false,
  read: strict((call) => {
    const [path = '', query] = call.path.split('?')
    const given = new URLSearchParams(query)
    same('token', given.get('token'), 'day-token')
    if (call.method === 'GET' && path.endsWith('/hookInfo')) return { kind: 'lookUp', id: given.get('messageId') ?? '' }
    if (call.method === 'GET' && path.endsWith('/messages'))
      return { kind: 'lookUp', to: digits(given.get('chatId')?.replace(/@c\.us$/, ''), /^\d{7,15}$/) }
    if (call.method !== 'POST' || path !== '/ABC123456789/sendTemplate') return other
    const body = bodyOf(call, ['namespace', 'template', 'language', 'phone'], ['params', 'messageSendTtlSeconds'])
    same('policy', keysOf(body.language, ['policy', 'code']).policy, 'deterministic')
    for (const one of body.params as unknown[]) textParameters(keysOf(one, ['type', 'parameters']).parameters)
    return { kind: 'send', to: digits(body.phone, /^[1-9]\d{6,14}$/), reference: null }
  }),
  accepted: (id) => ({
    status: 200,
    body: { sent: true, id, message: 'Sent', description: 'Message has been sent to the provider' },
  }),
  throttled: () => ({ status: 429, body: { error: 'Too many requests' } }),
  refusedToken: () => ({ status: 401, body: { error: 'Wrong token for channel "ABC123456789".' } }),
  failing: () => ({ status: 500, body: { error: 'Internal error' } }),
  callback: ({ id, to, status, code }) => ({
    body: JSON.stringify({
      instanceId: 'ABC123456789',
      ack: [{ id, chatId: `${to}@c.us`, phone: to, status, ...(code !== undefined && { error: `(#${code}) no` }) }],
    }),
    headers: {},
  }),
  known: (messages) => ({
    status: 200,
    body: {
      messages: messages.map(({ id, to, at }) => ({
        id,
        chatId: `${to}@c.us`,
        fromMe: true,
        self: 1,
        time: Math.floor(at / 1000),
      })),
      hooks: messages.flatMap(({ news }) =>
        news.map(({ id, status, at, to, code }) => ({
          id,
          type: 'message',
          status,
          timestamp: Math.floor(at / 1000),
          recipient_id: to,
          ...(code !== undefined && { errors: [{ code: Number(code), title: 'no' }] }),
        })),
      ),
    },
  }),
}

const routee: StandIn = {
  title: 'Routee',
  provider: 'routee',
  credentials: { applicationId: 'day-app', applicationSecret: 'day-secret', from: '302101234567' },
  content: template,
  tellsWhy: false,
  hasReference: false,
  read: strict((call) => {
    if (call.path === '/oauth/token') {
      same('authorization', call.headers.authorization, `Basic ${Buffer.from('day-app:day-secret').toString('base64')}`)
      same('body', call.body, 'grant_type=client_credentials')
      return { kind: 'token' }
    }
    if (!/^Bearer day-token-\d+$/.test(call.headers.authorization ?? '')) throw new Error('no token')
    const id = /^\/whatsapp\/tracking\/campaign\/([^/]+)\/history$/.exec(call.path)?.[1]
    if (id !== undefined) return { kind: 'lookUp', id }
    if (call.method !== 'POST' || call.path !== '/whatsapp/campaign') return other
    const body = bodyOf(call, ['from', 'to', 'text', 'template'])
    const { language, components } = keysOf(body.template, ['templateId', 'language'], ['components'])
    keysOf(language, ['policy', 'code'])
    for (const one of components as unknown[]) textParameters(keysOf(one, ['type', 'parameters']).parameters)
    return { kind: 'send', to: digits(body.to, /^(?:\+|00)[1-9]\d{6,14}$/), reference: null }
  }),
  accepted: (trackingId) => ({ status: 200, body: { trackingId, createdAt: '2027-06-01T10:00:00.000Z' } }),
  throttled: () => ({ status: 429, body: { code: '429000000', developerMessage: 'Too many requests' } }),
  refusedToken: () => ({ status: 401, body: { code: '401000000', developerMessage: 'The access token has expired' } }),
  failing: () => ({ status: 500, body: { code: '500000000', developerMessage: 'Internal error' } }),
  token: (isGood) =>
    isGood
      ? { status: 200, body: { access_token: 'day-token-1', token_type: 'bearer', expires_in: 3600 } }
      : { status: 401, body: { error: 'invalid_client', error_description: 'Bad client credentials' } },
  callback: ({ id, to, status, at, code }) => ({
    body: JSON.stringify({
      messageId: id,
      channel: 'whatsapp',
      event: `MessageStatus::${status === 'sent' ? 'accepted' : status}`,
      status: status === 'sent' ? 'accepted' : status,
      timestamp: iso(at),
      from: ` ${to} `,
      details: { from: to, ...(code !== undefined && { code: `whatsapp::external::${code}`, message: 'no' }) },
    }),
    headers: {},
  }),
  known: ([message]) =>
    message === undefined
      ? { status: 404, body: { code: '404009000', developerMessage: 'not found' } }
      : {
          status: 200,
          body: {
            trackingId: message.id,
            history: message.news.map(({ status, at }) => ({
              date: iso(at),
              status: status === 'sent' ? 'accepted' : status,
            })),
          },
        },
}

const zixflow: StandIn = {
  title: 'Zixflow',
  provider: 'zixflow',
  credentials: { phoneId: '104000000000000', apiKey: 'day-key' },
  content: template,
  tellsWhy: true,
  hasReference: false,
  read: strict((call) => {
    same('authorization', call.headers.authorization, 'Bearer day-key')
    if (call.method !== 'POST' || call.path !== '/api/v1/campaign/whatsapp/send') return other
    const body = bodyOf(
      call,
      ['to', 'phoneId', 'templateName', 'language', 'variables'],
      ['source', 'linkWithRecord', 'submissionStatus', 'reportURL'],
    )
    same('language', body.language, 'en')
    keysOf(body.variables, ['body_1'])
    return { kind: 'send', to: digits(body.to, /^[1-9]\d{6,14}$/), reference: null }
  }),
  accepted: (messageId) => ({ status: 200, body: { status: true, message: 'Success', campaignId: 'c1', messageId } }),
  throttled: () => ({ status: 429, body: { status: false, message: 'Too many requests' } }),
  refusedToken: () => ({ status: 401, body: { status: false, message: 'Unauthorised' } }),
  failing: () => ({ status: 500, body: { status: false, message: 'Internal error' } }),
  callback: ({ id, to, status, at, code }) => ({
    body: JSON.stringify({
      messageId: id,
      to,
      status,
      status_at: iso(at),
      remark: code === undefined ? '' : `(#${code}) no`,
    }),
    headers: {},
  }),
}

const zixflowAi: StandIn = {
  ...zixflow,
  title: 'Zixflow AI',
  credentials: { phoneId: '104000000000000', apiKey: 'day-key', api: 'ai', workspaceId: 'workspace-1' },
  hasReference: true,
  read: strict((call: Call) => {
    same('x-api-key', call.headers['x-api-key'], 'day-key')
    same('x-workspace-id', call.headers['x-workspace-id'], 'workspace-1')
    const [path, query] = call.path.split('?')
    if (path === '/api/data/messages/v1/delivery-report')
      return { kind: 'lookUp', id: new URLSearchParams(query).get('request_id') ?? '' }
    if (call.method !== 'POST' || path !== '/api/ingest/whatsapp/v1/template/send') return other
    const body = bodyOf(
      call,
      ['recipient', 'phone_id', 'template_name', 'language', 'variables'],
      ['post_back_url', 'post_back_data'],
    )
    keysOf(body.variables, ['body_1'])
    const to = digits(body.recipient, /^[1-9]\d{6,14}$/)
    return { kind: 'send', to, reference: (body.post_back_data as string) ?? null }
  }),
  accepted: (request_id) => ({ status: 200, body: { success: true, message: 'queued', request_id } }),
  throttled: () => ({ status: 429, body: { success: false, message: 'Too many requests' } }),
  refusedToken: () => ({ status: 401, body: { success: false, message: 'Unauthorised' } }),
  failing: () => ({ status: 500, body: { success: false, message: 'Internal error' } }),
  callback: ({ id, to, reference, status, at, code }) => ({
    body: JSON.stringify({
      type: 'delivery_status',
      channel: 'whatsapp',
      request_id: id,
      recipient: to,
      status,
      remark: code === undefined ? '' : `(#${code}) no`,
      status_at: iso(at),
      post_back_data: reference,
    }),
    headers: {},
  }),
  known: ([message]) => {
    const last = message?.news.at(-1)
    const data = message && {
      request_id: message.id,
      recipient: message.to,
      status: last?.status ?? 'sent',
      statusAt: iso(last?.at ?? message.at),
      remark: last?.code === undefined ? '' : `(#${last.code}) no`,
    }
    return { status: 200, body: { success: true, data: data ?? {} } }
  },
}

export const standIns = [meta, bird, oneMsg, routee, zixflow, zixflowAi]

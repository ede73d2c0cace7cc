// The restated schema itself: takes requests as Bird shows them, and not those that Bird's own schema refuses.
import { expect, it } from 'vitest'
import { createMessage, messageBody } from './create-message.ts'

const receiver = { contacts: [{ identifierKey: 'phonenumber', identifierValue: '+15550100001' }] }
const text = { type: 'text', text: { text: 'Answering your question' } }

it('takes a request with every option', () => {
  const full = {
    receiver,
    template: {
      projectId: '3f1d8a5e-6f0e-4a39-9a44-0c5b0d5f1a01',
      version: 'latest',
      locale: 'en',
      parameters: [{ type: 'string', key: 'first_name', value: 'Ada' }],
    },
    reference: 'cmp_42:rcp_1001:att_1',
    tags: ['spring sale', 'cmp-42'],
    scheduledFor: '2026-12-01T09:00:00Z',
    validity: 86400,
    capFrequency: true,
    ignoreQuietHours: false,
    ignoreGlobalHoldout: false,
    enableLinkTracking: true,
    meta: {
      extraInformation: { useCase: 'marketing', engineRunId: 'run_7' },
      campaign: { id: '8c0d6a58-7d5b-4d3f-9a0e-2f3a1b4c5d6e', name: 'Spring sale' },
    },
    notification: { url: 'https://hooks.example.test/webhooks/bird' },
  }
  expect(createMessage.safeParse(full).error).toBeUndefined()
})

it('takes what is quoted beside the body, and not within it', () => {
  const replyTo = { id: '1f2e3d4c-0000-4000-8000-00000000000a', type: 'message' }
  expect(createMessage.safeParse({ receiver, body: text, replyTo }).success).toBe(true)
  expect(createMessage.safeParse({ receiver, body: { ...text, replyTo } }).success).toBe(false)
})

it.each<[string, unknown]>([
  ['a location request without its text around it', { text: 'Where?', actions: [{ type: 'locationRequest' }] }],
  ['an action that Bird does not have', { type: 'text', text: { text: 'Hi', actions: [{ type: 'call' }] } }],
  ['a file without its type', { type: 'file', file: { files: [{ mediaUrl: 'https://cdn.example.test/p.pdf' }] } }],
  ['a misspelt key', { type: 'image', image: { images: [{ mediaURL: 'https://cdn.example.test/a.png' }] } }],
])('refuses %s', (_, body) => {
  expect(messageBody.safeParse(body).success).toBe(false)
})

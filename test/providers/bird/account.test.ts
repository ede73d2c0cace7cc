// Calls about the account: subscriptions for callbacks, files, templates of Studio.
import { expect, it } from 'vitest'
import type { BirdTemplate } from '../../../src/emulator/bird/options.ts'
import type { FaultRule } from '../../../src/emulator/fault-script.ts'
import { type Connected, connect, pngFile } from '../connected.ts'
import { bird, channelId, organizationId, signingKey, workspaceId } from './support.ts'

function requestsOf({ emulator }: Connected) {
  return emulator.ledger.flatMap((entry) => (entry.kind === 'request' ? [entry] : []))
}

const address = 'https://herald.example.test/webhooks/main/token'

it('subscribes to the three events of the channel, under the organization when the sender names it', async () => {
  const connected = await connect(bird, { settings: { ...bird.settings, organizationId } })
  expect(await connected.driver.setWebhook?.(address)).toEqual({ ok: true, value: { url: address } })
  const requests = requestsOf(connected)
  expect(requests.map(({ path }) => path)).toEqual(
    Array(3).fill(`/bird/organizations/${organizationId}/workspaces/${workspaceId}/webhook-subscriptions`),
  )
  expect(requests.map(({ body }) => JSON.parse(body ?? ''))).toEqual(
    ['whatsapp.outbound', 'whatsapp.inbound', 'whatsapp.interaction'].map((event) => ({
      service: 'channels',
      event,
      url: address,
      signingKey,
      eventFilters: [{ key: 'channelId', value: channelId }],
    })),
  )
})

it('subscribes under the workspace alone without an organization', async () => {
  const connected = await connect(bird)
  expect(await connected.driver.setWebhook?.(address)).toMatchObject({ ok: true })
  expect(requestsOf(connected)[0]?.path).toBe(`/bird/workspaces/${workspaceId}/webhook-subscriptions`)
})

it('asks for a place, puts the file there without the key, and names it by its address', async () => {
  const connected = await connect(bird)
  const answer = await connected.driver.uploadMedia?.(pngFile)
  expect(answer).toEqual({ ok: true, value: { mediaId: expect.stringMatching(/^https:\/\/media\.api\.bird\.com\//) } })
  const [asked, put] = requestsOf(connected)
  expect(asked).toMatchObject({
    path: `/bird/workspaces/${workspaceId}/channel-media/presigned-upload`,
    body: '{"contentType":"image/png"}',
  })
  expect(put).toMatchObject({ method: 'POST', operation: 'media.upload', verdict: 'served' })
  expect(put?.headers).not.toHaveProperty('authorization')
})

it('says that a file cannot be kept when Bird names no place for it', async () => {
  const action = { type: 'answer' as const, status: 200, body: { mediaUrl: 'https://media.api.bird.com/x' } }
  const { driver } = await connect(bird, {
    script: [{ match: { operation: 'media.presign' }, phase: 'before', action }],
  })
  expect(await driver.uploadMedia?.(pngFile)).toMatchObject({ ok: false, error: { code: 'no_upload_url' } })
})

it('tells that the channel answers, and the latest message', async () => {
  const { driver, emulator } = await connect(bird)
  expect(await driver.checkAccount?.()).toEqual({
    ok: true,
    value: [{ name: 'channel', value: 'answers to this key', isProblem: false }],
  })
  emulator.setScript([
    {
      match: { operation: 'any' },
      phase: 'before',
      action: { type: 'answer', status: 404, body: { code: 'NotFound', message: 'channel not found' } },
    },
  ])
  expect(await driver.checkAccount?.()).toMatchObject({ ok: false, error: { code: 'NotFound' } })
})

const projectId = '3f1d8a5e-6f0e-4a39-9a44-0c5b0d5f1a01'
const templates: BirdTemplate[] = [
  { projectId, name: 'Spring sale', version: 'v1', status: 'inactive', locales: ['en'], variables: ['old'] },
  { projectId, name: 'Spring sale', version: 'v2', locales: ['en', 'pt-BR'], variables: ['first_name', 'imageURL'] },
  { projectId: 'p2', name: 'Reminder', version: 'v3', status: 'rejected', category: 'UTILITY' },
]

it('lists one template for each language, by the version in force, with the names of its values', async () => {
  const { driver } = await connect({ ...bird, emulator: { bird: { templates } } })
  const answer = await driver.templates?.list?.()
  const shape = { header: null, body: ['first_name', 'imageURL'], isNamed: true, buttons: [], cards: [] }
  const spring = {
    name: projectId,
    title: 'Spring sale',
    status: 'approved',
    category: 'MARKETING',
    namespace: 'v2',
    shape,
  }
  expect(answer).toMatchObject({
    ok: true,
    value: [
      { ...spring, language: 'en' },
      { ...spring, language: 'pt-BR' },
      { name: 'p2', title: 'Reminder', language: 'en', status: 'rejected', category: 'UTILITY' },
    ],
  })
})

it('reads the blocks of a template for WhatsApp in each language, as far as they can be read', async () => {
  const text = (role: string, words: string) => ({ type: 'text', role, text: { text: words } })
  const blocks = [
    { type: 'image', role: 'header', image: { mediaUrl: '{{imageURL}}' } },
    text('body', 'Hi {{first_name}}'),
    text('footer', 'Example Ltd'),
    { type: 'link-action', linkAction: { text: 'Shop', url: 'https://example.test/{{url}}' } },
    { type: 'reply-action', replyAction: { text: 'Stop' } },
    { type: 'spacer' },
  ]
  const file = { type: 'file', role: 'header', file: { contentType: 'video/mp4' } }
  const platformContent = [
    { platform: 'sms', locale: 'en', blocks: [text('body', 'SMS')] },
    { platform: 'whatsapp', locale: 'en', blocks },
    { platform: 'whatsapp', locale: 'de', blocks: [file, text('body', 'Hallo')] },
  ]
  const given: BirdTemplate[] = [{ projectId, locales: ['en', 'de', 'fr'], platformContent }, { projectId: 'p2' }]
  const { driver } = await connect({ ...bird, emulator: { bird: { templates: given } } })
  const answer = await driver.templates?.list?.()
  const english = {
    header: { type: 'image', text: '{{imageURL}}' },
    body: 'Hi {{first_name}}',
    footer: 'Example Ltd',
    buttons: [
      { index: 0, title: 'Shop', url: 'https://example.test/{{url}}' },
      { index: 1, title: 'Stop', url: null },
    ],
    cards: [],
  }
  const german = { header: { type: 'video', text: null }, body: 'Hallo', footer: null, buttons: [], cards: [] }
  expect(answer?.ok && answer.value.map((template) => template.text)).toEqual([english, german, english, null])
})

it('reads every page of projects', async () => {
  const many = Array.from({ length: 103 }, (_, n) => ({ projectId: `p${n}`, name: `Template ${n}` }))
  const { driver } = await connect({ ...bird, emulator: { bird: { templates: many } } })
  const answer = await driver.templates?.list?.()
  expect(answer?.ok && answer.value.map(({ name }) => name)).toEqual(many.map((one) => one.projectId))
})

it('makes a template in three steps: project, version, submission', async () => {
  const connected = await connect(bird)
  const template = { defaultLocale: 'en', platformContent: [], variables: [{ key: 'first_name', type: 'string' }] }
  const answer = await connected.driver.templates?.create?.({
    name: 'Spring sale',
    description: 'For spring',
    template,
  })
  if (!answer?.ok) throw new Error(JSON.stringify(answer))
  expect(answer.value.status).toBe('active')
  const path = `/bird/workspaces/${workspaceId}/projects`
  const requests = requestsOf(connected).map((one) => [one.method, one.path, JSON.parse(one.body ?? '')])
  expect(requests).toEqual([
    ['POST', path, { name: 'Spring sale', description: 'For spring', type: 'channelTemplate' }],
    ['POST', `${path}/${answer.value.name}/channel-templates`, template],
    [
      'PUT',
      expect.stringMatching(new RegExp(`^${path}/${answer.value.name}/channel-templates/[0-9a-f-]{36}/activate$`)),
      {},
    ],
  ])
})

it.each(['templates.create', 'templates.activate'])(
  'V10, V11: leaves no project behind when %s fails, and says so when it has to',
  async (operation) => {
    const refusal = { type: 'providerError', code: 'InvalidPayload' } as const
    const script: FaultRule[] = [{ match: { operation }, phase: 'before', action: refusal }]
    const definition = { name: 'Spring sale', template: { defaultLocale: 'en' } }
    const connected = await connect(bird, { script })
    expect(await connected.driver.templates?.create?.(definition)).toMatchObject({
      ok: false,
      error: { code: 'InvalidPayload', advice: expect.not.stringContaining('Studio') },
    })
    expect(await connected.driver.templates?.list?.()).toEqual({ ok: true, value: [] })
    const blocked = await connect(bird, {
      script: [...script, { match: { operation: 'projects.delete' }, phase: 'before', action: refusal }],
    })
    expect(await blocked.driver.templates?.create?.(definition)).toMatchObject({
      ok: false,
      error: { advice: expect.stringMatching(/Delete the project [0-9a-f-]{36} in Studio/) },
    })
  },
)

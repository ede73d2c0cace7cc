// Templates from the provider to the launch: kept by a sync, changed by callbacks, held against what a campaign sends.
import { expect, it, onTestFinished } from 'vitest'
import { startEmulator } from '../../../src/emulator/emulator.ts'
import type { KnownTemplate } from '../../../src/emulator/meta/options.ts'
import { showCampaign } from '../../../src/engine/campaigns/campaign-view.ts'
import { previewContent } from '../../../src/engine/campaigns/content-preview.ts'
import { launchByOperator } from '../../../src/engine/campaigns/launch.ts'
import { resumeByOperator } from '../../../src/engine/campaigns/lifecycle.ts'
import { prepareTest } from '../../../src/engine/campaigns/test-send.ts'
import { addSender, showSender } from '../../../src/engine/senders/senders.ts'
import { pageTemplates } from '../../../src/engine/senders/template-list.ts'
import {
  askForTemplates,
  createTemplate,
  listSendersToAsk,
  removeTemplate,
  syncTemplates,
} from '../../../src/engine/senders/templates.ts'
import { pauseSender } from '../../../src/store/senders.ts'
import { outgoing } from '../../providers/connected.ts'
import { applyDue, metaEnvelope, storeCallback } from '../../support/callbacks.ts'
import {
  addMeta,
  addSandbox,
  addTestCampaign,
  importPeople,
  openTestApp,
  type TestApp,
} from '../../support/open-test-app.ts'

const sale: KnownTemplate = { name: 'spring_sale', language: 'en', bodyParameters: 2 }
const content = (change: object = {}) => ({
  type: 'template',
  template: 'spring_sale',
  language: 'en',
  body: ['{{ first_name | default: "there" }}', '20%'],
  ...change,
})
const credentials = {
  phoneNumberId: '1060000000000001',
  wabaId: '1000000000000001',
  accessToken: 'test-token',
  appSecret: 'test-secret',
}

async function setup(templates: KnownTemplate[], accounts: Record<string, unknown>[] = [{}]) {
  const test = await openTestApp()
  const emulator = await startEmulator({ dialects: ['meta'], meta: { templates } })
  onTestFinished(() => emulator[Symbol.asyncDispose]())
  for (const account of accounts) await addMeta(test, { baseUrl: emulator.baseUrl('meta'), credentials, ...account })
  await importPeople(test, 2)
  return { test, emulator }
}

const sync = ({ ctx, app }: TestApp, sender?: string) => syncTemplates(ctx, app.connections, sender)

async function news(test: TestApp, value: Record<string, unknown>, field = 'message_template_status_update') {
  const which = { message_template_id: 1, message_template_name: 'spring_sale', message_template_language: 'en' }
  await storeCallback(test, metaEnvelope({ ...which, ...value }, field))
  await applyDue(test)
}

it('keeps what the provider lists, and tells what a second sync changed', async () => {
  const { test } = await setup([sale, { name: 'old', language: 'en' }])
  const first = { sender: 'main', templates: 2, added: 2, changed: 0, removed: 0, syncedAt: '2027-06-01T10:00:00Z' }
  expect(await sync(test, 'main')).toEqual([first])
  expect(await sync(test)).toEqual([{ ...first, added: 0 }])
  await removeTemplate(test.ctx, test.app.connections, { sender: 'main', name: 'old' })
  await createThrough(test)
  expect(await sync(test)).toMatchObject([{ templates: 2, added: 0, changed: 0, removed: 0 }])
  const templates = await pageTemplates(test.ctx, { limit: 100 })
  expect(templates.map(({ sender, name, status }) => `${sender} ${name} ${status}`)).toEqual([
    'main new_one approved',
    'main spring_sale approved',
  ])
  expect(templates[1]?.shape?.body).toEqual(['1', '2'])
})

async function createThrough({ ctx, app }: TestApp): Promise<void> {
  const components = [{ type: 'BODY', text: 'Hello' }]
  const definition = { name: 'new_one', language: 'en', category: 'UTILITY', components }
  expect(await createTemplate(ctx, app.connections, { sender: 'main', definition })).toEqual({
    sender: 'main',
    name: 'new_one',
    status: 'approved',
  })
}

it('shows a template as the recipient reads it once the provider told of it', async () => {
  const { test } = await setup([{ ...sale, header: 'TEXT', headerParameters: 1, buttonParameters: 1 }])
  const request = {
    sender: 'main',
    audience: { lists: ['people'] },
    content: content({
      header: { type: 'text', text: '{{ first_name }}' },
      buttons: [{ index: 0, type: 'url', value: '{{ first_name }}' }],
    }),
  }
  expect(await previewContent(test.ctx, request)).toMatchObject({ template: null, content: { body: ['N0', '20%'] } })
  await sync(test)
  expect((await previewContent(test.ctx, request)).template).toEqual({
    header: { type: 'text', text: 'News for N0' },
    body: 'Hello N0 20%',
    footer: null,
    buttons: [{ index: 0, title: 'Open 0', url: 'https://example.test/s/N0', code: null }],
    cards: [],
  })
  const { sender, ...rest } = request
  expect((await previewContent(test.ctx, rest)).template).toBeNull()
  await expect(previewContent(test.ctx, { ...rest, sender: 'nobody' })).rejects.toMatchObject({
    code: 'sender.not_found',
  })
})

it('launches with a template that is approved and whose values fit, without a warning', async () => {
  const { test } = await setup([sale])
  await sync(test)
  await addTestCampaign(test, { content: content() })
  expect((await launchByOperator(test.ctx, 'Spring sale')).warnings.join()).not.toContain('template')
})

it('warns at a launch when nothing is known, because nobody asked yet', async () => {
  const { test } = await setup([sale])
  await addTestCampaign(test, { content: content() })
  const { warnings } = await launchByOperator(test.ctx, 'Spring sale')
  expect(warnings.join()).toContain('herald templates sync "main"')
})

it.each(['PENDING', 'REJECTED', 'PAUSED', 'DISABLED'] as const)(
  'refuses to launch when the template is %s',
  async (status) => {
    const { test } = await setup([{ ...sale, status }])
    await sync(test)
    await addTestCampaign(test, { content: content() })
    const refusal = { code: 'template.not_usable', message: expect.stringContaining(status.toLowerCase()) }
    await expect(launchByOperator(test.ctx, 'Spring sale')).rejects.toMatchObject(refusal)
    await expect(prepareTest(test.ctx, 'Spring sale', '+12025550199')).rejects.toMatchObject(refusal)
    expect((await showCampaign(test.ctx, 'Spring sale')).status).toBe('draft')
  },
)

it('refuses to launch with another number of values, another language or an unknown name', async () => {
  const { test } = await setup([sale])
  await sync(test)
  const refusal = async (name: string, change: object) => {
    await addTestCampaign(test, { name, content: content(change) })
    return launchByOperator(test.ctx, name).catch((error: unknown) => error)
  }
  expect(await refusal('One value', { body: ['Ada'] })).toMatchObject({
    code: 'template.parameter_count',
    message: 'content/body: the template takes 2 values, the campaign gives 1',
  })
  expect(await refusal('German', { language: 'de' })).toMatchObject({ code: 'template.not_usable' })
  expect(await refusal('Mistyped', { template: 'spring_sales' })).toMatchObject({
    code: 'template.not_usable',
    hint: expect.stringContaining('Did you mean "spring_sale"?'),
  })
})

it('says nothing of templates where the provider tells nothing', async () => {
  const test = await openTestApp()
  await addSandbox(test)
  await importPeople(test, 1)
  await addTestCampaign(test, { content: content() })
  expect((await launchByOperator(test.ctx, 'Spring sale')).warnings).toEqual([])
  await expect(sync(test, 'main')).rejects.toMatchObject({ code: 'provider.cannot' })
  expect(await sync(test)).toEqual([])
})

it('keeps the old list when the provider refuses to list', async () => {
  const { test, emulator } = await setup([sale])
  await sync(test)
  emulator.setScript([{ match: { operation: 'any' }, phase: 'before', action: { type: 'providerError', code: 190 } }])
  await expect(sync(test)).rejects.toMatchObject({ code: 'provider.refused', details: { code: '190' } })
  expect(await pageTemplates(test.ctx, { sender: 'main', limit: 100 })).toHaveLength(1)
})

it('pauses campaigns whose template WhatsApp has paused, and no others', async () => {
  const { test } = await setup([sale, { name: 'other', language: 'en', bodyParameters: 2 }])
  await sync(test)
  for (const template of ['spring_sale', 'other']) {
    await addTestCampaign(test, { name: template, content: content({ template }) })
    await launchByOperator(test.ctx, template)
  }
  await news(test, { event: 'PAUSED', reason: 'NONE', other_info: { title: 'FIRST_PAUSE' } })
  expect(await showCampaign(test.ctx, 'other')).toMatchObject({ status: 'scheduled' })
  expect(await showCampaign(test.ctx, 'spring_sale')).toMatchObject({
    status: 'paused',
    pauseReason: 'template_errors',
    pauseDetail: { code: 'template_paused', text: 'spring_sale: PAUSED: FIRST_PAUSE' },
  })
  await expect(resumeByOperator(test.ctx, 'spring_sale')).rejects.toMatchObject({
    code: 'campaign.needs_acknowledgement',
  })
  await news(test, { event: 'APPROVED', reason: 'NONE', other_info: { title: 'UNPAUSE' } })
  expect((await pageTemplates(test.ctx, { limit: 100 })).find(({ name }) => name === 'spring_sale')?.status).toBe(
    'approved',
  )
  expect(await resumeByOperator(test.ctx, 'spring_sale', { isAcknowledged: true })).toMatchObject({
    status: 'running',
  })
})

it('keeps quality and category as callbacks tell them, and a template that no sync has seen', async () => {
  const { test } = await setup([sale])
  await sync(test)
  await news(test, { previous_quality_score: 'GREEN', new_quality_score: 'RED' }, 'message_template_quality_update')
  await news(test, { previous_category: 'MARKETING', new_category: 'UTILITY' }, 'template_category_update')
  await news(test, { message_template_name: 'fresh', event: 'REJECTED', reason: 'INVALID_FORMAT' })
  expect(await pageTemplates(test.ctx, { limit: 100 })).toMatchObject([
    { name: 'fresh', status: 'rejected', statusDetail: 'REJECTED: INVALID_FORMAT', shape: null },
    { name: 'spring_sale', status: 'approved', quality: 'RED', category: 'UTILITY' },
  ])
})

it('keeps news of a template for every sender of the account, and for no other', async () => {
  const shared = { account: 'acme' }
  const { test } = await setup([sale], [shared, { ...shared, name: 'second' }, { name: 'third' }])
  await sync(test)
  await news(test, { event: 'DISABLED', reason: 'NONE' })
  expect((await pageTemplates(test.ctx, { limit: 100 })).map(({ sender, status }) => `${sender} ${status}`)).toEqual([
    'main disabled',
    'second disabled',
    'third approved',
  ])
})

it('V10: sets the namespace of a sender to the one that its templates have, unless someone set it', async () => {
  const test = await openTestApp()
  const onemsg = { namespace: 'aaaa_bbbb', templates: [{ name: 'spring_sale', language: 'en' }] }
  const emulator = await startEmulator({ dialects: ['onemsg'], onemsg })
  onTestFinished(() => emulator[Symbol.asyncDispose]())
  const baseUrl = emulator.baseUrl('onemsg')
  const account = { channelId: 'ABC123456789', token: 'test-token' }
  for (const [name, given] of [
    ['open', account],
    ['set', { ...account, namespace: 'cccc_dddd' }],
  ] as const)
    await addSender(test.ctx, { name, provider: 'onemsg', baseUrl, credentials: given })
  await sync(test)
  const namespaceOf = async (name: string) => (await showSender(test.ctx, name)).credentials.namespace
  expect(await namespaceOf('open')).toBe('aaaa_bbbb')
  expect(await namespaceOf('set')).toBe('cccc_dddd')
  const { driver } = await test.app.connections.getByName('open')
  const sent = { ...outgoing(), content: { type: 'template', template: 'spring_sale', language: 'en' } as const }
  expect(await driver.send(sent)).toMatchObject({ kind: 'accepted' })
})

it('D11: knows what was submitted at once, also while the provider does not list it, and forgets it when it never does', async () => {
  const { test, emulator } = await setup([sale])
  const { ctx, app, clock } = test
  await sync(test)
  // The provider takes the template, and cannot be asked for its list.
  const connected = await app.connections.getByName('main')
  const calls = connected.driver.templates
  if (calls?.list === undefined) throw new Error('no list')
  const list = calls.list.bind(calls)
  let isListed = false
  calls.list = async () => {
    const answer = await list()
    if (isListed || !answer.ok) return answer
    return { ...answer, value: answer.value.filter(({ name }) => name !== 'new_one') }
  }
  await createThrough(test)
  const told = async () =>
    (await pageTemplates(ctx, { sender: 'main', limit: 100 })).map(({ name, status }) => `${name} ${status}`)
  expect(await told()).toEqual(['new_one approved', 'spring_sale approved'])
  await sync(test)
  expect(await told()).toEqual(['new_one approved', 'spring_sale approved'])
  isListed = true
  expect(await sync(test)).toMatchObject([{ removed: 0, changed: 1 }])
  isListed = false
  expect(await sync(test)).toMatchObject([{ removed: 1 }])
  expect(await told()).toEqual(['spring_sale approved'])
  await removeTemplate(ctx, app.connections, { sender: 'main', name: 'new_one' })
  await createThrough(test)
  clock.advance(25 * 3_600_000)
  await sync(test)
  expect(await told()).toEqual(['spring_sale approved'])
  expect(emulator).toBeDefined()
})

it('D11: asks a new sender by itself, then every hour, and no one who cannot tell or is paused', async () => {
  const { test } = await setup([sale], [{ name: 'main' }, { name: 'second' }])
  const { ctx, app, clock } = test
  await addSandbox(test, { name: 'sandbox' })
  const toAsk = async () => {
    const ids = await listSendersToAsk(ctx)
    for (const id of ids) await askForTemplates(ctx, app.connections, id)
    return ids
  }
  await ctx.db.write((tx) => pauseSender(tx, 2, 'operator', null))
  expect(await toAsk()).toEqual([1])
  expect((await pageTemplates(ctx, { sender: 'main', limit: 100 })).map(({ name }) => name)).toEqual(['spring_sale'])
  expect(await toAsk()).toEqual([])
  clock.advance(3_599_000)
  expect(await toAsk()).toEqual([])
  clock.advance(2_000)
  expect(await toAsk()).toEqual([1])
})

it('D11: an account that lists no template at all is a doubt, not a refusal', async () => {
  const { test } = await setup([])
  await sync(test)
  await addTestCampaign(test, { content: content() })
  const { warnings } = await launchByOperator(test.ctx, 'Spring sale')
  expect(warnings).toContainEqual(expect.stringContaining('nothing is known of the template "spring_sale"'))
})

// What commands ask and set at a provider: `senders check`, `webhook set`, `upload`, and `templates`.
import { expect, it, onTestFinished } from 'vitest'
import { startEmulator } from '../../src/emulator/emulator.ts'
import type { MetaOptions } from '../../src/emulator/meta/options.ts'
import { pngFile } from '../providers/connected.ts'
import { cliFolder, expectRefusal, herald, writeIn } from '../support/cli.ts'

async function setup(meta: MetaOptions = {}, sender: Record<string, unknown> = {}) {
  const emulator = await startEmulator({ dialects: ['meta'], meta })
  onTestFinished(() => emulator[Symbol.asyncDispose]())
  const folder = cliFolder()
  const credentials = {
    phoneNumberId: '1060000000000001',
    wabaId: '1000000000000001',
    accessToken: 'test-token',
    appSecret: 'test-secret',
  }
  const definition = { name: 'main', provider: 'meta', baseUrl: emulator.baseUrl('meta'), credentials, ...sender }
  await herald(folder, 'senders', 'add', writeIn(folder, 'sender.json', JSON.stringify(definition)))
  return { folder, emulator }
}

const sandbox = { provider: 'sandbox', credentials: {} }

it('shows the state of an account', async () => {
  const { folder } = await setup({ phoneNumbers: [{ id: '1060000000000001', qualityRating: 'YELLOW' }] })
  const { exitCode, json } = await herald(folder, '--json', 'senders', 'check', 'main')
  expect(exitCode).toBe(0)
  expect(json).toMatchObject({ sender: 'main', provider: 'meta', ok: true })
  expect(json.facts).toContainEqual({ name: 'quality', value: 'YELLOW', isProblem: false })
  const table = await herald(folder, 'senders', 'check', 'main')
  expect(table.stdout).toMatch(/✓ quality +YELLOW/)
})

it('ends with 8 when nothing can be sent like this, with the answer still on stdout', async () => {
  const { folder } = await setup({ phoneNumbers: [{ id: '1060000000000001', canSendMessage: 'BLOCKED' }] })
  const { exitCode, json } = await herald(folder, '--json', 'senders', 'check', 'main')
  expect(exitCode).toBe(8)
  expect(json.ok).toBe(false)
  const told = await herald(folder, 'senders', 'check', 'main')
  expect(told.stderr).toContain('can send: phone number is BLOCKED')
})

it('ends with 6 when the provider refuses, cannot be reached, or has no such call', async () => {
  const refused = await setup({ accessToken: 'another-token' })
  await expectRefusal(refused.folder, ['senders', 'check', 'main'], {
    exitCode: 6,
    code: 'provider.refused',
    says: /190/,
  })
  const silent = await setup({}, { baseUrl: 'http://127.0.0.1:1' })
  await expectRefusal(silent.folder, ['senders', 'check', 'main'], { exitCode: 6, code: 'provider.unreachable' })
  const { folder } = await setup({}, sandbox)
  for (const argv of [
    ['senders', 'check', 'main'],
    ['senders', 'webhook', 'set', 'main'],
    ['templates', 'sync', 'main'],
  ])
    await expectRefusal(folder, argv, { exitCode: 6, code: 'provider.cannot' })
})

it('registers the address of the sender for callbacks, or another one', async () => {
  const { folder, emulator } = await setup()
  const { json: sender } = await herald(folder, '--json', 'senders', 'show', 'main')
  const set = await herald(folder, '--json', 'senders', 'webhook', 'set', 'main')
  expect(set.json).toEqual({ sender: 'main', url: sender.webhookUrl })
  const other = 'https://herald.example.test/webhooks/main/x'
  expect((await herald(folder, '--json', 'senders', 'webhook', 'set', 'main', '--url', other)).json.url).toBe(other)
  expect(emulator.ledger.map((entry) => JSON.parse(entry.body ?? '').override_callback_uri)).toEqual([
    sender.webhookUrl,
    other,
  ])
})

it('keeps a file at the provider, and refuses one that WhatsApp does not take', async () => {
  const { folder } = await setup()
  const { json } = await herald(
    folder,
    '--json',
    'senders',
    'upload',
    'main',
    writeIn(folder, 'dot.png', pngFile.bytes),
  )
  expect(json).toEqual({
    sender: 'main',
    mediaId: expect.stringMatching(/^\d{16}$/),
    mimeType: 'image/png',
    bytes: pngFile.bytes.length,
  })
  const upload = (file: string) => ['senders', 'upload', 'main', file]
  await expectRefusal(folder, upload(writeIn(folder, 'a.svg', '<svg/>')), { exitCode: 3, code: 'file.not_readable' })
  await expectRefusal(folder, upload('missing.png'), { exitCode: 3, code: 'file.not_found' })
})

it('syncs, lists, creates and deletes templates', async () => {
  const { folder } = await setup({ templates: [{ name: 'spring_sale', language: 'en', bodyParameters: 2 }] })
  expect((await herald(folder, '--json', 'templates', 'list')).json).toEqual([])
  const synced = await herald(folder, '--json', 'templates', 'sync', 'main')
  expect(synced.json).toMatchObject([{ sender: 'main', templates: 1, added: 1 }])
  const listed = await herald(folder, '--json', 'templates', 'list', 'main')
  expect(listed.json).toMatchObject([{ name: 'spring_sale', status: 'approved', shape: { body: ['1', '2'] } }])
  expect((await herald(folder, 'templates', 'list')).stdout).toMatch(/spring_sale +en +approved +MARKETING +body 2/)
  const file = writeIn(
    folder,
    'template.yaml',
    'name: hello\nlanguage: en\ncategory: UTILITY\ncomponents: [{ type: BODY, text: Hello }]\n',
  )
  const created = await herald(folder, '--json', 'templates', 'create', 'main', file)
  expect(created.json).toEqual({ sender: 'main', name: 'hello', status: 'approved' })
  await expectRefusal(folder, ['templates', 'create', 'main', file], { exitCode: 6, code: 'provider.refused' })
  await expectRefusal(folder, ['templates', 'delete', 'main', 'hello'], { exitCode: 2, code: 'usage.needs_yes' })
  const deleted = await herald(folder, '--json', 'templates', 'delete', 'main', 'hello', '--yes')
  expect(deleted.json).toEqual({ sender: 'main', name: 'hello' })
})

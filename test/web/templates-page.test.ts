// The page of templates: what was submitted is there at once, a new sender is asked without a click, and no sender is chosen by
// its name.
import { expect, it, onTestFinished } from 'vitest'
import { startEmulator } from '../../src/emulator/emulator.ts'
import { serveApi } from '../support/api-client.ts'
import { until } from '../support/fake-clock.ts'
import { addMeta } from '../support/open-test-app.ts'
import { visit } from '../support/visitor.ts'

const credentials = {
  phoneNumberId: '1060000000000001',
  accessToken: 'test-token',
  appSecret: 'test-secret',
  wabaId: '1000000000000001',
}
const definition = JSON.stringify({
  name: 'winter_offer',
  language: 'en',
  category: 'MARKETING',
  components: [{ type: 'BODY', text: 'Hello' }],
})

async function open() {
  const emulator = await startEmulator({
    dialects: ['meta'],
    meta: { templates: [{ name: 'known_one', language: 'en' }] },
  })
  onTestFinished(() => emulator[Symbol.asyncDispose]())
  const client = await serveApi()
  await addMeta(client, { name: 'shop', baseUrl: emulator.baseUrl('meta'), credentials })
  return { client, visitor: await visit(client), emulator }
}

it('D11: shows what was submitted at once, with its status, and never that nothing is known', async () => {
  const { visitor } = await open()
  const sent = await visitor.post('/templates/new', { sender: 'shop', definition })
  expect([sent.status, sent.headers.get('location')]).toEqual([303, '/templates?sender=shop'])
  const { text } = await visitor.get('/templates?sender=shop')
  expect(text).toMatch(/<bdi>winter_offer<\/bdi>/)
  expect(text).not.toContain('No template is known')
})

it('D11: asks a new sender by itself, and says when it asked', async () => {
  const { client, visitor } = await open()
  expect((await visitor.get('/templates?sender=shop')).text).toMatch(
    /Herald asks a new sender for its templates within a minute|known_one/,
  )
  let text = ''
  await until(client.clock, async () => {
    text = (await visitor.get('/templates?sender=shop')).text
    return text.includes('known_one')
  })
  expect(text).toMatch(/Herald asks for templates every hour\. Asked last: <bdi>shop<\/bdi> <time[^>]*>1 Jun 2027/)
})

it('D9: chooses no sender for a template where several take one', async () => {
  const { client, visitor, emulator } = await open()
  expect((await visitor.get('/templates/new')).text).not.toContain('Choose a sender')
  await addMeta(client, { name: 'a shop', account: 'other', baseUrl: emulator.baseUrl('meta'), credentials })
  expect((await visitor.get('/templates/new')).text).toMatch(/<option value="" selected[^>]*>Choose a sender</)
  const refused = await visitor.post('/templates/new', { sender: '', definition })
  expect([refused.status, refused.text]).toEqual([422, expect.stringContaining('Choose the sender that it is for.')])
})

// The account of a sender as it changes: secrets and settings that take the place of the old, and what stays.
import { expect, it } from 'vitest'
import { openCredentials } from '../../../src/engine/senders/sender-secrets.ts'
import { setSender, showSender } from '../../../src/engine/senders/senders.ts'
import { getSender } from '../../../src/store/senders.ts'
import { serveApi } from '../../support/api-client.ts'
import { addMeta, openTestApp, type TestApp } from '../../support/open-test-app.ts'
import { visit } from '../../support/visitor.ts'

const opened = async ({ ctx }: TestApp) => openCredentials(ctx, await ctx.db.read((tx) => getSender(tx, 'main')))

it('takes what is named and keeps the rest, secrets unseen', async () => {
  const test = await openTestApp()
  await addMeta(test)
  const before = await opened(test)
  const changed = await setSender(test.ctx, 'main', { credentials: { accessToken: 'a newer token' } })
  expect(changed.credentials).toMatchObject({ accessToken: '(stored)', appSecret: '(stored)' })
  expect(await opened(test)).toEqual({ ...(before as object), accessToken: 'a newer token' })
  const { credentials } = await test.ctx.db.read((tx) => getSender(tx, 'main'))
  expect(JSON.stringify(credentials)).not.toContain('a newer token')
})

it('is refused whole when something is wrong with it, and stays as it was', async () => {
  const test = await openTestApp()
  await addMeta(test)
  const before = await opened(test)
  const change = { credentials: { accessToken: 'newer', phoneNumberId: null, nothing: 'x' } }
  await expect(setSender(test.ctx, 'main', change)).rejects.toMatchObject({ code: 'sender.invalid' })
  expect(await opened(test)).toEqual(before)
})

it('is changed over the API and on a page by administrators, without reaching into the machine', async () => {
  const client = await serveApi()
  await addMeta(client)
  const change = { credentials: { accessToken: 'over the API' } }
  const patch = (body: unknown, as: 'admin' | 'sender') => client.api('/senders/main', { method: 'PATCH', body, as })
  expect((await patch(change, 'sender')).status).toBe(403)
  expect((await patch({ credentials: { accessToken: { env: 'HOME' } } }, 'admin')).status).toBe(403)
  expect((await patch(change, 'admin')).body.credentials.accessToken).toBe('(stored)')
  expect(await opened(client)).toMatchObject({ accessToken: 'over the API' })

  const visitor = await visit(client)
  const { id } = await showSender(client.ctx, 'main')
  const page = await visitor.get(`/senders/${id}/account`)
  expect(page.text).toMatch(/value="1060000000000001" id="setting\.phoneNumberId"/)
  expect(page.text).not.toContain('over the API')
  const typed = {
    'setting.phoneNumberId': '1060000000000002',
    'setting.accessToken': '',
    'setting.appSecret': 'new one',
  }
  expect((await visitor.post(`/senders/${id}/account`, typed)).headers.get('location')).toBe(`/senders/${id}`)
  expect(await opened(client)).toMatchObject({
    phoneNumberId: '1060000000000002',
    accessToken: 'over the API',
    appSecret: 'new one',
  })
  const wrong = await visitor.post(`/senders/${id}/account`, { ...typed, 'setting.phoneNumberId': '' })
  expect([wrong.status, wrong.text.includes('Is missing')]).toEqual([422, true])
})

it('is given anew after the key of the installation was lost', async () => {
  const test = await openTestApp({ env: { HERALD_SECRET_KEY: 'a'.repeat(64) } })
  await addMeta(test)
  const address = (await showSender(test.ctx, 'main')).webhookUrl
  const other = await openTestApp({ dir: test.dir, clock: test.clock, env: { HERALD_SECRET_KEY: 'b'.repeat(64) } })
  await expect(showSender(other.ctx, 'main')).rejects.toMatchObject({ code: 'config.secret_unreadable' })
  const half = { credentials: { accessToken: 'again' } }
  await expect(setSender(other.ctx, 'main', half)).rejects.toMatchObject({ code: 'config.secret_unreadable' })
  const whole = { credentials: { accessToken: 'again', appSecret: 'again too' } }
  expect((await setSender(other.ctx, 'main', whole)).webhookUrl).not.toBe(address)
  expect(await opened(other)).toMatchObject({ accessToken: 'again', appSecret: 'again too' })
})

// Two nodes on one database and one folder: a login, a key, a request that is sent again and an upload are known to whichever
// of them answers. On SQLite they are two processes on one file, on PostgreSQL two machines.
import { renameSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { diagnose } from '../../src/engine/service/doctor.ts'
import { type ApiClient, serveApi } from '../support/api-client.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { addTestCampaign, openTestApp } from '../support/open-test-app.ts'
import { visit, visitorOf } from '../support/visitor.ts'

/** The address of a second node, beside the first. */
async function besides({ dir, clock }: ApiClient): Promise<string> {
  const { app } = await openTestApp({ dir, clock, env: { HERALD_PORT: '0' } })
  const running = await app.serve()
  onTestFinished(async () => running[Symbol.asyncDispose]())
  return running.url
}

async function upload(client: ApiClient): Promise<string> {
  const headers = { 'content-type': 'text/csv' }
  const { body } = await client.api('/uploads', { method: 'POST', headers, body: 'phone\n+12025550101\n' })
  return body.id
}

const get = async (base: string, path: string, key: string) => {
  const response = await fetch(`${base}/api/v1${path}`, { headers: { authorization: `Bearer ${key}` } })
  return { status: response.status, body: (await response.json()) as { items?: unknown[] } }
}

it('a login, its end and a revoked key hold at both', async () => {
  const first = await serveApi()
  const base = await besides(first)
  const here = await visit(first)
  const session = here.cookie.slice(here.cookie.indexOf('=') + 1)
  const there = visitorOf(base, session, here.csrf)
  expect((await there.get('/')).status).toBe(200)
  expect((await get(base, '/me', first.keys.viewer)).status).toBe(200)
  const keys = (await first.api('/keys')).body.items as { id: string; name: string }[]
  const viewer = keys.find(({ name }) => name === 'viewer')?.id
  expect((await first.api(`/keys/${viewer}`, { method: 'DELETE' })).status).toBeLessThan(300)
  expect((await get(base, '/me', first.keys.viewer)).status).toBe(401)
  await there.post('/logout')
  expect((await here.get('/')).status).toBe(302)
})

it('a request that is sent again to the other node gets the first answer', async () => {
  const first = await serveApi()
  const base = await besides(first)
  const headers = {
    'idempotency-key': 'a-1',
    authorization: `Bearer ${first.keys.admin}`,
    'content-type': 'application/json',
  }
  const body = JSON.stringify({ name: 'grace', role: 'editor', password: 'violet anchor pebble' })
  const send = (to: string) => fetch(`${to}/api/v1/users`, { method: 'POST', headers, body })
  const answers = [await send(first.base), await send(base)]
  expect(answers.map(({ status }) => status)).toEqual([201, 201])
  expect(answers[1]?.headers.get('idempotency-replayed')).toBe('true')
  expect((await first.api('/users')).body.items).toHaveLength(2)
})

it('an upload of one is imported by the other, and what is written there shows here', async () => {
  const first = await serveApi({ clock: new FakeClock(Date.now()) })
  const base = await besides(first)
  const id = await upload(first)
  const started = await fetch(`${base}/api/v1/imports`, {
    method: 'POST',
    headers: { authorization: `Bearer ${first.keys.admin}`, 'content-type': 'application/json' },
    body: JSON.stringify({ upload: id, list: 'people' }),
  })
  expect(started.status).toBe(202)
  await expect.poll(async () => (await first.api('/lists')).body.items[0]?.contacts).toBe(1)
  await addTestCampaign(first, { sender: 'sandbox', content: { type: 'text', text: 'Hello' } })
  expect((await get(base, '/campaigns', first.keys.admin)).body.items).toHaveLength(1)
})

it('a folder that is not shared is named, by the refusal and by the diagnosis', async () => {
  const first = await serveApi()
  const id = await upload(first)
  renameSync(join(first.dir, 'uploads'), join(first.dir, 'uploads-of-another-machine'))
  const refused = await first.api('/imports', { method: 'POST', body: { upload: id, list: 'people' } })
  expect([refused.status, refused.body.code]).toEqual([404, 'upload.not_found'])
  expect(JSON.stringify(refused.body)).toContain('folder that all of them share')
  const { findings } = await diagnose(first.ctx)
  expect(findings.find(({ check }) => check === 'files')).toMatchObject({
    ok: false,
    detail: expect.stringContaining('HERALD_FILES_FOLDER'),
  })
})

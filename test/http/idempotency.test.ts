// The same request sent twice: once done, the first answer again. Another request under the same key is refused.
import { expect, it } from 'vitest'
import { addKey } from '../../src/engine/accounts/keys.ts'
import { beginRequestOnce } from '../../src/engine/service/idempotency.ts'
import { documentOf } from '../support/all-routes.ts'
import { type ApiClient, serveApi } from '../support/api-client.ts'
import { openTestApp } from '../support/open-test-app.ts'

const withKey = (key: string) => ({ 'idempotency-key': key })

function addUserOnce(client: ApiClient, key: string, change: Record<string, unknown> = {}) {
  const body = { name: 'grace', role: 'editor', password: 'violet anchor pebble', ...change }
  return client.api('/users', { method: 'POST', body, headers: withKey(key) })
}

it('gives the first answer again, and says so', async () => {
  const client = await serveApi()
  const first = await addUserOnce(client, 'a-1')
  const second = await addUserOnce(client, 'a-1')
  expect([first.status, first.headers.get('idempotency-replayed')]).toEqual([201, null])
  expect([second.status, second.headers.get('idempotency-replayed')]).toEqual([201, 'true'])
  expect(second.body).toEqual(first.body)
  expect((await client.api('/users')).body.items).toHaveLength(2)
})

it('gives a refusal again too, as a problem', async () => {
  const client = await serveApi()
  const first = await addUserOnce(client, 'a-1', { password: 'short' })
  const second = await addUserOnce(client, 'a-1', { password: 'short' })
  expect([first.status, second.status, second.headers.get('idempotency-replayed')]).toEqual([422, 422, 'true'])
  expect(second.headers.get('content-type')).toBe('application/problem+json')
  expect(second.body).toEqual(first.body)
})

it('refuses another body, another address and another method under the same key', async () => {
  const client = await serveApi()
  await addUserOnce(client, 'a-1')
  const other = await addUserOnce(client, 'a-1', { name: 'joan' })
  expect([other.status, other.body.code]).toEqual([422, 'idempotency.mismatch'])
  const elsewhere = await client.api('/senders/sandbox/pause', { method: 'POST', headers: withKey('a-1') })
  expect(elsewhere.body.code).toBe('idempotency.mismatch')
  expect((await client.api('/senders/sandbox')).body.status).toBe('active')
})

it('takes the file of an upload for a part of the request, whatever form it comes in', async () => {
  const client = await serveApi()
  const send = (content: string, isForm: boolean) =>
    client.api('/uploads', {
      method: 'POST',
      headers: {
        ...withKey('a-1'),
        'content-type': isForm ? 'multipart/form-data; boundary=xyz' : 'text/csv',
      },
      body: isForm
        ? `--xyz\r\ncontent-disposition: form-data; name="file"; filename="a.csv"\r\n\r\n${content}\r\n--xyz--\r\n`
        : content,
    })
  const first = await send('phone\n+12025550101\n', false)
  const again = await send('phone\n+12025550101\n', false)
  expect([first.status, again.status, again.body]).toEqual([201, 201, first.body])
  const asForm = await send('phone\n+12025550101\n', true)
  expect([asForm.headers.get('idempotency-replayed'), asForm.body]).toEqual(['true', first.body])
  for (const isForm of [false, true]) {
    const other = await send('phone\n+12025550102\n', isForm)
    expect([other.status, other.body.code]).toEqual([422, 'idempotency.mismatch'])
  }
  expect((await client.api('/uploads')).body.items).toHaveLength(1)
})

it('does the work once for two requests at the same time: the second waits or is told to ask again', async () => {
  const client = await serveApi()
  const answers = await Promise.all([1, 2, 3, 4].map(() => addUserOnce(client, 'a-1')))
  const statuses = answers.map(({ status }) => status)
  expect(statuses.filter((status) => status !== 409)).toContain(201)
  for (const { status, body } of answers) if (status === 409) expect(body.code).toBe('idempotency.in_progress')
  expect((await client.api('/users')).body.items).toHaveLength(2)
})

it('answers 409 while the first is being served by a living process', async () => {
  const client = await serveApi()
  await addUserOnce(client, 'a-1')
  await client.ctx.db.write((tx) => tx.run(`UPDATE idempotency_keys SET status = NULL, body = NULL`, []))
  const answer = await addUserOnce(client, 'a-1')
  expect([answer.status, answer.body.code]).toEqual([409, 'idempotency.in_progress'])
})

it('takes over from a process that died before it answered', async () => {
  const client = await serveApi()
  const first = await addUserOnce(client, 'a-1', { name: 'joan' })
  expect(first.status).toBe(201)
  await client.ctx.db.write((tx) =>
    tx.run(`UPDATE idempotency_keys SET status = NULL, body = NULL, node_id = 999999`, []),
  )
  // Its work may have been done: what is asked again meets what it left.
  const again = await addUserOnce(client, 'a-1', { name: 'joan' })
  expect([again.status, again.body.code]).toEqual([409, 'user.name_taken'])
})

it('refuses keys that are no keys', async () => {
  const client = await serveApi()
  for (const key of ['', 'x'.repeat(256), 'a b', '\u00fc'])
    expect((await addUserOnce(client, key)).status, key).toBe(400)
})

it('forgets an answer after a day', async () => {
  const client = await serveApi()
  await addUserOnce(client, 'a-1')
  client.clock.advance(25 * 3_600_000)
  const again = await addUserOnce(client, 'a-1')
  expect([again.status, again.body.code]).toEqual([409, 'user.name_taken'])
})

it('SR-13 remembers no key: the answer that made one is replayed without it', async () => {
  const client = await serveApi()
  const make = () =>
    client.api('/keys', { method: 'POST', body: { name: 'shop', user: 'ada' }, headers: withKey('k-1') })
  const first = await make()
  const second = await make()
  expect(first.body.key).toMatch(/^herald_/)
  expect(second.body).toEqual({ ...first.body, key: null })
  const stored = await client.ctx.db.read((tx) => tx.all<{ body: string }>('SELECT body FROM idempotency_keys'))
  expect(JSON.stringify(stored)).not.toContain(first.body.key)
})

it('F6: remembers no address for callbacks: it holds a token', async () => {
  const client = await serveApi()
  const change = () =>
    client.api('/senders/sandbox', { method: 'PATCH', body: { ratePerSecond: 5 }, headers: withKey('s-1') })
  const first = await change()
  const second = await change()
  expect(first.body.webhookUrl).toContain('/webhooks/')
  expect(second.body).toEqual({ ...first.body, webhookUrl: null })
  const stored = await client.ctx.db.read((tx) => tx.all<{ body: string }>('SELECT body FROM idempotency_keys'))
  expect(JSON.stringify(stored)).not.toContain(new URL(first.body.webhookUrl).pathname)
})

it('F6: knows every field of an answer that is described as a secret', async () => {
  const fields = new Set<string>()
  const walk = (part: unknown): void => {
    if (typeof part !== 'object' || part === null) return
    for (const [name, inner] of Object.entries(part)) {
      const { description } = (inner ?? {}) as { description?: unknown }
      if (typeof description === 'string' && /^(?:a secret|the key;)/.test(description)) fields.add(name)
      walk(inner)
    }
  }
  walk(documentOf(await serveApi()).components)
  expect([...fields].sort()).toEqual(['key', 'webhookUrl'])
})

it('F7: remembers nothing of what only reads, and says so in the document', async () => {
  const client = await serveApi()
  for (const n of [1, 2, 3])
    await client.api('/previews/schedule', {
      method: 'POST',
      as: 'viewer',
      body: { schedule: { cron: '0 9 * * *', timeZone: 'Europe/Berlin' } },
      headers: withKey(`p-${n}`),
    })
  expect(await client.ctx.db.read((tx) => tx.all('SELECT key FROM idempotency_keys'))).toEqual([])
  const reading = Object.entries(documentOf(client).paths).flatMap(([path, operations]) =>
    Object.entries(operations as Record<string, { 'x-right'?: string }>)
      .filter(([method, operation]) => method !== 'get' && operation['x-right'] === 'read')
      .map(() => path),
  )
  expect(reading.filter((path) => !path.startsWith('/previews/'))).toEqual([])
})

it('F7: remembers ten thousand answers of a user, and forgets the oldest first', async () => {
  const { ctx } = await openTestApp()
  const ask = (n: number) => beginRequestOnce(ctx, { caller: '7:', key: `7:read:k${n}`, requestSha256: 'a' })
  await ctx.db.write(async (tx) => {
    for (let n = 0; n < 10_000; n++)
      await tx.run(
        `INSERT INTO idempotency_keys (key, request_sha256, node_id, status, body, created_at) VALUES (?, 'a', 1, 200, '{}', ?)`,
        [`${n % 2 === 0 ? 7 : 8}:read:k${n}`, ctx.clock.now() - 10_000 + n],
      )
    for (let n = 10_000; n < 15_000; n++)
      await tx.run(
        `INSERT INTO idempotency_keys (key, request_sha256, node_id, status, body, created_at) VALUES (?, 'a', 1, 200, '{}', ?)`,
        [`7:read:k${n}`, ctx.clock.now()],
      )
  })
  await ask(20_000)
  const kept = async (caller: number) =>
    (await ctx.db.read((tx) => tx.all('SELECT key FROM idempotency_keys WHERE key LIKE ?', [`${caller}:%`]))).length
  expect([await kept(7), await kept(8)]).toEqual([9_001, 5_000])
  expect(await ask(0)).toBeUndefined()
  expect(await ask(9_998)).toMatchObject({ status: 200 })
})

it('SR-15 gives no answer to a key of the same user that may not ask', async () => {
  const client = await serveApi()
  await addUserOnce(client, 'a-1')
  const { key } = await addKey(client.ctx, { name: 'small', user: 'ada', rights: ['read'] })
  const headers = { ...withKey('a-1'), authorization: `Bearer ${key}` }
  const body = { name: 'grace', role: 'editor', password: 'violet anchor pebble' }
  const answer = await client.api('/users', { method: 'POST', body, headers })
  expect([answer.status, answer.body.code]).toEqual([403, 'auth.forbidden'])
})

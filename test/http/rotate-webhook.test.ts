// A new address for callbacks: the old one is taken for a while, then refused; nothing remembers either of them.
import { createHmac } from 'node:crypto'
import { expect, it } from 'vitest'
import { formatInstant } from '../../src/domain/instant.ts'
import { setSender, showSender } from '../../src/engine/senders/senders.ts'
import { serveApi } from '../support/api-client.ts'
import { metaEnvelope, metaStatus } from '../support/callbacks.ts'
import { addMeta, openTestApp } from '../support/open-test-app.ts'
import { visit } from '../support/visitor.ts'

const HOUR_MS = 3_600_000
let callbacks = 0

async function serve() {
  const client = await serveApi()
  const { webhookUrl } = await addMeta(client)
  const post = async (path: string) => {
    const body = JSON.stringify(
      metaEnvelope({ statuses: [metaStatus({ trackingId: `t-${++callbacks}`, status: 'sent' })] }),
    )
    const signature = `sha256=${createHmac('sha256', 'test-secret').update(body).digest('hex')}`
    const headers = { 'x-hub-signature-256': signature }
    return (await fetch(`${client.base}${path}`, { method: 'POST', headers, body })).status
  }
  const rotate = async (query = '', headers = {}) => {
    const answer = await client.api(`/senders/main/webhook/rotate${query}`, { method: 'POST', headers })
    return { ...answer, path: answer.body.webhookUrl && new URL(answer.body.webhookUrl).pathname }
  }
  return { ...client, post, rotate, path: new URL(webhookUrl).pathname }
}

it('F6: a new address is taken at once, the old one for three days more', async () => {
  const { post, rotate, path, clock, api } = await serve()
  const { status, body, path: fresh } = await rotate()
  expect([status, fresh === path]).toEqual([200, false])
  expect(body.formerWebhookUntil).toBe(formatInstant(clock.now() + 72 * HOUR_MS))
  expect([await post(fresh), await post(path)]).toEqual([200, 200])
  clock.advance(72 * HOUR_MS - 60_000)
  expect([await post(fresh), await post(path)]).toEqual([200, 200])
  clock.advance(60_000)
  expect([await post(fresh), await post(path)]).toEqual([200, 404])
  expect((await api('/senders/main')).body.formerWebhookUntil).toBeNull()
})

it('F6: the old address can be refused at once, and only the last one is old', async () => {
  const { post, rotate, path } = await serve()
  const { path: second } = await rotate('?oldForHours=0')
  expect([await post(path), await post(second)]).toEqual([404, 200])
  const { path: third } = await rotate()
  const { path: fourth } = await rotate()
  const statuses = []
  for (const each of [second, third, fourth]) statuses.push(await post(each))
  expect(statuses).toEqual([404, 200, 200])
  for (const hours of ['-1', '721', 'x', '1.5']) expect((await rotate(`?oldForHours=${hours}`)).status).toBe(400)
})

it('F6: each address answers the handshake with its own token', async () => {
  const { base, rotate, path } = await serve()
  const { path: fresh } = await rotate()
  for (const each of [path, fresh]) {
    const token = each.split('/').at(-1)
    const query = `hub.mode=subscribe&hub.verify_token=${token}&hub.challenge=1158201444`
    expect(await (await fetch(`${base}${each}?${query}`)).text()).toBe('1158201444')
  }
})

it('F6: no address is remembered with the answer, nor kept in clear', async () => {
  const { rotate, path, ctx } = await serve()
  const key = { 'idempotency-key': 'rotate-1' }
  const first = await rotate('', key)
  const again = await rotate('', key)
  expect([again.status, again.body.webhookUrl, again.headers.get('idempotency-replayed')]).toEqual([200, null, 'true'])
  const rows = await ctx.db.read(async (tx) =>
    JSON.stringify([await tx.all('SELECT * FROM idempotency_keys'), await tx.all('SELECT * FROM senders')]),
  )
  for (const each of [path, first.path]) expect(rows).not.toContain(each.split('/').at(-1))
})

it('F6: is an administrator’s to make, and refused when the sender was changed meanwhile', async () => {
  const { api, rotate, path, post } = await serve()
  for (const as of ['viewer', 'editor', 'sender'] as const)
    expect((await api('/senders/main/webhook/rotate', { method: 'POST', as })).status).toBe(403)
  expect((await rotate('', { 'if-match': '"another"' })).status).toBe(412)
  expect(await post(path)).toBe(200)
})

it('F6: the page asks before it makes one', async () => {
  const client = await serve()
  const visitor = await visit(client)
  const before = await showSender(client.ctx, 'main')
  const { text } = await visitor.get('/senders/snd_2')
  expect(text).toContain('Make a new address')
  await visitor.post('/senders/snd_2/webhook/rotate', { oldForHours: '24' })
  expect((await showSender(client.ctx, 'main')).webhookUrl).toBe(before.webhookUrl)
  await visitor.post('/senders/snd_2/webhook/rotate', { oldForHours: '24', sure: 'yes', version: before.version })
  const after = await showSender(client.ctx, 'main')
  expect(after.webhookUrl).not.toBe(before.webhookUrl)
  expect((await visitor.get('/senders/snd_2')).text).toContain('The old address is taken until')
  const nonsense = await visitor.post('/senders/snd_2/webhook/rotate', { oldForHours: 'x', sure: 'yes' })
  expect(nonsense.status).toBe(422)
})

it('F6: the old address goes with the key that sealed it', async () => {
  const client = await serve()
  await client.rotate()
  await client.ctx.db.write((tx) => tx.run(`UPDATE senders SET webhook_token = replace(webhook_token, ':', ':A')`))
  const other = await openTestApp({ dir: client.dir, clock: client.clock, env: { HERALD_SECRET_KEY: '0'.repeat(64) } })
  const credentials = { accessToken: 'test-token', appSecret: 'test-secret' }
  const kept = await setSender(other.ctx, 'main', { credentials }).catch((error: { code: string }) => error.code)
  expect(kept).toMatchObject({ formerWebhookUntil: null })
})

it('F11: who administers nothing sees no name of a variable or a file', async () => {
  const client = await serve()
  const named = JSON.stringify({
    phoneNumberId: '1060000000000001',
    accessToken: { env: 'CANARY_ENV' },
    appSecret: { file: '/canary/file' },
  })
  await client.ctx.db.write((tx) => tx.run(`UPDATE senders SET credentials = ? WHERE name = 'main'`, [named]))
  for (const as of ['viewer', 'editor', 'sender'] as const)
    for (const path of ['/senders', '/senders/main'])
      expect((await client.api(path, { as })).text).not.toMatch(/canary/i)
  expect((await client.api('/senders/main')).text).toContain('CANARY_ENV')
  for (const role of ['viewer', 'editor', 'sender'] as const) {
    const visitor = await visit(client, role)
    for (const path of ['/senders', '/senders/snd_2', '/senders/snd_2/account', '/'])
      expect((await visitor.get(path)).text, `${role} ${path}`).not.toMatch(/canary/i)
  }
})

// A new sender is told what it still needs, and a provider that cannot be reached is named in words.
import { expect, it } from 'vitest'
import { serveApi } from '../support/api-client.ts'
import { addMeta } from '../support/open-test-app.ts'
import { visit } from '../support/visitor.ts'

it('a new sender has four steps, each ticked once it was seen to work', async () => {
  const client = await serveApi()
  const { id } = await addMeta(client)
  const visitor = await visit(client)
  const done = async () => {
    const { text } = await visitor.get(`/senders/${id}`)
    const [, steps = ''] = /<ol class="first-steps">(.*?)<\/ol>/s.exec(text) ?? []
    return steps
      .split('<li>')
      .slice(1)
      .map((step) => step.includes('✓ Done'))
  }
  expect(await done()).toEqual([true, false, false, false])
  const senderId = Number(id.replace('snd_', ''))
  await client.ctx.db.write((tx) => tx.run('UPDATE senders SET templates_synced_at = 1 WHERE id = ?', [senderId]))
  expect(await done()).toEqual([true, true, false, false])
  await client.ctx.db.write((tx) => tx.run('UPDATE senders SET last_start_at_us = 1 WHERE id = ?', [senderId]))
  expect(await done()).toEqual([true, true, false, true])
  expect((await client.api(`/senders/${id}/health`)).body.steps).toEqual({
    account: true,
    connection: true,
    callbacks: false,
    message: true,
  })
})

it('a provider that cannot be reached is named in words, without codes of the system', async () => {
  const client = await serveApi()
  const { id } = await addMeta(client, { baseUrl: 'http://127.0.0.1:9' })
  const { text } = await (await visit(client)).post(`/senders/${id}/check`)
  expect(text).toContain('Could not reach Meta')
  expect(text).not.toMatch(/ECONN|ENOTFOUND|getaddrinfo/i)
})

// What an address names: an id, as pages and answers write it, before any name. Otherwise a name that reads as an id would lead
// a click, a launch or an erasure to something else.
import { expect, it } from 'vitest'
import { type ApiClient, serveApi } from '../support/api-client.ts'
import { addSandbox, addTestCampaign, campaignDefinition, importLines, importPeople } from '../support/open-test-app.ts'

const post = (body: unknown) => ({ method: 'POST', body })

async function withTwoOfEach(): Promise<ApiClient> {
  const client = await serveApi()
  await addSandbox(client)
  for (const list of ['people', 'others']) await importPeople(client, 1, list)
  for (const name of ['First', 'Second']) await addTestCampaign(client, { name })
  return client
}

it('is refused as a new name wherever it reads as an id', async () => {
  const client = await withTwoOfEach()
  const statuses = [
    await client.api('/campaigns', post(campaignDefinition({ name: 'cmp_1' }))),
    await client.api('/campaigns/cmp_2', { method: 'PUT', body: campaignDefinition({ name: 'CMP_1' }) }),
    await client.api('/campaigns/cmp_2/clone', post({ name: 'cmp_9' })),
    await client.api('/senders', post({ name: 'snd_1', provider: 'sandbox' })),
    await client.api('/users', post({ name: 'usr_1', role: 'viewer', password: 'violet anchor pebble' })),
    await client.api('/keys', post({ name: 'key_1', user: 'ada' })),
  ].map(({ status }) => status)
  expect(statuses).toEqual([422, 422, 422, 400, 400, 400])
  await expect(importLines(client, ['phone', '+12025550101'], { list: 'lst_1' })).rejects.toMatchObject({
    code: 'list.name_invalid',
  })
})

it('is an id first, also where an older name reads as one', async () => {
  const client = await withTwoOfEach()
  await client.ctx.db.write(async (tx) => {
    await tx.run(`UPDATE campaigns SET name = 'cmp_1' WHERE name = 'Second'`)
    await tx.run(`UPDATE lists SET name = 'lst_1' WHERE name = 'others'`)
    await tx.run(`UPDATE senders SET name = 'snd_1' WHERE name = 'main'`)
  })
  for (const [path, id] of [
    ['/campaigns/cmp_1', 'cmp_1'],
    ['/campaigns/cmp_2', 'cmp_2'],
    ['/lists/lst_1', 'lst_1'],
    ['/lists/lst_2', 'lst_2'],
    ['/senders/snd_1', 'snd_1'],
  ])
    expect((await client.api(path ?? '')).body.id, path).toBe(id)
})

it('is an id or a name for everything that is done with a user', async () => {
  const client = await serveApi()
  await client.api('/users', post({ name: 'grace', role: 'editor', password: 'violet anchor pebble' }))
  const { id } = (await client.api('/users/grace')).body
  for (const who of [id, 'grace', 'Grace']) {
    expect((await client.api(`/users/${who}`, { method: 'PATCH', body: { role: 'viewer' } })).body.id).toBe(id)
    expect((await client.api(`/users/${who}/password`, post({ password: 'gravel lantern 82 pocket' }))).status).toBe(
      200,
    )
  }
})

it('is a free name for each clone that was given none, however long the first is and how many are made at once', async () => {
  const client = await withTwoOfEach()
  const cloned = await Promise.all([1, 2, 3].map(() => client.api('/campaigns/First/clone', post({}))))
  expect(cloned.map(({ body }) => body.name).sort()).toEqual(['First (copy 2)', 'First (copy 3)', 'First (copy)'])
  const long = `${'x'.repeat(72)}😀😀😀😀`
  await client.api('/campaigns', post(campaignDefinition({ name: long })))
  const { status, body } = await client.api(`/campaigns/${encodeURIComponent(long)}/clone`, post({}))
  expect([status, body.name]).toEqual([201, `${'x'.repeat(72)} (copy)`])
})

it('refuses a parameter that no operation knows, also where none is taken', async () => {
  const client = await serveApi()
  for (const path of ['/me', '/limits', '/needs', '/verify'])
    expect((await client.api(`${path}?sender=main`)).body.code, path).toBe('request.invalid')
  expect((await client.api('/templates/sync?sender=main', { method: 'POST' })).status).toBe(400)
})

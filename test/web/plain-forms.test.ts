// Small forms: what is wrong stands at its field, in a sentence; what has to be ticked cannot be forgotten.
import { describe, expect, it } from 'vitest'
import { serveApi } from '../support/api-client.ts'
import { launchAndPlan } from '../support/claims.ts'
import { addSandbox, addTestCampaign, importLines } from '../support/open-test-app.ts'
import { visit } from '../support/visitor.ts'

async function begin() {
  const client = await serveApi()
  await addSandbox(client)
  await importLines(client, ['phone,first_name', '+12025550103,Ann'])
  const { id } = await addTestCampaign(client, { name: 'News' })
  return { client, id, visitor: await visit(client) }
}

describe('a copy of a campaign', () => {
  it('D25: gets a name of its own by itself, however many there are', async () => {
    const { client, id, visitor } = await begin()
    for (let n = 0; n < 3; n++) expect((await visitor.post(`/campaigns/${id}/clone`)).status).toBe(303)
    const { items } = (await client.api('/campaigns')).body
    const names = items.map(({ name }: { name: string }) => name)
    expect(names).toEqual(['News (copy 3)', 'News (copy 2)', 'News (copy)', 'News'])
  })

  it('D25: with a name that is taken is asked for again on its page, with what was typed', async () => {
    const { id, visitor } = await begin()
    const { status, text } = await visitor.post(`/campaigns/${id}/clone`, { name: 'News' })
    expect(status).toBe(409)
    expect(text).toMatch(/<details open/)
    expect(text).toMatch(/value="News"[^>]*aria-invalid="true"/)
    expect(text).toContain('id="name-error"')
  })
})

it('D25: boxes that have to be ticked are required', async () => {
  const { client, id, visitor } = await begin()
  await launchAndPlan(client, id)
  expect((await visitor.get(`/campaigns/${id}`)).text).toMatch(/name="sure"[^>]*required/)
  expect((await visitor.get('/contacts/con_1/erase')).text).toMatch(/name="sure"[^>]*required/)
})

it('D27: a refused password says so at its field, as a sentence', async () => {
  const { visitor } = await begin()
  const wrong = await visitor.post('/account', { current: 'nothing of it', next: 'something that is long' })
  expect(wrong.text).toMatch(/id="current-error">[A-Z]/)
  const short = await visitor.post('/account', { current: 'violet anchor pebble', next: 'short' })
  expect(short.text).toMatch(/id="next-error">The password has 5 characters/)
  expect(short.text).not.toContain('role="alert"')
})

// People on pages: one search over all lists, and numbers that may be typed as they are dialled at home.
import { describe, expect, it } from 'vitest'
import { serveApi } from '../support/api-client.ts'
import { launchAndPlan } from '../support/claims.ts'
import { addSandbox, addTestCampaign, importLines } from '../support/open-test-app.ts'
import { type Visitor, visit } from '../support/visitor.ts'

async function begin(env: Record<string, string> = {}): Promise<Visitor> {
  const client = await serveApi({ env })
  await addSandbox(client)
  await importLines(client, [
    'phone,first_name,city',
    '+4915123456701,Jürgen,Köln',
    '+4915123456702,Zoë,Ulm',
    '+12025550103,Ann,Ulm',
  ])
  await addTestCampaign(client, { name: 'News' })
  const { ctx } = client
  await ctx.db.write((tx) =>
    tx.run(`INSERT INTO contact_user_ids (user_id, contact_id, learned_at) VALUES ('LID.42', 3, 1)`),
  )
  return visit(client)
}

describe('the search for people', () => {
  it('D16: has no error on an empty search, and shows everybody', async () => {
    const visitor = await begin()
    const { status, text } = await visitor.get('/contacts')
    expect(status).toBe(200)
    expect(text).not.toContain('class="error')
    for (const name of ['Jürgen', 'Zoë', 'Ann']) expect(text).toContain(name)
  })

  it('has columns of names before those of fields that more people have', async () => {
    const client = await serveApi()
    await importLines(client, ['phone,city,first_name', '+4915123456701,Köln,Jürgen', '+4915123456702,Ulm,'])
    const { text } = await (await visit(client)).get('/contacts')
    const columns = [...text.matchAll(/<th scope="col"[^>]*><bdi>([^<]+)/g)].map(([, field]) => field)
    expect(columns).toEqual(['first_name', 'city'])
  })

  it.each([
    ['jürgen', ['+4915123456701']],
    ['ulm', ['+4915123456702', '+12025550103']],
    ['3456702', ['+4915123456702']],
    ['0151 2345', ['+4915123456701', '+4915123456702']],
    ['nobody at all', []],
  ])('D16: finds by %s in names, fields and parts of numbers', async (search, phones) => {
    const { status, text } = await (await begin()).get(`/contacts?${new URLSearchParams({ search })}`)
    expect(status).toBe(200)
    const found = ['+4915123456701', '+4915123456702', '+12025550103'].filter((phone) => text.includes(phone))
    expect(found).toEqual(phones)
    expect(text).toContain(phones.length === 1 ? '1 match<' : `${phones.length} matches<`)
    expect(text).not.toContain('class="error')
  })

  it.each([
    ['+49 151 23456701', '/contacts/con_2'],
    ['LID.42', '/contacts/con_3'],
    ['con_1', '/contacts/con_1'],
  ])('D16: leads to the person who is named by %s', async (search, to) => {
    const found = await (await begin()).get(`/contacts?${new URLSearchParams({ search })}`)
    expect(found.headers.get('location')).toBe(to)
  })

  it('D29: counts what a list was searched for, and finds digits anywhere in a number', async () => {
    const visitor = await begin()
    const one = await visitor.get('/lists/people?search=5550103')
    expect(one.text).toContain('1 match among 3 contacts')
    expect(one.text).toContain('+12025550103')
    expect((await visitor.get('/lists/people')).text).toContain('>3 contacts<')
  })
})

describe('a number that is typed', () => {
  const home = { HERALD_DEFAULT_COUNTRY: 'DE' }

  it('D17: may be written as it is dialled in the country of the installation', async () => {
    const visitor = await begin(home)
    const found = await visitor.get(`/contacts?${new URLSearchParams({ search: '0151 23456701' })}`)
    expect(found.headers.get('location')).toBe('/contacts/con_2')
    const why = await visitor.get(`/campaigns/cmp_1/why?${new URLSearchParams({ phone: '0151 23456702' })}`)
    expect(why.text).toContain('<bdi>+4915123456702</bdi>')
    const added = await visitor.post('/suppressions', { phone: '0151 23456701', scope: 'all', evidence: 'a letter' })
    expect(added.status).toBe(303)
    expect((await visitor.get('/suppressions')).text).toContain('+4915123456701')
  })

  it('D17: says how to write it where no country is known, without words of the command line', async () => {
    const visitor = await begin()
    const forms: [string, Record<string, string>][] = [
      ['/suppressions', { phone: '0151 23456701', scope: 'all', evidence: 'a letter' }],
      ['/campaigns/cmp_1/test', { phone: '0151 23456701', to: '0151 23456701' }],
    ]
    for (const [path, fields] of forms) {
      const { status, text } = await visitor.post(path, fields)
      expect([path, status]).toEqual([path, 422])
      expect(text).toContain('Start with + and the country code, as in +49 1512 3456789.')
      expect(text).not.toMatch(/--to|name a default country/)
    }
  })
})

it('D19: the link behind a message asks a question that can be read aloud', async () => {
  const client = await serveApi()
  await addSandbox(client)
  await importLines(client, ['phone,first_name', '+12025550103,Ann'])
  const { id } = await addTestCampaign(client, { name: 'News' })
  await launchAndPlan(client, id)
  const { text } = await (await visit(client)).get('/contacts/con_1')
  expect(text.replaceAll(/<[^>]*>/g, '')).toMatch(/Why did \+12025550103 (?:not )?get News\?/)
})

it('shows what was sent as text, with the values that the person had then', async () => {
  const client = await serveApi()
  await addSandbox(client)
  await importLines(client, ['phone,first_name', '+12025550103,Ann'])
  const content = { type: 'text', text: 'Hello {{ first_name }}, our winter sale begins on Monday.' }
  const { id } = await addTestCampaign(client, { name: 'News', content, session: 'assume' })
  await launchAndPlan(client, id)
  await client.api('/contacts/con_1', { method: 'PATCH', body: { attributes: { first_name: 'Anna' } } })
  const { messages } = (await client.api('/contacts/con_1')).body
  expect(messages[0].text).toBe('Hello Ann, our winter sale begins on Monday.')
  const { text } = await (await visit(client)).get('/contacts/con_1')
  expect(text).toContain('Hello Ann, our winter sale begins on Monday.')
})

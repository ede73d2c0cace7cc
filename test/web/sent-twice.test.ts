// A form that is sent twice, at once or one after the other, does its work once, and both answers lead to the same place.
import { describe, expect, it } from 'vitest'
import { type ApiClient, serveApi } from '../support/api-client.ts'
import { addSandbox, addTestCampaign, importPeople, phoneNumber } from '../support/open-test-app.ts'
import { type PageAnswer, type Visitor, visit } from '../support/visitor.ts'

/** The key that a page gives its forms. */
async function keyOf(visitor: Visitor, page: string): Promise<string> {
  return /name="once" value="([^"]+)"/.exec((await visitor.get(page)).text)?.[1] ?? ''
}

interface Act {
  page: string
  path: string
  fields?: Record<string, string>
  /** How many there are of what it makes. */
  count(client: ApiClient): Promise<number>
  made?: number
}

const rows = (sql: string) => (client: ApiClient) =>
  client.ctx.db.read(
    async (tx) => (await tx.get<{ count: number }>(`SELECT count(*) AS count FROM ${sql}`))?.count ?? 0,
  )

const acts: Record<string, Act> = {
  'a clone': { page: '/campaigns/cmp_1', path: '/campaigns/cmp_1/clone', count: rows('campaigns'), made: 2 },
  'a new campaign': {
    page: '/campaigns/new',
    path: '/campaigns/new',
    fields: {
      '/name': 'New',
      '/useCase': 'utility',
      '/sender': 'main',
      '/audience/lists': 'people',
      '/content/type': 'text',
      '/content/text': 'Hello',
      'schedule/kind': 'launch',
      act: 'save',
    },
    count: rows('campaigns'),
    made: 2,
  },
  'a new sender': {
    page: '/senders/new?provider=sandbox',
    path: '/senders/new',
    fields: { provider: 'sandbox', name: 'another' },
    count: rows('senders'),
    made: 3,
  },
  'a launch': {
    page: '/campaigns/cmp_1/review',
    path: '/campaigns/cmp_1/launch',
    fields: { confirm: '2' },
    count: rows(`campaigns WHERE status = 'scheduled'`),
  },
  'a suppressed number': {
    page: '/suppressions',
    path: '/suppressions',
    fields: { phone: phoneNumber(0), scope: 'all', reason: 'blocked', evidence: 'a letter' },
    count: rows('suppressions'),
  },
  'a new user': {
    page: '/users/new',
    path: '/users/new',
    fields: { name: 'Bea', role: 'viewer', password: 'violet anchor pebble' },
    count: rows(`users WHERE name = 'Bea'`),
  },
  'a new key': {
    page: '/keys/new',
    path: '/keys/new',
    fields: { name: 'shop', user: 'admin person', rights: 'read' },
    count: rows(`api_keys WHERE name = 'shop'`),
  },
}

async function day() {
  const client = await serveApi()
  await addSandbox(client)
  await importPeople(client, 2)
  await addTestCampaign(client, { useCase: 'utility', limits: {} })
  return { client, visitor: await visit(client) }
}

const told = ({ status, headers, text }: PageAnswer) => [
  status,
  headers.get('location'),
  headers.get('set-cookie'),
  text,
]

describe.each(Object.entries(acts))('%s', (_, { page, path, fields, count, made = 1 }) => {
  it.each([
    ['at the same time', true],
    ['one after the other', false],
  ])('D5: is made once when its form is sent twice %s', async (_when, isAtOnce) => {
    const { client, visitor } = await day()
    const once = await keyOf(visitor, page)
    expect(once).not.toBe('')
    const send = () => visitor.post(path, { ...fields, once })
    const [first, second] = isAtOnce ? await Promise.all([send(), send()]) : [await send(), await send()]
    expect(first.status).toBeLessThan(400)
    expect(told(second)).toEqual(told(first))
    expect(await count(client)).toBe(made)
  })
})

it('D5: a form with other fields, of another person or shown anew is another one', async () => {
  const { client, visitor } = await day()
  const once = await keyOf(visitor, '/campaigns/cmp_1')
  const names = () => client.api('/campaigns').then(({ body }) => body.items.map(({ name }: { name: string }) => name))
  await visitor.post('/campaigns/cmp_1/clone', { name: 'One', once })
  await visitor.post('/campaigns/cmp_1/clone', { name: 'Two', once })
  await visitor.post('/campaigns/cmp_1/clone', { name: 'Two', once })
  await (await visit(client, 'editor')).post('/campaigns/cmp_1/clone', { name: 'Three', once })
  await visitor.post('/campaigns/cmp_1/clone', { once: await keyOf(visitor, '/campaigns/cmp_1') })
  expect((await names()).length).toBe(5)
})

it('D5: what was refused is tried again', async () => {
  const { visitor } = await day()
  const once = await keyOf(visitor, '/campaigns/cmp_1/review')
  const wrong = await visitor.post('/campaigns/cmp_1/launch', { confirm: '7', once })
  expect(wrong.status).toBe(422)
  expect(wrong.text).not.toContain(once)
  expect((await visitor.post('/campaigns/cmp_1/launch', { confirm: '2', once })).status).toBe(303)
})

it('D5: a launch that two people ask for at the same time is one launch', async () => {
  const { client, visitor } = await day()
  const another = await visit(client, 'sender')
  const answers = await Promise.all(
    [visitor, another].map((one) => one.post('/campaigns/cmp_1/launch', { confirm: '2' })),
  )
  expect(answers.map(({ status, headers }) => [status, headers.get('location')])).toEqual([
    [303, '/campaigns/cmp_1/live'],
    [303, '/campaigns/cmp_1/live'],
  ])
})

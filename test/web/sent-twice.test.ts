// A form that is sent twice, at once or one after the other, does its work once, and both answers lead to the same place.
import { describe, expect, it, onTestFinished } from 'vitest'
import { type ApiClient, serveApi } from '../support/api-client.ts'
import { typedCampaign } from '../support/campaign-form.ts'
import { until } from '../support/fake-clock.ts'
import { addSandbox, addTestCampaign, importPeople, openTestApp, phoneNumber } from '../support/open-test-app.ts'
import { type PageAnswer, type Visitor, visit, visitorOf } from '../support/visitor.ts'

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
    fields: { ...typedCampaign, '/name': 'New', act: 'save' },
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

const sessionOf = ({ cookie }: Visitor) => cookie.slice(cookie.indexOf('=') + 1)

/** Another process on the same database, and the same person at its address. */
async function another(client: ApiClient, visitor: Visitor): Promise<Visitor> {
  const { app } = await openTestApp({ dir: client.dir, clock: client.clock, env: { HERALD_PORT: '0' } })
  const running = await app.serve()
  onTestFinished(() => running[Symbol.asyncDispose]())
  return visitorOf(running.url, sessionOf(visitor), visitor.csrf)
}

const clones = rows('campaigns')

describe('D5: two processes behind one address', () => {
  it('D5: do the work of a form once when it is sent to one after the other', async () => {
    const { client, visitor } = await day()
    const other = await another(client, visitor)
    const once = await keyOf(visitor, '/campaigns/cmp_1')
    const first = await visitor.post('/campaigns/cmp_1/clone', { name: 'Copy', once })
    const second = await other.post('/campaigns/cmp_1/clone', { name: 'Copy', once })
    expect(first.status).toBe(303)
    expect(told(second)).toEqual(told(first))
    expect(await clones(client)).toBe(2)
  })

  it('D5: wait for each other when it is sent to both at the same time', async () => {
    const { client, visitor } = await day()
    const other = await another(client, visitor)
    const once = await keyOf(visitor, '/campaigns/cmp_1')
    let answers: PageAnswer[] = []
    const sent = Promise.all(
      [visitor, other, visitor, other].map((one) => one.post('/campaigns/cmp_1/clone', { name: 'Copy', once })),
    ).then((all) => (answers = all))
    await until(client.clock, () => answers.length > 0)
    await sent
    expect(answers.map(({ status }) => status)).toEqual([303, 303, 303, 303])
    expect(new Set(answers.map(({ headers }) => headers.get('location'))).size).toBe(1)
    expect(await clones(client)).toBe(2)
  })

  it('D5: say so when the first is still at work after ten seconds', async () => {
    const { client, visitor } = await day()
    const other = await another(client, visitor)
    const once = await keyOf(visitor, '/campaigns/cmp_1')
    await visitor.post('/campaigns/cmp_1/clone', { name: 'Copy', once })
    await client.ctx.db.write((tx) => tx.run(`UPDATE idempotency_keys SET status = NULL, body = NULL`))
    let answer: PageAnswer | undefined
    const sent = other.post('/campaigns/cmp_1/clone', { name: 'Copy', once }).then((it) => (answer = it))
    await until(client.clock, () => answer !== undefined)
    expect((await sent).status).toBe(409)
    expect((await sent).text).toContain('This was sent before and is still being worked on.')
  })

  it('D5: make one key, and keep nowhere what was shown once', async () => {
    const { client, visitor } = await day()
    const other = await another(client, visitor)
    const fields = { name: 'shop', user: 'admin person', rights: 'read', once: await keyOf(visitor, '/keys/new') }
    const first = await visitor.post('/keys/new', fields)
    const key = /herald_[\w-]{43}/.exec(first.text)?.[0] ?? ''
    expect(key).not.toBe('')
    const second = await other.post('/keys/new', fields)
    expect([second.status, second.text.includes(key)]).toEqual([409, false])
    expect(second.text).toContain('revoke what it made')
    expect(await rows(`api_keys WHERE name = 'shop'`)(client)).toBe(1)
    expect(await rows(`idempotency_keys WHERE body LIKE '%${key}%'`)(client)).toBe(0)
  })
})

it('D5: a form is remembered over a restart, and for ten minutes', async () => {
  const before = await openTestApp({ env: { HERALD_PORT: '0' } })
  await addSandbox(before)
  await importPeople(before, 2)
  await addTestCampaign(before)
  const { clock, dir } = before
  const running = await before.app.serve()
  const visitor = await visit({ ...before, base: running.url } as ApiClient)
  const fields = { name: 'Copy', once: await keyOf(visitor, '/campaigns/cmp_1') }
  const first = await visitor.post('/campaigns/cmp_1/clone', fields)
  await running[Symbol.asyncDispose]()
  await before.app[Symbol.asyncDispose]()

  const client = await serveApi({ dir, clock })
  const later = visitorOf(client.base, sessionOf(visitor), visitor.csrf)
  expect(told(await later.post('/campaigns/cmp_1/clone', fields))).toEqual(told(first))
  expect(await clones(client)).toBe(2)
  await client.ctx.db.write((tx) => tx.run('UPDATE idempotency_keys SET created_at = created_at - 601000'))
  const anew = await later.post('/campaigns/cmp_1/clone', { ...fields, name: 'Copy' })
  expect(anew.text).toContain('already')
  expect(await clones(client)).toBe(2)
})

it('D5: a thousand forms of one person are remembered, and none of another is forgotten for them', async () => {
  const { client, visitor } = await day()
  const { ctx } = client
  const once = await keyOf(visitor, '/campaigns/cmp_1')
  await visitor.post('/campaigns/cmp_1/clone', { name: 'One', once })
  await ctx.db.write((tx) =>
    tx.run(
      `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1200)
       INSERT INTO idempotency_keys (key, request_sha256, status, body, node_id, created_at)
       SELECT substr(key, 1, length('form:1:')) || i, '', 303, '{}', node_id, created_at - 1 FROM n, idempotency_keys
       UNION ALL SELECT 'form:999:' || i, '', 303, '{}', node_id, created_at - 1 FROM n, idempotency_keys`,
    ),
  )
  await visitor.post('/campaigns/cmp_1/clone', { name: 'Two', once })
  const kept = (user: string) => rows(`idempotency_keys WHERE key LIKE 'form:${user}:%'`)(client)
  const own = (await rows('idempotency_keys')(client)) - (await kept('999'))
  expect([own, await kept('999')]).toEqual([1_102, 1_200])
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

// Two who change one thing at the same time: what can be edited carries an ETag, a change that names an old one is refused
// with 412 and changes nothing, and no operation passes over a condition in silence. Operations are read from the program.
import { describe, expect, it, vi } from 'vitest'
import { addCampaign, editCampaign } from '../../src/engine/campaigns/drafts.ts'
import { launchByOperator } from '../../src/engine/campaigns/launch.ts'
import { documentOf, fill } from '../support/all-routes.ts'
import { type ApiClient, serveApi } from '../support/api-client.ts'
import { addTestCampaign, campaignDefinition, importPeople } from '../support/open-test-app.ts'
import { visit } from '../support/visitor.ts'

const definition = (change: Record<string, unknown>) => campaignDefinition({ sender: 'sandbox', ...change })

const setup = () => serveApi({ env: { HERALD_REQUESTS_PER_SECOND: '100000' } })

interface Described {
  'x-conditional'?: boolean
  'x-right'?: string
}

function operationsOf(test: ApiClient) {
  const { paths } = documentOf(test) as { paths: Record<string, Record<string, Described>> }
  return Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, described]) => ({
      method: method.toUpperCase(),
      path,
      isConditional: described['x-conditional'] === true,
    })),
  )
}

/** Everything that can be edited: where it is read, and a change of it that differs with `n`. */
interface Editable {
  name: string
  path: string
  change(n: number): [method: string, path: string, body?: unknown]
}

const editables: Editable[] = [
  {
    name: 'a campaign',
    path: '/campaigns/cmp_1',
    change: (n) => [
      'PUT',
      '/campaigns/cmp_1',
      definition({ name: 'Spring sale', content: { type: 'text', text: `${n}` } }),
    ],
  },
  {
    name: 'a sender',
    path: '/senders/sandbox',
    change: (n) => ['PATCH', '/senders/sandbox', { ratePerSecond: 10 + n }],
  },
  {
    name: 'a sender that is paused and resumed',
    path: '/senders/sandbox',
    change: (n) => ['POST', `/senders/sandbox/${n % 2 === 1 ? 'pause' : 'resume'}`],
  },
  { name: 'a user', path: '/users/bob', change: (n) => ['PATCH', '/users/bob', { role: roleOf(n) }] },
  {
    name: 'quiet hours',
    path: '/limits',
    change: (n) => ['PUT', '/limits/quiet-hours', { from: `2${n % 4}:30`, to: '08:00' }],
  },
  {
    name: 'a cap',
    path: '/limits',
    change: (n) => ['PUT', '/limits/caps/daily', { max: n + 1, window: '24h' }],
  },
  {
    name: 'own opt-out words',
    path: '/reply-rules',
    change: (n) => ['PATCH', '/reply-rules', { words: [`weg ${n}`] }],
  },
]

function roleOf(n: number): string {
  return n % 2 === 1 ? 'viewer' : 'editor'
}

async function withEverything(): Promise<ApiClient> {
  const test = await setup()
  await importPeople(test, 1)
  await addTestCampaign(test, { sender: 'sandbox' })
  const user = { name: 'bob', role: 'editor', password: 'gravel lantern 82 pocket' }
  expect((await test.api('/users', { method: 'POST', body: user })).status).toBe(201)
  return test
}

function put({ api }: ApiClient, [method, path, body]: ReturnType<Editable['change']>, ifMatch?: string) {
  return api(path, {
    method,
    ...(body !== undefined && { body }),
    ...(ifMatch !== undefined && { headers: { 'if-match': ifMatch } }),
  })
}

async function etagOf({ api }: ApiClient, path: string): Promise<string> {
  const etag = (await api(path)).headers.get('etag')
  expect(etag, path).toMatch(/^"[\w-]{22}"$/)
  return etag ?? ''
}

describe('S14: every operation', () => {
  it('S14: that replaces or changes an object looks at If-Match, and the object can be read with its ETag', async () => {
    const operations = operationsOf(await setup())
    const changes = operations.filter(({ method }) => method === 'PUT' || method === 'PATCH')
    expect(changes.length).toBeGreaterThan(5)
    for (const { method, path, isConditional } of changes) {
      expect(isConditional, `${method} ${path}`).toBe(true)
      const readable = operations.filter((other) => other.method === 'GET' && other.isConditional)
      expect(
        readable.some((other) => path === other.path || path.startsWith(`${other.path}/`)),
        path,
      ).toBe(true)
    }
  })

  it('S14: that cannot look at a condition refuses it and does nothing', async () => {
    const test = await withEverything()
    const rest = operationsOf(test).filter(({ method, isConditional }) => method !== 'GET' && !isConditional)
    expect(rest.length).toBeGreaterThan(25)
    for (const { method, path } of rest)
      for (const header of ['if-match', 'if-none-match']) {
        const answer = await test.api(fill(path, 'cmp_1'), { method, headers: { [header]: '"of-yesterday"' } })
        expect([answer.status, answer.body.code], `${method} ${path}`).toEqual([412, 'version.unknown'])
      }
    expect((await test.api('/campaigns')).body.items).toHaveLength(1)
  })
})

describe.each(editables)('S14: $name', ({ path, change }) => {
  it('S14: is changed by who saw it as it is, and by nobody who saw it as it was', async () => {
    const test = await withEverything()
    const first = await etagOf(test, path)
    const changed = await put(test, change(1), first)
    expect(changed.status).toBe(200)
    const second = await etagOf(test, path)
    expect(second).not.toBe(first)
    expect(changed.headers.get('etag')).toBe(second)

    const stale = await put(test, change(2), first)
    expect([stale.status, stale.body.code]).toEqual([412, 'version.changed'])
    expect(await etagOf(test, path)).toBe(second)

    expect((await put(test, change(2), `"something-else", ${second}`)).status).toBe(200)
    expect((await put(test, change(3), '*')).status).toBe(200)
    expect((await put(test, change(4))).status).toBe(200)
  })

  it('S14: is not changed by a weak, empty or unreadable tag', async () => {
    const test = await withEverything()
    const etag = await etagOf(test, path)
    expect((await put(test, change(1), `W/${etag}`)).status).toBe(412)
    for (const unreadable of [etag.slice(1, -1), `${etag}, `, 'null', '"a" "b"', `"${'x'.repeat(5000)}"`])
      expect((await put(test, change(1), unreadable)).status, unreadable.slice(0, 30)).toBe(400)
    expect(await etagOf(test, path)).toBe(etag)
  })

  it('S14: is changed once when several change it at the same moment', async () => {
    const test = await withEverything()
    const etag = await etagOf(test, path)
    const answers = await Promise.all([1, 3, 5, 7].map((n) => put(test, change(n), etag)))
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 412, 412, 412])
  })

  it('S14: is not sent again to who has it', async () => {
    const test = await withEverything()
    const etag = await etagOf(test, path)
    for (const known of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
      const again = await test.api(path, { headers: { 'if-none-match': known } })
      expect([again.status, again.text, again.headers.get('etag')]).toEqual([304, '', etag])
    }
    expect((await test.api(path, { headers: { 'if-none-match': '"other"' } })).status).toBe(200)
  })
})

describe('S14: a campaign', () => {
  it('S14: is launched, paused and cancelled by who saw it as it is', async () => {
    const test = await withEverything()
    const reviewed = await etagOf(test, '/campaigns/cmp_1')
    const body = definition({ content: { type: 'text', text: 'Something else' } })
    await test.api('/campaigns/cmp_1', { method: 'PUT', body })
    const act = (action: string, ifMatch: string) =>
      put(test, ['POST', `/campaigns/cmp_1/${action}`, action === 'launch' ? {} : undefined], ifMatch)
    expect((await act('launch', reviewed)).body.code).toBe('version.changed')
    expect((await test.api('/campaigns/cmp_1')).body.status).toBe('draft')
    expect((await act('launch', await etagOf(test, '/campaigns/cmp_1'))).status).toBe(200)
    for (const action of ['pause', 'cancel', 'archive']) expect((await act(action, reviewed)).status).toBe(412)
  })

  it('S14: is not launched as someone wrote it while everybody was checked', async () => {
    const test = await withEverything()
    const { ctx } = test
    const write = ctx.db.write.bind(ctx.db)
    vi.spyOn(ctx.db, 'write').mockImplementationOnce(async (fn) => {
      await editCampaign(ctx, 'cmp_1', definition({ content: { type: 'text', text: 'Nobody looked at this' } }))
      return write(fn)
    })
    await expect(launchByOperator(ctx, 'cmp_1')).rejects.toMatchObject({ code: 'campaign.changed' })
    expect((await test.api('/campaigns/cmp_1')).body.status).toBe('draft')
  })
})

describe('S14: pages', () => {
  it('S14: refuse what was typed over an older state, and save it once the person has read that', async () => {
    const test = await withEverything()
    const visitor = await visit(test)
    const versionIn = (html: string, action: string) =>
      new RegExp(`action="${action}".*?name="version" value="([^"]+)"`, 's').exec(html)?.[1] ?? ''
    const forms: [page: string, action: string, typed: Record<string, string>][] = [
      ['/limits', '/limits/quiet-hours', { isOn: 'yes', from: '20:00', to: '09:00', action: 'skip' }],
      ['/senders/snd_1', '/senders/snd_1/limits', { ratePerSecond: '7', pairIntervalSeconds: '6' }],
      ['/replies/rules', '/replies/rules', { words: 'weg', onStart: 'nothing' }],
      ['/users/bob', '/users/usr_2/role', { role: 'viewer' }],
    ]
    for (const [page, action, typed] of forms) {
      const version = versionIn((await visitor.get(page)).text, action)
      expect(version, page).not.toBe('')
      const stale = await visitor.post(action, { ...typed, version: 'of-yesterday' })
      expect(stale.status, action).toBe(422)
      expect(stale.text).toContain('changed meanwhile')
      expect(versionIn(stale.text, action)).toBe(version)
      expect((await visitor.post(action, { ...typed, version })).status, action).toBe(303)
    }
  })

  it('S14: launch what the person reviewed, and nothing that was written since', async () => {
    const test = await withEverything()
    const visitor = await visit(test)
    const version =
      /name="version" value="([^"]+)"/.exec((await visitor.get('/campaigns/cmp_1/review')).text)?.[1] ?? ''
    await editCampaign(test.ctx, 'cmp_1', definition({ content: { type: 'text', text: 'Another text' } }))
    const launched = await visitor.post('/campaigns/cmp_1/launch', { confirm: '1', version })
    expect([launched.status, launched.text.includes('changed meanwhile')]).toEqual([422, true])
    expect((await test.api('/campaigns/cmp_1')).body.status).toBe('draft')
  })
})

it('S14: a new campaign has an ETag from the first answer on', async () => {
  const test = await withEverything()
  const added = await test.api('/campaigns', { method: 'POST', body: definition({ name: 'Summer sale' }) })
  expect(added.headers.get('etag')).toBe(`"${added.body.version}"`)
  expect(added.headers.get('etag')).toBe(await etagOf(test, `/campaigns/${added.body.id}`))
  expect((await addCampaign(test.ctx, definition({ name: 'Autumn sale' }))).version).not.toBe(added.body.version)
})

// Every form of the pages declares what it does, and nothing with a wide effect is one click: without a yes its address says
// what would happen, with numbers, and changes nothing.
import SqliteConnection from 'better-sqlite3'
import { expect, it } from 'vitest'
import { actKinds } from '../../src/web/acts.ts'
import { pageRoutes } from '../support/all-routes.ts'
import { type ApiClient, serveApi } from '../support/api-client.ts'
import { claimAll, launchAndPlan, record } from '../support/claims.ts'
import { addMeta, addSandbox, addTestCampaign, importPeople, openTestApp } from '../support/open-test-app.ts'
import { visit } from '../support/visitor.ts'

/** Everything there is to lose: an import, a sender, messages that wait for a cap, one without an answer, a draft. */
async function day(): Promise<ApiClient> {
  const before = await openTestApp()
  await addSandbox(before)
  await addMeta(before, { name: 'shop' })
  await importPeople(before, 4)
  await addTestCampaign(before, { limits: { frequencyCap: 'respect', quietHours: 'ignore' } })
  await launchAndPlan(before, 'Spring sale')
  const error = { code: 'timeout', text: '', advice: '', httpStatus: null }
  await record(before, await claimAll(before), () => ({ kind: 'unknown', error }))
  await addTestCampaign(before, { name: 'Second', limits: { frequencyCap: 'respect', quietHours: 'ignore' } })
  await launchAndPlan(before, 'Second')
  await claimAll(before)
  await addTestCampaign(before, { name: 'Draft' })
  const client = await serveApi({ dir: before.dir, clock: before.clock })
  await importPeople(client, 2, 'other')
  await client.api('/users', {
    method: 'POST',
    body: { name: 'Bea', role: 'viewer', password: 'violet anchor pebble' },
  })
  return client
}

/** An address of each that asks, with its fields, and what its question says. */
const asked: Record<string, { path: string; fields?: Record<string, string>; says: RegExp }> = {
  '/limits/caps/{cap}/remove': { path: '/limits/caps/daily/remove', says: /4 messages wait for frequency caps now/ },
  '/senders/{name}/pause': { path: '/senders/main/pause', says: /1 campaign with 4 waiting messages/ },
  '/senders/{name}/resume': { path: '/senders/main/resume', says: /1 campaign with 4 waiting messages/ },
  '/senders/{name}/webhook': { path: '/senders/shop/webhook', says: /gets nothing any more/ },
  '/senders/{name}/webhook/rotate': { path: '/senders/shop/webhook/rotate', says: /^$/ },
  '/campaigns/{id}/archive': { path: '/campaigns/cmp_3/archive', says: /can’t be edited, launched or brought back/ },
  '/campaigns/{id}/cancel': { path: '/campaigns/cmp_2/cancel', says: /^$/ },
  '/unknown/settle': {
    path: '/unknown/settle',
    fields: { as: 'resend', campaign: 'Spring sale' },
    says: /4 of 4 will be sent again/,
  },
  '/unknown/{message}/resend': { path: '/unknown/msg_1/resend', says: /this person gets it twice/ },
  '/templates/delete': {
    path: '/templates/delete',
    fields: { sender: 'shop', name: 'hello' },
    says: /Every language of/,
  },
  '/users/{user}/disable': { path: '/users/usr_2/disable', says: /Every login and every key of this user/ },
  '/keys/{key}/revoke': { path: '/keys/key_1/revoke', says: /Programs that use it get no answer/ },
  '/lists/{list}/delete': { path: '/lists/other/delete', says: /2 contacts stay/ },
  '/imports/{import}/undo': { path: '/imports/imp_2/undo', says: /2 people whom it added will leave the list/ },
  '/contacts/{contact}/erase': { path: '/contacts/con_1/erase', says: /Confirm it first/ },
}

/** Everything that is stored, but who was seen when. */
function stored({ dbPath }: ApiClient): string {
  const connection = new SqliteConnection(dbPath, { readonly: true })
  const tables = connection.prepare(`SELECT name FROM sqlite_schema WHERE type = 'table'`).pluck().all() as string[]
  const apart = ['sessions', 'nodes', 'settings', 'duties', 'known_devices', 'senders']
  const all = tables
    .filter((name) => !apart.includes(name))
    .map((name) => [name, connection.prepare(`SELECT * FROM "${name}"`).all()])
  const paused = connection.prepare('SELECT id, status FROM senders').all()
  const limits = connection.prepare(`SELECT value FROM settings WHERE key = 'limits'`).all()
  connection.close()
  return JSON.stringify([...all, paused, limits])
}

it('D2: every form declares what it does, and every one that asks is tried here', async () => {
  const client = await serveApi()
  const posts = pageRoutes(client).filter(({ method }) => method === 'POST')
  expect(posts.length).toBeGreaterThan(40)
  expect(posts.filter(({ act }) => act === undefined || !Object.hasOwn(actKinds, act))).toEqual([])
  expect(
    posts
      .filter(({ act }) => act === 'asks')
      .map(({ path }) => path)
      .sort(),
  ).toEqual(Object.keys(asked).sort())
})

it('D2, D3: an act with a wide effect does nothing without a yes, and says what it would do', async () => {
  const client = await day()
  const visitor = await visit(client)
  const before = stored(client)
  for (const [route, { path, fields, says }] of Object.entries(asked)) {
    const { status, text } = await visitor.post(path, fields)
    expect([route, status < 400 || route.endsWith('/erase')]).toEqual([route, true])
    expect([route, stored(client) === before]).toEqual([route, true])
    // These two ask on the page before, with a box to tick.
    if (/cancel|rotate/.test(route)) continue
    expect([route, text]).toEqual([route, expect.stringMatching(says)])
    expect([route, text]).toEqual([route, expect.stringMatching(/name="sure"/)])
    const shown = await visitor.get(`${path}?${new URLSearchParams(fields)}`)
    expect([route, shown.status]).toEqual([route, 200])
  }
})

it('D2: no page has a form that acts without its question', async () => {
  const client = await day()
  const visitor = await visit(client)
  const acting = Object.keys(asked).map((path) => new RegExp(`^${path.replace(/\{\w+\}/g, '[^/]+')}$`))
  for (const page of [
    '/',
    '/limits',
    '/senders',
    '/senders/main',
    '/campaigns/cmp_3',
    '/unknown',
    '/templates',
    '/users',
    '/users/usr_2',
    '/keys',
    '/lists',
    '/lists/other',
    '/imports/imp_2',
    '/contacts/con_1',
  ]) {
    const { text } = await visitor.get(page)
    const forms = [...text.matchAll(/<form method="post"[^>]*action="([^"?]+)/g)].map(([, action = '']) => action)
    expect([page, forms.filter((action) => acting.some((path) => path.test(action)))]).toEqual([page, []])
  }
})

it('D3: sends one message again after its own question, and settles many of a campaign with their number', async () => {
  const client = await day()
  const visitor = await visit(client, 'sender')
  const list = (await visitor.get('/unknown')).text
  expect(list).toContain('href="/unknown/msg_1/resend"')
  const question = await visitor.get('/unknown/msg_1/resend')
  expect(question.text).toMatch(/Spring sale.*\+12025550100/s)
  expect((await visitor.post('/unknown/msg_1/resend', { sure: 'yes' })).status).toBe(303)
  expect((await visitor.post('/unknown/msg_1/resend', { sure: 'yes' })).status).toBe(404)
  const many = await visitor.get('/unknown/settle?campaign=Spring+sale&as=resend')
  expect(many.text).toContain('3 of 3 will be sent again')
  expect(many.text).toMatch(/name="count" value="3"/)
})

it('D2: asks before a change of limits that releases messages, with everything that was typed', async () => {
  const client = await day()
  const visitor = await visit(client)
  const cap = { known: 'yes', id: 'daily', max: '3', window: '24h', scope: 'all', onCap: 'defer', isEnabled: 'yes' }
  const question = await visitor.post('/limits/caps', cap)
  expect([question.status, question.text]).toEqual([200, expect.stringContaining('4 messages wait for frequency caps')])
  expect(question.text).toMatch(/name="max" value="3"/)
  expect((await client.api('/limits')).body.caps[0]).toMatchObject({ id: 'daily', max: 1 })
  expect((await visitor.post('/limits/caps', { ...cap, sure: 'yes' })).status).toBe(303)
  expect((await client.api('/limits')).body.caps[0]).toMatchObject({ id: 'daily', max: 3 })
  // Nothing waits for quiet hours: nobody is asked.
  expect((await visitor.post('/limits/quiet-hours', { from: '20:00', to: '08:00', isOn: 'yes' })).status).toBe(303)
})

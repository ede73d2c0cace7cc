// A form that is sent when its login is over: the answer carries everything that was typed through a login, in one click, and
// nothing is done without the password. For every form of the pages.
import { describe, expect, it } from 'vitest'
import { pageRoutes } from '../support/all-routes.ts'
import { type ApiClient, serveApi } from '../support/api-client.ts'
import { addSandbox, addTestCampaign, importPeople } from '../support/open-test-app.ts'
import { PASSWORD, type Visitor, visit } from '../support/visitor.ts'

const ADA = { 'login.name': 'admin person', 'login.password': PASSWORD }

async function day(): Promise<{ client: ApiClient; visitor: Visitor; over(): Promise<unknown> }> {
  const client = await serveApi()
  await addSandbox(client)
  await importPeople(client, 2)
  const visitor = await visit(client)
  return { client, visitor, over: () => client.ctx.db.write((tx) => tx.run('DELETE FROM sessions')) }
}

/** The hidden fields of the form on a page. */
function carriedIn(text: string): Record<string, string> {
  const signs: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" }
  const plain = (html: string) => html.replace(/&(amp|lt|gt|quot|#39);/g, (_, name: string) => signs[name] ?? '')
  const inputs = text.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)"/g)
  return Object.fromEntries([...inputs].map(([, name = '', value = '']) => [plain(name), plain(value)]))
}

/** What somebody types who wants to break a page. */
const typed = {
  '/name': 'Größe "1" <b>',
  '/useCase': 'utility',
  '/sender': 'main',
  '/audience/lists': 'people',
  '/content/type': 'text',
  '/content/text': 'Line one\nLine <two> & "three"\n\nLine four',
  'schedule/kind': 'launch',
  act: 'save',
}

describe('a form whose login is over', () => {
  it('D14: is carried through a login and done by one click, with every character', async () => {
    const { client, visitor, over } = await day()
    await over()
    const refused = await visitor.post('/campaigns/new', typed)
    expect(refused.status).toBe(401)
    expect(refused.text).toContain('nothing you typed is lost')
    const carried = carriedIn(refused.text)
    expect(carried).toEqual(typed)
    const [, action = ''] = /<form class="decide narrow" method="post" action="([^"]+)"/.exec(refused.text) ?? []
    expect(action).toBe('/campaigns/new')
    const wrong = await visitor.post(action, { ...carried, ...ADA, 'login.password': 'wrong' })
    expect([wrong.status, carriedIn(wrong.text)]).toEqual([401, typed])
    expect((await client.api('/campaigns')).body.items).toEqual([])
    const done = await visitor.post(action, { ...carried, ...ADA })
    expect([done.status, done.headers.get('location')]).toEqual([303, '/campaigns/cmp_1'])
    expect(done.headers.getSetCookie().join()).toMatch(/session=/)
    const { definition } = (await client.api('/campaigns/cmp_1')).body
    expect([definition.name, definition.content.text]).toEqual([typed['/name'], typed['/content/text']])
  })

  it('D14: is so for every form of the pages, and never shows or takes a login as a field', async () => {
    const { client, visitor, over } = await day()
    await addTestCampaign(client)
    await over()
    const forms = pageRoutes(client).filter(({ method, right }) => method === 'POST' && right !== null)
    expect(forms.length).toBeGreaterThan(40)
    for (const { path } of forms) {
      const address = path.replace(/\{\w+\}/g, 'cmp_1')
      const { status, text } = await visitor.post(address, { one: 'a "1"', sure: 'yes' })
      expect([address, status, carriedIn(text)]).toEqual([address, 401, { one: 'a "1"', sure: 'yes' }])
    }
  })

  it('D14: is done by nobody who may not, and asks a viewer for nothing more', async () => {
    const { client, visitor, over } = await day()
    await visit(client, 'viewer')
    await over()
    const login = { 'login.name': 'viewer person', 'login.password': PASSWORD }
    expect((await visitor.post('/campaigns/new', { ...typed, ...login })).status).toBe(403)
    expect((await client.api('/campaigns')).body.items).toEqual([])
  })

  it('D14: comes from a page of ours, and no larger than a form', async () => {
    const { visitor, over } = await day()
    await over()
    const foreign = await visitor.post('/campaigns/new', { ...typed, ...ADA }, { 'sec-fetch-site': 'cross-site' })
    expect([foreign.status, foreign.headers.getSetCookie()]).toEqual([403, []])
    const large = await visitor.post('/campaigns/new', { ...typed, more: 'x'.repeat(300_000) })
    expect([large.status, large.text.length < 10_000]).toEqual([401, true])
  })

  it('D14: of an older login is sent by one click too', async () => {
    const { client, visitor } = await day()
    const old = await visitor.post('/campaigns/cmp_1/clone', { csrf: 'of an older login', name: 'Copy' })
    expect([old.status, old.text]).toEqual([403, expect.stringContaining('What you typed is still here')])
    const { once: _once, ...carried } = carriedIn(old.text)
    expect(carried).toEqual({ csrf: visitor.csrf, name: 'Copy' })
    await addTestCampaign(client)
    expect((await visitor.post('/campaigns/cmp_1/clone', carried)).status).toBe(303)
  })
})

it('D14: a form of too many values is refused before it is taken apart', async () => {
  const { visitor, over } = await day()
  await over()
  const many = Array.from({ length: 6_000 }, (_, n): [string, string] => [`f${n}`, 'x'])
  expect((await visitor.send('/login', many)).status).toBe(413)
  expect((await visitor.send('/campaigns/new', many)).status).toBe(413)
  expect((await visitor.send('/campaigns/new', many.slice(0, 4_000))).status).toBe(401)
})

// A form that is sent when its login is over: the answer carries everything that was typed through a login, in one click, and
// nothing is done without the password. For every form of the pages.
import { describe, expect, it } from 'vitest'
import { pageRoutes } from '../support/all-routes.ts'
import { type ApiClient, serveApi } from '../support/api-client.ts'
import { typedCampaign } from '../support/campaign-form.ts'
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
  ...typedCampaign,
  '/name': 'Größe "1" <b>',
  '/content/text': 'Line one\nLine <two> & "three"\n\nLine four',
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

describe('a form with a file whose login is over', () => {
  const uploadForms: [string, Record<string, string>][] = [
    ['/import', {}],
    [
      '/suppressions/import',
      { scope: 'marketing', reason: 'opted_out', evidence: 'letters of "May" <2>', defaultCountry: 'DE' },
    ],
  ]

  function formWith(fields: Record<string, string>, bytes: number): FormData {
    const form = new FormData()
    for (const [name, value] of Object.entries(fields)) form.set(name, value)
    form.set('file', new Blob(['phone\n', '1'.repeat(bytes)], { type: 'text/csv' }), 'numbers.csv')
    return form
  }

  const uploads = ({ ctx }: ApiClient) => ctx.db.read((tx) => tx.all('SELECT id FROM uploads'))

  it.each(uploadForms)('D14: of %s carries what was typed, and asks for the file again', async (path, fields) => {
    const { client, visitor, over } = await day()
    await over()
    const address = `${client.base}${path}?once=abc`
    const headers = { cookie: visitor.cookie, 'sec-fetch-site': 'same-origin' }
    const body = formWith({ csrf: visitor.csrf, ...fields }, 10_000)
    const refused = await fetch(address, { method: 'POST', headers, body })
    const text = await refused.text()
    expect(refused.status).toBe(401)
    expect(text).toContain('Only the file was not kept: log in, then choose it again.')
    expect(carriedIn(text)).toEqual(fields)
    const [, action = ''] = /<form class="decide narrow" method="post" action="([^"]+)"/.exec(text) ?? []
    expect(action).toBe(`${path}?once=abc`)
    const wrong = await visitor.post(action, { ...fields, ...ADA, 'login.password': 'wrong' })
    expect([wrong.status, wrong.text.includes('choose it again'), carriedIn(wrong.text)]).toEqual([401, true, fields])
    const again = await visitor.post(action, { ...fields, ...ADA })
    expect(again.status).toBe(422)
    expect(again.text).toContain('choose the file again, it was not kept')
    expect(again.headers.getSetCookie().join()).toMatch(/session=/)
    expectTyped(again.text, fields)
    expect(await uploads(client)).toEqual([])
  })

  it.each(uploadForms)('D14: of %s from before a new login keeps what was typed', async (path, fields) => {
    const { client, visitor } = await day()
    const headers = { cookie: visitor.cookie, 'sec-fetch-site': 'same-origin' }
    const body = formWith({ csrf: 'an older token', ...fields }, 10)
    const refused = await fetch(`${client.base}${path}?once=abc`, { method: 'POST', headers, body })
    const text = await refused.text()
    expect(refused.status).toBe(403)
    expect(text).toContain('You logged in anew since this page was opened: choose the file again')
    expectTyped(text, fields)
    expect(await uploads(client)).toEqual([])
  })

  it('D14: of another address, of a broken form and of one without end is refused', async () => {
    const { client, over } = await day()
    await over()
    const send = async (path: string, body: FormData | string, type?: string) => {
      const headers = type === undefined ? {} : { 'content-type': type }
      return (await fetch(`${client.base}${path}`, { method: 'POST', headers, body })).status
    }
    expect(await send('/import', formWith({}, 10))).toBe(415)
    expect(await send('/import?once=a', 'no form', 'multipart/form-data; boundary=x')).toBe(400)
    expect(await send('/import?once=a', 'a'.repeat(1_000_000), 'multipart/form-data; boundary=x')).toBe(400)
  })

  /** What was typed is in the fields of the page again. */
  function expectTyped(text: string, fields: Record<string, string>): void {
    for (const [name, value] of Object.entries(fields))
      if (name === 'evidence') expect(text).toContain('letters of &quot;May&quot; &lt;2&gt;')
      else expect(text, name).toMatch(new RegExp(`<option value="${value}" selected`))
  }
})

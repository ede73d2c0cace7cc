// Texts that people outside can put into Herald (names, attributes, file names, campaign names, what a provider says)
// stand on pages as texts: no markup of theirs is made, no link leads anywhere but to the web, directions do not leak.
import { expect, it } from 'vitest'
import { addUser } from '../../src/engine/accounts/users.ts'
import { fill, pageRoutes } from '../support/all-routes.ts'
import { serveApi } from '../support/api-client.ts'
import { addTestCampaign, importLines, phoneNumber } from '../support/open-test-app.ts'
import { visit } from '../support/visitor.ts'

/** Each holds the word `canary` where markup of its own would begin. */
const hostileTexts = [
  '<script>canary()</script>',
  '"><img src=x onerror=canary()>',
  "'><svg/onload=canary()>",
  '</textarea><canary>',
  '</title><canary>',
  '</option></select><canary>',
  '<a href="javascript:canary()">x</a>',
  '<iframe srcdoc="<canary>">',
  '{{constructor.constructor("canary()")()}}',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a text of somebody else's engine
  '${canary()}',
  '<canary style=position:fixed>',
  'javascript:canary()',
  '\u202ecanary\u202d',
  '&lt;canary&gt;&#60;canary&#62;',
  '<!--<canary>-->',
  '<canary\u0000>',
]

/** Markup that some text brought along: an element or a script address with the word in it. */
const broughtAlong = [/<canary/i, /<script>canary/i, /<(?:img|svg|iframe|a)[^>]*canary/i, /href="javascript:/i]

/** Whether a page holds markup of a text. Handlers are sought where attributes are, not within their values. */
function isBroken(page: string): boolean {
  return broughtAlong.some((pattern) => pattern.test(page)) || /<[^<>]*\son\w+=/i.test(page.replace(/"[^"]*"/g, '""'))
}

function cellOf(text: string): string {
  return `"${text.replaceAll('"', '""').replaceAll('\u0000', '')}"`
}

const rowId = (id: string) => Number(id.slice(id.indexOf('_') + 1))

async function setup() {
  const test = await serveApi({ env: { HERALD_REQUESTS_PER_SECOND: '100000' } })
  const lines = hostileTexts.map((text, n) => `${phoneNumber(n)},${cellOf(text)},${cellOf(text)}`)
  await importLines(test, ['phone,first_name,note', ...lines], { list: 'people' })
  for (const [n, text] of hostileTexts.entries()) {
    const campaign = await addTestCampaign(test, {
      name: `${n}`,
      sender: 'sandbox',
      content: {
        type: 'text',
        text: `${text.replaceAll(/\{\{.*\}\}/g, '').replaceAll('\u0000', '')} {{ first_name }}`,
      },
      tags: [`tag ${n}`],
    })
    // Whatever an older edition took as a name.
    const name = `${n} ${text}`.replace('\u0000', '')
    await test.ctx.db.write((tx) => tx.run(`UPDATE campaigns SET name = ? WHERE id = ?`, [name, rowId(campaign.id)]))
  }
  await addUser(test.ctx, { name: 'O canary', role: 'viewer', password: 'violet anchor pebble' })
  return test
}

it('SR-40 SR-41 A-06 A-09 A-12 A-19 stand as texts on every page', async () => {
  const test = await setup()
  const visitor = await visit(test)
  const wrong: string[] = []
  let seen = 0
  for (const { path } of pageRoutes(test).filter(({ method }) => method === 'GET'))
    for (const value of ['1', '2', '5', 'people', 'cmp_1', 'cmp_7', 'con_3', 'sandbox', 'imp_1', 'lst_1']) {
      const address = fill(path, value)
      if (/events|live\/stream|export/.test(address)) continue
      const { status, text, headers } = await visitor.get(address)
      if (status !== 200 || !/html/.test(headers.get('content-type') ?? '')) continue
      if (text.includes('canary')) seen++
      if (isBroken(text)) wrong.push(`${address} holds markup`)
      // Nothing of ours needs what the policy forbids.
      if (/<script(?![^>]*src=)|<[^<>]*\sstyle=/.test(text.replace(/"[^"]*"/g, '""')))
        wrong.push(`${address} has inline code`)
      if (path === fill(path, '')) break
    }
  expect(wrong).toEqual([])
  expect(seen).toBeGreaterThan(5)
})

it('SR-42 keep their direction to themselves', async () => {
  const test = await setup()
  const visitor = await visit(test)
  const { text } = await visitor.get('/campaigns')
  expect(text).toMatch(/<bdi>[^<]*\u202ecanary/)
})

it('SR-40 come back as texts when a form is refused', async () => {
  const test = await serveApi()
  const visitor = await visit(test)
  for (const text of hostileTexts.slice(0, 6))
    for (const path of ['/users/new', '/keys/new', '/limits/caps', '/templates/new', '/account', '/senders/new']) {
      const fields = {
        name: text,
        id: text,
        window: text,
        definition: text,
        current: text,
        provider: 'meta',
        days: text,
      }
      const answer = await visitor.post(path, fields)
      expect(isBroken(answer.text), path).toBe(false)
    }
  const { text } = await visitor.get(`/login?to=${encodeURIComponent('"><canary>')}`)
  expect(text).not.toMatch(/<canary/)
})

it('SR-39 split no header: what was done is told in a cookie of printable characters', async () => {
  const test = await serveApi()
  const visitor = await visit(test)
  for (const name of ['a\r\nset-cookie: canary=1', 'a\u0000b', 'Größe – ☃']) {
    const answer = await visitor.post('/keys/new', { name: 'shop', user: 'ada', rights: 'read' })
    expect(answer.status).toBe(200)
    const key = (await test.api('/keys?limit=1')).body.items[0]
    // Whatever an older edition took as a name.
    await test.ctx.db.write((tx) => tx.run(`UPDATE api_keys SET name = ? WHERE id = ?`, [name, rowId(key.id)]))
    const revoked = await visitor.post(`/keys/${key.id}/revoke`, { sure: 'yes' })
    expect(revoked.headers.getSetCookie().join()).not.toMatch(/[^\x20-\x7e]|(?:^|,)canary/)
  }
})

it('SR-43 SR-46 keep secrets out of addresses, pages and refusals', async () => {
  const test = await serveApi()
  const visitor = await visit(test)
  const settings = {
    'setting.phoneNumberId': 'x',
    'setting.accessToken': 'canary-token',
    'setting.appSecret': 'canary-secret',
  }
  const refused = await visitor.post('/senders/new', { name: 'main', provider: 'meta', ...settings })
  expect([refused.status, refused.text.includes('canary-')]).toEqual([422, false])
  const added = await visitor.post('/senders/new', {
    name: 'main',
    provider: 'meta',
    ...settings,
    'setting.phoneNumberId': '1060000000000001',
  })
  expect(added.status).toBe(303)
  const page = await visitor.get(added.headers.get('location') ?? '')
  expect([page.status, page.text.includes('canary-')]).toEqual([200, false])
  const made = await visitor.post('/keys/new', { name: 'shop', user: 'ada', rights: 'read', days: '1' })
  const key = /herald_[\w-]{43}/.exec(made.text)?.[0] ?? ''
  expect(key).not.toBe('')
  expect((await visitor.get('/keys')).text).not.toContain(key)
  expect(made.headers.get('location')).toBeNull()
})

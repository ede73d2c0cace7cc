// Who gets in, how long they stay, and what ends it. Cookies are looked at as a browser gets them.
import { describe, expect, it, onTestFinished } from 'vitest'
import { brakeMs } from '../../src/domain/guess-brake.ts'
import { addKey, revokeKeyById } from '../../src/engine/accounts/keys.ts'
import { hashPassword, isOutdated, isPassword } from '../../src/engine/accounts/passwords.ts'
import { logIn } from '../../src/engine/accounts/sessions.ts'
import { addUser, changeUser, resetPassword } from '../../src/engine/accounts/users.ts'
import { type ApiClient, serveApi } from '../support/api-client.ts'
import { clientAt } from '../support/clients.ts'
import { addSandbox, addTestCampaign, importPeople, openTestApp } from '../support/open-test-app.ts'
import { PASSWORD, type Visitor, visit, visitorOf } from '../support/visitor.ts'

const ownSite = { 'sec-fetch-site': 'same-origin' }
const MINUTE_MS = 60_000

async function serveFresh() {
  const test = await openTestApp({ env: { HERALD_PORT: '0' } })
  const running = await test.app.serve()
  onTestFinished(async () => running[Symbol.asyncDispose]())
  return { ...test, base: running.url, setupUrl: running.setupUrl ?? '' }
}

function send(url: string, fields: Record<string, string>, cookie = '') {
  return fetch(url, {
    method: 'POST',
    redirect: 'manual',
    headers: { ...ownSite, cookie },
    body: new URLSearchParams(fields),
  })
}

const login = (base: string, name: string, password: string, cookie = '') =>
  send(`${base}/login`, { name, password }, cookie)

describe('the set-up link', () => {
  it('SR-02 makes the first administrator, once', async () => {
    const { base, setupUrl } = await serveFresh()
    const token = new URL(setupUrl).pathname.split('/')[2] ?? ''
    expect(Buffer.from(token, 'base64url').length).toBeGreaterThanOrEqual(16)
    expect((await fetch(setupUrl)).status).toBe(200)
    expect((await send(setupUrl, { name: 'ada', password: 'password1234' })).status).toBe(422)
    const first = await send(setupUrl, { name: 'ada', password: PASSWORD })
    expect([first.status, first.headers.get('location')]).toEqual([303, '/'])
    expect((await fetch(setupUrl)).status).toBe(410)
    expect((await send(setupUrl, { name: 'eve', password: PASSWORD })).status).toBe(410)
    expect((await login(base, 'eve', PASSWORD)).status).toBe(401)
  })

  it('SR-02 is over after half an hour, and never was another one', async () => {
    const { base, setupUrl, clock } = await serveFresh()
    expect((await fetch(`${base}/setup/${'A'.repeat(43)}`)).status).toBe(410)
    expect((await fetch(`${base}/setup/x`)).status).toBe(410)
    clock.advance(30 * MINUTE_MS)
    expect((await fetch(setupUrl)).status).toBe(410)
    expect((await send(setupUrl, { name: 'ada', password: PASSWORD })).status).toBe(410)
  })

  it('SR-02 is the only way in where nobody is: there is no default password', async () => {
    const { base } = await serveFresh()
    for (const [name, password] of [
      ['admin', 'admin'],
      ['admin', ''],
      ['', ''],
      ['root', 'root'],
      ['herald', 'herald'],
    ])
      expect((await login(base, name ?? '', password ?? '')).status).toBe(401)
  })
})

describe('a password', () => {
  it('SR-06 is stored as a slow hash with its parameters, and compared to its last character', async () => {
    const long = `${'x'.repeat(72)}a lantern`
    const stored = await hashPassword(long)
    expect(stored).toMatch(/^scrypt\$\d+\$8\$1\$/)
    expect(stored).not.toContain('lantern')
    expect(await isPassword(long, stored)).toBe(true)
    expect(await isPassword(`${'x'.repeat(72)}b lantern`, stored)).toBe(false)
    expect(isOutdated(stored)).toBe(false)
    expect(isOutdated(stored.replace(/^scrypt\$\d+/, 'scrypt$1024'))).toBe(true)
  })
})

describe('guessing', () => {
  it('SR-07 is slowed down for a network, whichever of its addresses it comes from, and across restarts', async () => {
    const test = await openTestApp()
    await addUser(test.ctx, { name: 'ada', role: 'admin', password: PASSWORD })
    let evaluated = 0
    let address = 0
    const until = test.clock.now() + 3_600_000
    while (test.clock.now() < until) {
      const answer = await logIn(test.ctx, {
        name: 'ada',
        password: 'wrong words here',
        client: clientAt(`192.0.2.${address++ % 200}`),
        deviceToken: undefined,
      }).catch((error: { code: string; details?: { retryAfterSeconds: number } }) => error)
      const { code, details } = answer as { code: string; details?: { retryAfterSeconds: number } }
      if (code === 'auth.wrong_credentials') evaluated++
      test.clock.advance((details?.retryAfterSeconds ?? 0) * 1000 + 1)
    }
    expect(evaluated).toBeLessThanOrEqual(40)
    expect(evaluated).toBeGreaterThanOrEqual(5)
    const again = await openTestApp({ dir: test.dir, clock: test.clock })
    await expect(
      logIn(again.ctx, {
        name: 'ada',
        password: 'wrong words here',
        client: clientAt('198.51.100.1'),
        deviceToken: undefined,
      }),
    ).rejects.toMatchObject({ code: expect.stringMatching(/auth\./) })
  })

  it('SR-07 waits longer each time, never longer than a quarter of an hour', () => {
    expect([0, 4, 5, 6, 7, 20, 1000].map((failures) => brakeMs(failures))).toEqual([
      0, 0, 1_000, 2_000, 4_000, 900_000, 900_000,
    ])
  })

  it('SR-07 cannot lock the owner out: a browser that is known has a brake of its own', async () => {
    const { ctx } = await openTestApp()
    await addUser(ctx, { name: 'ada', role: 'admin', password: PASSWORD })
    const { deviceToken } = await logIn(ctx, {
      name: 'ada',
      password: PASSWORD,
      client: clientAt('192.0.2.1'),
      deviceToken: undefined,
    })
    for (let i = 0; i < 8; i++)
      await logIn(ctx, {
        name: 'ada',
        password: 'wrong words',
        client: clientAt('198.51.100.1'),
        deviceToken: undefined,
      }).catch(() => {})
    const stranger = logIn(ctx, {
      name: 'ada',
      password: PASSWORD,
      client: clientAt('198.51.100.1'),
      deviceToken: undefined,
    })
    await expect(stranger).rejects.toMatchObject({ code: 'auth.too_many_tries' })
    await expect(
      logIn(ctx, { name: 'ada', password: PASSWORD, client: clientAt('192.0.2.1'), deviceToken }),
    ).resolves.toBeDefined()
  })

  it('F8: that goes on too fast is answered 429 with the time to wait, on the page', async () => {
    const test = await serveApi()
    const statuses: number[] = []
    for (let n = 0; n < 7; n++) statuses.push((await login(test.base, 'ada', `wrong words ${n}`)).status)
    expect(statuses).toEqual([401, 401, 401, 401, 401, 429, 429])
    const braked = await login(test.base, 'ada', 'orange kettle lantern')
    expect([braked.status, braked.headers.get('retry-after')]).toEqual([429, '1'])
    expect(await braked.text()).toContain('Too many wrong passwords: wait 1 s')
    test.clock.advance(1_000)
    expect((await login(test.base, 'ada', 'orange kettle lantern')).status).toBe(303)
  })

  it('F11: of the present password of an account is braked too', async () => {
    const test = await serveApi()
    const visitor = await visit(test)
    const change = (current: string) => visitor.post('/account', { current, next: 'copper window violin' })
    const statuses: number[] = []
    for (let n = 0; n < 6; n++) statuses.push((await change(`wrong words ${n}`)).status)
    expect(statuses).toEqual([422, 422, 422, 422, 422, 429])
    expect((await change(PASSWORD)).headers.get('retry-after')).toBe('1')
  })

  it('F8: of set-up links is told to wait, and who has the right one is not', async () => {
    const { base, setupUrl } = await serveFresh()
    const statuses: number[] = []
    for (let n = 0; n < 22; n++) statuses.push((await fetch(`${base}/setup/guess-${n}`)).status)
    expect(statuses.filter((status) => status === 410)).toHaveLength(20)
    const braked = await send(`${base}/setup/guess`, { name: 'eve', password: PASSWORD })
    expect([braked.status, braked.headers.get('retry-after')]).toEqual([429, '10'])
    expect((await send(setupUrl, { name: 'ada', password: PASSWORD })).status).toBe(303)
  })

  it('F8: by strangers behind a proxy is told apart by the address that the proxy adds', async () => {
    const test = await serveApi({ env: { HERALD_TRUSTED_HOPS: '1' } })
    const enter = (name: string, password: string, headers: Record<string, string>) =>
      fetch(`${test.base}/login`, {
        method: 'POST',
        redirect: 'manual',
        headers: { ...ownSite, ...headers },
        body: new URLSearchParams({ name, password }),
      })
    const stranger = { 'x-forwarded-for': '203.0.113.77, 198.51.100.1' }
    for (let n = 0; n < 6; n++) await enter(`nobody ${n}`, 'wrong words here', stranger)
    expect((await enter('nobody', 'wrong words here', stranger)).status).toBe(429)
    // What the stranger writes before it changes nothing.
    for (const forged of ['192.0.2.9, 198.51.100.1', '198.51.100.1', 'x, "y", ::1,198.51.100.1'])
      expect((await enter('nobody', 'wrong words here', { 'x-forwarded-for': forged })).status).toBe(429)
    const owner = { 'x-forwarded-for': '203.0.113.77' }
    expect((await enter('ada', 'orange kettle lantern', owner)).status).toBe(303)
  })

  it('SR-07 learns nothing from the answer: unknown, disabled and wrong are the same', async () => {
    const test = await serveApi()
    await addUser(test.ctx, { name: 'gone', role: 'viewer', password: PASSWORD })
    await changeUser(test.ctx, 'gone', { status: 'disabled' })
    const told = async (name: string, password: string) => {
      const answer = await login(test.base, name, password)
      return [answer.status, (await answer.text()).replaceAll(name, '')]
    }
    const wrong = await told('ada', 'wrong words here')
    expect(await told('nobody', 'wrong words here')).toEqual(wrong)
    expect(await told('gone', PASSWORD)).toEqual(wrong)
  })
})

describe('a session', () => {
  it('SR-11 is a cookie that scripts, other hosts and clear text never see', async () => {
    const test = await serveApi()
    const answer = await login(test.base, 'ada', 'orange kettle lantern')
    expect(answer.status).toBe(303)
    const cookies = answer.headers.getSetCookie()
    expect(cookies).toHaveLength(2)
    for (const cookie of cookies) {
      expect(cookie).toMatch(/^__Host-herald-(?:session|device)=[\w-]{43};/)
      for (const attribute of ['Path=/', 'HttpOnly', 'Secure', 'SameSite=Lax']) expect(cookie).toContain(attribute)
      expect(cookie).not.toContain('Domain=')
    }
    expect(cookies[0]).not.toContain('Max-Age')
  })

  it('SR-09 A-11 is new at each login: a cookie that somebody set before opens nothing', async () => {
    const test = await serveApi()
    const planted = '__Host-herald-session=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'
    const answer = await login(test.base, 'ada', 'orange kettle lantern', planted)
    const given = answer.headers.getSetCookie()[0]?.split(';')[0] ?? ''
    expect(given).not.toBe(planted)
    expect((await fetch(test.base, { redirect: 'manual', headers: { cookie: planted } })).status).toBe(302)
    expect((await fetch(test.base, { redirect: 'manual', headers: { cookie: given } })).status).toBe(200)
    const second = await login(test.base, 'ada', 'orange kettle lantern', given)
    expect(second.headers.getSetCookie()[0]?.split(';')[0]).not.toBe(given)
    const stored = await test.ctx.db.read((tx) => tx.all('SELECT * FROM sessions'))
    expect(JSON.stringify(stored)).not.toContain(given.split('=')[1])
  })

  it('SR-09 ends after half an hour without a request, and after twelve hours in all', async () => {
    const test = await serveApi()
    const idle = await visit(test, 'viewer')
    test.clock.advance(29 * MINUTE_MS)
    expect((await idle.get('/account')).status).toBe(200)
    test.clock.advance(31 * MINUTE_MS)
    expect((await idle.get('/account')).status).toBe(302)
    const busy = await visit(test, 'viewer')
    const statuses: number[] = []
    for (let i = 0; i < 26; i++) {
      test.clock.advance(28 * MINUTE_MS)
      statuses.push((await busy.get('/account')).status)
    }
    expect(statuses.indexOf(302)).toBe(25)
  })

  it('SR-09 is kept open by people, not by what a page asks while nobody is there', async () => {
    const test = await withCampaign()
    const byItself: [string, Record<string, string>][] = [
      ['/account?unasked=yes', {}],
      ['/account', { 'sec-fetch-dest': 'empty' }],
      ['/api/v1/campaigns', { accept: 'text/event-stream' }],
    ]
    for (const [path, headers] of byItself) {
      const visitor = await visit(test, 'viewer')
      test.clock.advance(20 * MINUTE_MS)
      expect((await visitor.get(path, headers)).status, path).toBe(200)
      test.clock.advance(11 * MINUTE_MS)
      expect((await visitor.get('/account')).status, path).toBe(302)
    }
    const visitor = await visit(test)
    await visitor.post('/campaigns/cmp_1/launch', { confirm: '1' })
    const refresh = /<noscript><meta http-equiv="refresh" content="5; url=([^"]+)"/
    const [, again] = refresh.exec((await visitor.get('/campaigns/cmp_1/live')).text) ?? []
    expect(again).toBe('/campaigns/cmp_1/live?unasked=yes')
    expect((await visitor.get('/campaigns/cmp_1/live?still=yes')).text).not.toMatch(refresh)
  })

  it.each<[string, (test: ApiClient, visitor: Visitor) => unknown]>([
    ['the log-out', (_, visitor) => visitor.post('/logout')],
    ['a new role', ({ ctx }) => changeUser(ctx, 'editor person', { role: 'viewer' })],
    ['half an hour without a request', ({ clock }) => clock.advance(31 * MINUTE_MS)],
  ])('SR-10 ends with %s what is being watched', async (_, end) => {
    const test = await withCampaign()
    const visitor = await visit(test, 'editor')
    const watched = await fetch(`${test.base}/api/v1/campaigns/cmp_1/live`, { headers: { cookie: visitor.cookie } })
    expect(watched.status).toBe(200)
    await end(test, visitor)
    // The whole stream: by itself it would end after minutes only.
    expect(await watched.text()).toMatch(/^event: live/)
  })

  it('SR-09 SR-43 ends with the logout, which clears what the browser kept', async () => {
    const test = await serveApi()
    const visitor = await visit(test)
    const answer = await visitor.post('/logout')
    expect([answer.status, answer.headers.get('clear-site-data')]).toEqual([303, '"cache", "storage"'])
    expect(answer.headers.getSetCookie()[0]).toMatch(/^__Host-herald-session=;.*Max-Age=0/)
    expect((await visitor.get('/account')).status).toBe(302)
  })

  it('SR-10 A-10 A-17 of another browser ends when the password changes, and so does every key', async () => {
    const test = await serveApi()
    const [here, there] = [await visit(test), await visit(test)]
    const { key } = await addKey(test.ctx, { name: 'shop', user: 'admin person' })
    const asKey = () => test.api('/me', { headers: { authorization: `Bearer ${key}` } })
    expect((await asKey()).status).toBe(200)
    const wrong = await here.post('/account', { current: 'not it at all', next: 'copper window violin' })
    expect(wrong.status).toBe(422)
    expect((await there.get('/account')).status).toBe(200)
    const changed = await here.post('/account', { current: PASSWORD, next: 'copper window violin' })
    expect(changed.status).toBe(303)
    expect((await here.get('/account')).status).toBe(200)
    expect((await there.get('/account')).status).toBe(302)
    expect((await asKey()).status).toBe(401)
  })

  it('SR-10 ends when an administrator changes the role, the status or the password', async () => {
    const test = await serveApi()
    for (const change of [
      () => changeUser(test.ctx, 'editor person', { role: 'viewer' }),
      () => changeUser(test.ctx, 'editor person', { role: 'editor' }),
      () => resetPassword(test.ctx, 'editor person', PASSWORD),
      () => changeUser(test.ctx, 'editor person', { status: 'disabled' }),
    ]) {
      const visitor = await visit(test, 'editor')
      expect((await visitor.get('/account')).status).toBe(200)
      await change()
      expect((await visitor.get('/account')).status).toBe(302)
    }
  })

  it('SR-41 leads to a page of our own after the login, wherever the link says', async () => {
    const test = await serveApi()
    for (const to of [
      '//evil.example',
      'https://evil.example',
      '/\\evil.example',
      'javascript:alert(1)',
      '/ok\r\nset-cookie: x=1',
      '/%0d%0ax',
    ]) {
      const answer = await send(`${test.base}/login`, { name: 'ada', password: 'orange kettle lantern', to })
      expect(answer.headers.get('location'), to).toMatch(/^\/(%0d%0ax)?$/)
    }
  })
})

/** A service with a campaign to one person. */
async function withCampaign(): Promise<ApiClient> {
  const test = await serveApi()
  await addSandbox(test)
  await importPeople(test, 1)
  await addTestCampaign(test, { schedule: { at: '2027-06-05T10:00:00Z' } })
  return test
}

describe('a key', () => {
  it('SR-10 ends with its revocation what is being watched', async () => {
    const test = await withCampaign()
    await visit(test)
    const { key, id } = await addKey(test.ctx, { name: 'shop', user: 'admin person' })
    const watched = await fetch(`${test.base}/api/v1/campaigns/cmp_1/live`, {
      headers: { authorization: `Bearer ${key}` },
    })
    expect(watched.status).toBe(200)
    await revokeKeyById(test.ctx, id)
    expect(await watched.text()).toMatch(/^event: live/)
  })

  it('SR-13 is random, stored as a hash only, and recognised by its beginning', async () => {
    const test = await serveApi()
    const { body } = await test.api('/keys', { method: 'POST', body: { name: 'shop', user: 'ada', rights: ['read'] } })
    expect(Buffer.from(body.key.replace('herald_', ''), 'base64url')).toHaveLength(32)
    const rows = await test.ctx.db.read((tx) => tx.all('SELECT * FROM api_keys'))
    expect(JSON.stringify(rows)).not.toContain(body.key)
    expect((await test.api('/keys')).text).not.toContain(body.key)
    expect(body.key.startsWith(body.prefix)).toBe(true)
  })

  it('SR-13 is over at once when it is revoked, in every process', async () => {
    const test = await serveApi()
    const other = await openTestApp({ dir: test.dir, clock: test.clock, env: { HERALD_PORT: '0' } })
    const running = await other.app.serve()
    onTestFinished(async () => running[Symbol.asyncDispose]())
    const { body } = await test.api('/keys', { method: 'POST', body: { name: 'shop', user: 'ada' } })
    const ask = async (base: string) =>
      (await fetch(`${base}/api/v1/me`, { headers: { authorization: `Bearer ${body.key}` } })).status
    expect([await ask(test.base), await ask(running.url)]).toEqual([200, 200])
    await test.api(`/keys/${body.id}`, { method: 'DELETE' })
    expect([await ask(test.base), await ask(running.url)]).toEqual([401, 401])
  })

  it('SR-13 ends at its time, is bound to its rights, and never comes from a cookie', async () => {
    const test = await serveApi()
    const expiresAt = new Date(test.clock.now() + MINUTE_MS).toISOString()
    const { body } = await test.api('/keys', {
      method: 'POST',
      body: { name: 'shop', user: 'ada', rights: ['read'], expiresAt },
    })
    const headers = { authorization: `Bearer ${body.key}` }
    expect((await test.api('/lists', { headers })).status).toBe(200)
    expect((await test.api('/users', { headers })).body.code).toBe('auth.forbidden')
    const visitor = visitorOf(test.base, body.key, '')
    expect((await visitor.get('/api/v1/lists')).status).toBe(401)
    test.clock.advance(MINUTE_MS)
    expect((await test.api('/lists', { headers })).status).toBe(401)
    for (const expired of ['2020-01-01T00:00:00Z', 'tomorrow'])
      expect(
        (await test.api('/keys', { method: 'POST', body: { name: 'x', user: 'ada', expiresAt: expired } })).status,
      ).toBeGreaterThanOrEqual(400)
  })

  it('is refused alike when it is unknown, revoked or none', async () => {
    const test = await serveApi()
    const { body } = await test.api('/keys', { method: 'POST', body: { name: 'shop', user: 'ada' } })
    await test.api(`/keys/${body.id}`, { method: 'DELETE' })
    const told = async (authorization: string) => {
      const { status, body: problem } = await test.api('/me', { headers: { authorization } })
      return [status, problem]
    }
    const revoked = await told(`Bearer ${body.key}`)
    expect(revoked[0]).toBe(401)
    for (const other of [`Bearer herald_${'A'.repeat(43)}`, 'Bearer x', 'Basic YWRhOmFkYQ==', 'Bearer ', body.key])
      expect(await told(other)).toEqual(revoked)
  })
})

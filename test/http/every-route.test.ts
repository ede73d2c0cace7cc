// What holds for every operation and every page, whatever it does: it declares its right, strangers get nothing, and
// every answer carries the headers. The routes are read from the program, so that a new one is held too.
import { describe, expect, it } from 'vitest'
import { roleRights, roles } from '../../src/domain/access.ts'
import { apiRoutes, fill, pageRoutes, type Route } from '../support/all-routes.ts'
import { serveApi } from '../support/api-client.ts'
import { visit, visitAll } from '../support/visitor.ts'

const setup = () => serveApi({ env: { HERALD_REQUESTS_PER_SECOND: '100000' } })

const nameOf = ({ method, path }: Route) => `${method} ${path}`

/** Live numbers never end: only the head of an answer is waited for. */
async function head(url: string, init: RequestInit): Promise<Response> {
  const response = await fetch(url, { redirect: 'manual', ...init })
  await response.body?.cancel()
  return response
}

describe('rights', () => {
  it('SR-15 are declared by every operation and every page', async () => {
    const test = await setup()
    const routes = [...apiRoutes(test), ...pageRoutes(test)]
    expect(routes.length).toBeGreaterThan(90)
    expect(routes.filter(({ right }) => right === undefined).map(nameOf)).toEqual([])
  })

  it('SR-15 decide what each role gets of each operation', async () => {
    const test = await setup()
    const wrong: string[] = []
    for (const route of apiRoutes(test))
      for (const role of roles) {
        const { status } = await head(`${test.base}${fill(route.path)}`, {
          method: route.method,
          headers: { authorization: `Bearer ${test.keys[role]}` },
        })
        const may = route.right != null && roleRights[role].includes(route.right)
        if ((status === 403) === may || status === 401 || status >= 500)
          wrong.push(`${nameOf(route)} ${role} ${status}`)
      }
    expect(wrong).toEqual([])
  })

  it('SR-15 decide what each role gets of each page', async () => {
    const test = await setup()
    const routes = pageRoutes(test).filter(({ right, path }) => right !== null && path !== '/account')
    const wrong: string[] = []
    for (const role of roles)
      for (const route of routes) {
        // A page may end what the visitor has: each gets a fresh look.
        const visitor = await visitorOfRole(test, role)
        const path = fill(route.path)
        const { status } = route.method === 'GET' ? await visitor.get(path) : await visitor.post(path)
        const may = route.right != null && roleRights[role].includes(route.right)
        if ((status === 403) === may || status === 401 || status >= 500)
          wrong.push(`${nameOf(route)} ${role} ${status}`)
      }
    expect(wrong).toEqual([])
  })

  it('SR-03 A-15 leave a stranger nothing but the login, its files and one word of health', async () => {
    const test = await setup()
    const open: string[] = []
    for (const { method, path } of [...apiRoutes(test), ...pageRoutes(test)]) {
      const response = await head(`${test.base}${fill(path)}`, { method, headers: { 'sec-fetch-site': 'same-origin' } })
      if (response.status === 200) open.push(`${method} ${path}`)
      else if ([302, 303].includes(response.status))
        expect(response.headers.get('location')).toMatch(/^\/login(\?to=|$)/)
      else expect([401, 403, 404, 410]).toContain(response.status)
    }
    expect(open).toEqual(['GET /login'])
    for (const path of [
      '/metrics',
      '/readyz',
      '/docs',
      '/.git/config',
      '/assets/app.js.map',
      '/api/v1/openapi.json',
      '/api',
    ])
      expect([302, 401, 404], path).toContain((await head(`${test.base}${path}`, {})).status)
    const health = await fetch(`${test.base}/healthz`)
    expect(await health.text()).toBe('ok')
  })
})

/** The one form with a file comes in parts. */
function formOf(path: string, csrf: string): URLSearchParams | FormData {
  if (!path.endsWith('/import')) return new URLSearchParams({ csrf })
  const form = new FormData()
  form.set('csrf', csrf)
  form.set('file', new Blob(['phone\n+12025550100\n']), 'people.csv')
  return form
}

type Served = Awaited<ReturnType<typeof setup>>
const visitors = new WeakMap<Served, ReturnType<typeof visitAll>>()

async function visitorOfRole(test: Served, role: (typeof roles)[number]) {
  const all = visitors.get(test) ?? visitAll(test)
  visitors.set(test, all)
  return (await all)[role]
}

describe('headers', () => {
  const expected = {
    'content-security-policy':
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'referrer-policy': 'no-referrer',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'permissions-policy': 'camera=(), geolocation=(), microphone=(), payment=()',
  }

  it('SR-04 stand on every answer, right or wrong, and nothing but files may be kept', async () => {
    const test = await setup()
    const visitor = await visit(test)
    const paths = [...apiRoutes(test), ...pageRoutes(test)].filter(({ method }) => method === 'GET')
    for (const { path } of [...paths, { path: '/nothing' }, { path: '/healthz' }, { path: '/webhooks/main/wrong' }]) {
      const answer = await head(`${test.base}${fill(path)}`, { headers: { cookie: visitor.cookie } })
      const found = Object.fromEntries(Object.keys(expected).map((name) => [name, answer.headers.get(name)]))
      expect(found, path).toEqual(expected)
      expect(answer.headers.get('cache-control'), path).toBe('no-store')
      expect(answer.headers.get('strict-transport-security'), path).toBeNull()
    }
    const file = await fetch(`${test.base}/assets/style.css`)
    expect(file.headers.get('cache-control')).toMatch(/immutable/)
  })

  it('SR-04 name the end of clear text where TLS is spoken', async () => {
    const test = await serveApi({ env: { HERALD_PUBLIC_URL: 'https://herald.example' } })
    const { headers } = await test.api('/me')
    expect(headers.get('strict-transport-security')).toBe('max-age=31536000; includeSubDomains')
  })

  it('SR-05 A-11 the name that a request was sent to is one of ours, else nothing is answered', async () => {
    const test = await serveApi({ env: { HERALD_PUBLIC_URL: 'https://herald.example' } })
    const ask = async (host: string) => {
      const { request } = await import('undici')
      const { statusCode, body } = await request(`${test.base}/login`, { headers: { host } })
      await body.dump()
      return statusCode
    }
    expect(await ask('evil.example')).toBe(400)
    expect(await ask('127.0.0.1.evil.example:80')).toBe(400)
    expect(await ask('herald.example.evil.example')).toBe(400)
    expect(await ask('herald.example')).toBe(200)
    expect(await ask('localhost:1234')).toBe(200)
  })
})

describe('changes asked for by a browser', () => {
  const foreign: Record<string, Record<string, string>> = {
    'no origin': {},
    'a foreign origin': { origin: 'https://evil.example' },
    'a foreign origin of the same name': { origin: 'http://127.0.0.1.evil.example' },
    'a hidden origin': { origin: 'null' },
    'a foreign site': { 'sec-fetch-site': 'cross-site' },
    'a site beside ours': { 'sec-fetch-site': 'same-site' },
    'a click on no page': { 'sec-fetch-site': 'none' },
  }

  it('SR-12 A-11 are refused from any other page, for every page', async () => {
    const test = await setup()
    const { cookie, csrf } = await visit(test)
    for (const { method, path } of pageRoutes(test).filter((route) => route.method !== 'GET'))
      for (const [what, headers] of Object.entries(foreign)) {
        const url = `${test.base}${fill(path)}`
        const body = new URLSearchParams({ csrf })
        const { status } = await head(url, { method, headers: { cookie, ...headers }, body })
        expect(status, `${path} with ${what}`).toBe(403)
      }
  })

  it('SR-12 are refused without the token of a page, even from our own', async () => {
    const test = await setup()
    const { cookie } = await visit(test)
    for (const { method, path, right } of pageRoutes(test).filter((route) => route.method !== 'GET')) {
      const headers = { cookie, 'sec-fetch-site': 'same-origin' }
      for (const csrf of ['', 'x'.repeat(43)]) {
        const { status } = await head(`${test.base}${fill(path)}`, { method, headers, body: formOf(path, csrf) })
        if (right !== null || path === '/logout') expect(status, path).toBe(403)
      }
    }
  })

  it('SR-12 are refused by every operation when a session asks from elsewhere or without the token', async () => {
    const test = await setup()
    const { cookie, csrf } = await visit(test)
    for (const { method, path } of apiRoutes(test).filter((route) => route.method !== 'GET')) {
      const url = `${test.base}${fill(path)}`
      const statusWith = async (headers: Record<string, string>) =>
        (await head(url, { method, headers: { cookie, ...headers } })).status
      for (const [what, headers] of Object.entries(foreign))
        expect(await statusWith({ 'x-csrf-token': csrf, ...headers }), `${path} with ${what}`).toBe(403)
      expect(await statusWith({ 'sec-fetch-site': 'same-origin' }), `${path} without a token`).toBe(403)
      expect(await statusWith({ 'sec-fetch-site': 'same-origin', 'x-csrf-token': csrf }), path).not.toBe(403)
    }
  })

  it('SR-12 are no text that passes for JSON: a form of another page cannot speak to the API', async () => {
    const test = await setup()
    const { cookie, csrf } = await visit(test)
    const headers = { cookie, 'sec-fetch-site': 'same-origin', 'x-csrf-token': csrf }
    const body = JSON.stringify({ from: '22:00', to: '07:00' })
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      '',
      'application/json; charset=utf-16',
      'text/json',
    ]) {
      const { status } = await head(`${test.base}/api/v1/limits/quiet-hours`, {
        method: 'PUT',
        headers: { ...headers, 'content-type': type },
        body,
      })
      expect(status, type).toBe(415)
    }
  })

  it('SR-12 are never made by reading: no page and no operation changes anything on GET', async () => {
    const test = await setup()
    const visitor = await visit(test)
    const dump = () =>
      test.ctx.db.read((tx) =>
        tx.all(`SELECT name, role, status FROM users UNION ALL SELECT name, status, '' FROM senders`),
      )
    const before = await dump()
    for (const { path } of [...apiRoutes(test), ...pageRoutes(test)].filter(({ method }) => method === 'GET'))
      await head(`${test.base}${fill(path, '1')}`, { headers: { cookie: visitor.cookie } })
    expect(await dump()).toEqual(before)
  })
})

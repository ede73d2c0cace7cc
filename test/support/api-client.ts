// A service with its API, and callers of each role.
import { onTestFinished, vi } from 'vitest'
import { type Role, roleRights, roles } from '../../src/domain/access.ts'
import { addKey } from '../../src/engine/accounts/keys.ts'
import { documentOf } from './all-routes.ts'
import { describedBy } from './described.ts'
import { turn } from './fake-clock.ts'
import { openTestApp, type TestApp, type TestAppOptions } from './open-test-app.ts'
import { quickUser } from './quick-users.ts'
import { isAtWork } from './under-way.ts'

export interface ApiCall {
  method?: string
  body?: unknown
  headers?: Record<string, string>
  as?: Role
}

export interface ApiAnswer<T> {
  status: number
  headers: Headers
  body: T
  text: string
}

export interface ApiClient extends TestApp {
  base: string
  keys: Record<Role, string>
  /** Calls /api/v1 as an administrator, or as somebody of another role; the answer must be what the document says. */
  // biome-ignore lint/suspicious/noExplicitAny: what came is what the test looks at
  api<T = any>(path: string, call?: ApiCall): Promise<ApiAnswer<T>>
}

/** Made once in a process: it describes the same operations for every app. */
let described: ReturnType<typeof describedBy> | undefined

const QUIET_TURNS = 50
const QUIET_MS = 10

/** The duties of a service begin with it. Once they rest, nobody but the test asks the database or the clock. */
export async function atRest({ ctx }: TestApp): Promise<void> {
  const asked = [vi.spyOn(ctx.db, 'read'), vi.spyOn(ctx.db, 'write')]
  const count = () => asked.reduce((sum, spy) => sum + spy.mock.calls.length, 0)
  let seen = -1
  let turns = 0
  let since = performance.now()
  while (turns < QUIET_TURNS || performance.now() - since < QUIET_MS) {
    await turn()
    turns++
    if (count() === seen && !isAtWork()) continue
    seen = count()
    turns = 0
    since = performance.now()
  }
  for (const spy of asked) spy.mockRestore()
}

/** Opens an app, serves it on a free port and makes a key for each role. */
export async function serveApi(options: TestAppOptions = {}): Promise<ApiClient> {
  const test = await openTestApp({ ...options, env: { HERALD_PORT: '0', ...options.env } })
  const running = await test.app.serve()
  onTestFinished(async () => running[Symbol.asyncDispose]())
  const keys = {} as Record<Role, string>
  await atRest(test)
  await quickUser(test.ctx, 'ada', 'admin', 'orange kettle lantern')
  for (const role of roles)
    keys[role] = (await addKey(test.ctx, { name: role, user: 'ada', rights: [...roleRights[role]] })).key
  const api = async (path: string, { method = 'GET', body, headers = {}, as = 'admin' }: ApiCall = {}) => {
    const response = await fetch(`${running.url}/api/v1${path}`, {
      method,
      headers: {
        authorization: `Bearer ${keys[as]}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    const text = await response.text()
    const contentType = response.headers.get('content-type') ?? ''
    const answered = /json/.test(contentType) ? JSON.parse(text) : undefined
    const sent = typeof body === 'string' ? undefined : body
    described ??= describedBy(documentOf(test))
    described({ method, path, sent, status: response.status, contentType, body: answered })
    return { status: response.status, headers: response.headers, body: answered, text }
  }
  return { ...test, base: running.url, keys, api: api as ApiClient['api'] }
}

// Somebody with a browser: a session of a role, its cookie and the token of its forms.
import { type Role, roles } from '../../src/domain/access.ts'
import { sessionCookie } from '../../src/engine/accounts/sessions.ts'
import type { ApiClient } from './api-client.ts'
import { quickSession, quickUser } from './quick-users.ts'

export const PASSWORD = 'violet anchor pebble'

export interface PageAnswer {
  status: number
  headers: Headers
  text: string
}

export interface Visitor {
  cookie: string
  csrf: string
  get(path: string, headers?: Record<string, string>): Promise<PageAnswer>
  /** Sends a form as the page itself would. */
  post(path: string, fields?: Record<string, string>, headers?: Record<string, string>): Promise<PageAnswer>
  /** Sends fields of which one may stand several times. */
  send(path: string, fields: [string, string][]): Promise<PageAnswer>
}

/** Logs in a user of the role, who is named after it. */
export async function visit(client: ApiClient, role: Role = 'admin'): Promise<Visitor> {
  const { ctx, base } = client
  const name = `${role} person`
  await quickUser(ctx, name, role, PASSWORD)
  const { sessionToken, csrf } = await quickSession(ctx, name)
  return visitorOf(base, sessionToken, csrf)
}

export function visitorOf(base: string, sessionToken: string, csrf: string): Visitor {
  const cookie = `${sessionCookie}=${sessionToken}`
  const call = async (path: string, init: RequestInit): Promise<PageAnswer> => {
    const response = await fetch(`${base}${path}`, { redirect: 'manual', ...init })
    return { status: response.status, headers: response.headers, text: await response.text() }
  }
  const send = (path: string, body: URLSearchParams, headers = {}) =>
    call(path, { method: 'POST', headers: { cookie, 'sec-fetch-site': 'same-origin', ...headers }, body })
  return {
    cookie,
    csrf,
    get: (path, headers = {}) => call(path, { headers: { cookie, ...headers } }),
    post: (path, fields = {}, headers = {}) => send(path, new URLSearchParams({ csrf, ...fields }), headers),
    send: (path, fields) => send(path, new URLSearchParams(fields)),
  }
}

export async function visitAll(client: ApiClient): Promise<Record<Role, Visitor>> {
  const visitors = {} as Record<Role, Visitor>
  for (const role of roles) visitors[role] = await visit(client, role)
  return visitors
}

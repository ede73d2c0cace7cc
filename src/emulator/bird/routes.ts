// Which call a request is, by method and path.
import type { EmulatorRequest } from '../dialect.ts'

/** Kind of request by method and path; `*` stands for one part. */
const routes: readonly (readonly [operation: string, method: string, path: string])[] = [
  ['send', 'POST', 'workspaces/*/channels/*/messages'],
  ['messages.list', 'GET', 'workspaces/*/channels/*/messages'],
  ['message.get', 'GET', 'workspaces/*/channels/*/messages/*'],
  ['interactions.list', 'GET', 'workspaces/*/channels/*/messages/*/interactions'],
  ['window.get', 'GET', 'workspaces/*/channels/*/contacts/*'],
  ['contacts.search', 'POST', 'workspaces/*/contacts/search'],
  ['media.presign', 'POST', 'workspaces/*/channel-media/presigned-upload'],
  ['media.upload', 'POST', 'uploads/*'],
  ['subscription.create', 'POST', 'organizations/*/workspaces/*/webhook-subscriptions'],
  ['subscription.create', 'POST', 'workspaces/*/webhook-subscriptions'],
  ['projects.list', 'GET', 'workspaces/*/projects'],
  ['projects.create', 'POST', 'workspaces/*/projects'],
  ['projects.delete', 'DELETE', 'workspaces/*/projects/*'],
  ['templates.list', 'GET', 'workspaces/*/projects/*/channel-templates'],
  ['templates.create', 'POST', 'workspaces/*/projects/*/channel-templates'],
  ['templates.activate', 'PUT', 'workspaces/*/projects/*/channel-templates/*/activate'],
]

export interface Route {
  operation: string
  /** What stood in the places of the stars, by the word before: `channels` → its id. */
  ids: Record<string, string>
}

/** Undefined for a path that Bird does not have. */
export function routeOf({ method, path }: EmulatorRequest): Route | undefined {
  const parts = path.split('/').slice(1)
  for (const [operation, wanted, pattern] of routes) {
    const names = pattern.split('/')
    const fits = names.length === parts.length && names.every((name, index) => name === '*' || name === parts[index])
    if (wanted !== method || !fits) continue
    const ids = names.flatMap((name, index) => (name === '*' ? [[names[index - 1], parts[index]]] : []))
    return { operation, ids: Object.fromEntries(ids) as Record<string, string> }
  }
  return undefined
}

// What a form of a page does when it is sent. Every POST declares one of these kinds beside its right, so that nothing with
// a wide effect is a single click by accident.
import type { MiddlewareHandler } from 'hono'
import type { PageEnv } from './page.ts'

export const actKinds = {
  looks: 'asks a provider or reads a file, and changes nothing that people get',
  saves: 'stores what was typed, as it was shown',
  undoable: 'one click about one thing, and the page has the click that takes it back',
  starts: 'begins work that the page before has shown; the same form sent again joins it',
  confirmed: 'wants what the page asks for: a number, a consent, a box',
  asks: 'has a wide effect: without `sure` it only says what would happen',
} as const
export type ActKind = keyof typeof actKinds

export function acts(kind: ActKind): MiddlewareHandler<PageEnv> {
  const declare: MiddlewareHandler<PageEnv> = async (c, next) => {
    c.set('act', kind)
    await next()
  }
  return Object.assign(declare, { act: kind })
}

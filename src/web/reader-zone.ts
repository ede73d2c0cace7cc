// The time zone in which a page shows times: the account's, else the browser's, else the team's.
import type { MiddlewareHandler } from 'hono'
import { getCookie } from 'hono/cookie'
import { canonicalZone } from '../domain/zone-name.ts'
import { findTeamZone } from '../engine/service/team-zone.ts'
import type { PageContext, PageEnv, PageFacts, ReaderZones } from './page.ts'

/** Written by the script of every page. A forged one only changes how times are shown. */
const ZONE_COOKIE = 'herald-zone'

export function knowsZones({ ctx }: PageFacts): MiddlewareHandler<PageEnv> {
  return async (c, next) => {
    const own = c.get('principal')?.timeZone ?? null
    c.set('zones', { own, browser: canonicalZone(getCookie(c, ZONE_COOKIE) ?? ''), team: await findTeamZone(ctx) })
    await next()
  }
}

/** In which times are shown. */
export function readerZone(c: PageContext): string {
  const { own, browser, team } = zonesOf(c)
  return own ?? browser ?? team ?? 'UTC'
}

/** In which a new schedule begins: what the team has chosen, else the reader's own. */
export function scheduleZone(c: PageContext): string {
  return zonesOf(c).team ?? readerZone(c)
}

/** What a field of a time zone offers first. */
export function nearZones(c: PageContext): string[] {
  const { own, browser, team } = zonesOf(c)
  return [...new Set([browser, own, team, 'UTC'].filter((zone) => zone != null))]
}

export function zonesOf(c: PageContext): ReaderZones {
  return c.get('zones') ?? { own: null, browser: undefined, team: undefined }
}

/** What people call a zone: `New York` for America/New_York; an offset stays one. */
export function zoneTitle(zone: string): string {
  if (/^[+-]/.test(zone)) return `UTC${zone}`
  return zone.startsWith('Etc/') ? zone : zone.slice(zone.lastIndexOf('/') + 1).replaceAll('_', ' ')
}

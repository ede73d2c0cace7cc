// What fires when, over all campaigns, in the next thirty days.
import { Hono } from 'hono'
import { upcomingRuns } from '../../engine/campaigns/upcoming.ts'
import { UpcomingTable } from '../elements/upcoming.tsx'
import { formatFor } from '../format.ts'
import { renderPage } from '../layout.tsx'
import { opens, type PageEnv, type PageFacts } from '../page.ts'

const DAYS = 30
const RUNS_SHOWN = 200

export function calendarPages({ ctx }: PageFacts): Hono<PageEnv> {
  return new Hono<PageEnv>().get('/calendar', opens('read'), async (c) => {
    const upcoming = await upcomingRuns(ctx, { days: DAYS, limit: RUNS_SHOWN })
    return renderPage(c, { title: 'Next 30 days' }, <UpcomingTable upcoming={upcoming} format={formatFor(c)} />)
  })
}

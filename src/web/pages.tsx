// Every page of the service, and what a browser sees when something went wrong.
import { Hono } from 'hono'
import { rights } from '../domain/access.ts'
import { AppError, wordsOutside } from '../domain/errors.ts'
import { logFault } from '../runtime/log.ts'
import { fitsPathForm } from '../runtime/path-form.ts'
import { assetRoutes } from './assets.ts'
import { hintOf, sentence } from './error-words.ts'
import { renderPage } from './layout.tsx'
import { sentOnce } from './once.ts'
import { noticesHold, noticesNeeds, type PageEnv, type PageFacts, refuseUndeclared, saysWhen } from './page.ts'
import { apiDescriptionPages } from './pages/api-description.tsx'
import { calendarPages } from './pages/calendar.tsx'
import { campaignEditorPages } from './pages/campaign-editor.tsx'
import { campaignListPages } from './pages/campaign-list.tsx'
import { campaignLivePages } from './pages/campaign-live.tsx'
import { campaignPeoplePages } from './pages/campaign-people.tsx'
import { campaignReportPages } from './pages/campaign-report.tsx'
import { campaignReviewPages } from './pages/campaign-review.tsx'
import { campaignWhyPages } from './pages/campaign-why.tsx'
import { campaignPages } from './pages/campaigns.tsx'
import { importPages } from './pages/import.tsx'
import { importHistoryPages } from './pages/imports.tsx'
import { keyPages } from './pages/keys.tsx'
import { limitPages } from './pages/limits.tsx'
import { listPages } from './pages/lists.tsx'
import { overviewPages } from './pages/overview.tsx'
import { personPages } from './pages/person.tsx'
import { personFormPages } from './pages/person-form.tsx'
import { replyPages } from './pages/replies.tsx'
import { senderFormPages } from './pages/sender-form.tsx'
import { senderListPages } from './pages/sender-list.tsx'
import { senderPages } from './pages/senders.tsx'
import { signInPages } from './pages/sign-in.tsx'
import { suppressionPages } from './pages/suppressions.tsx'
import { teamPages } from './pages/team.tsx'
import { templatePages } from './pages/templates.tsx'
import { unknownPages } from './pages/unknown.tsx'
import { userPages } from './pages/users.tsx'
import { watchedImportPages } from './pages/watched-import.tsx'
import { knowsZones } from './reader-zone.ts'
import { carriedForm, resumesLogin } from './resumed-login.tsx'
import { statusOf } from './status-of.ts'
import { forbiddenWords } from './words.ts'

export function webPages(facts: PageFacts): Hono<PageEnv> {
  const pages = new Hono<PageEnv>()
  pages.use('*', refuseUndeclared())
  pages.route('/assets', assetRoutes())
  pages.use('*', noticesHold(facts))
  pages.use('*', resumesLogin(facts))
  pages.use('*', knowsZones(facts))
  pages.use('*', sentOnce(facts.ctx))
  pages.use('*', noticesNeeds(facts))
  for (const part of [
    signInPages(facts),
    overviewPages(facts),
    importPages(facts),
    watchedImportPages(facts),
    importHistoryPages(facts),
    listPages(facts),
    personFormPages(facts),
    personPages(facts),
    replyPages(facts),
    suppressionPages(facts),
    campaignEditorPages(facts),
    campaignListPages(facts),
    calendarPages(facts),
    campaignPages(facts),
    campaignReviewPages(facts),
    campaignLivePages(facts),
    campaignReportPages(facts),
    campaignPeoplePages(facts),
    campaignWhyPages(facts),
    unknownPages(facts),
    senderFormPages(facts),
    senderListPages(facts),
    senderPages(facts),
    templatePages(facts),
    limitPages(facts),
    teamPages(facts),
    userPages(facts),
    keyPages(facts),
    apiDescriptionPages(facts),
  ])
    pages.route('/', part)
  pages.onError(async (error, c) => {
    const carried = await carriedForm(c, error)
    if (carried !== undefined) return carried
    const status = statusOf(error)
    const fault = status >= 500 ? logFault(facts.ctx.log, error, 'a page failed') : ''
    const said = wordsOutside(error)
    saysWhen(c, error)
    return renderPage(
      c,
      { title: titlesOfCodes[said?.code ?? ''] ?? titles[status] ?? 'This did not work' },
      <div class="decide">
        <p>
          {said === undefined
            ? `The page could not be made; the log of the service knows why, under ${fault}.`
            : (missingRight(error) ?? sentence(said.message))}
        </p>
        {said?.code === 'auth.required' ? (
          <p>
            Nothing was done. <a href="/login">Log in</a>, then do it again.
          </p>
        ) : (
          <p>{said !== undefined && hintOf(said)}</p>
        )}
        <p>
          <a href="/">Go to the overview</a>
        </p>
      </div>,
      status,
    )
  })
  pages.all('*', (c) => {
    const allowed = methodsAt(pages, c.req.path)
    if (allowed.length > 0) c.header('allow', allowed.join(', '))
    return renderPage(
      c,
      { title: allowed.length > 0 ? 'This page does nothing of the kind' : 'Page not found' },
      <p class="empty">
        There is no page at this address. <a href="/">Go to the overview.</a>
      </p>,
      allowed.length > 0 ? 405 : 404,
    )
  })
  return pages
}

/** What to tell a user who lacks a right; undefined for other errors. */
function missingRight(error: unknown): string | undefined {
  if (!(error instanceof AppError) || error.code !== 'auth.forbidden') return undefined
  const right = rights.find((name) => name === error.details?.right)
  return right && forbiddenWords[right]
}

/** Methods that some page offers for a path. */
function methodsAt(pages: Hono<PageEnv>, path: string): string[] {
  const fitting = pages.routes.filter((route) => route.method !== 'ALL' && fitsPathForm(route.path, path))
  const methods = new Set(fitting.map(({ method }) => method))
  if (methods.has('GET')) methods.add('HEAD')
  return [...methods]
}

/** Refusals that readers can fix themselves. */
const titlesOfCodes: Partial<Record<string, string>> = {
  'csrf.token': 'This page has become too old',
  'auth.required': 'You are not logged in',
}

const titles: Record<number, string> = {
  403: 'You don’t have permission',
  404: 'Not found',
  409: 'This can’t be done right now',
  410: 'This link has expired',
  429: 'Too many requests',
}

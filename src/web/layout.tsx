// The frame of every page: navigation, who is logged in, what was just done.
import type { Child } from 'hono/jsx'
import type { Principal } from '../domain/access.ts'
import { type AssetName, assetUrl } from './assets.ts'
import { HoldBanner } from './elements/hold-banner.tsx'
import { MenuButton, Navigation, SectionTabs } from './elements/navigation.tsx'
import { type PageContext, takeNote } from './page.ts'

export interface PageOptions {
  title: string
  /** Beside the heading: the actions of the page. */
  actions?: Child
  scripts?: readonly AssetName[]
  styles?: readonly AssetName[]
  /** Something goes on: without scripts the page loads itself again after so many seconds. */
  reloadSeconds?: number
}

/** A whole page; decisions get a narrow one by `class="decide"` around their content. */
export function renderPage(
  c: PageContext,
  options: PageOptions,
  content: Child,
  status = 200,
): Response | Promise<Response> {
  const principal = c.get('principal')
  const hold = c.get('hold')
  const note = takeNote(c)
  const path = new URL(c.req.url).pathname
  const needs = c.get('needs')?.length ?? 0
  return c.html(
    <Document {...options} title={status === 422 ? `Error: ${options.title}` : options.title} reloadUrl={unaskedUrl(c)}>
      <a class="skip" href="#content">
        Skip to the content
      </a>
      <header class="bar">
        {principal && <MenuButton needs={needs} />}
        <a class="brand" href="/">
          <img src={assetUrl('icon.svg')} alt="" width="22" height="22" /> Herald
        </a>
        {principal && <Person principal={principal} />}
      </header>
      <div class="frame">
        {principal && <Navigation principal={principal} path={path} needs={needs} />}
        <main id="content">
          {principal && hold !== undefined && <HoldBanner hold={hold} />}
          {note !== undefined && (
            <p class="note" role="status">
              {note}
            </p>
          )}
          {principal && <SectionTabs principal={principal} path={path} />}
          <div class="heading">
            <h1>{options.title}</h1>
            {options.actions && <div class="actions">{options.actions}</div>}
          </div>
          {content}
        </main>
      </div>
    </Document>,
    status as 200,
  )
}

/** The same page, asked for by itself: that keeps no login open. */
function unaskedUrl(c: PageContext): string {
  const { pathname, searchParams } = new URL(c.req.url)
  searchParams.set('unasked', 'yes')
  return `${pathname}?${searchParams}`
}

function Document(props: PageOptions & { reloadUrl: string; children?: Child }) {
  const { title, scripts = [], styles = [], reloadSeconds, reloadUrl, children } = props
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>{`${title} · Herald`}</title>
        {reloadSeconds !== undefined && (
          <noscript>
            <meta http-equiv="refresh" content={`${reloadSeconds}; url=${reloadUrl}`} />
          </noscript>
        )}
        <link rel="icon" href={assetUrl('icon.svg')} type="image/svg+xml" />
        {[...styles, 'style.css' as const].map((name) => (
          <link rel="stylesheet" href={assetUrl(name)} />
        ))}
        {/* What the others call comes first. */}
        {['app.js' as const, ...scripts].map((name) => (
          <script src={assetUrl(name)} defer />
        ))}
      </head>
      <body>{children}</body>
    </html>
  )
}

function Person({ principal }: { principal: Principal }) {
  return (
    <div class="person">
      <a href="/account">
        <bdi>{principal.name}</bdi> <span class="role">{principal.role}</span>
      </a>
      <form method="post" action="/logout">
        <input type="hidden" name="csrf" value={principal.session?.csrfToken ?? ''} />
        <button class="plain" type="submit">
          Log out
        </button>
      </form>
    </div>
  )
}

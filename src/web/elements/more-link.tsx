// The link to the next page of a long list: the same address with a cursor. A search says when it was cut short.
import type { PageContext } from '../page.ts'

interface MoreLinkProps {
  c: PageContext
  /** Of the parameter that says where to go on. */
  name: string
  /** Undefined on the last page. */
  value: string | undefined
  label?: string
  /** Followed by itself where scripts run: there is nothing to read on this page. */
  goesOn?: boolean
}

export function MoreLink({ c, name, value, label = 'Next page', goesOn = false }: MoreLinkProps) {
  const url = new URL(c.req.url)
  const isFirst = !url.searchParams.has(name)
  url.searchParams.delete(name)
  const first = `${url.pathname}${url.search}`
  if (value !== undefined) url.searchParams.set(name, value)
  if (isFirst && value === undefined) return <></>
  return (
    <nav class="more" aria-label="Pages">
      {!isFirst && <a href={first}>First page</a>}
      {value !== undefined && (
        <a href={`${url.pathname}${url.search}`} {...(goesOn && { 'data-goes-on': '' })}>
          {label}
        </a>
      )}
    </nav>
  )
}

interface SearchOnProps {
  c: PageContext
  found: { items: readonly unknown[]; next: string | null; isCut: boolean }
}

/** Below one page of search results; a search stops when its time is up, and may not have found everything. */
export function SearchOn({ c, found: { items, next, isCut } }: SearchOnProps) {
  return (
    <>
      {isCut && <p class="note">The search has not reached the end yet. Continue to look through the rest.</p>}
      <MoreLink
        c={c}
        name="after"
        value={next ?? undefined}
        label={isCut ? 'Continue searching' : 'Next page'}
        goesOn={isCut && items.length === 0}
      />
    </>
  )
}

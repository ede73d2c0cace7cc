// The main navigation, and the pages of the open section. On a phone it is a menu: a popover, which a browser opens
// without scripts. A browser without popovers shows the entries as a plain list.
import { mayDo, type Principal } from '../../domain/access.ts'
import { isAt, type Place, type Section, sections } from '../places.ts'

interface NavigationProps {
  principal: Principal
  path: string
  /** Things that wait for a person. */
  needs: number
}

const MENU = 'places'

export function MenuButton({ needs }: { needs: number }) {
  return (
    <button type="button" class="second small menu" popovertarget={MENU}>
      Menu
      {needs > 0 && <NeedsCount needs={needs} />}
    </button>
  )
}

export function Navigation({ principal, path, needs }: NavigationProps) {
  return (
    <nav class="places" id={MENU} popover="auto" aria-label="Main">
      <ul>
        {sections.map((section) => {
          const [first] = openTo(section, principal)
          return first === undefined ? null : (
            <li>
              <a href={first.href} {...(isOpen(section, path) && { 'aria-current': 'page' as const })}>
                {section.title}
                {first.href === '/' && needs > 0 && <NeedsCount needs={needs} />}
              </a>
            </li>
          )
        })}
      </ul>
    </nav>
  )
}

/** Links to the other pages of the same section; pages about one campaign or person have their own tabs. */
export function SectionTabs({ principal, path }: Omit<NavigationProps, 'needs'>) {
  const section = sections.find(({ pages }) => pages.some(({ href, also = [] }) => [href, ...also].includes(path)))
  const pages = section === undefined ? [] : openTo(section, principal)
  if (section === undefined || pages.length < 2) return null
  return (
    <nav aria-label={section.title}>
      <ul class="tabs">
        {pages.map((page) => (
          <li>
            <a href={page.href} {...(isAt(page, path) && { 'aria-current': 'page' as const })}>
              {page.title}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  )
}

function openTo({ pages }: Section, principal: Principal): readonly Place[] {
  return pages.filter(({ right }) => mayDo(principal, right))
}

function isOpen({ pages }: Section, path: string): boolean {
  return pages.some((page) => isAt(page, path))
}

function NeedsCount({ needs }: { needs: number }) {
  return (
    <span class="needs-count">
      {needs}
      <span class="unseen"> {needs === 1 ? 'thing needs you' : 'things need you'}</span>
    </span>
  )
}

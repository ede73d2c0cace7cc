// The sections of the navigation, at most seven, and their pages. The address of a page decides its section.
import type { Right } from '../domain/access.ts'

export interface Place {
  href: string
  title: string
  right: Right
  /** Other addresses that belong to it. */
  also?: readonly string[]
}

export interface Section {
  title: string
  /** The first that a user may open is where the entry leads. */
  pages: readonly [Place, ...Place[]]
}

export const sections: readonly Section[] = [
  { title: 'Overview', pages: [{ href: '/', title: 'Overview', right: 'read' }] },
  {
    title: 'Campaigns',
    pages: [
      { href: '/campaigns', title: 'All campaigns', right: 'read', also: ['/unknown'] },
      { href: '/calendar', title: 'Calendar', right: 'read' },
    ],
  },
  {
    title: 'People',
    pages: [
      { href: '/lists', title: 'Lists', right: 'read' },
      { href: '/contacts', title: 'Find people', right: 'read' },
      { href: '/import', title: 'Import', right: 'edit', also: ['/imports'] },
      { href: '/suppressions', title: 'Suppressions', right: 'read' },
    ],
  },
  { title: 'Replies', pages: [{ href: '/replies', title: 'Replies', right: 'read' }] },
  { title: 'Templates', pages: [{ href: '/templates', title: 'Templates', right: 'read' }] },
  { title: 'Senders', pages: [{ href: '/senders', title: 'Senders', right: 'read' }] },
  {
    title: 'Settings',
    pages: [
      { href: '/limits', title: 'Limits', right: 'read' },
      { href: '/team', title: 'Team', right: 'read' },
      { href: '/users', title: 'Users', right: 'administer' },
      { href: '/keys', title: 'Keys', right: 'administer' },
    ],
  },
]

/** Whether an address belongs to a place. */
export function isAt({ href, also = [] }: Place, path: string): boolean {
  return [href, ...also].some((own) => path === own || (own !== '/' && path.startsWith(`${own}/`)))
}

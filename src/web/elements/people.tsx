// Tables of people, and the number of search results.
import type { ContactsPage } from '../../engine/contacts/list-contacts.ts'
import type { Format } from '../format.ts'
import type { PageContext } from '../page.ts'
import { consentWords, zoneWords } from '../words.ts'
import { Cell } from './cell.tsx'
import { SearchOn } from './more-link.tsx'
import { Table } from './table.tsx'

const FIELDS_SHOWN = 8

interface PeopleProps {
  c: PageContext
  caption: string
  found: ContactsPage
  /** Fields that may have columns, the most important first. */
  fields: readonly string[]
  isSearch: boolean
  format: Format
  /** Shown when the table is empty and nothing was searched for. */
  nobody: string
}

export function PeopleTable({ c, caption, found, fields, isSearch, format, nobody }: PeopleProps) {
  const shown = fields.slice(0, FIELDS_SHOWN)
  return (
    <>
      <Table
        caption={caption}
        head={['Phone', ...shown.map((field) => <bdi>{field}</bdi>), 'Time zone', 'Consent']}
        labels={['Phone', ...shown, 'Time zone', 'Consent']}
        rows={found.items.map(({ id, phone, attributes, zone, consent }) => [
          <a href={`/contacts/${id}`}>
            <bdi>{phone}</bdi>
          </a>,
          ...shown.map((field) => <Cell text={attributes[field] ?? ''} />),
          zone === null ? '' : zoneWords(zone, format.locale),
          consent === null ? '' : consentWords[consent],
        ])}
        empty={found.isCut ? 'No matches so far.' : isSearch ? 'No matches. Try fewer letters or digits.' : nobody}
      />
      <SearchOn c={c} found={found} />
    </>
  )
}

/** The number of matches, as far as one page knows it. */
export function foundText({ items, next, isCut }: ContactsPage, format: Format): string {
  const count = format.counted(items.length, 'match', 'matches')
  if (isCut) return `${count} so far`
  return next === null ? count : `More than ${count}`
}

// Lists and the contacts in them: paged, searched, taken out as CSV, deleted.
import { Hono } from 'hono'
import { mayDo } from '../../domain/access.ts'
import { type ContactsPage, showListContacts } from '../../engine/contacts/list-contacts.ts'
import { deleteList, type ListView, pageLists, showList } from '../../engine/contacts/lists.ts'
import { Cell } from '../elements/cell.tsx'
import { MoreLink } from '../elements/more-link.tsx'
import { foundText, PeopleTable } from '../elements/people.tsx'
import { SearchForm } from '../elements/search-form.tsx'
import { Table } from '../elements/table.tsx'
import { type Format, formatFor } from '../format.ts'
import { renderPage } from '../layout.tsx'
import { opens, type PageContext, type PageEnv, type PageFacts, principalOf, redirectWithNote } from '../page.ts'
import { asks } from '../question.tsx'
import { deleteListWords } from '../question-words.tsx'

const LISTS_SHOWN = 50
const CONTACTS_SHOWN = 50

export function listPages({ ctx }: PageFacts): Hono<PageEnv> {
  const pages = new Hono<PageEnv>()
  pages.get('/lists', opens('read'), async (c) => {
    const format = formatFor(c)
    const after = c.req.query('after')
    const q = c.req.query('q')?.trim().slice(0, 200) ?? ''
    const found = await pageLists(ctx, { limit: LISTS_SHOWN, after, ...(q !== '' && { nameHolds: q }) })
    const shown = found.slice(0, LISTS_SHOWN)
    return renderPage(
      c,
      {
        title: 'Lists',
        actions: (
          <>
            <a class="button second" href="/imports">
              Imports made
            </a>
            {mayDo(principalOf(c), 'export') && (
              <>
                <a class="button second" href="/api/v1/contacts/export" download>
                  Export all people
                </a>
                <a class="button second" href="/api/v1/contacts/export?format=xlsx" download>
                  As Excel
                </a>
              </>
            )}
            {mayDo(principalOf(c), 'edit') && (
              <a class="button" href="/import">
                Import a CSV
              </a>
            )}
          </>
        ),
      },
      <>
        <SearchForm
          action="/contacts"
          name="search"
          label="Find a person"
          verb="Find"
          placeholder="Name, number or any field"
        />
        <SearchForm name="q" label="Find a list" verb="Find list" value={q} placeholder="A part of its name" />
        {q !== '' && found.length === 0 ? (
          <p>
            No list has this in its name. <a href="/lists">All lists</a>
          </p>
        ) : (
          <ListsTable lists={shown} format={format} />
        )}
        <MoreLink c={c} name="after" value={found.length > LISTS_SHOWN ? shown.at(-1)?.name : undefined} />
      </>,
    )
  })
  pages.get('/lists/:list', opens('read'), async (c) => {
    const list = await showList(ctx, c.req.param('list'))
    const search = c.req.query('search') ?? ''
    const found = await showListContacts(ctx, list.id, { limit: CONTACTS_SHOWN, after: c.req.query('after'), search })
    return listPage(c, { list, found, search, format: formatFor(c) })
  })
  asks(pages, '/lists/:list/delete', {
    right: 'edit',
    ask: async (c) => {
      const list = await showList(ctx, c.req.param('list') ?? '')
      return { ...deleteListWords(list, formatFor(c)), back: `/lists/${list.id}` }
    },
    act: async (c) => {
      const { name } = await deleteList(ctx, c.req.param('list') ?? '')
      return redirectWithNote(c, '/lists', `The list ${name} was deleted; its contacts stay.`)
    },
  })
  return pages
}

function ListsTable({ lists, format }: { lists: ListView[]; format: Format }) {
  return (
    <Table
      caption="Lists by name"
      head={['List', 'Contacts', 'Fields', 'Since', 'State']}
      numbers={[1]}
      rows={lists.map(({ id, name, contacts, fields, busy, createdAt }) => [
        <a href={`/lists/${id}`}>
          <bdi>{name}</bdi>
        </a>,
        format.number(contacts),
        <Cell text={fields.join(', ')} />,
        format.instant(createdAt),
        busy ? 'an import is being applied' : 'ready',
      ])}
      empty={
        <>
          There are no lists yet. <a href="/import">Import a CSV</a> and name the list that it goes to.
        </>
      }
    />
  )
}

interface ListFacts {
  list: ListView
  found: ContactsPage
  search: string
  format: Format
}

function listPage(c: PageContext, { list, found, search, format }: ListFacts) {
  const { id, name, contacts, fields } = list
  const principal = principalOf(c)
  return renderPage(
    c,
    {
      title: name,
      actions: (
        <>
          {mayDo(principal, 'export') && (
            <>
              <a class="button second" href={`/api/v1/lists/${id}/export`} download>
                Export CSV
              </a>
              <a class="button second" href={`/api/v1/lists/${id}/export?format=xlsx`} download>
                Export XLSX
              </a>
            </>
          )}
          {mayDo(principal, 'edit') && (
            <>
              <a class="button second" href={`/contacts/new?${new URLSearchParams({ list: name })}`}>
                Add a person
              </a>
              <a class="button second" href={`/lists/${id}/delete`}>
                Delete
              </a>
              <a class="button" href="/import">
                Import more
              </a>
            </>
          )}
        </>
      ),
    },
    <>
      <p class="soft" role="status">
        {search === ''
          ? format.counted(contacts, 'contact', 'contacts')
          : `${foundText(found, format)} among ${format.counted(contacts, 'contact', 'contacts')}`}
      </p>
      <SearchForm name="search" label="Search" verb="Search" value={search} placeholder="Name, number or any field" />
      <PeopleTable
        c={c}
        caption="Contacts of the list"
        found={found}
        fields={fields}
        isSearch={search !== ''}
        format={format}
        nobody="The list is empty."
      />
    </>,
  )
}

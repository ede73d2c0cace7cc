// One person: what is known, consent, lists, suppressions, everything sent to their phone, erasure.
import { Hono } from 'hono'
import { mayDo, type Principal } from '../../domain/access.ts'
import { formatRecipient } from '../../domain/group.ts'
import { isNameField, nameOf } from '../../domain/person-name.ts'
import { suppressionScopes } from '../../domain/suppression.ts'
import { type ContactMessage, type ContactView, showContact } from '../../engine/contacts/contacts.ts'
import { eraseContactByOperator } from '../../engine/contacts/erasure.ts'
import { type ContactsPage, findNamed, showContacts } from '../../engine/contacts/list-contacts.ts'
import { acts } from '../acts.ts'
import { Check, Field, FormToken, Select } from '../elements/form.tsx'
import { MoreLink } from '../elements/more-link.tsx'
import { foundText, PeopleTable } from '../elements/people.tsx'
import { SearchForm } from '../elements/search-form.tsx'
import { Badge, Facts, Table } from '../elements/table.tsx'
import { type Format, formatFor } from '../format.ts'
import { renderPage } from '../layout.tsx'
import {
  opens,
  type PageContext,
  type PageEnv,
  type PageFacts,
  principalOf,
  readForm,
  redirectWithNote,
} from '../page.ts'
import { consentWords, reasonOfOne, zoneWords } from '../words.ts'
import { Said } from './replies.tsx'
import { scopeWords } from './suppressions.tsx'

const PEOPLE_SHOWN = 50

export function personPages({ ctx }: PageFacts): Hono<PageEnv> {
  const pages = new Hono<PageEnv>()
  pages.get('/contacts', opens('read'), async (c) => {
    const search = (c.req.query('search') ?? '').trim().slice(0, 200)
    const after = c.req.query('after')
    const named = after === undefined ? await findNamed(ctx, search) : undefined
    if (named !== undefined) return c.redirect(`/contacts/${named}`)
    const found = await showContacts(ctx, { search, after, limit: PEOPLE_SHOWN })
    return peoplePage(c, { found, search, format: formatFor(c) })
  })
  pages.get('/contacts/:contact', opens('read'), async (c) => {
    const contact = await showContact(ctx, c.req.param('contact'), { before: c.req.query('before') })
    return personPage(c, contact, formatFor(c))
  })
  pages.get('/contacts/:contact/erase', opens('administer'), async (c) => {
    const { id, phone } = await showContact(ctx, c.req.param('contact'))
    return erasePage(c, id, phone)
  })
  pages.post('/contacts/:contact/erase', opens('administer'), acts('asks'), async (c) => {
    const { sure } = await readForm(c)
    const { id, phone } = await showContact(ctx, c.req.param('contact'))
    if (sure !== 'yes') return erasePage(c, id, phone, 'Confirm it first.')
    const { stoppedMessages, note } = await eraseContactByOperator(ctx, id)
    const stopped = formatFor(c).counted(stoppedMessages, 'waiting message', 'waiting messages')
    return redirectWithNote(c, '/lists', `Erased; ${stopped} will not be sent. ${note}`)
  })
  return pages
}

interface People {
  found: ContactsPage
  search: string
  format: Format
}

function peoplePage(c: PageContext, { found, search, format }: People) {
  return renderPage(
    c,
    {
      title: 'Find people',
      actions: mayDo(principalOf(c), 'edit') && (
        <a class="button second" href="/contacts/new">
          Add a person
        </a>
      ),
    },
    <>
      <SearchForm
        action="/contacts"
        name="search"
        label="Search all lists"
        verb="Search"
        value={search}
        placeholder="Name, number or any field"
      />
      {search !== '' && (
        <p class="soft" role="status">
          {foundText(found, format)}
        </p>
      )}
      <PeopleTable
        c={c}
        caption="People"
        found={found}
        fields={fieldsOf(found)}
        isSearch={search !== ''}
        format={format}
        nobody="No people yet. Import a list, or add a person."
      />
    </>,
  )
}

/** Fields that the people of a page have: names first, then the most frequent. */
function fieldsOf({ items }: ContactsPage): string[] {
  const counts = new Map<string, number>()
  for (const { attributes } of items)
    for (const [name, value] of Object.entries(attributes))
      if (value !== '') counts.set(name, (counts.get(name) ?? 0) + 1)
  const isName = (field: string) => Number(isNameField(field))
  return [...counts].sort(([a, m], [b, n]) => isName(b) - isName(a) || n - m).map(([field]) => field)
}

function personPage(c: PageContext, contact: ContactView, format: Format) {
  const { id, phone, attributes } = contact
  const principal = principalOf(c)
  return renderPage(
    c,
    {
      title: nameOf(attributes) ?? phone,
      actions: (
        <>
          {mayDo(principal, 'edit') && (
            <a class="button second" href={`/contacts/${id}/edit`}>
              Edit
            </a>
          )}
          {mayDo(principal, 'export') && (
            <a class="button second" href={`/api/v1/contacts/${id}/export`} download>
              Export
            </a>
          )}
          {mayDo(principal, 'administer') && (
            <a class="button second" href={`/contacts/${id}/erase`}>
              Erase
            </a>
          )}
        </>
      ),
    },
    <>
      <Facts
        facts={[
          ['Phone', <bdi>{phone}</bdi>],
          ['Time zone', contact.zone === null ? 'not known' : zoneWords(contact.zone, format.locale)],
          ['Consent', consentText(contact, format)],
          ...(contact.formerPhones.length === 0 ? [] : [['Numbers before', contact.formerPhones.join(', ')] as const]),
          ['Lists', contact.lists.length === 0 ? 'none' : <ListLinks lists={contact.lists} />],
          ['Known since', format.instant(contact.createdAt)],
          ['Last changed', format.instant(contact.updatedAt)],
        ]}
      />
      <h2>Fields</h2>
      {Object.keys(attributes).length === 0 ? (
        <p class="soft">No fields are known.</p>
      ) : (
        <Facts facts={Object.entries(attributes).map(([name, value]) => [name, <bdi>{value}</bdi>] as const)} />
      )}
      <Suppressions c={c} contact={contact} principal={principal} format={format} />
      {contact.replies.length > 0 && (
        <>
          <h2>What they wrote and tapped</h2>
          <Table
            caption="Replies of this person, newest first"
            head={['What', 'When']}
            rows={contact.replies.map((reply) => [<Said reply={reply} />, format.instant(reply.at)])}
            empty=""
          />
        </>
      )}
      <h2>Everything sent</h2>
      <MessagesTable messages={contact.messages} phone={phone} format={format} />
      <MoreLink c={c} name="before" value={contact.hasOlderMessages ? contact.messages.at(-1)?.id : undefined} />
    </>,
  )
}

/** The consent, and where it comes from when they said it themselves. */
function consentText({ consent, consents }: ContactView, format: Format): string {
  if (consent === null) return 'not known'
  const last = consents.at(-1)
  const isSaid = last !== undefined && last.consent === consent
  return isSaid ? `${consentWords[consent]} on ${format.instantText(last.at)}: ${last.evidence}` : consentWords[consent]
}

function ListLinks({ lists }: { lists: string[] }) {
  return (
    <>
      {lists.map((name, index) => (
        <>
          {index > 0 && ', '}
          <a href={`/lists/${encodeURIComponent(name)}`}>
            <bdi>{name}</bdi>
          </a>
        </>
      ))}
    </>
  )
}

interface SuppressionsProps {
  c: PageContext
  contact: ContactView
  principal: Principal
  format: Format
}

function Suppressions({ c, contact: { id, phone, suppressions }, principal, format }: SuppressionsProps) {
  const mayEdit = mayDo(principal, 'edit')
  return (
    <>
      <h2>Suppressions</h2>
      <Table
        caption="Suppressions of this person"
        head={['What is stopped', 'Reason', 'Evidence', 'Since', <span class="unseen">what to do</span>]}
        rows={suppressions.map(({ scope, reason, evidence, since }) => [
          scopeWords[scope],
          <Badge status={reason} />,
          <bdi>{evidence}</bdi>,
          format.instant(since),
          mayEdit && (
            <a href={`/suppressions/lift?${new URLSearchParams({ phone: formatRecipient(phone), scope })}`}>
              Lift<span class="unseen"> the suppression of {scopeWords[scope]}</span>
            </a>
          ),
        ])}
        empty="Nothing is stopped for this person."
      />
      {mayEdit && suppressions.length < suppressionScopes.length && (
        <details class="differently">
          <summary>Suppress this person</summary>
          <form method="post" action="/suppressions" class="row">
            <FormToken c={c} />
            <input type="hidden" name="phone" value={formatRecipient(phone)} />
            <input type="hidden" name="from" value={id} />
            <Select name="scope" label="Stop" options={suppressionScopes.map((scope) => [scope, scopeWords[scope]])} />
            <Field name="evidence" label="Where it comes from" extra={{ maxlength: 500 }} required />
            <p>
              <button class="danger" type="submit">
                Suppress
              </button>
            </p>
          </form>
        </details>
      )}
    </>
  )
}

function MessagesTable({ messages, phone, format }: { messages: ContactMessage[]; phone: string; format: Format }) {
  return (
    <Table
      caption="Messages to this person, newest first"
      head={[
        'Campaign',
        'Message',
        'Status',
        'Reason',
        'Due',
        'Accepted',
        'Delivered',
        'Read',
        <span class="unseen">why</span>,
      ]}
      rows={messages.map((message) => [
        <a href={`/campaigns/${message.campaignId}`}>
          <bdi>{message.campaign}</bdi>
        </a>,
        <SentText text={message.text} />,
        <Badge status={message.status} />,
        message.reason === null ? '' : reasonOfOne(message.reason),
        format.instant(message.at),
        format.instant(message.acceptedAt),
        format.instant(message.deliveredAt),
        format.instant(message.readAt),
        <a href={`/campaigns/${message.campaignId}/why?${new URLSearchParams({ phone: formatRecipient(phone) })}`}>
          Why<span class="unseen"> {whyWords(phone, message)}</span>
        </a>,
      ])}
      empty="Nothing was sent to this person yet."
    />
  )
}

const TEXT_SHOWN = 40

/** A long text is folded behind its beginning. */
function SentText({ text }: { text: string | null }) {
  if (text === null) return ''
  if (text.length <= TEXT_SHOWN) return <bdi class="wa-text">{text}</bdi>
  return (
    <details>
      <summary>
        <bdi>{text.slice(0, TEXT_SHOWN)}…</bdi>
      </summary>
      <bdi class="wa-text">{text}</bdi>
    </details>
  )
}

/** Behind "Why". */
function whyWords(phone: string, { campaign, status }: ContactMessage): string {
  const isReceived = ['accepted', 'sent', 'delivered', 'read'].includes(status)
  return isReceived ? `did ${phone} get ${campaign}?` : `did ${phone} not get ${campaign}?`
}

function erasePage(c: PageContext, id: string, phone: string, error?: string) {
  return renderPage(
    c,
    { title: 'Erase this person?' },
    <div class="decide">
      <p>
        Number, fields, lists, texts, callbacks and waiting uploads of{' '}
        <strong>
          <bdi>{phone}</bdi>
        </strong>{' '}
        are removed for good, and an import does not bring them back. What was sent stays counted, without name and
        number. Backups and files made before still hold the data.
      </p>
      <form method="post" action={`/contacts/${id}/erase`}>
        <FormToken c={c} />
        {error !== undefined && <p class="error">{error}</p>}
        <Check name="sure" label="I understand that this can’t be undone" required />
        <button class="danger" type="submit">
          Erase
        </button>{' '}
        <a href={`/contacts/${id}`}>Keep them</a>
      </form>
    </div>,
    error === undefined ? 200 : 422,
  )
}

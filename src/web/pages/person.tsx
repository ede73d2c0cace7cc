// One person: what is known, consent, lists, suppressions, everything sent to their phone, erasure.
import { Hono } from 'hono'
import { mayDo, type Principal } from '../../domain/access.ts'
import { AppError } from '../../domain/errors.ts'
import { formatRecipient } from '../../domain/group.ts'
import { suppressionScopes } from '../../domain/suppression.ts'
import { type ContactMessage, type ContactView, showContact } from '../../engine/contacts/contacts.ts'
import { eraseContactByOperator } from '../../engine/contacts/erasure.ts'
import { acts } from '../acts.ts'
import { Check, Field, FormToken, Select } from '../elements/form.tsx'
import { MoreLink } from '../elements/more-link.tsx'
import { SearchForm } from '../elements/search-form.tsx'
import { Badge, Facts, Table } from '../elements/table.tsx'
import { sentencesOf } from '../error-words.ts'
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

export function personPages({ ctx }: PageFacts): Hono<PageEnv> {
  const pages = new Hono<PageEnv>()
  pages.get('/contacts', opens('read'), async (c) => {
    const phone = (c.req.query('phone') ?? '').trim()
    try {
      return c.redirect(`/contacts/${(await showContact(ctx, phone)).id}`)
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      return findPage(c, phone, sentencesOf(error), error.code === 'contact.not_found' ? 404 : 422)
    }
  })
  pages.get('/contacts/:contact', opens('read'), async (c) => {
    const contact = await showContact(ctx, c.req.param('contact'), { before: c.req.query('before') })
    return personPage(c, contact, formatFor(c, ctx.config.timeZone))
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
    const stopped = formatFor(c, ctx.config.timeZone).counted(stoppedMessages, 'waiting message', 'waiting messages')
    return redirectWithNote(c, '/lists', `Erased; ${stopped} will not be sent. ${note}`)
  })
  return pages
}

function findPage(c: PageContext, phone: string, wrong: string, status: number) {
  return renderPage(
    c,
    { title: 'Find a person' },
    <>
      <p class="error whole" role="alert">
        <bdi>{wrong}</bdi>
      </p>
      <p>Write the number with + and its calling code, as in +44 7700 900123.</p>
      <SearchForm
        action="/contacts"
        name="phone"
        label="Phone"
        verb="Find"
        value={phone}
        placeholder="+44 7700 900123"
        type="tel"
      />
    </>,
    status,
  )
}

function personPage(c: PageContext, contact: ContactView, format: Format) {
  const { id, phone, attributes } = contact
  const principal = principalOf(c)
  return renderPage(
    c,
    {
      title: phone,
      actions: (
        <>
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
            head={['what', 'when']}
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
  return isSaid ? `${consentWords[consent]} on ${format.instant(last.at)}: ${last.evidence}` : consentWords[consent]
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
        head={['what is stopped', 'reason', 'evidence', 'since', <span class="unseen">what to do</span>]}
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
      head={['campaign', 'status', 'reason', 'due', 'accepted', 'delivered', 'read', <span class="unseen">why</span>]}
      rows={messages.map((message) => [
        <a href={`/campaigns/${message.campaignId}`}>
          <bdi>{message.campaign}</bdi>
        </a>,
        <Badge status={message.status} />,
        message.reason === null ? '' : reasonOfOne(message.reason),
        format.instant(message.at),
        format.instant(message.acceptedAt),
        format.instant(message.deliveredAt),
        format.instant(message.readAt),
        <a href={`/campaigns/${message.campaignId}/why?${new URLSearchParams({ phone: formatRecipient(phone) })}`}>
          Why<span class="unseen"> it became of {message.id} what it is</span>
        </a>,
      ])}
      empty="Nothing was sent to this person yet."
    />
  )
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
        <Check name="sure" label="It cannot be undone, and I want it" />
        <button class="danger" type="submit">
          Erase
        </button>{' '}
        <a href={`/contacts/${id}`}>Keep them</a>
      </form>
    </div>,
    error === undefined ? 200 : 422,
  )
}

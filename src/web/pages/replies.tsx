// What people wrote and tapped: what is probably an opt-out first, settled by one click; and what is made of words.
import { Hono } from 'hono'
import { mayDo } from '../../domain/access.ts'
import { AppError } from '../../domain/errors.ts'
import { type ReplyReading, replyReadings } from '../../domain/opt-out.ts'
import { type ReplyRules, replyKindWords, type Settlement, settlements, textInPlace } from '../../domain/reply.ts'
import { placeOf, type ReplyView, showReplies } from '../../engine/replies/replies.ts'
import { setReplyRules, showReplyRules, versionOfReplyRules } from '../../engine/replies/reply-rules.ts'
import { settleByOperator } from '../../engine/replies/settle-reply.ts'
import { acts } from '../acts.ts'
import { Field, FormToken, Select, WholeError } from '../elements/form.tsx'
import { MoreLink } from '../elements/more-link.tsx'
import { SearchForm } from '../elements/search-form.tsx'
import { Badge, Facts, Table } from '../elements/table.tsx'
import { sentencesOf } from '../error-words.ts'
import { type Format, formatFor } from '../format.ts'
import { renderPage } from '../layout.tsx'
import {
  type Form,
  type FormErrors,
  formErrors,
  noErrors,
  opens,
  type PageContext,
  type PageEnv,
  type PageFacts,
  principalOf,
  readForm,
  redirectWithNote,
  seenIn,
} from '../page.ts'

const PAGE_SIZE = 100

const readingWords: Record<ReplyReading, string> = {
  opt_out: 'opt-out',
  probable_opt_out: 'probably an opt-out',
  opt_in: 'wants messages again',
  other: '',
}

const tabWords: Record<ReplyReading, string> = {
  opt_out: 'Opt-outs',
  probable_opt_out: 'Probably opt-outs',
  opt_in: 'START',
  other: 'Everything else',
}

const settlementLabels: Record<Settlement, string> = { opt_out: 'Opt out', not_opt_out: 'Not an opt-out' }

export function replyPages(facts: PageFacts): Hono<PageEnv> {
  const { ctx } = facts
  const pages = new Hono<PageEnv>()
  pages.get('/replies', opens('read'), (c) => repliesPage(facts, c))
  pages.get('/replies/rules', opens('read'), async (c) => {
    const rules = await showReplyRules(ctx)
    return rulesPage(c, { rules, version: versionOfReplyRules(rules) })
  })
  pages.post('/replies/rules', opens('administer'), acts('saves'), async (c) => {
    const form = await readForm(c)
    const rules = rulesOf(form)
    try {
      await setReplyRules(ctx, rules, seenIn(form))
      return redirectWithNote(c, '/replies/rules', 'Saved. It holds for what comes from here on.')
    } catch (error) {
      const version = versionOfReplyRules(await showReplyRules(ctx))
      return rulesPage(c, { rules, version, errors: formErrors(error, () => undefined), status: 422 })
    }
  })
  pages.post('/replies/:reply/settle', opens('edit'), acts('undoable'), async (c) => {
    const form = await readForm(c)
    const as = settlements.find((known) => known === form.as)
    const back = backTo(form)
    if (as === undefined) return c.redirect(back, 303)
    try {
      const phone = form.phone?.trim() || undefined
      const settled = await settleByOperator(ctx, c.req.param('reply'), { as, phone, by: principalOf(c).name })
      return redirectWithNote(c, back, noteOf(settled))
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      return repliesPage(facts, c, { wrong: sentencesOf(error), status: 422 })
    }
  })
  return pages
}

function noteOf({ phone, settledAs, stopped, id }: ReplyView & { stopped: number }): string {
  if (settledAs === 'not_opt_out') return `${phone ?? id}: not an opt-out.`
  return `${phone ?? id} gets no more marketing; ${stopped} waiting messages were stopped.`
}

/** The filter that the person came from. */
function backTo({ filter }: Form): string {
  return filter === undefined || filter === '' ? '/replies' : `/replies?${new URLSearchParams(filter)}`
}

interface Wrong {
  wrong: string
  status: number
}

async function repliesPage({ ctx }: PageFacts, c: PageContext, problem?: Wrong) {
  const { phone = '', after } = c.req.query()
  const reading = replyReadings.find((known) => known === c.req.query('reading'))
  const format = formatFor(c)
  let found: ReplyView[] = []
  let shownProblem = problem
  try {
    const query = { limit: PAGE_SIZE + 1, after, reading, phone: phone.trim() || undefined }
    found = await showReplies(ctx, query)
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    shownProblem = { wrong: sentencesOf(error), status: 422 }
  }
  const shown = found.slice(0, PAGE_SIZE)
  const last = shown.at(-1)
  return renderPage(
    c,
    {
      title: 'Replies',
      actions: (
        <a class="button second" href="/replies/rules">
          Words and START
        </a>
      ),
    },
    <>
      <p class="soft">
        What people wrote and tapped. Clear opt-outs are obeyed at once. What is probably an opt-out comes first and
        waits until a person says what it means.
      </p>
      {shownProblem && (
        <p class="error whole" role="alert">
          <bdi>{shownProblem.wrong}</bdi>
        </p>
      )}
      <ReadingFilter reading={reading} phone={phone} />
      <SearchForm
        action="/replies"
        name="phone"
        label="Of one person"
        verb="Search"
        value={phone}
        placeholder="+44 7700 900123"
        type="tel"
      />
      <RepliesTable c={c} shown={shown} format={format} isFiltered={phone !== '' || reading !== undefined} />
      <MoreLink c={c} name="after" value={found.length > PAGE_SIZE && last !== undefined ? placeOf(last) : undefined} />
    </>,
    shownProblem?.status ?? 200,
  )
}

function ReadingFilter({ reading, phone }: { reading: ReplyReading | undefined; phone: string }) {
  const hrefOf = (one: ReplyReading | undefined) => {
    const query = new URLSearchParams({ ...(one && { reading: one }), ...(phone !== '' && { phone }) })
    return query.size === 0 ? '/replies' : `/replies?${query}`
  }
  return (
    <nav aria-label="Read as">
      <ul class="tabs">
        {[undefined, ...replyReadings].map((one) => (
          <li>
            <a href={hrefOf(one)} {...(one === reading && { 'aria-current': 'page' as const })}>
              {one === undefined ? 'All' : tabWords[one]}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  )
}

interface TableProps {
  c: PageContext
  shown: ReplyView[]
  format: Format
  isFiltered: boolean
}

function RepliesTable({ c, shown, format, isFiltered }: TableProps) {
  const maySettle = mayDo(principalOf(c), 'edit')
  return (
    <Table
      caption="Replies: what waits to be settled first, then the newest"
      head={['From', 'What', 'Read as', 'When', <span class="unseen">settle it</span>]}
      rows={shown.map((reply) => [
        <Who reply={reply} />,
        <Said reply={reply} />,
        reply.reading === 'other' ? '' : <Badge status={reply.reading} label={readingWords[reply.reading]} />,
        format.instant(reply.at),
        reply.isOpen && maySettle ? <SettleForm c={c} reply={reply} /> : <Settled reply={reply} />,
      ])}
      empty={isFiltered ? 'Nothing of the kind.' : 'Nobody has written yet.'}
    />
  )
}

function Who({ reply: { contactId, phone, userId } }: { reply: ReplyView }) {
  if (contactId !== null && phone !== null)
    return (
      <a href={`/contacts/${contactId}`}>
        <bdi>{phone}</bdi>
      </a>
    )
  return (
    <span>
      <bdi>{userId ?? 'erased'}</bdi>
      {userId !== null && <span class="soft"> (number not known yet)</span>}
    </span>
  )
}

export function Said({ reply: { kind, text, payload } }: { reply: Pick<ReplyView, 'kind' | 'text' | 'payload'> }) {
  const how = replyKindWords[kind]
  const what = text === '' ? textInPlace(kind, payload) : text
  return (
    <span>
      {how !== undefined && <span class="soft">{what === '' ? how : `${how}: `}</span>}
      <bdi>{what}</bdi>
      {kind === 'tap' && payload !== null && payload !== text && text !== '' && (
        <span class="soft">
          {' '}
          (<code>{payload}</code>)
        </span>
      )}
    </span>
  )
}

function Settled({ reply: { isOpen, settledAs, settledBy } }: { reply: ReplyView }) {
  if (isOpen) return <span class="soft">waits to be settled</span>
  if (settledAs === null) return <></>
  return (
    <span class="soft">
      {settledAs === 'opt_out' ? 'Opt-out' : 'Not an opt-out'}, settled by <bdi>{settledBy}</bdi>
    </span>
  )
}

function SettleForm({ c, reply: { id, phone, userId, contactId } }: { c: PageContext; reply: ReplyView }) {
  const from = phone ?? userId ?? id
  return (
    <form method="post" action={`/replies/${id}/settle`} class="in-row">
      <FormToken c={c} />
      <input type="hidden" name="filter" value={new URL(c.req.url).search.slice(1)} />
      {contactId === null && (
        <input name="phone" type="tel" aria-label={`Whose number is it: ${from}`} placeholder="+44 7700 900123" />
      )}
      {settlements.map((as) => (
        <button class="second small" type="submit" name="as" value={as}>
          {settlementLabels[as]}
          <span class="unseen">: {from}</span>
        </button>
      ))}
    </form>
  )
}

const startWords: Record<ReplyRules['onStart'], string> = {
  nothing: 'changes nothing: lifting an opt-out takes a person',
  lift: 'lifts the opt-out, and is kept as consent',
}

function rulesOf({ words = '', payloads = '', onStart }: Form): ReplyRules {
  const lines = (text: string) =>
    text
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '')
  return { words: lines(words), payloads: lines(payloads), onStart: onStart === 'lift' ? 'lift' : 'nothing' }
}

interface RulesPage {
  rules: ReplyRules
  version: string
  errors?: FormErrors
  status?: number
}

function rulesPage(c: PageContext, { rules, version, errors = noErrors, status = 200 }: RulesPage) {
  const { words, payloads, onStart } = rules
  return renderPage(
    c,
    { title: 'Words and START' },
    <>
      <p class="soft">
        Herald knows opt-outs in some forty languages, with the polite words around them. Add what your own footers and
        buttons say. <a href="/replies">Back to the replies</a>
      </p>
      {mayDo(principalOf(c), 'administer') ? (
        <form class="decide" method="post" action="/replies/rules">
          <FormToken c={c} version={version} />
          <WholeError errors={errors} />
          <Field
            name="words"
            label="Texts that are opt-outs"
            value={words.join('\n')}
            rows={6}
            help="One a line, each a whole text. Case, accents and punctuation make no difference."
            extra={{ dir: 'auto' }}
          />
          <Field
            name="payloads"
            label="Payloads of buttons that are opt-outs"
            value={payloads.join('\n')}
            rows={4}
            help="One a line, exactly as the button carries it."
          />
          <Select
            name="onStart"
            label="When a person who opted out writes START, it"
            value={onStart}
            options={Object.entries(startWords)}
          />
          <button type="submit">Save</button>
        </form>
      ) : (
        <Facts
          facts={[
            ['Texts that are opt-outs', words.length === 0 ? 'only the known ones' : <bdi>{words.join(', ')}</bdi>],
            ['Payloads that are opt-outs', payloads.length === 0 ? 'only the known ones' : payloads.join(', ')],
            ['START', startWords[onStart]],
          ]}
        />
      )}
    </>,
    status,
  )
}

// The people behind a number in a report, page by page; they can be saved as a list.
import { Hono } from 'hono'
import { mayDo } from '../../domain/access.ts'
import { formatId, parseId } from '../../domain/ids.ts'
import { type MessageStatus, messageStatuses } from '../../domain/message-status.ts'
import { nameOf } from '../../domain/person-name.ts'
import { type CampaignView, showCampaign } from '../../engine/campaigns/campaign-view.ts'
import { listOutcome, type OutcomePage, pageOutcome } from '../../engine/report/outcome-people.ts'
import { acts } from '../acts.ts'
import { CampaignTabs } from '../elements/campaign-parts.tsx'
import { Field, FormToken } from '../elements/form.tsx'
import { SearchOn } from '../elements/more-link.tsx'
import { Badge, Table } from '../elements/table.tsx'
import { type Format, formatFor } from '../format.ts'
import { renderPage } from '../layout.tsx'
import {
  errorsByCode,
  type FormErrors,
  noErrors,
  opens,
  type PageContext,
  type PageEnv,
  type PageFacts,
  principalOf,
  readForm,
  redirectWithNote,
} from '../page.ts'
import { outcomeText } from '../report-words.ts'
import { statusOf } from '../status-of.ts'
import { statusWords } from '../words.ts'

const PEOPLE_SHOWN = 50

export function campaignPeoplePages({ ctx }: PageFacts): Hono<PageEnv> {
  const pages = new Hono<PageEnv>()
  pages.get('/campaigns/:id/people', opens('read'), (c) =>
    onePage(
      c,
      askedBy((name) => c.req.query(name)),
    ),
  )
  pages.post('/campaigns/:id/people', opens('edit'), acts('saves'), async (c) => {
    const form = await readForm(c)
    const asked = askedBy((name) => form[name])
    try {
      const made = await listOutcome(ctx, c.req.param('id'), {
        ...asked,
        list: form.list ?? '',
      })
      const people = formatFor(c).counted(made.added, 'person was', 'people were')
      return redirectWithNote(c, `/lists/${made.id}`, `${people} added to the list “${made.list}”.`)
    } catch (error) {
      const errors = errorsByCode(error, (code) => (code.startsWith('list.') ? 'list' : undefined))
      return onePage(c, asked, { errors, list: form.list, status: statusOf(error) })
    }
  })

  async function onePage(
    c: PageContext,
    asked: Asked,
    shown: Partial<Pick<People, 'errors' | 'list' | 'status'>> = {},
  ) {
    const campaign = await showCampaign(ctx, c.req.param('id') ?? '')
    const found = await pageOutcome(ctx, campaign.id, { ...asked, after: c.req.query('after'), limit: PEOPLE_SHOWN })
    return peoplePage(c, { campaign, asked, found, format: formatFor(c), ...shown })
  }
  return pages
}

interface Asked {
  status: MessageStatus
  reason: string | undefined
  runId: number | undefined
}

/** By the address, or by the form that carries it along. */
function askedBy(typed: (name: string) => string | undefined): Asked {
  const status = messageStatuses.find((name) => name === typed('status')) ?? 'failed'
  const run = typed('run')
  return { status, reason: typed('reason') || undefined, runId: run ? parseId('run', run) : undefined }
}

/** Names of lists have letters, digits and few signs. */
function listNameOf(campaign: string, status: MessageStatus): string {
  const plain = campaign.split(/[^\p{L}\p{M}\p{N} ._-]/u).join(' ')
  return `${plain.trim()} ${statusWords[status]}`.replace(/ +/g, ' ').slice(0, 100)
}

interface People {
  campaign: CampaignView
  asked: Asked
  found: OutcomePage
  format: Format
  errors?: FormErrors | undefined
  list?: string | undefined
  status?: number | undefined
}

function peoplePage(c: PageContext, { campaign, asked, found, format, errors, list, status = 200 }: People) {
  const { id, name } = campaign
  return renderPage(
    c,
    { title: name },
    <>
      <CampaignTabs id={id} status={campaign.status} here="/report" />
      <h2>People</h2>
      <p>
        <Badge status={asked.status} />{' '}
        {asked.reason !== undefined && <bdi>{outcomeText(asked.status, asked.reason)}</bdi>}
      </p>
      {mayDo(principalOf(c), 'edit') && found.items.length > 0 && (
        <details class="differently" open={errors !== undefined}>
          <summary>Make a list of these people</summary>
          <form method="post" action={`/campaigns/${id}/people`} class="find">
            <FormToken c={c} />
            <input type="hidden" name="status" value={asked.status} />
            <input type="hidden" name="reason" value={asked.reason ?? ''} />
            <input type="hidden" name="run" value={asked.runId === undefined ? '' : formatId('run', asked.runId)} />
            <Field
              name="list"
              label="Name of the list"
              value={list ?? listNameOf(name, asked.status)}
              errors={errors ?? noErrors}
              required
              extra={{ maxlength: 100 }}
            />
            <button type="submit" class="second">
              Make the list
            </button>
          </form>
        </details>
      )}
      <Table
        caption="People"
        head={['Phone', 'Name', 'Why']}
        rows={found.items.map(({ contact, phone, attributes }) => [
          <a href={`/contacts/${contact}`}>
            <bdi>{phone}</bdi>
          </a>,
          <bdi>{nameOf(attributes) ?? ''}</bdi>,
          <a href={`/campaigns/${id}/why?${new URLSearchParams({ phone })}`}>
            Why<span class="unseen"> for {phone}</span>
          </a>,
        ])}
        empty={found.isCut ? 'No matches so far.' : 'No people.'}
      />
      <SearchOn c={c} found={found} />
      <p class="soft">{format.counted(found.items.length, 'person', 'people')} on this page.</p>
    </>,
    status,
  )
}

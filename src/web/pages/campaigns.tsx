// One campaign: its status, what it says, what can be done now.
import { Hono } from 'hono'
import { mayDo, type Principal } from '../../domain/access.ts'
import type { CampaignStatus } from '../../domain/campaign-status.ts'
import { AppError } from '../../domain/errors.ts'
import { type CampaignView, showCampaign } from '../../engine/campaigns/campaign-view.ts'
import { type ContentPreview, previewContent } from '../../engine/campaigns/content-preview.ts'
import { cloneCampaign } from '../../engine/campaigns/drafts.ts'
import {
  archiveByOperator,
  cancelByOperator,
  pauseByOperator,
  resumeByOperator,
} from '../../engine/campaigns/lifecycle.ts'
import { readResumeFacts } from '../../engine/campaigns/resume-facts.ts'
import { acts } from '../acts.ts'
import { definitionInWords } from '../campaign-words.ts'
import { inPageWords } from '../definition-words.ts'
import { CampaignTabs, nextRunWords, RunControls, StatusBadge } from '../elements/campaign-parts.tsx'
import { ChatMessage } from '../elements/chat.tsx'
import { Check, Field, FormToken, WholeError } from '../elements/form.tsx'
import { Facts } from '../elements/table.tsx'
import { UnderstoodTimes } from '../elements/times.tsx'
import { Troubles } from '../elements/troubles.tsx'
import { sentence } from '../error-words.ts'
import { formatFor } from '../format.ts'
import { renderPage } from '../layout.tsx'
import {
  errorsByCode,
  type Form,
  type FormErrors,
  opens,
  type PageContext,
  type PageEnv,
  type PageFacts,
  principalOf,
  readForm,
  redirectWithNote,
} from '../page.ts'
import { asks } from '../question.tsx'
import { archiveWords } from '../question-words.tsx'
import { statusOf } from '../status-of.ts'
import { editWords } from '../words.ts'

export function campaignPages({ ctx }: PageFacts): Hono<PageEnv> {
  const pages = new Hono<PageEnv>()
  pages
    .get('/campaigns/:id', opens('read'), (c) => onePage(c))
    .post('/campaigns/:id/pause', opens('send'), acts('undoable'), async (c) => {
      await readForm(c)
      const { id, onTheWire } = await pauseByOperator(ctx, c.req.param('id'))
      const more = onTheWire > 0 ? ` ${messages(c, onTheWire, 'was', 'were')} already on the wire.` : ''
      return redirectWithNote(c, `/campaigns/${id}/live`, `Paused: nothing more leaves.${more}`)
    })
    .post('/campaigns/:id/resume', opens('send'), acts('confirmed'), async (c) => {
      const form = await readForm(c)
      const id = c.req.param('id')
      const resumed = await resumeByOperator(ctx, id, { isAcknowledged: form.acknowledge === 'yes' }).catch(needsTick)
      if (resumed === undefined)
        return redirectWithNote(
          c,
          `/campaigns/${encodeURIComponent(id)}/live`,
          'Not resumed: tick the box once you have fixed what paused it.',
        )
      const { willExpire, skipped } = resumed
      const late = willExpire > 0 ? ` ${messages(c, willExpire, 'was', 'were')} too late and not sent.` : ''
      const missed = skipped > 0 ? ` ${skippedByPause(skipped, resumed.status)}` : ''
      return redirectWithNote(c, `/campaigns/${resumed.id}/live`, `Resumed.${late}${missed}`)
    })
    .post('/campaigns/:id/cancel', opens('send'), acts('asks'), async (c) => {
      const form = await readForm(c)
      const id = c.req.param('id')
      if (form.sure !== 'yes')
        return redirectWithNote(
          c,
          `/campaigns/${encodeURIComponent(id)}/live`,
          'Not cancelled: tick the box to confirm.',
        )
      const cancelled = await cancelByOperator(ctx, id)
      return redirectWithNote(
        c,
        `/campaigns/${cancelled.id}/report`,
        cancelled.cancelled === 0
          ? 'Cancelled. No messages were waiting.'
          : `Cancelled: ${messages(c, cancelled.cancelled, 'is', 'are')} not sent.`,
      )
    })
    .post('/campaigns/:id/clone', opens('edit'), acts('saves'), async (c) => {
      const form = await readForm(c)
      const name = form.name?.trim()
      try {
        const copy = await cloneCampaign(ctx, c.req.param('id'), {
          ...(name && { name }),
          isRemaining: form.remaining === 'yes',
        })
        return redirectWithNote(c, `/campaigns/${copy.id}/edit`, `“${copy.name}” is a new draft.`)
      } catch (error) {
        return onePage(c, { form, errors: errorsByCode(error, nameFieldOf), status: statusOf(error) })
      }
    })
  asks(pages, '/campaigns/:id/archive', {
    right: 'edit',
    ask: async (c) => {
      const { id, name, status } = await showCampaign(ctx, c.req.param('id') ?? '')
      return { ...archiveWords(name, status), back: `/campaigns/${id}` }
    },
    act: async (c) => {
      const { id } = await archiveByOperator(ctx, c.req.param('id') ?? '')
      return redirectWithNote(c, `/campaigns/${id}`, 'Archived.')
    },
  })

  async function onePage(c: PageContext, copy?: CopyRefused) {
    const campaign = await showCampaign(ctx, c.req.param('id') ?? '')
    const resume = campaign.status === 'paused' ? await readResumeFacts(ctx, campaign.id) : undefined
    const { audience, content, sender } = campaign.definition
    const preview = await previewContent(ctx, { audience, content, sender }).catch(() => undefined)
    return campaignPage(c, { campaign, resume, preview, copy })
  }
  return pages
}

/** A copy whose name is taken or invalid. */
interface CopyRefused {
  form: Form
  errors: FormErrors
  status: number
}

function nameFieldOf(code: string): string | undefined {
  return code === 'campaign.name_taken' || code === 'campaign.invalid' ? 'name' : undefined
}

/** Undefined for a resume that wants the box ticked; any other refusal goes on its way. */
function needsTick(error: unknown): undefined {
  if (error instanceof AppError && error.code === 'campaign.needs_acknowledgement') return undefined
  throw error
}

/** `1 message was`, `2 messages were`. */
function skippedByPause(count: number, status: CampaignStatus): string {
  const what = count === 1 ? 'One time of its schedule' : `${count} times of its schedule`
  const end = status === 'finished' ? ' No other is left: the campaign is finished.' : ''
  return `${what} came during the pause and ${count === 1 ? 'was' : 'were'} skipped.${end}`
}

function messages(c: PageContext, count: number, one: string, many: string): string {
  return formatFor(c).counted(count, `message ${one}`, `messages ${many}`)
}

interface Shown {
  campaign: CampaignView
  resume: Awaited<ReturnType<typeof readResumeFacts>> | undefined
  preview: ContentPreview | undefined
  copy: CopyRefused | undefined
}

/** A user who may not send pauses a campaign before an edit, or asks for it. */
function isEditable(status: CampaignStatus, principal: Principal): boolean {
  if (status === 'scheduled' || status === 'running') return mayDo(principal, 'send')
  return status === 'draft' || status === 'paused'
}

function campaignPage(c: PageContext, { campaign, resume, preview, copy }: Shown) {
  const format = formatFor(c)
  const principal = principalOf(c)
  const { id, status, definition } = campaign
  const mayEdit = mayDo(principal, 'edit')
  return renderPage(
    c,
    {
      title: campaign.name,
      actions: (
        <>
          {mayEdit && isEditable(status, principal) && (
            <a class="button second" href={`/campaigns/${id}/edit`}>
              Edit
            </a>
          )}
          {status === 'draft' && (
            <a class="button" href={`/campaigns/${id}/review`}>
              {mayDo(principalOf(c), 'send') ? 'Review and launch' : 'Review'}
            </a>
          )}
        </>
      ),
    },
    <>
      <CampaignTabs id={id} status={status} here="" />
      {campaign.warnings.map((warning) => (
        <p class="warning">{sentence(inPageWords(warning))}</p>
      ))}
      <Facts
        facts={[
          ['Status', <StatusBadge campaign={campaign} />],
          ['Launched', format.instant(campaign.launchedAt)],
          ['Next run', nextRunWords(campaign, format)],
          ['Revision', format.number(campaign.revision)],
        ]}
      />
      <Troubles troubles={campaign.troubles} format={format} />
      <RunControls {...{ c, campaign, principal, format, resume }} />
      {mayEdit && !isEditable(status, principal) && editWords[status] !== undefined && (
        <p class="soft">{editWords[status]}</p>
      )}
      <div class="split">
        <div>
          <h2>What it does</h2>
          <Facts facts={definitionInWords(definition).map(([name, text]) => [name, <bdi>{text}</bdi>] as const)} />
          <UnderstoodTimes times={campaign.understood} />
        </div>
        <div>
          {preview?.content != null && (
            <>
              <p class="look-head">
                What <bdi>{preview.person?.phone}</bdi> reads
              </p>
              <ChatMessage content={preview.content} template={preview.template} />
              {preview.warnings.map((warning) => (
                <p class="warning">{sentence(inPageWords(warning))}</p>
              ))}
            </>
          )}
        </div>
      </div>
      {mayEdit && <Copies {...{ c, id, status, copy }} />}
    </>,
    copy?.status,
  )
}

interface CopiesProps {
  c: PageContext
  id: string
  status: CampaignStatus
  copy: CopyRefused | undefined
}

function Copies({ c, id, status, copy }: CopiesProps) {
  const isOver = ['finished', 'cancelled', 'archived'].includes(status)
  return (
    <>
      <h2>Duplicate or archive</h2>
      <div class="actions">
        <details open={copy !== undefined}>
          <summary>Duplicate …</summary>
          <form method="post" action={`/campaigns/${id}/clone`} class="narrow">
            <FormToken c={c} />
            {copy !== undefined && <WholeError errors={copy.errors} />}
            <Field
              name="name"
              label="Name of the copy (optional)"
              value={copy?.form.name}
              help="Empty: the same name with (copy), then (copy 2) …"
              {...(copy !== undefined && { errors: copy.errors })}
            />
            {isOver && (
              <Check
                name="remaining"
                label="Only people who got nothing"
                isChecked={copy?.form.remaining === 'yes'}
                help="Those for whom it was cancelled, expired, failed or skipped."
              />
            )}
            <button type="submit" class="second">
              Duplicate
            </button>
          </form>
        </details>
        {['draft', 'finished', 'cancelled'].includes(status) && (
          <a class="button second" href={`/campaigns/${id}/archive`}>
            Archive …
          </a>
        )}
      </div>
    </>
  )
}

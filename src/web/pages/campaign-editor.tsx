// The editor of a campaign: one form in five steps that goes round through the server. What was typed comes back as it
// was typed, with errors beside the fields; nothing is saved before it is right.
import { Hono } from 'hono'
import { mayDo } from '../../domain/access.ts'
import { decideCampaignAction } from '../../domain/campaign-status.ts'
import { type ContentType, contentTypes } from '../../domain/content.ts'
import { AppError, type Problem } from '../../domain/errors.ts'
import { ended, inSentences } from '../../domain/sentence.ts'
import { type EditorChoice, type EditorFacts, readEditorFacts } from '../../engine/campaigns/campaign-editor.ts'
import { type CampaignView, showCampaign } from '../../engine/campaigns/campaign-view.ts'
import { addCampaign, editCampaign } from '../../engine/campaigns/drafts.ts'
import { acts } from '../acts.ts'
import { formOfDefinition, readCampaignForm } from '../campaign-form.ts'
import { shapeOf, shownContentField, sortByKind } from '../content-fields.ts'
import { inPageWords } from '../definition-words.ts'
import { barSentence } from '../editor-bar.ts'
import { type Looks, readLooks, type StepProps } from '../editor-looks.ts'
import { AudienceStep } from '../elements/editor-audience.tsx'
import { ContentStep } from '../elements/editor-content.tsx'
import { LimitsStep, NameStep } from '../elements/editor-limits.tsx'
import { ScheduleStep } from '../elements/editor-schedule.tsx'
import { Check, FormToken, WholeError } from '../elements/form.tsx'
import { sentencesOf } from '../error-words.ts'
import { type EditorFields, labelOf, shownFields } from '../field-labels.ts'
import { editFilter } from '../filter-form.ts'
import { formatFor } from '../format.ts'
import { renderPage } from '../layout.tsx'
import {
  type Form,
  type FormErrors,
  formErrors,
  isOfOldLogin,
  noErrors,
  opens,
  type PageContext,
  type PageEnv,
  type PageFacts,
  principalOf,
  readFields,
  redirectWithNote,
  seenIn,
} from '../page.ts'
import { nearZones, scheduleZone } from '../reader-zone.ts'

const allLooks = ['audience', 'content', 'session', 'schedule']

export function campaignEditorPages({ ctx }: PageFacts): Hono<PageEnv> {
  return new Hono<PageEnv>()
    .get('/campaigns/new', opens('edit'), async (c) => {
      const lists = c.req.queries('list') ?? []
      const facts = await readEditorFacts(ctx, { lists, sender: undefined })
      return draw(c, facts, {
        form: templateFirst({ ...firstForm(facts), '/audience/lists': lists.join('\n'), 'sender/was': '' }, facts),
        looks: allLooks,
      })
    })
    .post('/campaigns/new', opens('edit'), acts('saves'), (c) => takeForm(c, undefined))
    .get('/campaigns/:id/edit', opens('edit'), async (c) => {
      const campaign = await showCampaign(ctx, c.req.param('id'))
      const decision = decideCampaignAction('edit', campaign.status, campaign.name)
      if (decision.act === 'refuse')
        return redirectWithNote(c, `/campaigns/${campaign.id}`, ended(sentencesOf(decision.error)))
      const form = {
        ...formOfDefinition(campaign.definition, ctx.config.timeZone),
        version: campaign.version,
      }
      return draw(c, await readEditorFacts(ctx, choiceOf(form)), { form, looks: allLooks, ...whereOf(campaign) })
    })
    .post('/campaigns/:id/edit', opens('edit'), acts('saves'), (c) => takeForm(c, c.req.param('id')))

  async function takeForm(c: PageContext, id: string | undefined): Promise<Response> {
    const sent = await readFields(c)
    const facts = await readEditorFacts(ctx, choiceOf(sent))
    const typed = templateFirst(sent, facts)
    const { type, shape } = fieldsOf(facts, typed)
    const form = sortByKind(typed, type, shape)
    const looks = form.act === 'look' && form.looks !== undefined ? form.looks.split(' ') : allLooks
    if (isOfOldLogin(c, typed)) {
      const whole = 'You logged in anew. Everything is as you typed it: look it over, then save it.'
      const where = id === undefined ? {} : { id: encodeURIComponent(id), name: form['/name'] ?? id }
      return draw(c, facts, { form, looks, errors: { whole, fields: {} }, ...where }, 403)
    }
    const campaign = id === undefined ? undefined : await showCampaign(ctx, id)
    const where = whereOf(campaign)
    if (form.act !== 'save') return draw(c, facts, { form, looks, ...where, ...editFilter(form) })
    return save(c, facts, { form, looks, campaign })
  }

  async function save(c: PageContext, facts: EditorFacts, { form, looks, campaign }: Saved): Promise<Response> {
    const { definition, fieldOf } = readCampaignForm(form, scheduleZone(c))
    try {
      const saved =
        campaign === undefined
          ? await addCampaign(ctx, definition)
          : await editCampaign(ctx, campaign.id, definition, {
              seen: seenIn(form),
              isSendNow: form['schedule/now'] === 'yes',
              maySend: mayDo(principalOf(c), 'send'),
            })
      const note = inSentences(`"${saved.name}" is saved`, ...saved.warnings.map(inPageWords))
      return redirectWithNote(c, `/campaigns/${saved.id}`, note)
    } catch (error) {
      const isChanged = error instanceof AppError && error.code === 'version.changed'
      // A person who has read what happened may save once more, over the present version.
      const shown = isChanged && campaign !== undefined ? { ...form, version: campaign.version } : form
      const errors = errorsOf(error, fieldOf, fieldsOf(facts, form))
      return draw(c, facts, { form: shown, looks, errors, ...whereOf(campaign) }, isChanged ? 409 : 422)
    }
  }

  async function draw(c: PageContext, facts: EditorFacts, drawn: Drawn, status = 200): Promise<Response> {
    const reading = readCampaignForm(drawn.form, scheduleZone(c))
    const looks = await readLooks(ctx, { ...facts, reading, fields: fieldsOf(facts, drawn.form) }, drawn.looks)
    return editorPage(c, facts, { ...drawn, seen: looks }, status)
  }
}

interface Saved {
  form: Form
  looks: readonly string[]
  /** Undefined for a new one. */
  campaign: CampaignView | undefined
}

function whereOf(campaign: CampaignView | undefined): Pick<Drawn, 'id' | 'name' | 'isLaunched' | 'planned'> {
  if (campaign === undefined) return {}
  const { id, name, launchedAt, planned } = campaign
  return { id, name, isLaunched: launchedAt !== null, planned }
}

interface Drawn {
  form: Form
  looks: readonly string[]
  /** The field in which a person goes on. */
  focus?: string
  errors?: FormErrors
  /** Of a campaign that exists. */
  id?: string
  name?: string
  isLaunched?: boolean
  /** Messages that wait in its runs. */
  planned?: number
}

/** Refusals without a place of their own, by what they speak of. */
const placesOfCodes: Partial<Record<AppError['code'], string>> = {
  'campaign.name_taken': '/name',
  'sender.not_found': '/sender',
  'list.not_found': '/audience/lists',
  'list.busy': '/audience/lists',
  'content.not_supported': '/content/type',
}

/** What is wrong, in the words of the page, each beside a field that the page shows. */
function errorsOf(error: unknown, fieldOf: (problem: Problem) => string | undefined, fields: EditorFields): FormErrors {
  const shown = shownFields(fields)
  const errors = formErrors(error, (problem) => {
    const field = fieldOf(problem)
    return field?.startsWith('/content') ? shownContentField(field, shown) : field
  })
  const place = error instanceof AppError ? placesOfCodes[error.code] : undefined
  if (errors.whole !== undefined && place !== undefined) return { fields: { [place]: inPageWords(errors.whole) } }
  const said = Object.entries(errors.fields).map(([name, text]) => [name, inPageWords(text)])
  const lists = errors.fields['/audience/lists'] === undefined ? {} : { '/audience/lists': 'Choose at least one list.' }
  return { ...errors, fields: { ...Object.fromEntries(said), ...lists } }
}

/** What a form has chosen, and looks for. */
function choiceOf(form: Form): EditorChoice {
  const lists = [form['/audience/lists'], form['/audience/exclude']].flatMap((names) => (names ?? '').split('\n'))
  return { lists, sender: form['/sender'], listsHold: form['find/lists'], sendersHold: form['find/senders'] }
}

/** Preselects a template when a sender with approved templates is chosen: templates reach everyone. Keeps typed text. */
function templateFirst(form: Form, { senders, templates }: EditorFacts): Form {
  const isNew = form['sender/was'] !== undefined && form['sender/was'] !== form['/sender']
  const isUntyped = form['/content/type'] === 'text' && (form['/content/text'] ?? '') === ''
  const sender = senders.find(({ name }) => name === form['/sender'])
  const hasOwn = templates.some(({ sender: own, status }) => own === sender?.name && status === 'approved')
  return isNew && isUntyped && hasOwn && sender?.needsSession === true ? { ...form, '/content/type': 'template' } : form
}

function firstForm(facts: EditorFacts): Record<string, string> {
  return {
    '/useCase': 'marketing',
    // With several, the first by name would be a choice that nobody made.
    '/sender': facts.senders.length === 1 ? (facts.senders[0]?.name ?? '') : '',
    '/content/type': 'text',
    'schedule/kind': 'launch',
  }
}

const steps = [
  ['name', 'Name and sender', (field: string) => ['/name', '/useCase', '/sender'].includes(field)],
  ['audience', 'Audience', (field: string) => /^\/?(?:audience|filter)/.test(field)],
  ['content', 'Content', (field: string) => field.startsWith('/content')],
  ['schedule', 'Schedule', (field: string) => /^\/?schedule/.test(field)],
  [
    'limits',
    'Limits and policies',
    (field: string) => /^\/(?:limits|tags|delivery|priority|once|session|missing)/.test(field),
  ],
] as const

function editorPage(c: PageContext, facts: EditorFacts, drawn: Drawn & { seen: Looks }, status: number) {
  const { form, errors = noErrors, id, name, isLaunched = false, planned = 0 } = drawn
  const format = formatFor(c)
  const props: StepProps = { facts, form, errors, looks: drawn.seen }
  return renderPage(
    c,
    { title: name === undefined ? 'New campaign' : `Edit ${name}`, scripts: ['campaigns.js'] },
    <form
      method="post"
      class="editor"
      id="editor"
      data-editor
      action={id === undefined ? '/campaigns/new' : `/campaigns/${id}/edit`}
    >
      <FormToken c={c} version={form.version} />
      <button type="submit" name="act" value="check" class="unseen" tabindex={-1}>
        Show what was typed
      </button>
      <Steps errors={errors} />
      {isLaunched && (
        <p class="note">
          It is launched.{' '}
          {planned === 0
            ? 'No message is planned yet.'
            : `${format.counted(planned, 'message is', 'messages are')} already planned and ${planned === 1 ? 'keeps its' : 'keep their'} old text and time.`}{' '}
          What you change holds for what is planned from now on. A changed schedule counts from the moment you save it.
        </p>
      )}
      <WholeError errors={errors} />
      <Summary errors={errors} fields={fieldsOf(facts, form)} />
      <NameStep {...props} />
      <AudienceStep {...props} format={format} focus={drawn.focus} />
      <ContentStep {...props} type={typeOf(form)} format={format} />
      <ScheduleStep {...props} format={format} zone={scheduleZone(c)} nearZones={nearZones(c)} />
      <LimitsStep {...props} />
      {isLaunched && (
        <Check
          name="schedule/now"
          label="If the new time has passed, send it now"
          isChecked={form['schedule/now'] === 'yes'}
        />
      )}
      <div class="actions bottom">
        <button type="submit" name="act" value="save">
          {isLaunched ? 'Save' : 'Save draft'}
        </button>
        <noscript>
          <button type="submit" name="act" value="check" class="second">
            Refresh count, preview and times
          </button>
        </noscript>
        <p id="look-bar" class="soft" role="status">
          {barSentence(form, fieldsOf(facts, form))}
        </p>
      </div>
    </form>,
    status,
  )
}

/** What a form asks for, by its kind of content and its template. */
function fieldsOf({ templates }: EditorFacts, form: Form): EditorFields {
  const own = templates.filter(({ sender }) => sender === form['/sender'])
  return { form, type: typeOf(form), shape: shapeOf(own, form) }
}

function typeOf(form: Form): ContentType {
  return contentTypes.find((type) => type === form['/content/type']) ?? 'text'
}

function Summary({ errors, fields }: { errors: FormErrors; fields: EditorFields }) {
  const wrong = Object.entries(errors.fields)
  if (wrong.length === 0) return null
  return (
    <div class="error whole summary" role="alert" tabindex={-1} autofocus>
      <p>Not saved yet. Everything you typed is still here. Fix:</p>
      <ul>
        {wrong.map(([name, text]) => (
          <li>
            <a href={`#${encodeURI(name)}`}>{labelOf(name, fields)}</a>: {text}
          </li>
        ))}
      </ul>
    </div>
  )
}

function Steps({ errors }: { errors: FormErrors }) {
  const wrong = Object.keys(errors.fields)
  return (
    <nav aria-label="Steps">
      <ol class="steps">
        {steps.map(([anchor, title, belongs], index) => {
          const count = wrong.filter(belongs).length
          return (
            <li>
              <a href={`#step-${anchor}`}>{`${index + 1}. ${title}`}</a>{' '}
              {count > 0 && <span class="badge badge-failed">{count === 1 ? '1 error' : `${count} errors`}</span>}
            </li>
          )
        })}
      </ol>
    </nav>
  )
}

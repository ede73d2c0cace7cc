// Before a launch: who will get it, who will not and why, what speaks against it; a test message; and the launch, which
// asks for the number of people. Checks of many people go on while the page shows how far they are.
import { Hono } from 'hono'
import { mayDo } from '../../domain/access.ts'
import { AppError } from '../../domain/errors.ts'
import { type CampaignView, showCampaign } from '../../engine/campaigns/campaign-view.ts'
import { type ExampleReader, findExampleReaders } from '../../engine/campaigns/example-readers.ts'
import type { LaunchReview } from '../../engine/campaigns/launch.ts'
import { previewSchedule, type SchedulePreview } from '../../engine/campaigns/schedule-preview.ts'
import type { Watched } from '../../engine/campaigns/watched-launches.ts'
import { leftOutText } from '../../engine/report/reach-words.ts'
import { sendTestByService } from '../../engine/service/foreground.ts'
import { acts } from '../acts.ts'
import { buttonText, confirmWords, reviewWords, type Start, startOf } from '../decision-words.ts'
import { inPageWords } from '../definition-words.ts'
import { CampaignTabs } from '../elements/campaign-parts.tsx'
import { Decision, Examples } from '../elements/decision.tsx'
import { ForecastPart } from '../elements/forecast-part.tsx'
import { Check, Field, FormToken, WholeError } from '../elements/form.tsx'
import { Fresh } from '../elements/fresh.tsx'
import { Refusal } from '../elements/refusal.tsx'
import { sentence, sentencesOf } from '../error-words.ts'
import { type Format, formatFor } from '../format.ts'
import { renderPage } from '../layout.tsx'
import {
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
  refusedStatus,
  seenIn,
} from '../page.ts'
import { reasonOfOne, statusWords } from '../words.ts'

/** Without scripts the page loads itself again after so long, while everybody is checked. */
const RELOAD_S = 2
const REFRESH_MS = 1_000
/** Of a recurring schedule. */
const TIMES_SHOWN = 3

export function campaignReviewPages({ ctx, launches, providers }: PageFacts): Hono<PageEnv> {
  return new Hono<PageEnv>()
    .get('/campaigns/:id/review', opens('read'), async (c) => draw(c, c.req.param('id'), {}))
    .post('/campaigns/:id/test', opens('send'), acts('starts'), async (c) => {
      const form = await readForm(c)
      const id = c.req.param('id')
      try {
        const { phone, status, detail, waitingFor } = await providers.ask(principalOf(c), () =>
          sendTestByService(ctx, id, form.to ?? ''),
        )
        const outcome = status === 'pending' ? 'not sent yet' : statusWords[status]
        const until = waitingFor?.until ?? null
        const end = until === null ? '' : ` It is sent by itself after ${formatFor(c).instantText(until)}.`
        const why = waitingFor === null ? '' : ` ${reasonOfOne(waitingFor.reason)}${end}`
        const note = `Test to ${phone}: ${outcome}${detail === null ? '' : ` (${inPageWords(detail)})`}.${why}`
        return redirectWithNote(c, `/campaigns/${encodeURIComponent(id)}/review`, note)
      } catch (error) {
        return draw(c, id, { testErrors: placed(error, 'to'), to: form.to }, refusedStatus(c, error, 422))
      }
    })
    .post('/campaigns/:id/launch', opens('send'), acts('confirmed'), async (c) => {
      const form = await readForm(c)
      const id = c.req.param('id')
      try {
        const confirmedCount = readCount(form.confirm ?? '')
        const said = { isSendNow: form.now === 'yes', isEvenIfNobody: form.nobody === 'yes', seen: seenIn(form) }
        const { result } = await launches.launch(id, { confirmedCount, ...said })
        return result === null ? c.redirect(`/campaigns/${encodeURIComponent(id)}/review`, 303) : toLive(c, result)
      } catch (error) {
        const launchErrors = placed(error, 'confirm')
        const typed = { confirm: form.confirm, isNow: form.now === 'yes', isEvenIfNobody: form.nobody === 'yes' }
        return draw(c, id, { launchErrors, ...typed }, 422)
      }
    })

  async function draw(c: PageContext, idOrName: string, typed: Typed, status = 200): Promise<Response> {
    const campaign = await showCampaign(ctx, idOrName)
    const launch = await launches.launchOf(campaign.id)
    if (campaign.status !== 'draft')
      return launch?.result ? toLive(c, launch.result) : c.redirect(`/campaigns/${campaign.id}`)
    if (launch?.state === 'failed' && !(launch.error instanceof AppError)) throw launch.error
    const check = await launches.check(campaign.id, { isAnew: c.req.query('anew') !== undefined })
    if (check.state === 'failed' && !(check.error instanceof AppError)) throw check.error
    // Asked for once: the page that loads itself again does not begin anew.
    if (c.req.query('anew') !== undefined) return c.redirect(`/campaigns/${campaign.id}/review`, 303)
    const launchErrors = launch?.state === 'failed' ? placed(launch.error, 'confirm') : noErrors
    const isForScript = c.req.header('sec-fetch-dest') === 'empty'
    const shown = {
      examples: isForScript ? undefined : await examplesOf(campaign),
      times: timesOf(campaign),
    }
    return reviewPage(c, { campaign, check, launch, typed: { launchErrors, ...typed }, ...shown }, status)
  }

  /** None if the campaign is invalid: the page shows why next to them. */
  async function examplesOf({ definition }: CampaignView): Promise<ExampleReader[]> {
    try {
      return await findExampleReaders(ctx, definition)
    } catch (error) {
      if (error instanceof AppError) return []
      throw error
    }
  }

  function timesOf({ definition }: CampaignView): SchedulePreview | undefined {
    try {
      return previewSchedule(ctx, definition.schedule ?? {}, { count: TIMES_SHOWN })
    } catch (error) {
      if (error instanceof AppError) return undefined
      throw error
    }
  }
}

function toLive(c: PageContext, { id, name, warnings }: CampaignView): Response {
  const note = [`"${name}" is launched.`, ...warnings.map(inPageWords)].join(' ')
  return redirectWithNote(c, `/campaigns/${id}/live`, note)
}

interface Typed {
  testErrors?: FormErrors
  to?: string | undefined
  launchErrors?: FormErrors
  confirm?: string | undefined
  /** It was to start although its time is past, and although nobody gets it. */
  isNow?: boolean
  isEvenIfNobody?: boolean
}

/** The number that was typed, with or without marks between the thousands. */
function readCount(text: string): number {
  const digits = text.replace(/[\s.,’' ]/g, '')
  return /^\d{1,12}$/.test(digits) ? Number(digits) : -1
}

function placed(error: unknown, field: string): FormErrors {
  const errors = formErrors(error, () => undefined)
  return errors.whole === undefined ? errors : { fields: { [field]: inPageWords(errors.whole) } }
}

type LaunchCheck = Watched<LaunchReview>

/** What a user can say yes to where the launch is refused: a time that is past, and that nobody gets it. */
interface Askable {
  isPast: boolean
  isNobody: boolean
  /** Nothing else speaks against it. */
  isAll: boolean
}

function askableOf({ definition }: CampaignView, { result }: LaunchCheck): Askable {
  const codes = (result?.refusals ?? []).map(({ code }) => code)
  const isPast = definition.schedule?.at !== undefined && codes.includes('schedule.in_the_past')
  const nobody = codes.filter((code) => code === 'campaign.reaches_nobody' || code === 'campaign.audience_empty')
  return { isPast, isNobody: nobody.length > 0, isAll: codes.length === nobody.length + (isPast ? 1 : 0) }
}

interface Reviewed {
  campaign: CampaignView
  check: LaunchCheck
  /** One that went through many people, or still does. */
  launch: Watched<CampaignView> | undefined
  typed: Typed
  /** Undefined when a script refreshes the page, as it does not redraw them. */
  examples: readonly ExampleReader[] | undefined
  times: SchedulePreview | undefined
}

function reviewPage(c: PageContext, reviewed: Reviewed, status: number) {
  const { campaign, check, launch, typed, examples, times } = reviewed
  const { id } = campaign
  const format = formatFor(c)
  const askable = askableOf(campaign, check)
  const start = startOf(campaign.definition.schedule, askable.isPast)
  const maySend = mayDo(principalOf(c), 'send')
  const mayEdit = mayDo(principalOf(c), 'edit')
  return renderPage(
    c,
    {
      title: `Review ${campaign.name}`,
      scripts: ['campaigns.js'],
      ...([check.state, launch?.state].includes('running') && { reloadSeconds: RELOAD_S }),
      actions: mayEdit && (
        <a class="button second" href={`/campaigns/${id}/edit`}>
          Edit
        </a>
      ),
    },
    <>
      <CampaignTabs id={id} status={campaign.status} here="/review" />
      <div class="split even decision">
        <div>{examples !== undefined && <Examples examples={examples} />}</div>
        <div>
          <CheckPart {...{ id, check, format, mayEdit, campaign, times, start }} />
          {maySend && (
            <LaunchPart {...{ c, id, version: campaign.version, check, launch, typed, format, askable, start }} />
          )}
          {maySend && <TestForm {...{ c, id, typed }} />}
        </div>
      </div>
    </>,
    status,
  )
}

interface Shown extends Pick<Reviewed, 'check' | 'campaign' | 'times'> {
  id: string
  start: Start
  format: Format
  mayEdit: boolean
}

function CheckPart({ id, check, format, mayEdit, campaign, times, start }: Shown) {
  const { state, result, error, endedAt } = check
  if (state === 'running')
    return (
      <Fresh id="checks" class="card controls" from={`/campaigns/${id}/review`} everyMs={REFRESH_MS}>
        <p>Looking at {format.counted(check.people, 'person', 'people')}, one by one.</p>
        <HowFar work={check} label="Looking at everybody" format={format} />
        <p class="soft">You can leave this page: the check goes on.</p>
      </Fresh>
    )
  return (
    <div id="checks">
      {result === null ? (
        <p class="error whole" role="alert">
          {error instanceof AppError ? inPageWords(sentencesOf(error)) : 'Not everybody could be looked at.'}
        </p>
      ) : (
        <>
          <Refusals {...{ id, format, mayEdit }} review={result} />
          <Decision {...{ campaign, times, start, format }} forecast={result.forecast} />
          <details>
            <summary>{reviewWords.details}</summary>
            <ForecastPart forecast={result.forecast} format={format} />
          </details>
        </>
      )}
      <p class="soft">
        As of {format.instant(endedAt)}. <a href={`/campaigns/${id}/review?anew=yes`}>{reviewWords.again}</a>
      </p>
    </div>
  )
}

function HowFar({ work, label, format }: { work: Watched<unknown>; label: string; format: Format }) {
  const { share, restMs } = work
  return (
    <>
      <progress aria-label={label} max={1} value={share} />
      <p>
        {format.share(share)}
        {restMs !== null && <> · about {format.duration(restMs)} left</>}
      </p>
    </>
  )
}

function Refusals({
  id,
  review,
  format,
  mayEdit,
}: Pick<Shown, 'id' | 'format' | 'mayEdit'> & { review: LaunchReview }) {
  const { refusals, warnings } = review
  return (
    <>
      {refusals.length === 0 && <Verdict {...review} />}
      {refusals.map((refusal) => (
        <Refusal {...{ id, refusal, format, mayEdit }} />
      ))}
      <Warnings warnings={warnings} format={format} />
    </>
  )
}

/** Green only where nothing speaks against the launch and most people get it at its time. */
function Verdict({ forecast, warnings }: LaunchReview) {
  if (forecast.verdict !== 'most') return null
  return warnings.length === 0 ? <p class="note">{reviewWords.ready}</p> : <p>{reviewWords.readFirst}</p>
}

function Warnings({ warnings, format }: { warnings: readonly string[]; format: Format }) {
  return (
    <>
      {warnings.map((warning) => (
        <p class="warning">
          <bdi>{format.inText(sentence(inPageWords(warning)))}</bdi>
        </p>
      ))}
    </>
  )
}

function TestForm({ c, id, typed }: { c: PageContext; id: string; typed: Typed }) {
  const errors = typed.testErrors ?? noErrors
  return (
    <section class="card">
      <h2>Send a test</h2>
      <form method="post" action={`/campaigns/${id}/test`}>
        <FormToken c={c} />
        <WholeError errors={errors} />
        <Field
          name="to"
          label="To"
          type="tel"
          value={typed.to}
          errors={errors}
          required
          placeholder="+44 7700 900123"
          help="One message, filled with the values of the first person of the audience. Reports and caps know nothing of it."
        />
        <button type="submit" class="second">
          Send the test
        </button>
      </form>
    </section>
  )
}

interface LaunchPartProps extends Pick<Reviewed, 'check' | 'launch'> {
  c: PageContext
  id: string
  /** Of the campaign that was checked. */
  version: string
  typed: Typed
  format: Format
  askable: Askable
  start: Start
}

function LaunchPart({ launch, ...props }: LaunchPartProps) {
  const { id, check, typed, format } = props
  const errors = typed.launchErrors ?? noErrors
  const form = launch?.state === 'running' ? <Launching launch={launch} format={format} /> : <LaunchForm {...props} />
  const goesOn = check.state === 'running' || launch?.state === 'running'
  return (
    <section class="card">
      <h2>Launch</h2>
      {goesOn && errors.fields.confirm !== undefined && (
        <p class="error whole" role="alert">
          {errors.fields.confirm}
        </p>
      )}
      {goesOn ? (
        <Fresh id="launch" from={`/campaigns/${id}/review`} everyMs={REFRESH_MS}>
          {form}
        </Fresh>
      ) : (
        <div id="launch">{form}</div>
      )}
    </section>
  )
}

function Launching({ launch, format }: { launch: Watched<CampaignView>; format: Format }) {
  return (
    <>
      <p>Everybody is checked once more: {format.counted(launch.people, 'person', 'people')}. Then it begins.</p>
      <HowFar work={launch} label="Launching" format={format} />
      <p class="soft">You can leave this page: the launch goes on.</p>
    </>
  )
}

function LaunchForm({ c, id, version, check, typed, format, askable, start }: Omit<LaunchPartProps, 'launch'>) {
  const errors = typed.launchErrors ?? noErrors
  const { state, result } = check
  if (state === 'running') return <p>Once everybody was looked at, it can be launched here.</p>
  if (result === null || !askable.isAll) return <p>{reviewWords.fix}</p>
  const { people, recipients, leftOutBy } = result
  return (
    <form method="post" action={`/campaigns/${id}/launch`}>
      <FormToken c={c} version={version} />
      <WholeError errors={errors} />
      {recipients < people && (
        <p>
          {format.counted(people, 'person is', 'people are')} in its audience. Left out:{' '}
          {format.inText(leftOutText(leftOutBy))}.
        </p>
      )}
      <Field
        name="confirm"
        label={`Type ${format.number(recipients)}, ${confirmWords[start]}`}
        value={typed.confirm}
        errors={errors}
        required
        autocomplete="off"
        extra={{ inputmode: 'numeric' }}
      />
      {askable.isPast && (
        <Check name="now" label="Start now, although its time is past" isChecked={typed.isNow === true} />
      )}
      {askable.isNobody && (
        <Check name="nobody" label="Launch it, although nobody will get it" isChecked={typed.isEvenIfNobody === true} />
      )}
      <button type="submit">{buttonText(start, recipients, format)}</button>
    </form>
  )
}

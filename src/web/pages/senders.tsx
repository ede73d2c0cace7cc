// One sender: how it fares, its limits (which may change while it sends), pause and resume, and its account at the
// provider. The address for callbacks is a secret of administrators.
import { Hono } from 'hono'
import type { Child } from 'hono/jsx'
import { mayDo } from '../../domain/access.ts'
import { providerTitle } from '../../engine/senders/remote-sender.ts'
import { checkSender, type SenderCheck, setSenderWebhook } from '../../engine/senders/sender-account.ts'
import { type SenderHealth, senderHealth } from '../../engine/senders/sender-health.ts'
import {
  pauseSenderByOperator,
  resumeSenderByOperator,
  rotateWebhook,
  type SenderView,
  setSender,
  showSender,
} from '../../engine/senders/senders.ts'
import { type SenderStake, senderStake } from '../../engine/service/at-stake.ts'
import { acts } from '../acts.ts'
import { FormToken, WholeError } from '../elements/form.tsx'
import { Fresh, FreshLink } from '../elements/fresh.tsx'
import { Callbacks } from '../elements/sender-callbacks.tsx'
import { LimitsForm, limitFieldOf, readLimits } from '../elements/sender-limits.tsx'
import { SenderSteps } from '../elements/sender-steps.tsx'
import { Badge, Facts, Table } from '../elements/table.tsx'
import { Troubles } from '../elements/troubles.tsx'
import { type Format, formatFor } from '../format.ts'
import { renderPage } from '../layout.tsx'
import {
  type Form,
  type FormErrors,
  formErrors,
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
import { asks, type Question } from '../question.tsx'
import { pauseSenderWords, resumeSenderWords, setWebhookWords } from '../question-words.tsx'
import { dailyUse, heldBack, pausedBecause, settingLabel } from '../sender-words.ts'

export function senderPages({ ctx, providers }: PageFacts): Hono<PageEnv> {
  const pages = new Hono<PageEnv>()
  pages.get('/senders/:name', opens('read'), (c) => onePage(c, {}))
  pages.post('/senders/:name/limits', opens('administer'), acts('saves'), async (c) => {
    const form = await readForm(c)
    try {
      const { name } = await setSender(ctx, c.req.param('name'), { ...readLimits(form), seen: seenIn(form) })
      return redirectWithNote(c, c.req.path.replace(/\/limits$/, ''), `${name} keeps to the new limits now.`)
    } catch (error) {
      return onePage(c, { form, errors: formErrors(error, limitFieldOf), status: 422 })
    }
  })
  asks(pages, '/senders/:name/pause', {
    right: 'send',
    ask: (c) => question(c, pauseSenderWords),
    act: async (c) => {
      const { id, name } = await pauseSenderByOperator(ctx, c.req.param('name') ?? '')
      return redirectWithNote(c, `/senders/${id}`, `${name} is paused: nothing more leaves.`)
    },
  })
  asks(pages, '/senders/:name/resume', {
    right: 'send',
    ask: (c) => question(c, resumeSenderWords),
    act: async (c) => {
      const { id, name } = await resumeSenderByOperator(ctx, c.req.param('name') ?? '')
      return redirectWithNote(c, `/senders/${id}`, `${name} sends again.`)
    },
  })
  pages.post('/senders/:name/check', opens('send'), acts('looks'), async (c) => {
    await readForm(c)
    try {
      const check = await providers.ask(principalOf(c), (connections) => checkSender(connections, c.req.param('name')))
      return await onePage(c, { check })
    } catch (error) {
      return onePage(c, { told: formErrors(error, () => undefined), status: refusedStatus(c, error, 422) })
    }
  })
  asks(pages, '/senders/:name/webhook', {
    right: 'administer',
    ask: (c) => question(c, setWebhookWords),
    act: async (c) => {
      const { id, name, webhookUrl } = await showSender(ctx, c.req.param('name') ?? '')
      await providers.ask(principalOf(c), (connections) => setSenderWebhook(connections, { name, url: webhookUrl }))
      return redirectWithNote(c, `/senders/${id}`, 'The provider calls us at the address below.')
    },
  })
  pages.post('/senders/:name/webhook/rotate', opens('administer'), acts('asks'), async (c) => {
    const form = await readForm(c)
    const to = c.req.path.replace(/\/webhook\/rotate$/, '')
    if (form.sure !== 'yes') return redirectWithNote(c, to, 'The address was not changed: tick the box to confirm.')
    const hours = Number(form.oldForHours ?? Number.NaN)
    try {
      await rotateWebhook(ctx, c.req.param('name'), { hours, seen: seenIn(form) })
    } catch (error) {
      return onePage(c, { told: formErrors(error, () => undefined), status: refusedStatus(c, error, 422) })
    }
    return redirectWithNote(c, to, 'The address below is new: set it at the provider.')
  })

  async function question(
    c: PageContext,
    wordsOf: (stake: SenderStake, format: Format) => Pick<Question, 'title' | 'says' | 'yes'>,
  ): Promise<Question> {
    const stake = await senderStake(ctx, c.req.param('name') ?? '')
    const isHarmless = wordsOf === resumeSenderWords
    return { ...wordsOf(stake, formatFor(c)), back: `/senders/${stake.id}`, isHarmless }
  }

  async function onePage(c: PageContext, shown: Shown) {
    const name = c.req.param('name') ?? ''
    const [sender, health] = await Promise.all([showSender(ctx, name), senderHealth(ctx, name)])
    return senderPage(c, { sender, health, format: formatFor(c), ...shown })
  }
  return pages
}

interface Shown {
  form?: Form
  errors?: FormErrors
  /** What the provider said when it was asked. */
  told?: FormErrors
  check?: SenderCheck
  status?: number
}

interface SenderPage extends Shown {
  sender: SenderView
  health: SenderHealth
  format: Format
}

function senderPage(c: PageContext, { status = 200, ...page }: SenderPage) {
  const { sender, health, format, told, check } = page
  const isAdmin = mayDo(principalOf(c), 'administer')
  return renderPage(
    c,
    { title: sender.name, actions: mayDo(principalOf(c), 'send') && <Actions c={c} sender={sender} /> },
    <>
      {told !== undefined && <WholeError errors={told} />}
      {check !== undefined && <CheckResult check={check} />}
      <Fresh id="health" from={`/senders/${sender.id}`}>
        {sender.status === 'paused' && (
          <p class="warning">
            Paused, its messages wait and nothing of it is sent: <bdi>{pausedBecause(sender)}</bdi>.
          </p>
        )}
        <SenderSteps sender={sender} health={health} />
        <Troubles troubles={sender.troubles} format={format} />
        <Facts facts={healthFacts(sender, health, format)} />
        <h2>What the provider refused in the last hour</h2>
        <Table
          caption="Refusals by code"
          head={['Code', 'What it says', 'Calls']}
          numbers={[2]}
          rows={health.errors.map(({ code, text, count }) => [
            <code>{code}</code>,
            <bdi>{text}</bdi>,
            format.number(count),
          ])}
          empty="Nothing was refused."
        />
      </Fresh>
      <FreshLink from={`/senders/${sender.id}`} />
      <h2>Limits</h2>
      {isAdmin ? <LimitsForm c={c} {...page} /> : <Facts facts={limitFacts(sender, format)} />}
      <h2>Account</h2>
      <Facts facts={accountFacts(sender)} />
      {isAdmin && (
        <p>
          <a href={`/senders/${sender.id}/account`}>Change secrets and settings</a>
        </p>
      )}
      {isAdmin && <Callbacks c={c} sender={sender} format={format} />}
      <p>
        <a href={`/templates?sender=${encodeURIComponent(sender.id)}`}>Templates of this sender</a>
      </p>
    </>,
    status,
  )
}

function Actions({ c, sender }: { c: PageContext; sender: SenderView }) {
  const isPaused = sender.status === 'paused'
  return (
    <Fresh id="actions" class="actions" from={`/senders/${sender.id}`}>
      <form method="post" action={`/senders/${sender.id}/check`}>
        <FormToken c={c} />
        <button type="submit" class="second">
          Check connection
        </button>
      </form>
      <a class={isPaused ? 'button' : 'button danger'} href={`/senders/${sender.id}/${isPaused ? 'resume' : 'pause'}`}>
        {isPaused ? 'Resume …' : 'Pause …'}
      </a>
    </Fresh>
  )
}

function CheckResult({ check: { ok, facts } }: { check: SenderCheck }) {
  return (
    <section class="card" aria-label="What the provider tells of the account">
      <p role="status">
        {ok ? 'Connected: the account is in order.' : 'Connected, but nothing can be sent like this.'}
      </p>
      <Facts
        facts={facts.map(({ name, value, isProblem }) => [
          name,
          isProblem ? <strong>{value} (a problem)</strong> : value,
        ])}
      />
    </section>
  )
}

function healthFacts(sender: SenderView, health: SenderHealth, format: Format): [string, Child][] {
  return [
    ['Status', <Badge status={sender.status} />],
    ['Rate now', `${format.number(health.ratePerSecond)} a second`],
    ['Queued', format.number(health.waiting)],
    ['Sending', format.number(health.onTheWire)],
    ['People in 24 hours', dailyUse(sender, health, format)],
    ['Held back', heldBack(sender, health, format)],
    ['Last call', format.instant(health.lastCallAt)],
  ]
}

function limitFacts(sender: SenderView, format: Format): [string, Child][] {
  return [
    ['Rate', `${format.number(sender.ratePerSecond)} a second`],
    ['Daily limit', sender.dailyLimit === null ? 'none' : `${format.number(sender.dailyLimit)} people in 24 hours`],
    ['Between two messages to one phone', `${format.number(sender.pairIntervalSeconds)} s`],
    ['Calls at once', sender.concurrency === null ? 'by rate and latency' : format.number(sender.concurrency)],
  ]
}

function accountFacts(sender: SenderView): [string, Child][] {
  const settings = Object.entries(sender.credentials).map(([name, value]): [string, Child] => [
    settingLabel(name),
    typeof value === 'object' ? 'set on the machine' : <bdi>{String(value)}</bdi>,
  ])
  return [
    ['Provider', providerTitle(sender.provider)],
    ['Account', <bdi>{sender.account}</bdi>],
    ['Writes to', sender.groups ? 'people and groups' : 'people'],
    ...(sender.baseUrl === null ? [] : [['Base URL', <bdi>{sender.baseUrl}</bdi>] as [string, Child]]),
    ...settings,
  ]
}

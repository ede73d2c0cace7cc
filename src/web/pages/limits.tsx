// Quiet hours and frequency caps, which hold for every marketing campaign.
import { Hono } from 'hono'
import { mayDo } from '../../domain/access.ts'
import type { CapRule } from '../../domain/frequency-cap.ts'
import type { Limits } from '../../domain/limits.ts'
import { wholeIn } from '../../domain/number-text.ts'
import { parseQuietHours, type QuietHoursDefinition, weekdayNames } from '../../domain/quiet-hours.ts'
import { messagesWaitingFor } from '../../engine/service/at-stake.ts'
import { removeCap, setCap, setQuietHours, showLimits, versionOfLimits } from '../../engine/service/limits.ts'
import { acts } from '../acts.ts'
import { Check, Field, FormToken, Select, WholeError } from '../elements/form.tsx'
import { Badge, Table } from '../elements/table.tsx'
import { formatFor } from '../format.ts'
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
import { asks, isSure, questionPage } from '../question.tsx'
import { changeCapWords, quietHoursWords, removeCapWords } from '../question-words.tsx'

export function limitPages({ ctx }: PageFacts): Hono<PageEnv> {
  const pages = new Hono<PageEnv>()
  pages.get('/limits', opens('read'), async (c) => limitsPage(c, { limits: await showLimits(ctx) }))
  pages.post('/limits/quiet-hours', opens('administer'), acts('saves'), async (c) => {
    const form = await readForm(c)
    try {
      const quietHours = readQuietHours(form)
      if (quietHours !== null) parseQuietHours(quietHours)
      const question = await askFirst(c, form, 'quiet_hours')
      if (question !== undefined) return question
      await setQuietHours(ctx, quietHours, seenIn(form))
      const now = quietHours === null ? 'There are no quiet hours any more' : 'The new quiet hours hold now'
      return redirectWithNote(c, '/limits', `${now}; what waited for the old ones is looked at again.`)
    } catch (error) {
      return limitsPage(c, {
        limits: await showLimits(ctx),
        quietErrors: formErrors(error, () => undefined),
        status: 422,
      })
    }
  })
  pages.get('/limits/new-cap', opens('administer'), (c) => capPage(c, { form: {}, errors: noErrors, isNew: true }))
  pages.get('/limits/caps/:cap', opens('administer'), async (c) => {
    const limits = await showLimits(ctx)
    const rule = limits.caps.find(({ id }) => id === c.req.param('cap'))
    if (rule === undefined) return c.redirect('/limits')
    return capPage(c, { form: { ...formOf(rule), version: versionOfLimits(limits) }, errors: noErrors, isNew: false })
  })
  pages.post('/limits/caps', opens('administer'), acts('saves'), async (c) => {
    const form = await readForm(c)
    try {
      const cap = readCap(form)
      const isTaken = form.known !== 'yes' && (await showLimits(ctx)).caps.some(({ id }) => id === cap.id)
      if (isTaken) {
        const errors = {
          fields: { id: 'There is a cap of this name already: change that one, or choose another name.' },
        }
        return capPage(c, { form, errors, isNew: true, status: 422 })
      }
      const question = form.known === 'yes' ? await askFirst(c, form, 'frequency_cap') : undefined
      if (question !== undefined) return question
      await setCap(ctx, cap, seenIn(form))
      return redirectWithNote(c, '/limits', `The cap “${form.id}” holds now.`)
    } catch (error) {
      const isNew = form.known !== 'yes'
      const shown = isNew ? form : { ...form, version: versionOfLimits(await showLimits(ctx)) }
      return capPage(c, { form: shown, errors: formErrors(error, () => undefined), isNew, status: 422 })
    }
  })
  asks(pages, '/limits/caps/:cap/remove', {
    right: 'administer',
    ask: async (c) => {
      const limits = await showLimits(ctx)
      const waiting = await messagesWaitingFor(ctx, 'frequency_cap')
      const words = removeCapWords(c.req.param('cap') ?? '', waiting, formatFor(c))
      return { ...words, back: '/limits', fields: { version: versionOfLimits(limits) } }
    },
    act: async (c, form) => {
      const cap = c.req.param('cap') ?? ''
      await removeCap(ctx, cap, seenIn(form))
      return redirectWithNote(c, '/limits', `The cap “${cap}” is gone; what waited for it is looked at again.`)
    },
  })

  /** Asks first where messages wait for what is changed; undefined where none does, or after the yes. */
  async function askFirst(c: PageContext, form: Form, reason: 'quiet_hours' | 'frequency_cap') {
    const waiting = isSure(form) ? 0 : await messagesWaitingFor(ctx, reason)
    if (waiting === 0) return undefined
    const format = formatFor(c)
    const words =
      reason === 'quiet_hours'
        ? quietHoursWords(form.isOn !== 'yes', waiting, format)
        : changeCapWords(form.id ?? '', waiting, format)
    return questionPage(c, { ...words, back: '/limits', fields: form })
  }
  return pages
}

function readQuietHours(form: Form): QuietHoursDefinition | null {
  if (form.isOn !== 'yes') return null
  const allDay = weekdayNames.filter((day) => (form.allDay ?? '').split('\n').includes(day))
  return {
    from: form.from ?? '',
    to: form.to ?? '',
    action: form.action === 'skip' ? 'skip' : 'defer',
    ...(allDay.length > 0 && { allDay }),
  }
}

function readCap(form: Form): { id: string } & Partial<CapRule> {
  const scope = form.scope === 'tag' ? `tag:${form.tag ?? ''}` : (form.scope ?? 'all')
  return {
    id: form.id ?? '',
    max: wholeIn((form.max ?? '').trim()) ?? Number.NaN,
    window: form.window ?? '',
    scope,
    onCap: form.onCap === 'skip' ? 'skip' : 'defer',
    weekStart: form.weekStart === 'sunday' ? 'sunday' : 'monday',
    countFailed: form.countFailed === 'yes',
    isEnabled: form.isEnabled === 'yes',
  }
}

function formOf(rule: CapRule): Form {
  const isTag = rule.scope.startsWith('tag:')
  return {
    id: rule.id,
    max: String(rule.max),
    window: rule.window,
    scope: isTag ? 'tag' : rule.scope,
    tag: isTag ? rule.scope.slice(4) : '',
    onCap: rule.onCap,
    weekStart: rule.weekStart,
    countFailed: rule.countFailed ? 'yes' : '',
    isEnabled: rule.isEnabled ? 'yes' : '',
  }
}

interface LimitsPage {
  limits: Limits
  quietErrors?: FormErrors
  status?: number
}

function limitsPage(c: PageContext, { limits, quietErrors = noErrors, status = 200 }: LimitsPage) {
  const isAdmin = mayDo(principalOf(c), 'administer')
  return renderPage(
    c,
    {
      title: 'Limits',
      actions: isAdmin && (
        <a class="button" href="/limits/new-cap">
          Add a cap
        </a>
      ),
    },
    <>
      <p>These hold for every marketing campaign of every user.</p>
      <h2>Frequency caps</h2>
      <Table
        caption="Frequency caps"
        head={['Name', 'At most', 'In', 'Counted over', 'Then', 'Status', '']}
        rows={limits.caps.map((rule) => [
          rule.id,
          `${rule.max} ${rule.max === 1 ? 'message' : 'messages'}`,
          windowText(rule),
          scopeText(rule.scope),
          rule.onCap === 'skip' ? 'skip' : 'wait until there is room',
          <Badge status={rule.isEnabled ? 'active' : 'disabled'} />,
          isAdmin && <CapActions rule={rule} />,
        ])}
        empty="Nothing limits how many marketing messages one person gets."
      />
      <h2>Quiet hours</h2>
      {isAdmin ? <QuietHoursForm c={c} limits={limits} errors={quietErrors} /> : <p>{quietText(limits.quietHours)}</p>}
    </>,
    status,
  )
}

function CapActions({ rule }: { rule: CapRule }) {
  return (
    <>
      <a class="small" href={`/limits/caps/${rule.id}`}>
        Change<span class="unseen"> {rule.id}</span>
      </a>{' '}
      <a class="small" href={`/limits/caps/${rule.id}/remove`}>
        Remove …<span class="unseen"> {rule.id}</span>
      </a>
    </>
  )
}

function windowText({ window, weekStart }: CapRule): string {
  if (window === 'week') return `a calendar week from ${weekStart}`
  if (window === 'day' || window === 'month') return `a calendar ${window}`
  return `any ${window}`
}

function scopeText(scope: string): string {
  if (scope === 'all') return 'all marketing'
  return scope === 'campaign' ? 'each campaign alone' : `campaigns tagged ${scope.slice(4)}`
}

const dayWords = {
  mon: 'Monday',
  tue: 'Tuesday',
  wed: 'Wednesday',
  thu: 'Thursday',
  fri: 'Friday',
  sat: 'Saturday',
  sun: 'Sunday',
} as const
const days = Object.keys(dayWords) as (keyof typeof dayWords)[]

function quietText(quietHours: QuietHoursDefinition | null): string {
  if (quietHours === null) return 'Off: people are written to at any hour.'
  const { from, to, allDay = [], action } = quietHours
  const whole = allDay.length === 0 ? '' : `, and all of ${allDay.map((day) => dayWords[day]).join(', ')}`
  const then = action === 'skip' ? 'skipped' : 'sent when they end'
  return `${from} to ${to} in the time of each person${whole}; messages that fall into them are ${then}.`
}

interface QuietProps {
  c: PageContext
  limits: Limits
  errors: FormErrors
}

function QuietHoursForm({ c, limits, errors }: QuietProps) {
  const { quietHours } = limits
  const { from = '21:00', to = '08:00', allDay = [], action = 'defer' } = quietHours ?? {}
  return (
    <form class="decide" method="post" action="/limits/quiet-hours">
      <FormToken c={c} version={versionOfLimits(limits)} />
      <WholeError errors={errors} />
      <Check name="isOn" label="Do not send between these hours" isChecked={quietHours !== null} />
      <div class="row">
        <Field name="from" label="From" type="time" value={from} required />
        <Field name="to" label="To" type="time" value={to} required help="In the time of each person." />
        <Select
          name="action"
          label="A message that falls into them"
          value={action}
          options={[
            ['defer', 'waits for their end'],
            ['skip', 'is skipped'],
          ]}
        />
      </div>
      <fieldset>
        <legend>Days that are quiet from midnight to midnight</legend>
        <div class="row">
          {days.map((day) => (
            <Check name="allDay" value={day} label={dayWords[day]} isChecked={allDay.includes(day)} />
          ))}
        </div>
      </fieldset>
      <button type="submit">Set quiet hours</button>
    </form>
  )
}

interface CapPage {
  form: Form
  errors: FormErrors
  isNew: boolean
  status?: number
}

function capPage(c: PageContext, { form, errors, isNew, status = 200 }: CapPage) {
  return renderPage(
    c,
    { title: isNew ? 'Add a cap' : `Change the cap ${form.id}` },
    <form class="decide" method="post" action="/limits/caps">
      <FormToken c={c} version={form.version} />
      <WholeError errors={errors} />
      {isNew ? (
        <Field name="id" label="Short name" value={form.id} errors={errors} required help="a–z, 0–9, - and _" />
      ) : (
        <>
          <input type="hidden" name="id" value={form.id} />
          <input type="hidden" name="known" value="yes" />
        </>
      )}
      <div class="row">
        <Field
          name="max"
          label="Most messages to one person"
          value={form.max ?? '1'}
          required
          extra={{ inputmode: 'numeric' }}
        />
        <Field
          name="window"
          label="In"
          value={form.window ?? '24h'}
          required
          help="24h or 7d for any such time; day, week or month of the person’s calendar."
        />
        <Select
          name="weekStart"
          label="Weeks begin on"
          value={form.weekStart}
          options={[
            ['monday', 'Monday'],
            ['sunday', 'Sunday'],
          ]}
        />
      </div>
      <div class="row">
        <Select
          name="scope"
          label="Counted over"
          value={form.scope}
          options={[
            ['all', 'all marketing'],
            ['campaign', 'each campaign alone'],
            ['tag', 'campaigns with a tag'],
          ]}
        />
        <Field name="tag" label="Tag" value={form.tag} help="Only for campaigns with a tag." />
        <Select
          name="onCap"
          label="A message beyond it"
          value={form.onCap}
          options={[
            ['defer', 'waits until there is room'],
            ['skip', 'is skipped'],
          ]}
        />
      </div>
      <Check
        name="countFailed"
        label="A message that failed after the provider took it keeps its place"
        isChecked={form.countFailed === 'yes'}
      />
      <Check name="isEnabled" label="Switched on" isChecked={(form.isEnabled ?? 'yes') === 'yes'} />
      <button type="submit">Save</button>{' '}
      <a class="button second" href="/limits">
        Cancel
      </a>
    </form>,
    status,
  )
}

// A sender and its account: choose the provider, then what the account needs, and later what it needs instead. The fields
// come from the schema that checks them; a secret that was typed is never shown again, not even when something else is
// wrong.
import { Hono } from 'hono'
import type { Problem } from '../../domain/errors.ts'
import { decimalIn } from '../../domain/number-text.ts'
import {
  addRemoteSender,
  type ProviderForm,
  providerForms,
  readSettings,
  type SettingField,
} from '../../engine/senders/remote-sender.ts'
import { type SenderView, setSender, showSender } from '../../engine/senders/senders.ts'
import { acts } from '../acts.ts'
import { Check, Field, FormToken, Select, WholeError } from '../elements/form.tsx'
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
  readForm,
  redirectWithNote,
  seenIn,
} from '../page.ts'
import { settingLabel } from '../sender-words.ts'

export function senderFormPages({ ctx }: PageFacts): Hono<PageEnv> {
  const pages = new Hono<PageEnv>()
  pages.get('/senders/new', opens('administer'), (c) => {
    const provider = providerForms().find(({ name }) => name === c.req.query('provider'))
    return provider === undefined ? choicePage(c) : formPage(c, { provider, form: {}, errors: noErrors })
  })
  pages.post('/senders/new', opens('administer'), acts('saves'), async (c) => {
    const form = await readForm(c)
    const provider = providerForms().find(({ name }) => name === form.provider)
    if (provider === undefined) return choicePage(c)
    try {
      const { id, name } = await addRemoteSender(ctx, definitionOf(provider, form))
      return redirectWithNote(c, `/senders/${id}`, `${name} was added. Follow the steps below.`)
    } catch (error) {
      const errors = formErrors(error, (problem) => fieldOf(provider, problem))
      return formPage(c, { provider, form, errors, status: 422 })
    }
  })
  pages.get('/senders/:name/account', opens('administer'), async (c) => {
    const sender = await showSender(ctx, c.req.param('name'))
    return accountPage(c, { sender, form: storedForm(sender), errors: noErrors })
  })
  pages.post('/senders/:name/account', opens('administer'), acts('saves'), async (c) => {
    const form = await readForm(c)
    const sender = await showSender(ctx, c.req.param('name'))
    const provider = formOf(sender)
    try {
      await setSender(ctx, sender.id, { credentials: changeOf(provider, form), seen: seenIn(form) })
      return redirectWithNote(c, `/senders/${sender.id}`, 'The account was changed. Check the connection.')
    } catch (error) {
      const errors = formErrors(error, (problem) => fieldOf(provider, problem))
      return accountPage(c, { sender, form, errors, status: 422 })
    }
  })
  return pages
}

function formOf({ provider }: SenderView): ProviderForm {
  const found = providerForms().find(({ name }) => name === provider)
  if (found === undefined) throw new Error(`no provider is called ${provider}`)
  return found
}

/** What may be shown of the account: secrets stay unsaid, and what the machine keeps elsewhere too. */
function storedForm(sender: SenderView): Form {
  const shown = formOf(sender).fields.flatMap(({ name, kind }) => {
    const value = sender.credentials[name]
    if (kind === 'secret' || value === undefined || typeof value === 'object') return []
    return [[`${PREFIX}${name}`, kind === 'flag' ? (value === true ? 'yes' : 'no') : String(value)]]
  })
  return Object.fromEntries(shown)
}

/** What was left empty goes back to its default; a secret that was left empty stays. */
function changeOf(provider: ProviderForm, form: Form): Record<string, unknown> {
  const given = readSettings(provider.name, settingsOf(form))
  const emptied = provider.fields.filter(({ name, kind }) => kind !== 'secret' && given[name] === undefined)
  return { ...Object.fromEntries(emptied.map(({ name }) => [name, null])), ...given }
}

function definitionOf(provider: ProviderForm, form: Form): Record<string, unknown> {
  const number = (text: string | undefined) =>
    text === undefined || text.trim() === '' ? undefined : (decimalIn(text.trim()) ?? text)
  const definition = {
    name: form.name ?? '',
    provider: provider.name,
    account: form.account?.trim() || undefined,
    ratePerSecond: number(form.ratePerSecond),
    dailyLimit: number(form.dailyLimit),
    groups: form.groups === 'yes' ? true : undefined,
    credentials: readSettings(provider.name, settingsOf(form)),
  }
  return Object.fromEntries(Object.entries(definition).filter(([, value]) => value !== undefined))
}

/** Settings have names of their own in the form: a provider may have one called `name`. */
const PREFIX = 'setting.'

function settingsOf(form: Form): Record<string, string> {
  return Object.fromEntries(
    Object.entries(form).flatMap(([name, value]) =>
      name.startsWith(PREFIX) ? [[name.slice(PREFIX.length), value]] : [],
    ),
  )
}

function fieldOf({ fields }: ProviderForm, { pointer }: Problem): string | undefined {
  const [, first = '', second = ''] = pointer.split('/')
  if (first === 'credentials') return fields.some(({ name }) => name === second) ? `${PREFIX}${second}` : undefined
  return ['name', 'account', 'ratePerSecond', 'dailyLimit'].find((name) => name === first)
}

function choicePage(c: PageContext) {
  return renderPage(
    c,
    { title: 'Add a sender' },
    <div class="decide">
      <p>Where is the number that you send from?</p>
      <ul class="choices">
        {providerForms().map(({ name, title }) => (
          <li>
            <a class="button second" href={`/senders/new?provider=${name}`}>
              {name === 'sandbox' ? 'Sandbox: nothing leaves this machine' : title}
            </a>
          </li>
        ))}
      </ul>
    </div>,
  )
}

interface FormPage {
  provider: ProviderForm
  form: Form
  errors: FormErrors
  status?: number
}

function formPage(c: PageContext, { provider, form, errors, status = 200 }: FormPage) {
  const needed = provider.fields.filter(({ isRequired }) => isRequired)
  const others = provider.fields.filter(({ isRequired }) => !isRequired)
  return renderPage(
    c,
    { title: `Add a sender at ${provider.title}` },
    <form class="decide" method="post" action="/senders/new">
      <FormToken c={c} />
      <input type="hidden" name="provider" value={provider.name} />
      <WholeError errors={errors} />
      <Field name="name" label="Name" value={form.name} errors={errors} required help="What campaigns call it." />
      {needed.map((field) => (
        <Setting field={field} form={form} errors={errors} />
      ))}
      <div class="row">
        <Field
          name="ratePerSecond"
          label="Messages a second"
          value={form.ratePerSecond}
          errors={errors}
          extra={{ inputmode: 'decimal' }}
          help="Empty for the default of this installation."
        />
        <Field
          name="dailyLimit"
          label="People in 24 hours"
          value={form.dailyLimit}
          errors={errors}
          extra={{ inputmode: 'numeric' }}
          help="The tier of the number. Empty for no limit."
        />
      </div>
      {provider.hasGroups && (
        <Check name="groups" label="It writes to groups too, not to people alone" isChecked={form.groups === 'yes'} />
      )}
      <details open={Object.keys(errors.fields).some((name) => name.startsWith(PREFIX) || name === 'account')}>
        <summary>More settings</summary>
        <Field
          name="account"
          label="Account"
          value={form.account}
          errors={errors}
          help="Give the same word to several numbers whose callbacks come to one address."
        />
        {others.map((field) => (
          <Setting field={field} form={form} errors={errors} />
        ))}
      </details>
      <button type="submit">Add</button>
    </form>,
    status,
  )
}

interface AccountPage extends Omit<FormPage, 'provider'> {
  sender: SenderView
}

function accountPage(c: PageContext, { sender, form, errors, status = 200 }: AccountPage) {
  return renderPage(
    c,
    { title: `Account of ${sender.name}` },
    <form class="decide" method="post" action={`/senders/${sender.id}/account`}>
      <FormToken c={c} version={sender.version} />
      <WholeError errors={errors} />
      {formOf(sender).fields.map((field) => (
        <Setting field={field} form={form} errors={errors} isStored={sender.credentials[field.name] !== undefined} />
      ))}
      <p class="actions">
        <button type="submit">Save</button>
        <a class="button second" href={`/senders/${sender.id}`}>
          Leave it as it is
        </a>
      </p>
    </form>,
    status,
  )
}

interface SettingProps {
  field: SettingField
  form: Form
  errors: FormErrors
  isStored?: boolean
}

function Setting({ field, form, errors, isStored = false }: SettingProps) {
  const { name, kind, isRequired, fallback, choices } = field
  const shared = { name: `${PREFIX}${name}`, label: settingLabel(name), errors }
  const value = form[shared.name]
  if (kind === 'flag' || kind === 'choice') {
    const options = kind === 'flag' ? flagOptions : choices.map((choice) => [choice, choice] as const)
    const said = fallback === null ? 'not set' : (flagWords[fallback] ?? fallback)
    return <Select {...shared} value={value} options={[['', `Default: ${said}`], ...options]} />
  }
  const isSecret = kind === 'secret'
  return (
    <Field
      {...shared}
      value={isSecret ? '' : value}
      type={isSecret ? 'password' : 'text'}
      required={isRequired && !(isSecret && isStored)}
      autocomplete="off"
      help={isSecret ? secretHelp(isStored) : fallback === null ? undefined : `Default: ${fallback}`}
    />
  )
}

function secretHelp(isStored: boolean): string {
  return isStored ? 'Empty: it stays as it is. Stored sealed, never shown.' : 'Stored sealed, never shown again.'
}

const flagOptions = [
  ['yes', 'yes'],
  ['no', 'no'],
] as const
const flagWords: Record<string, string> = { true: 'yes', false: 'no' }

// Keys of programs: made here, shown once, revoked at once.
import { Hono } from 'hono'
import { type Right, rights } from '../../domain/access.ts'
import { AppError } from '../../domain/errors.ts'
import { wholeIn } from '../../domain/number-text.ts'
import { DAY_MS } from '../../domain/time-zone.ts'
import { addKey, type KeyView, keyNameSchema, pageKeys, revokeKeyById, showKey } from '../../engine/accounts/keys.ts'
import { showUsers } from '../../engine/accounts/users.ts'
import { acts } from '../acts.ts'
import { Check, Field, FormToken, Select, WholeError } from '../elements/form.tsx'
import { Badge, Table } from '../elements/table.tsx'
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
} from '../page.ts'
import { asks } from '../question.tsx'
import { revokeKeyWords } from '../question-words.tsx'
import { rightHelp, rightWords } from '../words.ts'

const PAGE_SIZE = 100

export function keyPages({ ctx }: PageFacts): Hono<PageEnv> {
  const pages = new Hono<PageEnv>()
  pages.get('/keys', opens('administer'), async (c) => {
    const before = c.req.query('before')
    const keys = await pageKeys(ctx, { before, limit: PAGE_SIZE + 1 })
    return keysPage(c, formatFor(c), keys)
  })
  pages.get('/keys/new', opens('administer'), (c) => newPage(c, { user: principalOf(c).name }, noErrors))
  pages.post('/keys/new', opens('administer'), acts('saves'), async (c) => {
    const form = await readForm(c)
    try {
      const made = await addKey(ctx, readKey(form, ctx.clock.now()))
      return madePage(c, made.name, made.key)
    } catch (error) {
      return newPage(
        c,
        form,
        formErrors(error, ({ pointer }) => pointer.slice(1)),
        422,
      )
    }
  })
  asks(pages, '/keys/:key/revoke', {
    right: 'administer',
    ask: async (c) => {
      const { name, lastUsedAt } = await showKey(ctx, c.req.param('key') ?? '')
      const format = formatFor(c)
      return { ...revokeKeyWords(name, lastUsedAt === null ? 'never' : format.instantText(lastUsedAt)), back: '/keys' }
    },
    act: async (c) => {
      const { name } = await revokeKeyById(ctx, c.req.param('key') ?? '')
      return redirectWithNote(c, '/keys', `${name} is revoked: no program gets in with it any more.`)
    },
  })

  async function newPage(c: PageContext, form: Form, errors: FormErrors, status = 200) {
    const users = (await showUsers(ctx)).filter((user) => user.status === 'active')
    return formPage(c, { form, errors, names: users.map(({ name }) => name), status })
  }
  return pages
}

function readKey(form: Form, now: number) {
  const asked = (form.rights ?? '')
    .split('\n')
    .filter((right): right is Right => rights.some((known) => known === right))
  const days = wholeIn((form.days ?? '').trim() || '0') ?? Number.NaN
  const name = (form.name ?? '').trim()
  const errors = [
    ...(keyNameSchema.safeParse(name).success ? [] : [problem('/name', 'is not a name of 1 to 100 characters')]),
    ...(days <= 3650 ? [] : [problem('/days', 'is no number of days up to 3650')]),
  ]
  if (errors.length > 0) throw new AppError('key.rights', 'the key cannot be made', { details: { errors } })
  return {
    name,
    user: form.user ?? '',
    ...(asked.length > 0 && { rights: asked }),
    expiresAt: days === 0 ? null : now + days * DAY_MS,
  }
}

function problem(pointer: string, detail: string) {
  return { pointer, code: 'key.rights', detail }
}

function keysPage(c: PageContext, format: Format, keys: KeyView[]) {
  const shown = keys.slice(0, PAGE_SIZE)
  const last = keys.length > PAGE_SIZE ? shown.at(-1)?.id : undefined
  return renderPage(
    c,
    {
      title: 'Keys',
      actions: (
        <a class="button" href="/keys/new">
          Make a key
        </a>
      ),
    },
    <>
      <p>
        With a key a program calls the <a href="/api">API</a>.
      </p>
      <Table
        caption="Keys, newest first"
        head={['Name', 'User', 'Begins with', 'Rights', 'Status', 'Last used', 'Ends', '']}
        rows={shown.map((key) => [
          <bdi>{key.name}</bdi>,
          <bdi>{key.user}</bdi>,
          <code>{key.prefix}…</code>,
          key.rights.join(', '),
          <Badge status={key.status} />,
          format.instant(key.lastUsedAt),
          format.instant(key.expiresAt),
          key.status === 'active' && (
            <a href={`/keys/${key.id}/revoke`}>
              Revoke …<span class="unseen"> {key.name}</span>
            </a>
          ),
        ])}
        empty={
          <>
            No program calls Herald yet. <a href="/keys/new">Make a key</a> for one.
          </>
        }
      />
      {last !== undefined && (
        <p>
          <a href={`/keys?before=${last}`}>Older keys</a>
        </p>
      )}
    </>,
  )
}

interface KeyForm {
  form: Form
  errors: FormErrors
  names: string[]
  status: number
}

function formPage(c: PageContext, { form, errors, names, status }: KeyForm) {
  const chosen = (form.rights ?? 'read').split('\n')
  return renderPage(
    c,
    { title: 'Make a key' },
    <form class="decide" method="post" action="/keys/new">
      <FormToken c={c} />
      <WholeError errors={errors} />
      <Field name="name" label="What it is for" value={form.name} errors={errors} required />
      <Select
        name="user"
        label="Whose it is"
        value={form.user}
        options={names.map((name) => [name, name] as const)}
        help="It can do no more than its user, and ends with the user’s access."
      />
      <fieldset>
        <legend>What it may do</legend>
        {rights.map((right) => (
          <Check
            name="rights"
            value={right}
            label={`${rightWords[right]}: ${rightHelp[right]}`}
            isChecked={chosen.includes(right)}
          />
        ))}
      </fieldset>
      <Field
        name="days"
        label="Days until it ends"
        value={form.days ?? '365'}
        errors={errors}
        extra={{ inputmode: 'numeric' }}
        help="0 for no end."
      />
      <button type="submit">Make the key</button>
    </form>,
    status,
  )
}

function madePage(c: PageContext, name: string, key: string) {
  return renderPage(
    c,
    { title: 'Your new key' },
    <div class="decide">
      <p>
        This is the key <bdi>{name}</bdi>. It is shown once: keep it where the program finds it, and nowhere else.
      </p>
      <Field name="key" label="Key" value={key} extra={{ readonly: true, class: 'mono' }} />
      <p>
        The program sends it as <code>Authorization: Bearer …</code>; the <a href="/api">API</a> tells the rest.
      </p>
      <p>
        <a class="button" href="/keys">
          Done, I copied it
        </a>
      </p>
    </div>,
  )
}

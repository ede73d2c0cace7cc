// Users: who may log in, with which role. Whatever changes a user's access ends the user's logins and keys.
import { Hono } from 'hono'
import { type Role, roleRights, roles } from '../../domain/access.ts'
import { PASSWORD_LENGTH_MIN } from '../../engine/accounts/passwords.ts'
import {
  addUser,
  changeUser,
  resetPassword,
  roleSchema,
  showUser,
  showUsers,
  type UserView,
} from '../../engine/accounts/users.ts'
import type { Seen } from '../../engine/version.ts'
import { acts } from '../acts.ts'
import { Field, FormToken, Select, WholeError } from '../elements/form.tsx'
import { Badge, Facts, Table } from '../elements/table.tsx'
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
  readForm,
  redirectWithNote,
  seenIn,
} from '../page.ts'
import { asks } from '../question.tsx'
import { disableUserWords } from '../question-words.tsx'
import { rightWords } from '../words.ts'

export function userPages({ ctx }: PageFacts): Hono<PageEnv> {
  const pages = new Hono<PageEnv>()
  pages.get('/users', opens('administer'), async (c) => usersPage(c, formatFor(c), await showUsers(ctx)))
  pages.get('/users/new', opens('administer'), (c) => newPage(c, {}, noErrors))
  pages.post('/users/new', opens('administer'), acts('saves'), async (c) => {
    const form = await readForm(c)
    try {
      const { name, role } = await addUser(ctx, {
        name: form.name ?? '',
        role: readRole(form.role),
        password: form.password ?? '',
      })
      return redirectWithNote(c, '/users', `${name} can log in now, as ${role}.`)
    } catch (error) {
      return newPage(
        c,
        form,
        formErrors(error, () => undefined),
        422,
      )
    }
  })
  pages.get('/users/:user', opens('administer'), async (c) => userPage(c, noErrors))
  pages.post('/users/:user/role', opens('administer'), acts('saves'), async (c) => {
    const form = await readForm(c)
    return change(c, { role: readRole(form.role), seen: seenIn(form) }, 'has the new role and has to log in again')
  })
  asks(pages, '/users/:user/disable', {
    right: 'administer',
    ask: async (c) => {
      const { id, name } = await find(c)
      return { ...disableUserWords(name), back: `/users/${id}` }
    },
    act: (c) => change(c, { status: 'disabled' }, 'can log in no more; every login and key has ended'),
  })
  pages.post('/users/:user/enable', opens('administer'), acts('undoable'), async (c) => {
    await readForm(c)
    return change(c, { status: 'active' }, 'can log in again')
  })
  pages.post('/users/:user/password', opens('administer'), acts('saves'), async (c) => {
    const form = await readForm(c)
    const { name } = await find(c)
    try {
      await resetPassword(ctx, name, form.password ?? '')
      return redirectWithNote(c, '/users', `${name} has a new password; every login and key has ended.`)
    } catch (error) {
      return userPage(
        c,
        formErrors(error, () => undefined),
        422,
      )
    }
  })

  async function change(
    c: PageContext,
    asked: { role?: Role; status?: UserView['status']; seen?: Seen },
    what: string,
  ) {
    const { name } = await find(c)
    try {
      await changeUser(ctx, name, asked)
      return redirectWithNote(c, '/users', `${name} ${what}.`)
    } catch (error) {
      return userPage(
        c,
        formErrors(error, () => undefined),
        422,
      )
    }
  }

  async function find(c: PageContext): Promise<UserView> {
    return showUser(ctx, c.req.param('user') ?? '')
  }

  async function userPage(c: PageContext, errors: FormErrors, status = 200) {
    return onePage(c, { user: await find(c), errors, format: formatFor(c), status })
  }
  return pages
}

function readRole(text: string | undefined): Role {
  const role = roleSchema.safeParse(text)
  return role.success ? role.data : 'viewer'
}

const roleWords: Record<Role, string> = {
  viewer: 'looks at everything',
  editor: 'also imports, and writes campaigns',
  sender: 'also starts, pauses and exports',
  admin: 'also sets up senders, limits, users and keys',
}
const roleOptions = roles.map((role) => [role, `${role}: ${roleWords[role]}`] as const)

function usersPage(c: PageContext, format: Format, users: UserView[]) {
  return renderPage(
    c,
    {
      title: 'Users',
      actions: (
        <a class="button" href="/users/new">
          Add a user
        </a>
      ),
    },
    <Table
      caption="Users by name"
      head={['Name', 'Role', 'Status', 'Last login', 'Since']}
      rows={users.map((user) => [
        <a href={`/users/${user.id}`}>
          <bdi>{user.name}</bdi>
        </a>,
        user.role,
        <Badge status={user.status} />,
        format.instant(user.lastLoginAt),
        format.instant(user.createdAt),
      ])}
      empty="Nobody yet."
    />,
  )
}

function newPage(c: PageContext, form: Form, errors: FormErrors, status = 200) {
  return renderPage(
    c,
    { title: 'Add a user' },
    <form class="decide" method="post" action="/users/new">
      <FormToken c={c} />
      <WholeError errors={errors} />
      <Field name="name" label="Name" value={form.name} required autocomplete="off" />
      <Select name="role" label="Role" value={form.role ?? 'editor'} options={roleOptions} />
      <PasswordField label="First password" />
      <button type="submit">Add</button>
    </form>,
    status,
  )
}

function PasswordField({ label }: { label: string }) {
  return (
    <Field
      name="password"
      label={label}
      type="password"
      required
      autocomplete="new-password"
      help={`At least ${PASSWORD_LENGTH_MIN} characters. Send it to them privately; they can change it under their name.`}
    />
  )
}

interface UserPage {
  user: UserView
  errors: FormErrors
  format: Format
  status: number
}

function onePage(c: PageContext, { user, errors, format, status }: UserPage) {
  const to = (what: string) => `/users/${user.id}/${what}`
  const isActive = user.status === 'active'
  return renderPage(
    c,
    {
      title: user.name,
      actions: isActive ? (
        <a class="button danger" href={to('disable')}>
          Disable …
        </a>
      ) : (
        <form method="post" action={to('enable')}>
          <FormToken c={c} />
          <button type="submit">Enable</button>
        </form>
      ),
    },
    <>
      <WholeError errors={errors} />
      <Facts
        facts={[
          ['Status', <Badge status={user.status} />],
          ['Can', roleRights[user.role].map((right) => rightWords[right].toLowerCase()).join(', ')],
          ['Last login', format.instant(user.lastLoginAt)],
        ]}
      />
      <p>Each change ends every login and every key of this user at once.</p>
      <h2>Role</h2>
      <form class="decide" method="post" action={to('role')}>
        <FormToken c={c} version={user.version} />
        <Select name="role" label="Role" value={user.role} options={roleOptions} />
        <button type="submit">Change role</button>
      </form>
      <h2>Lost password</h2>
      <form class="decide" method="post" action={to('password')}>
        <FormToken c={c} />
        <PasswordField label="New password" />
        <button type="submit">Set password</button>
      </form>
    </>,
    status,
  )
}

// Set-up of the first administrator, login, logout, one's own password.
import { Hono } from 'hono'
import { setCookie } from 'hono/cookie'
import { AppError } from '../../domain/errors.ts'
import { PASSWORD_LENGTH_MIN } from '../../engine/accounts/passwords.ts'
import { logInFirst, logOut, sessionCookie } from '../../engine/accounts/sessions.ts'
import { checkSetupToken, setUp } from '../../engine/accounts/setup.ts'
import { changeOwnPassword, hasUsers, setOwnTimeZone } from '../../engine/accounts/users.ts'
import { Allowance, tooMany } from '../../runtime/allowance.ts'
import { acts } from '../acts.ts'
import { Field, FormToken, WholeError } from '../elements/form.tsx'
import { ZoneField } from '../elements/zone-field.tsx'
import { keepLogin, logInWith } from '../keep-login.ts'
import { renderPage } from '../layout.tsx'
import {
  errorsByCode,
  type FormErrors,
  forAnybody,
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
} from '../page.ts'
import { nearZones, zonesOf } from '../reader-zone.ts'
import { zoneFieldWords } from '../words.ts'

/** Set-up links that one address may get wrong. */
const WRONG_LINKS_PER_SECOND = 0.1
const WRONG_LINKS_BURST = 20
const passwordHelp = `At least ${PASSWORD_LENGTH_MIN} characters. Three or four words that do not belong together do well.`

export function signInPages({ ctx }: PageFacts): Hono<PageEnv> {
  const pages = new Hono<PageEnv>()
  const wrongLinks = new Allowance({ clock: ctx.clock, perSecond: WRONG_LINKS_PER_SECOND, burst: WRONG_LINKS_BURST })
  pages.get('/login', forAnybody(), async (c) => {
    if (c.get('principal') !== undefined) return c.redirect('/')
    return loginPage(c, await hasUsers(ctx), noErrors, {})
  })
  pages.post('/login', forAnybody(), acts('saves'), async (c) => {
    const form = await readForm(c)
    try {
      const { name = '', password = '' } = form
      await logInWith(ctx, c, { name, password })
    } catch (error) {
      const errors = formErrors(error, () => undefined)
      return loginPage(c, true, errors, form, refusedStatus(c, error, 401))
    }
    return c.redirect(ownPath(form.to), 303)
  })
  pages.post('/logout', forAnybody(), acts('undoable'), async (c) => {
    await readForm(c)
    const principal = c.get('principal')
    if (principal !== undefined) await logOut(ctx, principal)
    setCookie(c, sessionCookie, '', { path: '/', secure: true, httpOnly: true, sameSite: 'Lax', maxAge: 0 })
    c.header('clear-site-data', '"cache", "storage"')
    return c.redirect('/login', 303)
  })
  pages.get('/setup/:token', forAnybody(), async (c) => {
    await checkLink(c)
    return setupPage(c, noErrors, {})
  })
  pages.post('/setup/:token', forAnybody(), acts('saves'), async (c) => {
    await checkLink(c)
    const form = await readForm(c)
    const { name = '', password = '' } = form
    try {
      await setUp(ctx, c.req.param('token'), { name, password })
    } catch (error) {
      if (error instanceof AppError && error.code === 'setup.link_over') throw error
      return setupPage(c, errorsByCode(error, fieldOfCode), form, 422)
    }
    keepLogin(c, await logInFirst(ctx, { name }))
    return redirectWithNote(c, '/', `Welcome, ${name}. Herald is ready.`)
  })
  pages.get('/account', opens('read'), (c) => accountPage(c, { errors: noErrors }))
  pages.post('/account', opens('read'), acts('saves'), async (c) => {
    const form = await readForm(c)
    try {
      await changeOwnPassword(ctx, principalOf(c), { current: form.current ?? '', next: form.next ?? '' })
    } catch (error) {
      const errors = errorsByCode(error, fieldOfOwnCode)
      return accountPage(c, { errors }, refusedStatus(c, error, 422))
    }
    return redirectWithNote(c, '/account', 'Your password was changed. Other logins and keys of yours have ended.')
  })
  pages.post('/account/time-zone', opens('read'), acts('saves'), async (c) => {
    const form = await readForm(c)
    try {
      const zone = await setOwnTimeZone(ctx, principalOf(c), form.timeZone ?? '')
      return redirectWithNote(c, '/account', `Times are shown in ${zone ?? 'the zone of your browser'}.`)
    } catch (error) {
      return accountPage(c, { errors: errorsByCode(error, () => 'timeZone'), zone: form.timeZone }, 422)
    }
  })

  /** Who has the right link is never told to wait for what others got wrong. */
  async function checkLink(c: PageContext): Promise<void> {
    try {
      await checkSetupToken(ctx, c.req.param('token') ?? '')
    } catch (error) {
      const waitSeconds = wrongLinks.take(c.var.client.address)
      throw waitSeconds > 0 ? tooMany('too many wrong links', waitSeconds) : error
    }
  }
  return pages
}

/** The field of the set-up form that an error is about. */
function fieldOfCode(code: string): string | undefined {
  if (code.startsWith('password.')) return 'password'
  return code.startsWith('user.name') ? 'name' : undefined
}

/** The same for the form that changes a password. */
function fieldOfOwnCode(code: string): string | undefined {
  if (code === 'auth.wrong_password') return 'current'
  return code.startsWith('password.') ? 'next' : undefined
}

/** A path of our own; anything else leads to the start. */
function ownPath(to: string | undefined): string {
  return to !== undefined && /^\/(?![/\\])[\w/.~%-]*$/.test(to) ? to : '/'
}

function loginPage(
  c: PageContext,
  hasAnybody: boolean,
  errors: FormErrors,
  values: Record<string, string>,
  status = 200,
) {
  const to = ownPath(values.to ?? c.req.query('to'))
  return renderPage(
    c,
    { title: 'Log in' },
    <div class="decide narrow">
      {hasAnybody ? (
        <form method="post" action="/login">
          <WholeError errors={errors} />
          <input type="hidden" name="to" value={to} />
          <Field name="name" label="Name" value={values.name} required autocomplete="username" />
          <Field name="password" label="Password" type="password" required autocomplete="current-password" />
          <button type="submit">Log in</button>
        </form>
      ) : (
        <p class="empty">
          Nobody can log in yet. Open the set-up link that <code>herald start</code> printed in its terminal; a new
          start prints a new one.
        </p>
      )}
    </div>,
    status,
  )
}

function setupPage(c: PageContext, errors: FormErrors, values: Record<string, string>, status = 200) {
  return renderPage(
    c,
    { title: 'Set up Herald' },
    <div class="decide narrow">
      <p>You are the first here. Choose how you log in; you become the administrator.</p>
      <form method="post">
        <WholeError errors={errors} />
        <Field name="name" label="Name" value={values.name} required autocomplete="username" errors={errors} />
        <Field
          name="password"
          label="Password"
          type="password"
          errors={errors}
          required
          autocomplete="new-password"
          help={passwordHelp}
        />
        <button type="submit">Begin</button>
      </form>
    </div>,
    status,
  )
}

interface Account {
  errors: FormErrors
  /** As it was typed. */
  zone?: string | undefined
}

function accountPage(c: PageContext, { errors, zone }: Account, status = 200) {
  const { name, role } = principalOf(c)
  const { own, browser } = zonesOf(c)
  return renderPage(
    c,
    { title: 'Your account' },
    <div class="decide narrow">
      <p>
        You are <bdi>{name}</bdi>, {role}.
      </p>
      <form method="post" action="/account/time-zone">
        <FormToken c={c} />
        <ZoneField
          name="timeZone"
          label={zoneFieldWords.own.label}
          help={zoneFieldWords.own.help(browser)}
          value={zone ?? own ?? ''}
          near={nearZones(c)}
          errors={errors}
        />
        <button type="submit" class="second">
          Save time zone
        </button>
      </form>
      <h2>Change your password</h2>
      <form method="post">
        <FormToken c={c} />
        <WholeError errors={errors} />
        <Field
          name="current"
          label="Current password"
          type="password"
          required
          autocomplete="current-password"
          errors={errors}
        />
        <Field
          name="next"
          label="New password"
          type="password"
          errors={errors}
          required
          autocomplete="new-password"
          help={passwordHelp}
        />
        <button type="submit">Change password</button>
      </form>
    </div>,
    status,
  )
}

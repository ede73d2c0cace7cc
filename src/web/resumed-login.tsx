// A form that was sent when its login was over: nothing is done and nothing is lost. The answer is a login that carries what
// was typed to the same address, so that one click logs in and sends it. Safe, because that request has the password in it and
// comes from a page of ours (http/auth.ts); bounded, because a stranger gets back no more than a form.
import type { MiddlewareHandler } from 'hono'
import { AppError } from '../domain/errors.ts'
import { findPrincipal } from '../engine/accounts/sessions.ts'
import { Carried } from './elements/carried.tsx'
import { Field, FormToken, WholeError } from './elements/form.tsx'
import { logInWith } from './keep-login.ts'
import { renderPage } from './layout.tsx'
import {
  type Form,
  type FormErrors,
  formErrors,
  isCarried,
  noErrors,
  type PageContext,
  type PageEnv,
  type PageFacts,
  readFields,
  readLoginFields,
  refusedStatus,
} from './page.ts'

/** Longest form that is carried through a login. */
const CARRIED_MAX = 256 * 1024

/** Logs in a person who sends a form together with a name and a password; the form then goes on its way. */
export function resumesLogin({ ctx }: PageFacts): MiddlewareHandler<PageEnv> {
  return async (c, next) => {
    if (c.get('principal') !== undefined || !isForm(c)) return next()
    const { name, password } = await readLoginFields(c)
    if (name === undefined || password === undefined) return next()
    try {
      const { sessionToken } = await logInWith(ctx, c, { name, password })
      c.set('principal', await findPrincipal(ctx, sessionToken))
      c.set('isLoggedInNow', true)
    } catch (error) {
      const errors = formErrors(error, () => undefined)
      return loginOver(c, { errors, name, status: refusedStatus(c, error, 401) })
    }
    await next()
  }
}

function isForm(c: PageContext): boolean {
  return c.req.method === 'POST' && /^application\/x-www-form-urlencoded/i.test(c.req.header('content-type') ?? '')
}

/** What a refused form is answered with; undefined where there is nothing to carry. */
export async function carriedForm(c: PageContext, error: unknown): Promise<Response | undefined> {
  if (!(error instanceof AppError) || !isForm(c) || c.req.header('sec-fetch-dest') === 'empty') return undefined
  if (Number(c.req.header('content-length') ?? 0) > CARRIED_MAX) return undefined
  if (error.code === 'auth.required') return loginOver(c, { errors: noErrors, name: '', status: 401 })
  if (error.code === 'csrf.token') return loggedInAnew(c)
  return undefined
}

interface LoginOver {
  errors: FormErrors
  name: string
  status: number
}

async function loginOver(c: PageContext, { errors, name, status }: LoginOver): Promise<Response> {
  // Forms that take a file have their key in the address (upload-form.tsx).
  const isWithoutFile = c.req.query('once') !== undefined
  return renderPage(
    c,
    { title: 'You are not logged in' },
    <form class="decide narrow" method="post" action={addressOf(c)}>
      <WholeError errors={errors} />
      <p>
        {isWithoutFile
          ? 'Your login has ended. Nothing was done yet, and nothing you typed is lost. Only the file was not kept: log in, then choose it again.'
          : 'Your login has ended. Nothing was done yet, and nothing you typed is lost: log in, and it is sent.'}
      </p>
      <Carried fields={await typedIn(c)} />
      <Field name="login.name" label="Name" value={name} required autocomplete="username" />
      <Field name="login.password" label="Password" type="password" required autocomplete="current-password" />
      <p class="actions">
        <button type="submit">{isWithoutFile ? 'Log in and choose the file' : 'Log in and send it'}</button>
        <a class="button second" href="/login">
          Log in without it
        </a>
      </p>
    </form>,
    status,
  )
}

/** The page was from before a new login: the person logged in may still want what was typed. */
async function loggedInAnew(c: PageContext): Promise<Response> {
  return renderPage(
    c,
    { title: 'This page has become too old' },
    <form class="decide narrow" method="post" action={addressOf(c)}>
      <p>You logged in anew since this page was opened, so nothing was done yet. What you typed is still here.</p>
      <FormToken c={c} />
      <Carried fields={await typedIn(c)} />
      <p class="actions">
        <button type="submit">Send it now</button>
        <a class="button second" href="/">
          Go to the overview
        </a>
      </p>
    </form>,
    403,
  )
}

function addressOf(c: PageContext): string {
  const { pathname, search } = new URL(c.req.url)
  return `${pathname}${search}`
}

async function typedIn(c: PageContext): Promise<Form> {
  return Object.fromEntries(Object.entries(await readFields(c)).filter(([name]) => isCarried(name)))
}

// What every page works with, and how a page is opened: who may see it, what a form said, what to tell afterwards.
import type { Context as HonoContext, MiddlewareHandler } from 'hono'
import { deleteCookie, getCookie, setCookie } from 'hono/cookie'
import type { Principal, Right } from '../domain/access.ts'
import { withoutControls } from '../domain/characters.ts'
import { AppError, kindOf, type Problem } from '../domain/errors.ts'
import type { Client } from '../domain/guess-brake.ts'
import { checkFormToken, requireRight } from '../engine/accounts/guard.ts'
import type { WatchedLaunches } from '../engine/campaigns/watched-launches.ts'
import type { Context } from '../engine/context.ts'
import type { WatchedImports } from '../engine/import/watched-imports.ts'
import type { ProviderAccess } from '../engine/senders/provider-access.ts'
import { findHold, type HoldView } from '../engine/service/held.ts'
import type { LiveReports } from '../engine/service/live.ts'
import { type Need, needsOf } from '../engine/service/needs.ts'
import type { Seen } from '../engine/version.ts'
import { sentence, sentencesOf } from './error-words.ts'

export interface PageEnv {
  Variables: {
    /** Undefined for a stranger. */
    principal: Principal | undefined
    client: Client
    /** What the page needs; set when it has been granted. */
    right?: Right
    /** Set by what a page declares: a right, or that it is for anybody. */
    isOpened?: boolean
    /** Of a form that was sent: what it does (acts.ts). */
    act?: string
    /** The key of the forms of this page. */
    once?: string
    /** What the next page will say of what was done here. */
    note?: string
    /** What waits for a person. */
    needs?: readonly Need[]
    /** The form itself brought the password: it needs no token of an older login. */
    isLoggedInNow?: boolean
    /** The reader's; set before every page. */
    zones?: ReaderZones
    /** Why nothing is sent at all. */
    hold?: HoldView | undefined
  }
}

/** Time zones that decide in which zone a page shows times (reader-zone.ts). */
export interface ReaderZones {
  /** Chosen in the account. */
  own: string | null
  /** Reported by its script (app.js); undefined where no script runs. */
  browser: string | undefined
  /** Undefined until an administrator chooses one. */
  team: string | undefined
}

export interface PageFacts {
  ctx: Context
  providers: ProviderAccess
  live: LiveReports
  launches: WatchedLaunches
  imports: WatchedImports
  /** The OpenAPI document. */
  describeApi(): unknown
}

export type PageContext = HonoContext<PageEnv>

/** Only for those who have the right; a stranger is asked to log in first. */
export function opens(right: Right): MiddlewareHandler<PageEnv> {
  const open: MiddlewareHandler<PageEnv> = async (c, next) => {
    c.set('isOpened', true)
    if (c.get('principal') === undefined && c.req.method === 'GET')
      return c.redirect(`/login?to=${encodeURIComponent(new URL(c.req.url).pathname)}`)
    requireRight(c.get('principal'), right)
    c.set('right', right)
    await next()
  }
  return Object.assign(open, { right })
}

/** For everyone: the few pages before a login. */
export function forAnybody(): MiddlewareHandler<PageEnv> {
  const open: MiddlewareHandler<PageEnv> = async (c, next) => {
    c.set('isOpened', true)
    await next()
  }
  return Object.assign(open, { right: null })
}

/** A page that declares nothing answers nobody; nor does a form. */
export function refuseUndeclared(): MiddlewareHandler<PageEnv> {
  return async (c, next) => {
    await next()
    if (c.res.status < 400 && c.get('isOpened') !== true)
      throw new AppError('auth.forbidden', 'this page declares no right')
    if (c.res.status < 400 && c.req.method === 'POST' && c.get('act') === undefined)
      throw new AppError('auth.forbidden', 'this form does not declare what it does')
  }
}

/** What every page shows while sending is held. */
export function noticesHold({ ctx }: PageFacts): MiddlewareHandler<PageEnv> {
  return async (c, next) => {
    c.set('hold', await ctx.db.read(findHold))
    await next()
  }
}

/** What every page counts beside its navigation; a script that takes parts of a page has no use for it. */
export function noticesNeeds({ ctx }: PageFacts): MiddlewareHandler<PageEnv> {
  return async (c, next) => {
    if (c.get('principal') !== undefined && c.req.header('sec-fetch-dest') !== 'empty')
      c.set('needs', await needsOf(ctx))
    await next()
  }
}

/** Of a page that `opens` has opened. */
export function principalOf(c: PageContext): Principal {
  const principal = c.get('principal')
  if (principal === undefined) throw new AppError('auth.required', 'this page needs a login')
  return principal
}

/** Fields as they were typed, by name; several values of one name are joined by line breaks. */
export type Form = Readonly<Record<string, string>>

/** Longest form that is no file. */
const FORM_BYTES_MAX = 1024 * 1024

/** The version of the object that the form showed. */
export function seenIn(form: Form): Seen {
  return form.version === undefined ? undefined : [form.version]
}

/** The fields of a form; one that stands several times is joined by line breaks. Throws AppError csrf.token. */
export async function readForm(c: PageContext): Promise<Record<string, string>> {
  const fields = await readFields(c)
  const principal = c.get('principal')
  if (principal !== undefined && c.get('isLoggedInNow') !== true) checkFormToken(principal, fields.csrf)
  return fields
}

/** A form from before a new login: what was typed may be shown again, and nothing may be done for it. */
export function isOfOldLogin(c: PageContext, fields: Form): boolean {
  if (c.get('isLoggedInNow') === true) return false
  try {
    checkFormToken(principalOf(c), fields.csrf)
    return false
  } catch {
    return true
  }
}

/** The fields of a form whose token nobody has looked at. */
export async function readFields(c: PageContext): Promise<Record<string, string>> {
  const fields: Record<string, string> = Object.create(null)
  for (const [name, text] of await readAllFields(c)) if (!name.startsWith(LOGIN_PREFIX)) fields[name] = text
  return fields
}

/** Fields of a form that logs in on its way have names of their own. */
const LOGIN_PREFIX = 'login.'

/** The login that a form brings along; undefined where it brings none. */
export async function readLoginFields(c: PageContext): Promise<{ name?: string; password?: string }> {
  const own = (await readAllFields(c)).filter(([name]) => name.startsWith(LOGIN_PREFIX))
  return Object.fromEntries(own.map(([name, text]) => [name.slice(LOGIN_PREFIX.length), text]))
}

/** Whether a field was typed: not what a page adds to its forms by itself. */
export function isCarried(name: string): boolean {
  return name !== 'csrf' && name !== 'once'
}

/** Values of one form: an editor with a thousand lists has some thousands. */
const FORM_VALUES_MAX = 5_000

async function readAllFields(c: PageContext): Promise<[string, string][]> {
  if (Number(c.req.header('content-length') ?? 0) > FORM_BYTES_MAX)
    throw new AppError('request.too_large', 'the form is too long')
  // Counted before it is taken apart, which takes the longer the more there are.
  const isFile = /^multipart\//i.test(c.req.header('content-type') ?? '')
  if (!isFile && (await c.req.text()).split('&', FORM_VALUES_MAX + 1).length > FORM_VALUES_MAX)
    throw new AppError('request.too_large', `a form may have ${FORM_VALUES_MAX} values`)
  const body = await c.req.parseBody({ all: true })
  return Object.entries(body).flatMap(([name, value]): [string, string][] => {
    const texts = (Array.isArray(value) ? value : [value]).filter((part) => typeof part === 'string')
    // Browsers send every line break as two characters; controls are pasted along unseen.
    return texts.length === 0 ? [] : [[name, withoutControls(texts.join('\n').replaceAll('\r\n', '\n'))]]
  })
}

const NOTE_COOKIE = '__Host-herald-note'

/** Back to a page, with a sentence about what was done. */
export function redirectWithNote(c: PageContext, to: string, note: string): Response {
  c.set('note', note)
  setCookie(c, NOTE_COOKIE, encodeURIComponent(note.slice(0, 500)), {
    path: '/',
    secure: true,
    httpOnly: true,
    sameSite: 'Lax',
    maxAge: 60,
  })
  return c.redirect(to, 303)
}

/** The sentence of the page before; told once, and to a reader: not to a script that asks for a part. */
export function takeNote(c: PageContext): string | undefined {
  if (c.req.header('sec-fetch-dest') === 'empty') return undefined
  const note = getCookie(c, NOTE_COOKIE)
  if (note === undefined) return undefined
  deleteCookie(c, NOTE_COOKIE, { path: '/', secure: true })
  try {
    return decodeURIComponent(note)
  } catch {
    return undefined
  }
}

/** What is wrong with a form: sentences by field, and one for the whole. */
export interface FormErrors {
  whole?: string
  fields: Record<string, string>
}

export const noErrors: FormErrors = { fields: {} }

/** An expected refusal as sentences beside fields; a fault goes on its way. `fieldOf` names the field of a pointer. */
export function formErrors(error: unknown, fieldOf: (problem: Problem) => string | undefined): FormErrors {
  if (!(error instanceof AppError)) throw error
  const fields: Record<string, string> = {}
  const rest: string[] = []
  for (const problem of (error.details?.errors as Problem[] | undefined) ?? []) {
    const field = fieldOf(problem)
    if (field === undefined) rest.push(`${problem.pointer} ${problem.detail}`)
    else fields[field] ??= sentence(problem.detail)
  }
  const whole =
    rest.length > 0 ? rest.join('; ') : Object.keys(fields).length > 0 ? undefined : sentence(sentencesOf(error))
  return { ...(whole !== undefined && { whole }), fields }
}

/** A refusal that is about one field, by its code; any other is about the whole of the form. */
export function errorsByCode(error: unknown, fieldOf: (code: string) => string | undefined): FormErrors {
  const errors = formErrors(error, () => undefined)
  const field = error instanceof AppError ? fieldOf(error.code) : undefined
  return field === undefined || errors.whole === undefined ? errors : { fields: { [field]: errors.whole } }
}

/** The status of a page that shows a refusal; one that asks for patience says for how long. */
export function refusedStatus(c: PageContext, error: unknown, otherwise: number): number {
  if (!(error instanceof AppError) || kindOf(error.code) !== 'tooMany') return otherwise
  saysWhen(c, error)
  return 429
}

/** When to come again, where a refusal knows it. */
export function saysWhen(c: PageContext, error: unknown): void {
  const { retryAfterSeconds } = error instanceof AppError ? (error.details ?? {}) : {}
  if (retryAfterSeconds !== undefined) c.header('retry-after', String(retryAfterSeconds))
}

// The same form sent twice does its work once: a double click, a page that was reloaded, an answer that was lost, a restart or
// another process in between. Each page gives its forms a key; the same key with the same fields gets the first answer, also
// while it is being made. A form that is shown anew, after an error too, has another key. The database remembers where an
// answer led, for minutes; a page that was the answer may show a secret, and is kept in memory alone.
import { createHash, randomBytes } from 'node:crypto'
import type { MiddlewareHandler } from 'hono'
import { AppError } from '../domain/errors.ts'
import type { Context } from '../engine/context.ts'
import { beginRequestOnce, forgetAnswer, rememberAnswer } from '../engine/service/idempotency.ts'
import { type PageContext, type PageEnv, readFields, redirectWithNote } from './page.ts'

/** Forms remembered of one user; beyond it the oldest are forgotten. */
const FORMS_MAX = 1_000
const REMEMBERED_MS = 10 * 60_000
/** A page that was shown as the answer. */
const SHOWN_MS = 10_000
/** Pages kept at most; beyond it the oldest are forgotten. */
const SHOWN_MAX = 100
/** How long a form waits for the answer that another process is making, and how often it looks. */
const PATIENCE_MS = 10_000
const LOOK_MS = 100

/** What a form was answered with. */
interface Answer {
  status: number
  /** The page it led to; null when the answer was a page itself. */
  location: string | null
  /** What that page said first. */
  note: string | null
}

interface Shown {
  headers: [string, string][]
  body: string
}

interface Sent {
  /** Undefined when it came to nothing. */
  answer: Promise<{ answer: Answer; shown?: Shown } | undefined>
  until: number
}

interface FormSent {
  userId: number
  sha256: string
}

/** The key of the forms of a page, one a page. */
export function onceKey(c: PageContext): string {
  const known = c.get('once')
  if (known !== undefined) return known
  const made = randomBytes(9).toString('base64url')
  c.set('once', made)
  return made
}

export function sentOnce(ctx: Context): MiddlewareHandler<PageEnv> {
  const here = new Map<string, Sent>()
  const forgetOld = () => {
    const now = ctx.clock.now()
    for (const [key, { until }] of here) if (until <= now) here.delete(key)
    const ended = [...here].filter(([, { until }]) => until !== Number.POSITIVE_INFINITY)
    for (const [key] of ended.slice(0, Math.max(0, ended.length - SHOWN_MAX))) here.delete(key)
  }
  return async (c, next) => {
    const form = c.req.method === 'POST' ? await formSent(c) : undefined
    if (form === undefined) return next()
    forgetOld()
    const first = await here.get(form.sha256)?.answer
    if (first !== undefined) return answerAgain(c, first.answer, first.shown)
    const { promise, resolve } = promised<Awaited<Sent['answer']>>()
    const sent: Sent = { answer: promise, until: Number.POSITIVE_INFINITY }
    here.set(form.sha256, sent)
    try {
      const elsewhere = await beginForm(ctx, form)
      if (elsewhere !== undefined) return answerAgain(c, elsewhere)
      await next()
      const answer = await rememberForm(ctx, c, form)
      if (answer === undefined) return
      const isPage = answer.location === null
      sent.until = ctx.clock.now() + (isPage ? SHOWN_MS : 0)
      resolve({ answer, ...(isPage && { shown: await shownIn(c.res) }) })
    } finally {
      resolve(undefined)
      if (sent.until === Number.POSITIVE_INFINITY) here.delete(form.sha256)
    }
  }
}

function promised<T>() {
  let resolve: (value: T) => void = () => {}
  const promise = new Promise<T>((done) => (resolve = done))
  return { promise, resolve }
}

async function shownIn(response: Response): Promise<Shown> {
  return { headers: [...response.headers.entries()], body: await response.clone().text() }
}

/** Undefined for a form without a key, of a stranger, or of a script that only looks. */
async function formSent(c: PageContext): Promise<FormSent | undefined> {
  const userId = c.get('principal')?.userId
  if (userId === undefined || c.req.header('sec-fetch-dest') === 'empty') return undefined
  const isFile = /^multipart\//i.test(c.req.header('content-type') ?? '')
  // A file is not read to be compared: its address carries the key.
  const { csrf: _csrf, ...fields } = isFile ? { once: c.req.query('once') ?? '' } : await readFields(c)
  if ((fields.once ?? '') === '') return undefined
  const { pathname, search } = new URL(c.req.url)
  const said = JSON.stringify([
    userId,
    `${pathname}${search}`,
    c.req.header('content-length'),
    Object.entries(fields).sort(),
  ])
  return { userId, sha256: createHash('sha256').update(said).digest('base64url') }
}

/** No key of a program begins like this: theirs begin with the number of the user. */
function callerOf({ userId }: FormSent): string {
  return `form:${userId}:`
}

function keyOf(form: FormSent): string {
  return `${callerOf(form)}${form.sha256}`
}

/** Undefined when the form is new; else its answer, also where another process is still making it. */
async function beginForm(ctx: Context, form: FormSent): Promise<Answer | undefined> {
  const giveUpAt = ctx.clock.now() + PATIENCE_MS
  for (;;) {
    try {
      const known = await beginRequestOnce(ctx, {
        caller: callerOf(form),
        key: keyOf(form),
        requestSha256: form.sha256,
        keptMs: REMEMBERED_MS,
        keptMax: FORMS_MAX,
      })
      return known === undefined ? undefined : (JSON.parse(known.body) as Answer)
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'idempotency.in_progress') throw error
      if (ctx.clock.now() >= giveUpAt)
        throw new AppError('idempotency.in_progress', 'this was sent before and is still being worked on', {
          hint: 'Look in a moment whether it is done, before you send it again.',
        })
    }
    await ctx.clock.wait(ctx.clock.now() + LOOK_MS)
  }
}

/** Undefined when there is nothing to remember: the form was refused, or it only looked. */
async function rememberForm(ctx: Context, c: PageContext, form: FormSent): Promise<Answer | undefined> {
  const { status } = c.res
  const location = c.res.headers.get('location')
  const hasOnlyLooked = location === null && ['looks', 'asks'].includes(c.get('act') ?? '')
  if (status >= 400 || hasOnlyLooked) {
    await forgetAnswer(ctx, keyOf(form))
    return undefined
  }
  const answer: Answer = { status, location, note: c.get('note') ?? null }
  await rememberAnswer(ctx, keyOf(form), { status, body: JSON.stringify(answer), fileSha256: null })
  return answer
}

/** Throws AppError idempotency.shown_once where the answer was a page that is not kept. */
function answerAgain(c: PageContext, { status, location, note }: Answer, shown?: Shown): Response {
  c.set('isOpened', true)
  c.set('act', 'saves')
  if (location !== null)
    return note === null ? c.redirect(location, status as 303) : redirectWithNote(c, location, note)
  if (shown === undefined)
    throw new AppError('idempotency.shown_once', 'this was sent before and is done; its page was shown once', {
      hint: 'If you did not see it, revoke what it made, or change it, and begin anew.',
    })
  return new Response(shown.body, { status, headers: shown.headers })
}

// The same form sent twice does its work once: a double click, a page that was reloaded, an answer that was lost. Each page
// gives its forms a key; the same key with the same fields gets the first answer, also while it is being made. A form that is
// shown anew, after an error too, has another key. Kept in memory: bounded, for minutes.
import { createHash, randomBytes } from 'node:crypto'
import type { MiddlewareHandler } from 'hono'
import type { Clock } from '../runtime/clock.ts'
import { type PageContext, type PageEnv, readFields } from './page.ts'

/** Answers kept at most; beyond it the oldest are forgotten. */
const ANSWERS_MAX = 1_000
/** An answer that leads to another page. */
const LED_MS = 10 * 60_000
/** A page that was shown as the answer: it may hold a key that is shown once. */
const SHOWN_MS = 10_000

interface Answer {
  status: number
  headers: [string, string][]
  body: string
}

interface Sent {
  answer: Promise<Answer | undefined>
  until: number
}

/** The key of the forms of a page, one a page. */
export function onceKey(c: PageContext): string {
  const known = c.get('once')
  if (known !== undefined) return known
  const made = randomBytes(9).toString('base64url')
  c.set('once', made)
  return made
}

export function sentOnce(clock: Clock): MiddlewareHandler<PageEnv> {
  const known = new Map<string, Sent>()
  const forgetOld = () => {
    const now = clock.now()
    for (const [key, { until }] of known) if (until <= now) known.delete(key)
    for (const key of known.keys()) if (known.size > ANSWERS_MAX) known.delete(key)
  }
  return async (c, next) => {
    const key = c.req.method === 'POST' ? await keyOf(c) : undefined
    if (key === undefined) return next()
    forgetOld()
    const first = await known.get(key)?.answer
    if (first !== undefined) {
      c.set('isOpened', true)
      c.set('act', 'saves')
      return new Response(first.body, { status: first.status, headers: first.headers })
    }
    let tell: (answer: Answer | undefined) => void = () => {}
    const sent: Sent = { answer: new Promise((resolve) => (tell = resolve)), until: Number.POSITIVE_INFINITY }
    known.set(key, sent)
    try {
      await next()
      const { status } = c.res
      sent.until = clock.now() + (status >= 400 ? 0 : status >= 300 ? LED_MS : SHOWN_MS)
      const headers = [...c.res.headers.entries()]
      tell({ status, headers, body: await c.res.clone().text() })
    } finally {
      tell(undefined)
      if (sent.until === Number.POSITIVE_INFINITY) known.delete(key)
    }
  }
}

/** Undefined for a form without a key, of a stranger, or of a script that only looks. */
async function keyOf(c: PageContext): Promise<string | undefined> {
  const userId = c.get('principal')?.userId
  if (userId === undefined || c.req.header('sec-fetch-dest') === 'empty') return undefined
  const isFile = /^multipart\//i.test(c.req.header('content-type') ?? '')
  // A file is not read to be compared: its address carries the key.
  const { csrf: _csrf, ...fields } = isFile ? { once: c.req.query('once') ?? '' } : await readFields(c)
  if ((fields.once ?? '') === '') return undefined
  const said = JSON.stringify([userId, c.req.url, c.req.header('content-length'), Object.entries(fields).sort()])
  return createHash('sha256').update(said).digest('base64url')
}

// A question before an act with a wide effect: its own page says what will happen, to how many, and how to leave it. The
// address shows it to anyone who opens it; the form acts only with the yes that the page carries.
import type { Hono } from 'hono'
import type { Child } from 'hono/jsx'
import type { Right } from '../domain/access.ts'
import { AppError } from '../domain/errors.ts'
import { acts } from './acts.ts'
import { Carried } from './elements/carried.tsx'
import { FormToken, WholeError } from './elements/form.tsx'
import { sentencesOf } from './error-words.ts'
import { renderPage } from './layout.tsx'
import { type Form, type FormErrors, noErrors, opens, type PageContext, type PageEnv, readForm } from './page.ts'
import { statusOf } from './status-of.ts'

export interface Question {
  title: string
  /** What will happen, each as a paragraph. */
  says: readonly Child[]
  /** Of the button that does it. */
  yes: string
  /** Where the link goes that leaves everything as it is. */
  back: string
  /** Sent along with the yes. */
  fields?: Form
  isHarmless?: boolean
}

export interface Asked {
  right: Right
  /** Reads the fields of the form, or the query of the address. */
  ask(c: PageContext, form: Form): Promise<Question>
  act(c: PageContext, form: Form): Promise<Response>
}

/** The address of an act: its question by GET, the act itself by POST with a yes. */
export function asks(pages: Hono<PageEnv>, path: string, { right, ask, act }: Asked): void {
  pages.get(path, opens(right), async (c) => questionPage(c, await ask(c, c.req.query())))
  pages.post(path, opens(right), acts('asks'), async (c) => {
    const form = await readForm(c)
    if (!isSure(form)) return questionPage(c, await ask(c, form))
    try {
      return await act(c, form)
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      const errors = { whole: sentencesOf(error), fields: {} }
      return questionPage(c, await ask(c, form), { errors, status: statusOf(error) })
    }
  })
}

export function isSure(form: Form): boolean {
  return form.sure === 'yes'
}

export function questionPage(
  c: PageContext,
  question: Question,
  { errors = noErrors, status = 200 }: { errors?: FormErrors; status?: number } = {},
): Response | Promise<Response> {
  const { title, says, yes, back, fields = {}, isHarmless = false } = question
  return renderPage(
    c,
    { title },
    <div class="decide">
      <WholeError errors={errors} />
      {says.map((sentence) => (
        <p>{sentence}</p>
      ))}
      <form method="post" action={c.req.path}>
        <FormToken c={c} />
        <Carried fields={fields} />
        <input type="hidden" name="sure" value="yes" />
        <p class="actions">
          <button class={isHarmless ? undefined : 'danger'} type="submit">
            {yes}
          </button>
          <a class="button second" href={back}>
            Leave it as it is
          </a>
        </p>
      </form>
    </div>,
    status,
  )
}

// Values of URL buttons. A template has the address, and the value is put behind it, percent-encoded where it must be: a whole address
// makes a button that opens a dead page. No provider refuses it, so people are warned before.
import type { Content } from './content.ts'
import { isPlaceholderText } from './personalisation.ts'
import { counted } from './plural.ts'

const wholeAddress = /^\s*(?:[a-z][a-z0-9+.-]*:\/\/|www\.|mailto:|tel:)/i

/** What is wrong with the end of an address; undefined when nothing is. */
export function linkSuffixProblem(value: string): string | undefined {
  return wholeAddress.test(value) ? 'is a whole address, where the button has its beginning already' : undefined
}

/** Values of the URL buttons of a template and of its cards. */
export function linkSuffixesIn(content: Content): string[] {
  if (content.type !== 'template') return []
  return [content, ...(content.cards ?? [])].flatMap(({ buttons = [] }) =>
    buttons.flatMap((button) => (button.type === 'url' ? [button.value] : [])),
  )
}

const advice = 'Give the button only the end of the address'

/** What can be said before anybody's fields are filled in: each value as it is written. */
export function writtenLinkWarnings(content: Content): string[] {
  return linkSuffixesIn(content).flatMap((value) => {
    // Where a placeholder is, only what stands before it says something.
    const fixed = isPlaceholderText(value) ? value.slice(0, value.indexOf('{{')) : value
    const problem = linkSuffixProblem(fixed)
    return problem === undefined ? [] : [`the value of a URL button ${problem}: "${shorten(value)}". ${advice}`]
  })
}

/** People whose button would open a dead page. Shown one by one. */
export class DeadLinks {
  #people = 0
  #example: { phone: string; value: string; problem: string } | undefined
  readonly #isAsked: boolean

  constructor(content: Content) {
    // What is the same for everybody is told as it is written.
    this.#isAsked = linkSuffixesIn(content).some(isPlaceholderText)
  }

  /** Nothing is to be looked at where no value of a URL button differs from person to person. */
  get isAsked(): boolean {
    return this.#isAsked
  }

  add(phone: string, rendered: Content): void {
    if (!this.#isAsked) return
    const found = deadLinkIn(rendered)
    if (found === undefined) return
    this.#people++
    this.#example ??= { phone, ...found }
  }

  /** `among` names whom was looked at, where that is not everybody. */
  warnings(among = ''): string[] {
    if (this.#example === undefined) return []
    const { phone, value, problem } = this.#example
    const who = `${counted(this.#people, 'person', 'people')}${among}`
    return [
      `a URL button would open a dead page for ${who}: its value ${problem}, such as "${shorten(value)}" of ${phone}. ${advice}`,
    ]
  }
}

function deadLinkIn(rendered: Content): { value: string; problem: string } | undefined {
  for (const value of linkSuffixesIn(rendered)) {
    const problem = linkSuffixProblem(value)
    if (problem !== undefined) return { value, problem }
  }
  return undefined
}

/** What one person's buttons would open. */
export function deadLinkWarning(rendered: Content): string | undefined {
  const found = deadLinkIn(rendered)
  return found && `the value of a URL button ${found.problem}: "${shorten(found.value)}". ${advice}`
}

function shorten(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}…` : text
}

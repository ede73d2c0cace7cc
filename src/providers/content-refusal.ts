// A limit that only shows when a person's text is filled in: the message ends unsent, as a text does that breaks a limit of
// WhatsApp itself.
import { clipText, type SendResult } from '../domain/send-result.ts'

/** Undefined when there is no problem. */
export function refusalOf(problems: readonly string[]): SendResult | undefined {
  const [problem] = problems
  if (problem === undefined) return undefined
  return {
    kind: 'not_started',
    skip: 'missing_variable',
    error: {
      code: 'content.not_supported',
      text: clipText(problem),
      advice: 'Shorten or correct the fields of this person.',
      httpStatus: null,
    },
  }
}

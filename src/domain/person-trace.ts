// By what a person is found in texts that are stored as they came: rejected lines, callbacks, uploaded files.
import { toAsciiDigits } from './ascii-digits.ts'
import { isGroup } from './group.ts'

export interface PersonTrace {
  text: string
  isNumber: boolean
}

/** The last digits of a number stand in every spelling of it: national or not, spaced, of an old or a new plan. */
const ENDING_DIGITS = 8

/** The trace of a contact's `phone`. */
export function traceOf(phone: string): PersonTrace {
  if (isGroup(phone)) return { text: phone, isNumber: false }
  return { text: phone.replace(/\D/g, '').slice(-ENDING_DIGITS), isNumber: true }
}

/** What of a text a trace is looked for in; a text may come in pieces. */
export function traceable(text: string, { isNumber }: PersonTrace): string {
  if (!isNumber) return text
  return (/\P{ASCII}/u.test(text) ? toAsciiDigits(text) : text).replace(/\D/g, '')
}

export function holdsTrace(text: string, trace: PersonTrace): boolean {
  return traceable(text, trace).includes(trace.text)
}

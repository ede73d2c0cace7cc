// A name as definitions and requests give it. Beside the other rules of names, because zod is a quarter of the start of a small
// command, and those who compare names need none.
import { z } from 'zod'
import { nameProblem, plainName } from './name.ts'

/** A name that is to be stored, as it will be. */
export function givenName(): z.ZodString {
  return z
    .string()
    .superRefine((text, ctx) => {
      const problem = nameProblem(text)
      if (problem !== undefined) ctx.addIssue({ code: 'custom', message: problem })
    })
    .overwrite(plainName)
}

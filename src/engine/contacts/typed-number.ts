// A number that a person types by hand, in a field or a command: it may be written as it is dialled at home.
import { getRecipient, parseRecipient } from '../../domain/group.ts'
import { isCountry } from '../../domain/numbering-plan.ts'
import type { Phone, PhoneOptions, PhoneResult } from '../../domain/phone.ts'
import type { Context } from '../context.ts'

type Home = Pick<Context, 'config'>

/** Throws AppError phone.* with what is wrong with it. */
export function getTypedNumber(ctx: Home, text: string, options: PhoneOptions = {}): Phone {
  return getRecipient(text, { ...atHome(ctx), ...options })
}

/** The same where a text need be no number. */
export function parseTypedNumber(ctx: Home, text: string, options: PhoneOptions = {}): PhoneResult {
  return parseRecipient(text, { ...atHome(ctx), ...options })
}

function atHome({ config: { defaultCountry } }: Home): PhoneOptions {
  return defaultCountry !== undefined && isCountry(defaultCountry) ? { defaultCountry } : {}
}

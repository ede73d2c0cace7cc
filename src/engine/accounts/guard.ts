// Whether a principal may do something, for whatever face asks.
import { mayDo, type Principal, type Right } from '../../domain/access.ts'
import { AppError } from '../../domain/errors.ts'
import { isSameSecret } from '../../providers/webhook-parts.ts'

/** With a session a change carries the token of the page as well. */
export function checkFormToken(principal: Principal, token: string | undefined): void {
  if (principal.session === null) return
  if (token === undefined || !isSameSecret(token, principal.session.csrfToken))
    throw new AppError('csrf.token', 'the page is too old', { hint: 'Load it again, then repeat what you did.' })
}

/** Throws AppError auth.required, auth.forbidden. */
export function requireRight(principal: Principal | undefined, right: Right): Principal {
  if (principal === undefined) throw authRequired()
  if (mayDo(principal, right)) return principal
  throw new AppError(
    'auth.forbidden',
    `this needs the right to ${right}; ${principal.name} has ${principal.rights.join(', ')}`,
    { details: { right } },
  )
}

export function authRequired(): AppError {
  return new AppError('auth.required', 'this needs a key or a login', {
    hint: 'Send Authorization: Bearer <key>; herald keys add makes one.',
  })
}

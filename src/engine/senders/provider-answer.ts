// What a provider refused about an account, as an error for the caller.
import { AppError } from '../../domain/errors.ts'
import type { AccountAnswer, Provider } from '../../providers/provider.ts'

/** Throws AppError provider.refused, or provider.unreachable when no answer came. */
export function takeValue<T>(answer: AccountAnswer<T>, provider: Provider): T {
  if (answer.ok) return answer.value
  const { code, text, advice, httpStatus } = answer.error
  if (httpStatus === null)
    throw new AppError('provider.unreachable', `could not reach ${provider.title}`, {
      hint: 'Check the network, and the base URL of the sender.',
      details: { code, text },
    })
  throw new AppError('provider.refused', `${provider.title} refuses: ${code} ${text}`.trim(), {
    hint: advice,
    details: { code, text, httpStatus },
  })
}

export function cannot(provider: Provider, what: string): AppError {
  return new AppError('provider.cannot', `${provider.title} cannot ${what}`, {
    hint: 'docs/providers/README.md shows which providers can.',
  })
}

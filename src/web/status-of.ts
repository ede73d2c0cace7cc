// The status of a page that says why something was refused.
import { AppError, kindOf } from '../domain/errors.ts'
import { refusalStatuses } from '../runtime/refusal-statuses.ts'

/** A form with a wrong value is a page that can be corrected, whatever the value broke. */
export function statusOf(error: unknown): number {
  if (!(error instanceof AppError)) return 500
  const kind = kindOf(error.code)
  return kind === 'usage' ? refusalStatuses.input : refusalStatuses[kind]
}

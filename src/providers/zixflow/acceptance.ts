// What Zixflow's answer to a send comes to. Both APIs say yes by a word in the body, and may name no message: such a
// message is accepted all the same, and only a report with our reference can say more of it.
import type { SendResult } from '../../domain/send-result.ts'
import type { HttpOutcome } from '../http-client.ts'
import { parseJson, resultOfFailure } from '../http-result.ts'
import { objectOf } from '../webhook-parts.ts'
import { resultOfRefusal } from './errors.ts'

const ID_LENGTH_MAX = 512

export function acceptedAs(outcome: HttpOutcome, now: number, idIn: (body: unknown) => string | null): SendResult {
  if (outcome.kind !== 'answer') return resultOfFailure(outcome)
  const body = parseJson(outcome.text)
  const { status, success } = objectOf(body)
  const isYes = outcome.status >= 200 && outcome.status < 300 && (status === true || success === true)
  if (!isYes || status === false || success === false) return resultOfRefusal(outcome, now)
  const id = idIn(body)?.trim() ?? ''
  return { kind: 'accepted', trackingId: id === '' || id.length > ID_LENGTH_MAX ? null : id }
}

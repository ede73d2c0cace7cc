// What Zixflow's answer to a send comes to. Both APIs say yes by a word in the body, and may name no message: such a
// message is accepted all the same, and only a report with our reference can say more of it.
import type { SendResult } from '../../domain/send-result.ts'
import type { HttpOutcome } from '../http-client.ts'
import { parseJson, resultOfFailure } from '../http-result.ts'
import { objectOf, textOf } from '../webhook-parts.ts'
import { resultOfRefusal } from './errors.ts'

const ID_LENGTH_MAX = 512

export function acceptedAs(outcome: HttpOutcome, now: number, idIn: (body: unknown) => string | null): SendResult {
  if (outcome.kind !== 'answer') return resultOfFailure(outcome)
  const body = parseJson(outcome.text)
  const { status, success, message } = objectOf(body)
  const id = idIn(body)?.trim() ?? ''
  const isYes = outcome.status >= 200 && outcome.status < 300 && (status === true || success === true)
  // Zixflow says something beside it; many a gateway says no more than `{"success":true}`.
  const isZixflows = id !== '' || textOf(message) !== null
  if (!isYes || !isZixflows || status === false || success === false) return resultOfRefusal(outcome, now)
  return { kind: 'accepted', trackingId: id === '' || id.length > ID_LENGTH_MAX ? null : id }
}

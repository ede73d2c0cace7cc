// What an answer of 1MSG to a send comes to. Sent is only what says `sent: true` with the id of the message.
import { QUEUED_CODE, type SendResult } from '../../domain/send-result.ts'
import {
  acceptedWithoutId,
  type HttpAnswer,
  parseJson,
  resultOfForeign,
  resultOfStatus,
  retryAfterOf,
} from '../http-result.ts'
import { objectOf, textOf } from '../webhook-parts.ts'
import { isOneMsgs, providerErrorOf, readError, resultOfRefusal } from './errors.ts'

/** Refusals by their status; the body may say it more exactly. */
const refusingStatuses = [400, 401, 403, 404, 422, 501]

/** The text of the answer is without the token already. */
export function resultOfAnswer(answer: HttpAnswer, now: number): SendResult {
  const { status } = answer
  if (status >= 200 && status < 300) return resultOfSuccess(answer, now)
  const body = parseJson(answer.text) ?? answer.text
  if (!isOneMsgs(body)) return resultOfForeign(answer, now)
  if (!refusingStatuses.includes(status)) return resultOfStatus(answer, now)
  const told = readError(body)
  // The status decides who is refused; within a bad request the code does.
  const isPlain = status === 400 || status === 422
  const code = isPlain ? (told.code ?? `http_${status}`) : `http_${status}`
  return resultOfRefusal({ code, text: told.text, httpStatus: status }, retryAfterOf(answer, now))
}

function resultOfSuccess(answer: HttpAnswer, now: number): SendResult {
  const body = objectOf(parseJson(answer.text))
  const id = textOf(body.id)
  const isSent = body.sent === true || body.sent === 'true'
  if (isSent && id !== null && id !== '' && id.length <= 512) return { kind: 'accepted', trackingId: id }
  const jobId = textOf(body.jobId)
  if (jobId !== null)
    return {
      kind: 'unknown',
      error: providerErrorOf({ code: QUEUED_CODE, text: `queued as job ${jobId}`, httpStatus: answer.status }),
    }
  if (!isOneMsgs(body)) return resultOfForeign(answer, now)
  const isRefused = body.sent === false || body.sent === 'false' || (!isSent && body.error !== undefined)
  if (!isRefused) return acceptedWithoutId(answer)
  const { code = 'refused', text } = readError(body)
  return resultOfRefusal({ code, text, httpStatus: answer.status }, retryAfterOf(answer, now))
}

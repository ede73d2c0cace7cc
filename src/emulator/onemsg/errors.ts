// How 1MSG says no: most refusals of a message with HTTP 200 and `sent: false`, the rest by status with a text. WhatsApp's
// own codes come inside an `error` object; acks carry only their titles.
import { type Answer, type IdSource, jsonAnswer } from '../dialect.ts'

/** Meta's titles, as an ack repeats them. */
const titles: Record<string, string> = {
  '130429': 'Rate limit hit',
  '130472': "User's number is part of an experiment",
  '130497': 'Business account is restricted from messaging users in this country',
  '131000': 'Something went wrong',
  '131008': 'Required parameter is missing',
  '131009': 'Parameter value is not valid',
  '131021': 'Recipient cannot be sender',
  '131026': 'Message undeliverable',
  '131031': 'Account has been locked',
  '131042': 'Business eligibility payment issue',
  '131047': 'Re-engagement message',
  '131048': 'Spam rate limit hit',
  '131049': 'Meta chose not to deliver',
  '131050': 'User has stopped receiving marketing messages from this business',
  '131051': 'Unsupported message type',
  '131052': 'Media download error',
  '131053': 'Media upload error',
  '131056': '(Business account, consumer account) pair rate limit hit',
  '132000': 'Template parameter count mismatch',
  '132001': 'Template does not exist',
  '132005': 'Template hydrated text too long',
  '132012': 'Template parameter format mismatch',
  '132015': 'Template is paused',
  '132016': 'Template is disabled',
  '133010': 'Phone number not registered',
}

export function titleOf(code: string): string {
  return titles[code] ?? code
}

/** The text of each HTTP status that the pages name. */
const statusTexts: Record<string, string> = {
  '400': 'Invalid request parameters',
  '404': 'Method not found',
  '422': 'Nothing to update',
  '429': 'Rate limit exceeded',
  '500': 'Internal server error',
  '501': 'Not implemented',
}

export function statusAnswer(status: number, text?: string): Answer {
  return jsonAnswer(status, { error: text ?? statusTexts[status] ?? 'error' })
}

export function wrongToken(token: string, channel: string): Answer {
  return statusAnswer(401, `Wrong token "${token}" for channel "${channel}". Please provide token as a GET parameter.`)
}

/** A blocked subscription is told in plain text. */
function blocked(): Answer {
  const headers = { 'content-type': 'text/plain; charset=utf-8' }
  return { status: 403, headers, body: 'Subscription is blocked' }
}

/** HTTP 200, and not sent. */
export function notSent(message: string, error?: Record<string, unknown>): Answer {
  return jsonAnswer(200, { sent: false, message, ...(error && { error }) })
}

/** A code of WhatsApp, an HTTP status, `queued`, or any text as a refusal in words. */
export function errorAnswer(ids: IdSource, code: string, details?: string): Answer {
  if (code === 'queued') return jsonAnswer(200, { sent: false, message: 'Message is queued', jobId: ids.digits(8) })
  if (code === '401') return wrongToken('scripted', 'scripted')
  if (code === '403') return blocked()
  if (statusTexts[code] !== undefined) return statusAnswer(Number(code), details)
  if (!/^\d+$/.test(code)) return notSent(details ?? code)
  const user = details === undefined ? {} : { error_user_title: titleOf(code), error_user_msg: details }
  return notSent(titleOf(code), { code: Number(code), message: titleOf(code), ...user })
}

// Meta's errors: code → HTTP status and title, and the body in which they come. Source: the Cloud API error page of
// November 2025; codes for which it names no status answer 400.
import { type Answer, type IdSource, jsonAnswer } from '../dialect.ts'

const known: Record<string, readonly [httpStatus: number, title: string]> = {
  '0': [401, 'AuthException'],
  '1': [400, 'Invalid request or possible server error'],
  '2': [503, 'Service temporarily unavailable'],
  '3': [500, 'Capability or permission issue'],
  '4': [400, 'Application request limit reached'],
  '10': [403, 'Permission denied'],
  '33': [400, 'Parameter value is not valid'],
  '100': [400, 'Invalid parameter'],
  '190': [401, 'Access token has expired'],
  '368': [403, 'Temporarily blocked for policies violations'],
  '80007': [400, 'Rate limit issues'],
  '130429': [400, 'Rate limit hit'],
  '130472': [400, "User's number is part of an experiment"],
  '130497': [403, 'Business account is restricted from messaging users in this country'],
  '131000': [500, 'Something went wrong'],
  '131005': [403, 'Access denied'],
  '131008': [400, 'Required parameter is missing'],
  '131009': [400, 'Parameter value is not valid'],
  '131016': [500, 'Service unavailable'],
  '131021': [400, 'Recipient cannot be sender'],
  '131026': [400, 'Message undeliverable'],
  '131030': [400, 'Recipient phone number not in allowed list'],
  '131031': [403, 'Account has been locked'],
  '131037': [400, 'Display name of the number needs approval before messages can be sent'],
  '131042': [400, 'Business eligibility payment issue'],
  '131045': [500, 'Incorrect certificate'],
  '131047': [400, 'Re-engagement message'],
  '131048': [400, 'Spam rate limit hit'],
  '131049': [400, 'Meta chose not to deliver'],
  '131050': [400, 'User has stopped receiving marketing messages from this business'],
  '131051': [400, 'Unsupported message type'],
  '131052': [400, 'Media download error'],
  '131053': [400, 'Media upload error'],
  '131055': [400, 'Method not allowed'],
  '131056': [400, '(Business account, consumer account) pair rate limit hit'],
  '131057': [500, 'Account in maintenance mode'],
  '131062': [400, 'Recipient not supported for this message'],
  '131063': [400, 'Marketing messages are disabled on Cloud API'],
  '131064': [400, 'Messaging limit reduced'],
  '132000': [400, 'Template parameter count mismatch'],
  '132001': [404, 'Template does not exist'],
  '132005': [400, 'Template hydrated text too long'],
  '132007': [400, 'Template format character policy violated'],
  '132008': [400, 'Template parameter value is not valid'],
  '132012': [400, 'Template parameter format mismatch'],
  '132015': [400, 'Template is paused'],
  '132016': [400, 'Template is disabled'],
  '132018': [400, 'There is an issue with the parameters in the template'],
  '132068': [400, 'Flow is blocked'],
  '132069': [400, 'Flow is throttled'],
  '133000': [500, 'Incomplete deregistration'],
  '133004': [503, 'Server temporarily unavailable'],
  '133010': [400, 'Phone number not registered'],
  '134100': [400, 'Only marketing templates are allowed'],
  '134101': [500, 'Template is still being synchronised'],
  '134102': [400, 'Template is not eligible'],
  '135000': [400, 'Generic user error'],
  '137000': [400, 'Identity key mismatch'],
  '2500': [400, 'Unknown path components'],
}

export function titleOf(code: string): string {
  return known[code]?.[1] ?? 'Unknown error'
}

export interface MetaError {
  code: string
  /** Of the request itself; errors of the Graph frame have none. */
  details?: string | undefined
  /** Instead of the title of the code. */
  message?: string
  subcode?: number
}

export function errorAnswer(ids: IdSource, { code, details, message, subcode }: MetaError): Answer {
  const error = {
    message: message ?? `(#${code}) ${titleOf(code)}`,
    type: subcode === 33 ? 'GraphMethodException' : 'OAuthException',
    code: /^\d+$/.test(code) ? Number(code) : code,
    ...(details !== undefined && { error_data: { messaging_product: 'whatsapp', details } }),
    ...(subcode !== undefined && { error_subcode: subcode }),
    fbtrace_id: traceId(ids),
  }
  const status = known[code]?.[0] ?? 400
  const challenge = `OAuth "Facebook Platform" "invalid_token" "${error.message}"`
  return jsonAnswer(status, { error }, status === 401 ? { 'www-authenticate': challenge } : {})
}

/** An id that names no object of the caller: Graph says 100 with this subcode, whatever the object was to be. */
export function unknownObject(ids: IdSource, method: string, id: string): Answer {
  const message = `Unsupported ${method.toLowerCase()} request. Object with ID '${id}' does not exist, cannot be loaded due to missing permissions, or does not support this operation.`
  return errorAnswer(ids, { code: '100', subcode: 33, message })
}

function traceId(ids: IdSource): string {
  return `A${Buffer.from(ids.hex(34), 'hex').toString('base64url').slice(0, 22)}`
}

// Codes of failures and of calls in words. Codes that no table knows stay what they are: the provider's own.
import { whatsappCodes } from '../../providers/whatsapp-codes.ts'

const own: Record<string, string> = {
  resolved_by_operator: 'Settled by an operator as not delivered.',
  campaign_cancelled: 'The campaign was cancelled while the message was on its way.',
  connection_refused: 'The provider could not be reached.',
  deadline: 'The provider did not answer in time.',
  answer_too_long: 'The answer of the provider was too long to be read.',
  queued: 'The provider keeps the message and will send it by itself.',
  'content.not_supported': 'The provider does not take this content.',
  unknown: 'The provider did not say why.',
}

/** Codes of the system for lines that broke, and for those that never stood. */
const unreachable = /^(?:econnrefused|enotfound|eai_\w+|e(?:host|net)unreach|eaddrnotavail|und_err_connect_timeout)$/
const untrusted =
  /^(?:depth_zero_self_signed_cert|self_signed_cert_in_chain|unable_to_\w+|cert_\w+|err_(?:tls|ssl)\w*)$/
const broken = /^(?:und_err_\w+|e(?:connreset|pipe|timedout|connaborted|proto))$/

/** What a code of a failed message or call means; undefined when only the provider knows. */
export function explainFailure(code: string): string | undefined {
  if (Object.hasOwn(own, code)) return own[code]
  if (unreachable.test(code)) return 'The provider could not be reached.'
  if (untrusted.test(code)) return 'The line to the provider is not safe: its certificate is not trusted.'
  if (broken.test(code)) return 'The line broke before the provider answered.'
  const [, status] = /^http_(\d{3})$/.exec(code) ?? []
  if (status !== undefined) return answerText(Number(status))
  return Object.hasOwn(whatsappCodes, code) ? whatsappCodes[code]?.advice : undefined
}

function answerText(status: number): string {
  if (status === 401 || status === 403) return 'The provider refused our credentials.'
  if (status === 429) return 'The provider asked to slow down.'
  if (status >= 500) return 'The provider failed and did not say whether it took the message.'
  return 'The provider refused the request.'
}

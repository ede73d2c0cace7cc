// Codes of failures in words. Codes that no table knows stay what they are: the provider's own.
import { whatsappCodes } from '../../providers/whatsapp-codes.ts'

const own: Record<string, string> = {
  resolved_by_operator: 'Settled by an operator as not delivered.',
  campaign_cancelled: 'The campaign was cancelled while the message was on its way.',
  connection_refused: 'The provider could not be reached.',
  unknown: 'The provider did not say why.',
}

/** What a code of a failed message means; undefined when only the provider knows. */
export function explainFailure(code: string): string | undefined {
  if (Object.hasOwn(own, code)) return own[code]
  return Object.hasOwn(whatsappCodes, code) ? whatsappCodes[code]?.advice : undefined
}

// 1MSG tells many failures in words only: its own words, and the code that each stands for. The titles of WhatsApp's errors
// are in whatsapp-codes.ts.

import { whatsappCodeIn } from '../whatsapp-codes.ts'

/** Parts of a text in lower case → WhatsApp's code, or our word where WhatsApp has none. The first that fits counts. */
const phrases: readonly (readonly [phrase: string, code: string])[] = [
  ['dialog window is closed', '131047'],
  ['display name', '131037'],
  ['template is not defined', 'template_not_defined'],
  ['template is not found', '132001'],
  ['template not found', '132001'],
  ['too many request', 'rate_limited'],
  ['rate limit', 'rate_limited'],
  ['username is not found', 'recipient_unknown'],
  ['not linked with bsuid', 'recipient_unknown'],
  ['routing is disabled', 'routing_disabled'],
  ['wrong token', 'wrong_token'],
  ['invalid token', 'wrong_token'],
  ['unauthorized', 'wrong_token'],
  ['subscription', 'subscription_blocked'],
]

/** The code that a text means; undefined when it says nothing that is known. */
export function codeOfText(text: string): string | undefined {
  const code = whatsappCodeIn(text)
  if (code !== undefined) return code
  const lower = text.toLowerCase()
  return phrases.find(([phrase]) => lower.includes(phrase))?.[1]
}

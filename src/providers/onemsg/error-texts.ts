// 1MSG tells many failures in words only: the words by which they are known, and the code that each stands for. WhatsApp's
// own failures come under the titles of Meta's error page; the rest are 1MSG's own words.

import { whatsappCodeIn } from '../whatsapp-codes.ts'

/** Parts of a text in lower case → WhatsApp's code, or our word where WhatsApp has none. The first that fits counts. */
const phrases: readonly (readonly [phrase: string, code: string])[] = [
  ['part of an experiment', '130472'],
  ['dialog window is closed', '131047'],
  ['outside the allowed window', '131047'],
  ['outside of allowed window', '131047'],
  ['more than 24 hours have passed', '131047'],
  ['re-engagement', '131047'],
  ['healthy ecosystem engagement', '131049'],
  ['chose not to deliver', '131049'],
  ['stopped receiving marketing messages', '131050'],
  ['pair rate limit hit', '131056'],
  ['spam rate limit hit', '131048'],
  ['message undeliverable', '131026'],
  ['recipient cannot be sender', '131021'],
  ['not in allowed list', '131030'],
  ['restricted from messaging users in this country', '130497'],
  ['account has been locked', '131031'],
  ['display name', '131037'],
  ['payment issue', '131042'],
  ['phone number not registered', '133010'],
  ['template is not defined', 'template_not_defined'],
  ['template does not exist', '132001'],
  ['template name does not exist', '132001'],
  ['template is not found', '132001'],
  ['template not found', '132001'],
  ['template is paused', '132015'],
  ['template is disabled', '132016'],
  ['parameter count mismatch', '132000'],
  ['number of parameters does not match', '132000'],
  ['parameter format mismatch', '132012'],
  ['hydrated text too long', '132005'],
  ['media download error', '131052'],
  ['media upload error', '131053'],
  ['unsupported message type', '131051'],
  ['unsupported interactive message type', '131051'],
  ['rate limit hit', '130429'],
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

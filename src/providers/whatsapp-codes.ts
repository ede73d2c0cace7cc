// What WhatsApp's own error codes mean for us. They come from Meta's Cloud API and through every provider that hands them
// on; a driver maps its answers to these codes and adds what only it knows. Source: Meta's error page of November 2025.
import { type CodeRule, findRule, rule } from './code-rules.ts'

/** What stops the template or the account's right to it, for every recipient: the campaign stops at the first. */
const stopping = (advice: string): CodeRule => ({ class: 'template', advice, stopsCampaign: true })

export const whatsappCodes: Record<string, CodeRule> = {
  '0': rule('account', 'The access token is not valid: make a new one and set it on the sender.'),
  '1': rule('unknown', 'Meta did not say whether it took the message; its callback will.'),
  '2': rule('unknown', 'Meta was down for a moment; a callback will tell whether it took the message.'),
  '3': rule('account', 'The app lacks a capability: check its permissions.'),
  '4': rule('throttle', 'The app makes too many calls; sending slows down by itself.'),
  '10': rule('account', 'The token lacks the permission whatsapp_business_messaging.'),
  '33': rule('account', 'The phone number id is wrong or deleted: check the sender.'),
  '100': rule('template', 'Meta refuses the request itself: check the content and the graph version.'),
  '190': rule('account', 'The access token has expired: make a new one and set it on the sender.'),
  '368': rule('account', 'Meta blocked the account for its policies: see the WhatsApp manager.'),
  '80007': rule('throttle', 'The WhatsApp account makes too many calls; sending slows down by itself.'),
  '130403': rule('recipient', 'The business has blocked this person: unblock them in the WhatsApp manager.'),
  '130429': rule('throttle', 'The number sends too fast; sending slows down by itself.'),
  '130472': rule('recipient', 'Meta keeps this person out of marketing for an experiment.'),
  '130497': rule('recipient', 'The account may not write to this country.'),
  '131000': rule('unknown', 'Meta failed without saying whether it took the message; its callback will.'),
  '131005': rule('account', 'Access was denied: check the token and its permissions.'),
  '131008': rule('template', 'A required parameter is missing: check the content.'),
  '131009': rule('template', 'A parameter has a wrong value: check the content.'),
  '131016': rule('unknown', 'Meta was overloaded; a callback will tell whether it took the message.'),
  '131021': rule('recipient', 'Sender and recipient are the same number.'),
  '131026': rule('recipient', 'The number has no WhatsApp, an old version of it, or has not accepted its terms.'),
  '131030': rule('recipient', 'The number is not on the list of test recipients.'),
  '131031': rule('account', 'Meta locked the account: see the WhatsApp manager.'),
  '131037': rule('account', 'The display name of the number is not approved yet.'),
  '131042': rule('account', 'A payment method is missing or failed: see the billing page of the account.'),
  '131045': rule('account', 'The number is not registered properly: register it again.'),
  '131047': rule('recipient', 'The 24-hour session is over: use a template.'),
  '131048': rule('account', 'Too many people reported or blocked the number: wait and improve the content.'),
  '131049': rule('cool_off', 'The person gets much marketing from many businesses; the next attempt waits a day.'),
  '131050': {
    class: 'recipient',
    advice: 'The person stopped marketing from this business.',
    suppress: { scope: 'marketing', reason: 'opted_out' },
  },
  '131051': rule('template', 'Meta does not know this kind of message.'),
  '131052': rule('template', 'Meta could not download the media: check that its address is public.'),
  '131053': rule('template', 'Meta could not take the media: check its type and size.'),
  '131055': rule('template', 'This kind of message is not allowed over this call: check the content.'),
  '131056': rule('pair', 'Too many messages to this person in a short time; it waits longer.'),
  '131057': { class: 'throttle', advice: 'The number is in maintenance for about a minute.', pauseMs: 60_000 },
  '131061': rule('template', 'The template has a maximum price: only the Marketing Messages API sends it.'),
  '131062': rule('recipient', 'The recipient can only be reached by phone number.'),
  '131063': rule('account', 'Marketing over the plain Cloud API is switched off for this account.'),
  '131064': rule('account', 'The limit was reduced because templates have the wrong category.'),
  '132000': rule('template', 'The template needs another number of values.'),
  '132001': rule('template', 'The template does not exist in this language, or is not approved.'),
  '132005': rule('recipient', 'The filled-in text is too long for this person.'),
  '132007': stopping("The template breaks WhatsApp's policies."),
  '132008': rule('template', 'A value has the wrong kind for the template.'),
  '132012': rule('template', 'A value has the wrong format for the template.'),
  '132015': stopping('The template is paused for its quality: see the WhatsApp manager.'),
  '132016': stopping('The template is switched off for good: make another one.'),
  '132018': rule('template', 'A value of the template is not valid.'),
  '132068': stopping('The flow of the template is blocked.'),
  '132069': rule('template', 'The flow of the template is throttled.'),
  '133000': rule('account', 'The number must be registered again.'),
  '133005': rule('account', 'The two-step PIN of the number is wrong: register it again.'),
  '133006': rule('account', 'The number must be verified again: see the WhatsApp manager.'),
  '133008': rule('account', 'The two-step PIN was guessed too often: wait, then register the number again.'),
  '133009': rule('account', 'The two-step PIN was entered too fast: wait, then register the number again.'),
  '133015': rule('account', 'The number was deleted a moment ago: wait five minutes, then register it again.'),
  '133016': rule('account', 'The number was registered too often: wait three days.'),
  '133004': rule('unknown', 'Meta was not available; a callback will tell whether it took the message.'),
  '133010': rule('account', 'The number is not registered: register it in the WhatsApp manager.'),
  '134100': rule('template', 'Only marketing templates are allowed here.'),
  '134101': rule('template', 'The template is still being prepared: try again in ten minutes.'),
  '134102': rule('template', 'The template cannot be used here.'),
  '135000': stopping('Meta refuses the parameters of the message.'),
  '137000': rule('recipient', "The person's identity key has changed: verify the person."),
  // Templates that are submitted for approval.
  '2388019': rule('template', 'The account has as many templates as it may: delete one.'),
  '2388040': rule('template', 'A part of the template is too long.'),
  '2388047': rule('template', 'The header of the template has a wrong format.'),
  '2388072': rule('template', 'The body of the template has a wrong format.'),
  '2388073': rule('template', 'The footer of the template has a wrong format.'),
  '2388293': rule('template', 'The template has too many values for its length.'),
  '2388299': rule('template', 'A value stands at the beginning or the end of the template.'),
}

/** Meta's rule for a code; undefined for codes that are not Meta's. */
export function whatsappRule(code: string): CodeRule | undefined {
  return findRule(whatsappCodes, code)
}

/** Parts of Meta's titles and explanations in lower case, as providers hand them on without their code. The first that fits counts. */
const titles: readonly (readonly [phrase: string, code: string])[] = [
  ['part of an experiment', '130472'],
  ['outside the allowed window', '131047'],
  ['outside of allowed window', '131047'],
  ['more than 24 hours have passed', '131047'],
  ['re-engagement', '131047'],
  ['healthy ecosystem engagement', '131049'],
  ['chose not to deliver', '131049'],
  ['stopped receiving marketing messages', '131050'],
  ['stopped marketing messages', '131050'],
  ['pair rate limit hit', '131056'],
  ['spam rate limit hit', '131048'],
  ['message undeliverable', '131026'],
  ['recipient cannot be sender', '131021'],
  ['not in allowed list', '131030'],
  ['restricted from messaging users in this country', '130497'],
  ['account has been locked', '131031'],
  ['payment issue', '131042'],
  ['phone number not registered', '133010'],
  ['template does not exist', '132001'],
  ['template name does not exist', '132001'],
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
]

/**
 * Meta's code in the words of another provider: `(#131050) User stopped`, `131026: undeliverable`,
 * `whatsapp::external::131049`, or a title of Meta's without its code. Short codes count only where they are marked as
 * codes; undefined when none is known.
 */
export function whatsappCodeIn(text: string): string | undefined {
  const marked = [...text.matchAll(/\(#(\d{1,7})\)|::external::(\d{1,7})\b|\bcode\W{1,3}(\d{3,7})\b|\b(\d{6,7})\b/gi)]
  const codes = marked.flatMap(([, ...found]) => found.filter((code) => code !== undefined))
  const lower = text.toLowerCase()
  return (
    codes.find((code) => whatsappRule(code) !== undefined) ?? titles.find(([phrase]) => lower.includes(phrase))?.[1]
  )
}

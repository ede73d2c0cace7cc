// A sender at 1MSG: one channel. What the provider's pages leave open is a setting here, with our guess as its default.
import { z } from 'zod'

export const oneMsgSettings = z.strictObject({
  channelId: z.string().regex(/^[A-Za-z0-9]{1,64}$/, 'is the id of the channel: letters and digits'),
  /** Goes into the query of every call. */
  token: z.string().min(1),
  /** Of the templates, as the template list tells it; a content may name another. Empty is sent as it is. */
  namespace: z.string().max(128).default(''),
  /** People see that their messages were read. */
  markRead: z.boolean().default(false),
  /** Carries the rest of a template's validity in messageSendTtlSeconds. */
  sendValidity: z.boolean().default(true),
  /** Marketing Messages API for templates: true forces it, unset leaves it to the channel. */
  useMMlite: z.boolean().optional(),
  /** Click tracking, on the Marketing Messages API only. */
  messageActivitySharing: z.boolean().optional(),
  /** The pages type the phone as a number, their examples and newer schemas as text. */
  phoneFormat: z.enum(['text', 'number']).default('text'),
  /** The pages speak of an Authorize header beside the token in the query; none is needed. */
  authorizationHeader: z.boolean().default(false),
  /** How a template's carousel component is written. */
  templateCarouselType: z.enum(['CAROUSEL', 'carousel']).default('CAROUSEL'),
  /** `type` of a session carousel's card that has reply buttons. */
  replyCardType: z.enum(['cta_url', 'quick_reply']).default('cta_url'),
  /** Takes a lone message to the same person at the same time in the channel's history for the one in doubt. */
  lookUpByHistory: z.boolean().default(true),
})
export type OneMsgSettings = z.output<typeof oneMsgSettings>

export const oneMsgSecretKeys = ['token']

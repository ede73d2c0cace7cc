// A sender at the Meta Cloud API: one business phone number of one WhatsApp business account.
import { z } from 'zod'

export const metaSettings = z.strictObject({
  phoneNumberId: z.string().regex(/^\d{5,20}$/, 'is the number id of digits in the WhatsApp manager, not the phone'),
  /** System-user token with whatsapp_business_messaging. */
  accessToken: z.string().min(1),
  /** Signs the callbacks; without it none is believed. */
  appSecret: z.string().min(1),
  /** Answer to Meta's handshake; the token of our webhook address unless set. */
  verifyToken: z.string().min(1).optional(),
  wabaId: z
    .string()
    .regex(/^\d{5,20}$/)
    .optional(),
  graphVersion: z
    .string()
    .regex(/^v\d{1,3}\.\d$/, 'looks like v25.0')
    .default('v25.0'),
  /** Whether people see that their messages to us were read. */
  markRead: z.boolean().default(false),
  /** Whether the app demands a proof of its secret with each call ("Require app secret"). */
  appSecretProof: z.boolean().default(false),
})
export type MetaSettings = z.output<typeof metaSettings>

export const metaSecretKeys = ['accessToken', 'appSecret', 'verifyToken']

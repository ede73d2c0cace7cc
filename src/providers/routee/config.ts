// A sender at Routee: one WhatsApp number of one Routee application. What Routee's pages leave open is a setting whose
// default is the likeliest reading (docs/providers/routee.md).
import { z } from 'zod'

const path = z
  .string()
  .regex(/^(?:\/[A-Za-z0-9_.~-]+)*$/, 'begins with / and does not end with it; empty for no prefix')

export const routeeSettings = z.strictObject({
  applicationId: z.string().min(1),
  applicationSecret: z.string().min(1),
  /** The number that got the verification pin. */
  from: z.string().min(1).max(64),
  whatsappAccountId: z
    .string()
    .regex(/^[A-Za-z0-9_.~-]{1,100}$/)
    .optional(),
  /** Before every path of the WhatsApp API. */
  pathPrefix: path.default('/whatsapp'),
  /** Whether media, locations and templates carry a `text` too: the page calls it required. */
  fillText: z.boolean().default(true),
  /** How the template object names its keys. */
  templateKeys: z.enum(['templateId', 'templateName']).default('templateId'),
  webhookMethod: z.enum(['POST', 'PUT']).default('POST'),
})
export type RouteeSettings = z.output<typeof routeeSettings>

export const routeeSecretKeys = ['applicationSecret']

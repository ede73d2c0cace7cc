// A sender at Routee: one WhatsApp number of one Routee application. What Routee's pages leave open is a setting whose
// default is the likeliest reading (docs/providers/routee.md).
import { z } from 'zod'
import { pathName, pathPrefix } from '../path-setting.ts'

export const routeeSettings = z.strictObject({
  applicationId: z.string().min(1),
  applicationSecret: z.string().min(1),
  /** The number that got the verification pin. */
  from: z.string().min(1).max(64),
  whatsappAccountId: pathName().optional(),
  /** Before every path of the WhatsApp API. */
  pathPrefix: pathPrefix().default('/whatsapp'),
  /** Whether media, locations and templates carry a `text` too: the page calls it required. */
  fillText: z.boolean().default(true),
  /** How the template object names its keys. */
  templateKeys: z.enum(['templateId', 'templateName']).default('templateId'),
  webhookMethod: z.enum(['POST', 'PUT']).default('POST'),
})
export type RouteeSettings = z.output<typeof routeeSettings>

export const routeeSecretKeys = ['applicationSecret']

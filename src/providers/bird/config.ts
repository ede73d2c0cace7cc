// A sender at Bird's Channels API: one WhatsApp channel of one workspace.
import { z } from 'zod'

const birdId = z.guid('is an id such as 7a6b5c4d-0000-4000-8000-000000000002, from the address of the page in Bird')
/** Goes into a header: nothing but printable characters. */
const key = z.string().regex(/^[\x21-\x7e]+$/, 'is one line of printable characters without spaces')

export const birdSettings = z.strictObject({
  workspaceId: birdId,
  channelId: birdId,
  /** Needs a role that may send messages and read contacts of the channel. */
  accessKey: key,
  /** Signs the callbacks: the key of the webhook subscription. */
  signingKey: key,
  /** Part of the address under which Bird documents webhook subscriptions. */
  organizationId: z
    .string()
    .regex(/^[\w-]{1,64}$/)
    .optional(),
  /** What contacts are found by; Bird documents `phonenumber` for WhatsApp. */
  identifierKey: z
    .string()
    .regex(/^[\w-]{1,64}$/)
    .default('phonenumber'),
})
export type BirdSettings = z.output<typeof birdSettings>

export const birdSecretKeys = ['accessKey', 'signingKey']

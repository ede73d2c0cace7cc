// A sender at Zixflow: one WhatsApp number, over one of Zixflow's two APIs. What its pages leave open is a setting whose
// default is the likeliest reading (docs/providers/zixflow.md).
import { z } from 'zod'
import { pathPrefix } from '../path-setting.ts'

const pathPart = z.string().regex(/^[A-Za-z0-9_-]+(?:\/[A-Za-z0-9_-]+)*$/, 'is a path without / at its ends')

/** Kinds whose path at the newer API is not written anywhere. */
const paths = z.strictObject({
  image: pathPart.default('image'),
  video: pathPart.default('video'),
  audio: pathPart.default('audio'),
  document: pathPart.default('document'),
  sticker: pathPart.default('sticker'),
  location: pathPart.default('location'),
  list: pathPart.default('interactive/list-buttons'),
  locationRequest: pathPart.default('interactive/location-request'),
  carousel: pathPart.default('interactive/media-carousel'),
})

export const zixflowSettings = z
  .strictObject({
    /** Meta's id of the number, as Zixflow's WhatsApp settings show it. */
    phoneId: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, 'is the phone id beside the number in the WhatsApp settings'),
    apiKey: z.string().min(1),
    api: z.enum(['campaign', 'ai']).default('campaign'),
    /** Needed by the API `ai`. */
    workspaceId: z.string().min(1).max(100).optional(),
    /** Value of the header that the account's webhook for incoming messages was given; without it the address is believed. */
    webhookSecret: z.string().min(8).optional(),
    webhookHeader: z
      .string()
      .regex(/^[A-Za-z0-9-]{1,64}$/)
      .default('x-webhook-secret'),
    /** Key of the value of a template's text header. */
    headerVariable: z.string().min(1).max(64).default('header_1'),
    // Of the API `campaign`:
    source: z.string().min(1).max(100).optional(),
    linkWithRecord: z.boolean().optional(),
    /** Without it no answer names the message, and no report can be told apart. */
    submissionStatus: z.boolean().default(true),
    /** Whether session messages name an address for reports too: the page shows it for templates. */
    reportSessions: z.boolean().default(true),
    /** How the header of buttons names its file: the address itself, or an object with `link`. */
    headerMedia: z.enum(['text', 'object']).default('text'),
    // Of the API `ai`:
    pathPrefix: pathPrefix().min(1, 'begins with / and does not end with it').default('/api/ingest'),
    paths: paths.prefault({}),
  })
  .refine(({ api, workspaceId }) => api !== 'ai' || workspaceId !== undefined, {
    path: ['workspaceId'],
    message: 'is needed by the API ai',
  })
export type ZixflowSettings = z.output<typeof zixflowSettings>

export const zixflowSecretKeys = ['apiKey', 'webhookSecret']

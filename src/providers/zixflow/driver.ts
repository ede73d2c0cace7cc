// Zixflow, with its two APIs: `api` of the sender's settings chooses. Neither has a key that makes a call safe to repeat;
// only the newer one brings our reference back.
import type { Content } from '../../domain/content.ts'
import type { Capabilities, Provider } from '../provider.ts'
import { connectAiApi } from './ai-api.ts'
import { connectCampaignApi } from './campaign-api.ts'
import { type ZixflowSettings, zixflowSecretKeys, zixflowSettings } from './config.ts'
import { contentProblems } from './content-problems.ts'

const campaignContent = [
  'text',
  'image',
  'video',
  'audio',
  'document',
  'sticker',
  'location',
  'contacts',
  'buttons',
  'list',
  'template',
] as const satisfies Content['type'][]

const capabilities: Capabilities = {
  content: campaignContent,
  hasReplyTo: false,
  hasLinkTracking: false,
  needsSession: true,
  asksForSession: false,
  hasReference: false,
  lookUp: 'none',
  idempotencyWindowMs: 0,
  hasValidity: false,
  hasScheduling: false,
  hasFrequencyCap: false,
  hasTags: false,
  hasGroups: false,
  statuses: ['sent', 'delivered', 'read', 'failed'],
  webhookProof: 'address',
  templates: [],
}

export const zixflowProvider: Provider<ZixflowSettings> = {
  name: 'zixflow',
  title: 'Zixflow',
  capabilities,
  settings: zixflowSettings,
  secretKeys: zixflowSecretKeys,
  baseUrl: 'https://api.zixflow.com',
  variantFor: ({ api, headerMedia }) => {
    if (api === 'ai') return zixflowAi as Provider
    return headerMedia === 'object' ? (withFileNames as Provider) : undefined
  },
  contentProblems: (content) => contentProblems(content, false),
  connect: connectCampaignApi,
}

/** The header of buttons can hold more than an address. */
const withFileNames: Provider<ZixflowSettings> = {
  ...zixflowProvider,
  contentProblems: (content) => contentProblems(content, true),
}

export const zixflowAi: Provider<ZixflowSettings> = {
  ...withFileNames,
  title: 'Zixflow AI',
  capabilities: {
    ...capabilities,
    content: [...campaignContent, 'reaction', 'locationRequest', 'carousel'],
    hasReference: true,
    lookUp: 'trackingId',
    templates: ['list'],
  },
  baseUrl: 'https://api-ai.zixflow.com',
  connect: connectAiApi,
}

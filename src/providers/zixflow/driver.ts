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
  hasTemplateStatus: false,
  hasAccountCheck: false,
}

const common = {
  name: 'zixflow',
  settings: zixflowSettings,
  secretKeys: zixflowSecretKeys,
} as const

const ai: Provider<ZixflowSettings> = {
  ...common,
  title: 'Zixflow AI',
  capabilities: {
    ...capabilities,
    content: [...campaignContent, 'reaction', 'locationRequest', 'carousel'],
    hasReference: true,
    lookUp: 'trackingId',
    templates: ['list'],
    hasTemplateStatus: true,
    hasAccountCheck: true,
  },
  baseUrl: 'https://api-ai.zixflow.com',
  contentProblems: (content) => contentProblems(content, true),
  connect: connectAiApi,
}

const campaign: Provider<ZixflowSettings> = {
  ...common,
  title: 'Zixflow',
  capabilities: { ...capabilities, templates: ['find'] },
  baseUrl: 'https://api.zixflow.com',
  contentProblems: (content) => contentProblems(content, false),
  connect: connectCampaignApi,
}

export const zixflowProvider: Provider<ZixflowSettings> = {
  ...campaign,
  variants: [ai as Provider],
  variantFor: ({ api, headerMedia }) => {
    if (api === 'ai') return ai as Provider
    // An object in the header of buttons can hold more than an address.
    const withFileNames = { ...campaign, contentProblems: (content: Content) => contentProblems(content, true) }
    return headerMedia === 'object' ? (withFileNames as Provider) : undefined
  },
}

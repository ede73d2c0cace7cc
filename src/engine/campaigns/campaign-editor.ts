// What an editor of campaigns chooses from: senders with what their providers can send, lists with their fields,
// templates that are known.
import type { ContentType } from '../../domain/content.ts'
import { getProvider } from '../../providers/registry.ts'
import { listLaunchedNames } from '../../store/campaigns.ts'
import { listLists } from '../../store/lists.ts'
import { listSenders } from '../../store/senders.ts'
import type { Context } from '../context.ts'
import { showTemplates, type TemplateView } from '../senders/templates.ts'

const CAMPAIGNS_OFFERED = 200

export interface EditorFacts {
  senders: {
    name: string
    provider: string
    content: readonly ContentType[]
    /** Whether everything but templates goes only to people who wrote within 24 hours. */
    needsSession: boolean
    /** Whether those who did not are left out; a driver that asks the provider decides at the call instead. */
    leavesOutClosed: boolean
    hasReplyTo: boolean
    hasLinkTracking: boolean
    ratePerSecond: number
    dailyLimit: number | null
  }[]
  lists: { name: string; fields: string[]; isBusy: boolean }[]
  templates: TemplateView[]
  /** The newest that were launched: a filter may ask what became of them. */
  campaigns: string[]
  timeZone: string
}

export async function readEditorFacts(ctx: Context): Promise<EditorFacts> {
  const templates = await showTemplates(ctx)
  return ctx.db.read(async (tx) => ({
    senders: (await listSenders(tx)).map(({ name, provider, credentials, ratePerSecond, dailyLimit }) => {
      const { title, capabilities } = getProvider(provider, credentials)
      const { content, needsSession, asksForSession, hasReplyTo, hasLinkTracking } = capabilities
      const can = { content, needsSession, hasReplyTo, hasLinkTracking }
      const leavesOutClosed = needsSession && !asksForSession
      return { name, provider: title, ...can, leavesOutClosed, ratePerSecond, dailyLimit }
    }),
    lists: (await listLists(tx)).map(({ name, fields, isBusy }) => ({ name, fields, isBusy })),
    templates,
    campaigns: await listLaunchedNames(tx, CAMPAIGNS_OFFERED),
    timeZone: ctx.config.timeZone,
  }))
}

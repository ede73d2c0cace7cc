// What an editor of campaigns chooses from: senders with what their providers can send, lists with their fields,
// templates that are known. What was chosen is always among it; of everything else no more than a page shows.
import type { ContentType } from '../../domain/content.ts'
import { getProvider } from '../../providers/registry.ts'
import { listLaunchedNames, listNewestDefinitions } from '../../store/campaigns.ts'
import type { ReadTx } from '../../store/database.ts'
import { findLists } from '../../store/lists.ts'
import { findSenders } from '../../store/senders.ts'
import { findTemplates } from '../../store/templates.ts'
import type { Context } from '../context.ts'
import { type TemplateView, viewTemplate } from '../senders/template-list.ts'
import { type Used, type UsedLast, usedFirst, usedLast } from './used-last.ts'

const CAMPAIGNS_OFFERED = 200
const LISTS_OFFERED = 50
const SENDERS_OFFERED = 50
const TEMPLATES_OFFERED = 200
/** The newest definitions that say what was used last. */
const REVISIONS_LOOKED_AT = 10

/** What a form says already, and looks for. */
export interface EditorChoice {
  lists: readonly string[]
  sender: string | undefined
  /** Parts of names. */
  listsHold?: string | undefined
  sendersHold?: string | undefined
}

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
    used: Used
  }[]
  lists: { name: string; fields: string[]; isBusy: boolean; used: Used; usedToExclude: Used }[]
  /** Of the chosen sender. */
  templates: (TemplateView & { used: Used })[]
  /** Whether there are others than those that are offered. */
  hasMore: { senders: boolean; lists: boolean; templates: boolean }
  /** The newest that were launched: a filter may ask what became of them. */
  campaigns: string[]
}

export async function readEditorFacts(ctx: Context, choice: EditorChoice): Promise<EditorFacts> {
  return ctx.db.read(async (tx) => {
    const used = usedLast(await listNewestDefinitions(tx, REVISIONS_LOOKED_AT))
    const lists = await findLists(tx, {
      names: [...choice.lists, ...firstOf(used.lists, choice.listsHold)],
      nameHolds: choice.listsHold,
      limit: LISTS_OFFERED,
    })
    const senders = await findSenders(tx, {
      names: [...(choice.sender === undefined ? [] : [choice.sender]), ...firstOf(used.senders, choice.sendersHold)],
      nameHolds: choice.sendersHold,
      limit: SENDERS_OFFERED,
    })
    // A new form begins with the first one.
    const sender = senders.found.find(({ name }) => name === choice.sender) ?? senders.found[0]
    const templates = sender === undefined ? [] : await templatesOf(tx, sender, used)
    return {
      senders: usedFirst(senders.found, used.senders).map((found) => {
        const { name, provider, credentials, ratePerSecond, dailyLimit } = found
        const { title, capabilities } = getProvider(provider, credentials)
        const { content, needsSession, asksForSession, hasReplyTo, hasLinkTracking } = capabilities
        const can = { content, needsSession, hasReplyTo, hasLinkTracking }
        const leavesOutClosed = needsSession && !asksForSession
        return {
          name,
          provider: title,
          ...can,
          leavesOutClosed,
          ratePerSecond,
          dailyLimit,
          used: used.senders.get(name),
        }
      }),
      lists: usedFirst(lists.found, used.lists).map(({ name, fields, isBusy }) => {
        return { name, fields, isBusy, used: used.lists.get(name), usedToExclude: used.excluded.get(name) }
      }),
      templates: templates.slice(0, TEMPLATES_OFFERED),
      hasMore: { senders: senders.hasMore, lists: lists.hasMore, templates: templates.length > TEMPLATES_OFFERED },
      campaigns: await listLaunchedNames(tx, CAMPAIGNS_OFFERED),
    }
  })
}

/** What a search looks for is not mixed with what was used. */
function firstOf(used: ReadonlyMap<string, Used>, nameHolds: string | undefined): string[] {
  return (nameHolds ?? '') === '' ? [...used.keys()] : []
}

async function templatesOf(
  tx: ReadTx,
  { id, name }: { id: number; name: string },
  { templates }: UsedLast,
): Promise<EditorFacts['templates']> {
  const first = [...templates.keys()]
  const rows = await findTemplates(tx, id, { first, limit: TEMPLATES_OFFERED + 1 })
  return usedFirst(rows, templates).map((row) => ({ ...viewTemplate(row, name), used: templates.get(row.name) }))
}

// Templates as providers told of them: replaced by a sync, changed by callbacks since.
import { and, desc, eq, inArray, sql } from 'drizzle-orm'
import type { CampaignDefinition } from '../domain/campaign.ts'
import type { ProviderTemplate } from '../domain/template.ts'
import type { Present, ReadTx, WriteTx } from './database.ts'
import { readDefinition } from './definition.ts'
import { senders, templates } from './schema.ts'

export type TemplateRow = typeof templates.$inferSelect

export async function listTemplates(tx: ReadTx, senderId: number): Promise<TemplateRow[]> {
  const ofSender = tx.orm.select().from(templates).where(eq(templates.senderId, senderId))
  return ofSender.orderBy(templates.name, templates.language)
}

/** Templates to choose from: those with the names that come first, then the others by name. */
export async function findTemplates(
  tx: ReadTx,
  senderId: number,
  choice: { first: readonly string[]; limit: number },
): Promise<TemplateRow[]> {
  const isFirst = sql`CASE WHEN ${inArray(templates.name, [...choice.first])} THEN 1 ELSE 0 END`
  const ofSender = tx.orm.select().from(templates).where(eq(templates.senderId, senderId))
  return ofSender.orderBy(desc(isFirst), templates.name, templates.language).limit(choice.limit)
}

/** A page of them, of one sender or of all, by sender, name and language. */
export async function listTemplatePage(
  tx: ReadTx,
  page: { senderId: number | undefined; after: TemplatePlace | undefined; limit: number },
): Promise<TemplateRow[]> {
  const { senderId, name, language } = page.after ?? { senderId: 0, name: '', language: '' }
  const { senderId: ofSender, name: ofName, language: ofLanguage } = templates
  return tx.orm
    .select()
    .from(templates)
    .where(
      and(
        sql`(${ofSender}, ${ofName}, ${ofLanguage}) > (${senderId}, ${name}, ${language})`,
        ...(page.senderId === undefined ? [] : [eq(ofSender, page.senderId)]),
      ),
    )
    .orderBy(ofSender, ofName, ofLanguage)
    .limit(page.limit)
}

/** Where a template stands in the order of pages. */
export interface TemplatePlace {
  senderId: number
  name: string
  language: string
}

/** One template as the provider tells of it now. */
export async function putTemplate(
  tx: WriteTx,
  senderId: number,
  template: ProviderTemplate,
  now: Present,
): Promise<void> {
  const { name, language, quality = null, text = null, ...said } = template
  const told = { ...said, quality, text, updatedAt: now }
  await tx.orm
    .insert(templates)
    .values({ senderId, name, language, ...told })
    .onConflictDoUpdate({ target: [templates.senderId, templates.name, templates.language], set: told })
}

/** What is known of an existing template changes. Returns how many rows there were. */
export async function changeTemplate(
  tx: WriteTx,
  which: { senderIds: readonly number[]; name: string; language: string | null },
  change: Partial<Pick<TemplateRow, 'status' | 'statusDetail' | 'quality' | 'category'>>,
  now: Present,
): Promise<number> {
  const rows = await tx.orm
    .update(templates)
    .set({ ...change, updatedAt: now })
    .where(
      and(
        inArray(templates.senderId, [...which.senderIds]),
        eq(templates.name, which.name),
        ...(which.language === null ? [] : [eq(templates.language, which.language)]),
      ),
    )
    .returning({ id: templates.id })
  return rows.length
}

/** Every language of it, or one. */
export async function deleteTemplate(tx: WriteTx, senderId: number, name: string, language?: string): Promise<void> {
  await tx.orm
    .delete(templates)
    .where(
      and(
        eq(templates.senderId, senderId),
        eq(templates.name, name),
        ...(language === undefined ? [] : [eq(templates.language, language)]),
      ),
    )
}

export async function noteTemplateSync(tx: WriteTx, senderId: number, now: Present): Promise<void> {
  await tx.orm.update(senders).set({ templatesSyncedAt: now }).where(eq(senders.id, senderId))
}

/** Senders of one account: they have the same templates. */
export async function listSendersOfAccount(tx: ReadTx, provider: string, account: string): Promise<number[]> {
  const rows = await tx.orm
    .select({ id: senders.id })
    .from(senders)
    .where(and(eq(senders.provider, provider), eq(senders.account, account)))
  return rows.map((row) => row.id)
}

interface CampaignOfSender {
  id: number
  content: CampaignDefinition['content']
}

/** Launched campaigns of these senders, with what they say. */
export async function listLiveCampaigns(tx: ReadTx, senderIds: readonly number[]): Promise<CampaignOfSender[]> {
  return listCampaignsIn(tx, senderIds, ['scheduled', 'running'])
}

/** Names of the templates that campaigns of a sender want to send. */
export async function listTemplatesInUse(
  tx: ReadTx,
  senderId: number,
): Promise<Pick<TemplateRow, 'name' | 'language'>[]> {
  const found = await listCampaignsIn(tx, [senderId], ['draft', 'scheduled', 'running', 'paused'])
  return found.flatMap(({ content }) =>
    content.type === 'template' ? [{ name: content.template, language: content.language }] : [],
  )
}

async function listCampaignsIn(
  tx: ReadTx,
  senderIds: readonly number[],
  statuses: readonly string[],
): Promise<CampaignOfSender[]> {
  const rows = await tx.all<{ id: number; definition: string }>(
    `SELECT c.id, v.definition FROM campaigns c JOIN campaign_revisions v ON v.id = c.revision_id
     WHERE c.sender_id IN (${senderIds.map(() => '?').join()}) AND c.status IN (${statuses.map(() => '?').join()}) ORDER BY c.id`,
    [...senderIds, ...statuses],
  )
  return rows.flatMap(({ id, definition }) => {
    const { content } = readDefinition(definition) as Partial<CampaignDefinition>
    return content === undefined ? [] : [{ id, content }]
  })
}

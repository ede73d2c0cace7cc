// What a callback says about a template: kept for every sender of the account, and campaigns that can no longer send are
// paused as the breaker would, before their people are tried one by one.
import type { TemplateStatus } from '../../domain/template.ts'
import type { WebhookItem } from '../../providers/provider.ts'
import { pauseCampaign } from '../../store/campaigns.ts'
import type { Present, WriteTx } from '../../store/database.ts'
import type { Sender } from '../../store/senders.ts'
import { changeTemplate, listLiveCampaigns, listSendersOfAccount, putTemplate } from '../../store/templates.ts'

type TemplateItem = Extract<WebhookItem, { kind: 'template' }>

/** Statuses with which nothing more is sent. */
const stopping: readonly TemplateStatus[] = ['paused', 'disabled', 'rejected']

export async function applyTemplate(tx: WriteTx, sender: Sender, item: TemplateItem, now: Present): Promise<void> {
  const { name, language, status, statusDetail = '', quality, category } = item
  const senderIds = await listSendersOfAccount(tx, sender.provider, sender.account)
  const change = {
    ...(status !== undefined && { status, statusDetail }),
    ...(quality !== undefined && { quality }),
    ...(category !== undefined && { category }),
  }
  const known = await changeTemplate(tx, { senderIds, name, language }, change, now)
  if (known === 0 && language !== null && status !== undefined)
    for (const senderId of senderIds)
      await putTemplate(
        tx,
        senderId,
        {
          name,
          title: name,
          language,
          status,
          statusDetail,
          category: category ?? null,
          namespace: null,
          shape: null,
        },
        now,
      )
  if (status !== undefined && stopping.includes(status)) await pauseUsers(tx, senderIds, { ...item, status }, now)
}

async function pauseUsers(
  tx: WriteTx,
  senderIds: readonly number[],
  item: TemplateItem & { status: TemplateStatus },
  now: Present,
): Promise<void> {
  for (const { id, content } of await listLiveCampaigns(tx, senderIds)) {
    if (content.type !== 'template' || content.template !== item.name) continue
    if (item.language !== null && content.language !== item.language) continue
    const detail = {
      code: `template_${item.status}`,
      text: `${item.name}: ${item.statusDetail ?? item.status}`,
      advice: 'WhatsApp takes no message with this template for now: see the templates of the account.',
    }
    await pauseCampaign(tx, id, 'template_errors', detail, now)
  }
}

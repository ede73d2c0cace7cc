// What a forecast and a review say of what is not known before the first message is sent: one sentence, by what the provider
// declares and what it has told. Reads only.
import type { Campaign } from '../../domain/campaign.ts'
import { type Foreknowledge, foreknowledgeOf } from '../../domain/foreknowledge.ts'
import { formatInstant } from '../../domain/instant.ts'
import { findTemplate } from '../../domain/template.ts'
import { getProvider } from '../../providers/registry.ts'
import type { ReadTx } from '../../store/database.ts'
import type { Sender } from '../../store/senders.ts'
import { listTemplates } from '../../store/templates.ts'

export interface KnownBefore {
  code: Foreknowledge
  /** Null when nothing is left open. */
  text: string | null
}

export async function readKnownBefore(
  tx: ReadTx,
  sender: Sender,
  { definition }: Pick<Campaign, 'definition'>,
): Promise<KnownBefore> {
  const { title, capabilities } = getProvider(sender.provider, sender.credentials)
  const { content } = definition
  const found = content.type === 'template' ? findTemplate(await listTemplates(tx, sender.id), content) : undefined
  const templateToldAt = found?.updatedAt ?? null
  const code = foreknowledgeOf(
    {
      ...capabilities,
      tellsTemplates: capabilities.templates.includes('list') || capabilities.templates.includes('find'),
      tellsApproval: capabilities.hasTemplateStatus,
    },
    { isTemplate: content.type === 'template', assumesSession: definition.session === 'assume', templateToldAt },
  )
  const toldAt = templateToldAt === null ? '' : formatInstant(templateToldAt)
  return { code, text: words[code]?.({ title, toldAt, sender: sender.name }) ?? null }
}

interface Named {
  title: string
  toldAt: string
  sender: string
}

const words = {
  nothing_open: null,
  session_seen: ({ title }) =>
    `${title} does not say who has an open 24-hour session. Counted are people whose message Herald has seen in the last 24 hours; all others are left out.`,
  session_asked: ({ title }) =>
    `${title} is asked right before each message whether the 24-hour session is open, so people whose session is closed are not counted yet.`,
  session_assumed: ({ title }) =>
    `The campaign assumes open sessions. People who did not write to you within 24 hours are refused by ${title}, and only then is it known who they are.`,
  template_told: ({ title, toldAt }) =>
    `The template and its values were compared with what ${title} told at ${toldAt}. A change since then shows when messages are sent.`,
  template_values_told: ({ title, toldAt }) =>
    `The values were compared with what ${title} told at ${toldAt}. It does not say whether the template is approved: that shows when the first message is sent.`,
  template_not_asked: ({ title, sender }) =>
    `${title} has not been asked about this template, so its approval and values are not checked: \`herald templates sync "${sender}"\`.`,
  template_not_told: ({ title }) =>
    `${title} does not tell of templates. Whether this one is approved and takes these values shows when the first message is sent.`,
} as const satisfies Record<Foreknowledge, ((named: Named) => string) | null>

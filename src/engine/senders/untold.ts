// What a provider has no call for, in sentences: said when a sender is added, before anyone relies on it.
import type { Provider } from '../../providers/provider.ts'

export function untoldOf({ name, title, capabilities }: Provider): string[] {
  if (name === 'sandbox') return []
  const { hasAccountCheck, templates, hasTemplateStatus } = capabilities
  const tellsTemplates = templates.includes('list') || templates.includes('find')
  return [
    hasAccountCheck
      ? undefined
      : `${title} has no call for the state of the account: a wrong key or number shows when the first message is refused`,
    tellsTemplates
      ? undefined
      : `${title} tells nothing of templates here: whether one is approved and takes its values shows when the first message is refused`,
    tellsTemplates && !hasTemplateStatus
      ? `${title} tells which values a template takes, not whether it is approved: that shows when the first message is sent`
      : undefined,
  ].filter((sentence) => sentence !== undefined)
}

// What a launch knows of a campaign's messages before the provider has seen one, and what it cannot know: whether sessions are
// open, whether the template is approved and takes these values.

/** What a provider lets others know before a message is sent. */
export interface ToldBefore {
  needsSession: boolean
  asksForSession: boolean
  /** The provider tells of templates, of all or of those that are named. */
  tellsTemplates: boolean
  /** It tells whether a template is approved. */
  tellsApproval: boolean
}

export interface AskedAbout {
  isTemplate: boolean
  assumesSession: boolean
  /** When the provider last told of the template; null when it has not. */
  templateToldAt: number | null
}

export const foreknowledges = [
  'nothing_open',
  'session_seen',
  'session_asked',
  'session_assumed',
  'template_told',
  'template_values_told',
  'template_not_asked',
  'template_not_told',
] as const
export type Foreknowledge = (typeof foreknowledges)[number]

export function foreknowledgeOf(told: ToldBefore, asked: AskedAbout): Foreknowledge {
  if (!asked.isTemplate) return sessionKnowledge(told, asked)
  if (asked.templateToldAt !== null) return told.tellsApproval ? 'template_told' : 'template_values_told'
  if (told.tellsTemplates) return 'template_not_asked'
  // A provider without sessions has no approval either.
  return told.needsSession ? 'template_not_told' : 'nothing_open'
}

function sessionKnowledge(told: ToldBefore, { assumesSession }: AskedAbout): Foreknowledge {
  if (!told.needsSession) return 'nothing_open'
  if (assumesSession) return 'session_assumed'
  return told.asksForSession ? 'session_asked' : 'session_seen'
}

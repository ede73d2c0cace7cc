// Why a campaign or a sender is paused, as a clause without a full stop.

const campaignPauses: Record<string, string> = {
  template_errors: 'the provider refused its content or template',
  failed_share: 'too many of its messages failed',
  restored: 'the database was restored from a backup',
  definition_unreadable: 'what it should do cannot be read any more',
  account_error: 'the provider refuses the account',
}

const senderPauses: Record<string, string> = {
  operator: 'it was paused by hand',
  account_error: 'the provider refuses the account',
}

/** Why a campaign paused itself. */
export function campaignPauseText(reason: string): string {
  return wordsOf(campaignPauses, reason)
}

/** With what the provider said of it. */
export function senderPauseText(reason: string | null, detail: string | null): string {
  const why = wordsOf(senderPauses, reason ?? 'operator')
  return detail === null ? why : `${why}: ${detail.replace(/\.$/, '')}`
}

function wordsOf(known: Record<string, string>, reason: string): string {
  return Object.hasOwn(known, reason) ? (known[reason] ?? reason) : reason.replaceAll('_', ' ')
}

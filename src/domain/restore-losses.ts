// What a restore could not carry over, or not all of it, by the kinds that a person has to do something about.

/** Tables of a database that each kind is read from. */
const tablesOf = {
  optOuts: ['suppressions', 'contact_user_ids', 'former_numbers'],
  erasures: ['contacts'],
  consents: ['contacts', 'consents'],
  access: ['users', 'api_keys'],
  calls: ['campaigns', 'campaign_revisions', 'runs', 'messages', 'attempts', 'nodes', 'settings'],
  caps: ['cap_uses', 'contact_senders'],
  callbacks: ['webhook_events', 'replies'],
} as const satisfies Record<string, readonly string[]>

export type RestoreLoss = keyof typeof tablesOf
/** The ids of two databases mean the same things only where one goes on from the other. */
const needSameHistory: readonly RestoreLoss[] = ['erasures', 'calls', 'caps', 'callbacks']

export interface OldFacts {
  /** Everything that it had at the end can be read. */
  isWhole: boolean
  /** Something can be read of it. */
  isRead: boolean
  /** What it says is how things were at the end, where it can be read. */
  isNewest: boolean
  /** It goes on from the backup. */
  isSameHistory: boolean
  /** Tables of which rows cannot be read. */
  gaps: readonly string[]
}

export function lossesOf(old: OldFacts): RestoreLoss[] {
  const { isWhole, isRead, isNewest, isSameHistory, gaps } = old
  return (Object.keys(tablesOf) as RestoreLoss[]).filter((kind) => {
    if (!isRead || (!isSameHistory && needSameHistory.includes(kind))) return true
    if (isWhole) return false
    return !isNewest || tablesOf[kind].some((table) => gaps.includes(table))
  })
}

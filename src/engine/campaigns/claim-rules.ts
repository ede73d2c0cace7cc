// What the claim asks of the messages of one campaign revision at one sender: read once per revision, and again when
// the installation's limits change.
import { type Campaign, parseCampaign } from '../../domain/campaign.ts'
import { type CompiledContent, compileContent } from '../../domain/content.ts'
import type { AppError } from '../../domain/errors.ts'
import { type Limits, quietHoursOf, readLimits } from '../../domain/limits.ts'
import type { ClaimRules } from '../../domain/message-rules.ts'
import type { QuietHours } from '../../domain/quiet-hours.ts'
import type { Capabilities } from '../../providers/provider.ts'
import { getProvider } from '../../providers/registry.ts'
import { type CampaignRow, getRevision } from '../../store/campaigns.ts'
import type { RulesInForce } from '../../store/claim-choice.ts'
import type { ReadTx } from '../../store/database.ts'
import { getSender, type Sender } from '../../store/senders.ts'
import { findSetting, findSettingText } from '../../store/settings.ts'
import { isUnreadable } from './unreadable-campaign.ts'

export interface RevisionRules {
  campaign: Campaign
  content: CompiledContent
  rules: ClaimRules
}

export interface UnreadableRevision {
  campaignId: number
  error: AppError
}

/** Revisions kept in memory; a campaign at work has one. */
const REVISIONS_MAX = 1000

export interface RuleFacts {
  campaignId: number
  campaign: Campaign
  limits: Limits
  sender: Pick<Sender, 'pairIntervalMs' | 'dailyLimit' | 'takesGroups'>
  capabilities: Capabilities
}

/** The rules of a campaign under the installation's limits. */
export function claimRulesOf({ campaignId, campaign, limits, sender, capabilities }: RuleFacts): ClaimRules {
  const { definition } = campaign
  return {
    campaignId,
    useCase: definition.useCase,
    tags: campaign.tags,
    isTest: false,
    overlap: campaign.schedule.overlap,
    missed: campaign.schedule.missed,
    capRules: campaign.respectsCaps ? limits.caps.filter((rule) => rule.isEnabled) : [],
    quietHours: quietHoursFor(campaign, limits),
    fallbackZone: campaign.schedule.zone,
    needsSession: needsSession(campaign, capabilities),
    pairIntervalMs: sender.pairIntervalMs,
    dailyLimit: sender.dailyLimit,
    takesGroups: takesGroups(sender, capabilities),
  }
}

export function takesGroups(sender: Pick<Sender, 'takesGroups'>, capabilities: Capabilities): boolean {
  return sender.takesGroups && capabilities.hasGroups
}

/**
 * Everything but a template needs an open session, at providers with that rule. A driver that asks the provider itself
 * decides at the call instead.
 */
export function needsSession({ definition }: Campaign, capabilities: Capabilities): boolean {
  const { content, session } = definition
  return (
    capabilities.needsSession && !capabilities.asksForSession && content.type !== 'template' && session !== 'assume'
  )
}

/** Messages a second of a campaign at a sender: the lower of both rates. */
export function rateOf({ definition }: Campaign, { ratePerSecond }: Pick<Sender, 'ratePerSecond'>): number {
  return Math.min(ratePerSecond, definition.limits?.ratePerSecond ?? ratePerSecond)
}

function quietHoursFor(campaign: Campaign, limits: Limits): QuietHours | null {
  const { quietHours } = campaign
  if (quietHours.mode === 'own') return quietHours.policy
  if (quietHours.mode === 'ignore') return null
  const policy = quietHoursOf(limits)
  return policy !== null && quietHours.mode === 'skip' ? { ...policy, action: 'skip' } : policy
}

/** A campaign as one of its revisions says, with the rules under which it is sent now. */
export async function readRules(tx: ReadTx, row: CampaignRow, revisionId: number, defaultZone: string) {
  const revision = await getRevision(tx, revisionId)
  const campaign = parseCampaign(revision.definition, defaultZone)
  const sender = await getSender(tx, row.senderId)
  const limits = readLimits(await findSetting(tx, 'limits'))
  const { capabilities } = getProvider(sender.provider, sender.credentials)
  return { campaign, sender, rules: claimRulesOf({ campaignId: row.id, campaign, limits, sender, capabilities }) }
}

/** The rules of the revisions that a sender is working on. */
export class RuleBook {
  readonly #sender: Sender
  readonly #capabilities: Capabilities
  readonly #defaultZone: string
  readonly #revisions = new Map<number, RevisionRules>()
  readonly #rules = new Map<number, ClaimRules>()
  #limitsText: string | undefined
  #limits: Limits | undefined

  constructor(sender: Sender, capabilities: Capabilities, defaultZone: string) {
    this.#sender = sender
    this.#capabilities = capabilities
    this.#defaultZone = defaultZone
  }

  /** For the claim. */
  get inForce(): RulesInForce {
    const { hasGroups } = this.#capabilities
    return { byRevision: this.#rules, limitsText: this.#limitsText ?? '', hasGroups }
  }

  get(revisionId: number): RevisionRules | undefined {
    return this.#revisions.get(revisionId)
  }

  /**
   * Reads revisions that are not known yet, and everything again after a change of the limits or the sender. Returns the
   * campaigns of those that cannot be read.
   */
  async refresh(tx: ReadTx, revisionIds: readonly number[]): Promise<UnreadableRevision[]> {
    const wanted = [...revisionIds]
    const text = await findSettingText(tx, 'limits')
    if (text !== this.#limitsText) {
      this.#limitsText = text
      this.#limits = readLimits(text === '' ? undefined : JSON.parse(text))
      const known = [...this.#revisions.keys()]
      this.#revisions.clear()
      this.#rules.clear()
      wanted.push(...known)
    }
    const unreadable: UnreadableRevision[] = []
    for (const id of wanted) {
      const error = this.#revisions.has(id) ? undefined : await this.#addIfReadable(tx, id)
      if (error !== undefined) unreadable.push({ campaignId: (await getRevision(tx, id)).campaignId, error })
    }
    return unreadable
  }

  async #addIfReadable(tx: ReadTx, revisionId: number): Promise<AppError | undefined> {
    try {
      await this.#add(tx, revisionId)
      return undefined
    } catch (error) {
      if (isUnreadable(error)) return error
      throw error
    }
  }

  async #add(tx: ReadTx, revisionId: number): Promise<void> {
    if (this.#revisions.size >= REVISIONS_MAX) {
      this.#revisions.clear()
      this.#rules.clear()
    }
    const revision = await getRevision(tx, revisionId)
    const campaign = parseCampaign(revision.definition, this.#defaultZone)
    const rules = claimRulesOf({
      campaignId: revision.campaignId,
      campaign,
      limits: this.#limits ?? readLimits(undefined),
      sender: this.#sender,
      capabilities: this.#capabilities,
    })
    this.#revisions.set(revisionId, { campaign, content: compileContent(campaign.definition.content), rules })
    this.#rules.set(revisionId, rules)
  }
}

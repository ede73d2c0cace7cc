// A campaign at work in a fresh database, made with the store's own functions only: no engine, no provider.
import type { CapRule } from '../../../src/domain/frequency-cap.ts'
import type { MessageStatus } from '../../../src/domain/message-status.ts'
import type { SendResult } from '../../../src/domain/send-result.ts'
import { resolveAudience } from '../../../src/store/audience.ts'
import { insertCampaign, launchCampaign, moveCampaignIf } from '../../../src/store/campaigns.ts'
import { type ClaimedMessage, type ClaimResult, claimMessages } from '../../../src/store/claim.ts'
import type { Database } from '../../../src/store/database.ts'
import { countMembersIn, ensureList } from '../../../src/store/lists.ts'
import { insertNode } from '../../../src/store/nodes.ts'
import { planChunk } from '../../../src/store/plan.ts'
import { recordResults } from '../../../src/store/record.ts'
import { insertRunIfNew, moveRunIf } from '../../../src/store/runs.ts'
import { insertSender } from '../../../src/store/senders.ts'
import { present } from '../../support/present.ts'

export const START = Date.parse('2027-06-01T10:00:00Z')
const ACCOUNT = 'sandbox/main'

export interface StoreFixture {
  db: Database
  nodeId: number
  senderId: number
  campaignId: number
  revisionId: number
  runId: number
}

export interface FixtureOptions {
  people?: number
  ratePerSecond?: number
  dailyLimit?: number | null
  pairIntervalMs?: number
}

/** Contacts, a sender and one campaign whose run is planned and sending. */
export async function sendingCampaign(db: Database, options: FixtureOptions = {}): Promise<StoreFixture> {
  const base = await db.write(async (tx) => {
    const nodeId = await insertNode(tx, { host: 'here', pid: 1, appVersion: '0' }, present(START))
    const senderId = await insertSender(tx, {
      name: 'main',
      provider: 'sandbox',
      account: ACCOUNT,
      status: 'active',
      credentials: {},
      webhookToken: '',
      ratePerSecond: options.ratePerSecond ?? 1000,
      dailyLimit: options.dailyLimit ?? null,
      pairIntervalMs: options.pairIntervalMs ?? 0,
      createdAt: START,
    })
    const list = await ensureList(tx, 'people', present(START))
    for (let n = 0; n < (options.people ?? 3); n++) {
      const contactId = await tx.insert(
        `INSERT INTO contacts (key, phone, attributes, zone, created_at, updated_at) VALUES (?, ?, '{}', 'America/New_York', ?, ?)`,
        [`1202555${1000 + n}`, `+1202555${1000 + n}`, START, START],
      )
      await tx.run('INSERT INTO list_members (list_id, contact_id, added_at) VALUES (?, ?, ?)', [
        list.id,
        contactId,
        START,
      ])
    }
    await countMembersIn(tx, list.id, options.people ?? 3)
    return { db, nodeId, senderId }
  })
  return { ...base, ...(await anotherCampaign(base, 'Spring sale')) }
}

/** One more campaign to the same people through the same sender. */
export async function anotherCampaign(
  { db, nodeId, senderId }: Pick<StoreFixture, 'db' | 'nodeId' | 'senderId'>,
  name: string,
): Promise<Pick<StoreFixture, 'campaignId' | 'revisionId' | 'runId'>> {
  const audience = { lists: ['people'] }
  return db.write(async (tx) => {
    const content = { type: 'text', text: 'Hello' } as const
    const definition = { name, useCase: 'marketing', sender: 'main', audience, content } as const
    const campaign = await insertCampaign(tx, { definition, senderId }, present(START))
    const revisionId = campaign.revisionId ?? 0
    await launchCampaign(tx, campaign.id, { launchedAt: START, decidedUntil: START, nextTickAt: null })
    await moveCampaignIf(tx, campaign.id, 'scheduled', 'running', present(START))
    const runId = (await insertRunIfNew(tx, newRun(campaign.id, revisionId, senderId), START)) ?? 0
    await planChunk(tx, {
      runId,
      nodeId,
      campaignId: campaign.id,
      revisionId,
      audience: await resolveAudience(tx, audience),
      range: { after: 0, through: 1_000_000 },
      useCase: 'marketing',
      oncePerContact: false,
      fields: [],
      requiredFields: [],
      due: { at: START },
      validityMs: 36 * 3_600_000,
      now: present(START),
    })
    await moveRunIf(tx, runId, 'planning', 'sending', present(START))
    return { campaignId: campaign.id, revisionId, runId }
  })
}

export function newRun(campaignId: number, revisionId: number, senderId: number) {
  return {
    campaignId,
    revisionId,
    senderId,
    kind: 'scheduled' as const,
    occurrenceKey: '2027-06-01T10:00@UTC',
    occurrenceAt: START,
    occurrenceLocal: START,
    committedAt: START,
    pausedFrom: null,
    status: 'planning' as const,
    reason: null,
    warnings: [],
  }
}

export interface FixtureClaim {
  at?: number
  room?: number
  capRules?: readonly CapRule[]
  revisionIds?: readonly number[]
}

/** One claim under plain rules. */
export async function take(fixture: StoreFixture, claim: FixtureClaim = {}): Promise<ClaimResult> {
  const { db, senderId, nodeId, campaignId, revisionId } = fixture
  const rules = {
    campaignId,
    useCase: 'marketing' as const,
    tags: [],
    isTest: false,
    capRules: claim.capRules ?? [],
    quietHours: null,
    fallbackZone: 'UTC',
    needsSession: false,
    pairIntervalMs: 0,
    dailyLimit: null,
    takesGroups: false,
    overlap: 'skip' as const,
    missed: 'latest' as const,
  }
  return db.write((tx) =>
    claimMessages(tx, {
      senderId,
      nodeId,
      now: present(claim.at ?? START),
      room: claim.room ?? 1000,
      rules: {
        byRevision: new Map((claim.revisionIds ?? [revisionId]).map((id) => [id, rules])),
        limitsText: '',
        hasGroups: false,
      },
      account: ACCOUNT,
    }),
  )
}

export async function recordAs(
  { db, senderId, nodeId }: StoreFixture,
  messages: readonly ClaimedMessage[],
  result: (message: ClaimedMessage) => SendResult,
  at = START,
): Promise<void> {
  await db.write((tx) =>
    recordResults(tx, {
      senderId,
      nodeId,
      now: present(at),
      results: messages.map((message) => ({
        message,
        result: result(message),
        startedAtUs: message.startAtUs,
        endedAt: at,
      })),
      random: () => 0.5,
    }),
  )
}

export const acceptedAs = (message: ClaimedMessage): SendResult => ({
  kind: 'accepted',
  trackingId: `track-${message.attemptId}`,
})

/** Statuses as the rows have them, and as the counters say: equal at every commit. */
export async function statusesOf({ db, runId }: StoreFixture): Promise<Record<string, number>> {
  return db.read(async (tx) => {
    const rows = await tx.all<{ status: MessageStatus; count: number }>(
      'SELECT status, count(*) AS count FROM messages WHERE run_id = ? GROUP BY status ORDER BY status',
      [runId],
    )
    return Object.fromEntries(rows.map(({ status, count }) => [status, Number(count)]))
  })
}

export async function countersOf({ db, runId }: StoreFixture): Promise<Record<string, number>> {
  return db.read(async (tx) => {
    const rows = await tx.all<{ status: string; count: number }>(
      'SELECT status, sum(count) AS count FROM run_counts WHERE run_id = ? GROUP BY status ORDER BY status',
      [runId],
    )
    return Object.fromEntries(rows.filter(({ count }) => Number(count) !== 0).map((row) => [row.status, +row.count]))
  })
}

export async function capUsesOf({ db }: StoreFixture): Promise<number> {
  const row = await db.read((tx) => tx.get<{ count: number }>('SELECT count(*) AS count FROM cap_uses'))
  return Number(row?.count ?? 0)
}

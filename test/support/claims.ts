// Claims and results as plain data: the rules of sending at an instant that the test names, without a provider.

import { findIdIn } from '../../src/domain/ids.ts'
import type { SendResult } from '../../src/domain/send-result.ts'
import type { RuleBook } from '../../src/engine/campaigns/claim-rules.ts'
import { finishIfDone } from '../../src/engine/campaigns/finish.ts'
import { launchByOperator } from '../../src/engine/campaigns/launch.ts'
import { planRuns } from '../../src/engine/plan/planner.ts'
import { tickCampaign } from '../../src/engine/plan/tick.ts'
import { type ClaimedMessage, type ClaimResult, claimMessages } from '../../src/store/claim.ts'
import { recordResults } from '../../src/store/record.ts'
import { getSender } from '../../src/store/senders.ts'
import type { TestApp } from './open-test-app.ts'
import { present } from './present.ts'
import { ruleBook } from './rules.ts'

/** As the sender's loop does it. */
const beside = { isBeside: true }

export interface ClaimOptions {
  sender?: string
  room?: number
  nodeId?: number
}

/** Takes what is due at the clock's instant. */
export async function claim(test: TestApp, options: ClaimOptions = {}): Promise<ClaimResult> {
  const { ctx } = test
  const sender = await ctx.db.read((tx) => getSender(tx, options.sender ?? 'main'))
  const book = await ruleBook(test, [], options.sender)
  const nodeId = options.nodeId ?? (await ctx.node.id())
  const take = (rules: RuleBook) =>
    ctx.db.write(async (tx) => {
      const result = await claimMessages(tx, {
        senderId: sender.id,
        nodeId,
        now: present(ctx.clock.now()),
        clock: { boot: 'this boot', aheadUs: ctx.clock.aheadOfBootUs() },
        room: options.room ?? 1000,
        rules: rules.inForce,
        account: sender.account,
      })
      await finishIfDone(tx, result.endedIn)
      return result
    }, beside)
  const first = await take(book)
  if (first.unknownRevisions.length === 0) return first
  await ctx.db.read((tx) => book.refresh(tx, first.unknownRevisions))
  return take(book)
}

/** Claims until nothing more is to be had, a start slot further each time. */
export async function claimAll(test: TestApp, options: ClaimOptions = {}): Promise<ClaimedMessage[]> {
  const all: ClaimedMessage[] = []
  for (;;) {
    const result = await claim(test, options)
    all.push(...result.claimed)
    if (result.claimed.length + result.deferred + result.endedIn.length > 0) continue
    if (result.nextLookAt === null || result.nextLookAt > test.clock.now() + 1000) return all
    test.clock.set(Math.max(test.clock.now() + 1, result.nextLookAt))
  }
}

export const accepted = (n: number): SendResult => ({ kind: 'accepted', trackingId: `track-${n}` })

export function providerError(code: string): { code: string; text: string; advice: string; httpStatus: number } {
  return { code, text: `text of ${code}`, advice: 'advice', httpStatus: 400 }
}

/** Records what calls came to; every message is accepted unless the test says otherwise. */
export async function record(
  test: TestApp,
  messages: readonly ClaimedMessage[],
  result: (message: ClaimedMessage) => SendResult = (message) => accepted(message.attemptId),
  senderName = 'main',
  { hasBegun = true } = {},
): Promise<void> {
  const { ctx } = test
  const sender = await ctx.db.read((tx) => getSender(tx, senderName))
  const nodeId = await ctx.node.id()
  await ctx.db.write(async (tx) => {
    await recordResults(tx, {
      senderId: sender.id,
      nodeId,
      now: present(ctx.clock.now()),
      results: messages.map((message) => ({
        message,
        result: result(message),
        startedAtUs: hasBegun ? message.startAtUs : undefined,
        endedAt: ctx.clock.now(),
      })),
      random: () => 0.5,
    })
    const runIds = messages.map(({ runId }) => runId)
    await finishIfDone(tx, runIds)
  })
}

/** Launches a campaign, whomever it reaches, and plans what is due of it. */
export async function launchAndPlan(test: TestApp, campaign: string): Promise<void> {
  await launchByOperator(test.ctx, campaign, { isEvenIfNobody: true })
  await tickAndPlan(test, campaign)
}

export async function tickAndPlan(test: TestApp, campaign: string): Promise<void> {
  const { id } = await readCampaign(test, campaign)
  await tickCampaign(test.ctx, id)
  await planRuns(test.ctx)
}

async function readCampaign(test: TestApp, name: string): Promise<{ id: number }> {
  const row = await test.ctx.db.read((tx) => tx.get<{ id: number }>('SELECT id FROM campaigns WHERE name = ?', [name]))
  return { id: row?.id ?? findIdIn('campaign', name) ?? 0 }
}

export interface StoredMessage {
  id: number
  runId: number
  phone: string
  status: string
  reason: string | null
  waitReason: string | null
  detail: string | null
  scheduledAt: number
  dueAt: number
  expiresAt: number
  attempts: number
  acceptedAt: number | null
  deliveredAt: number | null
  readAt: number | null
  notes: string | null
}

/** Messages as they stand in the database, in the order of their ids. */
export async function storedMessages(test: TestApp, campaign?: string): Promise<StoredMessage[]> {
  return test.ctx.db.read((tx) =>
    tx.all<StoredMessage>(
      `SELECT m.id, m.run_id AS runId, k.phone, m.status, m.reason, m.wait_reason AS waitReason, m.detail, m.scheduled_at AS scheduledAt,
              m.due_at AS dueAt, m.expires_at AS expiresAt, m.attempts, m.accepted_at AS acceptedAt, m.delivered_at AS deliveredAt,
              m.read_at AS readAt, m.notes
       FROM messages m JOIN runs r ON r.id = m.run_id JOIN campaigns c ON c.id = r.campaign_id JOIN contacts k ON k.id = m.contact_id
       ${campaign === undefined ? '' : 'WHERE c.name = ?'} ORDER BY m.id`,
      campaign === undefined ? [] : [campaign],
    ),
  )
}

/** An instant in ISO form for comparisons that read well. */
export function iso(at: number | null | undefined): string | null {
  return at == null ? null : new Date(at).toISOString()
}

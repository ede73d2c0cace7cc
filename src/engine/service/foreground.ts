// One campaign sent in the foreground: launched when it is a draft, planned, sent, until nothing of it is due soon.
import { setTimeout as sleep } from 'node:timers/promises'
import { formatId } from '../../domain/ids.ts'
import { possibleHold } from '../../domain/possible-instant.ts'
import { getCampaign } from '../../store/campaigns.ts'
import { readTestState, type TestState, workOf } from '../../store/messages.ts'
import { getSender } from '../../store/senders.ts'
import { finishCancel } from '../campaigns/cancel.ts'
import { launchByOperator } from '../campaigns/launch.ts'
import type { Confirmed } from '../campaigns/reach.ts'
import { prepareTest } from '../campaigns/test-send.ts'
import type { Context, OnProgress } from '../context.ts'
import { findSendingTrouble } from '../duties/show-troubles.ts'
import { type Report, reportOf } from '../report/report.ts'
import type { SenderConnections } from '../senders/sender-connections.ts'
import { applyEvents } from '../track/apply-events.ts'
import { refuseWhileHeld } from './held.ts'
import { Service } from './service.ts'

/** Work that comes later than this is left to the service. */
const SOON_MS = 60_000
const LOOK_EVERY_MS = 100

export interface ForegroundOptions extends Confirmed {
  /** Stay until the campaign is finished. */
  isToTheEnd?: boolean
  isSendNow?: boolean
  signal?: AbortSignal
  onProgress?: OnProgress
  onReport?: (report: Report) => void
}

export interface ForegroundResult {
  report: Report
  isInterrupted: boolean
  warnings: string[]
}

export async function runInForeground(
  ctx: Context,
  connections: SenderConnections,
  idOrName: string,
  options: ForegroundOptions = {},
): Promise<ForegroundResult> {
  const found = await ctx.db.read((tx) => getCampaign(tx, idOrName))
  if (found.status !== 'finished') await ctx.db.read(refuseWhileHeld)
  if (found.status === 'finished') return { report: await reportOf(ctx, idOrName), isInterrupted: false, warnings: [] }
  if (found.status === 'cancelled' || found.status === 'archived') await finishCancel(ctx, found.id, options.signal)
  // A sender that cannot be made ready is refused before anything is launched.
  await connections.get(found.senderId)
  const launched =
    found.status === 'paused'
      ? undefined
      : await launchByOperator(ctx, idOrName, {
          ...(options.onProgress && { onProgress: options.onProgress }),
          isSendNow: options.isSendNow ?? false,
          confirmedCount: options.confirmedCount,
          isEvenIfNobody: options.isEvenIfNobody,
        })
  const service = new Service(ctx, connections, { campaignId: found.id })
  await service.start()
  try {
    while (!options.signal?.aborted && (await hasWork(ctx, found.id, options.isToTheEnd ?? false))) {
      options.onReport?.(await reportOf(ctx, idOrName))
      await sleep(LOOK_EVERY_MS)
    }
  } finally {
    await service.stop()
  }
  await settle(ctx, connections, found.senderId)
  const report = await reportOf(ctx, idOrName)
  options.onReport?.(report)
  return { report, isInterrupted: options.signal?.aborted ?? false, warnings: launched?.warnings ?? [] }
}

/** Callbacks of a driver's own making are taken along: nobody else will. */
async function settle(ctx: Context, connections: SenderConnections, senderId: number): Promise<void> {
  const { driver } = await connections.get(senderId)
  if (driver.settled === undefined) return
  await driver.settled()
  while ((await applyEvents(ctx, connections)) === true);
}

/** Whether something of a campaign happens now or soon. */
async function hasWork(ctx: Context, campaignId: number, isToTheEnd: boolean): Promise<boolean> {
  return ctx.db.read(async (tx) => {
    const campaign = await getCampaign(tx, campaignId)
    const { planning, sending, dueAt } = await workOf(tx, campaignId)
    if (campaign.status !== 'running' && campaign.status !== 'scheduled') return sending > 0
    if (isToTheEnd) return true
    const soon = ctx.clock.now() + SOON_MS
    if ((campaign.nextTickAt ?? Number.POSITIVE_INFINITY) <= soon) return true
    const sender = await getSender(tx, campaign.senderId)
    const isFailing = (await findSendingTrouble(tx, sender.id)) !== undefined
    const isGateShut = isFailing || sender.status === 'paused' || (possibleHold(sender.holdUntil, soon) ?? 0) > soon
    return planning > 0 || sending > 0 || (!isGateShut && dueAt !== null && dueAt <= soon)
  })
}

export interface TestResult extends TestState {
  message: string
  phone: string
}

/** How long a test waits for the provider's answer. */
const TEST_PATIENCE_MS = 60_000

/** Sends one test message and waits for what becomes of it. */
export async function sendTest(
  ctx: Context,
  connections: SenderConnections,
  idOrName: string,
  phone: string,
): Promise<TestResult> {
  const test = await prepareTest(ctx, idOrName, phone)
  const service = new Service(ctx, connections, { campaignId: test.campaignId, isTestOnly: true })
  await service.start()
  try {
    return await awaitTest(ctx, test, TEST_PATIENCE_MS)
  } finally {
    await service.stop()
  }
}

/** How long a request waits for the provider's answer; the message goes on without it. */
const TEST_REQUEST_PATIENCE_MS = 20_000

/** The same within a service, which sends it by itself. Still `pending` when its sender keeps it waiting. */
export async function sendTestByService(ctx: Context, idOrName: string, phone: string): Promise<TestResult> {
  return awaitTest(ctx, await prepareTest(ctx, idOrName, phone), TEST_REQUEST_PATIENCE_MS)
}

async function awaitTest(
  ctx: Context,
  test: { messageId: number; phone: string },
  patienceMs: number,
): Promise<TestResult> {
  const deadline = ctx.clock.monotonic() + patienceMs
  for (;;) {
    const state = await ctx.db.read((tx) => readTestState(tx, test.messageId))
    if (!['pending', 'sending'].includes(state.status) || ctx.clock.monotonic() >= deadline)
      return { message: formatId('message', test.messageId), phone: test.phone, ...state }
    await sleep(LOOK_EVERY_MS)
  }
}
